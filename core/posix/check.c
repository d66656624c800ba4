/* A check on all cores. What must go in order, reading a log and hashing its entries into MIDs, is
 * done under a lock and takes a fiftieth of the time; the signatures are verified outside of it.
 * Then come blobs in files, a folder at a time, and in the end packed ones and side chains, by one
 * thread. */
#include "core/posix/check.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/posix/blobs.h"
#include "core/posix/check_chains.h"
#include "core/posix/check_log.h"
#include "core/posix/check_pack.h"
#include "core/posix/config.h"
#include "core/posix/lock.h"
#include "core/posix/names.h"
#include "core/posix/text.h"

enum { THREADS_MAX = 256, PROGRESS_NS = 200000000 };

/* What the threads share, under the mutex. */
struct work {
    const struct tssb_check_options *options;
    const struct tssb_disk *disk;
    const char *path;
    struct tssb_trust trust;
    struct tssb_check_log *logs;
    size_t log_count, next_log;
    struct tssb_names folders; /* of blobs */
    size_t next_folder;
    struct tssb_check_report *report;
    uint64_t entries, done; /* to be verified, and handed out */
    unsigned running;
    bool memory_failed;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
};

bool tssb_check_add(struct tssb_check_report *report, enum tssb_check_kind kind, char *text) {
    if (text && report->count == report->capacity) {
        size_t capacity = report->capacity ? report->capacity * 2 : 8;
        void *grown = realloc(report->findings, capacity * sizeof *report->findings);
        if (grown) {
            report->findings = grown;
            report->capacity = capacity;
        }
    }
    report->wrong += kind == TSSB_CHECK_WRONG;
    if (!text || report->count == report->capacity) {
        free(text);
        return false;
    }
    report->findings[report->count++] = (struct tssb_check_finding){kind, text};
    return true;
}

void tssb_check_report_close(struct tssb_check_report *report) {
    for (size_t i = 0; i < report->count; i++)
        free(report->findings[i].text);
    free(report->findings);
    *report = (struct tssb_check_report){0};
}

/* Entries. */

static bool next_batch(struct work *work, struct tssb_check_batch *batch) {
    bool found = false;
    pthread_mutex_lock(&work->mutex);
    while (!found && work->next_log < work->log_count) {
        found = tssb_check_log_read(&work->logs[work->next_log], batch);
        if (!found)
            work->next_log++;
    }
    if (found)
        work->done += batch->count;
    pthread_mutex_unlock(&work->mutex);
    return found;
}

static void note_bad(struct work *work, struct tssb_check_log *log, uint32_t bad, int error) {
    pthread_mutex_lock(&work->mutex);
    if (log->bad == 0 || bad < log->bad) {
        log->bad = bad;
        log->bad_error = error;
    }
    pthread_mutex_unlock(&work->mutex);
}

static void verify_entries(struct work *work) {
    struct tssb_check_batch *batch = malloc(sizeof *batch);
    if (!batch) {
        pthread_mutex_lock(&work->mutex);
        work->memory_failed = true;
        pthread_mutex_unlock(&work->mutex);
        return;
    }
    while (next_batch(work, batch)) {
        int error;
        uint32_t bad = tssb_check_batch_verify(batch, &work->trust, &error);
        if (bad)
            note_bad(work, batch->log, bad, error);
    }
    free(batch);
}

/* Blobs. */

/* The pointer that the file of this name in a folder stands for. */
static bool pointer_of(const char *folder, const char *name, uint8_t ptr[TSSB_PTR_SIZE]) {
    return strlen(folder) == 2 && tssb_unhex(folder, ptr, 1) == 0 &&
           tssb_unhex(name, ptr + 1, TSSB_PTR_SIZE - 1) == 0;
}

static void check_blob(struct work *work, struct tssb_blob_files *blobs, const char *folder,
                       const char *name) {
    uint8_t ptr[TSSB_PTR_SIZE], blob[TSSB_BLOB_SIZE];
    const char *what = NULL;
    if (!pointer_of(folder, name, ptr)) {
        what = "is not named like a blob";
    } else {
        int error = tssb_blob_files_read(blobs, ptr, blob);
        if (error)
            what = error == TSSB_E_STORE ? strerror(blobs->why) : tssb_error_text(error);
    }
    pthread_mutex_lock(&work->mutex);
    if (!what)
        work->report->blobs++;
    else if (!tssb_check_add(work->report, TSSB_CHECK_WRONG,
                             tssb_text("%s/_blob/%s/%s: %s", work->path, folder, name, what)))
        work->memory_failed = true;
    pthread_mutex_unlock(&work->mutex);
}

