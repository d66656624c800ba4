/* The built-in engine: the radix queue carries events, the network says where packets go, links,
 * media and radios how they fare there. */
#include <stdlib.h>

#include "builtin.h"
#include "core/error.h"

static int builtin_open(struct world *world) {
    struct builtin *state = calloc(1, sizeof *state);
    if (!state)
        return TSSB_E_MEMORY;
    world->engine_state = state;
    int error = network_init(&state->network, world->scenario, world->node_keys);
    return error ? error : radio_open(&state->radio, world, &state->network);
}

static void builtin_close(struct world *world) {
    struct builtin *state = builtin_of(world);
    if (!state)
        return;
    queue_close(&state->queue);
    radio_close(&state->radio);
    network_close(&state->network);
    free(state);
    world->engine_state = NULL;
}

void builtin_schedule(struct world *world, const struct event *event) {
    int error = queue_push(&builtin_of(world)->queue, event);
    if (error)
        world_fail(world, error);
}

static uint32_t builtin_face_count(const struct world *world, uint32_t node) {
    const struct network *network = &builtin_of(world)->network;
    return network->first_face[node + 1] - network->first_face[node];
}

static uint32_t builtin_peer(const struct world *world, uint32_t node, uint32_t face) {
    const struct network *network = &builtin_of(world)->network;
    uint32_t peer = network->faces[network->first_face[node] + face].peer;
    return peer == FACE_MEDIUM || peer == FACE_RADIO ? NODE_NONE : peer;
}

static bool builtin_is_radio(const struct world *world, uint32_t node, uint32_t face) {
    const struct network *network = &builtin_of(world)->network;
    return network->faces[network->first_face[node] + face].peer == FACE_RADIO;
}

static const struct network *builtin_bounding(const struct world *world) {
    const struct builtin *state = builtin_of(world);
    return mobility_speed_mm_s(&state->radio.mobility) == 0 ? &state->network : NULL;
}

void builtin_schedule_flight(struct world *world, struct event *event, uint32_t from,
                             uint32_t flight) {
    event->source = from + 1;
    event->counter = world->nodes[from].caused++;
    event->flight = flight;
    flight_at(&world->flights, flight)->references++;
    builtin_schedule(world, event);
}

static void builtin_send(struct world *world, uint32_t node, uint32_t face, uint32_t flight) {
    const struct network *network = &builtin_of(world)->network;
    uint32_t first = network->first_face[node], end = network->first_face[node + 1];
    if (face != TSSB_ALL_FACES) {
        first += face;
        end = first + 1;
    }
    for (uint32_t i = first; i < end; i++) {
        struct face *out = &network->faces[i];
        if (out->peer == FACE_MEDIUM)
            carry_on_medium(world, node, out, flight);
        else if (out->peer == FACE_RADIO)
            radio_send(world, out->peer_face, flight);
        else
            carry_on_link(world, node, out, flight);
    }
}

static void arrive(struct world *world, const struct event *event) {
    const struct flight *flight = flight_at(&world->flights, event->flight);
    world_deliver(world, event->target, event->face, flight, event->barred,
                  flight->sent_ns + flight->waited_ns);
    flight_release(&world->flights, event->flight);
}

static void builtin_link_changed(struct world *world, const struct fault *fault) {
    struct network *network = &builtin_of(world)->network;
    if (fault->kind == FAULT_LINK)
        network_change(network, fault);
    else
        network_restore(network, fault->id);
}

/* What is still on its way when the run ends. */
static void leave_in_flight(struct world *world, const struct event *event) {
    if (event->kind == EVENT_DELIVER) {
        world_leave_in_flight(world, event->target, event->face,
                              flight_at(&world->flights, event->flight));
        flight_release(&world->flights, event->flight);
    } else if (event->kind == EVENT_BROADCAST) {
        carry_broadcast_left(world, event);
    } else if (event->kind == EVENT_LEAVE) {
        carry_leave_left(world, event);
    } else if (event->kind == EVENT_UNHEARD) {
        radio_leave_unheard(world, event);
    }
}

