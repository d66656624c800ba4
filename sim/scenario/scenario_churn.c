/* The items of the timeline that happen to nodes, or that nodes do: off and on again, crash, wipe,
 * join, flood, churn. */
#include "scenario_timeline.h"

#include "core/types.h"
#include "units.h"

bool timeline_read_nodes(struct timeline *timeline, const struct written_item *written,
                         const struct tree *what, struct timeline_item *item, FILE *out) {
    (void)written;
    if (!names_set(timeline->reader, what, &item->begin.nodes))
        return false;
    fputc(' ', out);
    writing_names(out, what);
    return true;
}

/* An author whose log is gone would begin it anew: another entry 1, which is a fork. */
bool timeline_read_wipe(struct timeline *timeline, const struct written_item *written,
                        const struct tree *what, struct timeline_item *item, FILE *out) {
    struct reader *reader = timeline->reader;
    struct ranges ranges = {0};
    bool good = names_read(reader, what, &ranges);
    for (uint32_t i = 0; i < ranges.count; i++) {
        const struct node_group *group = &reader->scenario->groups[ranges.list[i].group];
        if (!names_authors(group))
            continue;
        reader_refuse(reader, ranges.list[i].at,
                      "'%s' is an author, and would fork its feed without its log (crash it, or "
                      "wipe who follows)",
                      group->name);
        good = false;
    }
    return good && timeline_read_nodes(timeline, written, what, item, out);
}

/* Notes who joins; false where a node does so twice. */
static bool join_once(struct timeline *timeline, const struct ranges *ranges) {
    struct reader *reader = timeline->reader;
    char name[NODE_NAME_SIZE];
    if (!timeline->joining)
        timeline->joining = reader_scratch(reader, reader->scenario->node_count,
                                           sizeof *timeline->joining);
    if (!timeline->joining)
        return false;
    for (uint32_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        for (uint32_t node = range->first; node < range->first + range->count; node++) {
            if (timeline->joining[node]) {
                reader_refuse(reader, range->at,
                              "node '%s' joins twice (to leave and come back is offline and "
                              "online)",
                              scenario_node_name(reader->scenario, node, name, sizeof name));
                return false;
            }
            timeline->joining[node] = true;
        }
    }
    return true;
}

bool timeline_read_join(struct timeline *timeline, const struct written_item *written,
                        const struct tree *what, struct timeline_item *item, FILE *out) {
    struct ranges ranges = {0};
    return timeline_read_nodes(timeline, written, what, item, out) &&
           names_read(timeline->reader, what, &ranges) && join_once(timeline, &ranges);
}

/* What is the same of flood and churn: a mapping that names nodes. */
struct written_deed {
    const struct tree *nodes;
    struct flood flood;
    struct churn churn;
    struct attack attack;
};

static bool read_deed_nodes(struct reader *reader, const struct written_deed *written,
                            const char *key, struct node_set *nodes) {
    if (!written->nodes) /* which was noted */
        return false;
    size_t mark = reader_enter(reader, key);
    bool good = names_set(reader, written->nodes, nodes);
    reader_leave(reader, mark);
    return good;
}

static const char *const flood_words[] = {[FLOOD_GARBAGE] = "garbage",
                                          [FLOOD_WANTS] = "wants",
                                          [FLOOD_RANGES] = "ranges",
                                          [FLOOD_NEEDS] = "needs",
                                          NULL};

static void read_flood_with(struct reader *reader, const struct field *field,
                            const struct tree *value, void *target) {
    uint32_t choice;
    (void)field;
    if (!reader_choice(reader, value, flood_words, &choice))
        return;
    *(enum flood_with *)target = (enum flood_with)choice;
    bool authors = choice == FLOOD_GARBAGE || choice == FLOOD_NEEDS;
    for (uint32_t i = 0; i < reader->scenario->group_count; i++)
        authors |= names_authors(&reader->scenario->groups[i]);
    if (!authors)
        reader_refuse(reader, value, "there is nothing to want: no node produces anything");
}

static const struct field flood_fields[] = {
    {"by", reader_later, offsetof(struct written_deed, nodes), .required = true,
     .example = "[mallory]"},
    {"with", read_flood_with, offsetof(struct written_deed, flood.with), .required = true,
     .example = "garbage"},
    {"every", reader_duration, offsetof(struct written_deed, flood.every_ns), .min = 1000,
     .required = true, .example = "10 ms"},
};

bool timeline_read_flood(struct timeline *timeline, const struct written_item *written,
                         const struct tree *what, struct timeline_item *item, FILE *out) {
    struct reader *reader = timeline->reader;
    struct written_deed deed = {.nodes = NULL};
    char every[UNITS_TEXT_SIZE];
    reader_map(reader, what, flood_fields, sizeof flood_fields / sizeof *flood_fields, &deed);
    struct flood *flood = reader_alloc(reader, 1, sizeof *flood);
    if (!read_deed_nodes(reader, &deed, "by", &item->begin.nodes) || !flood)
        return false;
    *flood = deed.flood;
    flood->for_ns = written->for_ns ? written->for_ns : TSSB_NEVER;
    item->begin.flood = flood;
    item->begin.id = reader->scenario->flood_count++;
    fputs(" by ", out);
    writing_names(out, deed.nodes);
    fprintf(out, " with %s every %s", flood_words[flood->with],
            units_duration_text(flood->every_ns, every));
    return true;
}

