/* Rows of a results file, written: one function a table, over prepared statements. For the
 * recorder.
 *
 * Functions that return int return 0 or 3. The first failure undoes the open transaction and is
 * kept; everything after it fails at once. */
#ifndef ROWS_H
#define ROWS_H

#include <sqlite3.h>

#include "sim/observer.h"
#include "sim/scenario/scenario.h"

enum rows_sql {
    ROWS_BEGIN,
    ROWS_COMMIT,
    ROWS_ROLLBACK,
    ROWS_ADD_RUN,
    ROWS_ADD_NODE,
    ROWS_ADD_FEED,
    ROWS_ADD_FAULT,
    ROWS_ADD_APPEND,
    ROWS_ADD_PACKET,
    ROWS_ADD_CATCHUP,
    ROWS_ADD_CHAIN,
    ROWS_ADD_INCOMING,
    ROWS_ADD_METRIC,
    ROWS_END_NODE,
    ROWS_END_FEED,
    ROWS_END_RUN,
    ROWS_FAIL_RUN,
    ROWS_SQL_COUNT
};

struct rows {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[ROWS_SQL_COUNT];
    bool held; /* rows_begin and rows_commit have no effect */
    bool failed;
    char *trouble; /* what failed first; NULL where memory ran out */
    int64_t run;   /* what run_id of all rows is */
};

struct rows_run {
    const char *scenario, *scenario_text, *scenario_sha256, *engine, *version, *parameters, *record;
    const char *settings;
    size_t scenario_text_size;
    uint64_t seed;
};

struct rows_run_end {
    uint64_t wall_ns, simulated_ns, events, deliveries;
    const char *digest, *outcome, *error; /* digest and error may be NULL */
};

struct rows_node {
    uint32_t node;
    const char *name, *strategy, *group;
    bool serve;
};

struct rows_feed {
    uint32_t feed, author;
    const char *name, *feed_id;
};

struct rows_fault {
    uint64_t at_ns;
    const struct fault *fault;
};

enum { ROWS_WHOLE_RUN = UINT32_MAX }; /* the node of a metric that is about none */

/* Opens the file as results_create does. *error likewise; the caller calls rows_close in any case.
 */
int rows_open(struct rows *rows, const char *path, char **error);
void rows_close(struct rows *rows);

/* One transaction may be open. To begin one waits for other writers. */
int rows_begin(struct rows *rows);
int rows_commit(struct rows *rows);

/* Makes one transaction of all that would be several, until rows_release commits it. */
int rows_hold(struct rows *rows);
int rows_release(struct rows *rows);

/* Undoes the open transaction, if there is one; nothing more is written. */
void rows_abandon(struct rows *rows);

/* The run becomes the one that all further rows belong to. */
int rows_add_run(struct rows *rows, const struct rows_run *run);
int rows_add_node(struct rows *rows, const struct rows_node *node);
int rows_add_feed(struct rows *rows, const struct rows_feed *feed);
int rows_add_metric(struct rows *rows, uint32_t node, const char *name, uint64_t value);
int rows_end_node(struct rows *rows, uint32_t node, uint64_t digest);
int rows_end_feed(struct rows *rows, uint32_t feed, uint32_t entries);
int rows_end_run(struct rows *rows, const struct rows_run_end *end);

/* Tries to write into the run why it failed, and does not mind where that fails too. */
void rows_fail_run(struct rows *rows);

/* What an observer is told. row: struct rows_fault, arrival, sighting, catchup,
 * chain_fetch. */
int rows_add_fault(struct rows *rows, const void *row, int64_t ordinal);
int rows_add_append(struct rows *rows, const void *row, int64_t ordinal);
int rows_add_packet(struct rows *rows, const void *row, int64_t ordinal);
int rows_add_catchup(struct rows *rows, const void *row, int64_t ordinal);
int rows_add_chain(struct rows *rows, const void *row, int64_t ordinal);
int rows_add_incoming(struct rows *rows, const void *row, int64_t ordinal);

/* A packet that came in by a real face, with its bytes. */
struct rows_incoming {
    uint64_t at_ns;
    uint32_t face, size;
    uint8_t bytes[TSSB_PACKET_SIZE];
};

#endif
