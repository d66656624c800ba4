/* Processes rather than threads: one that is killed, or dies of a broken invariant or for want of
 * memory, takes one run with it and nothing else. They share a board in memory: which run is the
 * next, and at which one each worker is. The parent only waits for signals. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "workers.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/record/results.h"
#include "job.h"

/* Worker files keep little in memory between two writes, and a worker that dies before it has
 * begun a run may be replaced a few times. */
enum { BATCH_ROWS = 4096, BARREN_MAX = 3, TICK_NS = 200000000 };

#define NO_RUN UINT64_MAX

struct slot {
    _Atomic uint64_t at;   /* the run; NO_RUN between two */
    _Atomic uint64_t done; /* how many */
};

struct board {
    _Atomic uint64_t next; /* index into plan->runs */
    struct slot slots[WORKERS_MAX];
};

struct crew {
    const struct workers_plan *plan;
    struct workers_result *result;
    struct board *board;
    pid_t processes[WORKERS_MAX];  /* 0: none */
    uint64_t repeats[WORKERS_MAX]; /* the run that the slot's worker does a second time */
    uint32_t alive, barren;
    sigset_t watched, before;
    bool stopping, broken;
};

/* In a worker. */

static int do_run(struct job *job, struct slot *slot, uint64_t run, struct recorder *recorder,
                  char **error) {
    *error = NULL;
    atomic_store(&slot->at, run);
    int status = job_choose(job, run);
    if (!status)
        status = job_run(job, recorder, error);
    if (!status)
        atomic_fetch_add(&slot->done, 1);
    atomic_store(&slot->at, NO_RUN);
    return status;
}

static int do_runs(struct crew *crew, uint32_t index, uint64_t repeat, char **error) {
    const struct workers_plan *plan = crew->plan;
    struct slot *slot = &crew->board->slots[index];
    struct recorder *recorder = NULL;
    struct job job;
    *error = NULL;
    int status = job_open(&job, plan->sweep, plan->engine, plan->version);
    if (!status)
        status = recorder_open(&recorder, plan->paths[index], error);
    if (!status)
        status = recorder_hurry(recorder, error);
    if (!status)
        recorder_set_batch(recorder, BATCH_ROWS);
    if (!status && repeat != NO_RUN)
        status = do_run(&job, slot, repeat, recorder, error);
    while (!status) {
        uint64_t next = atomic_fetch_add(&crew->board->next, 1);
        if (next >= plan->run_count)
            break;
        status = do_run(&job, slot, plan->runs[next], recorder, error);
    }
    recorder_close(recorder);
    job_close(&job);
    return status;
}

/* Does not return. An interrupt is for the parent, who then ends the workers. */
static void be_worker(struct crew *crew, uint32_t index, uint64_t repeat, pid_t parent) {
    char *error;
    (void)signal(SIGINT, SIG_IGN);
    (void)sigprocmask(SIG_SETMASK, &crew->before, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(3);
    int status = do_runs(crew, index, repeat, &error);
    if (status)
        (void)fprintf(stderr, "%s\n", error ? error : "tssb sweep: out of memory");
    free(error);
    _exit(status);
}

/* In the parent. */

static int start(struct crew *crew, uint32_t index, uint64_t repeat) {
    pid_t parent = getpid();
    crew->repeats[index] = repeat;
    atomic_store(&crew->board->slots[index].at, NO_RUN);
    pid_t process = fork();
    if (process == 0)
        be_worker(crew, index, repeat, parent);
    if (process < 0)
        return 3;
    crew->processes[index] = process;
    crew->alive++;
    return 0;
}

static void stop(struct crew *crew) {
    crew->stopping = true;
    for (uint32_t i = 0; i < crew->plan->count; i++)
        if (crew->processes[i])
            (void)kill(crew->processes[i], SIGTERM);
}

static int note_loss(struct workers_result *result, uint64_t run, int number) {
    size_t size = (result->loss_count + 1) * sizeof *result->losses;
    struct workers_loss *losses = realloc(result->losses, size);
    if (!losses)
        return 3;
    result->losses = losses;
    losses[result->loss_count++] = (struct workers_loss){run, number};
    return 0;
}

/* A worker died at its work. */
static int replace(struct crew *crew, uint32_t index, int number) {
    uint64_t run = atomic_load(&crew->board->slots[index].at);
    bool was_at = run != NO_RUN, again = was_at && run != crew->repeats[index];
    crew->barren = was_at ? 0 : crew->barren + 1;
    crew->plan->died(crew->plan->context, number, was_at ? &run : NULL, again);
    if (crew->barren > BARREN_MAX || (was_at && !again && note_loss(crew->result, run, number)))
        return 3;
    return start(crew, index, again ? run : NO_RUN);
}

/* Takes note of all workers that have ended. */
static void reap(struct crew *crew) {
    int status;
    for (pid_t process; (process = waitpid(-1, &status, WNOHANG)) > 0;) {
        uint32_t index = 0;
        while (index < crew->plan->count && crew->processes[index] != process)
            index++;
        if (index == crew->plan->count)
            continue;
        crew->processes[index] = 0;
        crew->alive--;
        if (crew->stopping || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
            continue;
        if (WIFSIGNALED(status) && replace(crew, index, WTERMSIG(status)) == 0)
            continue;
        crew->broken = true;
        stop(crew);
    }
}

static uint64_t count_done(const struct crew *crew) {
    uint64_t done = 0;
    for (uint32_t i = 0; i < crew->plan->count; i++)
        done += atomic_load(&crew->board->slots[i].done);
    return done;
}

static void watch(struct crew *crew) {
    const struct timespec tick = {.tv_nsec = TICK_NS};
    while (crew->alive > 0) {
        int number = sigtimedwait(&crew->watched, NULL, &tick);
        if ((number == SIGINT || number == SIGTERM) && !crew->stopping) {
            crew->result->interrupted_by = number;
            stop(crew);
        }
        reap(crew);
        crew->plan->progress(crew->plan->context, count_done(crew));
    }
    crew->result->done = count_done(crew);
}

static struct board *make_board(void) {
    void *memory = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

int workers_run(const struct workers_plan *plan, struct workers_result *result, char **error) {
    struct crew crew = {.plan = plan, .result = result, .board = make_board()};
    *result = (struct workers_result){0};
    *error = NULL;
    if (!crew.board)
        return 3;
    (void)sigemptyset(&crew.watched);
    (void)sigaddset(&crew.watched, SIGCHLD);
    (void)sigaddset(&crew.watched, SIGINT);
    (void)sigaddset(&crew.watched, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &crew.watched, &crew.before);
    (void)fflush(NULL);
    for (uint32_t i = 0; i < plan->count && !crew.broken; i++)
        if (start(&crew, i, NO_RUN)) {
            *error = results_text("tssb sweep: no further process: %s (fewer with -j)",
                                  strerror(errno));
            crew.broken = true;
            stop(&crew);
        }
    watch(&crew);
    (void)sigprocmask(SIG_SETMASK, &crew.before, NULL);
    (void)munmap(crew.board, sizeof *crew.board);
    return crew.broken ? 3 : 0;
}
