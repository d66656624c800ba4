/* Writing a run into SQLite.
 *
 * What the world reports is kept in memory and written a batch at a time, each in one short
 * transaction. A killed process so leaves a database that opens, with the run up to the last batch,
 * marked unfinished: the run is written first, and its outcome last. Between batches the file is
 * free, so that several programs can record into one file; SQLite hands out the runs' numbers.
 *
 * A callback cannot fail: the first error is kept, ends the recording, asks the world to stop, and
 * is told by recorder_finish. */
#include "recorder.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "metric.h"
#include "results.h"
#include "rows.h"

#define OUTCOME_NAME(name, text) [RUN_##name] = (text),
static const char *const outcome_names[] = {RUN_OUTCOME_TABLE(OUTCOME_NAME)};

static const char *const record_names[] = {
    [RECORD_SUMMARY] = "summary",
    [RECORD_PROGRESS] = "progress",
    [RECORD_PACKETS] = "packets",
};

/* What observers are told, of one kind, while it waits to be written. */
enum { FAULTS, CATCHUPS, CHAINS, APPENDS, PACKETS, INCOMING, QUEUES };

struct row_queue {
    char *rows; /* NULL where this kind is not recorded */
    uint32_t count;
    int64_t ordinal; /* of the first that waits */
};

static const struct queue_kind {
    size_t row_size;
    int (*write)(struct rows *rows, const void *row, int64_t ordinal);
    enum scenario_record from; /* recorded from this level on */
} kinds[QUEUES] = {
    [FAULTS] = {sizeof(struct rows_fault), rows_add_fault, RECORD_SUMMARY},
    [CATCHUPS] = {sizeof(struct catchup), rows_add_catchup, RECORD_SUMMARY},
    [CHAINS] = {sizeof(struct chain_fetch), rows_add_chain, RECORD_SUMMARY},
    [APPENDS] = {sizeof(struct arrival), rows_add_append, RECORD_PROGRESS},
    [PACKETS] = {sizeof(struct sighting), rows_add_packet, RECORD_PACKETS},
    [INCOMING] = {sizeof(struct rows_incoming), rows_add_incoming, RECORD_SUMMARY},
};

struct recorder {
    struct observer observer; /* first: a pointer to one is a pointer to the other */
    struct rows rows;
    struct row_queue queues[QUEUES];
    uint32_t batch_rows;
    uint32_t waiting; /* rows in all queues */
    const struct world *world;
    volatile sig_atomic_t *stop;
};

const char *run_outcome_name(enum run_outcome outcome) {
    return outcome_names[outcome];
}

enum run_outcome run_outcome_of(const struct world *world, enum world_end end) {
    if (end == WORLD_INTERRUPTED)
        return RUN_INTERRUPTED;
    for (uint32_t i = 0; i < world_scenario(world)->expectation_count; i++)
        if (!world_expectation_met(world, i))
            return RUN_FAILED;
    return RUN_PASSED;
}

/* Writes what waits, in one transaction. */
static int flush(struct recorder *recorder) {
    if (recorder->waiting == 0)
        return recorder->rows.failed ? 3 : 0;
    if (rows_begin(&recorder->rows))
        return 3;
    for (int i = 0; i < QUEUES; i++) {
        struct row_queue *queue = &recorder->queues[i];
        const char *row = queue->rows;
        for (uint32_t n = 0; n < queue->count; n++, row += kinds[i].row_size)
            if (kinds[i].write(&recorder->rows, row, queue->ordinal + n))
                return 3;
        queue->ordinal += queue->count;
        queue->count = 0;
    }
    recorder->waiting = 0;
    return rows_commit(&recorder->rows);
}

static void keep(struct observer *observer, int kind, const void *row) {
    struct recorder *recorder = (struct recorder *)observer;
    struct row_queue *queue = &recorder->queues[kind];
    if (recorder->rows.failed || !queue->rows)
        return;
    size_t size = kinds[kind].row_size;
    memcpy(queue->rows + queue->count * size, row, size);
    queue->count++;
    if (++recorder->waiting == recorder->batch_rows && flush(recorder) && recorder->stop)
        *recorder->stop = 1;
}

