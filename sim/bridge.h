/* A bridge in a world: a node that forwards what comes in by one of its faces to all others, after
 * a processing time, and knows nothing of the protocol. So that several bridges between the same
 * networks make no loop, it forwards the same packet once in a second, as tssb bridge does. */
#ifndef BRIDGE_H
#define BRIDGE_H

#include "queue.h"
#include "sim/scenario/scenario.h"

struct world;
struct flight;
struct bridge;

/* NULL where memory ran out. times: borrowed. */
struct bridge *bridge_open(const struct bridge_times *times);
void bridge_close(struct bridge *bridge);

/* Takes a packet that has come in by a face of the node, and returns its fate: FATE_FORWARDED,
 * FATE_SEEN, or TSSB_FATE_FAILED where memory ran out. */
unsigned bridge_take(struct world *world, uint32_t node, uint32_t face,
                     const struct flight *flight);

/* EVENT_FORWARD: the packet leaves, where the node is still up. */
void bridge_forward(struct world *world, const struct event *event);

#endif
