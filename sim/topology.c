/* One function a topology, and the table of them. */
#include "topology.h"

#include <stdlib.h>

#include "core/check.h"
#include "core/error.h"
#include "core/mem.h"
#include "radio/spatial.h"
#include "stream.h"

static int add(struct topology *topology, uint32_t a, uint32_t b, uint32_t edge) {
    void *links = topology->links;
    int error = tssb_mem_grow(&tssb_mem_libc, &links, &topology->capacity, topology->count + 1,
                              sizeof *topology->links);
    topology->links = links;
    if (!error)
        topology->links[topology->count++] = (struct topology_link){a, b, edge};
    return error;
}

static int line(struct topology *topology, const struct scenario_network *network, uint64_t key) {
    (void)key;
    int error = 0;
    for (uint32_t i = 1; i < network->members.count && !error; i++)
        error = add(topology, i - 1, i, TOPOLOGY_NO_EDGE);
    return error;
}

static int ring(struct topology *topology, const struct scenario_network *network, uint64_t key) {
    int error = line(topology, network, key);
    if (!error && network->members.count > 2)
        error = add(topology, 0, network->members.count - 1, TOPOLOGY_NO_EDGE);
    return error;
}

static int star(struct topology *topology, const struct scenario_network *network, uint64_t key) {
    (void)key;
    int error = 0;
    for (uint32_t i = 1; i < network->members.count && !error; i++)
        error = add(topology, 0, i, TOPOLOGY_NO_EDGE);
    return error;
}

static int grid(struct topology *topology, const struct scenario_network *network, uint64_t key) {
    (void)key;
    uint32_t width = network->width, count = network->members.count;
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++) {
        if (i % width + 1 < width && i + 1 < count)
            error = add(topology, i, i + 1, TOPOLOGY_NO_EDGE);
        if (!error && count - i > width)
            error = add(topology, i, i + width, TOPOLOGY_NO_EDGE);
    }
    return error;
}

static int complete(struct topology *topology, const struct scenario_network *network,
                    uint64_t key) {
    (void)key;
    int error = 0;
    for (uint32_t a = 0; a < network->members.count; a++)
        for (uint32_t b = a + 1; b < network->members.count && !error; b++)
            error = add(topology, a, b, TOPOLOGY_NO_EDGE);
    return error;
}

/* A set of pairs, so that no link is drawn twice: open addressing, at most half full. */
struct pairs {
    uint64_t *slots;
    uint64_t mask;
};

static int pairs_open(struct pairs *pairs, uint64_t count) {
    uint64_t slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    pairs->slots = calloc(slots, sizeof *pairs->slots);
    pairs->mask = slots - 1;
    return pairs->slots ? 0 : TSSB_E_MEMORY;
}

/* Returns true where the pair was not in the set yet. a < b, so that no pair is 0. */
static bool pairs_add(struct pairs *pairs, uint32_t a, uint32_t b) {
    uint64_t pair = (uint64_t)a << 32 | b, slot = stream_mix(pair) & pairs->mask;
    for (; pairs->slots[slot]; slot = (slot + 1) & pairs->mask)
        if (pairs->slots[slot] == pair)
            return false;
    pairs->slots[slot] = pair;
    return true;
}

static int add_new(struct topology *topology, struct pairs *pairs, uint32_t a, uint32_t b) {
    uint32_t low = a < b ? a : b, high = a < b ? b : a;
    if (a == b || !pairs_add(pairs, low, high))
        return 0;
    return add(topology, low, high, TOPOLOGY_NO_EDGE);
}

