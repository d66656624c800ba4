/* What happens in a world: it is the host of its nodes' cores, and notes what becomes of each
 * packet and entry. world_build.c makes it, follow.c keeps account of who is behind, timeline.c
 * does what goes by the clock. */
#include "bridge.h"
#include "chains.h"
#include "flow.h"
#include "sim/adversary/adversary.h"
#include "world_state.h"

#include "core/bytes.h"
#include "core/error.h"
#include "stream.h"

void world_fail(struct world *world, int error) {
    if (!world->error)
        world->error = error;
}

/* Events. */

void world_schedule_event(struct world *world, uint32_t node, struct event *event) {
    bool by_node = node != TSSB_NO_REPLICA;
    uint32_t others = event->kind == EVENT_JUDGE ? SOURCE_LAST : SOURCE_WORLD;
    event->source = by_node ? node + 1 : others;
    event->counter = by_node ? world->nodes[node].caused++ : world->caused++;
    world->engine->schedule(world, event);
}

void world_schedule(struct world *world, uint32_t node, uint64_t at_ns, enum event_kind kind,
                    uint32_t target) {
    struct event event = {.at_ns = at_ns, .target = target, .kind = (uint8_t)kind};
    world_schedule_event(world, node, &event);
}

void world_reschedule(struct world *world, struct sim_node *node) {
    if (node->flows && !node->offline)
        flow_step(world, node);
    uint64_t next_ns = tssb_node_next_wake(&node->core);
    if (node->flows) {
        uint64_t flow_ns = flow_next_wake(node);
        next_ns = flow_ns < next_ns ? flow_ns : next_ns;
    }
    if (next_ns >= node->wake_ns || node->offline)
        return;
    uint32_t index = node_index(node);
    uint64_t now_ns = world_local_ns(world, index);
    if (next_ns < now_ns) /* a timeout that got shorter may have run out already */
        next_ns = now_ns;
    node->wake_ns = next_ns;
    world_schedule(world, index, world_when(world, index, next_ns), EVENT_WAKE, index);
}

/* A timer that moves later leaves its event where it is: the event looks again when it comes. */
static void wake(struct world *world, uint32_t index, uint64_t at_ns) {
    struct sim_node *node = &world->nodes[index];
    if (at_ns != world_when(world, index, node->wake_ns))
        return;
    node->wake_ns = TSSB_NEVER;
    if (node->offline)
        return;
    tssb_node_wake(&node->core, world_local_ns(world, index));
    world_reschedule(world, node);
}

void world_start_node(struct world *world, uint32_t index) {
    struct sim_node *node = &world->nodes[index];
    uint32_t nth = node->starts++;
    if (node->offline)
        return;
    node->up_since_ns = world->now_ns;
    uint64_t now_ns = world_local_ns(world, index), first_ns = now_ns;
    if (scenario_group(world->scenario, index)->strategy.spread)
        first_ns += stream_below(stream_draw(world->node_keys[index], STREAM_FIRST_REQUEST, nth),
                                 node->core.config->asking.interval_ns);
    bound_node_up(world, index);
    follow_reconnected(world, node);
    tssb_node_start(&node->core, now_ns, first_ns);
    world_reschedule(world, node);
}

/* The host of the cores. */

static uint32_t feed_index(const struct tssb_feed *feed) {
    return feed ? feed->index : FEED_NONE;
}

static void count_sent(struct sim_node *node, const struct tssb_packet *packet, uint32_t faces) {
    node->sent_packets += faces;
    node->sent_bytes += (uint64_t)faces * packet->size;
    if (packet->kind == TSSB_PACKET_WANT)
        node->wants_sent += faces;
    else if (packet->kind == TSSB_PACKET_ENTRY)
        node->entries_sent += faces;
}

/* A node's real faces come after those that the engine gives it. */
static uint32_t virtual_faces(const struct world *world, const struct sim_node *node) {
    return world->engine->face_count(world, node_index(node));
}

uint32_t world_face_count(const struct world *world, uint32_t node) {
    return virtual_faces(world, &world->nodes[node]) + world->nodes[node].real_faces;
}

static uint32_t peer_of(const struct world *world, uint32_t node, uint32_t face) {
    if (face == TSSB_ALL_FACES)
        return NODE_NONE;
    if (face >= virtual_faces(world, &world->nodes[node]))
        return NODE_OUTSIDE;
    return world->engine->peer(world, node, face);
}

