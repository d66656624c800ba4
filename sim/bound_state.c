/* What the bound keeps: for each feed a holding for each node that holds it or forwards it. */
#include "bound_state.h"

#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "core/error.h"

static uint32_t inlet_count(const struct bound *bound, uint32_t node) {
    return bound->ways.first_inlet[node + 1] - bound->ways.first_inlet[node];
}

void bound_restart(struct bound *bound, const struct spot *spot, bool up) {
    struct holding *holding = spot->holding;
    holding->life = ++bound->lives;
    holding->up = up;
    holding->flying = holding->waiting = 0;
    holding->count = holding->announced = holding->rested = holding->front;
    for (uint32_t i = 0; i < inlet_count(bound, spot->node); i++)
        holding->inlets[i] = (struct inlet){.sent = holding->front,
                                            .arrived = holding->front,
                                            .rests = holding->rests,
                                            .looks_ns = TSSB_NEVER,
                                            .alone = holding->inlets[i].alone};
}

void bound_forget(struct holding *holding) {
    holding->front = holding->taken = holding->skipped = 0;
}

void bound_let_rest(const struct bound *bound, const struct spot *spot, struct inlet *inlet) {
    struct holding *holding = spot->holding;
    if (holding->flying == 0 && holding->waiting == 0) {
        holding->rests++;
        holding->rested = holding->count = holding->front;
    }
    if (inlet->rests == holding->rests)
        return;
    inlet->rests = holding->rests;
    if (inlet->arrived < holding->rested)
        inlet->arrived = holding->rested;
    if (inlet->sent < inlet->arrived)
        inlet->sent = inlet->arrived;
    /* A single inlet has carried all that there is, and may have to pause. */
    if (holding->inlets_that_matter > 1 && inlet->free_ns > bound->now_ns)
        inlet->free_ns = bound->now_ns;
}

void bound_keep_times(struct inlet *inlet) {
    uint32_t waits = inlet->queued - inlet->sent;
    if (waits > inlet->times.queue)
        waits = inlet->times.queue;
    if (inlet->keep < waits)
        inlet->keep = waits;
}

void bound_keep_least(struct way_times *times, const struct way_times *others) {
    if (others->leave_ns < times->leave_ns)
        times->leave_ns = others->leave_ns;
    if (others->pause_ns < times->pause_ns)
        times->pause_ns = others->pause_ns;
    if (others->travel_ns < times->travel_ns)
        times->travel_ns = others->travel_ns;
}

/* On a medium, several nodes may have the entry, and be at different distances. */
uint64_t bound_travel_ns(const struct world *world, const struct spot *spot, const struct way *way,
                         const struct way_times *times) {
    const struct bound *bound = world->bound;
    const struct network *network = world->engine->bounding(world);
    uint64_t least_ns = times->travel_ns;
    if (network->faces[way->inlet].peer != FACE_MEDIUM ||
        !network_varies(network, &network->models[way->model]))
        return least_ns;
    for (uint32_t w = bound->ways.first[way->inlet]; w < bound->ways.first[way->inlet + 1]; w++) {
        const struct way *other = &bound->ways.list[w];
        if (!bound->feeds[spot->feed].useful[w] ||
            !bound->feeds[spot->feed].holdings[other->from].up)
            continue;
        uint64_t travel_ns = ways_times(world, other, false, bound->now_ns).travel_ns;
        least_ns = travel_ns < least_ns ? travel_ns : least_ns;
    }
    return least_ns;
}

/* Times. */

int bound_note(struct holding *holding, uint32_t seq, uint64_t now_ns) {
    if (holding->passes_through)
        return 0;
    uint32_t kept = holding->front - holding->taken, added = seq - holding->front;
    if (holding->skipped > kept) { /* more room is unused than used */
        memmove(holding->times, holding->times + holding->skipped, kept * sizeof *holding->times);
        holding->skipped = 0;
    }
    void *times = holding->times;
    int error = tssb_mem_grow(&tssb_mem_libc, &times, &holding->capacity,
                              holding->skipped + kept + added, sizeof *holding->times);
    holding->times = times;
    for (uint32_t i = 0; i < added && !error; i++)
        holding->times[holding->skipped + kept + i] = now_ns;
    return error;
}

uint64_t bound_take(struct holding *holding, uint32_t seq) {
    if (seq <= holding->taken || seq > holding->front)
        return TSSB_NEVER;
    holding->skipped += seq - holding->taken;
    holding->taken = seq;
    return holding->times[holding->skipped - 1];
}

int bound_add_shadow(struct bound *bound, const struct spot *spot, uint32_t seq) {
    struct holding *holding = spot->holding, *shadow = calloc(1, sizeof *shadow);
    bound_drop_shadow(holding);
    if (!shadow)
        return TSSB_E_MEMORY;
    shadow->inlets = calloc(inlet_count(bound, spot->node) + 1U, sizeof *shadow->inlets);
    if (!shadow->inlets) {
        free(shadow);
        return TSSB_E_MEMORY;
    }
    for (uint32_t i = 0; i < inlet_count(bound, spot->node); i++)
        shadow->inlets[i].alone = holding->inlets[i].alone;
    shadow->inlets_that_matter = holding->inlets_that_matter;
    shadow->front = shadow->taken = seq;
    shadow->reported_ns = TSSB_NEVER;
    holding->shadow = shadow;
    return 0;
}

static void close_holding(struct holding *holding) {
    free(holding->inlets);
    free(holding->times);
}

void bound_drop_shadow(struct holding *holding) {
    if (!holding->shadow)
        return;
    close_holding(holding->shadow);
    free(holding->shadow);
    holding->shadow = NULL;
}

