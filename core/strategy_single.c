/* The seed's strategy: one WANT at a time, for the entry after the front; again after the interval,
 * and at once after each entry that was appended. That is the whole ARQ. PoC-01 peers understand
 * all of it. Where others are heard asking for the same feed, and requests are to be suppressed, it
 * waits a moment for one of them to ask. */
#include "node.h"

static void ask(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    const struct tssb_node_config *config = node->config;
    uint32_t next = node->replicas[replica].front_seq + 1;
    bool asked = tssb_node_want(node, replica, &next, 1, now_ns);
    tssb_node_set_timer(
        node, replica,
        now_ns + (asked ? config->asking.interval_ns
                        : config->suppress_ns + tssb_node_hesitation(node, replica, now_ns)));
}

static void ask_in_a_moment(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    uint64_t hesitation_ns = tssb_node_hesitation(node, replica, now_ns);
    if (hesitation_ns)
        tssb_node_set_timer(node, replica, now_ns + hesitation_ns);
    else
        ask(node, replica, now_ns);
}

const struct tssb_strategy tssb_strategy_single = {
    .name = "single",
    .start = ask,
    .settled = ask_in_a_moment,
    .timeout = ask,
};
