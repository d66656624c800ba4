/* Faces and where they lead. Each network of the scenario is counted first and placed then, so that
 * the faces of a node lie together. */
#include "network.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "pages.h"
#include "stream.h"
#include "topology.h"

/* The models of a network: forward and back; then the same of each edge that the scenario lists. */
enum { MODEL_LINK, MODEL_BACK, MODEL_EDGES };

/* What is known while the network is built. */
struct building {
    const struct scenario *scenario;
    const uint64_t *node_keys;
    struct topology *topologies; /* by network */
    uint32_t *used;              /* faces of each node that are placed */
};

static bool has_links(const struct scenario_network *network) {
    return network->topology != TOPOLOGY_BROADCAST && network->topology != TOPOLOGY_RADIO;
}

/* The first network's streams are those of its nodes alone. */
static uint64_t key_of(const struct scenario *scenario, uint32_t index) {
    return index ? stream_key(scenario->seed, "network", scenario->networks[index].name) : 0;
}

static uint64_t direction_key(const struct building *building, uint64_t network_key, uint32_t from,
                              uint32_t to) {
    uint64_t key = stream_key_pair(building->node_keys[from], building->node_keys[to]);
    return network_key ? stream_key_pair(network_key, key) : key;
}

static uint32_t count_models(const struct scenario_network *network) {
    return MODEL_EDGES + 2 * network->edge_count;
}

uint32_t network_of_model(const struct scenario *scenario, uint32_t model) {
    uint32_t index = 0;
    while (model >= count_models(&scenario->networks[index]))
        model -= count_models(&scenario->networks[index++]);
    return index;
}

static int init_models(struct network *network, const struct scenario *scenario) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < scenario->network_count; i++)
        count += count_models(&scenario->networks[i]);
    network->models = calloc(count, sizeof *network->models);
    network->changes = calloc(scenario->link_change_count + 1U, sizeof *network->changes);
    if (!network->models || !network->changes)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < scenario->network_count; i++) {
        const struct scenario_network *wanted = &scenario->networks[i];
        struct link_model *models = &network->models[network->model_count];
        models[MODEL_LINK] = wanted->link;
        models[MODEL_BACK] = wanted->back;
        for (uint32_t e = 0; e < wanted->edge_count; e++) {
            models[MODEL_EDGES + 2 * e] = wanted->edges[e].link;
            models[MODEL_EDGES + 2 * e + 1] = wanted->edges[e].back;
        }
        network->model_count += count_models(wanted);
    }
    for (uint32_t i = 0; i < network->model_count; i++)
        link_seal(&network->models[i]);
    return 0;
}

/* Counts the faces that each node has; first_face becomes where they begin. */
static void count_faces(struct network *network, const struct building *building) {
    const struct scenario *scenario = building->scenario;
    for (uint32_t i = 0; i < scenario->network_count; i++) {
        const struct scenario_network *wanted = &scenario->networks[i];
        const struct topology *topology = &building->topologies[i];
        for (uint32_t l = 0; l < topology->count; l++) {
            network->first_face[topology->links[l].a + 1]++;
            network->first_face[topology->links[l].b + 1]++;
        }
        for (uint32_t m = 0; !has_links(wanted) && m < wanted->members.count; m++)
            network->first_face[wanted->members.nodes[m] + 1]++;
        network->medium_count += wanted->topology == TOPOLOGY_BROADCAST;
        network->station_count += wanted->topology == TOPOLOGY_RADIO ? wanted->members.count : 0;
    }
    for (uint32_t i = 0; i < network->node_count; i++)
        network->first_face[i + 1] += network->first_face[i];
}

static int reserve(struct network *network) {
    uint32_t faces = network->first_face[network->node_count];
    network->faces = pages_alloc((size_t)faces + 1, sizeof *network->faces);
    network->media = calloc(network->medium_count + 1U, sizeof *network->media);
    network->stations = calloc(network->station_count + 1U, sizeof *network->stations);
    return network->faces && network->media && network->stations ? 0 : TSSB_E_MEMORY;
}

/* The next face of a node. */
static struct face *next_face(struct network *network, struct building *building, uint32_t node,
                              uint32_t *index) {
    *index = building->used[node]++;
    return &network->faces[network->first_face[node] + *index];
}

/* Gives each link its two faces. */
static void place_links(struct network *network, struct building *building, uint32_t index,
                        uint32_t first_model) {
    const struct topology *topology = &building->topologies[index];
    uint64_t key = key_of(building->scenario, index);
    for (uint32_t i = 0; i < topology->count; i++) {
        const struct topology_link *link = &topology->links[i];
        uint32_t model = first_model;
        if (link->edge != TOPOLOGY_NO_EDGE)
            model += MODEL_EDGES + 2 * link->edge;
        uint32_t at_a, at_b;
        struct face *a = next_face(network, building, link->a, &at_a);
        struct face *b = next_face(network, building, link->b, &at_b);
        *a = (struct face){.key = direction_key(building, key, link->a, link->b),
                           .peer = link->b,
                           .peer_face = at_b,
                           .model = model};
        *b = (struct face){.key = direction_key(building, key, link->b, link->a),
                           .peer = link->a,
                           .peer_face = at_a,
                           .model = model + 1};
    }
}

