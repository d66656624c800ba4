/* The engine ns3: ns-3's channels carry packets, and its simulator keeps time.
 *
 * Timers, faults and arrivals are events in a queue of our own, in the order that all engines keep:
 * (time, source, counter). ns-3 orders by insertion, which says nothing of nodes. So the two take
 * turns, an instant at a time: ns-3 runs until our next event is due, or to the end of the first
 * instant at which something arrived; what arrived has become events of ours; then all of ours that
 * are due are handled. What they send, ns-3 gets at this very instant. Since a packet takes a
 * nanosecond or more, nothing that it causes is due before the next turn.
 *
 * Which faces lead where is the built-in engine's network: with the same keys, counters and
 * topology, a run on channel simple without loss and jitter is the built-in one to the bit. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/posix/text.h"
#include "engine_state.h"
#include "limits.h"

/* What goes with a packet through ns-3. */
struct label {
    uint64_t sent_ns;
    uint32_t feed, seq, from;
    uint32_t counter; /* of the event at the first receiver */
    uint8_t kind;
};

_Static_assert(sizeof(struct label) <= NS3_LABEL_SIZE, "a label has room");

/* The module, once it is loaded. */
static const struct ns3_shim *loaded;

static const char *engine_trouble(void) {
    return loaded ? loaded->trouble() : "ns-3 is not loaded";
}

static int engine_check(const struct scenario *scenario, char **error) {
    const char *why = "";
    loaded = ns3_load(&why);
    if (!loaded)
        return tssb_fail(error, 2,
                         "the engine ns3 is not there: install libns3-dev and g++ (apt-get install "
                         "libns3-dev g++), then configure and build again\n(%s)",
                         why);
    return ns3_limits(scenario, error);
}

/* Events. */

static void engine_schedule(struct world *world, const struct event *event) {
    int error = queue_push(&engine_of(world)->queue, event);
    if (error)
        world_fail(world, error);
}

static void schedule_flight(struct world *world, struct event event, uint32_t flight) {
    event.flight = flight;
    event.kind = EVENT_DELIVER;
    flight_at(&world->flights, flight)->references++;
    engine_schedule(world, &event);
}

static enum event_bar bar_of(struct world *world, const struct label *label, uint32_t to,
                             enum ns3_fate fate) {
    static const uint8_t bars[] = {[NS3_RECEIVED] = EVENT_PASSES,
                                   [NS3_LOST] = EVENT_LOST,
                                   [NS3_COLLIDED] = EVENT_COLLIDED,
                                   [NS3_SENDING] = EVENT_DEAF,
                                   [NS3_UNSENT] = EVENT_LOST};
    struct ns3_engine *state = engine_of(world);
    if (fate != NS3_RECEIVED || !world->scenario->partition_count)
        return bars[fate];
    int cut = cuts_when_sent(&state->cuts, label->from, to, label->sent_ns,
                             state->shim->now_ns(state->ns3));
    if (cut < 0)
        world_fail(world, cut);
    return cut ? EVENT_CUT : EVENT_PASSES;
}

/* Queues what becomes of a packet at one receiver. */
static void arrive_at(struct world *world, const struct end *end, enum ns3_fate fate,
                      const struct label *label, uint32_t flight) {
    struct ns3_engine *state = engine_of(world);
    struct event event = {.at_ns = state->shim->now_ns(state->ns3),
                          .source = label->from + 1,
                          .counter = label->counter + end->member,
                          .target = end->node,
                          .face = end->face,
                          .barred = (uint8_t)bar_of(world, label, end->node, fate)};
    if (state->over)
        world_leave_in_flight(world, end->node, end->face, flight_at(&world->flights, flight));
    else
        schedule_flight(world, event, flight);
}

