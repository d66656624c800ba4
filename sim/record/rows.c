/* The statements that write rows, and what each binds. Prepared once, since a large world writes
 * millions. */
#include "rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fate.h"
#include "results.h"

/* The costs of a catch-up follow its other columns, in the order of their table. */
#define COST_COLUMN(type, name) ", " #name
#define COST_VALUE(type, name) ", ?"
enum { FIRST_COST = 9 };

static const char *const sql[ROWS_SQL_COUNT] = {
    [ROWS_BEGIN] = "BEGIN IMMEDIATE",
    [ROWS_COMMIT] = "COMMIT",
    [ROWS_ROLLBACK] = "ROLLBACK",
    [ROWS_ADD_RUN] = "INSERT INTO run (scenario, scenario_text, scenario_sha256, seed, engine,"
                     " version, parameters, record, settings, started_at, outcome)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                     " strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'unfinished')",
    [ROWS_ADD_NODE] = "INSERT INTO node (run_id, node, name, strategy, node_group, serve)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [ROWS_ADD_FEED] = "INSERT INTO feed (run_id, feed, name, author, feed_id)"
                      " VALUES (?1, ?2, ?3, ?4, ?5)",
    [ROWS_ADD_FAULT] = "INSERT INTO fault (run_id, at_ns, what, detail, ordinal)"
                       " VALUES (?1, ?2, ?3, ?4, ?5)",
    [ROWS_ADD_APPEND] = "INSERT INTO append (run_id, at_ns, node, feed, seq, from_node, bound_ns)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ROWS_ADD_PACKET] =
        "INSERT INTO packet (run_id, sent_ns, at_ns, kind, from_node, to_node, face,"
        " feed, seq, size_bytes, fate, ordinal)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [ROWS_ADD_CATCHUP] = "INSERT INTO catchup (run_id, node, feed, since_ns, until_ns, entries,"
                         " ordinal, bound_ns" CATCHUP_COST_TABLE(
                             COST_COLUMN) ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                                          "?8" CATCHUP_COST_TABLE(COST_VALUE) ")",
    [ROWS_ADD_CHAIN] = "INSERT INTO chain (run_id, since_ns, node, feed, seq, until_ns, blobs)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ROWS_ADD_INCOMING] = "INSERT INTO incoming (run_id, at_ns, ordinal, face, bytes)"
                          " VALUES (?1, ?2, ?3, ?4, ?5)",
    [ROWS_ADD_METRIC] = "INSERT INTO metric (run_id, node, name, value) VALUES (?1, ?2, ?3, ?4)",
    [ROWS_END_NODE] = "UPDATE node SET digest = ?3 WHERE run_id = ?1 AND node = ?2",
    [ROWS_END_FEED] = "UPDATE feed SET entries = ?3 WHERE run_id = ?1 AND feed = ?2",
    [ROWS_END_RUN] = "UPDATE run SET wall_ns = ?2, simulated_ns = ?3, events = ?4, deliveries = ?5,"
                     " digest = ?6, outcome = ?7, error = ?8 WHERE id = ?1",
    [ROWS_FAIL_RUN] = "UPDATE run SET error = ?2 WHERE id = ?1",
};

static const char *const fault_names[] = {
    [FAULT_OFFLINE] = "offline",
    [FAULT_ONLINE] = "online",
    [FAULT_PARTITION] = "partition",
    [FAULT_HEAL] = "heal",
    [FAULT_LINK] = "link",
    [FAULT_LINK_RESTORE] = "end of link",
    [FAULT_CRASH] = "crash",
    [FAULT_WIPE] = "wipe",
    [FAULT_JOIN] = "join",
    [FAULT_FLOOD] = "flood",
    [FAULT_FLOOD_END] = "end of flood",
    [FAULT_ATTACK] = "attack",
    [FAULT_ATTACK_END] = "end of attack",
    [FAULT_CHURN] = "churn",
    [FAULT_CHURN_END] = "end of churn",
};

static void bind(sqlite3_stmt *statement, int place, uint64_t value) {
    (void)sqlite3_bind_int64(statement, place, (int64_t)value);
}

/* A node; null where it is none of the world's. */
static void bind_node(sqlite3_stmt *statement, int place, uint32_t node) {
    if (node == NODE_OUTSIDE)
        (void)sqlite3_bind_null(statement, place);
    else
        bind(statement, place, node);
}

/* A moment or a duration; null where it is TSSB_NEVER. */
static void bind_ns(sqlite3_stmt *statement, int place, uint64_t ns) {
    if (ns == TSSB_NEVER)
        (void)sqlite3_bind_null(statement, place);
    else
        bind(statement, place, ns);
}

