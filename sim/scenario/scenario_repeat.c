/* Items of the timeline that come again: what they say, and the faults that they become. */
#include "scenario_timeline.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sim/quantile.h"
#include "sim/stream.h"
#include "units.h"

/* How often all items together may come again: each time is kept, and recorded. */
enum { REPEATS_MAX = 100000 };

#define MEAN_MAX_NS ((uint64_t)40000 * 3600 * 1000000000) /* what quantile_exponential takes */

void timeline_read_mean(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    uint64_t mean_ns = 0;
    reader_duration(reader, field, value, &mean_ns);
    if (mean_ns > MEAN_MAX_NS)
        reader_refuse(reader, value, "'%s' is too long for a mean (the longest is 40000 h)",
                      problems_show(value->text).text);
    else
        *(uint64_t *)target = mean_ns;
}

static const struct field every_field = {.min = 1, .example = "60 s"};

static const struct field mean_fields[] = {
    {"mean", timeline_read_mean, offsetof(struct repeat, mean_ns), .min = 1, .required = true,
     .example = "60 s"},
};

static void read_every(struct reader *reader, const struct tree *every, struct repeat *repeat) {
    size_t mark = reader_enter(reader, "every");
    if (every->kind == TREE_MAP)
        reader_map(reader, every, mean_fields, 1, repeat);
    else
        reader_duration(reader, &every_field, every, &repeat->every_ns);
    reader_leave(reader, mark);
}

static void read_until(struct reader *reader, const struct tree *until, uint64_t at_ns,
                       struct repeat *repeat) {
    static const struct field field = {.example = "10 min"};
    uint64_t until_ns = repeat->until_ns;
    char begins[UNITS_TEXT_SIZE];
    size_t mark = reader_enter(reader, "until");
    reader_duration(reader, &field, until, &until_ns);
    if (until_ns < at_ns)
        reader_refuse(reader, until, "it begins later, at %s", units_duration_text(at_ns, begins));
    else if (until_ns < repeat->until_ns)
        repeat->until_ns = until_ns;
    reader_leave(reader, mark);
}

void timeline_read_repeat(struct reader *reader, const struct written_item *written, bool needs_for,
                          struct timeline_item *item) {
    char lasts[UNITS_TEXT_SIZE], every[UNITS_TEXT_SIZE];
    uint64_t duration_ns = reader->scenario->duration_ns;
    if (written->until && !written->every)
        reader_refuse(reader, written->until, "'until' needs 'every' (such as every: 60 s)");
    if (!written->every || written->at_ns > duration_ns) /* which was noted */
        return;
    struct repeat *repeat = reader_alloc(reader, 1, sizeof *repeat);
    if (!repeat)
        return;
    repeat->until_ns = duration_ns;
    read_every(reader, written->every, repeat);
    if (written->until)
        read_until(reader, written->until, written->at_ns, repeat);
    if (needs_for && !item->for_ns)
        reader_refuse(reader, written->every,
                      "what comes again has to end before ('for' is missing, such as for: 10 s)");
    else if (repeat->every_ns && item->for_ns > repeat->every_ns)
        reader_refuse(reader, written->every, "it comes again after %s, and lasts %s",
                      units_duration_text(repeat->every_ns, every),
                      units_duration_text(item->for_ns, lasts));
    if (repeat->every_ns || repeat->mean_ns)
        item->begin.repeat = repeat;
}

/* The times that an item comes. */
struct times {
    const struct timeline_item *item;
    uint64_t key; /* of its random stream */
    uint64_t at_ns;
    uint32_t nth;
};

static struct times times_of(const struct timeline *timeline, uint32_t index) {
    const struct timeline_item *item = &timeline->items[index];
    char name[16];
    snprintf(name, sizeof name, "%" PRIu32, index);
    return (struct times){.item = item,
                          .key = stream_key(timeline->reader->scenario->seed, "timeline", name),
                          .at_ns = item->begin.at_ns};
}

/* Moves on to the next time; false where that was the last. */
static bool next_time(struct times *times) {
    const struct repeat *repeat = times->item->begin.repeat;
    if (!repeat)
        return false;
    uint64_t gap_ns = repeat->every_ns;
    if (repeat->mean_ns)
        gap_ns = times->item->for_ns +
                 quantile_exponential(stream_draw(times->key, STREAM_REPEAT, times->nth),
                                      repeat->mean_ns);
    if (times->at_ns > repeat->until_ns || gap_ns > repeat->until_ns - times->at_ns)
        return false;
    times->at_ns += gap_ns;
    times->nth++;
    return true;
}