/* Sends on the faces that the engine has, and on real ones. */
static void send_out(struct world *world, const struct sim_node *node, uint32_t face,
                     uint32_t flight_index, bool answer) {
    const struct flight *flight = flight_at(&world->flights, flight_index);
    uint32_t virtual = virtual_faces(world, node);
    bool to_all = face == TSSB_ALL_FACES;
    if (to_all || face < virtual)
        world->engine->send(world, node_index(node), face, flight_index);
    if (!world->outside || !world->outside->send)
        return;
    for (uint32_t i = 0; i < node->real_faces; i++)
        if (to_all || face == virtual + i)
            world->outside->send(world->outside->context, node->first_real_face + i, flight->bytes,
                                 flight->size, answer);
}

static void tell_sent(struct world *world, const struct tssb_packet *packet, uint32_t node,
                      uint32_t face) {
    struct departure departure = {.at_ns = world->now_ns,
                                  .kind = packet->kind,
                                  .size_bytes = packet->size,
                                  .feed = feed_index(packet->feed),
                                  .seq = packet->seq,
                                  .node = node,
                                  .face = face,
                                  .to_node = peer_of(world, node, face),
                                  .bytes = packet->bytes};
    for (struct observer *observer = world->observers; observer; observer = observer->next)
        if (observer->wants_packets && observer->sent)
            observer->sent(observer, &departure);
}

void world_send(struct world *world, uint32_t index, uint32_t face,
                const struct tssb_packet *packet) {
    struct sim_node *node = &world->nodes[index];
    uint32_t flight_index = flight_take(&world->flights, packet->bytes, packet->size);
    if (flight_index == FLIGHT_NONE) {
        world_fail(world, TSSB_E_MEMORY);
        return;
    }
    struct flight *flight = flight_at(&world->flights, flight_index);
    flight->sent_ns = world->now_ns;
    flight->feed = feed_index(packet->feed);
    flight->seq = packet->seq;
    flight->from = index;
    flight->kind = packet->kind;
    uint32_t faces = face == TSSB_ALL_FACES ? virtual_faces(world, node) + node->real_faces : 1;
    count_sent(node, packet, faces);
    cost_sent(world, index, packet, faces);
    digest_fold(&node->digest, flight->hash ^ world->now_ns);
    digest_fold(&node->digest, face);
    if (world->watched)
        tell_sent(world, packet, index, face);
    send_out(world, node, face, flight_index, packet->answer);
    flight_release(&world->flights, flight_index);
}

static void host_send(void *context, uint32_t face, const struct tssb_packet *packet) {
    const struct sim_node *node = context;
    if (node->world->running)
        world_send(node->world, node_index(node), face, packet);
}

static void note_authored(struct world *world, struct world_feed *feed) {
    if (feed->front == feed->capacity) {
        void *times = feed->authored_ns;
        int error = tssb_mem_grow(&tssb_mem_libc, &times, &feed->capacity, feed->front + 1,
                                  sizeof *feed->authored_ns);
        feed->authored_ns = times;
        if (error) {
            world_fail(world, error);
            return;
        }
    }
    feed->authored_ns[feed->front++] = world->now_ns;
    follow_authored(world, feed);
    bound_authored(world, (uint32_t)(feed - world->feeds));
}

static void host_appended(void *context, const struct tssb_replica *replica,
                          const uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct sim_node *node = context;
    struct world *world = node->world;
    uint32_t replica_index = (uint32_t)(replica - node->core.replicas);
    struct arrival arrival = {.at_ns = world->now_ns,
                              .node = node_index(node),
                              .feed = replica->feed->index,
                              .seq = replica->front_seq,
                              .from_node = world->from,
                              .bound_ns = world->now_ns,
                              .wire = wire};
    if (replica_index == node->core.own) {
        arrival.from_node = arrival.node;
        note_authored(world, &world->feeds[replica->feed->index]);
    } else {
        node->appended++;
        arrival.bound_ns = bound_arrived(world, arrival.node, arrival.feed, arrival.seq);
        cost_appended(world, arrival.node, replica_index);
        chains_appended(node, replica, wire);
        follow_advanced(world, node, replica_index);
    }
    digest_fold(&node->digest, world->now_ns ^ (uint64_t)arrival.from_node << 32);
    digest_fold(&node->digest, (uint64_t)arrival.feed << 32 | arrival.seq);
    digest_fold(&node->digest, tssb_load_dmx(wire));
    for (struct observer *observer = world->observers; observer; observer = observer->next)
        if (observer->appended)
            observer->appended(observer, &arrival);
}

static void host_blob_stored(void *context, const uint8_t ptr[TSSB_PTR_SIZE]) {
    struct sim_node *node = context;
    node->blobs++;
    digest_fold(&node->digest, node->world->now_ns ^ tssb_load_dmx(ptr));
}