/* text stays where it is until the statement has run. NULL is allowed. */
static void bind_text(sqlite3_stmt *statement, int place, const char *text) {
    (void)sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

void rows_abandon(struct rows *rows) {
    rows->failed = true;
    if (sqlite3_get_autocommit(rows->db))
        return;
    (void)sqlite3_step(rows->statements[ROWS_ROLLBACK]);
    (void)sqlite3_reset(rows->statements[ROWS_ROLLBACK]);
}

/* Runs a statement that is about the run and gives no rows. */
static int run_statement(struct rows *rows, enum rows_sql which) {
    sqlite3_stmt *statement = rows->statements[which];
    int code = SQLITE_DONE;
    if (!rows->failed && (code = sqlite3_step(statement)) != SQLITE_DONE)
        rows->trouble = results_trouble(rows->db, rows->path);
    (void)sqlite3_reset(statement);
    if (code != SQLITE_DONE)
        rows_abandon(rows);
    return rows->failed ? 3 : 0;
}

int rows_open(struct rows *rows, const char *path, char **error) {
    *rows = (struct rows){0};
    *error = NULL;
    if (!(rows->path = results_text("%s", path)) || results_create(&rows->db, path, error))
        return 3;
    /* Room for a batch, so that nothing goes to the file before the transaction is complete. */
    (void)sqlite3_exec(rows->db, "PRAGMA cache_size = -16384", NULL, NULL, NULL);
    for (int i = 0; i < ROWS_SQL_COUNT; i++)
        if (sqlite3_prepare_v3(rows->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &rows->statements[i], NULL) != SQLITE_OK) {
            *error = results_trouble(rows->db, path);
            return 3;
        }
    return 0;
}

void rows_close(struct rows *rows) {
    for (int i = 0; i < ROWS_SQL_COUNT; i++)
        sqlite3_finalize(rows->statements[i]);
    sqlite3_close(rows->db);
    free(rows->path);
    free(rows->trouble);
    *rows = (struct rows){0};
}

int rows_begin(struct rows *rows) {
    if (rows->held)
        return rows->failed ? 3 : 0;
    return run_statement(rows, ROWS_BEGIN);
}

int rows_commit(struct rows *rows) {
    if (rows->held)
        return rows->failed ? 3 : 0;
    return run_statement(rows, ROWS_COMMIT);
}

int rows_hold(struct rows *rows) {
    int code = rows_begin(rows);
    rows->held = true;
    return code;
}

int rows_release(struct rows *rows) {
    rows->held = false;
    return rows_commit(rows);
}

int rows_add_run(struct rows *rows, const struct rows_run *run) {
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_RUN];
    bind_text(statement, 1, run->scenario);
    (void)sqlite3_bind_text64(statement, 2, run->scenario_text, run->scenario_text_size,
                              SQLITE_STATIC, SQLITE_UTF8);
    bind_text(statement, 3, run->scenario_sha256);
    bind(statement, 4, run->seed);
    bind_text(statement, 5, run->engine);
    bind_text(statement, 6, run->version);
    bind_text(statement, 7, run->parameters);
    bind_text(statement, 8, run->record);
    bind_text(statement, 9, run->settings);
    if (run_statement(rows, ROWS_ADD_RUN))
        return 3;
    rows->run = sqlite3_last_insert_rowid(rows->db);
    for (int i = ROWS_ADD_RUN + 1; i < ROWS_SQL_COUNT; i++)
        bind(rows->statements[i], 1, (uint64_t)rows->run);
    return 0;
}

int rows_add_node(struct rows *rows, const struct rows_node *node) {
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_NODE];
    bind(statement, 2, node->node);
    bind_text(statement, 3, node->name);
    bind_text(statement, 4, node->strategy);
    bind_text(statement, 5, node->group);
    bind(statement, 6, node->serve);
    return run_statement(rows, ROWS_ADD_NODE);
}

int rows_add_feed(struct rows *rows, const struct rows_feed *feed) {
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_FEED];
    bind(statement, 2, feed->feed);
    bind_text(statement, 3, feed->name);
    bind(statement, 4, feed->author);
    bind_text(statement, 5, feed->feed_id);
    return run_statement(rows, ROWS_ADD_FEED);
}

int rows_add_metric(struct rows *rows, uint32_t node, const char *name, uint64_t value) {
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_METRIC];
    if (node == ROWS_WHOLE_RUN)
        (void)sqlite3_bind_null(statement, 2);
    else
        bind(statement, 2, node);
    bind_text(statement, 3, name);
    bind(statement, 4, value);
    return run_statement(rows, ROWS_ADD_METRIC);
}

int rows_end_node(struct rows *rows, uint32_t node, uint64_t digest) {
    sqlite3_stmt *statement = rows->statements[ROWS_END_NODE];
    char text[17];
    (void)snprintf(text, sizeof text, "%016" PRIx64, digest);
    bind(statement, 2, node);
    bind_text(statement, 3, text);
    int code = run_statement(rows, ROWS_END_NODE);
    bind_text(statement, 3, NULL);
    return code;
}

int rows_end_feed(struct rows *rows, uint32_t feed, uint32_t entries) {
    sqlite3_stmt *statement = rows->statements[ROWS_END_FEED];
    bind(statement, 2, feed);
    bind(statement, 3, entries);
    return run_statement(rows, ROWS_END_FEED);
}