/* How often an item comes again. What comes at random is counted as far as it may come at all. */
static uint64_t count_repeats(const struct timeline *timeline, uint32_t index) {
    const struct fault *begin = &timeline->items[index].begin;
    struct times times = times_of(timeline, index);
    if (begin->repeat && begin->repeat->every_ns)
        return (begin->repeat->until_ns - begin->at_ns) / begin->repeat->every_ns;
    while (times.nth <= REPEATS_MAX && next_time(&times))
        ;
    return times.nth;
}

/* How many faults there will be at most; 0, and noted, where there are too many. */
static size_t count_faults(const struct timeline *timeline) {
    uint64_t repeats = 0;
    for (uint32_t i = 0; i < timeline->item_count; i++) {
        const struct timeline_item *item = &timeline->items[i];
        uint64_t count = count_repeats(timeline, i);
        if (count > REPEATS_MAX - repeats) {
            reader_refuse(timeline->reader, item->at,
                          "this comes %s%" PRIu64 " times more, where %" PRIu64
                          " of %d for all items are left (a longer 'every', an earlier 'until', or "
                          "churn)",
                          count > REPEATS_MAX && item->begin.repeat->mean_ns ? "at least " : "",
                          count, REPEATS_MAX - repeats, REPEATS_MAX);
            return 0;
        }
        repeats += count;
    }
    return 2 * ((size_t)timeline->item_count + (size_t)repeats);
}

/* A fault with what it is sorted by. */
struct placed_fault {
    struct fault fault;
    uint32_t item;
    uint32_t number; /* counts beginnings; an end has that of its beginning */
};

/* At one moment, what ends goes before what begins: then back-to-back items mean what they seem to.
 */
static int by_time(const void *left, const void *right) {
    const struct placed_fault *a = left, *b = right;
    if (a->fault.at_ns != b->fault.at_ns)
        return a->fault.at_ns < b->fault.at_ns ? -1 : 1;
    if (a->fault.is_end != b->fault.is_end)
        return a->fault.is_end ? -1 : 1;
    if (a->item != b->item)
        return a->item < b->item ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

/* Places an item at one of its times, and its end where that is within the run. Returns how many
 * faults that makes. */
static size_t place(const struct times *times, uint64_t duration_ns, uint32_t item, uint32_t number,
                    struct placed_fault placed[2]) {
    const struct timeline_item *at = times->item;
    placed[0] = (struct placed_fault){.fault = at->begin, .item = item, .number = number};
    placed[0].fault.at_ns = times->at_ns;
    placed[0].fault.again = times->nth > 0;
    if (!at->end.text || times->at_ns + at->for_ns > duration_ns)
        return 1;
    placed[1] = (struct placed_fault){.fault = at->end, .item = item, .number = number};
    placed[1].fault.at_ns = times->at_ns + at->for_ns;
    placed[1].fault.again = times->nth > 0;
    return 2;
}

/* Copies sorted faults to the scenario; each end is told where it began. */
static void settle(struct scenario *scenario, const struct placed_fault *placed, size_t count,
                   uint32_t *beginnings) {
    for (uint32_t i = 0; i < count; i++) {
        scenario->faults[i] = placed[i].fault;
        if (placed[i].fault.is_end)
            scenario->faults[i].began = beginnings[placed[i].number];
        else
            beginnings[placed[i].number] = i;
    }
    scenario->fault_count = (uint32_t)count;
}

void timeline_expand(struct timeline *timeline) {
    struct reader *reader = timeline->reader;
    struct scenario *scenario = reader->scenario;
    size_t count = 0, room = count_faults(timeline);
    uint32_t number = 0;
    if (room == 0)
        return;
    struct placed_fault *placed = reader_scratch(reader, room, sizeof *placed);
    uint32_t *beginnings = reader_scratch(reader, room, sizeof *beginnings);
    if (!placed || !beginnings)
        return;
    for (uint32_t i = 0; i < timeline->item_count; i++) {
        struct times times = times_of(timeline, i);
        do
            count += place(&times, scenario->duration_ns, i, number++, &placed[count]);
        while (next_time(&times));
    }
    scenario->faults = reader_alloc(reader, count, sizeof *scenario->faults);
    if (!scenario->faults)
        return;
    qsort(placed, count, sizeof *placed, by_time);
    settle(scenario, placed, count, beginnings);
}
