/* From the world's network to ns-3's: a channel for each link and each medium, a device for each
 * face. A link's model goes with its devices: what a device sends has the model's rate and queue,
 * what it receives the delay and the errors of the way to it. */
#include <stdlib.h>

#include "core/error.h"
#include "engine_state.h"
#include "limits.h"

/* Models of links. */

static struct link_model model_of(const struct world *world, uint32_t face) {
    const struct ns3_engine *state = engine_of(world);
    const struct face *out = &state->network.faces[face];
    uint32_t from = state->ends[face].node, to = out->peer == FACE_MEDIUM ? from : out->peer;
    return network_model(&state->network, out->model, from, to, world->now_ns);
}

/* The face whose packets a face receives: of a medium, all are alike. */
static uint32_t opposite(const struct ns3_engine *state, uint32_t face) {
    const struct face *out = &state->network.faces[face];
    if (out->peer == FACE_MEDIUM)
        return face;
    return state->network.first_face[out->peer] + out->peer_face;
}

/* A channel's own rate is for all its links. One that has no rate never makes a packet wait. */
static struct ns3_link link_of(const struct world *world, uint32_t face) {
    const struct ns3_engine *state = engine_of(world);
    const struct ns3_model *channel = &state->models[state->ends[face].network];
    struct ns3_link link = {model_of(world, face), model_of(world, opposite(state, face))};
    if (channel->rate_bit_s)
        link.out.rate_bit_s = channel->rate_bit_s;
    if (channel->kind == NS3_SIMPLE && !link.out.rate_bit_s && !link.out.profile &&
        world->scenario->link_change_count == 0)
        link.out.queue_packets = UINT32_MAX / 2;
    return link;
}

static void note_phase_end(struct world *world, uint32_t face) {
    struct ns3_engine *state = engine_of(world);
    const struct link_model *model = &state->network.models[state->network.faces[face].model];
    uint64_t end_ns = link_phase_end_ns(model, world->now_ns);
    if (end_ns < state->phase_ns)
        state->phase_ns = end_ns;
}

/* Whether the way to or from a face has phases. */
static bool has_phases(const struct ns3_engine *state, uint32_t face) {
    const struct network *network = &state->network;
    return network->models[network->faces[face].model].profile ||
           network->models[network->faces[opposite(state, face)].model].profile;
}

void attach_renew(struct world *world, bool phases_only) {
    struct ns3_engine *state = engine_of(world);
    uint32_t faces = state->network.first_face[state->network.node_count];
    int error = 0;
    state->phase_ns = TSSB_NEVER;
    for (uint32_t face = 0; face < faces && !error; face++) {
        note_phase_end(world, face);
        if (state->models[state->ends[face].network].kind == NS3_WIFI_ADHOC ||
            (phases_only && !has_phases(state, face)))
            continue;
        struct ns3_link link = link_of(world, face);
        error = state->shim->set_link(state->ends[face].device, &link);
    }
    if (error)
        world_fail(world, ENGINE_FAILED);
}

/* Channels and devices. */

struct end *attach_end_of(const struct ns3_engine *state, const struct medium *medium,
                          uint32_t member) {
    uint32_t face = medium->faces ? medium->faces[member] : 0;
    return &state->ends[state->network.first_face[medium->members[member]] + face];
}

static struct ns3_channel *add_channel(struct world *world, const struct end *end) {
    const struct ns3_engine *state = engine_of(world);
    return state->shim->add_channel(state->ns3, &state->models[end->network]);
}

static bool connect_end(struct world *world, struct end *end, struct ns3_channel *channel) {
    const struct ns3_engine *state = engine_of(world);
    uint32_t number = (uint32_t)(end - state->ends);
    struct ns3_link link = link_of(world, number);
    note_phase_end(world, number);
    if (channel)
        end->device = state->shim->add_device(state->nodes[end->node], channel, number, &link);
    return end->device != NULL;
}

static bool connect_medium(struct world *world, const struct medium *medium) {
    const struct ns3_engine *state = engine_of(world);
    struct ns3_channel *channel = add_channel(world, attach_end_of(state, medium, 0));
    bool good = true;
    for (uint32_t i = 0; i < medium->member_count && good; i++) {
        struct end *end = attach_end_of(state, medium, i);
        end->member = i;
        good = connect_end(world, end, channel);
    }
    return good;
}

