/* Which ways matter is a question of dominators: where all that a node can have of a feed came
 * through its neighbour, it has nothing to tell that neighbour. Without this, each node of a line
 * would seem to be served from both sides. */
#include "ways.h"

#include <stdlib.h>

#include "builtin.h"
#include "core/error.h"
#include "quantile.h"

enum { UNREACHED = UINT32_MAX };

static const struct network *network_of(const struct world *world) {
    return world->engine->bounding(world);
}

/* Listing: first counted, then filled in. */

struct listing {
    struct ways *ways;
    const struct world *world;
    uint32_t inlet, to, model;
    uint64_t count;
};

static void add(struct listing *listing, uint32_t from) {
    if (listing->ways->list)
        listing->ways->list[listing->count] = (struct way){from, listing->to, listing->inlet,
                                                           listing->model};
    listing->count++;
}

/* Who is in range of a station has that station in range. */
static void add_station(void *context, uint32_t station, enum event_bar outcome) {
    struct listing *listing = context;
    (void)outcome;
    add(listing, network_of(listing->world)->stations[station].node);
}

static int add_radio(struct listing *listing, uint32_t station) {
    const struct network *network = network_of(listing->world);
    listing->model = network->stations[station].network;
    return ether_reach(builtin_of(listing->world)->radio.ether, station, 0, add_station, listing);
}

static void add_medium(struct listing *listing, const struct medium *medium) {
    listing->model = medium->model;
    if (!listing->ways->list) { /* of a large medium even counting would take long */
        listing->count += medium->member_count - 1;
        return;
    }
    for (uint32_t i = 0; i < medium->member_count; i++)
        if (medium->members[i] != listing->to)
            add(listing, medium->members[i]);
}

static void add_link(struct listing *listing, const struct face *face) {
    const struct network *network = network_of(listing->world);
    listing->model = network->faces[network->first_face[face->peer] + face->peer_face].model;
    add(listing, face->peer);
}

static int list_all(struct listing *listing, uint64_t most) {
    const struct network *network = network_of(listing->world);
    int error = 0;
    listing->count = 0;
    for (uint32_t node = 0; node < network->node_count; node++) {
        listing->to = node;
        for (uint32_t i = network->first_face[node]; i < network->first_face[node + 1]; i++) {
            const struct face *face = &network->faces[i];
            listing->inlet = i;
            if (listing->ways->list)
                listing->ways->first[i] = (uint32_t)listing->count;
            if (face->peer == FACE_RADIO)
                error = add_radio(listing, face->peer_face);
            else if (face->peer == FACE_MEDIUM)
                add_medium(listing, &network->media[face->peer_face]);
            else
                add_link(listing, face);
            if (!error && listing->count > most)
                error = TSSB_E_FULL;
            if (error)
                return error;
        }
    }
    return 0;
}

static void sort_by_sender(struct ways *ways, uint32_t node_count) {
    for (uint32_t w = 0; w < ways->count; w++)
        ways->first_out[ways->list[w].from + 1]++;
    for (uint32_t i = 0; i < node_count; i++)
        ways->first_out[i + 1] += ways->first_out[i];
    /* Each node's beginning is moved on while its ways are placed, and then moved back. */
    for (uint32_t w = 0; w < ways->count; w++)
        ways->out[ways->first_out[ways->list[w].from]++] = w;
    for (uint32_t i = node_count; i > 0; i--)
        ways->first_out[i] = ways->first_out[i - 1];
    ways->first_out[0] = 0;
}

int ways_init(struct ways *ways, const struct world *world, uint64_t most) {
    const struct network *network = network_of(world);
    uint32_t nodes = network->node_count;
    struct listing listing = {.ways = ways, .world = world};
    *ways = (struct ways){.first_inlet = network->first_face,
                          .inlet_count = network->first_face[nodes]};
    int error = list_all(&listing, most);
    if (error)
        return error;
    ways->count = (uint32_t)listing.count;
    ways->list = calloc(ways->count + 1U, sizeof *ways->list);
    ways->first = calloc(ways->inlet_count + 1U, sizeof *ways->first);
    ways->out = calloc(ways->count + 1U, sizeof *ways->out);
    ways->first_out = calloc(nodes + 1U, sizeof *ways->first_out);
    if (!ways->list || !ways->first || !ways->out || !ways->first_out)
        return TSSB_E_MEMORY;
    error = list_all(&listing, most);
    ways->first[ways->inlet_count] = ways->count;
    sort_by_sender(ways, nodes);
    return error;
}