static void check_folder(struct work *work, struct tssb_blob_files *blobs, const char *folder) {
    struct tssb_names names = {0};
    char *path = tssb_text("%s/_blob/%s", work->path, folder);
    if (path && tssb_names_list(&names, work->disk, path) == 0) {
        for (size_t i = 0; i < names.count; i++)
            check_blob(work, blobs, folder, names.name[i]);
    } else {
        int why = errno;
        pthread_mutex_lock(&work->mutex);
        if (!path || !tssb_check_add(work->report, TSSB_CHECK_WRONG,
                                     tssb_text("%s: %s", path, strerror(why))))
            work->memory_failed = true;
        pthread_mutex_unlock(&work->mutex);
    }
    tssb_names_close(&names);
    free(path);
}

static const char *next_folder(struct work *work) {
    const char *folder = NULL;
    pthread_mutex_lock(&work->mutex);
    if (work->next_folder < work->folders.count)
        folder = work->folders.name[work->next_folder++];
    pthread_mutex_unlock(&work->mutex);
    return folder;
}

static void *run_thread(void *context) {
    struct work *work = context;
    struct tssb_blob_files blobs;
    verify_entries(work);
    bool memory = tssb_blob_files_init(&blobs, work->disk, work->path) == 0;
    for (const char *folder; memory && (folder = next_folder(work));)
        check_folder(work, &blobs, folder);
    tssb_blob_files_close(&blobs);
    pthread_mutex_lock(&work->mutex);
    work->memory_failed |= !memory;
    work->running--;
    pthread_cond_signal(&work->ended);
    pthread_mutex_unlock(&work->mutex);
    return NULL;
}

/* Waits for the threads, and tells how far they are. Called and left with the mutex. */
static void wait_for_threads(struct work *work) {
    const struct tssb_check_options *options = work->options;
    while (work->running > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += PROGRESS_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&work->ended, &work->mutex, &until);
        if (options->progress)
            options->progress(options->context, work->done, work->entries);
    }
}

