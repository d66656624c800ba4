/* `move`: how the nodes of a group move from where they are at first. */
#include "scenario_reader.h"

#include <inttypes.h>

#define SPEED_MIN_MM_S 1
#define AREA_MIN_MM 1000

static const struct field waypoint_fields[] = {
    {"at", reader_duration, offsetof(struct waypoint, at_ns), .required = true, .example = "10 s"},
    {"position", reader_position, offsetof(struct waypoint, position), .required = true,
     .example = "[100 m, 2 km]"},
};

static void read_waypoints(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    struct move_rule *rule = target;
    rule->kind = MOVE_WAYPOINTS;
    if (!reader_list(reader, value, field->example))
        return;
    if (value->count == 0)
        reader_refuse(reader, value, "there is no waypoint (such as %s)", field->example);
    rule->waypoints = reader_alloc(reader, value->count, sizeof *rule->waypoints);
    rule->count = rule->waypoints ? value->count : 0;
    for (uint32_t i = 0; i < rule->count; i++) {
        size_t mark = reader_enter_item(reader, i);
        struct waypoint *waypoint = &rule->waypoints[i];
        if (i > 0)
            waypoint->at_ns = waypoint[-1].at_ns + 1; /* stands where the file's is wrong */
        reader_map(reader, value->children[i].value, waypoint_fields,
                   sizeof waypoint_fields / sizeof *waypoint_fields, waypoint);
        if (i > 0 && waypoint->at_ns <= waypoint[-1].at_ns)
            reader_refuse(reader, value->children[i].value,
                          "this is not after the waypoint before it");
        reader_leave(reader, mark);
    }
}

/* One quantity, or the two that it lies between. */
static void read_interval(struct reader *reader, const struct field *field,
                          const struct tree *value, struct interval *interval,
                          void (*read)(struct reader *, const struct field *, const struct tree *,
                                       void *)) {
    if (value->kind != TREE_LIST) {
        read(reader, field, value, &interval->low);
        interval->high = interval->low;
        return;
    }
    if (value->count != 2) {
        reader_refuse(reader, value, "one or two are due, the least and the most (such as %s)",
                      field->example);
        return;
    }
    interval->high = UINT64_MAX; /* stands where the file's is wrong */
    read(reader, field, value->children[0].value, &interval->low);
    read(reader, field, value->children[1].value, &interval->high);
    if (interval->low > interval->high)
        reader_refuse(reader, value, "the least comes first (such as %s)", field->example);
}

static void read_speeds(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    read_interval(reader, field, value, target, reader_speed);
}

static void read_durations(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    read_interval(reader, field, value, target, reader_duration);
}

/* A speed that may be drawn near 0 makes a node crawl ever longer, and the mean speed decay: Yoon,
 * Liu, Noble, "Random waypoint considered harmful", INFOCOM 2003. So it has a least value. */
static const struct field random_fields[] = {
    {"area", reader_size, offsetof(struct move_rule, size), .required = true,
     .example = "[2 km, 2 km]"},
    {"origin", reader_position, offsetof(struct move_rule, origin), .example = "[0 m, 0 m]"},
    {"speed", read_speeds, offsetof(struct move_rule, speed_mm_s), .min = SPEED_MIN_MM_S,
     .required = true, .example = "[1 m/s, 3 m/s]"},
    {"pause", read_durations, offsetof(struct move_rule, pause_ns), .example = "[0 s, 30 s]"},
};

static void read_random_waypoint(struct reader *reader, const struct field *field,
                                 const struct tree *value, void *target) {
    struct move_rule *rule = target;
    (void)field;
    rule->kind = MOVE_RANDOM_WAYPOINT;
    rule->size = (struct position){AREA_MIN_MM, AREA_MIN_MM};
    reader_map(reader, value, random_fields, sizeof random_fields / sizeof *random_fields, rule);
    if (rule->size.x_mm < AREA_MIN_MM && rule->size.y_mm < AREA_MIN_MM)
        reader_refuse(reader, value, "there is no room to move (the area is at least 1 m long)");
    reader_check_area(reader, value, rule->origin, rule->size);
}

/* A visit as it is written. */
struct written_visit {
    const struct tree *stops;
    uint64_t stay_ns, speed_mm_s;
};

static const struct field visit_fields[] = {
    {"stops", reader_later, offsetof(struct written_visit, stops), .required = true,
     .example = "[[0 m, 0 m], [1 km, 0 m]]"},
    {"stay", reader_duration, offsetof(struct written_visit, stay_ns), .example = "5 min"},
    {"speed", reader_speed, offsetof(struct written_visit, speed_mm_s), .min = SPEED_MIN_MM_S,
     .required = true, .example = "10 m/s"},
};

