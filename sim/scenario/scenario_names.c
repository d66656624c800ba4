/* Names of nodes: of one node, of a numbered one ("peer-3"), of all nodes of a group ("peer").
 * They are kept as ranges of indices until a set has to be made, so that "peer" costs the same for
 * any count. */
#include "scenario_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

static const char *group_word(const void *context, size_t index) {
    return ((const struct scenario *)context)->groups[index].name;
}

/* The index of the group with a name of this length; false where there is none. */
static bool find_group(const struct reader *reader, const char *name, size_t size,
                       uint32_t *group) {
    uint32_t low = 0, high = reader->groups_by_name ? reader->scenario->group_count : 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t index = reader->groups_by_name[middle];
        const char *other = reader->scenario->groups[index].name;
        int order = strncmp(name, other, size);
        if (order == 0 && other[size])
            order = -1;
        if (order == 0) {
            *group = index;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* The group and place in it of a name such as peer-3, where there is such a node. */
static bool find_numbered(const struct reader *reader, const char *name, uint32_t *group,
                          uint32_t *number) {
    const char *dash = strrchr(name, '-');
    uint64_t value;
    if (!dash || units_count(dash + 1, &value) != UNITS_OK || (dash[1] == '0' && dash[2]))
        return false;
    if (!find_group(reader, name, (size_t)(dash - name), group))
        return false;
    const struct node_group *found = &reader->scenario->groups[*group];
    *number = (uint32_t)value;
    return found->numbered && value < found->count;
}

struct named_group {
    const char *name;
    uint32_t index;
};

static int by_name(const void *left, const void *right) {
    const struct named_group *a = left, *b = right;
    return strcmp(a->name, b->name);
}

void names_index(struct reader *reader, const struct tree *const *keys) {
    const struct scenario *scenario = reader->scenario;
    uint32_t count = scenario->group_count;
    struct named_group *sorted = reader_scratch(reader, count, sizeof *sorted);
    reader->groups_by_name = reader_scratch(reader, count, sizeof *reader->groups_by_name);
    if (!sorted || !reader->groups_by_name)
        return;
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = (struct named_group){scenario->groups[i].name, i};
    qsort(sorted, count, sizeof *sorted, by_name);
    for (uint32_t i = 0; i < count; i++)
        reader->groups_by_name[i] = sorted[i].index;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t group, number;
        if (find_numbered(reader, scenario->groups[i].name, &group, &number))
            reader_refuse(reader, keys[i], "'%s' is also the name of node %" PRIu32 " of '%s'",
                          scenario->groups[i].name, number, scenario->groups[group].name);
    }
}

static void refuse_name(struct reader *reader, const struct tree *at) {
    const struct scenario *scenario = reader->scenario;
    const struct suggest_words words = {group_word, scenario, scenario->group_count};
    struct shown shown = problems_show(at->text);
    const char *dash = strrchr(at->text, '-');
    uint32_t group;
    if (dash && find_group(reader, at->text, (size_t)(dash - at->text), &group) &&
        scenario->groups[group].numbered) {
        const char *name = scenario->groups[group].name;
        reader_refuse(reader, at, "no node is called '%s' (there are %s-0 to %s-%" PRIu32 ")",
                      shown.text, name, name, scenario->groups[group].count - 1);
        return;
    }
    const char *near = reader_near(reader, at->text, &words);
    if (strcmp(at->text, "all") == 0)
        reader_refuse(reader, at, "'all' stands alone, and for follow only (follow: all)");
    else if (near)
        reader_refuse(reader, at, "no node is called '%s' (did you mean '%s'?)", shown.text, near);
    else
        reader_refuse(reader, at, "no node is called '%s'", shown.text);
}

static bool find_name(struct reader *reader, const struct tree *at, struct range *range) {
    static const struct field example = {.example = "nodeA"};
    const char *name = reader_text(reader, &example, at, "the name of a node");
    if (!name || reader->scenario->group_count == 0) /* that there are no nodes was said already */
        return false;
    uint32_t group, number;
    if (find_group(reader, name, strlen(name), &group)) {
        const struct node_group *found = &reader->scenario->groups[group];
        *range = (struct range){found->first, found->count, group, at};
        return true;
    }
    if (find_numbered(reader, name, &group, &number)) {
        *range = (struct range){reader->scenario->groups[group].first + number, 1, group, at};
        return true;
    }
    refuse_name(reader, at);
    return false;
}

static bool add_range(struct reader *reader, const struct tree *at, struct ranges *ranges) {
    struct range range;
    if (!find_name(reader, at, &range))
        return false;
    if (ranges->count == ranges->capacity) {
        uint32_t capacity = ranges->capacity ? ranges->capacity * 2 : 4;
        struct range *list = reader_scratch(reader, capacity, sizeof *list);
        if (!list)
            return false;
        if (ranges->count)
            memcpy(list, ranges->list, ranges->count * sizeof *list);
        ranges->list = list;
        ranges->capacity = capacity;
    }
    ranges->list[ranges->count++] = range;
    return true;
}

bool names_read(struct reader *reader, const struct tree *names, struct ranges *ranges) {
    if (names->kind == TREE_SCALAR && !tree_is_null(names))
        return add_range(reader, names, ranges);
    if (!reader_list(reader, names, "[nodeA, nodeB]"))
        return false;
    if (names->count == 0) {
        reader_refuse(reader, names, "no node is named (such as [nodeA, nodeB])");
        return false;
    }
    bool good = true;
    for (uint32_t i = 0; i < names->count; i++)
        good = add_range(reader, names->children[i].value, ranges) && good;
    return good;
}

static int by_first(const void *left, const void *right) {
    const struct range *a = left, *b = right;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->at->place.line != b->at->place.line)
        return a->at->place.line < b->at->place.line ? -1 : 1;
    return a->at->place.column < b->at->place.column ? -1
                                                     : a->at->place.column > b->at->place.column;
}

