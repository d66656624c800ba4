/* `nodes`: who there is, and what each writes and follows. Two passes: the first reads all nodes,
 * the second resolves who follows whom, so that their order in the file does not matter. */
#include "quantity.h"

#include <string.h>

/* Entries at the start are made, signed and kept before anything happens; those later on number
 * within 32 bits. */
enum { AT_START_MAX = 10000000, ENTRIES_MAX = 1000000000, NAME_LENGTH_MAX = 63 };

enum { PRODUCE_AT_START = 1, PRODUCE_EVERY = 2, PRODUCE_START = 4, PRODUCE_ENTRIES = 8 };

static const struct field produce_fields[] = {
    {"at_start", reader_u32, offsetof(struct produce, at_start), .max = AT_START_MAX,
     .example = "10"},
    {"every", reader_duration, offsetof(struct produce, every_ns), .min = 1, .example = "5 s"},
    {"start", reader_duration, offsetof(struct produce, start_ns), .example = "0 s"},
    {"entries", reader_u32, offsetof(struct produce, entries), .min = 1, .max = ENTRIES_MAX,
     .example = "10"},
    {"size", reader_content_size, offsetof(struct produce, size), .example = "2 kB"},
};

static void read_produce(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    struct produce *produce = target;
    (void)field;
    uint32_t seen = reader_map(reader, value, produce_fields,
                               sizeof produce_fields / sizeof *produce_fields, produce);
    bool is_map = value->kind == TREE_MAP || tree_is_null(value);
    if (is_map && !(seen & (PRODUCE_AT_START | PRODUCE_EVERY)))
        reader_refuse(reader, value, "'at_start' or 'every' is missing (such as every: 5 s)");
    else if (seen & (PRODUCE_START | PRODUCE_ENTRIES) && !(seen & PRODUCE_EVERY))
        reader_refuse(reader, value, "'%s' needs 'every' (such as every: 5 s)",
                      seen & PRODUCE_START ? "start" : "entries");
    uint64_t duration_ns = reader->scenario->duration_ns;
    if (seen & PRODUCE_START && duration_ns && produce->start_ns > duration_ns)
        reader_refuse(reader, tree_find(value, "start"), "by then the run is over");
    if (!(seen & PRODUCE_START))
        produce->start_ns = produce->every_ns;
}

/* A node as it is written; `count` 0: one node, not numbered. */
struct written_node {
    struct node_group group;
    uint32_t count;
    const struct tree *follow;
};

static void read_role(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    static const char *const words[] = {"node", "bridge", NULL};
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, words, &choice))
        *(bool *)target = choice == 1;
}

static const struct field processing_fields[] = {
    {"radio", reader_duration, offsetof(struct bridge_times, radio_ns), .min = 1,
     .example = "137 ms"},
    {"other", reader_duration, offsetof(struct bridge_times, other_ns), .min = 1,
     .example = "1 ms"},
};

static void read_processing(struct reader *reader, const struct field *field,
                            const struct tree *value, void *target) {
    (void)field;
    reader_map(reader, value, processing_fields,
               sizeof processing_fields / sizeof *processing_fields, target);
}

static const struct field node_fields[] = {
    {"count", reader_u32, offsetof(struct written_node, count), .min = 1, .max = SCENARIO_NODES_MAX,
     .example = "10"},
    {"follow", reader_later, offsetof(struct written_node, follow), .example = "[nodeA]"},
    {"produce", read_produce, offsetof(struct written_node, group.produce),
     .example = "{every: 5 s}"},
    {"role", read_role, offsetof(struct written_node, group.bridge), .example = "bridge"},
    {"processing", read_processing, offsetof(struct written_node, group.processing),
     .example = "{radio: 137 ms, other: 1 ms}"},
    {"serve", reader_bool, offsetof(struct written_node, group.serve), .example = "true"},
    {"strategy", scenario_read_strategy, offsetof(struct written_node, group.strategy),
     .example = "{interval: 10 s}"},
    {"position", scenario_read_position, offsetof(struct written_node, group.position),
     .example = "[100 m, 2 km]"},
    {"move", scenario_read_move, offsetof(struct written_node, group.move),
     .example = "{waypoints: [{at: 10 s, position: [100 m, 2 km]}]}"},
    {"clock", scenario_read_clock, offsetof(struct written_node, group.clock),
     .example = "{drift: 50 ppm}"},
};

static const char *checked_name(struct reader *reader, const struct tree *key) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t size = strlen(key->text);
    if (size == 0 || key->text[strspn(key->text, good)])
        reader_refuse(reader, key, "'%s' is no name for a node (letters, digits, _ and -)",
                      problems_show(key->text).text);
    else if (size > NAME_LENGTH_MAX)
        reader_refuse(reader, key, "the name '%s' is longer than %d characters",
                      problems_show(key->text).text, NAME_LENGTH_MAX);
    else if (strcmp(key->text, "all") == 0)
        reader_refuse(reader, key, "'all' is no name for a node: it stands for all of them");
    const char *name = arena_text(&reader->scenario->arena, key->text, size);
    if (!name)
        problems_no_memory(reader->problems);
    return name ? name : "";
}

/* A bridge knows nothing of the protocol. */
static void check_role(struct reader *reader, const struct tree *map,
                       const struct node_group *group) {
    static const char *const of_nodes[] = {"follow", "produce", "serve", "strategy"};
    for (size_t i = 0; group->bridge && i < sizeof of_nodes / sizeof *of_nodes; i++)
        if (tree_find(map, of_nodes[i]))
            reader_refuse(reader, tree_find(map, of_nodes[i]),
                          "'%s' does not go with role bridge, which only forwards packets",
                          of_nodes[i]);
    if (!group->bridge && tree_find(map, "processing"))
        reader_refuse(reader, tree_find(map, "processing"), "only a bridge has a processing time");
}

