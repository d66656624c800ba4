/* Nodes go off and come back. There may be several reasons at once for a node to be off: items of
 * the timeline, churn, that it has not joined yet. It is up while there is none.
 *
 * Each item that takes a node off counts for itself, until its own end. To be told to go online
 * ends all of them, and the time that churn keeps the node down; what ends later of an item that
 * began before has no effect any more. */
#include "chains.h"
#include "flow.h"
#include "world_state.h"

void outage_begin(struct world *world, uint32_t index, enum outage_reason reason) {
    struct sim_node *node = &world->nodes[index];
    if (!node->offline && node->starts > 0) /* it was up */
        follow_settle(world, node);
    bound_node_down(world, index);
    node->offline = (uint16_t)(node->offline | reason);
}

void outage_end(struct world *world, uint32_t index, unsigned reasons) {
    struct sim_node *node = &world->nodes[index];
    bool was_off = node->offline != 0;
    node->offline = (uint16_t)(node->offline & ~reasons);
    /* At the very start all nodes start anyway. */
    if (was_off && !node->offline && node->starts > 0)
        world_start_node(world, index);
}

/* The place of a fault among those of the scenario. */
static uint32_t index_of(const struct world *world, const struct fault *fault) {
    return (uint32_t)(fault - world->scenario->faults);
}

static void take_off(struct world *world, uint32_t index) {
    world->nodes[index].outages++;
    outage_begin(world, index, OFF_BY_ITEM);
}

void outage_offline(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++)
        take_off(world, fault->nodes.nodes[i]);
}

static void end_item(struct world *world, const struct fault *fault, uint32_t index) {
    struct sim_node *node = &world->nodes[index];
    if (fault->began >= node->outages_from && --node->outages == 0)
        outage_end(world, index, OFF_BY_ITEM);
}

static void end_all(struct world *world, const struct fault *fault, uint32_t index) {
    struct sim_node *node = &world->nodes[index];
    bool cut_short = node->offline & OFF_BY_CHURN;
    node->outages = 0;
    node->outages_from = index_of(world, fault);
    outage_end(world, index, OFF_BY_ITEM | OFF_BY_CHURN);
    if (cut_short)
        churn_draw(world, index);
}

void outage_online(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++)
        (fault->is_end ? end_item : end_all)(world, fault, fault->nodes.nodes[i]);
}

/* The node gets a core as new: all that it had in memory is forgotten. Its store tells it what it
 * holds. Replicas keep their places, by which `follows` knows them. */
static void restart_core(struct world *world, struct sim_node *node) {
    struct tssb_node old = node->core;
    int error = 0;
    tssb_node_init(&node->core, old.config, node, &node->store.store, old.key);
    for (uint32_t i = 0; i < old.replica_count && !error; i++) {
        /* A world's replicas all begin with the feed. */
        struct tssb_anchor anchor = tssb_anchor_whole(old.replicas[i].feed->fid);
        uint32_t index;
        error = tssb_node_open(&node->core, &anchor, old.replicas[i].followed, &index);
    }
    if (error) {
        tssb_node_close(&node->core);
        node->core = old;
        world_fail(world, error);
        return;
    }
    node->core.verifications = old.verifications; /* a count of the run, not of the node's */
    tssb_node_close(&old);
    flow_restart(world, node);
}

void outage_crash(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++) {
        struct sim_node *node = &world->nodes[fault->nodes.nodes[i]];
        take_off(world, fault->nodes.nodes[i]);
        tssb_pool_view_keep(&node->store, node->core.replicas, node->core.replica_count);
        restart_core(world, node);
        tssb_pool_view_keep(&node->store, NULL, 0);
    }
}

void outage_wipe(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++) {
        struct sim_node *node = &world->nodes[fault->nodes.nodes[i]];
        take_off(world, fault->nodes.nodes[i]);
        follow_lost(world, node);
        chains_lost(node);
        tssb_pool_view_close(&node->store);
        tssb_pool_view_init(&node->store, &world->pool);
        restart_core(world, node);
    }
}

void outage_join(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++)
        outage_end(world, fault->nodes.nodes[i], OFF_BEFORE_JOINING);
}

void outage_schedule(struct world *world) {
    const struct scenario *scenario = world->scenario;
    for (uint32_t i = 0; i < scenario->fault_count; i++)
        if (scenario->faults[i].kind == FAULT_JOIN)
            for (uint32_t k = 0; k < scenario->faults[i].nodes.count; k++)
                outage_begin(world, scenario->faults[i].nodes.nodes[k], OFF_BEFORE_JOINING);
}
