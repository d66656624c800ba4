/* Links and media: what the models say becomes events. A packet on a medium that treats all alike
 * is a single event for all its receivers, which is what makes large broadcast domains fast. */
#include "builtin.h"
#include "core/error.h"
#include "sim/link/passage.h"
#include "stream.h"

/* A packet that leaves by a face. */
struct leaving {
    uint32_t from;
    uint32_t flight;
    uint64_t wait_ns;    /* until its last bit has left */
    enum event_bar fate; /* EVENT_OVERFLOW where it does not leave at all */
};

static enum event_bar bar(const struct world *world, uint32_t from, uint32_t to, bool lost,
                          bool damaged) {
    if (lost)
        return EVENT_LOST;
    if (partition_cuts(&world->partitions, from, to))
        return EVENT_CUT;
    return damaged ? EVENT_DAMAGED : EVENT_PASSES;
}

static void launch(struct world *world, const struct leaving *leaving, uint32_t flight, uint32_t to,
                   uint32_t face, uint64_t delay_ns, enum event_bar barred) {
    struct event event = {.at_ns = world->now_ns + leaving->wait_ns + delay_ns,
                          .target = to,
                          .face = face,
                          .kind = EVENT_DELIVER,
                          .barred = (uint8_t)barred};
    builtin_schedule_flight(world, event, leaving->from, flight);
}

/* A copy of the packet with its bits flipped; FLIGHT_NONE where memory ran out. */
static uint32_t damaged_copy(struct world *world, uint32_t flight, const struct link_model *model,
                             const struct crossing *crossing) {
    struct flight source = *flight_at(&world->flights, flight);
    link_damage(model, crossing, source.bytes);
    uint32_t copy = flight_take(&world->flights, source.bytes, source.size);
    if (copy == FLIGHT_NONE) {
        world_fail(world, TSSB_E_MEMORY);
        return copy;
    }
    struct flight *damaged = flight_at(&world->flights, copy);
    damaged->sent_ns = source.sent_ns;
    damaged->feed = source.feed;
    damaged->seq = source.seq;
    damaged->from = source.from;
    damaged->kind = source.kind;
    return copy;
}

/* Sends a packet to one receiver, over all that a link may do to it. */
static void cross(struct world *world, const struct leaving *leaving, uint32_t to, uint32_t face,
                  const struct link_model *model, const struct crossing *crossing) {
    if (leaving->fate == EVENT_OVERFLOW) {
        launch(world, leaving, leaving->flight, to, face, 1, EVENT_OVERFLOW);
        return;
    }
    struct passage passage = link_passage(model, crossing);
    enum event_bar barred = bar(world, leaving->from, to, passage.lost, passage.damaged);
    uint32_t flight = leaving->flight;
    if (barred == EVENT_DAMAGED)
        flight = damaged_copy(world, flight, model, crossing);
    if (flight == FLIGHT_NONE)
        return;
    launch(world, leaving, flight, to, face, passage.delay_ns, barred);
    if (barred == EVENT_DAMAGED)
        flight_release(&world->flights, flight); /* the event holds it now */
    if (passage.copy_delay_ns)
        launch(world, leaving, leaving->flight, to, face, passage.copy_delay_ns,
               bar(world, leaving->from, to, false, false));
}

/* Takes a packet's turn on a link or medium with a rate or a pace. False where memory ran out. */
static bool queue_up(struct world *world, struct leaving *leaving, const struct link_model *model,
                     struct face_state *state, uint64_t *free_ns, const struct crossing *crossing) {
    struct transmission transmission;
    int error = transmitter_send(&state->transmitter, model, crossing->key, crossing->n,
                                 crossing->size, world->now_ns, free_ns, &transmission);
    if (error == TSSB_E_FULL) {
        leaving->fate = EVENT_OVERFLOW;
    } else if (error) {
        world_fail(world, error);
        return false;
    } else {
        leaving->wait_ns = transmission.left_ns - world->now_ns;
        world->nodes[leaving->from].airtime_ns += transmission.taken_ns;
        cost_airtime(world, leaving->from, flight_at(&world->flights, leaving->flight),
                     transmission.taken_ns);
    }
    return true;
}

static void cross_rare(struct world *world, struct leaving *leaving, struct face *face,
                       const struct link_model *model, struct crossing *crossing) {
    struct face_state *state = network_state(&builtin_of(world)->network, face);
    if (!state) {
        world_fail(world, TSSB_E_MEMORY);
        return;
    }
    crossing->bad = &state->bad;
    if (!model->slow || queue_up(world, leaving, model, state, &state->free_ns, crossing))
        cross(world, leaving, face->peer, face->peer_face, model, crossing);
}

void carry_on_link(struct world *world, uint32_t from, struct face *face, uint32_t flight) {
    const struct network *network = &builtin_of(world)->network;
    const struct link_model *model = &network->models[face->model];
    struct leaving leaving = {from, flight, 0, EVENT_PASSES};
    struct crossing crossing = {.key = face->key, .n = ++face->sent};
    struct link_model varied;
    if (network_varies(network, model)) {
        varied = network_model(network, face->model, from, face->peer, world->now_ns);
        model = &varied;
    }
    if (model->rare) {
        crossing.size = flight_at(&world->flights, flight)->size;
        cross_rare(world, &leaving, face, model, &crossing);
        return;
    }
    struct passage passage = link_passage(model, &crossing);
    launch(world, &leaving, flight, face->peer, face->peer_face, passage.delay_ns,
           bar(world, from, face->peer, passage.lost, false));
}

