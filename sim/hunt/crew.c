/* As the workers of a sweep, but for what they leave: counts on a shared board, and at most one
 * seed. So a world that ends its process is a finding like any other, and nothing is done again. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "crew.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trial.h"

enum { TICK_NS = 200000000 };

#define NONE UINT64_MAX

struct slot {
    _Atomic uint64_t at; /* the world, counted from 0; NONE: it is at none */
    _Atomic uint64_t worlds, simulated_ns, deliveries, proofs;
};

struct board {
    _Atomic uint64_t next;
    _Atomic uint64_t found; /* the lowest world that something is wrong with */
    atomic_bool stop;
    struct slot slots[HUNT_WORKERS_MAX];
};

struct crew {
    const struct hunt *hunt;
    struct board *board;
    pid_t processes[HUNT_WORKERS_MAX]; /* 0: none */
    uint32_t alive;
    uint64_t began_ns;
    sigset_t watched, before;
};

static uint64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void note_found(struct board *board, uint64_t world) {
    uint64_t lowest = atomic_load(&board->found);
    while (world < lowest && !atomic_compare_exchange_weak(&board->found, &lowest, world))
        continue;
}

/* In a worker. */

/* Whether all is well with a world. */
static bool try_world(const struct hunt *hunt, uint64_t world, struct slot *slot) {
    struct draft draft = draft_draw(hunt->seed + world, hunt->nodes);
    struct trial trial = {.path = "drawn"};
    struct trial_counts counts = {0};
    struct finding finding;
    char *error = NULL;
    trial.text = draft_text(&draft, "", &trial.size);
    (void)alarm(TRIAL_SECONDS);
    int status = trial.text ? trial_run(&trial, &finding, &counts, &error) : 3;
    free(error);
    free((char *)trial.text);
    atomic_fetch_add(&slot->worlds, 1);
    atomic_fetch_add(&slot->simulated_ns, counts.simulated_ns);
    atomic_fetch_add(&slot->deliveries, counts.deliveries);
    atomic_fetch_add(&slot->proofs, counts.proofs);
    return status == 0 && finding.kind == FINDING_NOTHING;
}

/* Does not return. An interrupt is for the parent, who then lets the workers end. */
static void be_worker(struct crew *crew, uint32_t index, pid_t parent) {
    struct slot *slot = &crew->board->slots[index];
    (void)signal(SIGINT, SIG_IGN);
    (void)sigprocmask(SIG_SETMASK, &crew->before, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(3);
    while (!atomic_load(&crew->board->stop)) {
        uint64_t world = atomic_fetch_add(&crew->board->next, 1);
        if (world >= crew->hunt->runs || world > atomic_load(&crew->board->found))
            break;
        atomic_store(&slot->at, world);
        if (!try_world(crew->hunt, world, slot))
            note_found(crew->board, world);
        atomic_store(&slot->at, NONE);
    }
    _exit(0);
}

/* In the parent. */

static bool start(struct crew *crew, uint32_t index) {
    pid_t parent = getpid();
    atomic_store(&crew->board->slots[index].at, NONE);
    pid_t process = fork();
    if (process == 0)
        be_worker(crew, index, parent);
    if (process < 0)
        return false;
    crew->processes[index] = process;
    crew->alive++;
    return true;
}

static void reap(struct crew *crew) {
    int status;
    for (uint32_t i = 0; i < crew->hunt->workers; i++) {
        if (!crew->processes[i] || waitpid(crew->processes[i], &status, WNOHANG) <= 0)
            continue;
        crew->processes[i] = 0;
        crew->alive--;
        uint64_t world = atomic_load(&crew->board->slots[i].at);
        if (world != NONE && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
            note_found(crew->board, world);
    }
}

static void count(const struct crew *crew, struct hunt_result *result) {
    result->worlds = result->simulated_ns = result->deliveries = result->proofs = 0;
    for (uint32_t i = 0; i < crew->hunt->workers; i++) {
        struct slot *slot = &crew->board->slots[i];
        result->worlds += atomic_load(&slot->worlds);
        result->simulated_ns += atomic_load(&slot->simulated_ns);
        result->deliveries += atomic_load(&slot->deliveries);
        result->proofs += atomic_load(&slot->proofs);
    }
    result->wall_ns = now_ns() - crew->began_ns;
}

static void watch(struct crew *crew, struct hunt_result *result,
                  void (*progress)(const struct hunt *, const struct hunt_result *)) {
    const struct timespec tick = {.tv_nsec = TICK_NS};
    while (crew->alive > 0) {
        int number = sigtimedwait(&crew->watched, NULL, &tick);
        if (number == SIGINT || number == SIGTERM)
            result->interrupted_by = number;
        if (result->interrupted_by || now_ns() - crew->began_ns >= crew->hunt->for_ns)
            atomic_store(&crew->board->stop, true);
        reap(crew);
        count(crew, result);
        progress(crew->hunt, result);
    }
}

static uint64_t cpu_ns(void) {
    struct rusage usage;
    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return ((uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec) * 1000000000U +
           ((uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec) * 1000U;
}

int crew_search(const struct hunt *hunt, struct hunt_result *result,
                void (*progress)(const struct hunt *, const struct hunt_result *)) {
    struct crew crew = {.hunt = hunt, .began_ns = now_ns()};
    crew.board = mmap(NULL, sizeof *crew.board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                      -1, 0);
    if (crew.board == MAP_FAILED)
        return 3;
    atomic_store(&crew.board->found, NONE);
    (void)sigemptyset(&crew.watched);
    (void)sigaddset(&crew.watched, SIGCHLD);
    (void)sigaddset(&crew.watched, SIGINT);
    (void)sigaddset(&crew.watched, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &crew.watched, &crew.before);
    (void)fflush(NULL);
    bool started = true;
    for (uint32_t i = 0; i < hunt->workers && started; i++)
        started = start(&crew, i);
    if (!started)
        atomic_store(&crew.board->stop, true);
    watch(&crew, result, progress);
    (void)sigprocmask(SIG_SETMASK, &crew.before, NULL);
    uint64_t found = atomic_load(&crew.board->found);
    result->cpu_ns = cpu_ns();
    result->found = found != NONE;
    result->found_seed = hunt->seed + found;
    (void)munmap(crew.board, sizeof *crew.board);
    return started ? 0 : 3;
}
