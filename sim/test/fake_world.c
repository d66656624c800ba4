/* The world that is told, not simulated. */
#include "fake_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/fate.h"

enum { NODE_A, NODE_B, NODE_C };
enum { ENTRIES = 10, WANT_BYTES = 43, ENTRY_BYTES = 120 };

static const uint64_t MS = 1000000, SECOND = 1000000000;

#define BOUND_NS UINT64_C(60005000000) /* nodeB could have sent all as soon as nodeC came */

const char fake_story[] = "name: transitive-sync\n"
                          "seed: 7\n"
                          "duration: 120 s\n"
                          "nodes:\n"
                          "  nodeA: {produce: {every: 5 s, entries: 10}}\n"
                          "  nodeB: {follow: [nodeA]}\n"
                          "  nodeC: {follow: [nodeA], serve: false}\n"
                          "network:\n"
                          "  topology: broadcast\n"
                          "  link: {delay: 5 ms, loss: 10 %}\n"
                          "timeline:\n"
                          "  - {at: 0 s, offline: [nodeC]}\n"
                          "  - {at: 55 s, offline: [nodeA]}\n"
                          "  - {at: 60 s, online: [nodeC]}\n"
                          "expect:\n"
                          "  - {converged: nodeA, on: [nodeB, nodeC], by: 90 s}\n"
                          "record: packets\n";

/* Authors are those who produce, in the order of nodes. */
static void find_authors(struct world *world) {
    for (uint32_t i = 0; i < world->scenario.group_count; i++) {
        const struct node_group *group = &world->scenario.groups[i];
        if (group->produce.at_start == 0 && group->produce.every_ns == 0)
            continue;
        for (uint32_t n = 0; n < group->count; n++) {
            uint32_t feed = world->feed_count++;
            world->authors[feed] = group->first + n;
            memset(world->feed_ids[feed], (int)(0xa0 + feed), sizeof world->feed_ids[feed]);
        }
    }
}

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);
    assert_non_null(memory);
    return memory;
}

void fake_world_open(struct world *world, const char *yaml) {
    char *errors = NULL;
    *world = (struct world){0};
    if (scenario_parse(&world->scenario, "story.yaml", yaml, strlen(yaml), NULL, 0, &errors))
        fail_msg("%s", errors);
    size_t nodes = world->scenario.node_count;
    world->authors = zeroed(nodes, sizeof *world->authors);
    world->fronts = zeroed(nodes, sizeof *world->fronts);
    world->feed_ids = zeroed(nodes, sizeof *world->feed_ids);
    world->counts = zeroed(nodes, sizeof *world->counts);
    world->digests = zeroed(nodes, sizeof *world->digests);
    find_authors(world);
    world->follows = zeroed(nodes * world->feed_count, sizeof *world->follows);
}

void fake_world_close(struct world *world) {
    scenario_close(&world->scenario);
    free(world->authors);
    free(world->fronts);
    free(world->feed_ids);
    free(world->counts);
    free(world->digests);
    free(world->follows);
}

/* The story. */

struct telling {
    struct world *world;
    struct observer *observer;
};

static void tell_packet(struct telling *telling, const struct sighting *sighting) {
    struct node_counts *from = &telling->world->counts[sighting->from_node];
    struct node_counts *to = &telling->world->counts[sighting->to_node];
    from->sent_packets++;
    from->sent_bytes += sighting->size_bytes;
    from->wants_sent += sighting->kind == TSSB_PACKET_WANT;
    from->entries_sent += sighting->kind == TSSB_PACKET_ENTRY;
    to->dropped += sighting->fate == FATE_LOST;
    to->received_packets += sighting->fate != FATE_LOST;
    to->received_bytes += sighting->fate != FATE_LOST ? sighting->size_bytes : 0;
    telling->world->digests[sighting->to_node] = telling->world->digests[sighting->to_node] * 31 +
                                                 sighting->at_ns + sighting->fate +
                                                 sighting->size_bytes;
    if (telling->observer->wants_packets) {
        telling->observer->sent(telling->observer,
                                &(struct departure){.node = sighting->from_node});
        telling->observer->receiving(telling->observer, sighting);
        telling->observer->received(telling->observer, sighting);
    }
}

