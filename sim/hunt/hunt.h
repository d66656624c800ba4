/* A hunt: worlds drawn from one seed after the other, on several processors, until one breaks an
 * invariant. That one is made as small as can be, and written as a scenario. */
#ifndef HUNT_H
#define HUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "draft.h"
#include "finding.h"

enum { HUNT_WORKERS_MAX = 256 };

struct hunt {
    uint64_t seed; /* of the first world; each further one has the next seed */
    uint64_t runs; /* worlds, at most */
    uint64_t for_ns;
    uint32_t workers;
    uint32_t nodes;     /* of each world; 0: drawn */
    const char *folder; /* where a scenario is written */
    bool terminal;      /* show progress on standard error */
};

struct hunt_result {
    uint64_t worlds, simulated_ns, deliveries, proofs;
    uint64_t wall_ns, cpu_ns; /* of the worlds: until one was found */
    bool found;
    uint64_t found_seed;
    struct finding finding;
    struct draft smallest;
    uint32_t tries; /* that this took */
    char *path;     /* malloc'ed: its scenario */
    int interrupted_by;
};

/* Returns 0, also where something was found or the hunt was interrupted; or 3 with *error, a line
 * that the caller frees, or NULL for memory that ran out. The caller frees result->path. */
int hunt_run(const struct hunt *hunt, struct hunt_result *result, char **error);

#endif
