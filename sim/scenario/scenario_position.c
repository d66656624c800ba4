/* `position`: where the nodes of a group are at first, as a place, a list of places, or a rule that
 * makes one for each. */
#include "scenario_reader.h"

#include <inttypes.h>
#include <string.h>

void reader_position(struct reader *reader, const struct field *field, const struct tree *value,
                     void *target) {
    static const struct field axis = {.example = "100 m"};
    struct position *position = target;
    (void)field;
    if (value->kind != TREE_LIST || value->count != 2) {
        reader_refuse(reader, value, "two lengths are due (such as [100 m, 2 km])");
        return;
    }
    reader_coordinate(reader, &axis, value->children[0].value, &position->x_mm);
    reader_coordinate(reader, &axis, value->children[1].value, &position->y_mm);
}

void reader_size(struct reader *reader, const struct field *field, const struct tree *value,
                 void *target) {
    struct position size = {0};
    reader_position(reader, field, value, &size);
    if (size.x_mm < 0 || size.y_mm < 0)
        reader_refuse(reader, value, "an area is 0 m wide and high at least (origin: moves it)");
    else
        *(struct position *)target = size;
}

static bool within(int64_t mm) {
    return mm >= -POSITION_MAX_MM && mm <= POSITION_MAX_MM;
}

void reader_check_area(struct reader *reader, const struct tree *at, struct position origin,
                       struct position size) {
    if (!within(origin.x_mm + size.x_mm) || !within(origin.y_mm + size.y_mm))
        reader_refuse(reader, at, "this reaches farther than 1000 km from [0 m, 0 m]");
}

static void read_list(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    struct position_rule *rule = target;
    rule->kind = POSITION_LIST;
    if (!reader_list(reader, value, field->example))
        return;
    rule->list = reader_alloc(reader, value->count, sizeof *rule->list);
    rule->list_count = value->count;
    for (uint32_t i = 0; rule->list && i < value->count; i++) {
        size_t mark = reader_enter_item(reader, i);
        reader_position(reader, field, value->children[i].value, &rule->list[i]);
        reader_leave(reader, mark);
    }
}

static void read_grid(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    struct position_rule *rule = target;
    rule->kind = POSITION_GRID;
    reader_length(reader, field, value, &rule->length_mm);
}

static void read_uniform(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    struct position_rule *rule = target;
    rule->kind = POSITION_UNIFORM;
    reader_size(reader, field, value, &rule->size);
}

static void read_disc(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    struct position_rule *rule = target;
    rule->kind = POSITION_DISC;
    reader_length(reader, field, value, &rule->length_mm);
}

enum { RULES = 4, RULE_BITS = (1 << RULES) - 1, GRID_BIT = 2, ORIGIN_BIT = 16, WIDTH_BIT = 32 };

static const struct field rule_fields[] = {
    {"list", read_list, 0, .example = "[[0 m, 0 m], [100 m, 0 m]]"},
    {"grid", read_grid, 0, .min = 1, .example = "100 m"},
    {"uniform", read_uniform, 0, .example = "[2 km, 1 km]"},
    {"disc", read_disc, 0, .example = "500 m"},
    {"origin", reader_position, offsetof(struct position_rule, origin), .example = "[0 m, 0 m]"},
    {"width", reader_u32, offsetof(struct position_rule, width), .min = 1,
     .max = SCENARIO_NODES_MAX, .example = "10"},
};

static void read_rule(struct reader *reader, const struct tree *value, struct position_rule *rule) {
    uint32_t seen = reader_map(reader, value, rule_fields, sizeof rule_fields / sizeof *rule_fields,
                               rule);
    uint32_t rules = seen & RULE_BITS;
    if (!rules || rules & (rules - 1))
        reader_refuse(reader, value, "one of list, grid, uniform or disc is due (such as %s: %s)",
                      rule_fields[1].key, rule_fields[1].example);
    else if (seen & ORIGIN_BIT && rule->kind == POSITION_LIST)
        reader_refuse(reader, tree_find(value, "origin"), "'origin' moves no list");
    else if (seen & WIDTH_BIT && !(seen & GRID_BIT))
        reader_refuse(reader, tree_find(value, "width"), "'width' is for a grid only");
}

void scenario_read_position(struct reader *reader, const struct field *field,
                            const struct tree *value, void *target) {
    struct position_rule *rule = target;
    if (value->kind == TREE_MAP) {
        read_rule(reader, value, rule);
        return;
    }
    rule->kind = POSITION_LIST;
    rule->list = reader_alloc(reader, 1, sizeof *rule->list);
    rule->list_count = 1;
    if (rule->list)
        reader_position(reader, field, value, rule->list);
}

static void check_list(struct reader *reader, const struct tree *value,
                       const struct node_group *group) {
    if (value->kind == TREE_MAP && group->position.list_count != group->count)
        reader_refuse(reader, value, "there are %" PRIu32 " positions for %" PRIu32 " %s",
                      group->position.list_count, group->count,
                      group->count == 1 ? "node" : "nodes");
}

static void check_grid(struct reader *reader, const struct tree *value, struct node_group *group) {
    struct position_rule *rule = &group->position;
    for (uint32_t width = 1; !rule->width; width++)
        if ((uint64_t)width * width >= group->count)
            rule->width = width;
    uint32_t columns = rule->width < group->count ? rule->width : group->count;
    uint32_t rows = (group->count - 1) / rule->width + 1;
    struct position size = {(int64_t)((columns - 1) * rule->length_mm),
                            (int64_t)((rows - 1) * rule->length_mm)};
    reader_check_area(reader, value, rule->origin, size);
}

static void check_disc(struct reader *reader, const struct tree *value,
                       const struct position_rule *rule) {
    int64_t radius = (int64_t)rule->length_mm;
    reader_check_area(reader, value, rule->origin, (struct position){radius, radius});
    reader_check_area(reader, value, rule->origin, (struct position){-radius, -radius});
}

void scenario_check_position(struct reader *reader, const struct tree *value,
                             struct node_group *group) {
    struct position_rule *rule = &group->position;
    if (rule->kind == POSITION_LIST)
        check_list(reader, value, group);
    else if (rule->kind == POSITION_GRID)
        check_grid(reader, value, group);
    else if (rule->kind == POSITION_UNIFORM)
        reader_check_area(reader, value, rule->origin, rule->size);
    else if (rule->kind == POSITION_DISC)
        check_disc(reader, value, rule);
}
