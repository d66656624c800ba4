/* The built-in engine: the radix queue carries events, the network says how each packet fares. A
 * packet on a medium without jitter is a single event for all its receivers, which is what makes
 * large broadcast domains fast. */
#include <stdlib.h>

#include "core/error.h"
#include "network.h"
#include "stream.h"
#include "world_state.h"

struct builtin {
    struct queue queue;
    struct network network;
};

static struct builtin *state_of(const struct world *world) {
    return world->engine_state;
}

static int builtin_open(struct world *world) {
    struct builtin *state = calloc(1, sizeof *state);
    if (!state)
        return TSSB_E_MEMORY;
    world->engine_state = state;
    return network_init(&state->network, world->scenario, world->node_keys);
}

static void builtin_close(struct world *world) {
    struct builtin *state = state_of(world);
    if (!state)
        return;
    queue_close(&state->queue);
    network_close(&state->network);
    free(state);
    world->engine_state = NULL;
}

static void builtin_schedule(struct world *world, const struct event *event) {
    int error = queue_push(&state_of(world)->queue, event);
    if (error)
        world_fail(world, error);
}

static uint32_t builtin_face_count(const struct world *world, uint32_t node) {
    const struct network *network = &state_of(world)->network;
    return network->first_face[node + 1] - network->first_face[node];
}

static uint32_t builtin_peer(const struct world *world, uint32_t node, uint32_t face) {
    const struct network *network = &state_of(world)->network;
    uint32_t peer = network->faces[network->first_face[node] + face].peer;
    return peer == FACE_MEDIUM ? NODE_NONE : peer;
}

static enum event_bar bar(const struct world *world, uint32_t from, uint32_t to,
                          struct passage passage) {
    if (passage.lost)
        return EVENT_LOST;
    return partition_cuts(&world->partitions, from, to) ? EVENT_CUT : EVENT_PASSES;
}

/* Sends a packet on its way to one receiver. */
static void launch(struct world *world, uint32_t flight, uint32_t to, uint32_t face,
                   struct passage passage) {
    uint32_t from = flight_at(&world->flights, flight)->from;
    struct event event = {.at_ns = world->now_ns + passage.delay_ns,
                          .source = from + 1,
                          .counter = world->nodes[from].caused++,
                          .target = to,
                          .face = face,
                          .flight = flight,
                          .kind = EVENT_DELIVER,
                          .barred = (uint8_t)bar(world, from, to, passage)};
    flight_at(&world->flights, flight)->references++;
    builtin_schedule(world, &event);
}

static void send_on_link(struct world *world, uint32_t from, struct face *face, uint32_t flight) {
    const struct network *network = &state_of(world)->network;
    const struct link_model *model = &network->models[face->model];
    struct link_model changed;
    face->sent++;
    if (network->change_count) {
        changed = network_model(network, face->model, from, face->peer);
        model = &changed;
    }
    launch(world, flight, face->peer, face->peer_face,
           network_passage(model, face->key, face->sent));
}

/* One event for all receivers. */
static void broadcast_at_once(struct world *world, uint32_t from, const struct face *face,
                              uint32_t flight, const struct link_model *model) {
    struct event event = {.at_ns = world->now_ns + model->delay_ns,
                          .source = from + 1,
                          .counter = world->nodes[from].caused++,
                          .target = face->peer_face,
                          .face = face->sent,
                          .flight = flight,
                          .kind = EVENT_BROADCAST};
    flight_at(&world->flights, flight)->references++;
    builtin_schedule(world, &event);
}

static void send_on_medium(struct world *world, uint32_t from, struct face *face, uint32_t flight) {
    const struct network *network = &state_of(world)->network;
    const struct medium *medium = &network->media[face->peer_face];
    const struct link_model *model = &network->models[medium->model];
    face->sent++;
    if (!network->change_count && !model->jitter_ns && !world->partitions.first) {
        broadcast_at_once(world, from, face, flight, model);
        return;
    }
    for (uint32_t i = 0; i < medium->member_count; i++) {
        uint32_t to = medium->members[i];
        if (to == from)
            continue;
        struct link_model changed = network_model(network, medium->model, from, to);
        uint64_t key = stream_key_pair(world->node_keys[from], world->node_keys[to]);
        launch(world, flight, to, 0, network_passage(&changed, key, face->sent));
    }
}

static void builtin_send(struct world *world, uint32_t node, uint32_t face, uint32_t flight) {
    const struct network *network = &state_of(world)->network;
    uint32_t first = network->first_face[node], end = network->first_face[node + 1];
    if (face != TSSB_ALL_FACES) {
        first += face;
        end = first + 1;
    }
    for (uint32_t i = first; i < end; i++) {
        struct face *out = &network->faces[i];
        if (out->peer == FACE_MEDIUM)
            send_on_medium(world, node, out, flight);
        else
            send_on_link(world, node, out, flight);
    }
}

static void arrive(struct world *world, const struct event *event) {
    world_deliver(world, event->target, event->face, flight_at(&world->flights, event->flight),
                  event->barred);
    flight_release(&world->flights, event->flight);
}

typedef void reach(struct world *world, uint32_t to, const struct flight *flight,
                   enum event_bar barred);

static void reach_node(struct world *world, uint32_t to, const struct flight *flight,
                       enum event_bar barred) {
    world_deliver(world, to, 0, flight, barred);
}

static void leave_on_medium(struct world *world, uint32_t to, const struct flight *flight,
                            enum event_bar barred) {
    (void)barred;
    world_leave_in_flight(world, to, 0, flight);
}

/* Does something at all receivers of a broadcast. */
static inline void for_receivers(struct world *world, const struct event *event, reach *act) {
    const struct network *network = &state_of(world)->network;
    const struct medium *medium = &network->media[event->target];
    const struct link_model *model = &network->models[medium->model];
    const struct flight *flight = flight_at(&world->flights, event->flight);
    bool may_lose = model->loss_ppb || model->drop_count;
    for (uint32_t i = 0; i < medium->member_count; i++) {
        uint32_t to = medium->members[i];
        if (to == flight->from)
            continue;
        bool lost = may_lose && network_loses(model,
                                              stream_key_pair(world->node_keys[flight->from],
                                                              world->node_keys[to]),
                                              event->face);
        act(world, to, flight, lost ? EVENT_LOST : EVENT_PASSES);
    }
    flight_release(&world->flights, event->flight);
}

static void builtin_link_changed(struct world *world, const struct fault *fault) {
    struct network *network = &state_of(world)->network;
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
        for_receivers(world, event, leave_on_medium);
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
        for_receivers(world, event, reach_node);
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
    struct queue *queue = &state_of(world)->queue;
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
        prefetch(world, state_of(world));
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
    return !stopped;
}

const struct engine engine_builtin = {
    .name = "builtin",
    .open = builtin_open,
    .close = builtin_close,
    .schedule = builtin_schedule,
    .send = builtin_send,
    .face_count = builtin_face_count,
    .peer = builtin_peer,
    .link_changed = builtin_link_changed,
    .run = builtin_run,
};
