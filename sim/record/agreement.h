/* Whether two engines agree: the catch-ups of each node and feed under both, over several seeds.
 * agreement_begin before a run and agreement_end after it, on the first engine and on the second,
 * for each seed; then agreement_judge. */
#ifndef AGREEMENT_H
#define AGREEMENT_H

#include "sim/observer.h"
#include "sim/world.h"

/* A node and a feed that it follows. Of each seed counts the mean duration of its catch-ups, 0
 * where it was never behind; seeds in which it never was under both engines are left out. */
struct agreement_pair {
    uint32_t node, feed;
    uint32_t author;      /* of the feed: a node */
    uint32_t seeds;       /* that count */
    double means_ns[2];   /* by engine, over the seeds */
    double difference_ns; /* the second's less the first's: the mean over the seeds */
    double squares;       /* of what the differences deviate from it, added up */
    double half_ns;       /* of the interval around the difference, once judged */
    bool judged;          /* false: one seed of several counts, which makes no interval */
    bool agrees;          /* it holds 0, or was not judged */
};

struct agreement {
    struct observer observer;
    struct agreement_pair *pairs; /* by node, then by the node's order */
    uint32_t *first_pair;         /* of each node; one more at the end */
    uint32_t pair_count;
    uint32_t seeds;            /* run so far */
    uint32_t identical;        /* of them, with the same digest under both */
    uint32_t differing;        /* pairs that do not agree, once judged */
    int engine;                /* 0 or 1, of the run that is going on */
    const struct world *world; /* that runs */
    uint8_t digest[DIGEST_SIZE];
    struct agreement_sum *sums; /* of this seed, by engine and pair */
};

/* The confidence of all intervals together. */
#define AGREEMENT_CONFIDENCE 0.95

/* A zeroed one is empty; close it in any case. */
void agreement_close(struct agreement *agreement);

/* Watches a run of the first (0) or the second engine (1). The worlds are of one scenario.
 * Returns 0 or TSSB_E_MEMORY. */
int agreement_begin(struct agreement *agreement, struct world *world, int engine);

/* The run has ended. */
void agreement_end(struct agreement *agreement, const struct world *world);

/* Makes the intervals, by Student's t, each wide enough that all of them hold at once with
 * AGREEMENT_CONFIDENCE (Bonferroni). One seed makes no interval: then only what is equal agrees,
 * but of several seeds a single one that counts is not judged. Returns whether all pairs agree. */
bool agreement_judge(struct agreement *agreement);

#endif
