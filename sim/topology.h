/* Which nodes are linked: the topologies of a scenario as a list of links. */
#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include "sim/scenario/scenario.h"

struct topology_link {
    uint32_t a, b;
    uint32_t edge; /* index of the scenario's edge, or TOPOLOGY_NO_EDGE */
};

enum { TOPOLOGY_NO_EDGE = UINT32_MAX };

struct topology {
    struct topology_link *links;
    uint32_t count, capacity;
};

/* The links of one of the scenario's networks, which is no medium. Returns 0 or TSSB_E_MEMORY.
 * Close it in any case. */
int topology_build(struct topology *topology, const struct scenario *scenario,
                   const struct scenario_network *network, const uint64_t *node_keys);
void topology_close(struct topology *topology);

#endif
