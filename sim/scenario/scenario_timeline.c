/* `timeline`: what happens to the network, and when. An item with `for` is two faults, its
 * beginning and its end; in the end all are sorted by time. */
#include "scenario_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

/* An item as it is written. */
struct written_item {
    uint64_t at_ns, for_ns;
    bool one_way;
    const struct tree *name;
    const struct tree *whats[5]; /* by the order of `kinds` */
};

enum { ITEM_AT = 1, ITEM_FOR = 2, ITEM_ONE_WAY = 4, ITEM_NAME = 8, ITEM_WHAT_SHIFT = 4 };

static const struct field item_fields[] = {
    {"at", reader_duration, offsetof(struct written_item, at_ns), .required = true,
     .example = "20 s"},
    {"for", reader_duration, offsetof(struct written_item, for_ns), .min = 1, .example = "10 s"},
    {"one_way", reader_bool, offsetof(struct written_item, one_way), .example = "true"},
    {"name", reader_later, offsetof(struct written_item, name), .example = "split"},
    {"offline", reader_later, offsetof(struct written_item, whats[0]), .example = "[nodeA]"},
    {"online", reader_later, offsetof(struct written_item, whats[1]), .example = "[nodeA]"},
    {"partition", reader_later, offsetof(struct written_item, whats[2]),
     .example = "[[nodeA], [nodeB]]"},
    {"heal", reader_later, offsetof(struct written_item, whats[3]), .example = "all"},
    {"link", reader_later, offsetof(struct written_item, whats[4]), .example = "{loss: 50 %}"},
};

/* A partition that a heal may name. */
struct named_partition {
    const char *name;
    const struct tree *at;
    uint64_t at_ns;
    uint32_t id;
};

/* A fault with what it is sorted by. */
struct placed_fault {
    struct fault fault;
    uint32_t item;
    bool is_end;
    const struct tree *heals; /* the name of a partition, looked up once all are known */
};

struct timeline {
    struct reader *reader;
    struct placed_fault *faults;
    uint32_t fault_count;
    struct named_partition *partitions;
    uint32_t partition_count;
};

/* Reads what an item does into `fault`, and writes it as a person reads it, but for the word it
 * begins with. Returns false where it is wrong. */
typedef bool read_what(struct timeline *timeline, const struct written_item *item,
                       const struct tree *what, struct placed_fault *fault, FILE *out);

static bool read_set_of_nodes(struct timeline *timeline, const struct written_item *item,
                              const struct tree *what, struct placed_fault *fault, FILE *out) {
    (void)item;
    if (!names_set(timeline->reader, what, &fault->fault.nodes))
        return false;
    fputc(' ', out);
    writing_names(out, what);
    return true;
}

