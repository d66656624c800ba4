/* What happens by the clock and not by packets: faults, entries that authors write, expectations
 * that are judged. */
#include <stdio.h>

#include "content.h"
#include "flow.h"
#include "sim/adversary/adversary.h"
#include "world_state.h"

static void begin_partition(struct world *world, const struct fault *fault) {
    bound_before_change(world);
    int error = partition_begin(&world->partitions, fault, world->scenario->node_count);
    bound_after_change(world, BOUND_CUT);
    if (error)
        world_fail(world, error);
}

static void heal(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < world->scenario->node_count; i++)
        if (!world->nodes[i].offline && partition_concerns(&world->partitions, fault->id, i)) {
            follow_settle(world, &world->nodes[i]); /* it fell behind while it was cut off */
            follow_reconnected(world, &world->nodes[i]);
        }
    bound_before_change(world);
    partition_heal(&world->partitions, fault->id);
    bound_after_change(world, BOUND_HEALED);
}

static void change_link(struct world *world, const struct fault *fault) {
    bound_before_change(world);
    world->engine->link_changed(world, fault);
    bound_after_change(world, BOUND_LINKS);
}

static void no_more(struct world *world, const struct fault *fault) {
    (void)world; /* floods and attacks know their end */
    (void)fault;
}

static void (*const fault_handlers[])(struct world *, const struct fault *) = {
    [FAULT_OFFLINE] = outage_offline,    [FAULT_ONLINE] = outage_online,
    [FAULT_PARTITION] = begin_partition, [FAULT_HEAL] = heal,
    [FAULT_LINK] = change_link,          [FAULT_LINK_RESTORE] = change_link,
    [FAULT_CRASH] = outage_crash,        [FAULT_WIPE] = outage_wipe,
    [FAULT_JOIN] = outage_join,          [FAULT_FLOOD] = flood_begin,
    [FAULT_FLOOD_END] = no_more,         [FAULT_CHURN] = churn_begin,
    [FAULT_CHURN_END] = churn_end,       [FAULT_ATTACK] = adversary_begin,
    [FAULT_ATTACK_END] = no_more,
};

/* Nodes come and go in the best of worlds: the end of churn is nothing to wait for. */
bool timeline_awaited(const struct fault *fault) {
    return fault->kind != FAULT_CHURN_END;
}

void timeline_tell(struct world *world, const struct fault *fault) {
    for (struct observer *observer = world->observers; observer; observer = observer->next)
        if (observer->fault)
            observer->fault(observer, world->now_ns, fault);
}

void timeline_fault(struct world *world, const struct fault *fault) {
    world->faults_left -= timeline_awaited(fault);
    timeline_tell(world, fault);
    fault_handlers[fault->kind](world, fault);
    follow_end_if_level(world);
}

static const struct produce *produce_of(const struct world *world, const struct world_feed *feed) {
    return &scenario_group(world->scenario, feed->author)->produce;
}

bool timeline_unfinished(const struct world *world, const struct world_feed *feed) {
    const struct produce *produce = produce_of(world, feed);
    return produce->every_ns && feed->produced < produce->entries;
}

/* By the author's clock; what that shows as past when the world begins is not made up for. */
static uint64_t first_due_ns(const struct world *world, const struct world_feed *feed) {
    const struct produce *produce = produce_of(world, feed);
    if (!world->clocks)
        return produce->start_ns;
    uint64_t due_ns = LOCAL_CLOCK_EPOCH_NS + produce->start_ns;
    uint64_t now_ns = world_local_ns(world, feed->author);
    if (due_ns < now_ns)
        due_ns += (now_ns - due_ns + produce->every_ns - 1) / produce->every_ns * produce->every_ns;
    return due_ns;
}

static void schedule_production(struct world *world, const struct world_feed *feed) {
    world_schedule(world, feed->author, world_when(world, feed->author, feed->due_ns),
                   EVENT_PRODUCE, feed->author);
}

/* An author that is off writes nothing, and goes on when it is back. */
void timeline_produce(struct world *world, uint32_t author) {
    struct sim_node *node = &world->nodes[author];
    struct world_feed *feed = &world->feeds[node->core.replicas[node->core.own].feed->index];
    if (!node->offline) {
        char text[TSSB_PAYLOAD_SIZE];
        (void)snprintf(text, sizeof text, "entry %u", feed->front + 1);
        feed->produced++;
        if (!timeline_unfinished(world, feed))
            world->unfinished_authors--;
        int error = content_append(world, feed, text);
        if (error)
            world_fail(world, error);
        follow_end_if_level(world); /* nobody may follow */
    }
    if (!timeline_unfinished(world, feed))
        return;
    feed->due_ns += produce_of(world, feed)->every_ns;
    schedule_production(world, feed);
}

/* Whether an expectation holds now. */
static bool holds(const struct world *world, const struct expectation *expectation) {
    const struct sim_node *author = &world->nodes[expectation->author];
    const struct tssb_replica *source = &author->core.replicas[author->core.own];
    if (source->front_seq == 0) /* to hold all of nothing proves nothing */
        return false;
    for (uint32_t i = 0; i < expectation->on.count; i++) {
        const struct sim_node *node = &world->nodes[expectation->on.nodes[i]];
        uint32_t replica = tssb_node_find(&node->core, source->feed);
        uint32_t due = expectation->kind == EXPECT_HOLDS ? expectation->entries : source->front_seq;
        if (expectation->kind == EXPECT_STREAM) /* there may be more to come of the feed */
            due = 0;
        if (replica == TSSB_NO_REPLICA || node->core.replicas[replica].front_seq < due)
            return false;
        if (expectation->kind == EXPECT_STREAM &&
            !flow_is_delivered(world, expectation->author, expectation->on.nodes[i]))
            return false;
        if (expectation->kind == EXPECT_CHAINS &&
            !content_is_whole(node, &node->core.replicas[replica]))
            return false;
    }
    return true;
}

void timeline_judge(struct world *world, uint32_t index) {
    if (world->judged[index])
        return;
    world->judged[index] = true;
    world->met[index] = holds(world, &world->scenario->expectations[index]);
}

void timeline_schedule(struct world *world) {
    const struct scenario *scenario = world->scenario;
    outage_schedule(world);
    for (uint32_t i = 0; i < scenario->fault_count; i++)
        world_schedule(world, TSSB_NO_REPLICA, scenario->faults[i].at_ns, EVENT_FAULT, i);
    for (uint32_t i = 0; i < scenario->node_count; i++)
        world_schedule(world, TSSB_NO_REPLICA, 0, EVENT_START, i);
    for (uint32_t i = 0; i < world->feed_count; i++) {
        if (!timeline_unfinished(world, &world->feeds[i]))
            continue;
        world->feeds[i].due_ns = first_due_ns(world, &world->feeds[i]);
        schedule_production(world, &world->feeds[i]);
    }
    for (uint32_t i = 0; i < scenario->expectation_count; i++)
        if (scenario->expectations[i].by_ns < scenario->duration_ns)
            world_schedule(world, TSSB_NO_REPLICA, scenario->expectations[i].by_ns, EVENT_JUDGE, i);
}
