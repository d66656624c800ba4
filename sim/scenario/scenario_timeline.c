/* `timeline`: what happens to the network, and when. An item with `for` is two faults, its
 * beginning and its end; scenario_repeat.c makes them, as often as each comes, and
 * scenario_churn.c reads what happens to nodes alone. */
#include "scenario_timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

enum {
    ITEM_AT = 1,
    ITEM_FOR = 2,
    ITEM_ONE_WAY = 4,
    ITEM_NAME = 8,
    ITEM_REPEAT = 16 | 32, /* every, until */
    ITEM_WHAT_SHIFT = 6,
};

static const struct field item_fields[] = {
    {"at", reader_duration, offsetof(struct written_item, at_ns), .required = true,
     .example = "20 s"},
    {"for", reader_duration, offsetof(struct written_item, for_ns), .min = 1, .example = "10 s"},
    {"one_way", reader_bool, offsetof(struct written_item, one_way), .example = "true"},
    {"name", reader_later, offsetof(struct written_item, name), .example = "split"},
    {"every", reader_later, offsetof(struct written_item, every), .example = "60 s"},
    {"until", reader_later, offsetof(struct written_item, until), .example = "10 min"},
    {"offline", reader_later, offsetof(struct written_item, whats[0]), .example = "[nodeA]"},
    {"online", reader_later, offsetof(struct written_item, whats[1]), .example = "[nodeA]"},
    {"partition", reader_later, offsetof(struct written_item, whats[2]),
     .example = "[[nodeA], [nodeB]]"},
    {"heal", reader_later, offsetof(struct written_item, whats[3]), .example = "all"},
    {"link", reader_later, offsetof(struct written_item, whats[4]), .example = "{loss: 50 %}"},
    {"crash", reader_later, offsetof(struct written_item, whats[5]), .example = "[nodeA]"},
    {"wipe", reader_later, offsetof(struct written_item, whats[6]), .example = "[nodeB]"},
    {"join", reader_later, offsetof(struct written_item, whats[7]), .example = "[nodeB]"},
    {"flood", reader_later, offsetof(struct written_item, whats[8]),
     .example = "{by: [nodeB], with: garbage, every: 10 ms}"},
    {"churn", reader_later, offsetof(struct written_item, whats[9]),
     .example = "{nodes: [peer], up: 10 min, down: 2 min}"},
    {"attack", reader_later, offsetof(struct written_item, whats[10]),
     .example = "{by: [nodeB], with: forge, every: 1 s}"},
};

/* The name that a partition is healed by; false where it is wrong. */
static bool name_partition(struct timeline *timeline, const struct written_item *written,
                           uint32_t id) {
    static const struct field example = {.example = "split"};
    struct reader *reader = timeline->reader;
    if (!written->name)
        return true;
    size_t mark = reader_enter(reader, "name");
    const char *name = reader_text(reader, &example, written->name, "a name");
    if (name && strcmp(name, "all") == 0) {
        reader_refuse(reader, written->name, "'all' is no name for a partition: heal all ends all");
        name = NULL;
    }
    reader_leave(reader, mark);
    if (name)
        timeline->partitions[timeline->partition_count++] = (struct named_partition){
            name, written->name, written->at_ns, id};
    return name != NULL;
}

/* Reads the sets of a partition; then no node may be twice in all of them together. */
static bool read_sets(struct reader *reader, const struct tree *what, struct fault *fault) {
    if (!reader_list(reader, what, "[[nodeA], [nodeB]]"))
        return false;
    if (what->count < 2) {
        reader_refuse(reader, what,
                      "a partition is of two sets or more (such as [[nodeA], [nodeB]])");
        return false;
    }
    struct ranges all = {0};
    bool good = true;
    for (uint32_t i = 0; i < what->count; i++)
        good = names_read(reader, what->children[i].value, &all) && good;
    if (!good || !names_distinct(reader, &all, "this partition"))
        return false;
    fault->sets = reader_alloc(reader, what->count, sizeof *fault->sets);
    if (!fault->sets)
        return false;
    fault->set_count = what->count;
    for (uint32_t i = 0; i < what->count; i++)
        good = names_set(reader, what->children[i].value, &fault->sets[i]) && good;
    return good;
}