static struct range *sorted_copy(struct reader *reader, const struct ranges *ranges) {
    struct range *sorted = reader_scratch(reader, ranges->count, sizeof *sorted);
    if (!sorted)
        return NULL;
    memcpy(sorted, ranges->list, ranges->count * sizeof *sorted);
    qsort(sorted, ranges->count, sizeof *sorted, by_first);
    return sorted;
}

static bool is_before(struct place a, struct place b) {
    return a.line < b.line || (a.line == b.line && a.column < b.column);
}

bool names_distinct(struct reader *reader, const struct ranges *ranges, const char *what) {
    struct range *sorted = sorted_copy(reader, ranges);
    if (!sorted)
        return false;
    bool good = true;
    const struct range *last = &sorted[0]; /* of those so far, the one that reaches farthest */
    for (uint32_t i = 1; i < ranges->count; i++) {
        const struct range *range = &sorted[i];
        if (range->first < last->first + last->count) {
            bool swapped = is_before(range->at->place, last->at->place);
            const struct tree *first = swapped ? range->at : last->at;
            const struct tree *again = swapped ? last->at : range->at;
            char name[NODE_NAME_SIZE];
            scenario_node_name(reader->scenario, range->first, name, sizeof name);
            reader_refuse(reader, again,
                          "node '%s' is in %s twice (first at %" PRIu32 ":%" PRIu32 ")", name, what,
                          first->place.line, first->place.column);
            good = false;
        }
        if (range->first + range->count > last->first + last->count)
            last = range;
    }
    return good;
}

bool names_expand(struct reader *reader, const struct ranges *ranges, const struct tree *at,
                  struct node_set *set) {
    uint64_t members = 0;
    for (uint32_t i = 0; i < ranges->count; i++)
        members += ranges->list[i].count;
    struct range *sorted = sorted_copy(reader, ranges);
    if (!sorted || !reader_spend(reader, at, members))
        return false;
    uint32_t *nodes = reader_alloc(reader, (size_t)members, sizeof *nodes);
    if (!nodes)
        return false;
    set->nodes = nodes;
    set->count = (uint32_t)members;
    for (uint32_t i = 0; i < ranges->count; i++)
        for (uint32_t k = 0; k < sorted[i].count; k++)
            *nodes++ = sorted[i].first + k;
    return true;
}

bool names_set(struct reader *reader, const struct tree *names, struct node_set *set) {
    struct ranges ranges = {0};
    return names_read(reader, names, &ranges) && names_distinct(reader, &ranges, "this list") &&
           names_expand(reader, &ranges, names, set);
}

bool names_one(struct reader *reader, const struct tree *name, uint32_t *node) {
    struct range range;
    if (!find_name(reader, name, &range))
        return false;
    if (range.count != 1) {
        reader_refuse(reader, name, "'%s' is %" PRIu32 " nodes, one is due (such as %s-0)",
                      name->text, range.count, name->text);
        return false;
    }
    *node = range.first;
    return true;
}

uint32_t node_set_index(const struct node_set *set, uint32_t node) {
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->nodes[middle] == node)
            return middle;
        if (set->nodes[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return SET_NONE;
}

bool node_set_has(const struct node_set *set, uint32_t node) {
    return node_set_index(set, node) != SET_NONE;
}

bool names_authors(const struct node_group *group) {
    return group->produce.at_start || group->produce.every_ns || group->streams;
}