static const struct field stop_fields[] = {
    {"position", reader_position, offsetof(struct stop, position), .required = true,
     .example = "[1 km, 0 m]"},
    {"stay", reader_duration, offsetof(struct stop, stay_ns), .example = "5 min"},
};

static void read_stop(struct reader *reader, const struct tree *value, struct stop *stop) {
    if (value->kind == TREE_MAP)
        reader_map(reader, value, stop_fields, sizeof stop_fields / sizeof *stop_fields, stop);
    else
        reader_position(reader, NULL, value, &stop->position);
}

static bool same_place(struct position a, struct position b) {
    return a.x_mm == b.x_mm && a.y_mm == b.y_mm;
}

/* Two stops in one place would make a way of no length, which may take no time. */
static void check_stops(struct reader *reader, const struct tree *stops,
                        const struct move_rule *rule) {
    if (stops->count < 2)
        reader_refuse(reader, stops, "two stops are due at least (such as %s)",
                      visit_fields[0].example);
    for (uint32_t i = 0; i < rule->count && rule->count > 1; i++) {
        uint32_t last = i ? i - 1 : rule->count - 1;
        if (same_place(rule->stops[i].position, rule->stops[last].position))
            reader_refuse(reader, stops->children[i].value,
                          "this is where the stop before it is (give that one a longer stay)");
    }
}

static void read_visit(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    struct move_rule *rule = target;
    struct written_visit written = {.stops = NULL};
    (void)field;
    rule->kind = MOVE_VISIT;
    reader_map(reader, value, visit_fields, sizeof visit_fields / sizeof *visit_fields, &written);
    rule->speed_mm_s = (struct interval){written.speed_mm_s, written.speed_mm_s};
    const struct tree *stops = written.stops;
    if (!stops)
        return;
    size_t mark = reader_enter(reader, "stops");
    if (reader_list(reader, stops, visit_fields[0].example)) {
        rule->stops = reader_alloc(reader, stops->count, sizeof *rule->stops);
        rule->count = rule->stops ? stops->count : 0;
        uint32_t before = reader->problems->count;
        for (uint32_t i = 0; i < rule->count; i++) {
            size_t list = reader_enter_item(reader, i);
            rule->stops[i].stay_ns = written.stay_ns;
            read_stop(reader, stops->children[i].value, &rule->stops[i]);
            reader_leave(reader, list);
        }
        if (reader->problems->count == before)
            check_stops(reader, stops, rule);
    }
    reader_leave(reader, mark);
}

static const struct field move_fields[] = {
    {"waypoints", read_waypoints, 0, .example = "[{at: 10 s, position: [100 m, 2 km]}]"},
    {"random_waypoint", read_random_waypoint, 0,
     .example = "{area: [2 km, 2 km], speed: [1 m/s, 3 m/s], pause: 30 s}"},
    {"visit", read_visit, 0,
     .example = "{stops: [[0 m, 0 m], [1 km, 0 m]], stay: 5 min, speed: 10 m/s}"},
};

void scenario_read_move(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    (void)field;
    uint32_t seen = reader_map(reader, value, move_fields, sizeof move_fields / sizeof *move_fields,
                               target);
    if (!seen || seen & (seen - 1))
        reader_refuse(reader, value, "one of waypoints, random_waypoint or visit is due");
}

bool move_places(const struct move_rule *rule) {
    return rule->kind == MOVE_VISIT ||
           (rule->kind == MOVE_WAYPOINTS && rule->count && rule->waypoints[0].at_ns == 0);
}

void scenario_check_move(struct reader *reader, const struct tree *value,
                         const struct node_group *group) {
    const struct move_rule *rule = &group->move;
    bool placed = group->position.kind != POSITION_NONE;
    if (rule->kind == MOVE_WAYPOINTS && placed && move_places(rule))
        reader_refuse(reader, value, "the waypoint at 0 s and 'position' say where it begins");
    else if (rule->kind == MOVE_WAYPOINTS && !placed && !move_places(rule))
        reader_refuse(reader, value,
                      "where does it begin? Give it a 'position', or a waypoint at "
                      "0 s");
    else if (rule->kind == MOVE_RANDOM_WAYPOINT && !placed)
        reader_refuse(reader, value,
                      "where does it begin? Give it a 'position' (such as uniform: "
                      "[2 km, 2 km])");
}