static bool read_partition(struct timeline *timeline, const struct written_item *written,
                           const struct tree *what, struct timeline_item *item, FILE *out) {
    uint32_t *count = &timeline->reader->scenario->partition_count;
    item->begin.id = (*count)++;
    item->begin.one_way = written->one_way;
    bool named = name_partition(timeline, written, item->begin.id);
    if (!read_sets(timeline->reader, what, &item->begin) || !named)
        return false;
    fputc(' ', out);
    for (uint32_t i = 0; i < what->count; i++) {
        fputs(i ? " | " : "", out);
        writing_names(out, what->children[i].value);
    }
    return true;
}

static bool read_heal(struct timeline *timeline, const struct written_item *written,
                      const struct tree *what, struct timeline_item *item, FILE *out) {
    static const struct field example = {.example = "all"};
    (void)written;
    const char *name = reader_text(timeline->reader, &example, what, "the name of a partition");
    if (!name)
        return false;
    item->begin.id = FAULT_ALL;
    if (strcmp(name, "all") != 0)
        item->heals = what;
    fprintf(out, " %s", name);
    return true;
}

static bool read_between(struct reader *reader, const struct tree *between, struct fault *fault) {
    size_t mark = reader_enter(reader, "between");
    bool good = false;
    if (between->kind != TREE_LIST || between->count != 2) {
        reader_refuse(reader, between,
                      "links are between two nodes or groups (such as [nodeA, peer])");
    } else {
        fault->sets = reader_alloc(reader, 2, sizeof *fault->sets);
        fault->set_count = fault->sets ? 2 : 0;
        good = fault->sets && names_set(reader, between->children[0].value, &fault->sets[0]);
        good = fault->sets && names_set(reader, between->children[1].value, &fault->sets[1]) &&
               good;
    }
    if (good && fault->sets[0].count == 1 && fault->sets[1].count == 1 &&
        fault->sets[0].nodes[0] == fault->sets[1].nodes[0]) {
        reader_refuse(reader, between, "a node has no link to itself");
        good = false;
    }
    reader_leave(reader, mark);
    return good;
}

/* Radios have none. */
static bool has_links(const struct scenario *scenario) {
    bool any = scenario->network_count == 0; /* what went wrong there is noted already */
    for (uint32_t i = 0; i < scenario->network_count; i++)
        any |= scenario->networks[i].topology != TOPOLOGY_RADIO;
    return any;
}

static bool read_link_change(struct timeline *timeline, const struct written_item *written,
                             const struct tree *what, struct timeline_item *item, FILE *out) {
    struct reader *reader = timeline->reader;
    struct fault *fault = &item->begin;
    struct written_link link = {.between = NULL};
    fault->id = reader->scenario->link_change_count++;
    fault->changed = scenario_read_link_change(reader, what, &link);
    fault->link = link.model;
    fault->one_way = written->one_way;
    if (written->one_way && !link.between && what->kind == TREE_MAP)
        reader_refuse(reader, what, "'one_way' needs 'between' (such as between: [nodeA, nodeB])");
    fault->everywhere = !link.between;
    if (!has_links(reader->scenario))
        reader_refuse(reader, what, "there is no link to change: all networks are radios");
    if (!fault->changed && what->kind == TREE_MAP)
        reader_refuse(reader, what, "this changes nothing (such as loss: 50 %%)");
    if (!fault->changed || (link.between && !read_between(reader, link.between, fault)))
        return false;
    fputc(' ', out);
    scenario_write_link(out, &fault->link, fault->changed);
    if (link.between) {
        fputs(" between ", out);
        writing_names(out, link.between->children[0].value);
        fputs(" and ", out);
        writing_names(out, link.between->children[1].value);
    }
    return true;
}

