/* What the summary of a run tells of its catch-ups and side chains: an observer that collects it.
 * tally_init, world_watch(world, &tally.observer), world_run, ask, tally_close. */
#ifndef TALLY_H
#define TALLY_H

#include "samples.h"
#include "sim/observer.h"

struct tally {
    struct observer observer;
    struct samples ratios;    /* latency over bound (sim/bound.h), in thousandths, of each catch-up
                                 that ended and has a bound */
    struct samples chains_ns; /* how long each side chain took that is whole, from its entry on */
    uint32_t chains_lacking;  /* chains that were to be fetched, and never were whole */
};

void tally_init(struct tally *tally);
void tally_close(struct tally *tally);

#endif