/* Media. */

static uint64_t pair_key(const struct world *world, const struct medium *medium, uint32_t from,
                         uint32_t to) {
    uint64_t key = stream_key_pair(world->node_keys[from], world->node_keys[to]);
    return medium->key ? stream_key_pair(medium->key, key) : key;
}

static uint32_t face_at(const struct medium *medium, uint32_t member) {
    return medium->faces ? medium->faces[member] : 0;
}

static uint32_t member_of(const struct medium *medium, uint32_t node) {
    struct node_set members = {medium->members, medium->member_count};
    return node_set_index(&members, node);
}

/* One event for all receivers. */
static void broadcast_at_once(struct world *world, uint32_t from, const struct face *face,
                              uint32_t flight, const struct link_model *model) {
    struct event event = {.at_ns = world->now_ns + model->delay_ns,
                          .target = face->peer_face,
                          .face = face->sent,
                          .kind = EVENT_BROADCAST};
    builtin_schedule_flight(world, event, from, flight);
}

/* A packet enters a medium once, by the model as it is for the sender; how it fares from there on
 * is each receiver's own. */
static bool enter_medium(struct world *world, struct leaving *leaving, struct medium *medium,
                         struct face *face, uint16_t size) {
    struct network *network = &builtin_of(world)->network;
    struct link_model model = network_model(network, medium->model, leaving->from, leaving->from,
                                            world->now_ns);
    if (!model.slow)
        return true;
    struct face_state *state = network_state(network, face);
    if (!state) {
        world_fail(world, TSSB_E_MEMORY);
        return false;
    }
    struct crossing crossing = {
        .key = world->node_keys[leaving->from], .n = face->sent, .size = size};
    return queue_up(world, leaving, &model, state, &medium->free_ns, &crossing);
}

static void broadcast_to_each(struct world *world, struct leaving *leaving, struct medium *medium,
                              struct face *face) {
    const struct network *network = &builtin_of(world)->network;
    struct crossing crossing = {.n = face->sent,
                                .size = flight_at(&world->flights, leaving->flight)->size};
    if (!enter_medium(world, leaving, medium, face, crossing.size))
        return;
    bool *chains = NULL;
    const struct link_model *base = &network->models[medium->model];
    bool varies = network_varies(network, base);
    for (uint32_t i = 0; i < medium->member_count; i++) {
        uint32_t to = medium->members[i];
        if (to == leaving->from)
            continue;
        struct link_model varied;
        if (varies)
            varied = network_model(network, medium->model, leaving->from, to, world->now_ns);
        const struct link_model *model = varies ? &varied : base;
        if (link_has_chain(model) && !chains &&
            !(chains = network_chains(medium, member_of(medium, leaving->from)))) {
            world_fail(world, TSSB_E_MEMORY);
            return;
        }
        crossing.key = pair_key(world, medium, leaving->from, to);
        crossing.bad = chains ? &chains[i] : NULL;
        cross(world, leaving, to, face_at(medium, i), model, &crossing);
    }
}

void carry_on_medium(struct world *world, uint32_t from, struct face *face, uint32_t flight) {
    struct network *network = &builtin_of(world)->network;
    struct medium *medium = &network->media[face->peer_face];
    const struct link_model *model = &network->models[medium->model];
    struct leaving leaving = {from, flight, 0, EVENT_PASSES};
    face->sent++;
    if (!network_varies(network, model) && !model->rare && !model->jitter_ns &&
        !world->partitions.first)
        broadcast_at_once(world, from, face, flight, model);
    else
        broadcast_to_each(world, &leaving, medium, face);
}

typedef void reach(struct world *world, uint32_t to, uint32_t face, const struct flight *flight,
                   enum event_bar barred);

static void reach_node(struct world *world, uint32_t to, uint32_t face, const struct flight *flight,
                       enum event_bar barred) {
    world_deliver(world, to, face, flight, barred, flight->sent_ns);
}

static void leave_on_medium(struct world *world, uint32_t to, uint32_t face,
                            const struct flight *flight, enum event_bar barred) {
    (void)barred;
    world_leave_in_flight(world, to, face, flight);
}

/* Does something at all receivers of a broadcast. */
static inline void for_receivers(struct world *world, const struct event *event, reach *act) {
    const struct network *network = &builtin_of(world)->network;
    const struct medium *medium = &network->media[event->target];
    const struct link_model *model = &network->models[medium->model];
    const struct flight *flight = flight_at(&world->flights, event->flight);
    bool may_lose = model->loss.good_ppb || model->drop_count;
    for (uint32_t i = 0; i < medium->member_count; i++) {
        uint32_t to = medium->members[i];
        if (to == flight->from)
            continue;
        bool lost = may_lose &&
                    link_loses(model, pair_key(world, medium, flight->from, to), event->face);
        act(world, to, face_at(medium, i), flight, lost ? EVENT_LOST : EVENT_PASSES);
    }
    flight_release(&world->flights, event->flight);
}

void carry_broadcast(struct world *world, const struct event *event) {
    for_receivers(world, event, reach_node);
}

void carry_broadcast_left(struct world *world, const struct event *event) {
    for_receivers(world, event, leave_on_medium);
}
