/* Where a world meets the real one: opens the real faces of a scenario, and lets time pass in step
 * with a clock. */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "world.h"

struct gateway;

/* Opens the faces of the world's scenario. speed_thousandths: how fast simulated time passes, 1000
 * is as fast as real time. Returns 0; or 2 or 3 with *error, a line for the user that the caller
 * frees, NULL where memory ran out. */
int gateway_open(struct gateway **gateway, struct world *world, uint64_t speed_thousandths,
                 char **error);

/* What world_connect is to be told. The clock starts with the first wait. */
const struct world_outside *gateway_outside(struct gateway *gateway);

/* NULL is allowed. */
void gateway_close(struct gateway *gateway);

#endif