/* What an item may do, in the order of `whats`. */
static const struct kind {
    enum fault_kind kind;
    enum fault_kind end_kind; /* of the fault that ends it; itself where it has no end */
    const char *end_word;
    bool needs_for;   /* to come again: nothing else ends it */
    uint32_t options; /* ITEM_ bits, besides ITEM_AT */
    read_what *read;
} kinds[ITEM_WHATS] = {
    {FAULT_OFFLINE, FAULT_ONLINE, "online", false, ITEM_FOR | ITEM_REPEAT, timeline_read_nodes},
    {FAULT_ONLINE, FAULT_ONLINE, NULL, false, ITEM_REPEAT, timeline_read_nodes},
    {FAULT_PARTITION, FAULT_HEAL, "heal", false, ITEM_FOR | ITEM_ONE_WAY | ITEM_NAME | ITEM_REPEAT,
     read_partition},
    {FAULT_HEAL, FAULT_HEAL, NULL, false, ITEM_REPEAT, read_heal},
    {FAULT_LINK, FAULT_LINK_RESTORE, "end of link", true, ITEM_FOR | ITEM_ONE_WAY | ITEM_REPEAT,
     read_link_change},
    {FAULT_CRASH, FAULT_ONLINE, "online", false, ITEM_FOR | ITEM_REPEAT, timeline_read_nodes},
    {FAULT_WIPE, FAULT_ONLINE, "online", false, ITEM_FOR | ITEM_REPEAT, timeline_read_wipe},
    {FAULT_JOIN, FAULT_JOIN, NULL, false, 0, timeline_read_join},
    {FAULT_FLOOD, FAULT_FLOOD_END, "end of flood", true, ITEM_FOR | ITEM_REPEAT,
     timeline_read_flood},
    {FAULT_CHURN, FAULT_CHURN_END, "end of churn", true, ITEM_FOR | ITEM_REPEAT,
     timeline_read_churn},
    {FAULT_ATTACK, FAULT_ATTACK_END, "end of attack", true, ITEM_FOR | ITEM_REPEAT,
     timeline_read_attack},
};

static const char *kind_word(size_t kind) {
    return item_fields[ITEM_WHAT_SHIFT + kind].key;
}

/* The one thing that an item does; ITEM_WHATS, and noted, where that is none or two. */
static size_t find_kind(struct reader *reader, const struct tree *at, uint32_t seen) {
    size_t found = ITEM_WHATS;
    for (size_t i = 0; i < ITEM_WHATS; i++) {
        if (!(seen >> ITEM_WHAT_SHIFT & (uint32_t)1 << i))
            continue;
        if (found < ITEM_WHATS) {
            reader_refuse(reader, at, "'%s' and '%s' are two items", kind_word(found),
                          kind_word(i));
            return ITEM_WHATS;
        }
        found = i;
    }
    if (found == ITEM_WHATS)
        reader_refuse(reader, at,
                      "nothing happens here (one of offline, online, crash, wipe, join, partition, "
                      "heal, link, flood, churn, attack)");
    return found;
}

static void check_options(struct reader *reader, const struct tree *at, uint32_t seen,
                          size_t kind) {
    for (uint32_t i = 1; i < ITEM_WHAT_SHIFT; i++)
        if (seen & (uint32_t)1 << i & ~kinds[kind].options)
            reader_refuse(reader, tree_find(at, item_fields[i].key), "'%s' does not go with '%s'",
                          item_fields[i].key, kind_word(kind));
}

static void check_at(struct reader *reader, const struct tree *at, uint64_t at_ns) {
    uint64_t duration_ns = reader->scenario->duration_ns;
    char moment[UNITS_TEXT_SIZE], end[UNITS_TEXT_SIZE];
    if (duration_ns && at_ns > duration_ns)
        reader_refuse(reader, tree_find(at, "at"), "at %s the run is over (its duration is %s)",
                      units_duration_text(at_ns, moment), units_duration_text(duration_ns, end));
}

/* The end of an item. subject: what its text says after the word that it begins with. */
static void add_end(struct reader *reader, struct timeline_item *item, const struct kind *kind,
                    const char *subject) {
    struct writing writing;
    if (!writing_begin(reader, &writing))
        return;
    fprintf(writing.out, "%s%s", kind->end_word, subject);
    item->end = item->begin;
    item->end.kind = kind->end_kind;
    item->end.is_end = true;
    item->end.repeat = NULL;
    item->end.text = writing_end(reader, &writing);
}