static void on_sent(struct observer *observer, const struct departure *departure) {
    (void)observer;
    (void)departure;
}

static void on_receiving(struct observer *observer, const struct sighting *sighting) {
    (void)observer;
    (void)sighting;
}

static void on_received(struct observer *observer, const struct sighting *sighting) {
    keep(observer, PACKETS, sighting);
}

static void on_appended(struct observer *observer, const struct arrival *arrival) {
    keep(observer, APPENDS, arrival);
}

static void on_fault(struct observer *observer, uint64_t at_ns, const struct fault *fault) {
    struct rows_fault at = {at_ns, fault};
    keep(observer, FAULTS, &at);
}

static void on_caught_up(struct observer *observer, const struct catchup *catchup) {
    keep(observer, CATCHUPS, catchup);
}

static void on_fetched(struct observer *observer, const struct chain_fetch *fetch) {
    keep(observer, CHAINS, fetch);
}

static void on_injected(struct observer *observer, const struct injection *injection) {
    struct rows_incoming row = {injection->at_ns, injection->face, injection->size_bytes, {0}};
    memcpy(row.bytes, injection->bytes, injection->size_bytes);
    keep(observer, INCOMING, &row);
}

static void end_run(struct recorder *recorder) {
    for (int i = 0; i < QUEUES; i++) {
        free(recorder->queues[i].rows);
        recorder->queues[i] = (struct row_queue){0};
    }
    recorder->waiting = 0;
    recorder->world = NULL;
}

void recorder_close(struct recorder *recorder) {
    if (!recorder)
        return;
    end_run(recorder);
    rows_close(&recorder->rows);
    free(recorder);
}

int recorder_open(struct recorder **recorder, const char *path, char **error) {
    *error = NULL;
    *recorder = calloc(1, sizeof **recorder);
    if (!*recorder)
        return 3;
    (*recorder)->batch_rows = RECORDER_BATCH_ROWS;
    if (!rows_open(&(*recorder)->rows, path, error))
        return 0;
    recorder_close(*recorder);
    *recorder = NULL;
    return 3;
}

void recorder_set_batch(struct recorder *recorder, uint32_t rows) {
    TSSB_CHECK(rows > 0 && !recorder->world);
    recorder->batch_rows = rows;
}

void recorder_set_patience(struct recorder *recorder, int milliseconds) {
    sqlite3_busy_timeout(recorder->rows.db, milliseconds);
}

struct observer *recorder_observer(struct recorder *recorder) {
    return &recorder->observer;
}

bool recorder_failed(const struct recorder *recorder) {
    return recorder->rows.failed;
}

/* The run's own row. */
static int add_run(struct rows *rows, const struct scenario *scenario, const struct run_info *info,
                   const char *parameters) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hash_text[2 * sizeof hash + 1];
    crypto_hash_sha256(hash, (const unsigned char *)scenario->text, scenario->text_size);
    return rows_add_run(
        rows, &(struct rows_run){
                  .scenario = scenario->name,
                  .scenario_text = scenario->text,
                  .scenario_text_size = scenario->text_size,
                  .scenario_sha256 = sodium_bin2hex(hash_text, sizeof hash_text, hash, sizeof hash),
                  .seed = scenario->seed,
                  .engine = info->engine,
                  .version = info->version,
                  .parameters = parameters,
                  .settings = info->settings ? info->settings : "[]",
                  .record = record_names[scenario->record],
              });
}

static int write_run(struct rows *rows, const struct scenario *scenario,
                     const struct run_info *info) {
    char *parameters = scenario_parameters_json(scenario);
    int code = parameters ? add_run(rows, scenario, info, parameters) : 3;
    free(parameters);
    return code;
}