static bool connect_all(struct world *world) {
    const struct ns3_engine *state = engine_of(world);
    const struct network *network = &state->network;
    bool good = true;
    for (uint32_t m = 0; m < network->medium_count && good; m++)
        good = connect_medium(world, &network->media[m]);
    uint32_t faces = network->first_face[network->node_count];
    for (uint32_t face = 0; face < faces && good; face++) {
        uint32_t other = opposite(state, face);
        if (other <= face)
            continue; /* a medium's, or connected from the other end */
        struct ns3_channel *channel = add_channel(world, &state->ends[face]);
        good = connect_end(world, &state->ends[face], channel) &&
               connect_end(world, &state->ends[other], channel);
    }
    return good;
}

static int reserve(struct world *world) {
    struct ns3_engine *state = engine_of(world);
    const struct network *network = &state->network;
    const struct scenario *scenario = world->scenario;
    state->nodes = calloc(network->node_count, sizeof *state->nodes);
    state->ends = calloc(network->first_face[network->node_count] + 1U, sizeof *state->ends);
    state->models = calloc(scenario->network_count, sizeof *state->models);
    if (!state->nodes || !state->ends || !state->models)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < scenario->network_count; i++)
        state->models[i] = ns3_model_of(&scenario->networks[i]);
    for (uint32_t node = 0; node < network->node_count; node++)
        for (uint32_t i = network->first_face[node]; i < network->first_face[node + 1]; i++)
            state->ends[i] = (struct end){
                .node = node,
                .face = i - network->first_face[node],
                .network = network_of_model(scenario, network->faces[i].model)};
    return 0;
}

int attach_all(struct world *world) {
    struct ns3_engine *state = engine_of(world);
    bool good = true;
    state->phase_ns = TSSB_NEVER;
    int error = reserve(world);
    for (uint32_t i = 0; i < world->scenario->node_count && !error && good; i++)
        good = (state->nodes[i] = state->shim->add_node(state->ns3, i)) != NULL;
    if (error)
        return error;
    return good && connect_all(world) ? 0 : ENGINE_FAILED;
}

/* How long packets may take: bounds, of all models that a link may have. */

struct slowest {
    uint64_t way_ns, turn_ns; /* from end to end; from one packet's turn to the next one's */
    uint64_t queue_packets;
};

static uint64_t greater(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t times(uint64_t a, uint64_t b) {
    return a && b > NS3_TIME_MAX_NS / a ? NS3_TIME_MAX_NS : a * b;
}

static uint64_t plus(uint64_t a, uint64_t b) {
    return a > NS3_TIME_MAX_NS - b ? NS3_TIME_MAX_NS : a + b;
}

static void widen(struct slowest *slowest, const struct link_model *model) {
    enum { FRAME_MAX = 2048 };
    static const uint64_t tails[] = {
        [JITTER_UNIFORM] = 1, [JITTER_NORMAL] = NS3_NORMAL_TAIL, [JITTER_PARETO] = NS3_PARETO_TAIL};
    uint64_t way_ns = plus(model->delay_ns, times(model->jitter_ns, tails[model->jitter_shape]));
    slowest->way_ns = greater(slowest->way_ns, way_ns);
    slowest->turn_ns = greater(slowest->turn_ns, plus(plus(model->pace_ns, model->pace_jitter_ns),
                                                      transmitter_time_ns(model, FRAME_MAX)));
    slowest->queue_packets = greater(slowest->queue_packets, model->queue_packets);
}

/* A device on a bus asks a thousand times whether it is free, within a millisecond each. */
enum { CSMA_PATIENCE_NS = 1000000000 };

/* Twice the way: a second copy sets out where the first one arrives. */
uint64_t attach_longest_ns(const struct world *world) {
    const struct ns3_engine *state = engine_of(world);
    const struct network *network = &state->network;
    const struct scenario *scenario = world->scenario;
    struct slowest slowest = {0};
    for (uint32_t i = 0; i < network->model_count; i++) {
        const struct link_profile *profile = network->models[i].profile;
        widen(&slowest, &network->models[i]);
        for (uint32_t phase = 0; profile && phase < profile->count; phase++)
            widen(&slowest, &profile->phases[phase].values);
    }
    for (uint32_t i = 0; i < scenario->fault_count; i++)
        if (scenario->faults[i].kind == FAULT_LINK)
            widen(&slowest, &scenario->faults[i].link);
    for (uint32_t i = 0; i < scenario->network_count; i++)
        widen(&slowest, &(struct link_model){.rate_bit_s = state->models[i].rate_bit_s});
    for (uint32_t i = 0; i < scenario->network_count; i++)
        if (state->models[i].kind == NS3_CSMA)
            slowest.turn_ns = plus(slowest.turn_ns, CSMA_PATIENCE_NS);
    return plus(times(2, slowest.way_ns), times(slowest.queue_packets + 1, slowest.turn_ns));
}