void ways_close(struct ways *ways) {
    free(ways->list);
    free(ways->first);
    free(ways->out);
    free(ways->first_out);
    *ways = (struct ways){0};
}

/* Times. */

/* The delay less what jitter can take from it; uniform and heavy-tailed jitter only add. */
static uint64_t least_delay_ns(const struct link_model *model) {
    if (model->jitter_shape != JITTER_NORMAL)
        return model->delay_ns;
    __int128 least_ns = (__int128)model->delay_ns +
                        quantile_scale(quantile_normal(UINT64_C(1) << 63), model->jitter_ns);
    return least_ns < 1 ? 1 : (uint64_t)least_ns;
}

/* The most that a delay can be, also of a second copy. */
static uint64_t most_delay_ns(const struct link_model *model) {
    uint64_t jitter_ns = model->jitter_ns;
    if (model->jitter_shape == JITTER_NORMAL)
        jitter_ns = (uint64_t)quantile_scale(quantile_normal(0), jitter_ns);
    else if (model->jitter_shape == JITTER_PARETO)
        jitter_ns = (uint64_t)quantile_scale(quantile_pareto(0), jitter_ns);
    return model->delay_ns + jitter_ns +
           (model->duplicate_ppb ? model->delay_ns + model->jitter_ns : 0);
}

/* The most that a packet waits for a link, and takes to leave it. */
static uint64_t most_wait_ns(const struct link_model *model) {
    if (!model->slow)
        return 0;
    uint64_t each_ns = transmitter_time_ns(model, TSSB_PACKET_SIZE) + model->pace_ns +
                       model->pace_jitter_ns;
    return ((uint64_t)model->queue_packets + 1) * each_ns;
}

static struct way_times radio_times(const struct world *world, const struct way *way, bool alone) {
    const struct radio_model *model = &world->scenario->networks[way->model].radio;
    return (struct way_times){.leave_ns = lora_airtime_ns(&model->lora, TSSB_ENTRY_SIZE),
                              .pause_ns = alone ? (int64_t)model->pace_ns
                                                : -(int64_t)lora_preamble_slack_ns(&model->lora),
                              .most_ns = lora_airtime_ns(&model->lora, TSSB_PACKET_SIZE),
                              .end_ns = TSSB_NEVER};
}

/* A medium is entered by the model as it is for the sender. */
struct way_times ways_times(const struct world *world, const struct way *way, bool alone,
                            uint64_t now_ns) {
    const struct network *network = network_of(world);
    uint32_t peer = network->faces[way->inlet].peer;
    if (peer == FACE_RADIO)
        return radio_times(world, way, alone);
    const struct link_model *base = &network->models[way->model];
    struct link_model entered = *base, crossed = *base;
    if (network_varies(network, base)) {
        uint32_t to = peer == FACE_MEDIUM ? way->from : way->to;
        entered = network_model(network, way->model, way->from, to, now_ns);
        crossed = network_model(network, way->model, way->from, way->to, now_ns);
    }
    return (struct way_times){.leave_ns = transmitter_time_ns(&entered, TSSB_ENTRY_SIZE),
                              .pause_ns = (int64_t)entered.pace_ns,
                              .travel_ns = least_delay_ns(&crossed),
                              .most_ns = most_wait_ns(&entered) + most_delay_ns(&crossed),
                              .queue = entered.queue_packets,
                              .end_ns = link_phase_end_ns(base, now_ns)};
}

static void keep_least(struct way_times *least, const struct link_model *model) {
    uint64_t leave_ns = transmitter_time_ns(model, TSSB_ENTRY_SIZE);
    uint64_t travel_ns = least_delay_ns(model);
    if (leave_ns < least->leave_ns)
        least->leave_ns = leave_ns;
    if ((int64_t)model->pace_ns < least->pause_ns)
        least->pause_ns = (int64_t)model->pace_ns;
    if (travel_ns < least->travel_ns)
        least->travel_ns = travel_ns;
    if (model->queue_packets > least->queue)
        least->queue = model->queue_packets;
}

