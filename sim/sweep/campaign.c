/* The order of a sweep. The results file is looked at before and written after the workers' time,
 * in one transaction and in the order of the grid, whoever did what when: so its content does not
 * depend on how many workers there were. */
#include "campaign.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/record/results.h"
#include "job.h"
#include "merge.h"
#include "parts.h"
#include "workers.h"

struct session {
    const struct campaign *campaign;
    struct campaign_result *result;
    struct parts parts;
    struct ledger ledger; /* of the results file, 0, and the parts, 1 and on */
    struct job job;
    uint64_t *runs; /* to do */
    uint64_t run_count;
    uint64_t began_ns;
    bool shown; /* progress, on the terminal */
    char *error;
};

static uint64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int complain(struct session *session) {
    (void)fprintf(stderr, "%s\n", session->error ? session->error : "tssb sweep: out of memory");
    free(session->error);
    session->error = NULL;
    return 3;
}

static void clear_progress(struct session *session) {
    if (session->shown)
        (void)fputs("\r\033[K", stderr);
    session->shown = false;
}

/* What is there. */

static int add_file(struct session *session, sqlite3 *db, const char *path, uint32_t file) {
    int code = ledger_add_file(&session->ledger, db, file);
    if (code)
        session->error = results_trouble(db, path);
    return code;
}

static int read_ledger(struct session *session) {
    sqlite3 *db;
    ledger_close(&session->ledger);
    if (results_create(&db, session->campaign->out, &session->error))
        return 3;
    int code = add_file(session, db, session->campaign->out, 0);
    sqlite3_close(db);
    for (uint32_t i = 0; i < session->parts.count && !code; i++) {
        const char *path = session->parts.paths[i];
        code = results_open(&db, path, &session->error);
        if (!code)
            code = add_file(session, db, path, i + 1);
        sqlite3_close(db);
    }
    ledger_sort(&session->ledger);
    return code;
}

/* The entries of a run of the grid; *count 0: none. */
static int find_run(struct session *session, uint64_t run, struct ledger_entry **entries,
                    size_t *count) {
    if (job_choose(&session->job, run))
        return 3;
    struct ledger_key key = job_key(&session->job);
    *entries = ledger_find(&session->ledger, &key, count);
    return 0;
}

static int list_runs(struct session *session) {
    uint64_t count = session->campaign->sweep->run_count;
    struct ledger_entry *entries;
    size_t found;
    session->runs = malloc(count * sizeof *session->runs);
    if (!session->runs)
        return 3;
    for (uint64_t run = 0; run < count; run++) {
        if (find_run(session, run, &entries, &found))
            return 3;
        if (!found || !ledger_is_done(&entries[0]))
            session->runs[session->run_count++] = run;
        else if (entries[0].file)
            session->result->recovered++;
        else
            session->result->done_before++;
    }
    return 0;
}

/* The workers' time. */

static void show_progress(void *context, uint64_t done) {
    struct session *session = context;
    uint64_t ns = now_ns() - session->began_ns;
    if (!session->campaign->terminal || ns == 0)
        return;
    double rate = (double)done * 1e9 / (double)ns;
    (void)fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " runs, %.3g runs/s, ", done,
                  session->run_count, rate);
    if (done)
        (void)fprintf(stderr, "%.0f s left \033[K", (double)(session->run_count - done) / rate);
    else
        (void)fputs("time left unknown \033[K", stderr);
    session->shown = true;
}

static void tell_death(void *context, int number, const uint64_t *run, bool again) {
    struct session *session = context;
    char *text = run && job_choose(&session->job, *run) == 0 ? job_text(&session->job) : NULL;
    clear_progress(session);
    (void)fprintf(stderr, "tssb sweep: a worker was ended by signal %d (%s)%s%s: %s\n", number,
                  strsignal(number), text ? " in the run with " : "", text ? text : "",
                  !run    ? "another one takes its place"
                  : again ? "the run is done again"
                          : "a second time: the run is recorded as unfinished");
    free(text);
}

/* Records the runs that workers died of. */
static int record_losses(struct session *session, const struct workers_result *losses,
                         const char *path) {
    struct recorder *recorder = NULL;
    int code = losses->loss_count ? recorder_open(&recorder, path, &session->error) : 0;
    for (uint32_t i = 0; i < losses->loss_count && !code; i++) {
        const struct workers_loss *loss = &losses->losses[i];
        char failure[100];
        (void)snprintf(failure, sizeof failure, "its process was ended by signal %d (%s), twice",
                       loss->signal, strsignal(loss->signal));
        code = job_choose(&session->job, loss->run);
        if (!code)
            code = job_fail(&session->job, failure, recorder, &session->error);
    }
    recorder_close(recorder);
    return code;
}

static int work(struct session *session) {
    const struct campaign *campaign = session->campaign;
    struct campaign_result *result = session->result;
    struct workers_result worked = {0};
    uint32_t first = session->parts.count;
    result->workers = campaign->workers < session->run_count ? campaign->workers
                                                             : (uint32_t)session->run_count;
    for (uint32_t i = 0; i < result->workers; i++)
        if (!parts_add(&session->parts))
            return 3;
    if (session->run_count == 0)
        return 0;
    const struct workers_plan plan = {
        .sweep = campaign->sweep,
        .version = campaign->version,
        .engine = campaign->engine,
        .runs = session->runs,
        .run_count = session->run_count,
        .paths = (const char *const *)session->parts.paths + first,
        .count = result->workers,
        .progress = show_progress,
        .died = tell_death,
        .context = session,
    };
    int code = workers_run(&plan, &worked, &session->error);
    clear_progress(session);
    result->done_now = worked.done;
    result->interrupted_by = worked.interrupted_by;
    if (!code)
        code = record_losses(session, &worked, plan.paths[0]);
    free(worked.losses);
    return code;
}

