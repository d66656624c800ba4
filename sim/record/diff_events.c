/* Finding the first event at which two runs part: a merge of two sorted streams, the way one
 * compares two sorted lists. What only one of them has at the place where it is due is shown as
 * that run's. */
#include "diff_report.h"

#include <string.h>

#include "core/check.h"
#include "event_stream.h"

/* Lines that are shown: the last that are in both; and from where the runs part, so many of each,
 * the rest of which is looked for among that many events. */
enum { BEFORE = 3, AFTER = 6, LINES = BEFORE + 2 * AFTER + 2, SEARCHED = 100000 };

enum owner { BOTH, FIRST, SECOND };

static const char *const owner_names[] = {[BOTH] = "both", [FIRST] = "first", [SECOND] = "second"};

struct line {
    enum owner owner;
    bool more; /* stands for further events of this run */
    struct recorded_event event;
};

struct merge {
    struct event_stream streams[2];
    struct line lines[LINES]; /* until the runs part, a ring of BEFORE */
    uint32_t count;           /* lines that were put, ever */
    uint32_t shown[3];        /* since the runs part, by owner */
    uint32_t searched;        /* events since then */
    int64_t parts_at_ns;      /* -1 until the runs part */
};

static bool has_parted(const struct merge *merge) {
    return merge->parts_at_ns >= 0;
}

/* How many lines of a run (FIRST, SECOND) there are since the runs part. */
static uint32_t shown_of(const struct merge *merge, enum owner run) {
    return merge->shown[BOTH] + merge->shown[run];
}

static void put(struct merge *merge, enum owner owner, const struct event_stream *stream) {
    struct line line = {.owner = owner, .event = event_stream_event(stream)};
    if (!has_parted(merge)) {
        merge->lines[merge->count++ % BEFORE] = line;
        return;
    }
    enum owner run = owner == SECOND ? SECOND : FIRST;
    uint32_t shown = shown_of(merge, run);
    if (owner == BOTH && shown_of(merge, SECOND) > shown)
        shown = shown_of(merge, SECOND);
    line.more = shown == AFTER;
    if (shown > AFTER || (owner == BOTH && line.more))
        return;
    merge->lines[merge->count++] = line;
    merge->shown[owner]++;
}

/* The ring becomes the first lines, oldest first. */
static void part(struct merge *merge, int64_t at_ns) {
    struct line ring[BEFORE];
    uint32_t kept = merge->count < BEFORE ? merge->count : BEFORE;
    memcpy(ring, merge->lines, sizeof ring);
    for (uint32_t i = 0; i < kept; i++)
        merge->lines[i] = ring[(merge->count - kept + i) % BEFORE];
    merge->count = kept;
    merge->parts_at_ns = at_ns;
}

/* Takes one event, of one stream or the same of both. Returns 0 or an SQLite code. */
static int merge_one(struct merge *merge) {
    struct event_stream *first = &merge->streams[0], *second = &merge->streams[1];
    int order = event_stream_compare(first, second), code = 0;
    const struct event_stream *from = order <= 0 ? first : second;
    if (order != 0 && !has_parted(merge))
        part(merge, event_stream_event(from).fields[RECORDED_AT_NS]);
    put(merge, order == 0 ? BOTH : order < 0 ? FIRST : SECOND, from);
    merge->searched += has_parted(merge);
    if (order <= 0)
        code = event_stream_next(first);
    if (order >= 0 && !code)
        code = event_stream_next(second);
    return code;
}

static bool is_done(const struct merge *merge) {
    if (merge->streams[0].ended && merge->streams[1].ended)
        return true;
    return merge->searched == SEARCHED ||
           (shown_of(merge, FIRST) >= AFTER && shown_of(merge, SECOND) >= AFTER);
}

static int merge_all(struct merge *merge) {
    int code = 0;
    while (!code && !is_done(merge))
        code = merge_one(merge);
    return code;
}

/* Whether the lines would hide what the runs differ in: below a microsecond, or in what a line does
 * not say. Both are then shown. */
static bool too_fine(const struct merge *merge) {
    for (uint32_t i = 0; i < merge->count; i++)
        if (merge->lines[i].event.fields[RECORDED_AT_NS] % 1000 != 0)
            return true;
    return false;
}

static bool reads_the_same(struct merge *merge, int digits) {
    char texts[2][RECORDED_LINE_SIZE];
    bool seen[2] = {false, false};
    for (uint32_t i = 0; i < merge->count; i++) {
        struct line *line = &merge->lines[i];
        int which = line->owner == SECOND;
        if (line->owner == BOTH || seen[which])
            continue;
        seen[which] = true;
        (void)event_line(&merge->streams[which], &line->event, digits, false, texts[which]);
    }
    return seen[0] && seen[1] && strcmp(texts[0], texts[1]) == 0;
}

static json_t *report(struct merge *merge) {
    json_t *events = json_array();
    char text[RECORDED_LINE_SIZE];
    int digits = too_fine(merge) ? 9 : 6;
    bool full = reads_the_same(merge, digits);
    for (uint32_t i = 0; i < merge->count; i++) {
        struct line *line = &merge->lines[i];
        if (!line->more)
            (void)event_line(&merge->streams[line->owner == SECOND], &line->event, digits, full,
                             text);
        (void)json_array_append_new(
            events, json_pack("{s:s, s:I, s:s}", "run", owner_names[line->owner], "at_ns",
                              (json_int_t)line->event.fields[RECORDED_AT_NS], "text",
                              line->more ? "..." : text));
    }
    return json_pack("{s:I, s:o}", "parts_at_ns", (json_int_t)merge->parts_at_ns, "events", events);
}

json_t *diff_report_events(sqlite3 *db, const struct diff_pair *runs, enum scenario_record level) {
    struct merge merge = {.parts_at_ns = -1};
    json_t *object = NULL;
    int code = event_stream_open(&merge.streams[0], db, runs->first, level);
    if (!code)
        code = event_stream_open(&merge.streams[1], db, runs->second, level);
    if (!code)
        code = merge_all(&merge);
    if (!code)
        object = has_parted(&merge) ? report(&merge) : json_object();
    event_stream_close(&merge.streams[0]);
    event_stream_close(&merge.streams[1]);
    return object;
}
