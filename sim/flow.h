/* Byte streams as a workload: each end is an application that writes what the scenario says, reads
 * what comes, and compares it with what was sent, which is a function of the stream and the place
 * in it. An end crashes with its node, and goes on from what a disk would hold. */
#ifndef FLOW_H
#define FLOW_H

#include "world_state.h"

/* Makes the ends of all streams. Returns 0 or a core error. */
int flow_open(struct world *world);
void flow_close(struct world *world);

/* A node that has ends did something, or the time of one has come. */
void flow_step(struct world *world, struct sim_node *node);

/* When that is due next, by the node's clock; TSSB_NEVER. */
uint64_t flow_next_wake(const struct sim_node *node);

/* The node's core was made anew. */
void flow_restart(struct world *world, struct sim_node *node);

/* Whether all that one node had to say to the other arrived there, as it was sent. */
bool flow_is_delivered(const struct world *world, uint32_t from, uint32_t to);

#endif
