/* Many feeds behind at once: so many requests are under way for all of them together, and the feeds
 * take turns. Each turn is one WANT; who has more to ask for goes to the end of the queue, and
 * whoever waits longest is next once an entry has come or a request counts as lost. So one long
 * feed does not starve the short ones, and a node that follows a thousand feeds does not ask for
 * all at a time. Where one feed alone is behind, this is a window. PoC-01 peers understand all of
 * it. */
#include <stddef.h>

#include "check.h"
#include "node.h"
#include "window.h"

enum { PATIENCE = 2, NOBODY = 0 }; /* the queue names replicas by index + 1 */

/* Of the node. */
struct turns {
    struct tssb_rtt rtt; /* of whatever feed: the peers are the same */
    uint32_t under_way;  /* requests, of all feeds */
    uint32_t first, last;
};

struct request {
    uint64_t sent_ns;
    uint32_t times;
    bool under_way; /* neither answered nor lost yet */
};

/* Of a replica. */
struct feed {
    uint32_t asked;  /* the last entry asked for */
    uint32_t misses; /* how often the entry after the front was asked for in vain */
    uint32_t behind_me;
    bool queued;
    bool open;                 /* known to be behind */
    bool probing;              /* open, but nothing was answered yet */
    struct request requests[]; /* by sequence number modulo size */
};

static size_t state_size(const struct tssb_strategy_settings *settings) {
    return sizeof(struct feed) + settings->size * sizeof(struct request);
}

static struct turns *turns_of(struct tssb_node *node) {
    return tssb_node_shared_state(node);
}

static struct feed *feed_of(struct tssb_node *node, uint32_t replica) {
    return tssb_node_replica_state(node, replica);
}

static struct request *request_of(struct tssb_node *node, uint32_t replica, uint32_t seq) {
    return &feed_of(node, replica)->requests[seq % tssb_node_window_size(node)];
}

static uint64_t timeout_after_ns(struct tssb_node *node, uint32_t misses) {
    return tssb_rtt_timeout(&turns_of(node)->rtt, &node->config->asking.timeout,
                            misses > PATIENCE ? misses - PATIENCE : 0);
}

/* The queue. */

static void enqueue(struct tssb_node *node, uint32_t replica) {
    struct turns *turns = turns_of(node);
    struct feed *feed = feed_of(node, replica);
    if (feed->queued)
        return;
    feed->queued = true;
    feed->behind_me = NOBODY;
    if (turns->first == NOBODY)
        turns->first = replica + 1;
    else
        feed_of(node, turns->last - 1)->behind_me = replica + 1;
    turns->last = replica + 1;
}

static uint32_t dequeue(struct tssb_node *node) {
    struct turns *turns = turns_of(node);
    uint32_t replica = turns->first - 1;
    struct feed *feed = feed_of(node, replica);
    turns->first = feed->behind_me;
    feed->queued = false;
    return replica;
}

/* Requests. */

static void end_request(struct tssb_node *node, struct request *request) {
    struct turns *turns = turns_of(node);
    if (!request->under_way)
        return;
    TSSB_CHECK(turns->under_way > 0);
    request->under_way = false;
    turns->under_way--;
}

/* What to ask for next of a feed; 0 for nothing. Again, where that was lost and anything came in
 * since, or the entry is the first that lacks. */
static uint32_t next_of(struct tssb_node *node, uint32_t replica) {
    const struct feed *feed = feed_of(node, replica);
    uint32_t front = node->replicas[replica].front_seq;
    bool flowing = feed->open && !feed->probing && feed->misses <= PATIENCE;
    uint32_t ahead = flowing ? tssb_node_window_size(node) : 1;
    for (uint32_t i = 0; i < ahead && front + i != UINT32_MAX; i++) {
        uint32_t seq = front + 1 + i;
        const struct request *request = request_of(node, replica, seq);
        if (seq > feed->asked ||
            (!request->under_way && (i == 0 || node->extras->heard_ns > request->sent_ns)))
            return seq;
    }
    return 0;
}

/* Sets the timer to when the first request that is under way counts as lost; without one, to the
 * next time that the feed is asked for. */
static void set_timer(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    const struct feed *feed = feed_of(node, replica);
    uint32_t front = node->replicas[replica].front_seq;
    uint64_t at_ns = TSSB_NEVER, after_ns = timeout_after_ns(node, feed->misses);
    for (uint32_t seq = front + 1; seq <= feed->asked && seq > front; seq++) {
        const struct request *request = request_of(node, replica, seq);
        if (request->under_way && request->sent_ns + after_ns < at_ns)
            at_ns = request->sent_ns + after_ns;
    }
    if (at_ns == TSSB_NEVER && !feed->queued)
        at_ns = now_ns + node->config->asking.interval_ns;
    tssb_node_set_timer(node, replica, at_ns);
}

