/* The side chains that nodes are fetching: since when, and when each is whole. Of nodes that fetch
 * chains as they come, and of feeds that they follow. What happens here acts on nothing but the end
 * of a run that stops when all are level. */
#ifndef CHAINS_H
#define CHAINS_H

#include "world_state.h"

/* The node has appended an entry of others. */
void chains_appended(struct sim_node *node, const struct tssb_replica *replica,
                     const uint8_t wire[TSSB_ENTRY_SIZE]);

/* The node has done with a chain, which is whole or was made so that it never can be. */
void chains_done(struct sim_node *node, uint32_t replica, uint32_t seq, bool whole);

/* The node is about to lose all that it holds of others. */
void chains_lost(struct sim_node *node);

/* The run has ended: tells of the chains that are not whole. */
void chains_end(struct sim_node *node);

#endif