bool ways_least_times(const struct world *world, const struct way *way, struct way_times *least) {
    const struct network *network = network_of(world);
    if (network->faces[way->inlet].peer == FACE_RADIO)
        return false;
    const struct link_model *base = &network->models[way->model];
    bool varies = base->profile != NULL;
    *least = ways_times(world, way, false, world->now_ns);
    keep_least(least, base);
    for (uint32_t i = 0; base->profile && i < base->profile->count; i++) {
        struct link_model model = *base;
        link_override(&model, &base->profile->phases[i].values, base->profile->phases[i].changed);
        keep_least(least, &model);
    }
    for (uint32_t i = 0; i < world->scenario->fault_count; i++) {
        const struct fault *fault = &world->scenario->faults[i];
        struct link_model model = *base;
        if (fault->kind != FAULT_LINK)
            continue;
        link_override(&model, &fault->link, fault->changed);
        keep_least(least, &model);
        varies = true;
    }
    return varies;
}

/* What matters. Dominators after Cooper, Harvey and Kennedy ("A simple, fast dominance algorithm",
 * 2001), over nodes in the order of their distance from the author. */

struct flow {
    const struct ways *ways;
    const bool *passes;
    uint32_t *order, *place; /* nodes by distance; the place of each in there, or UNREACHED */
    uint32_t count;
    uint32_t *dominator; /* by place: the place of the nearest one */
};

static void find_order(struct flow *flow, uint32_t author) {
    const struct ways *ways = flow->ways;
    flow->order[flow->count++] = author;
    flow->place[author] = 0;
    for (uint32_t at = 0; at < flow->count; at++) {
        uint32_t node = flow->order[at];
        for (uint32_t i = ways->first_out[node];
             flow->passes[node] && i < ways->first_out[node + 1]; i++) {
            uint32_t to = ways->list[ways->out[i]].to;
            if (flow->place[to] != UNREACHED)
                continue;
            flow->place[to] = flow->count;
            flow->order[flow->count++] = to;
        }
    }
}

static uint32_t common_dominator(const struct flow *flow, uint32_t a, uint32_t b) {
    while (a != b)
        if (a > b)
            a = flow->dominator[a];
        else
            b = flow->dominator[b];
    return a;
}

static uint32_t dominator_of(const struct flow *flow, uint32_t node) {
    const struct ways *ways = flow->ways;
    uint32_t nearest = UNREACHED;
    for (uint32_t w = ways->first[ways->first_inlet[node]];
         w < ways->first[ways->first_inlet[node + 1]]; w++) {
        uint32_t from = ways->list[w].from, place = flow->place[from];
        if (!flow->passes[from] || place == UNREACHED || flow->dominator[place] == UNREACHED)
            continue;
        nearest = nearest == UNREACHED ? place : common_dominator(flow, nearest, place);
    }
    return nearest;
}

static void find_dominators(struct flow *flow) {
    for (uint32_t i = 1; i < flow->count; i++)
        flow->dominator[i] = UNREACHED;
    flow->dominator[0] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 1; i < flow->count; i++) {
            uint32_t found = dominator_of(flow, flow->order[i]);
            changed |= found != flow->dominator[i];
            flow->dominator[i] = found;
        }
    }
}

static bool matters(const struct flow *flow, const struct way *way, const bool *forgets) {
    uint32_t from = flow->place[way->from], to = flow->place[way->to];
    if (!flow->passes[way->from] || from == UNREACHED || to == UNREACHED || to == 0)
        return false;
    while (from > to)
        from = flow->dominator[from];
    return from != to || forgets[way->to];
}

int ways_find_useful(const struct ways *ways, uint32_t node_count, uint32_t author,
                     const bool *passes, const bool *forgets, bool *useful) {
    uint32_t *memory = calloc(node_count, 3 * sizeof *memory);
    if (!memory)
        return TSSB_E_MEMORY;
    struct flow flow = {.ways = ways,
                        .passes = passes,
                        .order = memory,
                        .place = memory + node_count,
                        .dominator = memory + 2 * (size_t)node_count};
    for (uint32_t i = 0; i < node_count; i++)
        flow.place[i] = UNREACHED;
    find_order(&flow, author);
    find_dominators(&flow);
    for (uint32_t w = 0; w < ways->count; w++)
        useful[w] = matters(&flow, &ways->list[w], forgets);
    free(memory);
    return 0;
}
