/* Links and media: what the models say becomes events. A packet on a medium that treats all alike
 * is a single event for all its receivers, which is what makes large broadcast domains fast. */
#include "builtin.h"
#include <string.h>

#include "core/error.h"
#include "sim/link/passage.h"
#include "stream.h"

/* A packet that leaves by a face. */
struct leaving {
    uint32_t from;
    uint32_t flight;
    uint64_t taken_ns;   /* from its first bit to its last */
    enum event_bar fate; /* EVENT_OVERFLOW or EVENT_UNSENT where it does not leave at all */
};

static enum event_bar bar(const struct world *world, uint32_t from, uint32_t to, bool lost,
                          bool damaged) {
    if (lost)
        return EVENT_LOST;
    if (partition_cuts(&world->partitions, from, to))
        return EVENT_CUT;
    return damaged ? EVENT_DAMAGED : EVENT_PASSES;
}

/* Never, where it would be past the end of time: delays may be as long as durations go. */
static uint64_t later(uint64_t at_ns, uint64_t by_ns) {
    return by_ns < TSSB_NEVER - at_ns ? at_ns + by_ns : TSSB_NEVER;
}

static void launch(struct world *world, const struct leaving *leaving, uint32_t flight, uint32_t to,
                   uint32_t face, uint64_t delay_ns, enum event_bar barred) {
    struct event event = {.at_ns = later(world->now_ns + leaving->taken_ns, delay_ns),
                          .target = to,
                          .face = face,
                          .kind = EVENT_DELIVER,
                          .barred = (uint8_t)barred};
    builtin_schedule_flight(world, &event, leaving->from, flight);
}

/* A copy of the packet with its bits flipped; FLIGHT_NONE where memory ran out. */
static uint32_t damaged_copy(struct world *world, uint32_t flight, const struct link_model *model,
                             const struct crossing *crossing) {
    uint8_t bytes[TSSB_PACKET_SIZE];
    memcpy(bytes, flight_at(&world->flights, flight)->bytes, crossing->size);
    link_damage(model, crossing, bytes);
    uint32_t copy = flight_copy(&world->flights, flight, bytes);
    if (copy == FLIGHT_NONE)
        world_fail(world, TSSB_E_MEMORY);
    return copy;
}

/* Sends a packet to one receiver, over all that a link may do to it. */
static void cross(struct world *world, const struct leaving *leaving, uint32_t to, uint32_t face,
                  const struct link_model *model, const struct crossing *crossing) {
    if (leaving->fate != EVENT_PASSES) {
        launch(world, leaving, leaving->flight, to, face, 1, leaving->fate);
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
    if (passage.copy_delay_ns && !passage.lost)
        launch(world, leaving, leaving->flight, to, face, passage.copy_delay_ns,
               bar(world, leaving->from, to, false, false));
}

/* A packet that has to wait is a copy, which knows what it needs when its turn comes. */
static void wait_for_turn(struct world *world, const struct leaving *leaving,
                          const struct face *face, const struct crossing *crossing,
                          uint64_t wait_ns) {
    uint32_t waiting = flight_copy(&world->flights, leaving->flight,
                                   flight_at(&world->flights, leaving->flight)->bytes);
    if (waiting == FLIGHT_NONE) {
        world_fail(world, TSSB_E_MEMORY);
        return;
    }
    struct flight *flight = flight_at(&world->flights, waiting);
    flight->waited_ns = wait_ns;
    flight->taken_ns = leaving->taken_ns;
    flight->number = crossing->n;
    struct event event = {.at_ns = world->now_ns + wait_ns,
                          .target = (uint32_t)(face - builtin_of(world)->network.faces),
                          .kind = EVENT_LEAVE};
    builtin_schedule_flight(world, &event, leaving->from, waiting);
    flight_release(&world->flights, waiting); /* the event holds it now */
}

/* Counts how long a packet that leaves now occupies its link. */
static void take_airtime(struct world *world, const struct flight *flight, uint64_t taken_ns) {
    world->nodes[flight->from].airtime_ns += taken_ns;
    cost_airtime(world, flight->from, flight->feed, taken_ns);
}

/* Takes a packet's turn on a link or medium with a rate or a pace. Returns whether that is now, or
 * will never be; false where the packet waits, or memory ran out. */
static bool take_turn(struct world *world, struct leaving *leaving, const struct face *face,
                      const struct link_model *model, uint64_t *free_ns,
                      const struct crossing *crossing) {
    struct sim_node *node = &world->nodes[leaving->from];
    struct face_state *state = network_state(&builtin_of(world)->network, face);
    struct transmission transmission;
    if (state->up_since_ns != node->up_since_ns) {
        transmitter_clear(&state->transmitter);
        state->up_since_ns = node->up_since_ns;
        state->free_ns = 0;
    }
    int error = transmitter_send(&state->transmitter, model, crossing->key, crossing->n,
                                 crossing->size, world->now_ns, free_ns, &transmission);
    if (error == TSSB_E_FULL) {
        leaving->fate = EVENT_OVERFLOW;
        return true;
    }
    if (error) {
        world_fail(world, error);
        return false;
    }
    leaving->taken_ns = transmission.taken_ns;
    uint64_t wait_ns = transmission.left_ns - transmission.taken_ns - world->now_ns;
    if (wait_ns)
        wait_for_turn(world, leaving, face, crossing, wait_ns);
    else
        take_airtime(world, flight_at(&world->flights, leaving->flight), transmission.taken_ns);
    return wait_ns == 0;
}

/* False, and noted, where there is no memory for the state of a face. */
static bool has_state(struct world *world, const struct face *face) {
    bool has = network_state(&builtin_of(world)->network, face) != NULL;
    if (!has)
        world_fail(world, TSSB_E_MEMORY);
    return has;
}

static void cross_rare(struct world *world, struct leaving *leaving, const struct face *face,
                       const struct link_model *model, struct crossing *crossing) {
    crossing->bad = &network_state(&builtin_of(world)->network, face)->bad;
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
        if (has_state(world, face) &&
            (!model->slow ||
             take_turn(world, &leaving, face, model,
                       &network_state(&builtin_of(world)->network, face)->free_ns, &crossing)))
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
    builtin_schedule_flight(world, &event, from, flight);
}

/* A packet enters a medium once, by the model as it is for the sender; how it fares from there on
 * is each receiver's own. False where it has to wait for that, or memory ran out. */
static bool enter_medium(struct world *world, struct leaving *leaving, struct medium *medium,
                         const struct face *face, const struct crossing *crossing) {
    struct link_model model = network_model(&builtin_of(world)->network, medium->model,
                                            leaving->from, leaving->from, world->now_ns);
    struct crossing entering = *crossing;
    entering.key = world->node_keys[leaving->from];
    return !model.slow || (has_state(world, face) &&
                           take_turn(world, leaving, face, &model, &medium->free_ns, &entering));
}

static void broadcast_to_each(struct world *world, const struct leaving *leaving,
                              struct medium *medium, struct crossing *crossing) {
    const struct network *network = &builtin_of(world)->network;
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
        crossing->key = pair_key(world, medium, leaving->from, to);
        crossing->bad = chains ? &chains[i] : NULL;
        cross(world, leaving, to, face_at(medium, i), model, crossing);
    }
}

