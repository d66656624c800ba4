/* The ways by which an entry can come from one node to the next, whatever happens later: each
 * direction of a link, each ordered pair of nodes on a medium, or of radio stations in range of
 * each other. For the bound; of the built-in engine, in worlds where no station moves. */
#ifndef WAYS_H
#define WAYS_H

#include <stdbool.h>
#include <stdint.h>

struct world;

/* From one node to another, into a face of that: its inlet. */
struct way {
    uint32_t from, to;
    uint32_t inlet; /* index of the face among all faces of the network */
    uint32_t model; /* index of the link's model, or of the radio network */
};

struct ways {
    struct way *list; /* by inlet */
    uint32_t count;
    uint32_t *first;             /* way of each inlet; one more at the end */
    const uint32_t *first_inlet; /* of each node; one more at the end. Borrowed */
    uint32_t inlet_count;
    uint32_t *out;       /* ways by the node that they lead from */
    uint32_t *first_out; /* of each node; one more at the end */
};

/* Lists the ways of a world whose engine is open. Returns 0, TSSB_E_MEMORY, or TSSB_E_FULL where
 * there are more than `most`; close it in any case. */
int ways_init(struct ways *ways, const struct world *world, uint64_t most);
void ways_close(struct ways *ways);

/* How long an entry takes at the least, beginning at some moment. */
struct way_times {
    uint64_t leave_ns; /* until it has left the sender */
    int64_t pause_ns;  /* from then until the next one can leave by the same inlet; negative on a
                          radio that hears several senders, whose preambles may overlap a little */
    uint64_t travel_ns;
    uint64_t most_ns; /* that a packet is on its way: with jitter, and behind others in a queue */
    uint32_t queue;   /* so many can wait for a link, and keep the times that were when they came */
    uint64_t end_ns;  /* when the times change by themselves; TSSB_NEVER: they do not */
};

/* alone: no other way into the same inlet matters. */
struct way_times ways_times(const struct world *world, const struct way *way, bool alone,
                            uint64_t now_ns);

/* The least that the times of a way are at any moment of the run, and the longest queue; where one
 * change of the link falls into another, each as if it were alone. False where they never change.
 */
bool ways_least_times(const struct world *world, const struct way *way, struct way_times *least);

/* Finds out which ways matter to a feed: useful[way]. A way does not where its sender passes
 * nothing on, or can have got nothing but by way of the receiver. passes: by node, whether it
 * passes the feed on. forgets: by node, whether it may lose what it holds, and need it back.
 * Returns 0 or TSSB_E_MEMORY. */
int ways_find_useful(const struct ways *ways, uint32_t node_count, uint32_t author,
                     const bool *passes, const bool *forgets, bool *useful);

#endif