/* The nodes in random order (Fisher, Yates). NULL where memory ran out. */
static uint32_t *shuffled(uint32_t count, uint64_t key) {
    uint32_t *order = calloc(count, sizeof *order);
    for (uint32_t i = 0; order && i < count; i++) {
        uint32_t at = (uint32_t)stream_below(stream_draw(key, STREAM_SHAPE, i), (uint64_t)i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    return order;
}

/* A ring through all nodes in random order, which makes the graph connected, and random links up to
 * the mean degree.
 */
static int random_graph(struct topology *topology, const struct scenario_network *network,
                        uint64_t key) {
    uint32_t count = network->members.count;
    uint64_t wanted = (uint64_t)count * network->degree / 2;
    struct pairs pairs = {0};
    uint32_t *order = shuffled(count, key);
    int error = order ? pairs_open(&pairs, wanted + count) : TSSB_E_MEMORY;
    for (uint32_t i = 0; i < count && !error; i++)
        error = add_new(topology, &pairs, order[i], order[i + 1 < count ? i + 1 : 0]);
    for (uint64_t n = count; topology->count < wanted && !error; n += 2)
        error = add_new(topology, &pairs,
                        (uint32_t)stream_below(stream_draw(key, STREAM_SHAPE, n), count),
                        (uint32_t)stream_below(stream_draw(key, STREAM_SHAPE, n + 1), count));
    free(order);
    free(pairs.slots);
    return error;
}

static int listed(struct topology *topology, const struct scenario_network *network, uint64_t key) {
    (void)key;
    int error = 0;
    for (uint32_t i = 0; i < network->edge_count && !error; i++)
        error = add(topology, network->edges[i].a, network->edges[i].b, i);
    return error;
}

/* Over the members as if they were nodes 0, 1, ...; listed edges name nodes. key: of what is drawn.
 */
static int (*const builders[TOPOLOGIES])(struct topology *, const struct scenario_network *,
                                         uint64_t key) = {
    [TOPOLOGY_LINE] = line,    [TOPOLOGY_RING] = ring,         [TOPOLOGY_STAR] = star,
    [TOPOLOGY_GRID] = grid,    [TOPOLOGY_COMPLETE] = complete, [TOPOLOGY_RANDOM] = random_graph,
    [TOPOLOGY_EDGES] = listed,
};

/* Links each node to those of a higher index in range. */
static int link_near(struct topology *topology, const struct scenario_network *network,
                     const struct spatial *spatial, const struct position *places) {
    uint64_t range_mm = network->range_mm;
    uint32_t *found = calloc(network->members.count, sizeof *found);
    int error = found ? 0 : TSSB_E_MEMORY;
    for (uint32_t i = 0; i < network->members.count && !error; i++) {
        uint32_t count = spatial_near(spatial, places[i], range_mm, found);
        for (uint32_t k = 0; k < count && !error; k++)
            if (found[k] > i &&
                mobility_square_mm2(places[i], places[found[k]]) <= range_mm * range_mm)
                error = topology->count < SCENARIO_LINKS_MAX
                            ? add(topology, i, found[k], TOPOLOGY_NO_EDGE)
                            : TSSB_E_FULL;
    }
    free(found);
    return error;
}

/* Links by where the nodes are when the world begins. */
static int geometric(struct topology *topology, const struct scenario *scenario,
                     const struct scenario_network *network, const uint64_t *node_keys) {
    uint32_t count = network->members.count;
    struct position *places = calloc(count, sizeof *places);
    struct spatial spatial = {0};
    struct mobility mobility;
    int error = mobility_init(&mobility, scenario, node_keys);
    if (!error && !places)
        error = TSSB_E_MEMORY;
    for (uint32_t i = 0; i < count && !error; i++)
        places[i] = mobility_at(&mobility, network->members.nodes[i], 0);
    if (!error)
        error = spatial_build(&spatial, places, count, network->range_mm);
    if (!error)
        error = link_near(topology, network, &spatial, places);
    spatial_close(&spatial);
    mobility_close(&mobility);
    free(places);
    return error;
}

int topology_build(struct topology *topology, const struct scenario *scenario,
                   const struct scenario_network *network, const uint64_t *node_keys) {
    *topology = (struct topology){0};
    TSSB_CHECK(network->topology < TOPOLOGIES);
    int error;
    if (network->topology == TOPOLOGY_GEOMETRIC)
        error = geometric(topology, scenario, network, node_keys);
    else if (builders[network->topology])
        error = builders[network->topology](topology, network,
                                            stream_key(scenario->seed, "topology", network->name));
    else /* a medium */
        return 0;
    if (network->topology == TOPOLOGY_EDGES || network->members.count == scenario->node_count)
        return error;
    for (uint32_t i = 0; i < topology->count; i++) {
        topology->links[i].a = network->members.nodes[topology->links[i].a];
        topology->links[i].b = network->members.nodes[topology->links[i].b];
    }
    return error;
}

void topology_close(struct topology *topology) {
    free(topology->links);
    *topology = (struct topology){0};
}