/* Who hears what leaves by a face: calls act for each. */
static void for_receivers(struct world *world, uint32_t face,
                          void (*act)(struct world *world, const struct end *end,
                                      const void *context),
                          const void *context) {
    struct ns3_engine *state = engine_of(world);
    const struct network *network = &state->network;
    const struct face *out = &network->faces[face];
    if (out->peer != FACE_MEDIUM) {
        act(world, &state->ends[network->first_face[out->peer] + out->peer_face], context);
        return;
    }
    const struct medium *medium = &network->media[out->peer_face];
    for (uint32_t i = 0; i < medium->member_count; i++)
        if (medium->members[i] != state->ends[face].node)
            act(world, attach_end_of(state, medium, i), context);
}

/* A packet whose way ended before it began. */
struct unsent {
    const struct label *label;
    uint32_t flight;
};

static void note_unsent(struct world *world, const struct end *end, const void *context) {
    const struct unsent *unsent = context;
    arrive_at(world, end, NS3_UNSENT, unsent->label, unsent->flight);
}

/* From ns-3: a packet has come, or will not. */
static void on_arrival(void *context, uint32_t device, enum ns3_fate fate,
                       const struct ns3_packet *packet) {
    struct world *world = context;
    struct ns3_engine *state = engine_of(world);
    struct label label;
    memcpy(&label, packet->label, sizeof label);
    uint32_t flight = flight_take(&world->flights, packet->bytes, packet->size);
    if (flight == FLIGHT_NONE) {
        world_fail(world, TSSB_E_MEMORY);
        return;
    }
    struct flight *taken = flight_at(&world->flights, flight);
    taken->sent_ns = label.sent_ns;
    taken->feed = label.feed;
    taken->seq = label.seq;
    taken->from = label.from;
    taken->kind = label.kind;
    if (fate == NS3_UNSENT)
        for_receivers(world, device, note_unsent, &(struct unsent){&label, flight});
    else
        arrive_at(world, &state->ends[device], fate, &label, flight);
    flight_release(&world->flights, flight);
    if (!state->over)
        state->shim->stop(state->ns3);
}

/* From ns-3: a packet begins to leave. */
static void on_sending(void *context, uint32_t device, uint64_t airtime_ns,
                       const struct ns3_packet *packet) {
    struct world *world = context;
    struct label label;
    (void)device;
    memcpy(&label, packet->label, sizeof label);
    if (engine_of(world)->over)
        return;
    world->nodes[label.from].airtime_ns += airtime_ns;
    cost_airtime(world, label.from, label.feed, airtime_ns);
}

/* Sending. */

static void note_overflow(struct world *world, const struct end *end, const void *context) {
    const struct unsent *unsent = context;
    struct event event = {.at_ns = world->now_ns + 1,
                          .source = unsent->label->from + 1,
                          .counter = unsent->label->counter + end->member,
                          .target = end->node,
                          .face = end->face,
                          .barred = EVENT_OVERFLOW};
    schedule_flight(world, event, unsent->flight);
}

static void send_by(struct world *world, uint32_t face, uint32_t flight) {
    struct ns3_engine *state = engine_of(world);
    const struct flight *packet = flight_at(&world->flights, flight);
    const struct face *out = &state->network.faces[face];
    struct sim_node *node = &world->nodes[packet->from];
    uint8_t bytes[NS3_LABEL_SIZE] = {0};
    struct label label = {.sent_ns = packet->sent_ns,
                          .feed = packet->feed,
                          .seq = packet->seq,
                          .from = packet->from,
                          .counter = node->caused,
                          .kind = packet->kind};
    node->caused += out->peer == FACE_MEDIUM ? state->network.media[out->peer_face].member_count
                                             : 1;
    memcpy(bytes, &label, sizeof label);
    int error = state->shim->send(state->ends[face].device, packet->bytes, packet->size, bytes);
    if (error == NS3_FULL)
        for_receivers(world, face, note_overflow, &(struct unsent){&label, flight});
    else if (error)
        world_fail(world, ENGINE_FAILED);
}

