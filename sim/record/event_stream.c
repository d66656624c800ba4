/* The tables of a run, merged into one sequence of events. SQLite sorts, and keeps what does not
 * fit into its cache in temporary files, so the memory needed does not grow with the run. */
#include "event_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/check.h"

enum { KIND_COLUMN = RECORDED_FIELDS, FATE_COLUMN };
enum { NANOSECONDS_DIGITS = 9 };

/* What stands for from_node null: an entry or packet that came in by a real face. */
enum { OUTSIDE = -2 };

#define FAULTS                                                                      \
    "SELECT at_ns, -1 AS node, 0 AS class, -1 AS from_node, -1 AS feed, -1 AS seq," \
    " -1 AS sent_ns, -1 AS size_bytes, -1 AS face,"                                 \
    " row_number() OVER (PARTITION BY at_ns ORDER BY ordinal) AS count,"            \
    " what AS kind, detail AS fate FROM fault WHERE run_id = ?1"
#define APPENDS                                                                                    \
    " UNION ALL SELECT at_ns, node, 1, coalesce(from_node, -2), feed, seq, -1, -1, -1, -1, '', ''" \
    " FROM append WHERE run_id = ?1"
#define PACKETS                                                                          \
    " UNION ALL SELECT at_ns, to_node, 2, coalesce(from_node, -2), coalesce(feed, -1), " \
    "coalesce(seq, -1),"                                                                 \
    " sent_ns, size_bytes, face, -1, kind, fate FROM packet WHERE run_id = ?1"
#define CATCHUPS                                                                           \
    " UNION ALL SELECT coalesce(until_ns, simulated_ns, since_ns), node, 3, -1, feed, -1," \
    " since_ns, -1, -1, entries, iif(until_ns IS NULL, 'still behind', 'level with'), ''"  \
    " FROM catchup JOIN run ON run.id = run_id WHERE run_id = ?1"
#define ORDER                                                                                      \
    " ORDER BY at_ns, node, class, from_node, feed, seq, sent_ns, size_bytes, face, count, kind, " \
    "fate"

/* With packets, an entry's arrival is the fate of a packet; what is left are the authors' own. */
static const char *const queries[] = {
    [RECORD_SUMMARY] = FAULTS CATCHUPS ORDER,
    [RECORD_PROGRESS] = FAULTS APPENDS ORDER,
    [RECORD_PACKETS] = FAULTS APPENDS " AND from_node = node" PACKETS ORDER,
};

int event_stream_open(struct event_stream *stream, sqlite3 *db, int64_t run,
                      enum scenario_record level) {
    *stream = (struct event_stream){.run = run};
    int code = sqlite3_prepare_v2(db, queries[level], -1, &stream->events, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db,
                                  "SELECT name FROM node WHERE run_id = ?1 AND node = ?2"
                                  " UNION ALL SELECT name FROM feed WHERE run_id = ?1 AND"
                                  " feed = ?3",
                                  -1, &stream->names, NULL);
    if (code != SQLITE_OK)
        return code;
    (void)sqlite3_bind_int64(stream->events, 1, run);
    (void)sqlite3_bind_int64(stream->names, 1, run);
    return event_stream_next(stream);
}

void event_stream_close(struct event_stream *stream) {
    sqlite3_finalize(stream->events);
    sqlite3_finalize(stream->names);
    *stream = (struct event_stream){.ended = true};
}

int event_stream_next(struct event_stream *stream) {
    int code = sqlite3_step(stream->events);
    stream->ended = code != SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : code;
}

static const char *text_at(const struct event_stream *stream, int column) {
    const char *text = (const char *)sqlite3_column_text(stream->events, column);
    return text ? text : "";
}

int event_stream_compare(const struct event_stream *a, const struct event_stream *b) {
    if (a->ended || b->ended)
        return a->ended - b->ended;
    for (int i = 0; i < RECORDED_FIELDS; i++) {
        int64_t left = sqlite3_column_int64(a->events, i);
        int64_t right = sqlite3_column_int64(b->events, i);
        if (left != right)
            return left < right ? -1 : 1;
    }
    int order = strcmp(text_at(a, KIND_COLUMN), text_at(b, KIND_COLUMN));
    return order ? order : strcmp(text_at(a, FATE_COLUMN), text_at(b, FATE_COLUMN));
}

struct recorded_event event_stream_event(const struct event_stream *stream) {
    struct recorded_event event;
    TSSB_CHECK(!stream->ended);
    for (int i = 0; i < RECORDED_FIELDS; i++)
        event.fields[i] = sqlite3_column_int64(stream->events, i);
    (void)snprintf(event.kind, sizeof event.kind, "%s", text_at(stream, KIND_COLUMN));
    (void)snprintf(event.fate, sizeof event.fate, "%s", text_at(stream, FATE_COLUMN));
    return event;
}