static inline bool is_at_node(const struct event *event) {
    return event && (event->kind == EVENT_DELIVER || event->kind == EVENT_WAKE);
}

/* In a large world each event at a node reads memory that no cache holds. What the next ones will
 * touch is known: the node and where its faces are first, and by the time that these are here, what
 * they point to. */
static inline void prefetch(const struct world *world, const struct builtin *state) {
    enum { FAR = 8, NEAR = 4 };
    const struct event *far = queue_peek(&state->queue, FAR);
    const struct event *near = queue_peek(&state->queue, NEAR);
    if (is_at_node(far)) {
        const struct sim_node *node = &world->nodes[far->target];
        __builtin_prefetch(&node->digest);
        __builtin_prefetch(&node->core);
        __builtin_prefetch(&node->core.timers);
        __builtin_prefetch(&state->network.first_face[far->target]);
    }
    if (is_at_node(near)) {
        const struct tssb_node *core = &world->nodes[near->target].core;
        const char *faces =
            (const char *)&state->network.faces[state->network.first_face[near->target]];
        for (int line = 0; line < 3; line++)
            __builtin_prefetch(faces + line * CACHE_LINE);
        __builtin_prefetch(core->armed.keys);
        __builtin_prefetch((const char *)core->armed.keys + CACHE_LINE);
        __builtin_prefetch(core->replicas);
        __builtin_prefetch(core->timers.heap);
    }
}

static void dispatch(struct world *world, const struct event *event) {
    world->totals.events++;
    world->now_ns = event->at_ns;
    if (event->kind == EVENT_DELIVER)
        arrive(world, event);
    else if (event->kind == EVENT_BROADCAST)
        carry_broadcast(world, event);
    else if (event->kind == EVENT_LEAVE)
        carry_leave(world, event);
    else if (event->kind >= EVENT_STATION && event->kind <= EVENT_UNHEARD)
        radio_handle(world, event);
    else
        world_handle(world, event);
}

/* Whether the next event's time has come, in the real world too. */
static bool has_come(const struct world *world, struct queue *queue) {
    if (!world->outside || !world->outside->wait)
        return true;
    uint64_t next_ns = queue_next_ns(queue);
    return world->outside->wait(world->outside->context,
                                next_ns < world->end_ns ? next_ns : world->end_ns);
}

static bool builtin_run(struct world *world, const struct world_interrupt *interrupt) {
    struct queue *queue = &builtin_of(world)->queue;
    struct event event = {0};
    bool stopped = false;
    while (!world->error) {
        if (!stopped && *interrupt->flag && interrupt->handle(interrupt->context, world)) {
            stopped = true;
            world->end_ns = world->now_ns; /* the present instant is completed */
        }
        if (!stopped && !has_come(world, queue))
            continue;
        if (!queue_pop(queue, &event))
            break;
        if (event.at_ns > world->end_ns)
            break;
        prefetch(world, builtin_of(world));
        dispatch(world, &event);
    }
    if (queue->count && event.at_ns <= world->end_ns)
        world_fail(world, TSSB_E_MEMORY); /* the queue could not be sorted */
    if (!stopped && !world->error && world->now_ns < world->end_ns)
        world->now_ns = world->end_ns;
    if (world->watched && event.at_ns > world->end_ns)
        leave_in_flight(world, &event);
    while (world->watched && queue_pop(queue, &event))
        leave_in_flight(world, &event);
    if (world->watched)
        radio_leave(world);
    return !stopped;
}

const struct engine engine_builtin = {
    .name = "builtin",
    .keeps_real_time = true,
    .bounding = builtin_bounding,
    .open = builtin_open,
    .close = builtin_close,
    .schedule = builtin_schedule,
    .send = builtin_send,
    .face_count = builtin_face_count,
    .peer = builtin_peer,
    .is_radio = builtin_is_radio,
    .link_changed = builtin_link_changed,
    .run = builtin_run,
};
