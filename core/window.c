/* Each request has a time of its own. One that is not answered within the timeout is sent again,
 * but only if something came in since: where nothing does, one request is enough to find out when
 * that changes, and it is the one for the entry after the front. So a feed's end, or a dead link,
 * costs a window and a few packets, and no more.
 *
 * Which entries wait in the stash a node cannot know before their turn. It asks again for them too:
 * to guess which ones they are (by order, by time) costs more where it goes wrong than it saves. */
#include "window.h"

#include "node.h"
#include "request.h"

/* Before anything was measured, what comes within so many first timeouts is taken for an answer. */
enum { FIRST_TIMEOUTS = 2 };

/* So many early packets say that the one before them is lost, not late (RFC 5681 3.2). */
enum { EARLY_ENOUGH = 3 };

/* How far ahead it may reach: what comes early must fit the stash, all but the one that is due. */
static uint32_t capacity_of(uint32_t size, uint32_t stash) {
    return size > stash + 1 ? size : stash + 1;
}

size_t tssb_window_bytes(const struct tssb_strategy_settings *settings) {
    return sizeof(struct tssb_window) +
           capacity_of(settings->size, settings->stash) * sizeof(struct tssb_asked);
}

struct tssb_window *tssb_window_of(struct tssb_node *node, uint32_t replica) {
    struct tssb_window *window = tssb_node_replica_state(node, replica);
    window->capacity = capacity_of(tssb_node_window_size(node), node->config->asking.stash);
    return window;
}

uint32_t tssb_window_packed(const struct tssb_node *node) {
    uint32_t packed = (uint32_t)tssb_want_count(node->config->asking.packet_size);
    return packed ? packed : 1;
}

static struct tssb_asked *slot_of(struct tssb_window *window, uint32_t seq) {
    return &window->slots[seq % window->capacity];
}

static uint32_t front_of(const struct tssb_node *node, uint32_t replica) {
    return node->replicas[replica].front_seq;
}

static uint64_t timeout_of(const struct tssb_node *node, const struct tssb_window *window,
                           uint32_t misses) {
    return tssb_rtt_timeout(&window->rtt, &node->config->asking.timeout, misses);
}

/* The last entry that the window reaches to. What waits in the stash makes room, so that a loss
 * does not stop the flow. */
static uint32_t horizon(const struct tssb_node *node, const struct tssb_window *window,
                        uint32_t front, uint32_t ahead) {
    uint32_t reach = window->probing ? 1 : ahead + node->extras->stash.count;
    if (reach > window->capacity)
        reach = window->capacity;
    return front + (reach < UINT32_MAX - front ? reach : UINT32_MAX - front);
}

/* Asking. */

/* Requests that go into one packet. */
struct bundle {
    uint32_t seqs[TSSB_WANTS_MAX];
    uint32_t count;
};

static void send_bundle(struct tssb_node *node, uint32_t replica, struct bundle *bundle,
                        uint64_t now_ns) {
    (void)tssb_node_want(node, replica, bundle->seqs, bundle->count, now_ns);
    bundle->count = 0;
}

static void ask_for(struct tssb_node *node, uint32_t replica, uint32_t seq, uint64_t now_ns,
                    uint32_t per_packet, struct bundle *bundle) {
    struct tssb_window *window = tssb_window_of(node, replica);
    struct tssb_asked *slot = slot_of(window, seq);
    slot->times = seq > window->asked ? 1 : slot->times + 1;
    slot->sent_ns = now_ns;
    if (seq > window->asked)
        window->asked = seq;
    bundle->seqs[bundle->count++] = seq;
    if (bundle->count == per_packet)
        send_bundle(node, replica, bundle, now_ns);
}

void tssb_window_poll(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    uint32_t front = front_of(node, replica);
    struct bundle bundle = {.count = 0};
    window->asked = front;
    if (front != UINT32_MAX)
        ask_for(node, replica, front + 1, now_ns, 1, &bundle);
    tssb_node_set_timer(node, replica, now_ns + node->config->asking.interval_ns);
}

void tssb_window_close(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    window->open = false;
    window->probing = false;
    window->misses = 0;
    tssb_node_set_timer(node, replica, now_ns + node->config->asking.interval_ns);
}

