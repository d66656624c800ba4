/* A whole sweep: what is missing in the results file is done by workers, and merged into it. */
#ifndef CAMPAIGN_H
#define CAMPAIGN_H

#include <stdio.h>

#include "sim/engine.h"
#include "sim/scenario/sweep.h"

struct campaign {
    const struct sweep *sweep;
    const char *version; /* of tssb */
    const struct engine *engine;
    const char *out;  /* the results file */
    uint32_t workers; /* at most WORKERS_MAX */
    bool terminal;    /* show progress on standard error */
};

/* How the runs of the grid stand in the results file. */
struct campaign_result {
    uint64_t passed, failed, errors, missing;
    uint64_t done_before; /* that were there already */
    uint64_t done_now;    /* by workers */
    uint64_t recovered;   /* taken over from the files of a sweep that was killed */
    uint64_t wall_ns;     /* of the workers and the merging */
    uint32_t workers;
    char *first_error;  /* malloc'ed: what one run with an error says; NULL: none */
    int interrupted_by; /* a signal; 0: none */
};

/* Returns 0; or 3, having complained on standard error: what was completed is then in the results
 * file, or in files beside it that the next sweep takes up. The caller frees first_error. */
int campaign_run(const struct campaign *campaign, struct campaign_result *result);

#endif