static void engine_send(struct world *world, uint32_t node, uint32_t face, uint32_t flight) {
    const struct network *network = &engine_of(world)->network;
    uint32_t first = network->first_face[node], end = network->first_face[node + 1];
    if (face != TSSB_ALL_FACES) {
        first += face;
        end = first + 1;
    }
    for (uint32_t i = first; i < end; i++)
        send_by(world, i, flight);
}

/* Building. */

/* Nodes without a position stand in a grid, for the animation. */
static struct ns3_place place_of(void *context, uint32_t node, uint64_t at_ns) {
    enum { GRID_WIDTH = 10, GRID_M = 10 };
    struct world *world = context;
    if (!scenario_has_position(world->scenario, node))
        return (struct ns3_place){.x_m = node % GRID_WIDTH * (double)GRID_M,
                                  .y_m = (node - node % GRID_WIDTH) * (double)GRID_M / GRID_WIDTH};
    struct position position = mobility_at(&engine_of(world)->mobility, node, at_ns);
    return (struct ns3_place){.x_m = (double)position.x_mm / 1e3,
                              .y_m = (double)position.y_mm / 1e3};
}

static int build(struct world *world) {
    struct ns3_engine *state = engine_of(world);
    char what[128] = "scenario ";
    strncat(what, world->scenario->name, sizeof what - sizeof "scenario ");
    struct ns3_setup setup = {.what = what,
                              .seed = world->scenario->seed,
                              .context = world,
                              .arrived = on_arrival,
                              .sending = on_sending,
                              .place = place_of};
    state->ns3 = state->shim->open(&setup);
    return state->ns3 ? attach_all(world) : ENGINE_FAILED;
}

static int engine_open(struct world *world) {
    if (!loaded)
        return ENGINE_FAILED; /* nobody has checked the scenario */
    struct ns3_engine *state = calloc(1, sizeof *state);
    if (!state)
        return TSSB_E_MEMORY;
    world->engine_state = state;
    state->shim = loaded;
    cuts_init(&state->cuts, world->scenario);
    int error = network_init(&state->network, world->scenario, world->node_keys);
    if (!error)
        error = mobility_init(&state->mobility, world->scenario, world->node_keys);
    return error ? error : build(world);
}

static void engine_close(struct world *world) {
    struct ns3_engine *state = engine_of(world);
    state->shim->close(state->ns3);
    queue_close(&state->queue);
    network_close(&state->network);
    mobility_close(&state->mobility);
    cuts_close(&state->cuts);
    free(state->nodes);
    free(state->ends);
    free(state->models);
    free(state);
    world->engine_state = NULL;
}

/* What the world asks. */

static uint32_t engine_face_count(const struct world *world, uint32_t node) {
    const struct network *network = &engine_of(world)->network;
    return network->first_face[node + 1] - network->first_face[node];
}

static uint32_t engine_peer(const struct world *world, uint32_t node, uint32_t face) {
    const struct network *network = &engine_of(world)->network;
    uint32_t peer = network->faces[network->first_face[node] + face].peer;
    return peer == FACE_MEDIUM ? NODE_NONE : peer;
}

/* No channel of ns-3's is as slow as LoRa. */
static bool engine_is_radio(const struct world *world, uint32_t node, uint32_t face) {
    (void)world;
    (void)node;
    (void)face;
    return false;
}

/* A wire takes what its link says, and its frames more; but the rate of `ns3` may be any, and light
 * is fast. */
static const struct network *engine_bounding(const struct world *world) {
    const struct scenario *scenario = world->scenario;
    for (uint32_t i = 0; i < scenario->network_count; i++)
        if (scenario->networks[i].ns3.rate_bit_s ||
            scenario->networks[i].ns3.kind == NS3_WIFI_ADHOC)
            return NULL;
    return &engine_of(world)->network;
}

static void engine_link_changed(struct world *world, const struct fault *fault) {
    struct network *network = &engine_of(world)->network;
    if (fault->kind == FAULT_LINK)
        network_change(network, fault);
    else
        network_restore(network, fault->id);
    attach_renew(world, false);
}