uint64_t tssb_window_lost_after_ns(const struct tssb_node *node, const struct tssb_window *window) {
    uint32_t patience = window->patience;
    uint64_t timeout_ns = timeout_of(node, window,
                                     window->misses > patience ? window->misses - patience : 0);
    uint64_t gap_ns = (window->rtt.smoothed_ns + 2 * window->rtt.variation_ns)
                      << window->rtt.backoffs;
    bool has_gap = window->rtt.smoothed_ns && node->extras->stash.count >= EARLY_ENOUGH;
    return has_gap && gap_ns < timeout_ns ? gap_ns : timeout_ns;
}

/* When a request counts as lost; TSSB_NEVER for one that only the next packet to come will tell
 * about. */
static uint64_t deadline_of(const struct tssb_node *node, struct tssb_window *window, uint32_t seq,
                            uint32_t front) {
    const struct tssb_asked *slot = slot_of(window, seq);
    if (seq == front + 1)
        return slot->sent_ns + tssb_window_lost_after_ns(node, window);
    if (node->extras->heard_ns <= slot->sent_ns)
        return TSSB_NEVER;
    return slot->sent_ns + timeout_of(node, window, 0);
}

static void set_timer(struct tssb_node *node, uint32_t replica, uint32_t last) {
    struct tssb_window *window = tssb_window_of(node, replica);
    uint32_t front = front_of(node, replica);
    uint64_t next_ns = TSSB_NEVER;
    for (uint32_t seq = front + 1; seq <= last && seq > front; seq++) {
        uint64_t at_ns = deadline_of(node, window, seq, front);
        if (at_ns < next_ns)
            next_ns = at_ns;
    }
    tssb_node_set_timer(node, replica, next_ns);
}

/* Where packets are to be filled, and something is under way, requests wait for company. */
static bool worth_asking(const struct tssb_window *window, uint32_t front, uint32_t last,
                         const struct tssb_window_way *way) {
    return !way->fill || window->asked == front || last - window->asked >= way->per_packet;
}

bool tssb_window_missed(const struct tssb_node *node, struct tssb_window *window,
                        const struct tssb_asked *request) {
    uint32_t tries = window->probing ? TSSB_TRIES_PROBING : TSSB_TRIES_SILENT;
    window->misses = node->extras->heard_ns > request->sent_ns ? 0 : window->misses + 1;
    if (window->misses > 1 && !window->rtt.smoothed_ns)
        tssb_rtt_back_off(&window->rtt);
    return window->misses < tries && request->times < TSSB_TRIES_MAX;
}

/* An open window: asks again for what counts as lost, and for what is new. */
static void ask(struct tssb_node *node, uint32_t replica, uint64_t now_ns,
                const struct tssb_window_way *way) {
    struct tssb_window *window = tssb_window_of(node, replica);
    uint32_t front = front_of(node, replica), asked;
    struct bundle bundle = {.count = 0};
    window->patience = way->patience;
    if (window->asked < front)
        window->asked = front;
    uint32_t last = horizon(node, window, front, way->ahead);
    asked = window->asked < last ? window->asked : last;
    for (uint32_t seq = front + 1; seq <= asked && seq > front; seq++) {
        if (now_ns < deadline_of(node, window, seq, front))
            continue;
        if (seq == front + 1 && !tssb_window_missed(node, window, slot_of(window, seq))) {
            tssb_window_close(node, replica, now_ns);
            return;
        }
        ask_for(node, replica, seq, now_ns, way->per_packet, &bundle);
    }
    if (worth_asking(window, front, last, way))
        for (uint32_t seq = window->asked + 1; seq <= last && seq > front; seq++)
            ask_for(node, replica, seq, now_ns, way->per_packet, &bundle);
    if (bundle.count)
        send_bundle(node, replica, &bundle, now_ns);
    if (front == UINT32_MAX)
        tssb_window_close(node, replica, now_ns);
    else
        set_timer(node, replica, window->asked < last ? window->asked : last);
}

/* What strategies call. */

void tssb_window_probe(struct tssb_window *window) {
    window->open = true;
    window->probing = true;
    window->hesitating = false;
    window->misses = 0;
}

