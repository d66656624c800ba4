/* N requests under way, each a WANT of its own, and the next one as soon as an entry has come: what
 * the seed suggests ("several WANT messages with consecutive numbers in advance"). PoC-01 peers
 * understand all of it. With a stash it repeats selectively, without one it goes back N. */
#include "node.h"
#include "window.h"

static struct tssb_window_way way_of(const struct tssb_node *node) {
    return (struct tssb_window_way){
        .ahead = tssb_node_window_size(node), .per_packet = 1, .patience = 2};
}

static void appended(struct tssb_node *node, uint32_t replica, uint64_t arrived_ns) {
    (void)tssb_window_appended(node, replica, arrived_ns);
}

static void settled(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    const struct tssb_window_way way = way_of(node);
    tssb_window_settled(node, replica, now_ns, &way);
}

static void early(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    const struct tssb_window_way way = way_of(node);
    tssb_window_early(node, replica, now_ns, &way);
}

static void timeout(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    const struct tssb_window_way way = way_of(node);
    tssb_window_timeout(node, replica, now_ns, &way);
}

const struct tssb_strategy tssb_strategy_window = {
    .name = "window",
    .uses = TSSB_USES_SIZE | TSSB_USES_TIMEOUTS,
    .size = 16,
    .replica_size = tssb_window_bytes,
    .start = tssb_window_start,
    .appended = appended,
    .settled = settled,
    .early = early,
    .timeout = timeout,
};