/* Merging. */

struct merging {
    struct session *session;
    struct merge merge;
    struct merge_source *sources; /* by part */
};

static int copy(struct merging *merging, const struct ledger_entry *entry, int64_t replaced) {
    return merge_copy(&merging->merge, &merging->sources[entry->file - 1], entry->run, replaced,
                      &merging->session->error);
}

/* Of all that there is of one run, what is to be kept is copied: the first that came to an end, or
 * else the newest failure. The results file's own failure gives up its number. */
static int settle(struct merging *merging, struct ledger_entry *entries, size_t count) {
    const struct ledger_entry *best = NULL;
    int64_t replaced = 0;
    for (size_t i = 0; i < count; i++) {
        struct ledger_entry *entry = &entries[i];
        entry->settled = true;
        if (entry->file == 0 && entry->has_error && entry->outcome == RUN_UNFINISHED)
            replaced = entry->run;
        if (entry->file > 0 && !(best && ledger_is_done(best)))
            best = entry;
    }
    bool there = count > 0 && entries[0].file == 0 && ledger_is_done(&entries[0]);
    return best && !there ? copy(merging, best, replaced) : 0;
}

static int by_place(const void *left, const void *right) {
    const struct ledger_entry *a = left, *b = right;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->run > b->run) - (a->run < b->run);
}

/* What a killed sweep with another grid left is kept as well, after the grid's. */
static int copy_the_rest(struct merging *merging) {
    struct ledger *ledger = &merging->session->ledger;
    size_t rest = 0;
    struct ledger_key last = {{0}};
    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_entry entry = ledger->entries[i];
        bool first = i == 0 || memcmp(last.bytes, entry.key.bytes, sizeof last.bytes) != 0;
        last = entry.key;
        if (first && !entry.settled && entry.file > 0 && ledger_is_done(&entry))
            ledger->entries[rest++] = entry;
    }
    ledger->count = rest;
    if (rest)
        qsort(ledger->entries, rest, sizeof *ledger->entries, by_place);
    for (size_t i = 0; i < rest; i++)
        if (copy(merging, &ledger->entries[i], 0))
            return 3;
    return 0;
}

static int copy_all(struct merging *merging) {
    struct session *session = merging->session;
    struct ledger_entry *entries;
    size_t count;
    for (uint64_t run = 0; run < session->campaign->sweep->run_count; run++)
        if (find_run(session, run, &entries, &count) || settle(merging, entries, count))
            return 3;
    return copy_the_rest(merging);
}

static int merge_parts(struct session *session) {
    uint32_t opened = 0, parts = session->parts.count;
    struct merging merging = {.session = session,
                              .sources = calloc(parts + 1, sizeof *merging.sources)};
    int code = merging.sources ? read_ledger(session) : 3;
    if (!code)
        code = merge_open(&merging.merge, session->campaign->out, &session->error);
    while (opened < parts && !code) {
        code = merge_source_open(&merging.sources[opened], &merging.merge,
                                 session->parts.paths[opened], &session->error);
        opened++;
    }
    if (!code)
        code = copy_all(&merging);
    if (!code)
        code = merge_commit(&merging.merge, &session->error);
    for (uint32_t i = 0; i < opened; i++)
        merge_source_close(&merging.sources[i], &merging.merge);
    merge_close(&merging.merge);
    free(merging.sources);
    if (!code)
        parts_remove(&session->parts);
    return code;
}

/* How the grid stands now. */

static char *error_of(sqlite3 *db, int64_t run) {
    sqlite3_stmt *statement;
    char *text = NULL;
    if (sqlite3_prepare_v2(db, "SELECT error FROM run WHERE id = ?1", -1, &statement, NULL) !=
        SQLITE_OK)
        return NULL;
    (void)sqlite3_bind_int64(statement, 1, run);
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
        text = results_text("%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

static int count_outcomes(struct session *session) {
    struct campaign_result *result = session->result;
    struct ledger_entry *entries;
    size_t count;
    sqlite3 *db;
    if (read_ledger(session) || results_open(&db, session->campaign->out, &session->error))
        return 3;
    int code = 0;
    for (uint64_t run = 0; run < session->campaign->sweep->run_count && !code; run++) {
        code = find_run(session, run, &entries, &count);
        if (code || count == 0)
            result->missing++;
        else if (entries[0].outcome == RUN_PASSED)
            result->passed++;
        else if (entries[0].outcome == RUN_FAILED)
            result->failed++;
        else if (!entries[0].has_error)
            result->missing++;
        else if (result->errors++ == 0)
            result->first_error = error_of(db, entries[0].run);
    }
    sqlite3_close(db);
    return code;
}

int campaign_run(const struct campaign *campaign, struct campaign_result *result) {
    struct session session = {.campaign = campaign, .result = result};
    *result = (struct campaign_result){0};
    int code = parts_open(&session.parts, campaign->out, &session.error);
    if (!code)
        code = job_open(&session.job, campaign->sweep, campaign->engine, campaign->version);
    if (!code)
        code = read_ledger(&session);
    if (!code)
        code = list_runs(&session);
    if (code) {
        (void)complain(&session);
    } else {
        session.began_ns = now_ns();
        code = work(&session);
        if (code && session.error)
            (void)complain(&session);
        if (session.parts.count > 0 && merge_parts(&session))
            code = complain(&session);
        else if (count_outcomes(&session))
            code = complain(&session);
        result->wall_ns = now_ns() - session.began_ns;
    }
    free(session.runs);
    ledger_close(&session.ledger);
    job_close(&session.job);
    parts_close(&session.parts);
    return code;
}