static int write_nodes(struct rows *rows, const struct scenario *scenario) {
    char name[NODE_NAME_SIZE];
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct node_group *group = &scenario->groups[i];
        for (uint32_t n = 0; n < group->count; n++) {
            struct rows_node node = {
                .node = group->first + n,
                .name = scenario_node_name(scenario, group->first + n, name, sizeof name),
                .strategy = group->strategy.strategy->name,
                .group = group->name,
                .serve = group->serve,
            };
            if (rows_add_node(rows, &node))
                return 3;
        }
    }
    return 0;
}

static int write_feeds(struct rows *rows, const struct world *world) {
    char name[NODE_NAME_SIZE], feed_id[2 * TSSB_FID_SIZE + 1];
    for (uint32_t i = 0; i < world_feed_count(world); i++) {
        uint32_t author = world_feed_author(world, i);
        struct rows_feed feed = {
            .feed = i,
            .author = author,
            .name = scenario_node_name(world_scenario(world), author, name, sizeof name),
            .feed_id = sodium_bin2hex(feed_id, sizeof feed_id, world_feed_id(world, i),
                                      TSSB_FID_SIZE),
        };
        if (rows_add_feed(rows, &feed))
            return 3;
    }
    return 0;
}

/* Takes over what went wrong. */
static int give_up(struct recorder *recorder, char **error) {
    rows_abandon(&recorder->rows);
    *error = recorder->rows.trouble;
    recorder->rows.trouble = NULL;
    end_run(recorder);
    return 3;
}

static bool open_queues(struct recorder *recorder, const struct scenario *scenario) {
    for (int i = 0; i < QUEUES; i++)
        if (scenario->record >= kinds[i].from && (i != INCOMING || scenario->face_count > 0) &&
            !(recorder->queues[i].rows = calloc(recorder->batch_rows, kinds[i].row_size)))
            return false;
    return true;
}

