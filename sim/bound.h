/* The bound: when each entry could have come to each node at the earliest, had every node that has
 * it forwarded it at once on every way that was open, without loss. No protocol beats it that does
 * not know beforehand how the network will change. sim/README.md has the definition.
 *
 * It is worked out beside the run, from what the run's timeline does; it acts on nothing, and is
 * there only where an observer wants measures and the scenario's `bound` allows for it. Where it is
 * not, all of these do nothing and times are TSSB_NEVER. */
#ifndef BOUND_H
#define BOUND_H

#include <stdint.h>

struct world;
struct bound;

/* How much work the bound may be by default: entries, with 25 more for each feed, times ways. */
enum { BOUND_WORK_MAX = 10000000, BOUND_FEED_WORK = 25 };

/* How many ways there may be where the scenario wants it. */
enum { BOUND_WAYS_MAX = 16000000 };

/* After the engine is open. Returns 0 or TSSB_E_MEMORY; close it in any case. */
int bound_open(struct world *world);
void bound_close(struct world *world);

/* What happens in the world, all of it now. */

void bound_authored(struct world *world, uint32_t feed);
void bound_node_up(struct world *world, uint32_t node);
void bound_node_down(struct world *world, uint32_t node);           /* it may be down already */
void bound_lost(struct world *world, uint32_t node, uint32_t feed); /* all that the node held */

/* Partitions or links change between these two. */
enum bound_change { BOUND_CUT, BOUND_HEALED, BOUND_LINKS };
void bound_before_change(struct world *world);
void bound_after_change(struct world *world, enum bound_change change);

/* An entry has arrived: when it could have. */
uint64_t bound_arrived(struct world *world, uint32_t node, uint32_t feed, uint32_t seq);

/* A catch-up begins with the node's coming up, which holds so many entries. */
void bound_came_back(struct world *world, uint32_t node, uint32_t feed, uint32_t front_seq);

/* The catch-up that began then is over, with the entry that arrived last: how long it would have
 * taken at least. TSSB_NEVER where the node could have been level before it began. */
uint64_t bound_caught_up(struct world *world, uint32_t node, uint32_t feed, uint64_t since_ns);

#endif