int rows_end_run(struct rows *rows, const struct rows_run_end *end) {
    sqlite3_stmt *statement = rows->statements[ROWS_END_RUN];
    bind(statement, 2, end->wall_ns);
    bind(statement, 3, end->simulated_ns);
    bind(statement, 4, end->events);
    bind(statement, 5, end->deliveries);
    bind_text(statement, 6, end->digest);
    bind_text(statement, 7, end->outcome);
    bind_text(statement, 8, end->error);
    return run_statement(rows, ROWS_END_RUN);
}

void rows_fail_run(struct rows *rows) {
    sqlite3_stmt *statement = rows->statements[ROWS_FAIL_RUN];
    bind_text(statement, 2, rows->trouble);
    (void)sqlite3_step(statement);
    (void)sqlite3_reset(statement);
}

/* What a fault concerns: its text without the word that column `what` has. */
static const char *fault_detail(const struct fault *fault) {
    const char *what = fault_names[fault->kind];
    size_t length = strlen(what);
    if (strncmp(fault->text, what, length) != 0)
        return fault->text;
    const char *rest = fault->text + length;
    return *rest == ' ' ? rest + 1 : *rest == 0 ? rest : fault->text;
}

int rows_add_fault(struct rows *rows, const void *row, int64_t ordinal) {
    const struct rows_fault *at = row;
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_FAULT];
    bind(statement, 2, at->at_ns);
    bind_text(statement, 3, fault_names[at->fault->kind]);
    bind_text(statement, 4, fault_detail(at->fault));
    bind(statement, 5, (uint64_t)ordinal);
    return run_statement(rows, ROWS_ADD_FAULT);
}

int rows_add_append(struct rows *rows, const void *row, int64_t ordinal) {
    const struct arrival *arrival = row;
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_APPEND];
    (void)ordinal; /* an entry comes to a node once at a moment */
    bind(statement, 2, arrival->at_ns);
    bind(statement, 3, arrival->node);
    bind(statement, 4, arrival->feed);
    bind(statement, 5, arrival->seq);
    bind_node(statement, 6, arrival->from_node);
    bind_ns(statement, 7, arrival->bound_ns);
    return run_statement(rows, ROWS_ADD_APPEND);
}

int rows_add_packet(struct rows *rows, const void *row, int64_t ordinal) {
    const struct sighting *sighting = row;
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_PACKET];
    bind(statement, 2, sighting->sent_ns);
    bind(statement, 3, sighting->at_ns);
    bind_text(statement, 4, packet_name(sighting->kind));
    bind_node(statement, 5, sighting->from_node);
    bind(statement, 6, sighting->to_node);
    bind(statement, 7, sighting->face);
    if (sighting->feed == FEED_NONE) {
        (void)sqlite3_bind_null(statement, 8);
        (void)sqlite3_bind_null(statement, 9);
    } else {
        bind(statement, 8, sighting->feed);
        bind(statement, 9, sighting->seq);
    }
    bind(statement, 10, sighting->size_bytes);
    bind_text(statement, 11, fate_name(sighting->fate));
    bind(statement, 12, (uint64_t)ordinal);
    return run_statement(rows, ROWS_ADD_PACKET);
}

int rows_add_incoming(struct rows *rows, const void *row, int64_t ordinal) {
    const struct rows_incoming *incoming = row;
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_INCOMING];
    bind(statement, 2, incoming->at_ns);
    bind(statement, 3, (uint64_t)ordinal);
    bind(statement, 4, incoming->face);
    (void)sqlite3_bind_blob(statement, 5, incoming->bytes, (int)incoming->size, SQLITE_STATIC);
    return run_statement(rows, ROWS_ADD_INCOMING);
}

int rows_add_catchup(struct rows *rows, const void *row, int64_t ordinal) {
    const struct catchup *catchup = row;
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_CATCHUP];
    bind(statement, 2, catchup->node);
    bind(statement, 3, catchup->feed);
    bind(statement, 4, catchup->since_ns);
    bind_ns(statement, 5, catchup->until_ns);
    bind(statement, 6, catchup->entries);
    bind(statement, 7, (uint64_t)ordinal);
    bind_ns(statement, 8, catchup->bound_ns);
    int place = FIRST_COST;
#define BIND_COST(type, name) bind(statement, place++, catchup->costs.name);
    CATCHUP_COST_TABLE(BIND_COST)
#undef BIND_COST
    return run_statement(rows, ROWS_ADD_CATCHUP);
}

int rows_add_chain(struct rows *rows, const void *row, int64_t ordinal) {
    const struct chain_fetch *fetch = row;
    sqlite3_stmt *statement = rows->statements[ROWS_ADD_CHAIN];
    (void)ordinal; /* an entry comes to a node once at a moment */
    bind(statement, 2, fetch->since_ns);
    bind(statement, 3, fetch->node);
    bind(statement, 4, fetch->feed);
    bind(statement, 5, fetch->seq);
    bind_ns(statement, 6, fetch->until_ns);
    bind(statement, 7, fetch->blobs);
    return run_statement(rows, ROWS_ADD_CHAIN);
}
