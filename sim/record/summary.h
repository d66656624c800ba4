/* What a run came to, on standard output: for a person, and as JSON. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <stdio.h>

#include "tally.h"
#include "recorder.h"
#include "sim/world.h"

struct summary {
    const struct world *world; /* after world_run */
    enum run_outcome outcome;
    const char *database; /* the results file; NULL where nothing was recorded */
    int64_t run;          /* its number there */
    struct tally *tally;  /* NULL where nobody collected one */
};

/* Prints a table of nodes and feeds (of groups where that would be over 20 lines), the
 * expectations, the digest and where the run is recorded. Returns 0, or TSSB_E_MEMORY and then has
 * printed part of it. Whether `out` took it all is for the caller to ask. */
int summary_print(const struct summary *summary, FILE *out);

/* Prints one JSON object of all that is known, each node for itself, units in the keys. As above.
 */
int summary_json(const struct summary *summary, FILE *out);

#endif
