/* Request strategies: what a node asks for next, of each replica that it follows (PROTOCOL.md 4).
 * A strategy is a const table of functions; a new one is one file and one line in strategy.c. */
#ifndef TSSB_STRATEGY_H
#define TSSB_STRATEGY_H

#include "rtt.h"
#include "types.h"

struct tssb_node;

/* Settings that not every strategy uses. */
enum { TSSB_USES_SIZE = 1, TSSB_USES_PACKET_SIZE = 2, TSSB_USES_TIMEOUTS = 4 };

enum { TSSB_SIZE_MAX = 1024 }; /* of a window */

struct tssb_strategy_settings {
    uint64_t interval_ns; /* what may not exist yet is asked for once each (PROTOCOL.md 4: 10 s) */
    uint32_t size;        /* entries asked for ahead, at most; 0: as the strategy has it */
    uint32_t stash;       /* early packets that the node keeps, at most TSSB_STASH_MAX; 0: none */
    uint16_t packet_size; /* the largest request; from 43 B to TSSB_PACKET_SIZE */
    struct tssb_rtt_bounds timeout; /* after which a request counts as lost */
};

/* A strategy acts through node.h (tssb_node_want, tssb_node_set_timer), on the replica of this
 * index. now_ns is the host's time. start and timeout leave the replica's timer set. */
struct tssb_strategy {
    const char *name;
    unsigned uses; /* TSSB_USES_... */
    uint32_t size; /* the default of that setting */
    /* State that the node keeps for it, in bytes; zeroed at first. */
    size_t shared_size;                                                    /* for the node */
    size_t (*replica_size)(const struct tssb_strategy_settings *settings); /* NULL for none */
    /* The node follows the replica from now on, or has come back: the first request may go out. */
    void (*start)(struct tssb_node *node, uint32_t replica, uint64_t now_ns);
    /* The replica's front has moved by one entry, which came in at arrived_ns: now, or earlier than
     * its turn. Further ones may follow at the same moment: `appended` is called for each,
     * `settled` once after the last of them. */
    void (*appended)(struct tssb_node *node, uint32_t replica, uint64_t arrived_ns);
    void (*settled)(struct tssb_node *node, uint32_t replica, uint64_t now_ns);
    /* A packet came that may be an entry whose turn has not come. The replica is the one that asked
     * last. NULL: of no interest. */
    void (*early)(struct tssb_node *node, uint32_t replica, uint64_t now_ns);
    /* The replica's timer has run out. */
    void (*timeout)(struct tssb_node *node, uint32_t replica, uint64_t now_ns);
};

extern const struct tssb_strategy tssb_strategy_single, tssb_strategy_window, tssb_strategy_batch,
    tssb_strategy_range, tssb_strategy_adaptive, tssb_strategy_fair;

/* All strategies, ended by NULL; the first is the default. */
extern const struct tssb_strategy *const tssb_strategies[];

/* NULL where there is none of that name. */
const struct tssb_strategy *tssb_strategy_find(const char *name);

#endif