void carry_on_medium(struct world *world, uint32_t from, struct face *face, uint32_t flight) {
    struct network *network = &builtin_of(world)->network;
    struct medium *medium = &network->media[face->peer_face];
    const struct link_model *model = &network->models[medium->model];
    struct leaving leaving = {from, flight, 0, EVENT_PASSES};
    struct crossing crossing = {.n = ++face->sent};
    if (!network_varies(network, model) && !model->rare && !model->jitter_ns &&
        !world->partitions.first) {
        broadcast_at_once(world, from, face, flight, model);
        return;
    }
    crossing.size = flight_at(&world->flights, flight)->size;
    if (enter_medium(world, &leaving, medium, face, &crossing))
        broadcast_to_each(world, &leaving, medium, &crossing);
}

/* Packets that waited. */

void carry_leave(struct world *world, const struct event *event) {
    struct network *network = &builtin_of(world)->network;
    const struct face *face = &network->faces[event->target];
    const struct flight *flight = flight_at(&world->flights, event->flight);
    struct sim_node *node = &world->nodes[flight->from];
    struct leaving leaving = {flight->from, event->flight, 0, EVENT_UNSENT};
    struct crossing crossing = {.key = face->key, .n = flight->number, .size = flight->size};
    if (!node->offline && flight->sent_ns >= node->up_since_ns) {
        leaving.fate = EVENT_PASSES;
        leaving.taken_ns = flight->taken_ns;
        take_airtime(world, flight, flight->taken_ns);
    }
    if (face->peer == FACE_MEDIUM) {
        broadcast_to_each(world, &leaving, &network->media[face->peer_face], &crossing);
    } else {
        struct link_model model = network_model(network, face->model, flight->from, face->peer,
                                                world->now_ns);
        cross_rare(world, &leaving, face, &model, &crossing);
    }
    flight_release(&world->flights, event->flight);
}

void carry_leave_left(struct world *world, const struct event *event) {
    const struct network *network = &builtin_of(world)->network;
    const struct face *face = &network->faces[event->target];
    const struct flight *flight = flight_at(&world->flights, event->flight);
    if (face->peer != FACE_MEDIUM) {
        world_leave_in_flight(world, face->peer, face->peer_face, flight);
        return;
    }
    const struct medium *medium = &network->media[face->peer_face];
    for (uint32_t i = 0; i < medium->member_count; i++)
        if (medium->members[i] != flight->from)
            world_leave_in_flight(world, medium->members[i], face_at(medium, i), flight);
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
