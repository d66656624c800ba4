/* Faces, links and the medium. What a packet meets is a function of the model in force, the
 * direction's key and the packet's number: nothing else, so that strategies can be compared on the
 * same losses. */
#include "network.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "pages.h"
#include "stream.h"
#include "topology.h"

enum { MODEL_DEFAULT = 0 }; /* then one for each edge that the scenario lists */

static uint32_t model_of(const struct topology_link *link) {
    return link->edge == TOPOLOGY_NO_EDGE ? MODEL_DEFAULT : 1 + link->edge;
}

static int init_models(struct network *network, const struct scenario *scenario) {
    const struct scenario_network *wanted = &scenario->network;
    network->model_count = 1 + wanted->edge_count;
    network->models = calloc(network->model_count, sizeof *network->models);
    network->changes = calloc(scenario->link_change_count + 1U, sizeof *network->changes);
    if (!network->models || !network->changes)
        return TSSB_E_MEMORY;
    network->models[MODEL_DEFAULT] = wanted->link;
    for (uint32_t i = 0; i < wanted->edge_count; i++)
        network->models[1 + i] = wanted->edges[i].link;
    return 0;
}

static int init_medium(struct network *network, uint32_t node_count) {
    network->media = calloc(1, sizeof *network->media);
    network->faces = calloc(node_count, sizeof *network->faces);
    uint32_t *members = calloc(node_count, sizeof *members);
    if (!network->media || !network->faces || !members) {
        free(members);
        return TSSB_E_MEMORY;
    }
    network->medium_count = 1;
    network->media[0] = (struct medium){members, node_count, MODEL_DEFAULT};
    for (uint32_t i = 0; i < node_count; i++) {
        members[i] = i;
        network->first_face[i + 1] = i + 1;
        network->faces[i] = (struct face){.peer = FACE_MEDIUM, .model = MODEL_DEFAULT};
    }
    return 0;
}

/* Gives each link its two faces; `used` counts those of each node so far. */
static void place_links(struct network *network, const struct topology *topology,
                        const uint64_t *keys, uint32_t *used) {
    for (uint32_t i = 0; i < topology->count; i++) {
        const struct topology_link *link = &topology->links[i];
        uint32_t at_a = used[link->a]++, at_b = used[link->b]++;
        network->faces[network->first_face[link->a] + at_a] = (struct face){
            .key = stream_key_pair(keys[link->a], keys[link->b]),
            .peer = link->b,
            .peer_face = at_b,
            .model = model_of(link)};
        network->faces[network->first_face[link->b] + at_b] = (struct face){
            .key = stream_key_pair(keys[link->b], keys[link->a]),
            .peer = link->a,
            .peer_face = at_a,
            .model = model_of(link)};
    }
}

static int init_links(struct network *network, const struct scenario *scenario,
                      const uint64_t *keys) {
    struct topology topology;
    uint32_t *used = calloc(scenario->node_count, sizeof *used);
    int error = topology_build(&topology, scenario);
    if (!used || error)
        error = TSSB_E_MEMORY;
    for (uint32_t i = 0; i < topology.count && !error; i++) {
        network->first_face[topology.links[i].a + 1]++;
        network->first_face[topology.links[i].b + 1]++;
    }
    for (uint32_t i = 0; i < scenario->node_count && !error; i++)
        network->first_face[i + 1] += network->first_face[i];
    network->faces = error ? NULL
                           : pages_alloc(2 * (size_t)topology.count + 1, sizeof *network->faces);
    if (network->faces)
        place_links(network, &topology, keys, used);
    topology_close(&topology);
    free(used);
    return network->faces ? 0 : TSSB_E_MEMORY;
}

int network_init(struct network *network, const struct scenario *scenario,
                 const uint64_t *node_keys) {
    *network = (struct network){0};
    network->first_face = calloc(scenario->node_count + 1U, sizeof *network->first_face);
    if (!network->first_face || init_models(network, scenario) != 0)
        return TSSB_E_MEMORY;
    if (scenario->network.topology == TOPOLOGY_BROADCAST)
        return init_medium(network, scenario->node_count);
    return init_links(network, scenario, node_keys);
}

void network_close(struct network *network) {
    for (uint32_t i = 0; i < network->medium_count; i++)
        free(network->media[i].members);
    free(network->media);
    free(network->faces);
    free(network->first_face);
    free(network->models);
    free(network->changes);
    *network = (struct network){0};
}

static bool concerns(const struct fault *change, uint32_t from, uint32_t to) {
    const struct node_set *sets = change->sets;
    return change->everywhere || (node_set_has(&sets[0], from) && node_set_has(&sets[1], to)) ||
           (node_set_has(&sets[0], to) && node_set_has(&sets[1], from));
}

struct link_model network_model(const struct network *network, uint32_t model, uint32_t from,
                                uint32_t to) {
    struct link_model result = network->models[model];
    for (uint32_t i = 0; i < network->change_count; i++) {
        const struct fault *change = network->changes[i];
        if (!concerns(change, from, to))
            continue;
        if (change->changed & LINK_DELAY)
            result.delay_ns = change->link.delay_ns;
        if (change->changed & LINK_JITTER)
            result.jitter_ns = change->link.jitter_ns;
        if (change->changed & LINK_LOSS)
            result.loss_ppb = change->link.loss_ppb;
        if (change->changed & LINK_DROP) {
            result.drops = change->link.drops;
            result.drop_count = change->link.drop_count;
        }
    }
    return result;
}

bool network_loses(const struct link_model *model, uint64_t key, uint32_t n) {
    struct node_set mask = {model->drops, model->drop_count};
    if (mask.count && node_set_has(&mask, n))
        return true;
    return model->loss_ppb && stream_below(stream_draw(key, STREAM_LOSS, n), PPB) < model->loss_ppb;
}

struct passage network_passage(const struct link_model *model, uint64_t key, uint32_t n) {
    struct passage passage = {model->delay_ns, network_loses(model, key, n)};
    if (model->jitter_ns)
        passage.delay_ns += stream_below(stream_draw(key, STREAM_JITTER, n), model->jitter_ns + 1);
    return passage;
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