static int place_medium(struct network *network, struct building *building, uint32_t index,
                        uint32_t model) {
    const struct node_set *members = &building->scenario->networks[index].members;
    struct medium *medium = &network->media[network->medium_count];
    *medium = (struct medium){
        .key = key_of(building->scenario, index), .member_count = members->count, .model = model};
    medium->members = calloc(members->count, sizeof *medium->members);
    medium->faces = calloc(members->count, sizeof *medium->faces);
    uint32_t number = network->medium_count++;
    if (!medium->members || !medium->faces)
        return TSSB_E_MEMORY;
    bool all_first = true;
    for (uint32_t m = 0; m < members->count; m++) {
        struct face *face = next_face(network, building, members->nodes[m], &medium->faces[m]);
        *face = (struct face){.peer = FACE_MEDIUM, .peer_face = number, .model = model};
        medium->members[m] = members->nodes[m];
        all_first = all_first && medium->faces[m] == 0;
    }
    if (all_first) {
        free(medium->faces);
        medium->faces = NULL;
    }
    return 0;
}

static void place_stations(struct network *network, struct building *building, uint32_t index) {
    const struct node_set *members = &building->scenario->networks[index].members;
    for (uint32_t m = 0; m < members->count; m++) {
        struct station_place *place = &network->stations[network->station_count];
        *place = (struct station_place){.node = members->nodes[m], .network = index};
        struct face *face = next_face(network, building, place->node, &place->face);
        *face = (struct face){.peer = FACE_RADIO, .peer_face = network->station_count++};
    }
}

static int place_networks(struct network *network, struct building *building) {
    const struct scenario *scenario = building->scenario;
    uint32_t model = 0;
    int error = 0;
    network->medium_count = network->station_count = 0; /* they count what is placed now */
    for (uint32_t i = 0; i < scenario->network_count && !error; i++) {
        if (scenario->networks[i].topology == TOPOLOGY_BROADCAST)
            error = place_medium(network, building, i, model);
        else if (scenario->networks[i].topology == TOPOLOGY_RADIO)
            place_stations(network, building, i);
        else
            place_links(network, building, i, model);
        model += count_models(&scenario->networks[i]);
    }
    return error;
}

static int build_topologies(const struct building *building) {
    const struct scenario *scenario = building->scenario;
    int error = 0;
    for (uint32_t i = 0; i < scenario->network_count && !error; i++)
        error = topology_build(&building->topologies[i], scenario, &scenario->networks[i],
                               building->node_keys);
    return error;
}

int network_init(struct network *network, const struct scenario *scenario,
                 const uint64_t *node_keys) {
    struct building building = {.scenario = scenario, .node_keys = node_keys};
    int error = TSSB_E_MEMORY;
    *network = (struct network){.node_count = scenario->node_count};
    building.used = calloc(scenario->node_count + 1U, sizeof *building.used);
    building.topologies = calloc(scenario->network_count, sizeof *building.topologies);
    network->first_face = calloc(scenario->node_count + 1U, sizeof *network->first_face);
    if (!building.used || !building.topologies || !network->first_face)
        goto out;
    error = init_models(network, scenario);
    if (!error)
        error = build_topologies(&building);
    if (error)
        goto out;
    count_faces(network, &building);
    error = reserve(network);
    if (!error)
        error = place_networks(network, &building);
out:
    for (uint32_t i = 0; building.topologies && i < scenario->network_count; i++)
        topology_close(&building.topologies[i]);
    free(building.topologies);
    free(building.used);
    return error;
}

static void close_medium(struct medium *medium) {
    for (uint32_t m = 0; medium->bad && m < medium->member_count; m++)
        free(medium->bad[m]);
    free(medium->bad);
    free(medium->members);
    free(medium->faces);
}

void network_close(struct network *network) {
    for (uint32_t i = 0; network->media && i < network->medium_count; i++)
        close_medium(&network->media[i]);
    if (network->states)
        for (uint32_t i = 0; i < network->first_face[network->node_count]; i++)
            transmitter_close(&network->states[i].transmitter);
    free(network->states);
    free(network->media);
    free(network->stations);
    free(network->faces);
    free(network->first_face);
    free(network->models);
    free(network->changes);
    *network = (struct network){0};
}

struct face_state *network_state(struct network *network, const struct face *face) {
    if (!network->states)
        network->states = calloc(network->first_face[network->node_count], sizeof *network->states);
    return network->states ? &network->states[face - network->faces] : NULL;
}

bool *network_chains(struct medium *medium, uint32_t from_member) {
    if (!medium->bad)
        medium->bad = calloc(medium->member_count, sizeof *medium->bad);
    if (medium->bad && !medium->bad[from_member])
        medium->bad[from_member] = calloc(medium->member_count, sizeof **medium->bad);
    return medium->bad ? medium->bad[from_member] : NULL;
}

static bool concerns(const struct fault *change, uint32_t from, uint32_t to) {
    const struct node_set *sets = change->sets;
    return change->everywhere || (node_set_has(&sets[0], from) && node_set_has(&sets[1], to)) ||
           (!change->one_way && node_set_has(&sets[0], to) && node_set_has(&sets[1], from));
}

struct link_model network_model(const struct network *network, uint32_t model, uint32_t from,
                                uint32_t to, uint64_t now_ns) {
    struct link_model result = network->models[model];
    const struct link_phase *phase = link_phase_at(&result, now_ns);
    if (phase)
        link_override(&result, &phase->values, phase->changed);
    for (uint32_t i = 0; i < network->change_count; i++) {
        const struct fault *change = network->changes[i];
        if (concerns(change, from, to))
            link_override(&result, &change->link, change->changed);
    }
    return result;
}

void network_change(struct network *network, const struct fault *fault) {
    network->changes[network->change_count++] = fault;
}

void network_restore(struct network *network, uint32_t id) {
    for (uint32_t i = 0; i < network->change_count; i++) {
        if (network->changes[i]->id != id)
            continue;
        network->change_count--;
        memmove(&network->changes[i], &network->changes[i + 1],
                (network->change_count - i) * sizeof *network->changes);
        return;
    }
}