static void run_threads(struct work *work) {
    pthread_t threads[THREADS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned wanted = work->options->threads ? work->options->threads
                                             : (unsigned)(cores > 0 ? cores : 1);
    unsigned started = 0;
    if (wanted > THREADS_MAX)
        wanted = THREADS_MAX;
    pthread_mutex_init(&work->mutex, NULL);
    pthread_cond_init(&work->ended, NULL);
    pthread_mutex_lock(&work->mutex);
    while (started < wanted && pthread_create(&threads[started], NULL, run_thread, work) == 0) {
        started++;
        work->running++;
    }
    if (started > 0)
        wait_for_threads(work);
    pthread_mutex_unlock(&work->mutex);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (started == 0) {
        work->running = 1;
        run_thread(work);
    }
    pthread_cond_destroy(&work->ended);
    pthread_mutex_destroy(&work->mutex);
}

/* Logs. */

/* Rolls one log forward or cuts its torn tail, and says so. */
static bool repair_log(struct work *work, const char *path, const uint8_t fid[TSSB_FID_SIZE]) {
    struct tssb_log log;
    struct tssb_log_opening opening = {
        .disk = work->disk, .trust = &work->trust, .fid = fid, .cut_damage = true, .unclean = true};
    char *repaired = NULL, *error = NULL;
    bool ok = true;
    if (tssb_log_open(&log, path, &opening, &repaired, &error) == 0)
        tssb_log_close(&log);
    if (repaired)
        ok = tssb_check_add(work->report, TSSB_CHECK_REPAIRED, repaired);
    free(error); /* it will be found again */
    return ok;
}

static bool take_log(struct work *work, const char *folder, const char *name) {
    uint8_t fid[TSSB_FID_SIZE];
    char *path = tssb_text("%s/%s", folder, name);
    bool ok = path != NULL;
    if (!ok || !tssb_log_feed_of_name(name, fid)) {
        ok = ok && tssb_check_add(work->report, TSSB_CHECK_WRONG,
                                  tssb_text("%s: is not named like a log", path));
    } else {
        struct tssb_check_log *log = &work->logs[work->log_count];
        if (work->options->repair)
            ok = repair_log(work, path, fid);
        tssb_check_log_open(log, work->disk, path, fid);
        work->entries += log->blocks;
        work->log_count++;
    }
    free(path);
    return ok;
}

/* Opens what _logs holds. Returns 0 or -1 with errno. */
static int take_logs(struct work *work) {
    struct tssb_names names = {0};
    char *folder = tssb_text("%s/_logs", work->path);
    int result = folder ? tssb_names_list(&names, work->disk, folder) : -1;
    if (result != 0 && folder && errno == ENOENT)
        result = 0;
    work->logs = calloc(names.count + 1, sizeof *work->logs);
    if (!work->logs)
        result = -1;
    for (size_t i = 0; i < names.count && result == 0; i++)
        if (!take_log(work, folder, names.name[i]))
            result = -1;
    int failed = errno;
    tssb_names_close(&names);
    free(folder);
    errno = failed;
    return result;
}

static int compare_findings(const void *left, const void *right) {
    const struct tssb_check_finding *a = left, *b = right;
    return strcmp(a->text, b->text);
}

static bool report_logs(struct work *work) {
    bool ok = true;
    for (size_t i = 0; i < work->log_count; i++)
        ok &= tssb_check_log_report(&work->logs[i], &work->trust, work->report);
    return ok;
}

/* Packed blobs, then the chains of whichever. A pack that cannot be opened is a finding. */
static bool report_blobs(struct work *work) {
    struct tssb_check_report *report = work->report;
    struct tssb_blobs blobs;
    struct tssb_chain_runs runs;
    char *repaired = NULL, *error = NULL;
    bool ok = true;
    if (tssb_blobs_open(&blobs, work->disk, work->path, !work->options->repair, &repaired,
                        &error) != 0)
        return tssb_check_add(report, TSSB_CHECK_WRONG, error);
    if (repaired)
        ok = tssb_check_add(report, TSSB_CHECK_REPAIRED, repaired);
    if (blobs.pack)
        ok = ok && tssb_check_pack(blobs.pack, report);
    tssb_chain_runs_init(&runs, &blobs);
    for (size_t i = 0; i < work->log_count && ok; i++)
        ok = tssb_check_chains(&work->logs[i], &runs, report);
    tssb_chain_runs_close(&runs);
    if (work->options->repair && tssb_blobs_sync(&blobs) != 0)
        ok = ok && tssb_check_add(report, TSSB_CHECK_WRONG,
                                  tssb_text("%s: cannot %s: %s", work->path, blobs.failed,
                                            strerror(blobs.why)));
    tssb_blobs_close(&blobs);
    return ok;
}

static int check_all(struct work *work, char **error) {
    struct tssb_check_report *report = work->report;
    char *blobs = tssb_text("%s/_blob", work->path);
    int status = 0;
    if (blobs && tssb_names_list(&work->folders, work->disk, blobs) != 0 && errno != ENOENT)
        status = tssb_fail(error, 3, "%s: %s", blobs, strerror(errno));
    if (!status && take_logs(work) != 0)
        status = tssb_fail(error, 3, "%s/_logs: %s", work->path, strerror(errno));
    if (!status) {
        run_threads(work);
        if (!report_logs(work) || !report_blobs(work) || work->memory_failed || !blobs)
            status = tssb_fail(error, 3, "out of memory");
        if (report->count > 0)
            qsort(report->findings, report->count, sizeof *report->findings, compare_findings);
    }
    for (size_t i = 0; i < work->log_count; i++)
        tssb_check_log_close(&work->logs[i]);
    free(work->logs);
    tssb_names_close(&work->folders);
    free(blobs);
    return status;
}

int tssb_check(struct tssb_check_report *report, const char *path,
               const struct tssb_check_options *options, char **error) {
    const struct tssb_disk *disk = options->disk ? options->disk : &tssb_disk_system;
    struct work work = {.options = options, .disk = disk, .path = path, .report = report};
    struct tssb_config config;
    struct tssb_lock lock = {.file = -1};
    *report = (struct tssb_check_report){0};
    *error = NULL;
    int status = tssb_config_load(&config, disk, path, error);
    if (status)
        return status;
    work.trust.scheme = config.scheme;
    memcpy(work.trust.shared_secret, config.secret, TSSB_SECRET_SIZE);
    tssb_config_close(&config);
    if (options->repair)
        status = tssb_lock_take(&lock, disk, path, true, error);
    if (!status)
        status = check_all(&work, error);
    tssb_lock_release(&lock, disk, !status && report->wrong == 0);
    sodium_memzero(&work.trust, sizeof work.trust);
    return status;
}