static void host_chain_done(void *context, uint32_t replica, uint32_t seq, bool whole) {
    chains_done(context, replica, seq, whole);
}

static uint32_t host_face_count(void *context) {
    const struct sim_node *node = context;
    return virtual_faces(node->world, node) + node->real_faces;
}

static uint64_t host_random(void *context, uint64_t nth) {
    const struct sim_node *node = context;
    return stream_draw(node->world->node_keys[node_index(node)], STREAM_CORE, nth);
}

const struct tssb_host world_host = {host_send,       host_appended, host_blob_stored,
                                     host_face_count, host_random,   host_chain_done};

void world_forked(void *context, const struct tssb_fork *fork) {
    struct sim_node *node = context;
    struct fork_proof proof = {.at_ns = node->world->now_ns,
                               .node = node_index(node),
                               .feed = fork->replica->feed->index,
                               .seq = fork->seq,
                               .prev = fork->prev,
                               .held = fork->held,
                               .other = fork->other};
    for (struct observer *observer = node->world->observers; observer; observer = observer->next)
        if (observer->forked)
            observer->forked(observer, &proof);
}

/* What arrives. */

static struct sighting see(const struct world *world, uint32_t to, uint32_t face,
                           const struct flight *flight, unsigned fate) {
    return (struct sighting){.sent_ns = flight->sent_ns,
                             .at_ns = world->now_ns,
                             .kind = flight->kind,
                             .size_bytes = flight->size,
                             .feed = flight->feed,
                             .seq = flight->seq,
                             .from_node = flight->from,
                             .to_node = to,
                             .face = face,
                             .fate = fate,
                             .bytes = flight->bytes};
}

static void tell_received(struct world *world, const struct sighting *sighting, bool before) {
    for (struct observer *observer = world->observers; observer; observer = observer->next) {
        void (*tell)(struct observer *, const struct sighting *) = before ? observer->receiving
                                                                          : observer->received;
        if (observer->wants_packets && tell)
            tell(observer, sighting);
    }
}

/* The node cannot tell an entry that it holds from one that it never heard of: both match nothing.
 * We can. */
static bool holds_already(const struct world *world, const struct sim_node *node,
                          const struct flight *flight) {
    if (flight->kind != TSSB_PACKET_ENTRY)
        return false;
    uint32_t replica = tssb_node_find(&node->core, tssb_pool_feed(&world->pool, flight->feed));
    return replica != TSSB_NO_REPLICA &&
           tssb_replica_holds(&node->core.replicas[replica], flight->seq);
}

static unsigned hand_over(struct world *world, struct sim_node *node, uint32_t face,
                          const struct flight *flight, enum event_bar barred) {
    world->from = flight->from;
    node->received_packets++;
    node->received_bytes += flight->size;
    if (world->costs)
        cost_received(world, node_index(node), flight);
    if (node->is_bridge)
        return bridge_take(world, node_index(node), face, flight);
    unsigned fate = tssb_node_receive(&node->core, face, flight->bytes, flight->size,
                                      world->clocks ? world_local_ns(world, node_index(node))
                                                    : world->now_ns);
    if (fate == TSSB_FATE_FAILED)
        world_fail(world, TSSB_E_MEMORY);
    if (fate != TSSB_FATE_UNMATCHED || node->core.extras)
        world_reschedule(world, node);
    if (fate == TSSB_FATE_UNMATCHED && holds_already(world, node, flight) &&
        barred != EVENT_DAMAGED) {
        node->duplicates++;
        cost_duplicate(world, node_index(node), flight);
        return FATE_DUPLICATE;
    }
    bool dropped = fate == TSSB_FATE_UNMATCHED || fate == TSSB_FATE_REFUSED;
    return barred == EVENT_DAMAGED && dropped ? FATE_DAMAGED : fate;
}

/* What keeps a packet from its receiver, or TSSB_FATE_UNMATCHED for nothing. A node that was off at
 * any time since the packet was sent, or cut off then or now, does not get it. */
static unsigned hindrance(const struct world *world, const struct sim_node *node,
                          const struct flight *flight, enum event_bar barred, uint64_t since_ns) {
    static const uint8_t network_fates[] = {
        [EVENT_LOST] = FATE_LOST,         [EVENT_OVERFLOW] = FATE_OVERFLOW,
        [EVENT_UNSENT] = FATE_UNSENT,     [EVENT_COLLIDED] = FATE_COLLIDED,
        [EVENT_DEAF] = FATE_DEAF,         [EVENT_DAMAGED] = TSSB_FATE_UNMATCHED,
        [EVENT_CUT] = TSSB_FATE_UNMATCHED};
    if (barred && network_fates[barred] != TSSB_FATE_UNMATCHED)
        return network_fates[barred];
    if (node->offline || since_ns < node->up_since_ns)
        return FATE_OFFLINE;
    if (barred == EVENT_CUT)
        return FATE_PARTITIONED;
    bool parted = world->partitions.first && flight->from != NODE_OUTSIDE &&
                  partition_cuts(&world->partitions, flight->from, node_index(node));
    return parted ? FATE_PARTITIONED : TSSB_FATE_UNMATCHED;
}

