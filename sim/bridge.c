/* Forwarding: what was forwarded of late is remembered as a ring of hashes. */
#include "bridge.h"

#include <stdlib.h>

#include "core/error.h"
#include "world_state.h"

#define ONCE_NS UINT64_C(1000000000)

enum { RECENT_PACKETS = 1024 };

struct bridge {
    const struct bridge_times *times;
    struct {
        uint64_t at_ns, hash;
        bool used;
    } recent[RECENT_PACKETS];
    uint32_t next;
};

struct bridge *bridge_open(const struct bridge_times *times) {
    struct bridge *bridge = calloc(1, sizeof *bridge);
    if (bridge)
        bridge->times = times;
    return bridge;
}

void bridge_close(struct bridge *bridge) {
    free(bridge);
}

/* Whether the packet was forwarded within ONCE_NS; if not, it is from now on. */
static bool seen(struct bridge *bridge, uint64_t hash, uint64_t now_ns) {
    for (uint32_t i = 1; i <= RECENT_PACKETS; i++) {
        uint32_t at = (bridge->next + RECENT_PACKETS - i) % RECENT_PACKETS;
        if (!bridge->recent[at].used || now_ns - bridge->recent[at].at_ns > ONCE_NS)
            break;
        if (bridge->recent[at].hash == hash)
            return true;
    }
    bridge->recent[bridge->next].at_ns = now_ns;
    bridge->recent[bridge->next].hash = hash;
    bridge->recent[bridge->next].used = true;
    bridge->next = (bridge->next + 1) % RECENT_PACKETS;
    return false;
}

/* Real faces, which come after those of the engine, are no radios. */
static uint64_t processing_ns(const struct world *world, uint32_t node, uint32_t face) {
    const struct bridge_times *times = world->nodes[node].bridge->times;
    bool radio = face < world->engine->face_count(world, node) &&
                 world->engine->is_radio(world, node, face);
    return radio ? times->radio_ns : times->other_ns;
}

/* The bytes of what waits to be forwarded, once for all faces. */
static uint32_t copy_flight(struct world *world, uint32_t node, const struct flight *flight) {
    uint32_t index = flight_take(&world->flights, flight->bytes, flight->size);
    if (index == FLIGHT_NONE)
        return index;
    struct flight *copy = flight_at(&world->flights, index);
    copy->sent_ns = world->now_ns;
    copy->feed = flight->feed;
    copy->seq = flight->seq;
    copy->from = node;
    copy->kind = flight->kind;
    return index;
}

unsigned bridge_take(struct world *world, uint32_t node, uint32_t face,
                     const struct flight *flight) {
    struct sim_node *at = &world->nodes[node];
    if (seen(at->bridge, flight->hash, world->now_ns))
        return FATE_SEEN;
    uint32_t index = copy_flight(world, node, flight);
    if (index == FLIGHT_NONE) {
        world_fail(world, TSSB_E_MEMORY);
        return TSSB_FATE_FAILED;
    }
    uint32_t faces = world->engine->face_count(world, node) + at->real_faces;
    for (uint32_t to = 0; to < faces; to++) {
        if (to == face)
            continue;
        struct event event = {.at_ns = world->now_ns + processing_ns(world, node, to),
                              .source = node + 1,
                              .counter = at->caused++,
                              .target = node,
                              .face = to,
                              .flight = index,
                              .kind = EVENT_FORWARD};
        flight_at(&world->flights, index)->references++;
        world->engine->schedule(world, &event);
    }
    flight_release(&world->flights, index);
    return FATE_FORWARDED;
}

void bridge_forward(struct world *world, const struct event *event) {
    struct sim_node *node = &world->nodes[event->target];
    struct flight flight = *flight_at(&world->flights, event->flight);
    flight_release(&world->flights, event->flight);
    if (node->offline || flight.sent_ns < node->up_since_ns)
        return;
    world_send(world, event->target, event->face,
               &(struct tssb_packet){.bytes = flight.bytes,
                                     .size = flight.size,
                                     .kind = flight.kind,
                                     .feed = flight.feed == FEED_NONE
                                                 ? NULL
                                                 : tssb_pool_feed(&world->pool, flight.feed),
                                     .seq = flight.seq});
}
