/* `expect`: what must hold of a run. */
#include "scenario_reader.h"

#include <inttypes.h>

#include "units.h"

/* An item as it is written. */
struct written_expect {
    uint64_t by_ns;
    uint32_t entries;
    const struct tree *converged, *holds, *chains, *stream, *on;
};

enum {
    EXPECT_SEEN_CONVERGED = 1,
    EXPECT_SEEN_HOLDS = 2,
    EXPECT_SEEN_ENTRIES = 4,
    EXPECT_SEEN_BY = 16,
    EXPECT_SEEN_CHAINS = 32,
    EXPECT_SEEN_STREAM = 64
};

static const struct field expect_fields[] = {
    {"converged", reader_later, offsetof(struct written_expect, converged), .example = "nodeA"},
    {"holds", reader_later, offsetof(struct written_expect, holds), .example = "nodeA"},
    {"entries", reader_u32, offsetof(struct written_expect, entries), .min = 1, .max = UINT32_MAX,
     .example = "10"},
    {"on", reader_later, offsetof(struct written_expect, on), .example = "[nodeB]"},
    {"by", reader_duration, offsetof(struct written_expect, by_ns), .example = "90 s"},
    {"chain-complete", reader_later, offsetof(struct written_expect, chains), .example = "nodeA"},
    {"stream-delivered", reader_later, offsetof(struct written_expect, stream), .example = "nodeA"},
};

/* All who follow the author. */
static bool default_set(struct reader *reader, const struct tree *at, uint32_t author,
                        struct node_set *set) {
    const struct scenario *scenario = reader->scenario;
    uint64_t count = 0;
    if (!reader_spend(reader, at, scenario->group_count))
        return false;
    for (uint32_t i = 0; i < scenario->group_count; i++)
        if (node_set_has(&scenario->groups[i].follow, author))
            count += scenario->groups[i].count;
    if (!reader_spend(reader, at, count))
        return false;
    uint32_t *nodes = reader_alloc(reader, (size_t)count, sizeof *nodes);
    if (!nodes)
        return false;
    set->nodes = nodes;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct node_group *group = &scenario->groups[i];
        bool follows = node_set_has(&group->follow, author);
        for (uint32_t k = 0; follows && k < group->count; k++)
            if (group->first + k != author)
                nodes[set->count++] = group->first + k;
    }
    if (set->count == 0)
        reader_refuse(reader, at, "nobody follows '%s'", at->text);
    return set->count > 0;
}

static bool named_set(struct reader *reader, const struct tree *on, const struct tree *author_at,
                      uint32_t author, struct node_set *set) {
    struct ranges ranges = {0};
    size_t mark = reader_enter(reader, "on");
    bool good = names_read(reader, on, &ranges) && names_distinct(reader, &ranges, "this list");
    for (uint32_t i = 0; good && i < ranges.count; i++) {
        const struct range *range = &ranges.list[i];
        const struct node_group *group = &reader->scenario->groups[range->group];
        bool is_author = range->count == 1 && range->first == author;
        if (is_author || node_set_has(&group->follow, author))
            continue;
        reader_refuse(reader, range->at, "'%s' does not follow '%s'", range->at->text,
                      author_at->text);
        good = false;
    }
    good = good && names_expand(reader, &ranges, on, set);
    reader_leave(reader, mark);
    return good;
}

/* Keeps those whom the author has a stream to, or refuses those whom it has none to. */
static bool stream_set(struct reader *reader, const struct tree *at, uint32_t author, bool named,
                       struct node_set *set) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t node = set->nodes[i];
        char name[NODE_NAME_SIZE];
        if (scenario_stream_between(reader->scenario, author, node)) {
            set->nodes[kept++] = node;
        } else if (named) {
            reader_refuse(reader, at, "there is no stream between '%s' and '%s'", at->text,
                          scenario_node_name(reader->scenario, node, name, sizeof name));
            return false;
        }
    }
    set->count = kept;
    if (kept == 0)
        reader_refuse(reader, at, "'%s' is no end of a stream", at->text);
    return kept > 0;
}

static const char *describe(struct reader *reader, const struct expectation *expectation,
                            const struct written_expect *written, bool has_by) {
    struct writing writing;
    char by[UNITS_TEXT_SIZE];
    if (!writing_begin(reader, &writing))
        return NULL;
    if (expectation->kind == EXPECT_HOLDS)
        fprintf(writing.out, "%" PRIu32 " %s of %s on ", expectation->entries,
                expectation->entries == 1 ? "entry" : "entries", written->holds->text);
    else if (expectation->kind == EXPECT_CHAINS)
        fprintf(writing.out, "chains of %s complete on ", written->chains->text);
    else if (expectation->kind == EXPECT_STREAM)
        fprintf(writing.out, "stream of %s delivered to ", written->stream->text);
    else
        fprintf(writing.out, "converged %s on ", written->converged->text);
    if (written->on)
        writing_names(writing.out, written->on);
    else
        fputs(expectation->kind == EXPECT_STREAM ? "all it is for" : "all who follow", writing.out);
    if (has_by)
        fprintf(writing.out, " by %s", units_duration_text(expectation->by_ns, by));
    return writing_end(reader, &writing);
}

