/* A world as it is drawn from a seed, before it is a scenario: in numbers that can be made smaller
 * one at a time. All times are in milliseconds.
 *
 * It has two phases. Up to heal_ms, faults, losses and adversaries do what they do. Then all of
 * that is over, and all followers are to hold, by the end, all that authors wrote who did not fork
 * their feed. */
#ifndef DRAFT_H
#define DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DRAFT_NODES_MAX = 12, DRAFT_ITEMS_MAX = 16 };

enum draft_topology {
    DRAFT_BROADCAST,
    DRAFT_LINE,
    DRAFT_RING,
    DRAFT_STAR,
    DRAFT_GRID,
    DRAFT_COMPLETE,
    DRAFT_RANDOM,
    DRAFT_BRIDGED, /* two media, and a bridge between them */
    DRAFT_RADIO,
    DRAFT_TOPOLOGIES
};

struct draft_strategy {
    uint32_t name; /* index in tssb_strategies */
    uint32_t interval, size, stash, packet_size, backoff, suppress;
    uint32_t forward; /* enum tssb_forward */
    uint32_t credit;  /* blobs at one time; 0: adaptive */
    bool spread;
};

struct draft_link {
    uint32_t delay, jitter, jitter_shape;
    uint32_t loss, burst; /* %; packets in a burst, below 2: independent */
    uint32_t duplicate;   /* % */
    uint32_t bit_errors;  /* in 0.001 % */
    uint32_t rate, queue; /* kbit/s, 0: any; packets */
    uint32_t pace, drop;  /* 0: none; the number of a packet */
};

struct draft_node {
    uint8_t id;         /* its name is "n" and this */
    bool silent, other; /* answers no requests; has the second strategy */
    bool narrow;        /* follows the first author only */
    uint32_t at_start, every, entries;
    uint32_t content; /* bytes of each entry, with a side chain over 48; 0: a few words */
    int32_t drift_ppm;
    uint32_t offset;
};

enum draft_what {
    DRAFT_OFFLINE,
    DRAFT_CRASH,
    DRAFT_WIPE,
    DRAFT_PARTITION,
    DRAFT_LINKS, /* value: loss in % */
    DRAFT_CHURN, /* value: mean time down; up twice as long */
    DRAFT_FLOOD, /* value: a packet; with: as in a scenario */
    DRAFT_ATTACK,
    DRAFT_JOIN,
    DRAFT_WHATS
};

/* Nodes by the bits of their ids. */
typedef uint16_t draft_nodes;

struct draft_item {
    enum draft_what what;
    uint32_t at, lasts, again; /* again: from one beginning to the next, 0: once */
    draft_nodes nodes, others; /* others: the other set of a partition */
    bool one_way;
    uint32_t with, value;
};

struct draft {
    uint64_t seed;
    bool hmac;
    enum draft_topology topology;
    struct draft_strategy strategies[2];
    struct draft_link link;
    struct draft_node nodes[DRAFT_NODES_MAX];
    uint32_t node_count;
    struct draft_item items[DRAFT_ITEMS_MAX];
    uint32_t item_count;
    uint32_t heal;
};

/* How many nodes; 0: drawn as well. */
struct draft draft_draw(uint64_t seed, uint32_t nodes);

/* Whether a node writes anything. */
static inline bool draft_writes(const struct draft_node *node) {
    return node->at_start > 0 || node->entries > 0;
}

/* How long all may take to be level once all is well: see sim/README.md. */
uint64_t draft_bound(const struct draft *draft);

/* The scenario; comment stands before it, as lines that begin with "# ". malloc'ed; NULL where
 * memory ran out. */
char *draft_text(const struct draft *draft, const char *comment, size_t *size);

#endif