static int engine_write_files(struct world *world, const struct engine_files *files, char **error) {
    const struct ns3_engine *state = engine_of(world);
    if ((files->captures && state->shim->write_pcap(state->ns3, files->captures) != 0) ||
        (files->animation && state->shim->write_anim(state->ns3, files->animation) != 0))
        return tssb_fail(error, 3, "%s", state->shim->trouble());
    return 0;
}

/* Running. */

static void dispatch(struct world *world, const struct event *event) {
    world->totals.events++;
    world->now_ns = event->at_ns;
    if (event->kind != EVENT_DELIVER) {
        world_handle(world, event);
        return;
    }
    const struct flight *flight = flight_at(&world->flights, event->flight);
    world_deliver(world, event->target, event->face, flight, event->barred, flight->sent_ns);
    flight_release(&world->flights, event->flight);
}

static uint64_t sooner(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* When something of ours is due: an event, links that change by themselves, the end. */
static uint64_t next_turn_ns(const struct world *world) {
    struct ns3_engine *state = engine_of(world);
    return sooner(sooner(queue_next_ns(&state->queue), state->phase_ns), world->end_ns);
}

/* Handles all that is due by now: links first, for what is sent at this instant. */
static void take_turn(struct world *world, uint64_t now_ns) {
    struct ns3_engine *state = engine_of(world);
    struct queue *queue = &state->queue;
    struct event event;
    if (state->phase_ns <= now_ns) {
        world->now_ns = now_ns;
        attach_renew(world, true);
    }
    while (!world->error && queue_next_ns(queue) <= now_ns) {
        if (!queue_pop(queue, &event))
            break; /* it could not be sorted */
        dispatch(world, &event);
    }
}

/* What is still on its way when the run ends: in our queue, and in ns-3, which runs on for that. */
static void leave_in_flight(struct world *world) {
    enum { WIFI_QUEUE_NS = 1000000000 }; /* no frame of 802.11 waits longer: half a second */
    struct ns3_engine *state = engine_of(world);
    struct event event;
    while (queue_pop(&state->queue, &event))
        if (event.kind == EVENT_DELIVER) {
            world_leave_in_flight(world, event.target, event.face,
                                  flight_at(&world->flights, event.flight));
            flight_release(&world->flights, event.flight);
        }
    state->over = true;
    (void)state->shim->run(state->ns3, world->now_ns + attach_longest_ns(world) + WIFI_QUEUE_NS);
}

static bool engine_run(struct world *world, const struct world_interrupt *interrupt) {
    struct ns3_engine *state = engine_of(world);
    bool stopped = false;
    for (uint64_t now_ns = 0; !world->error && now_ns < world->end_ns;) {
        if (*interrupt->flag && interrupt->handle(interrupt->context, world)) {
            stopped = true;
            break;
        }
        if (state->shim->run(state->ns3, next_turn_ns(world)) != 0)
            world_fail(world, ENGINE_FAILED);
        now_ns = state->shim->now_ns(state->ns3);
        take_turn(world, now_ns);
    }
    if (state->queue.count && queue_next_ns(&state->queue) == TSSB_NEVER)
        world_fail(world, TSSB_E_MEMORY);
    if (!stopped && !world->error)
        world->now_ns = world->end_ns;
    if (world->watched && !world->error)
        leave_in_flight(world);
    return !stopped;
}

const struct engine engine_ns3 = {
    .name = "ns3",
    .check = engine_check,
    .write_files = engine_write_files,
    .trouble = engine_trouble,
    .bounding = engine_bounding,
    .open = engine_open,
    .close = engine_close,
    .schedule = engine_schedule,
    .send = engine_send,
    .face_count = engine_face_count,
    .peer = engine_peer,
    .is_radio = engine_is_radio,
    .link_changed = engine_link_changed,
    .run = engine_run,
};
