/* How far catch-ups were from what was possible: an observer that collects their ratios, latency
 * over bound (sim/bound.h). ratios_init, world_watch(world, &ratios.observer), world_run, ask,
 * ratios_close. */
#ifndef RATIOS_H
#define RATIOS_H

#include <stddef.h>

#include "sim/observer.h"

struct ratios {
    struct observer observer;
    uint64_t *thousandths; /* of each catch-up that ended and has a bound */
    uint32_t count, capacity;
};

void ratios_init(struct ratios *ratios);
void ratios_close(struct ratios *ratios);

/* The median, in thousandths, rounded down; of an even number, the lower one of the middle. 0 where
 * there is no ratio. Sorts. */
uint64_t ratios_median(struct ratios *ratios);

#endif