/* Reads what an item does, and adds its beginning and its end. */
static void read_fault(struct timeline *timeline, const struct written_item *written,
                       const struct tree *at, size_t kind) {
    struct reader *reader = timeline->reader;
    struct timeline_item *item = &timeline->items[timeline->item_count];
    struct writing subject, text;
    *item = (struct timeline_item){.begin = {.at_ns = written->at_ns, .kind = kinds[kind].kind},
                                   .for_ns = kinds[kind].options & ITEM_FOR ? written->for_ns : 0,
                                   .at = at};
    if (!writing_begin(reader, &subject))
        return;
    size_t mark = reader_enter(reader, kind_word(kind));
    bool good = kinds[kind].read(timeline, written, written->whats[kind], item, subject.out);
    reader_leave(reader, mark);
    const char *what = writing_end(reader, &subject);
    if (!good || !what || !writing_begin(reader, &text))
        return;
    fprintf(text.out, "%s%s%s", kind_word(kind), what, written->one_way ? ", one way" : "");
    if (written->name && kinds[kind].options & ITEM_NAME)
        fprintf(text.out, " (%s)", written->name->text);
    item->begin.text = writing_end(reader, &text);
    timeline_read_repeat(reader, written, kinds[kind].needs_for, item);
    if (item->for_ns)
        add_end(reader, item, &kinds[kind], what);
    timeline->item_count++;
}

static void read_item(struct timeline *timeline, const struct tree *at) {
    struct reader *reader = timeline->reader;
    struct written_item written = {0};
    uint32_t seen = reader_map(reader, at, item_fields, sizeof item_fields / sizeof *item_fields,
                               &written);
    if (at->kind != TREE_MAP)
        return;
    check_at(reader, at, written.at_ns);
    size_t kind = find_kind(reader, at, seen);
    if (kind == ITEM_WHATS)
        return;
    check_options(reader, at, seen, kind);
    read_fault(timeline, &written, at, kind);
}

static int by_partition_name(const void *left, const void *right) {
    const struct named_partition *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    if (order)
        return order;
    return a->id < b->id ? -1 : a->id > b->id;
}

static void check_partition_names(struct timeline *timeline) {
    struct named_partition *named = timeline->partitions;
    qsort(named, timeline->partition_count, sizeof *named, by_partition_name);
    for (uint32_t i = 1; i < timeline->partition_count; i++)
        if (strcmp(named[i - 1].name, named[i].name) == 0)
            reader_refuse(timeline->reader, named[i].at,
                          "another partition is called '%s' (at line %" PRIu32 ")",
                          problems_show(named[i].name).text, named[i - 1].at->place.line);
}

static const char *partition_word(const void *context, size_t index) {
    return ((const struct named_partition *)context)[index].name;
}

static int find_partition(const void *name, const void *partition) {
    return strcmp(name, ((const struct named_partition *)partition)->name);
}

static void resolve_heal(struct timeline *timeline, struct timeline_item *item) {
    const struct tree *at = item->heals;
    const struct named_partition *found = bsearch(at->text, timeline->partitions,
                                                  timeline->partition_count,
                                                  sizeof *timeline->partitions, find_partition);
    struct shown shown = problems_show(at->text);
    if (!found) {
        const struct suggest_words words = {partition_word, timeline->partitions,
                                            timeline->partition_count};
        const char *near = reader_near(timeline->reader, at->text, &words);
        reader_refuse(timeline->reader, at, "no partition has the name '%s' (%s%s%s)", shown.text,
                      near ? "did you mean '" : "give one a name, or heal all", near ? near : "",
                      near ? "'?" : "");
        return;
    }
    if (item->begin.at_ns < found->at_ns)
        reader_refuse(timeline->reader, at, "partition '%s' has not begun yet", shown.text);
    item->begin.id = found->id;
}

void scenario_read_timeline(struct reader *reader, const struct field *field,
                            const struct tree *value, void *target) {
    struct timeline timeline = {.reader = reader};
    (void)target;
    if (!reader_list(reader, value, field->example) || value->count == 0)
        return;
    timeline.items = reader_scratch(reader, value->count, sizeof *timeline.items);
    timeline.partitions = reader_scratch(reader, value->count, sizeof *timeline.partitions);
    if (!timeline.items || !timeline.partitions)
        return;
    for (uint32_t i = 0; i < value->count; i++) {
        size_t mark = reader_enter_item(reader, i);
        read_item(&timeline, value->children[i].value);
        reader_leave(reader, mark);
    }
    check_partition_names(&timeline);
    for (uint32_t i = 0; i < timeline.item_count; i++)
        if (timeline.items[i].heals)
            resolve_heal(&timeline, &timeline.items[i]);
    if (!reader->problems->status)
        timeline_expand(&timeline);
}