/* What an item may be about: one of these. */
static const struct {
    const char *key;
    uint32_t seen;
    enum expect_kind kind;
} subjects[] = {
    {"converged", EXPECT_SEEN_CONVERGED, EXPECT_CONVERGED},
    {"holds", EXPECT_SEEN_HOLDS, EXPECT_HOLDS},
    {"chain-complete", EXPECT_SEEN_CHAINS, EXPECT_CHAINS},
    {"stream-delivered", EXPECT_SEEN_STREAM, EXPECT_STREAM},
};

enum { SUBJECTS = sizeof subjects / sizeof *subjects };

/* Sets *subject to its index, where all is well. */
static bool check_shape(struct reader *reader, const struct tree *at, uint32_t seen,
                        uint32_t *subject) {
    const char *first = NULL;
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        if (!(seen & subjects[i].seen))
            continue;
        if (first) {
            reader_refuse(reader, at, "'%s' and '%s' are two items", first, subjects[i].key);
            return false;
        }
        first = subjects[i].key;
        *subject = i;
    }
    if (!first)
        reader_refuse(reader, at,
                      "'converged', 'holds', 'chain-complete' or 'stream-delivered' is missing "
                      "(such as converged: nodeA)");
    else if (seen & EXPECT_SEEN_HOLDS && !(seen & EXPECT_SEEN_ENTRIES))
        reader_refuse(reader, at, "'entries' is missing (such as entries: 10)");
    else if (!(seen & EXPECT_SEEN_HOLDS) && seen & EXPECT_SEEN_ENTRIES)
        reader_refuse(reader, tree_find(at, "entries"), "'entries' does not go with '%s'", first);
    else
        return true;
    return false;
}

static bool read_author(struct reader *reader, const struct tree *at, uint32_t *author) {
    if (!names_one(reader, at, author))
        return false;
    if (names_authors(scenario_group(reader->scenario, *author)))
        return true;
    reader_refuse(reader, at, "'%s' produces nothing (give it produce: {every: 5 s})", at->text);
    return false;
}

static bool read_item(struct reader *reader, const struct tree *at,
                      struct expectation *expectation) {
    uint64_t duration_ns = reader->scenario->duration_ns;
    struct written_expect written = {.by_ns = duration_ns};
    char by[UNITS_TEXT_SIZE], end[UNITS_TEXT_SIZE];
    uint32_t seen = reader_map(reader, at, expect_fields,
                               sizeof expect_fields / sizeof *expect_fields, &written);
    uint32_t subject = 0;
    if (at->kind != TREE_MAP || !check_shape(reader, at, seen, &subject))
        return false;
    if (duration_ns && written.by_ns > duration_ns)
        reader_refuse(reader, tree_find(at, "by"), "at %s the run is over (its duration is %s)",
                      units_duration_text(written.by_ns, by),
                      units_duration_text(duration_ns, end));
    const struct tree *author = tree_find(at, subjects[subject].key);
    *expectation = (struct expectation){.kind = subjects[subject].kind,
                                        .entries = written.entries,
                                        .by_ns = written.by_ns,
                                        .line = at->place.line};
    size_t mark = reader_enter(reader, subjects[subject].key);
    bool good = read_author(reader, author, &expectation->author);
    reader_leave(reader, mark);
    if (good && written.on)
        good = named_set(reader, written.on, author, expectation->author, &expectation->on);
    else if (good)
        good = default_set(reader, author, expectation->author, &expectation->on);
    if (good && expectation->kind == EXPECT_STREAM)
        good = stream_set(reader, author, expectation->author, written.on, &expectation->on);
    if (good)
        expectation->text = describe(reader, expectation, &written, seen & EXPECT_SEEN_BY);
    return good && expectation->text;
}

void scenario_read_expect(struct reader *reader, const struct field *field,
                          const struct tree *value, void *target) {
    struct scenario *scenario = target;
    if (!reader_list(reader, value, field->example) || value->count == 0)
        return;
    scenario->expectations = reader_alloc(reader, value->count, sizeof *scenario->expectations);
    if (!scenario->expectations)
        return;
    for (uint32_t i = 0; i < value->count; i++) {
        size_t mark = reader_enter_item(reader, i);
        if (read_item(reader, value->children[i].value,
                      &scenario->expectations[scenario->expectation_count]))
            scenario->expectation_count++;
        reader_leave(reader, mark);
    }
}
