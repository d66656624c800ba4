/* The seed's strategy: one WANT at a time, for the entry after the front; again after the interval,
 * and at once after each entry that was appended. That is the whole ARQ. PoC-01 peers understand
 * all of it. */
#include "node.h"

static void ask(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    tssb_node_want_next(node, replica);
    tssb_node_set_timer(node, replica, now_ns + node->config->interval_ns);
}

const struct tssb_strategy tssb_strategy_single = {"single", ask, ask, ask};
