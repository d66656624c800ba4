/* What ns-3's channels cannot do of what a scenario may ask for. */
#ifndef NS3_LIMITS_H
#define NS3_LIMITS_H

#include "sim/scenario/scenario.h"

/* Returns 0; 2 where the engine ns3 cannot run the scenario, with *error, a line for each reason,
 * which the caller frees; or 3 where memory ran out. */
int ns3_limits(const struct scenario *scenario, char **error);

/* Which channel a network is: what it says, and else the first that can of simple, p2p (links with
 * a pace) and csma (a medium with a rate or a pace). */
struct ns3_model ns3_model_of(const struct scenario_network *network);

/* The greatest sum of delays, jitter and the run's duration that ns-3's clock still holds. */
#define NS3_TIME_MAX_NS ((uint64_t)INT64_MAX / 2)

#endif