static const char *const attack_words[] = {
    [ATTACK_FORGE] = "forge", [ATTACK_FLIP] = "flip", [ATTACK_REPLAY] = "replay",
    [ATTACK_LIE] = "lie",     [ATTACK_FORK] = "fork", NULL};

static void read_attack_with(struct reader *reader, const struct field *field,
                             const struct tree *value, void *target) {
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, attack_words, &choice))
        *(enum attack_with *)target = (enum attack_with)choice;
}

static const struct field attack_fields[] = {
    {"by", reader_later, offsetof(struct written_deed, nodes), .required = true,
     .example = "[mallory]"},
    {"with", read_attack_with, offsetof(struct written_deed, attack.with), .required = true,
     .example = "forge"},
    {"every", reader_duration, offsetof(struct written_deed, attack.every_ns), .min = 1000,
     .example = "100 ms"},
};

enum { ATTACK_EVERY = 4 }; /* the bit of `every` */

/* Only who writes a feed can fork it; and a liar's pace is that of the requests. */
static bool check_attack(struct reader *reader, const struct tree *what,
                         const struct written_deed *deed, uint32_t seen) {
    struct ranges ranges = {0};
    bool liar = deed->attack.with == ATTACK_LIE, good = true;
    if (liar == !!(seen & ATTACK_EVERY)) {
        reader_refuse(reader, liar ? tree_find(what, "every") : what,
                      liar ? "'every' does not go with 'lie': each request is answered"
                           : "'every' is missing (such as every: 100 ms)");
        return false;
    }
    if (deed->attack.with != ATTACK_FORK)
        return true;
    if (!names_read(reader, deed->nodes, &ranges))
        return false;
    for (uint32_t i = 0; i < ranges.count; i++) {
        const struct node_group *group = &reader->scenario->groups[ranges.list[i].group];
        if (names_authors(group))
            continue;
        reader_refuse(reader, ranges.list[i].at, "'%s' writes nothing, and has no feed to fork",
                      group->name);
        good = false;
    }
    return good;
}

bool timeline_read_attack(struct timeline *timeline, const struct written_item *written,
                          const struct tree *what, struct timeline_item *item, FILE *out) {
    struct reader *reader = timeline->reader;
    struct written_deed deed = {.nodes = NULL};
    char every[UNITS_TEXT_SIZE];
    uint32_t problems = reader->problems->count;
    uint32_t seen = reader_map(reader, what, attack_fields,
                               sizeof attack_fields / sizeof *attack_fields, &deed);
    struct attack *attack = reader_alloc(reader, 1, sizeof *attack);
    if (!read_deed_nodes(reader, &deed, "by", &item->begin.nodes) || !attack ||
        reader->problems->count != problems || !check_attack(reader, what, &deed, seen))
        return false;
    *attack = deed.attack;
    attack->for_ns = written->for_ns ? written->for_ns : TSSB_NEVER;
    item->begin.attack = attack;
    item->begin.id = reader->scenario->attack_count++;
    fputs(" by ", out);
    writing_names(out, deed.nodes);
    fprintf(out, " with %s", attack_words[attack->with]);
    if (attack->every_ns)
        fprintf(out, " every %s", units_duration_text(attack->every_ns, every));
    return true;
}

static const struct field churn_fields[] = {
    {"nodes", reader_later, offsetof(struct written_deed, nodes), .required = true,
     .example = "[peer]"},
    {"up", timeline_read_mean, offsetof(struct written_deed, churn.up_ns), .min = 1000000,
     .required = true, .example = "10 min"},
    {"down", timeline_read_mean, offsetof(struct written_deed, churn.down_ns), .min = 1000000,
     .required = true, .example = "2 min"},
};

bool timeline_read_churn(struct timeline *timeline, const struct written_item *written,
                         const struct tree *what, struct timeline_item *item, FILE *out) {
    struct reader *reader = timeline->reader;
    struct written_deed deed = {.nodes = NULL};
    char up[UNITS_TEXT_SIZE], down[UNITS_TEXT_SIZE];
    (void)written;
    reader_map(reader, what, churn_fields, sizeof churn_fields / sizeof *churn_fields, &deed);
    struct churn *churn = reader_alloc(reader, 1, sizeof *churn);
    if (!read_deed_nodes(reader, &deed, "nodes", &item->begin.nodes) || !churn)
        return false;
    *churn = deed.churn;
    item->begin.churn = churn;
    fputc(' ', out);
    writing_names(out, deed.nodes);
    fprintf(out, ", up %s, down %s", units_duration_text(churn->up_ns, up),
            units_duration_text(churn->down_ns, down));
    return true;
}