void world_deliver(struct world *world, uint32_t to, uint32_t face, const struct flight *flight,
                   enum event_bar barred, uint64_t since_ns) {
    struct sim_node *node = &world->nodes[to];
    unsigned fate = hindrance(world, node, flight, barred, since_ns);
    bool reached = fate == TSSB_FATE_UNMATCHED;
    if (world->watched) {
        struct sighting sighting = see(world, to, face, flight, fate);
        sighting.reached = reached;
        tell_received(world, &sighting, true);
    }
    if (reached)
        fate = hand_over(world, node, face, flight, barred);
    else
        node->dropped++;
    if (reached && world->adversaries)
        adversary_heard(world, to, face, flight);
    digest_fold(&node->digest, flight->hash ^ world->now_ns);
    digest_fold(&node->digest, (uint64_t)flight->from << 16 | fate);
    if (world->watched) {
        struct sighting sighting = see(world, to, face, flight, fate);
        sighting.reached = reached;
        tell_received(world, &sighting, false);
    }
}

void world_leave_in_flight(struct world *world, uint32_t to, uint32_t face,
                           const struct flight *flight) {
    struct sighting sighting = see(world, to, face, flight, FATE_IN_FLIGHT);
    tell_received(world, &sighting, true);
    tell_received(world, &sighting, false);
}

/* What comes from the real world. */

int world_inject(struct world *world, uint32_t face, uint64_t at_ns, const uint8_t *bytes,
                 size_t size) {
    uint32_t index = flight_take(&world->flights, bytes,
                                 (uint16_t)(size < TSSB_PACKET_SIZE ? size : TSSB_PACKET_SIZE));
    if (index == FLIGHT_NONE)
        return TSSB_E_MEMORY;
    /* After all that has happened: so a run that repeats this one finds the same order. */
    if (at_ns <= world->now_ns && world->running)
        at_ns = world->now_ns + 1;
    struct flight *flight = flight_at(&world->flights, index);
    flight->sent_ns = at_ns;
    flight->feed = FEED_NONE;
    flight->seq = 0;
    flight->from = NODE_OUTSIDE;
    flight->kind = PACKET_UNKNOWN;
    struct event event = {.at_ns = at_ns,
                          .source = SOURCE_OUTSIDE,
                          .counter = world->injected++,
                          .target = face,
                          .flight = index,
                          .kind = EVENT_INJECT};
    world->engine->schedule(world, &event);
    return world->error;
}

static void take_in(struct world *world, const struct event *event) {
    const struct flight *flight = flight_at(&world->flights, event->flight);
    uint32_t to = world->scenario->faces[event->target].node;
    const struct sim_node *node = &world->nodes[to];
    struct injection injection = {world->now_ns, event->target, flight->size, flight->bytes};
    for (struct observer *observer = world->observers; observer; observer = observer->next)
        if (observer->injected)
            observer->injected(observer, &injection);
    world_deliver(world, to, virtual_faces(world, node) + event->target - node->first_real_face,
                  flight, EVENT_PASSES, flight->sent_ns);
    flight_release(&world->flights, event->flight);
}

/* All that is no delivery. */

void world_handle(struct world *world, const struct event *event) {
    switch (event->kind) {
    case EVENT_FAULT:
        timeline_fault(world, &world->scenario->faults[event->target]);
        break;
    case EVENT_START:
        world_start_node(world, event->target);
        break;
    case EVENT_PRODUCE:
        timeline_produce(world, event->target);
        break;
    case EVENT_WAKE:
        wake(world, event->target, event->at_ns);
        break;
    case EVENT_INJECT:
        take_in(world, event);
        break;
    case EVENT_FORWARD:
        bridge_forward(world, event);
        break;
    case EVENT_JUDGE:
        timeline_judge(world, event->target);
        break;
    case EVENT_CHURN:
        churn_turn(world, event);
        break;
    case EVENT_FLOOD:
        flood_send(world, event);
        break;
    case EVENT_ATTACK:
        adversary_act(world, event);
        break;
    default:
        break;
    }
}
