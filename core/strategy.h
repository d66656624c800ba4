/* Request strategies: what a node asks for next, of each replica that it follows (PROTOCOL.md 4).
 * A strategy is a const table of functions; a new one is one file and one line in strategy.c. */
#ifndef TSSB_STRATEGY_H
#define TSSB_STRATEGY_H

#include "types.h"

struct tssb_node;

/* A strategy acts through node.h (tssb_node_want, tssb_node_set_timer), on the replica of this
 * index. now_ns is the host's time. Each function leaves the replica's timer set. */
struct tssb_strategy {
    const char *name;
    /* The node follows the replica from now on, or has come back: the first request may go out. */
    void (*start)(struct tssb_node *node, uint32_t replica, uint64_t now_ns);
    /* The replica's front has moved by one entry. */
    void (*appended)(struct tssb_node *node, uint32_t replica, uint64_t now_ns);
    /* The replica's timer has run out. */
    void (*timeout)(struct tssb_node *node, uint32_t replica, uint64_t now_ns);
};

extern const struct tssb_strategy tssb_strategy_single;

/* All strategies, ended by NULL; the first is the default. */
extern const struct tssb_strategy *const tssb_strategies[];

/* NULL where there is none of that name. */
const struct tssb_strategy *tssb_strategy_find(const char *name);

#endif
