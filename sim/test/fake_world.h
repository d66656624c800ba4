/* A world without a simulation: the accessors of world.h over data that a test sets, and a story
 * that it tells to an observer. A test that links it does not link world.c. */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include "sim/observer.h"
#include "sim/world.h"

struct world {
    struct scenario scenario;
    struct world_totals totals;
    uint32_t feed_count;
    uint32_t *authors;             /* a feed each: the nodes that produce */
    uint32_t *fronts;              /* a feed each */
    uint8_t (*feed_ids)[32];       /* a feed each */
    struct node_counts *counts;    /* a node each */
    struct follow_counts *follows; /* node * feed_count + feed */
    uint64_t *digests;             /* a node each */
    bool met[8];                   /* an expectation each */
    uint8_t digest[DIGEST_SIZE];
    uint64_t wall_ns;
};

/* The world of a scenario, with feeds and nodes; every count is 0. Fails the test where the
 * scenario is wrong. */
void fake_world_open(struct world *world, const char *yaml);
void fake_world_close(struct world *world);

/* How a story may differ from how it is always told. */
struct fake_twist {
    uint32_t lost_seq;   /* the entry that is lost on its first way to nodeC; 0: none */
    uint32_t late_by_ns; /* how much later than it should nodeC's first entry arrives */
    uint8_t more_bytes;  /* by which its packet is larger */
    bool backwards;      /* packets of one moment are told in the other order */
};

extern const char fake_story[]; /* the scenario: transitive-sync with a few entries */

/* Tells nodeC's catching up from nodeB: request, answer, arrival, ten times; and fills in counts.
 */
void fake_world_run(struct world *world, struct observer *observer, const struct fake_twist *twist);

#endif
