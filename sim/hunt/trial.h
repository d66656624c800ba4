/* One world: a scenario is read and run under the invariants, and judged. */
#ifndef TRIAL_H
#define TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "finding.h"

struct trial {
    const char *path; /* of the scenario: names it in messages, and is where other files are */
    const char *text;
    size_t size;
};

/* What a world was like. */
struct trial_counts {
    uint64_t simulated_ns, deliveries, events, proofs;
};

/* Runs it. Returns 0 with *finding (of kind NOTHING where all is well); 2 where the scenario is
 * refused, or 3: then *error is a text that the caller frees, or NULL for memory that ran out. */
int trial_run(const struct trial *trial, struct finding *finding, struct trial_counts *counts,
              char **error);

enum { TRIAL_SECONDS = 60 }; /* of real time, before a run counts as one that does not end */

/* The same in a process of its own, so that a run may also die or hang. */
int trial_isolated(const struct trial *trial, struct finding *finding, char **error);

#endif
