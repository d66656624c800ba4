/* Where each node is at each moment: what a scenario says of positions and movement, made into
 * places. All in integers; a node that moves is followed from one leg of its way to the next. */
#ifndef MOBILITY_H
#define MOBILITY_H

#include "sim/scenario/scenario.h"

struct mover; /* a node that moves */

struct mobility {
    struct position *starts; /* of each node */
    uint32_t *mover_of;      /* of each node, its index in movers; UINT32_MAX: it stands. NULL where
                                all stand */
    struct mover *movers;
    uint32_t mover_count;
    uint64_t speed_mm_s;
};

/* Places the nodes of a scenario, which outlives this. node_keys: the random streams' keys of all
 * nodes. Returns 0 or TSSB_E_MEMORY; close it in any case. */
int mobility_init(struct mobility *mobility, const struct scenario *scenario,
                  const uint64_t *node_keys);
void mobility_close(struct mobility *mobility);

/* Where a node is. For each node, at_ns never goes back. In constant time, amortised over its legs.
 */
struct position mobility_at(struct mobility *mobility, uint32_t node, uint64_t at_ns);

/* Whether a node ever moves. */
bool mobility_moves(const struct mobility *mobility, uint32_t node);

/* No node is ever faster; 0: none moves. A trace in which nodes jump makes it what crosses the
 * world in a nanosecond. Positions being whole millimetres, two of them may lie up to 2 mm farther
 * apart than this allows. */
uint64_t mobility_speed_mm_s(const struct mobility *mobility);

/* The square of the distance, in mm^2: what comparing distances takes. */
uint64_t mobility_square_mm2(struct position a, struct position b);

/* The distance, rounded down. */
uint64_t mobility_distance_mm(struct position a, struct position b);

#endif