static void check_places(struct reader *reader, const struct tree *node, struct node_group *group) {
    const struct tree *position = tree_find(node, "position"), *move = tree_find(node, "move");
    size_t mark = reader_enter(reader, "position");
    if (position)
        scenario_check_position(reader, position, group);
    reader_leave(reader, mark);
    reader_enter(reader, "move");
    if (move)
        scenario_check_move(reader, move, group);
    reader_leave(reader, mark);
}

/* Reads one node and returns what it follows, to be resolved; NULL where it follows nobody. */
static const struct tree *read_node(struct reader *reader, const struct tree_child *child,
                                    struct node_group *group) {
    /* The PoC's bridge takes as long as the air does for a packet of 120 bytes. */
    static const struct bridge_times poc = {137000000, 1000000};
    struct written_node written = {.group = {.serve = true,
                                             .processing = poc,
                                             .produce.entries = UINT32_MAX,
                                             .strategy = reader->scenario->strategy}};
    written.group.name = checked_name(reader, child->key);
    size_t mark = reader_enter(reader, child->key->text);
    reader_map(reader, child->value, node_fields, sizeof node_fields / sizeof *node_fields,
               &written);
    check_role(reader, child->value, &written.group);
    *group = written.group;
    group->numbered = written.count > 0;
    group->count = written.count ? written.count : 1;
    check_places(reader, child->value, group);
    reader_leave(reader, mark);
    return written.follow;
}

/* Every author, in one set that all who follow all share. */
static void follow_all(struct reader *reader, const struct tree *follow, struct node_set *set) {
    const struct scenario *scenario = reader->scenario;
    if (!reader->authors.nodes) {
        uint64_t count = 0;
        for (uint32_t i = 0; i < scenario->group_count; i++)
            count += names_authors(&scenario->groups[i]) ? scenario->groups[i].count : 0;
        uint32_t *nodes = reader_alloc(reader, (size_t)count, sizeof *nodes);
        if (!nodes)
            return;
        reader->authors = (struct node_set){nodes, (uint32_t)count};
        for (uint32_t i = 0; i < scenario->group_count; i++)
            for (uint32_t k = 0;
                 names_authors(&scenario->groups[i]) && k < scenario->groups[i].count; k++)
                *nodes++ = scenario->groups[i].first + k;
    }
    *set = reader->authors;
    if (set->count == 0)
        reader_refuse(reader, follow, "no node produces anything (such as produce: {every: 5 s})");
}

static bool check_followed(struct reader *reader, const struct node_group *group,
                           const struct ranges *ranges) {
    bool good = true;
    for (uint32_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        const struct node_group *author = &reader->scenario->groups[range->group];
        if (author == group && !group->numbered)
            reader_refuse(reader, range->at, "'%s' cannot follow itself", group->name);
        else if (!names_authors(author))
            reader_refuse(reader, range->at,
                          "'%s' produces nothing to follow (give it produce: {every: 5 s})",
                          author->name);
        else
            continue;
        good = false;
    }
    return good;
}

static void resolve_follow(struct reader *reader, const struct tree *follow,
                           struct node_group *group) {
    if (follow->kind == TREE_SCALAR && strcmp(follow->text, "all") == 0) {
        follow_all(reader, follow, &group->follow);
        return;
    }
    struct ranges ranges = {0};
    if (names_read(reader, follow, &ranges) && check_followed(reader, group, &ranges) &&
        names_distinct(reader, &ranges, "this list"))
        names_expand(reader, &ranges, follow, &group->follow);
}

static bool number_nodes(struct reader *reader, const struct tree *at) {
    struct scenario *scenario = reader->scenario;
    uint64_t count = 0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        scenario->groups[i].first = (uint32_t)count;
        count += scenario->groups[i].count;
        if (count > SCENARIO_NODES_MAX) {
            reader_refuse(reader, at, "there are more than %d nodes", SCENARIO_NODES_MAX);
            scenario->group_count = 0;
            return false;
        }
    }
    scenario->node_count = (uint32_t)count;
    return true;
}

void scenario_read_nodes(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    struct scenario *scenario = target;
    (void)field;
    if (value->kind != TREE_MAP || value->count == 0) {
        reader_refuse(reader, value, "a mapping of nodes is due (such as {nodeA: {}, nodeB: {}})");
        return;
    }
    struct node_group *groups = reader_alloc(reader, value->count, sizeof *groups);
    const struct tree **keys = reader_scratch(reader, value->count, sizeof *keys);
    const struct tree **follows = reader_scratch(reader, value->count, sizeof *follows);
    if (!groups || !keys || !follows)
        return;
    for (uint32_t i = 0; i < value->count; i++) {
        keys[i] = value->children[i].key;
        follows[i] = read_node(reader, &value->children[i], &groups[i]);
    }
    scenario->groups = groups;
    scenario->group_count = value->count;
    if (!number_nodes(reader, value))
        return;
    names_index(reader, keys);
    scenario_mark_streams(reader, reader->whole);
    for (uint32_t i = 0; i < value->count; i++) {
        if (!follows[i])
            continue;
        size_t node = reader_enter(reader, groups[i].name);
        reader_enter(reader, "follow");
        resolve_follow(reader, follows[i], &groups[i]);
        reader_leave(reader, node);
    }
}
