/* A catch-up that begins by falling two entries behind shows later than it began (follow.c).
 * Nothing is lost by that: before anything that happens to the node is counted, it is looked
 * whether the node has fallen behind meanwhile, and before that nothing has happened.
 *
 * Few nodes are behind at one time, so each keeps a list of its catch-ups, which is short. */
#include "cost.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/request.h"
#include "world_state.h"

/* A catch-up that is being counted. */
struct costing {
    struct costing *next;
    uint32_t replica, feed;
    uint64_t stash_hits, stash_overflows; /* of the node, when it began */
    struct catchup_costs costs;
};

struct costs {
    uint32_t node_count;
    struct costing *of_node[];
};

int costs_open(struct world *world) {
    uint32_t count = world->scenario->node_count;
    world->costs = calloc(1, sizeof *world->costs + count * sizeof *world->costs->of_node);
    if (!world->costs)
        return TSSB_E_MEMORY;
    world->costs->node_count = count;
    return 0;
}

void costs_close(struct world *world) {
    struct costs *costs = world->costs;
    for (uint32_t i = 0; costs && i < costs->node_count; i++)
        for (struct costing *costing = costs->of_node[i], *next; costing; costing = next) {
            next = costing->next;
            free(costing);
        }
    free(costs);
    world->costs = NULL;
}

static bool is_behind(const struct world *world, const struct sim_node *node, uint32_t replica) {
    const struct tssb_replica *at = &node->core.replicas[replica];
    return node->follows[replica].since_ns != TSSB_NEVER ||
           world->feeds[at->feed->index].front >= at->front_seq + 2;
}

/* The place in the node's list where the replica's catch-up is, or where the list ends. */
static struct costing **place_of(struct world *world, uint32_t node, uint32_t replica) {
    struct costing **at = &world->costs->of_node[node];
    while (*at && (*at)->replica != replica)
        at = &(*at)->next;
    return at;
}

/* The counts of a replica; NULL where it is not behind, or memory ran out. */
static struct catchup_costs *costs_of_replica(struct world *world, uint32_t index,
                                              uint32_t replica) {
    const struct sim_node *node = &world->nodes[index];
    if (replica == TSSB_NO_REPLICA || !node->core.replicas[replica].followed ||
        !is_behind(world, node, replica))
        return NULL;
    struct costing **at = place_of(world, index, replica);
    if (!*at) {
        *at = calloc(1, sizeof **at);
        if (!*at) {
            world_fail(world, TSSB_E_MEMORY);
            return NULL;
        }
        const struct tssb_node_counts counts = tssb_node_counts(&node->core);
        (*at)->stash_hits = counts.stash_hits;
        (*at)->stash_overflows = counts.stash_overflows;
        (*at)->replica = replica;
        (*at)->feed = node->core.replicas[replica].feed->index;
    }
    return &(*at)->costs;
}

/* Asked for each delivery: what is being counted is looked at first; and where all have all of the
 * feed, nobody is behind. */
static struct catchup_costs *costs_of(struct world *world, uint32_t node, uint32_t feed) {
    if (!world->costs || feed == FEED_NONE)
        return NULL;
    struct costing *counted = world->costs->of_node[node];
    if (counted && counted->feed == feed)
        return &counted->costs;
    if (world->feeds[feed].level == world->feeds[feed].followers)
        return NULL;
    return costs_of_replica(
        world, node, tssb_node_find(&world->nodes[node].core, tssb_pool_feed(&world->pool, feed)));
}

/* One packet may ask for entries of several feeds. */
static void count_requests(struct world *world, uint32_t index, const struct tssb_packet *packet,
                           uint32_t faces) {
    const struct tssb_node *core = &world->nodes[index].core;
    struct tssb_want want;
    for (size_t i = 0; i < tssb_want_count(packet->size); i++) {
        tssb_want_decode(packet->bytes, i, &want);
        for (uint32_t r = 0; r < core->replica_count; r++) {
            if (memcmp(core->replicas[r].feed->fid, want.fid, sizeof want.fid) != 0)
                continue;
            struct catchup_costs *costs = costs_of_replica(world, index, r);
            if (costs)
                costs->want_requests += faces;
            break;
        }
    }
}

void cost_sent(struct world *world, uint32_t node, const struct tssb_packet *packet,
               uint32_t faces) {
    if (!world->costs || !packet->feed)
        return;
    if (packet->kind == TSSB_PACKET_WANT)
        count_requests(world, node, packet, faces);
    struct catchup_costs *costs = costs_of(world, node, packet->feed->index);
    if (!costs)
        return;
    costs->sent_bytes += (uint64_t)faces * packet->size;
    if (packet->kind == TSSB_PACKET_WANT)
        costs->want_packets += faces;
    else if (packet->kind == TSSB_PACKET_RANGE)
        costs->range_packets += faces;
}

void cost_airtime(struct world *world, uint32_t node, uint32_t feed, uint64_t airtime_ns) {
    struct catchup_costs *costs = costs_of(world, node, feed);
    if (costs)
        costs->airtime_ns += airtime_ns;
}

void cost_received(struct world *world, uint32_t node, const struct flight *flight) {
    struct catchup_costs *costs = costs_of(world, node, flight->feed);
    if (!costs)
        return;
    costs->received_bytes += flight->size;
    costs->received_entries += flight->kind == TSSB_PACKET_ENTRY;
}

void cost_duplicate(struct world *world, uint32_t node, const struct flight *flight) {
    struct catchup_costs *costs = costs_of(world, node, flight->feed);
    if (costs)
        costs->duplicate_entries++;
}

/* The packet that brought the entry has been counted, so the list has the catch-up if there is one.
 */
void cost_appended(struct world *world, uint32_t node, uint32_t replica) {
    struct costing *costing = world->costs ? *place_of(world, node, replica) : NULL;
    if (costing)
        costing->costs.useful_entries++;
}

/* How far a count of the core has come since; a node that crashed counts from 0 again. */
static uint32_t since(uint64_t now, uint64_t then) {
    return (uint32_t)(now >= then ? now - then : now);
}

/* A node's feeds share one stash: where several are behind at a time, each has the counts of all.
 */
struct catchup_costs cost_take(struct world *world, uint32_t node, uint32_t replica) {
    struct catchup_costs costs = {0};
    if (!world->costs)
        return costs;
    struct costing **at = place_of(world, node, replica), *costing = *at;
    if (!costing)
        return costs;
    const struct tssb_node_counts counts = tssb_node_counts(&world->nodes[node].core);
    costs = costing->costs;
    costs.stash_hits = since(counts.stash_hits, costing->stash_hits);
    costs.stash_overflows = since(counts.stash_overflows, costing->stash_overflows);
    *at = costing->next;
    free(costing);
    return costs;
}