int recorder_hurry(struct recorder *recorder, char **error) {
    static const char pragmas[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                                  " PRAGMA synchronous = OFF";
    *error = NULL;
    if (sqlite3_exec(recorder->rows.db, pragmas, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    *error = results_trouble(recorder->rows.db, recorder->rows.path);
    return 3;
}

int recorder_hold(struct recorder *recorder, char **error) {
    *error = NULL;
    return rows_hold(&recorder->rows) ? give_up(recorder, error) : 0;
}

int recorder_release(struct recorder *recorder, char **error) {
    *error = NULL;
    return rows_release(&recorder->rows) ? give_up(recorder, error) : 0;
}

int recorder_refuse(struct recorder *recorder, const struct scenario *scenario,
                    const struct run_info *info, const char *failure, char **error) {
    struct rows *rows = &recorder->rows;
    const struct rows_run_end end = {.outcome = outcome_names[RUN_UNFINISHED], .error = failure};
    *error = NULL;
    if (rows_begin(rows) || add_run(rows, scenario, info, "{}") || rows_end_run(rows, &end) ||
        rows_commit(rows))
        return give_up(recorder, error);
    return 0;
}

int recorder_begin(struct recorder *recorder, const struct world *world,
                   const struct run_info *info, int64_t *run, char **error) {
    const struct scenario *scenario = world_scenario(world);
    struct rows *rows = &recorder->rows;
    TSSB_CHECK(!recorder->world);
    *error = NULL;
    recorder->world = world;
    recorder->stop = info->stop;
    recorder->observer = (struct observer){
        .wants_packets = scenario->record == RECORD_PACKETS,
        .wants_measures = true,
        .sent = on_sent,
        .receiving = on_receiving,
        .received = on_received,
        .appended = on_appended,
        .fault = on_fault,
        .caught_up = on_caught_up,
        .injected = on_injected,
        .fetched = on_fetched,
    };
    if (!open_queues(recorder, scenario) || rows_begin(rows) || write_run(rows, scenario, info) ||
        write_nodes(rows, scenario) || write_feeds(rows, world) || rows_commit(rows))
        return give_up(recorder, error);
    *run = rows->run;
    return 0;
}

/* The node's counts and digest: some 15 rows. */
static int write_node_end(struct rows *rows, const struct world *world, uint32_t node) {
    struct node_counts counts = world_node_counts(world, node);
    struct metric_follows follows = metric_follows_of(world, node);
    for (int i = 0; i < METRIC_COUNT; i++)
        if (rows_add_metric(rows, node, metrics[i].name, metric_value(&metrics[i], &counts)))
            return 3;
    if (rows_add_metric(rows, node, "held_entries", follows.held_entries) ||
        rows_add_metric(rows, node, "behind_feeds", follows.behind_feeds) ||
        rows_add_metric(rows, node, "catchups", follows.catchups) ||
        rows_add_metric(rows, node, "longest_catchup_ns", follows.longest_catchup_ns))
        return 3;
    return rows_end_node(rows, node, world_node_digest(world, node));
}

static int write_nodes_end(struct recorder *recorder) {
    enum { ROWS_A_NODE = METRIC_COUNT + 5 };
    struct rows *rows = &recorder->rows;
    uint32_t nodes = world_scenario(recorder->world)->node_count;
    uint32_t batch_nodes = recorder->batch_rows / ROWS_A_NODE + 1;
    for (uint32_t node = 0; node < nodes; node++) {
        bool first = node % batch_nodes == 0, last = (node + 1) % batch_nodes == 0;
        if ((first && rows_begin(rows)) || write_node_end(rows, recorder->world, node) ||
            ((last || node + 1 == nodes) && rows_commit(rows)))
            return 3;
    }
    return 0;
}

/* What is known of the whole run; with this, and not before, it has an outcome. */
static int write_run_end(struct recorder *recorder, enum run_outcome outcome, const char *failure) {
    const struct world *world = recorder->world;
    const struct world_totals *totals = world_totals(world);
    struct rows *rows = &recorder->rows;
    uint8_t digest[DIGEST_SIZE];
    char digest_text[2 * DIGEST_SIZE + 1];
    const struct rows_run_end end = {
        .wall_ns = world_wall_ns(world),
        .simulated_ns = totals->simulated_ns,
        .events = totals->events,
        .deliveries = totals->deliveries,
        .digest = outcome == RUN_UNFINISHED ? NULL : digest_text,
        .outcome = outcome_names[outcome],
        .error = failure,
    };
    world_digest(world, digest);
    (void)sodium_bin2hex(digest_text, sizeof digest_text, digest, sizeof digest);
    if (rows_begin(rows))
        return 3;
    for (int i = 0; i < METRIC_COUNT; i++)
        if (rows_add_metric(rows, ROWS_WHOLE_RUN, metrics[i].name,
                            metric_value(&metrics[i], &totals->nodes)))
            return 3;
    if (rows_add_metric(rows, ROWS_WHOLE_RUN, "events", totals->events) ||
        rows_add_metric(rows, ROWS_WHOLE_RUN, "deliveries", totals->deliveries) ||
        rows_add_metric(rows, ROWS_WHOLE_RUN, "simulated_ns", totals->simulated_ns) ||
        rows_add_metric(rows, ROWS_WHOLE_RUN, "computed_verifications", totals->verifications))
        return 3;
    for (uint32_t i = 0; i < world_feed_count(world); i++)
        if (rows_end_feed(rows, i, world_feed_front(world, i)))
            return 3;
    return rows_end_run(rows, &end) || rows_commit(rows) ? 3 : 0;
}

int recorder_finish(struct recorder *recorder, enum run_outcome outcome, const char *failure,
                    char **error) {
    TSSB_CHECK(recorder->world);
    *error = NULL;
    if (flush(recorder) || write_nodes_end(recorder) || write_run_end(recorder, outcome, failure)) {
        rows_fail_run(&recorder->rows);
        return give_up(recorder, error);
    }
    end_run(recorder);
    return 0;
}