/* The name that a partition is healed by; false where it is wrong. */
static bool name_partition(struct timeline *timeline, const struct written_item *item,
                           uint32_t id) {
    static const struct field example = {.example = "split"};
    struct reader *reader = timeline->reader;
    if (!item->name)
        return true;
    size_t mark = reader_enter(reader, "name");
    const char *name = reader_text(reader, &example, item->name, "a name");
    if (name && strcmp(name, "all") == 0) {
        reader_refuse(reader, item->name, "'all' is no name for a partition: heal all ends all");
        name = NULL;
    }
    reader_leave(reader, mark);
    if (name)
        timeline->partitions[timeline->partition_count++] = (struct named_partition){
            name, item->name, item->at_ns, id};
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

static bool read_partition(struct timeline *timeline, const struct written_item *item,
                           const struct tree *what, struct placed_fault *fault, FILE *out) {
    uint32_t *count = &timeline->reader->scenario->partition_count;
    fault->fault.id = (*count)++;
    fault->fault.one_way = item->one_way;
    bool named = name_partition(timeline, item, fault->fault.id);
    if (!read_sets(timeline->reader, what, &fault->fault) || !named)
        return false;
    fputc(' ', out);
    for (uint32_t i = 0; i < what->count; i++) {
        fputs(i ? " | " : "", out);
        writing_names(out, what->children[i].value);
    }
    return true;
}

static bool read_heal(struct timeline *timeline, const struct written_item *item,
                      const struct tree *what, struct placed_fault *fault, FILE *out) {
    static const struct field example = {.example = "all"};
    (void)item;
    const char *name = reader_text(timeline->reader, &example, what, "the name of a partition");
    if (!name)
        return false;
    fault->fault.id = FAULT_ALL;
    if (strcmp(name, "all") != 0)
        fault->heals = what;
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

static bool read_link_change(struct timeline *timeline, const struct written_item *item,
                             const struct tree *what, struct placed_fault *placed, FILE *out) {
    struct reader *reader = timeline->reader;
    struct fault *fault = &placed->fault;
    struct written_link written = {.between = NULL};
    fault->id = reader->scenario->link_change_count++;
    fault->changed = scenario_read_link_change(reader, what, &written);
    fault->link = written.model;
    fault->one_way = item->one_way;
    if (item->one_way && !written.between && what->kind == TREE_MAP)
        reader_refuse(reader, what, "'one_way' needs 'between' (such as between: [nodeA, nodeB])");
    fault->everywhere = !written.between;
    if (!fault->changed && what->kind == TREE_MAP)
        reader_refuse(reader, what, "this changes nothing (such as loss: 50 %%)");
    if (!fault->changed || (written.between && !read_between(reader, written.between, fault)))
        return false;
    fputc(' ', out);
    scenario_write_link(out, &fault->link, fault->changed);
    if (written.between) {
        fputs(" between ", out);
        writing_names(out, written.between->children[0].value);
        fputs(" and ", out);
        writing_names(out, written.between->children[1].value);
    }
    return true;
}

/* What an item may do, in the order of `whats`. */
static const struct kind {
    enum fault_kind kind;
    enum fault_kind end_kind; /* of the fault that ends it; itself where it has no end */
    const char *end_word;
    uint32_t options; /* ITEM_ bits, besides ITEM_AT */
    read_what *read;
} kinds[] = {
    {FAULT_OFFLINE, FAULT_ONLINE, "online", ITEM_FOR, read_set_of_nodes},
    {FAULT_ONLINE, FAULT_ONLINE, NULL, 0, read_set_of_nodes},
    {FAULT_PARTITION, FAULT_HEAL, "heal", ITEM_FOR | ITEM_ONE_WAY | ITEM_NAME, read_partition},
    {FAULT_HEAL, FAULT_HEAL, NULL, 0, read_heal},
    {FAULT_LINK, FAULT_LINK_RESTORE, "end of link", ITEM_FOR | ITEM_ONE_WAY, read_link_change},
};

enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

static const char *kind_word(size_t kind) {
    return item_fields[ITEM_WHAT_SHIFT + kind].key;
}

/* The one thing that an item does; KIND_COUNT, and noted, where that is none or two. */
static size_t find_kind(struct reader *reader, const struct tree *at, uint32_t seen) {
    size_t found = KIND_COUNT;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (!(seen >> ITEM_WHAT_SHIFT & (uint32_t)1 << i))
            continue;
        if (found < KIND_COUNT) {
            reader_refuse(reader, at, "'%s' and '%s' are two items", kind_word(found),
                          kind_word(i));
            return KIND_COUNT;
        }
        found = i;
    }
    if (found == KIND_COUNT)
        reader_refuse(reader, at,
                      "nothing happens here (one of offline, online, partition, heal, link)");
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

/* The end of an item, where it has one within the run. subject: what its text says after the word
 * that it begins with. */
static void add_end(struct timeline *timeline, const struct placed_fault *begin, uint64_t for_ns,
                    const struct kind *kind, const char *subject) {
    struct reader *reader = timeline->reader;
    uint64_t end_ns = begin->fault.at_ns + for_ns;
    if (end_ns > reader->scenario->duration_ns)
        return;
    struct placed_fault *end = &timeline->faults[timeline->fault_count];
    struct writing writing;
    *end = *begin;
    end->fault.at_ns = end_ns;
    end->fault.kind = kind->end_kind;
    end->fault.is_end = true;
    end->is_end = true;
    if (!writing_begin(reader, &writing))
        return;
    fprintf(writing.out, "%s%s", kind->end_word, subject);
    end->fault.text = writing_end(reader, &writing);
    timeline->fault_count++;
}

/* Reads what an item does, and adds its beginning and its end. */
static void read_fault(struct timeline *timeline, const struct written_item *item, uint32_t index,
                       size_t kind) {
    struct reader *reader = timeline->reader;
    struct placed_fault *placed = &timeline->faults[timeline->fault_count];
    struct writing subject, text;
    *placed = (struct placed_fault){.fault = {.at_ns = item->at_ns, .kind = kinds[kind].kind},
                                    .item = index};
    if (!writing_begin(reader, &subject))
        return;
    size_t mark = reader_enter(reader, kind_word(kind));
    bool good = kinds[kind].read(timeline, item, item->whats[kind], placed, subject.out);
    reader_leave(reader, mark);
    const char *what = writing_end(reader, &subject);
    if (!good || !what || !writing_begin(reader, &text))
        return;
    fprintf(text.out, "%s%s%s", kind_word(kind), what, item->one_way ? ", one way" : "");
    if (item->name && kinds[kind].options & ITEM_NAME)
        fprintf(text.out, " (%s)", item->name->text);
    placed->fault.text = writing_end(reader, &text);
    timeline->fault_count++;
    if (item->for_ns && kinds[kind].options & ITEM_FOR)
        add_end(timeline, placed, item->for_ns, &kinds[kind], what);
}

static void read_item(struct timeline *timeline, const struct tree *at, uint32_t index) {
    struct reader *reader = timeline->reader;
    struct written_item item = {0};
    uint32_t seen = reader_map(reader, at, item_fields, sizeof item_fields / sizeof *item_fields,
                               &item);
    if (at->kind != TREE_MAP)
        return;
    check_at(reader, at, item.at_ns);
    size_t kind = find_kind(reader, at, seen);
    if (kind == KIND_COUNT)
        return;
    check_options(reader, at, seen, kind);
    read_fault(timeline, &item, index, kind);
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

static void resolve_heal(struct timeline *timeline, struct placed_fault *placed) {
    const struct tree *at = placed->heals;
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
    if (placed->fault.at_ns < found->at_ns)
        reader_refuse(timeline->reader, at, "partition '%s' has not begun yet", shown.text);
    placed->fault.id = found->id;
}

/* At one moment, what ends goes before what begins: then back-to-back items mean what they seem to.
 */
static int by_time(const void *left, const void *right) {
    const struct placed_fault *a = left, *b = right;
    if (a->fault.at_ns != b->fault.at_ns)
        return a->fault.at_ns < b->fault.at_ns ? -1 : 1;
    if (a->is_end != b->is_end)
        return a->is_end ? -1 : 1;
    return a->item < b->item ? -1 : 1;
}

void scenario_read_timeline(struct reader *reader, const struct field *field,
                            const struct tree *value, void *target) {
    struct scenario *scenario = target;
    struct timeline timeline = {.reader = reader};
    if (!reader_list(reader, value, field->example) || value->count == 0)
        return;
    timeline.faults = reader_scratch(reader, (size_t)value->count * 2, sizeof *timeline.faults);
    timeline.partitions = reader_scratch(reader, value->count, sizeof *timeline.partitions);
    scenario->faults = reader_alloc(reader, (size_t)value->count * 2, sizeof *scenario->faults);
    if (!timeline.faults || !timeline.partitions || !scenario->faults)
        return;
    for (uint32_t i = 0; i < value->count; i++) {
        size_t mark = reader_enter_item(reader, i);
        read_item(&timeline, value->children[i].value, i);
        reader_leave(reader, mark);
    }
    check_partition_names(&timeline);
    for (uint32_t i = 0; i < timeline.fault_count; i++)
        if (timeline.faults[i].heals)
            resolve_heal(&timeline, &timeline.faults[i]);
    qsort(timeline.faults, timeline.fault_count, sizeof *timeline.faults, by_time);
    for (uint32_t i = 0; i < timeline.fault_count; i++)
        scenario->faults[i] = timeline.faults[i].fault;
    scenario->fault_count = timeline.fault_count;
}
