/* As window, but requests share packets: as many as packet_size has room for, 3 in 120 B. New ones
 * wait until they fill a packet, unless nothing is under way. PoC-01 peers understand up to 6
 * requests a packet (250 B); a LoRa bridge passes 120 B. */
#include "node.h"
#include "window.h"

static struct tssb_window_way way_of(const struct tssb_node *node) {
    return (struct tssb_window_way){.ahead = tssb_node_window_size(node),
                                    .per_packet = tssb_window_packed(node),
                                    .fill = true,
                                    .patience = 2};
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

const struct tssb_strategy tssb_strategy_batch = {
    .name = "batch",
    .uses = TSSB_USES_SIZE | TSSB_USES_PACKET_SIZE | TSSB_USES_TIMEOUTS,
    .size = 16,
    .replica_size = tssb_window_bytes,
    .start = tssb_window_start,
    .appended = appended,
    .settled = settled,
    .early = early,
    .timeout = timeout,
};