/* nodeC asks, nodeB hears it and so does nodeA, which is away; the answer comes, or is lost. */
static void tell_round(struct telling *telling, uint64_t at_ns, uint32_t seq,
                       const struct fake_twist *twist, bool lost) {
    bool first = seq == 1;
    struct sighting want[2];
    for (int i = 0; i < 2; i++)
        want[i] = (struct sighting){.sent_ns = at_ns,
                                    .at_ns = at_ns + 5 * MS,
                                    .kind = TSSB_PACKET_WANT,
                                    .size_bytes = WANT_BYTES,
                                    .seq = seq,
                                    .from_node = NODE_C,
                                    .to_node = i == 0 ? NODE_A : NODE_B,
                                    .fate = i == 0 ? FATE_OFFLINE : TSSB_FATE_ANSWERED};
    tell_packet(telling, &want[twist->backwards]);
    tell_packet(telling, &want[!twist->backwards]);
    struct sighting entry = {
        .sent_ns = at_ns + 5 * MS,
        .at_ns = at_ns + 10 * MS + (first ? twist->late_by_ns : 0),
        .kind = TSSB_PACKET_ENTRY,
        .size_bytes = (uint16_t)(ENTRY_BYTES + (first ? twist->more_bytes : 0)),
        .seq = seq,
        .from_node = NODE_B,
        .to_node = NODE_C,
        .fate = lost ? FATE_LOST : TSSB_FATE_APPENDED};
    tell_packet(telling, &entry);
    if (!lost)
        telling->observer->appended(telling->observer, &(struct arrival){.at_ns = entry.at_ns,
                                                                         .node = NODE_C,
                                                                         .seq = seq,
                                                                         .from_node = NODE_B,
                                                                         .bound_ns = BOUND_NS});
}

static void tell_writing(struct telling *telling) {
    for (uint32_t seq = 1; seq <= ENTRIES; seq++) {
        struct arrival arrival = {
            .at_ns = SECOND * 5 * seq, .node = NODE_A, .seq = seq, .from_node = NODE_A};
        arrival.bound_ns = arrival.at_ns;
        telling->observer->appended(telling->observer, &arrival);
        arrival.at_ns += 5 * MS;
        arrival.bound_ns = TSSB_NEVER;
        arrival.node = NODE_B;
        telling->observer->appended(telling->observer, &arrival);
    }
}

static void tell_end(struct world *world, uint64_t latency_ns) {
    world->fronts[0] = ENTRIES;
    world->follows[NODE_B] = (struct follow_counts){.entries = ENTRIES};
    world->follows[NODE_C] = (struct follow_counts){
        .entries = ENTRIES, .catchups = 1, .catchup_ns = latency_ns};
    world->totals = (struct world_totals){
        .events = 131, .simulated_ns = 120 * SECOND, .verifications = ENTRIES};
    for (uint32_t i = 0; i < world->scenario.node_count; i++) {
        world->totals.nodes.sent_bytes += world->counts[i].sent_bytes;
        world->totals.nodes.wants_sent += world->counts[i].wants_sent;
        world->totals.deliveries += world->counts[i].received_packets;
        memcpy(world->digest, &world->digests[NODE_C], sizeof world->digests[NODE_C]);
    }
    world->wall_ns = 3100000;
    world->met[0] = true;
}