/* Whether the bound is to be worked out, and can be. Where stations move, who reaches whom would
 * have to be known at every moment; what comes in by real faces has no bound. */
static bool is_due(const struct world *world) {
    return world->scenario->bound != BOUND_OFF && world->scenario->face_count == 0 &&
           world->engine->bounding(world) != NULL;
}

static uint64_t entries_of(const struct scenario *scenario, uint32_t author) {
    const struct produce *produce = &scenario_group(scenario, author)->produce;
    if (!produce->every_ns)
        return produce->at_start;
    uint64_t most = scenario->duration_ns / produce->every_ns + 1;
    return produce->at_start + (produce->entries < most ? produce->entries : most);
}

/* So many ways there may be. */
static uint64_t most_ways(const struct world *world) {
    uint64_t entries = 0;
    if (world->scenario->bound == BOUND_ON)
        return BOUND_WAYS_MAX;
    for (uint32_t f = 0; f < world->feed_count; f++)
        entries += entries_of(world->scenario, world->feeds[f].author) + BOUND_FEED_WORK;
    return entries ? BOUND_WORK_MAX / entries : 0;
}

static int open_holding(const struct bound *bound, const struct bound_feed *feed, uint32_t node) {
    const struct ways *ways = &bound->ways;
    struct holding *holding = &feed->holdings[node];
    uint32_t first = ways->first_inlet[node];
    holding->reported_ns = TSSB_NEVER;
    holding->inlets = calloc(inlet_count(bound, node) + 1U, sizeof *holding->inlets);
    if (!holding->inlets)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < inlet_count(bound, node); i++) {
        uint32_t matter = 0;
        for (uint32_t w = ways->first[first + i]; w < ways->first[first + i + 1]; w++)
            matter += feed->useful[w];
        holding->inlets[i].alone = matter == 1;
        holding->inlets_that_matter += matter > 0;
    }
    return 0;
}

/* holds: room for a bool a node, and `passes` too. */
static int open_feed(const struct world *world, uint32_t index, const bool *forgets, bool *holds,
                     bool *passes) {
    const struct bound *bound = world->bound;
    struct bound_feed *feed = &bound->feeds[index];
    uint32_t author = world->feeds[index].author;
    feed->holdings = calloc(bound->node_count, sizeof *feed->holdings);
    feed->useful = calloc(bound->ways.count + 1U, sizeof *feed->useful);
    if (!feed->holdings || !feed->useful)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < bound->node_count; i++) {
        const struct node_group *group = scenario_group(world->scenario, i);
        holds[i] = group->bridge ||
                   tssb_node_find(&world->nodes[i].core, tssb_pool_feed(&world->pool, index)) !=
                       TSSB_NO_REPLICA;
        bool pushes = group->serve || group->strategy.forward == TSSB_FORWARD_RELAY;
        passes[i] = holds[i] && (pushes || group->bridge || i == author);
        feed->holdings[i].passes_through = group->bridge;
    }
    int error = ways_find_useful(&bound->ways, bound->node_count, author, passes, forgets,
                                 feed->useful);
    for (uint32_t i = 0; i < bound->node_count && !error; i++)
        if (holds[i])
            error = open_holding(bound, feed, i);
    for (uint32_t w = 0; w < bound->ways.count; w++)
        feed->useful[w] &= holds[bound->ways.list[w].to];
    return error;
}

static int open_feeds(const struct world *world) {
    const struct bound *bound = world->bound;
    uint32_t nodes = bound->node_count;
    bool *memory = calloc(nodes, 3 * sizeof *memory);
    int error = 0;
    if (!memory)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < world->scenario->fault_count; i++) {
        const struct fault *fault = &world->scenario->faults[i];
        for (uint32_t n = 0; fault->kind == FAULT_WIPE && n < fault->nodes.count; n++)
            memory[fault->nodes.nodes[n]] = true;
    }
    for (uint32_t f = 0; f < bound->feed_count && !error; f++)
        error = open_feed(world, f, memory, memory + nodes, memory + 2 * (size_t)nodes);
    free(memory);
    return error;
}

int bound_open(struct world *world) {
    if (world->feed_count == 0 || !is_due(world))
        return 0;
    struct bound *bound = calloc(1, sizeof *bound);
    world->bound = bound;
    if (!bound)
        return TSSB_E_MEMORY;
    bound->cut_ns = bound->healed_ns = TSSB_NEVER;
    bound->node_count = world->scenario->node_count;
    int error = ways_init(&bound->ways, world, most_ways(world));
    if (error == TSSB_E_FULL) {
        bound_close(world);
        return 0;
    }
    if (error)
        return error;
    bound->feeds = calloc(world->feed_count, sizeof *bound->feeds);
    if (!bound->feeds)
        return TSSB_E_MEMORY;
    bound->feed_count = world->feed_count;
    return open_feeds(world);
}

void bound_close(struct world *world) {
    struct bound *bound = world->bound;
    if (!bound)
        return;
    for (uint32_t f = 0; f < bound->feed_count; f++) {
        struct bound_feed *feed = &bound->feeds[f];
        for (uint32_t i = 0; feed->holdings && i < bound->node_count; i++) {
            bound_drop_shadow(&feed->holdings[i]);
            close_holding(&feed->holdings[i]);
        }
        free(feed->holdings);
        free(feed->useful);
    }
    free(bound->feeds);
    ways_close(&bound->ways);
    queue_close(&bound->queue);
    free(bound);
    world->bound = NULL;
}