void tssb_window_start(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    static const struct tssb_window_way one = {.ahead = 1, .per_packet = 1};
    struct tssb_window *window = tssb_window_of(node, replica);
    tssb_window_probe(window);
    window->asked = front_of(node, replica);
    ask(node, replica, now_ns, &one);
}

uint64_t tssb_window_answered(struct tssb_node *node, uint32_t replica,
                              const struct tssb_asked *request, uint64_t arrived_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    uint64_t waited_ns = arrived_ns - request->sent_ns;
    uint64_t limit_ns = timeout_of(node, window, 0);
    if (arrived_ns <= request->sent_ns ||
        waited_ns > (window->rtt.smoothed_ns ? limit_ns : FIRST_TIMEOUTS * limit_ns))
        return 0;
    window->open = true;
    window->probing = false;
    if (request->times > 1) {
        tssb_rtt_ambiguous(&window->rtt, &node->config->asking.timeout, waited_ns);
        return 0;
    }
    tssb_rtt_measured(&window->rtt, waited_ns);
    return waited_ns;
}

/* An entry that was asked for again has come. What was asked for before that, ahead of it, came
 * while it was missing, if it came at all. Without a stash it is gone, and due again now: else each
 * of these would wait its timeout out, and meanwhile cost the next one the same. */
static void ask_anew(const struct tssb_node *node, struct tssb_window *window, uint32_t seq) {
    const struct tssb_asked *request = slot_of(window, seq);
    if (node->extras->stash.capacity > 0 || request->times < 2)
        return;
    for (uint32_t ahead = seq + 1; ahead <= window->asked && ahead > seq; ahead++)
        if (slot_of(window, ahead)->sent_ns < request->sent_ns)
            slot_of(window, ahead)->sent_ns = 0;
}

uint64_t tssb_window_appended(struct tssb_node *node, uint32_t replica, uint64_t arrived_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    uint32_t seq = front_of(node, replica);
    window->misses = 0;
    if (seq > window->asked)
        return 0;
    uint64_t round_trip_ns = tssb_window_answered(node, replica, slot_of(window, seq), arrived_ns);
    ask_anew(node, window, seq);
    return round_trip_ns;
}

bool tssb_window_lost(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct tssb_window *window = tssb_window_of(node, replica);
    uint32_t front = front_of(node, replica);
    for (uint32_t seq = front + 1; window->open && seq <= window->asked && seq > front; seq++)
        if (now_ns >= deadline_of(node, window, seq, front))
            return true;
    return false;
}

void tssb_window_asked_before(struct tssb_window *window, uint32_t front, uint32_t last) {
    if (last > window->asked)
        last = window->asked;
    for (uint32_t seq = front + 1; seq <= last && seq > front; seq++)
        slot_of(window, seq)->times++;
}

void tssb_window_early(struct tssb_node *node, uint32_t replica, uint64_t now_ns,
                       const struct tssb_window_way *way) {
    struct tssb_window *window = tssb_window_of(node, replica);
    uint32_t front = front_of(node, replica);
    /* The requests that opened the window left at one moment: any answer tells the round trip. */
    if (window->open && window->rtt.smoothed_ns == 0 && window->asked > front)
        (void)tssb_window_answered(node, replica, slot_of(window, front + 1), now_ns);
    if (window->open && !window->hesitating && node->extras->stash.count)
        ask(node, replica, now_ns, way);
}

void tssb_window_timeout(struct tssb_node *node, uint32_t replica, uint64_t now_ns,
                         const struct tssb_window_way *way) {
    struct tssb_window *window = tssb_window_of(node, replica);
    window->hesitating = false;
    if (window->open)
        ask(node, replica, now_ns, way);
    else
        tssb_window_poll(node, replica, now_ns);
}

void tssb_window_settled(struct tssb_node *node, uint32_t replica, uint64_t now_ns,
                         const struct tssb_window_way *way) {
    struct tssb_window *window = tssb_window_of(node, replica);
    if (window->hesitating)
        return;
    uint64_t hesitation_ns = tssb_node_hesitation(node, replica, now_ns);
    if (hesitation_ns == 0) {
        tssb_window_timeout(node, replica, now_ns, way);
        return;
    }
    window->hesitating = true;
    tssb_node_set_timer(node, replica, now_ns + hesitation_ns);
}
