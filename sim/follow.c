/* Who is behind, and for how long. A catch-up begins when a node that is up has just come up or
 * been reconnected and is behind, or falls two entries behind; it ends when the front first equals
 * the author's.
 *
 * Falling two behind is not looked for at every follower when an author writes: it shows when the
 * follower's next entry comes (or the node goes off, or the run ends), and began when the author
 * wrote the entry after the next. */
#include "world_state.h"

static struct world_feed *feed_of(struct world *world, const struct tssb_replica *replica) {
    return &world->feeds[replica->feed->index];
}

static void begin(struct follow *follow, const struct tssb_replica *replica, uint64_t since_ns) {
    follow->since_ns = since_ns;
    follow->front_then = replica->front_seq;
    follow->catchups++;
}

static void report(struct world *world, const struct sim_node *node,
                   const struct tssb_replica *replica, const struct follow *follow,
                   uint64_t until_ns) {
    uint32_t index = node_index(node), feed = replica->feed->index;
    struct catchup catchup = {
        .node = index,
        .feed = feed,
        .since_ns = follow->since_ns,
        .until_ns = until_ns,
        .entries = replica->front_seq - follow->front_then,
        .bound_ns = bound_caught_up(world, index, feed, follow->since_ns),
        .costs = cost_take(world, index, (uint32_t)(replica - node->core.replicas))};
    if (until_ns == TSSB_NEVER)
        catchup.bound_ns = TSSB_NEVER;
    for (struct observer *observer = world->observers; observer; observer = observer->next)
        if (observer->caught_up)
            observer->caught_up(observer, &catchup);
}

/* When the author wrote entry seq. */
static uint64_t authored_ns(const struct world_feed *feed, uint32_t seq) {
    return feed->authored_ns[seq - 1];
}

/* Notes a catch-up that began when the author got two entries ahead of where the replica stood
 * until now. */
static void begin_if_two_behind(struct world *world, struct follow *follow,
                                const struct tssb_replica *replica, uint32_t front_seq) {
    const struct world_feed *feed = feed_of(world, replica);
    if (follow->since_ns != TSSB_NEVER || feed->front < front_seq + 2)
        return;
    begin(follow, replica, authored_ns(feed, front_seq + 2));
    follow->front_then = front_seq;
}

void follow_authored(struct world *world, struct world_feed *feed) {
    if (feed->followers > 0 && feed->level == feed->followers)
        world->behind_feeds++;
    feed->level = 0;
}

void follow_end_if_level(struct world *world) {
    if (world->scenario->stop == STOP_WHEN_LEVEL && world->behind_feeds == 0 &&
        world->open_chains == 0 && world->unfinished_flows == 0 && world->unfinished_authors == 0 &&
        world->faults_left == 0)
        world->end_ns = world->now_ns;
}

void follow_advanced(struct world *world, struct sim_node *node, uint32_t replica_index) {
    const struct tssb_replica *replica = &node->core.replicas[replica_index];
    struct follow *follow = &node->follows[replica_index];
    struct world_feed *feed = feed_of(world, replica);
    begin_if_two_behind(world, follow, replica, replica->front_seq - 1);
    if (replica->front_seq != feed->front)
        return;
    if (follow->since_ns != TSSB_NEVER) {
        uint64_t took_ns = world->now_ns - follow->since_ns;
        if (took_ns > follow->longest_ns)
            follow->longest_ns = took_ns;
        report(world, node, replica, follow, world->now_ns);
        follow->since_ns = TSSB_NEVER;
    }
    if (++feed->level == feed->followers) {
        world->behind_feeds--;
        follow_end_if_level(world);
    }
}

typedef void visit(struct world *world, struct sim_node *node, const struct tssb_replica *replica,
                   struct follow *follow);

static void for_followed(struct world *world, struct sim_node *node, visit *act) {
    for (uint32_t i = 0; i < node->core.replica_count; i++)
        if (node->core.replicas[i].followed)
            act(world, node, &node->core.replicas[i], &node->follows[i]);
}

static void reconnect(struct world *world, struct sim_node *node,
                      const struct tssb_replica *replica, struct follow *follow) {
    if (follow->since_ns != TSSB_NEVER || replica->front_seq >= feed_of(world, replica)->front)
        return;
    begin(follow, replica, world->now_ns);
    if (node->up_since_ns == world->now_ns)
        bound_came_back(world, node_index(node), replica->feed->index, replica->front_seq);
}

static void settle(struct world *world, struct sim_node *node, const struct tssb_replica *replica,
                   struct follow *follow) {
    (void)node;
    begin_if_two_behind(world, follow, replica, replica->front_seq);
}

/* What comes again counts again among a catch-up's entries: front_then goes back by as much as the
 * front does, below 0 (modulo 2^32) where need be. */
static void lose(struct world *world, struct sim_node *node, const struct tssb_replica *replica,
                 struct follow *follow) {
    struct world_feed *feed = feed_of(world, replica);
    bound_lost(world, node_index(node), replica->feed->index);
    if (replica->front_seq == feed->front && feed->front > 0 && feed->level-- == feed->followers)
        world->behind_feeds++;
    follow->front_then -= replica->front_seq - replica->anchor_seq;
}

static void report_open(struct world *world, struct sim_node *node,
                        const struct tssb_replica *replica, struct follow *follow) {
    if (follow->since_ns != TSSB_NEVER)
        report(world, node, replica, follow, TSSB_NEVER);
}

void follow_reconnected(struct world *world, struct sim_node *node) {
    for_followed(world, node, reconnect);
}

void follow_lost(struct world *world, struct sim_node *node) {
    for_followed(world, node, lose);
}

void follow_settle(struct world *world, struct sim_node *node) {
    for_followed(world, node, settle);
}

void follow_end(struct world *world, struct sim_node *node) {
    if (!node->offline)
        follow_settle(world, node);
    for_followed(world, node, report_open);
}