static void take_turn(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct feed *feed = feed_of(node, replica);
    uint32_t seq = next_of(node, replica);
    if (seq) {
        struct request *request = request_of(node, replica, seq);
        request->times = seq > feed->asked ? 1 : request->times + 1;
        request->sent_ns = now_ns;
        request->under_way = true;
        turns_of(node)->under_way++;
        if (seq > feed->asked)
            feed->asked = seq;
        (void)tssb_node_want(node, replica, &seq, 1, now_ns);
        if (next_of(node, replica))
            enqueue(node, replica);
    }
    set_timer(node, replica, now_ns);
}

static void take_turns(struct tssb_node *node, uint64_t now_ns) {
    const struct turns *turns = turns_of(node);
    while (turns->under_way < tssb_node_window_size(node) && turns->first != NOBODY)
        take_turn(node, dequeue(node), now_ns);
}

/* What the node calls. */

static void start(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct feed *feed = feed_of(node, replica);
    for (uint32_t i = 0; i < tssb_node_window_size(node); i++)
        end_request(node, &feed->requests[i]);
    feed->asked = node->replicas[replica].front_seq;
    feed->misses = 0;
    feed->open = feed->probing = true;
    enqueue(node, replica);
    tssb_node_set_timer(node, replica, TSSB_NEVER);
    take_turns(node, now_ns);
}

static void appended(struct tssb_node *node, uint32_t replica, uint64_t arrived_ns) {
    struct feed *feed = feed_of(node, replica);
    uint32_t seq = node->replicas[replica].front_seq;
    struct request *request = request_of(node, replica, seq);
    feed->misses = 0;
    if (seq > feed->asked) {
        feed->asked = seq;
        return;
    }
    /* What comes when its request counts as lost already is taken for a push. */
    if (request->under_way && arrived_ns > request->sent_ns) {
        feed->open = true;
        feed->probing = false;
        if (request->times == 1)
            tssb_rtt_measured(&turns_of(node)->rtt, arrived_ns - request->sent_ns);
        else
            tssb_rtt_ambiguous(&turns_of(node)->rtt, &node->config->asking.timeout,
                               arrived_ns - request->sent_ns);
    }
    end_request(node, request);
}

static void settled(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    enqueue(node, replica);
    set_timer(node, replica, now_ns);
    take_turns(node, now_ns);
}

/* The entry after the front was asked for, and did not come. It counts where nothing else came
 * either; and in the end it counts anyway, since what came may be none of the feed's. */
static void miss(struct tssb_node *node, uint32_t replica, const struct request *request) {
    struct feed *feed = feed_of(node, replica);
    struct tssb_rtt *rtt = &turns_of(node)->rtt;
    feed->misses = node->extras->heard_ns > request->sent_ns ? 0 : feed->misses + 1;
    if (request->times >= TSSB_TRIES_MAX)
        feed->misses = TSSB_TRIES_SILENT;
    if (feed->misses > 1 && rtt->smoothed_ns == 0)
        tssb_rtt_back_off(rtt);
}

/* Ends the requests that are lost. */
static void end_lost(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct feed *feed = feed_of(node, replica);
    uint32_t front = node->replicas[replica].front_seq;
    uint64_t after_ns = timeout_after_ns(node, feed->misses);
    for (uint32_t seq = front + 1; seq <= feed->asked && seq > front; seq++) {
        struct request *request = request_of(node, replica, seq);
        if (!request->under_way || now_ns < request->sent_ns + after_ns)
            continue;
        end_request(node, request);
        if (seq == front + 1)
            miss(node, replica, request);
    }
}

static void timeout(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    struct feed *feed = feed_of(node, replica);
    uint32_t tries = feed->probing ? TSSB_TRIES_PROBING : feed->open ? TSSB_TRIES_SILENT : 1;
    end_lost(node, replica, now_ns);
    if (feed->misses >= tries) {
        const struct request *last = request_of(node, replica,
                                                node->replicas[replica].front_seq + 1);
        uint64_t next_ns = last->sent_ns + node->config->asking.interval_ns;
        feed->open = feed->probing = false;
        feed->misses = 0;
        tssb_node_set_timer(node, replica, next_ns > now_ns ? next_ns : now_ns + 1);
    } else {
        enqueue(node, replica);
        set_timer(node, replica, now_ns);
    }
    take_turns(node, now_ns);
}

const struct tssb_strategy tssb_strategy_fair = {
    .name = "fair",
    .uses = TSSB_USES_SIZE | TSSB_USES_TIMEOUTS,
    .size = 32,
    .shared_size = sizeof(struct turns),
    .replica_size = state_size,
    .start = start,
    .appended = appended,
    .settled = settled,
    .timeout = timeout,
};
