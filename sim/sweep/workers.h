/* The processes that do the runs of a sweep. Each takes one run after the other and writes into its
 * own file; one that dies is replaced, and the run that it was at is done again, once. */
#ifndef WORKERS_H
#define WORKERS_H

#include "sim/scenario/sweep.h"

enum { WORKERS_MAX = 256 };

struct workers_plan {
    const struct sweep *sweep;
    const char *version; /* of tssb */
    const struct engine *engine;
    const uint64_t *runs; /* to do, by their numbers in the sweep */
    uint64_t run_count;
    const char *const *paths; /* a results file a worker */
    uint32_t count;
    /* Called a few times a second, and at the end. */
    void (*progress)(void *context, uint64_t done);
    /* Called where a worker died: *run is what it was at, NULL where it was at none. */
    void (*died)(void *context, int signal, const uint64_t *run, bool again);
    void *context;
};

/* A run that two workers died of. */
struct workers_loss {
    uint64_t run;
    int signal;
};

struct workers_result {
    uint64_t done;
    struct workers_loss *losses; /* malloc'ed, for the caller to free */
    uint32_t loss_count;
    int interrupted_by; /* SIGINT or SIGTERM; 0: none */
};

/* Returns 0, also where it was interrupted; or 3 where a worker could not go on, which then has
 * said why on standard error, or where there could be none: then *error is a line for the user that
 * the caller frees, or NULL. In any case the files hold all runs that were completed. */
int workers_run(const struct workers_plan *plan, struct workers_result *result, char **error);

#endif