/* The name of a node, or of a feed where node is -1. */
static char *name_of(struct event_stream *stream, int64_t node, int64_t feed,
                     char name[NODE_NAME_SIZE]) {
    (void)sqlite3_bind_int64(stream->names, 2, node);
    (void)sqlite3_bind_int64(stream->names, 3, feed);
    bool found = sqlite3_step(stream->names) == SQLITE_ROW;
    (void)snprintf(name, NODE_NAME_SIZE, "%s",
                   found ? (const char *)sqlite3_column_text(stream->names, 0) : "?");
    (void)sqlite3_reset(stream->names);
    return name;
}

/* One function a class writes what happened, after the time. */

struct names {
    char node[NODE_NAME_SIZE], from[NODE_NAME_SIZE], feed[NODE_NAME_SIZE];
};

static void fault_line(const struct recorded_event *event, const struct names *names, FILE *out) {
    (void)names;
    (void)fprintf(out, "-- %s%s%s", event->kind, event->fate[0] ? " " : "", event->fate);
}

static void append_line(const struct recorded_event *event, const struct names *names, FILE *out) {
    bool authored = event->fields[RECORDED_FROM_NODE] == event->fields[RECORDED_NODE];
    (void)fprintf(out, "%s %s %s %" PRId64, names->node, authored ? "writes" : "appends",
                  names->feed, event->fields[RECORDED_SEQ]);
    if (!authored)
        (void)fprintf(out, " from %s", names->from);
}

static void packet_line(const struct recorded_event *event, const struct names *names, FILE *out) {
    (void)fprintf(out, "%s < %s", names->node, event->kind);
    if (event->fields[RECORDED_FEED] >= 0)
        (void)fprintf(out, " %s %" PRId64, names->feed, event->fields[RECORDED_SEQ]);
    (void)fprintf(out, " from %s: %s", names->from, event->fate);
}

static void catchup_line(const struct recorded_event *event, const struct names *names, FILE *out) {
    int64_t took_ns = event->fields[RECORDED_AT_NS] - event->fields[RECORDED_SENT_NS];
    (void)fprintf(out, "%s is %s %s: %" PRId64 " entries in %" PRId64 ".%06" PRId64 " s",
                  names->node, event->kind, names->feed, event->fields[RECORDED_COUNT],
                  took_ns / 1000000000, took_ns % 1000000000 / 1000);
}

static void (*const writers[])(const struct recorded_event *, const struct names *, FILE *) = {
    [RECORDED_FAULT] = fault_line,
    [RECORDED_APPEND] = append_line,
    [RECORDED_PACKET] = packet_line,
    [RECORDED_CATCHUP] = catchup_line,
};

char *event_line(struct event_stream *stream, const struct recorded_event *event, int digits,
                 bool full, char line[RECORDED_LINE_SIZE]) {
    const int64_t *fields = event->fields;
    struct names names;
    line[0] = 0;
    FILE *out = fmemopen(line, RECORDED_LINE_SIZE, "w");
    if (!out)
        return line;
    (void)name_of(stream, fields[RECORDED_NODE], -1, names.node);
    if (fields[RECORDED_FROM_NODE] == OUTSIDE)
        (void)snprintf(names.from, sizeof names.from, "outside");
    else
        (void)name_of(stream, fields[RECORDED_FROM_NODE], -1, names.from);
    (void)name_of(stream, -1, fields[RECORDED_FEED], names.feed);
    int64_t fraction = fields[RECORDED_AT_NS] % 1000000000 /
                       (digits == NANOSECONDS_DIGITS ? 1 : 1000);
    (void)fprintf(out, "[%4" PRId64 ".%0*" PRId64 "] ", fields[RECORDED_AT_NS] / 1000000000, digits,
                  fraction);
    writers[fields[RECORDED_CLASS]](event, &names, out);
    if (full && fields[RECORDED_CLASS] == RECORDED_PACKET)
        (void)fprintf(out, " (sent %" PRId64 " ns, %" PRId64 " B, face %" PRId64 ")",
                      fields[RECORDED_SENT_NS], fields[RECORDED_SIZE_BYTES], fields[RECORDED_FACE]);
    if (full && fields[RECORDED_CLASS] == RECORDED_CATCHUP)
        (void)fprintf(out, " (since %" PRId64 " ns)", fields[RECORDED_SENT_NS]);
    (void)fclose(out);
    return line;
}