void fake_world_run(struct world *world, struct observer *observer,
                    const struct fake_twist *twist) {
    struct telling telling = {world, observer};
    uint64_t at_ns = 60 * SECOND;
    const struct fault *faults = world->scenario.faults;
    observer->fault(observer, faults[0].at_ns, &faults[0]);
    tell_writing(&telling);
    observer->fault(observer, faults[1].at_ns, &faults[1]);
    observer->fault(observer, faults[2].at_ns, &faults[2]);
    for (uint32_t seq = 1; seq <= ENTRIES; seq++) {
        if (seq == twist->lost_seq) {
            tell_round(&telling, at_ns, seq, twist, true);
            at_ns += 10 * SECOND;
        }
        tell_round(&telling, at_ns, seq, twist, false);
        at_ns += 10 * MS;
    }
    tell_packet(&telling, &(struct sighting){.sent_ns = at_ns,
                                             .at_ns = at_ns + 5 * MS,
                                             .kind = TSSB_PACKET_NEED,
                                             .size_bytes = 29,
                                             .feed = FEED_NONE,
                                             .from_node = NODE_C,
                                             .to_node = NODE_B,
                                             .fate = TSSB_FATE_NOT_HELD});
    if (observer->fetched) {
        struct chain_fetch fetch = {NODE_C, 0, 1, 40, 60 * SECOND, 61 * SECOND};
        observer->fetched(observer, &fetch);
        fetch.seq = 2;
        fetch.until_ns = TSSB_NEVER;
        observer->fetched(observer, &fetch);
    }
    observer->caught_up(observer, &(struct catchup){.node = NODE_C,
                                                    .since_ns = 60 * SECOND,
                                                    .until_ns = at_ns,
                                                    .entries = ENTRIES,
                                                    .bound_ns = 5 * MS,
                                                    .costs = {.want_packets = ENTRIES,
                                                              .want_requests = ENTRIES + 1,
                                                              .range_packets = 2,
                                                              .received_entries = 14,
                                                              .useful_entries = ENTRIES,
                                                              .duplicate_entries = 3,
                                                              .stash_hits = 4,
                                                              .stash_overflows = 1,
                                                              .sent_bytes = 430,
                                                              .received_bytes = 1680,
                                                              .airtime_ns = 7 * SECOND}});
    tell_end(world, at_ns - 60 * SECOND);
}

/* world.h */

const struct scenario *world_scenario(const struct world *world) {
    return &world->scenario;
}

const struct world_totals *world_totals(const struct world *world) {
    return &world->totals;
}

uint32_t world_feed_count(const struct world *world) {
    return world->feed_count;
}

uint32_t world_feed_author(const struct world *world, uint32_t feed) {
    return world->authors[feed];
}

const uint8_t *world_feed_id(const struct world *world, uint32_t feed) {
    return world->feed_ids[feed];
}

uint32_t world_feed_front(const struct world *world, uint32_t feed) {
    return world->fronts[feed];
}

struct node_counts world_node_counts(const struct world *world, uint32_t node) {
    return world->counts[node];
}

uint32_t world_followed(const struct world *world, uint32_t node, uint32_t nth) {
    const struct node_set *follow = &scenario_group(&world->scenario, node)->follow;
    for (uint32_t i = 0; i < follow->count; i++)
        for (uint32_t feed = 0; feed < world->feed_count; feed++)
            if (follow->nodes[i] != node && world->authors[feed] == follow->nodes[i] && nth-- == 0)
                return feed;
    return FEED_NONE;
}

bool world_follow_counts(const struct world *world, uint32_t node, uint32_t feed,
                         struct follow_counts *counts) {
    *counts = world->follows[node * world->feed_count + feed];
    return true;
}

uint64_t world_node_digest(const struct world *world, uint32_t node) {
    return world->digests[node];
}

bool world_expectation_met(const struct world *world, uint32_t expectation) {
    return world->met[expectation];
}

void world_digest(const struct world *world, uint8_t digest[DIGEST_SIZE]) {
    memcpy(digest, world->digest, DIGEST_SIZE);
}

uint64_t world_wall_ns(const struct world *world) {
    return world->wall_ns;
}
