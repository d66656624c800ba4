/* A window that finds its own size, as TCP's does: it doubles each round trip at first, then grows
 * by one, and shrinks when requests are lost (RFC 5681). The timeout is RFC 6298's, with Karn's
 * rule and exponential backoff. `size` is only its upper limit.
 *
 * Two things differ from TCP, since radios lose packets without being full. Growth ends where round
 * trips become long, since a peer's queue is filling then (as TCP Vegas has it: Brakmo, Peterson
 * 1995). And a loss without such a queue takes an eighth off the window, not half (TCP Veno: Fu,
 * Liew 2003). PoC-01 peers understand all of it; with a packet_size over 78 B, requests that fall
 * due at one moment share a packet. */
#include "node.h"
#include "window.h"

enum { WINDOW_FIRST = 2 };

static struct tssb_congestion *congestion_of(struct tssb_node *node, uint32_t replica) {
    struct tssb_congestion *congestion = &tssb_window_of(node, replica)->congestion;
    if (congestion->window == 0) {
        congestion->window = WINDOW_FIRST * TSSB_CONGESTION_UNIT;
        congestion->threshold = tssb_node_window_size(node) * TSSB_CONGESTION_UNIT;
    }
    return congestion;
}

static struct tssb_window_way way_of(struct tssb_node *node, uint32_t replica) {
    return (struct tssb_window_way){.ahead = congestion_of(node, replica)->window /
                                             TSSB_CONGESTION_UNIT,
                                    .per_packet = tssb_window_packed(node)};
}

/* Whether packets wait somewhere: the round trip is half as long again as it can be. */
static bool queues(const struct tssb_congestion *congestion, uint64_t round_trip_ns) {
    return round_trip_ns > congestion->least_ns + congestion->least_ns / 2;
}

static void appended(struct tssb_node *node, uint32_t replica, uint64_t arrived_ns) {
    struct tssb_congestion *congestion = congestion_of(node, replica);
    uint64_t round_trip_ns = tssb_window_appended(node, replica, arrived_ns);
    if (round_trip_ns == 0)
        return;
    if (congestion->least_ns == 0 || round_trip_ns < congestion->least_ns)
        congestion->least_ns = round_trip_ns;
    if (queues(congestion, round_trip_ns)) {
        if (congestion->threshold > congestion->window)
            congestion->threshold = congestion->window;
        return;
    }
    if (congestion->window < congestion->threshold)
        congestion->window += TSSB_CONGESTION_UNIT;
    else
        congestion->window += TSSB_CONGESTION_UNIT * TSSB_CONGESTION_UNIT / congestion->window;
    uint32_t most = tssb_node_window_size(node) * TSSB_CONGESTION_UNIT;
    if (congestion->window > most)
        congestion->window = most;
}

/* A loss shrinks the window once a round trip: those that were under way with it count as one. */
static void shrink_if_lost(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_congestion *congestion = congestion_of(node, replica);
    const struct tssb_window *window = tssb_window_of(node, replica);
    if (window->probing || node->replicas[replica].front_seq < congestion->recovering ||
        !tssb_window_lost(node, replica, now_ns))
        return;
    uint32_t part = queues(congestion, window->rtt.smoothed_ns) ? 2 : 8;
    congestion->window -= congestion->window / part;
    if (congestion->window < WINDOW_FIRST * TSSB_CONGESTION_UNIT)
        congestion->window = WINDOW_FIRST * TSSB_CONGESTION_UNIT;
    congestion->threshold = congestion->window;
    congestion->recovering = window->asked;
}

static void start(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    tssb_window_of(node, replica)->congestion = (struct tssb_congestion){0};
    tssb_window_start(node, replica, now_ns);
}

static void settled(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    shrink_if_lost(node, replica, now_ns);
    const struct tssb_window_way way = way_of(node, replica);
    tssb_window_settled(node, replica, now_ns, &way);
}

static void early(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    shrink_if_lost(node, replica, now_ns);
    const struct tssb_window_way way = way_of(node, replica);
    tssb_window_early(node, replica, now_ns, &way);
}

static void timeout(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    shrink_if_lost(node, replica, now_ns);
    const struct tssb_window_way way = way_of(node, replica);
    tssb_window_timeout(node, replica, now_ns, &way);
}

const struct tssb_strategy tssb_strategy_adaptive = {
    .name = "adaptive",
    .uses = TSSB_USES_SIZE | TSSB_USES_PACKET_SIZE | TSSB_USES_TIMEOUTS,
    .size = 64,
    .replica_size = tssb_window_bytes,
    .start = start,
    .appended = appended,
    .settled = settled,
    .early = early,
    .timeout = timeout,
};
