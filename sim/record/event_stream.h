/* The recorded events of one run, in an order that does not depend on the order in which they were
 * written, as lines that read like a trace. */
#ifndef EVENT_STREAM_H
#define EVENT_STREAM_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/scenario.h"

enum { RECORDED_TEXT_SIZE = 160, RECORDED_LINE_SIZE = 512 };

/* Numbers of an event, in the order in which events are compared. -1 where there is none. */
enum recorded_field {
    RECORDED_AT_NS,
    RECORDED_NODE, /* the receiver */
    RECORDED_CLASS,
    RECORDED_FROM_NODE,
    RECORDED_FEED,
    RECORDED_SEQ,
    RECORDED_SENT_NS, /* of a packet; when a catch-up began */
    RECORDED_SIZE_BYTES,
    RECORDED_FACE,
    RECORDED_COUNT, /* entries of a catch-up; of a fault, its place among those of one moment */
    RECORDED_FIELDS
};

enum recorded_class { RECORDED_FAULT, RECORDED_APPEND, RECORDED_PACKET, RECORDED_CATCHUP };

struct recorded_event {
    int64_t fields[RECORDED_FIELDS];
    char kind[32];                 /* of a packet or fault */
    char fate[RECORDED_TEXT_SIZE]; /* of a packet; what a fault concerns, cut where it is long */
};

struct event_stream {
    sqlite3_stmt *events;
    sqlite3_stmt *names;
    int64_t run;
    bool ended; /* there is no event at the cursor */
};

/* Opens the events of a run as recorded at this level or a finer one, at the first of them.
 * Returns 0 or an SQLite code; event_stream_close is called in any case. */
int event_stream_open(struct event_stream *stream, sqlite3 *db, int64_t run,
                      enum scenario_record level);
void event_stream_close(struct event_stream *stream);

/* Moves on by one event. Returns 0 or an SQLite code. */
int event_stream_next(struct event_stream *stream);

/* Compares the events at two cursors: below, equal to or above 0 as the first comes before, is the
 * same as, or comes after the other. An ended stream comes after everything. */
int event_stream_compare(const struct event_stream *a, const struct event_stream *b);

/* A copy of the event at the cursor. */
struct recorded_event event_stream_event(const struct event_stream *stream);

/* "[  60.005000] nodeC < entry nodeA 1 from nodeB: appended", with this many digits of a second (6
 * or 9). full: also what the line does not say otherwise. Returns line. */
char *event_line(struct event_stream *stream, const struct recorded_event *event, int digits,
                 bool full, char line[RECORDED_LINE_SIZE]);

#endif
