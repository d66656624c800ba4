/* An ideal flood: what a node has of a feed, its neighbours get, one entry after the other, as fast
 * as the ways between them take. It has a queue of its own, which follows the world's time when
 * something changes or somebody asks.
 *
 * Each feed is alone in this world. What makes it a bound, and not one more protocol:
 *
 * - Entries come by an inlet in their order and each once, so the number that has come by it is the
 *   most that could have. By several inlets they could have been shared out: a node has entry k
 *   once k have come in all, and some neighbour could have had k here with nothing else to send.
 * - Where a way gets faster while entries are under way, they are sent again; where it is not clear
 *   which of them a partition stopped, all count as sent again at once.
 *
 * A node that comes back without entries that it could have had begins a second holding for its
 * catch-up, from what it really holds: its shadow. */
#include "bound.h"

#include <stdlib.h>
#include <string.h>

#include "bound_state.h"
#include "core/error.h"

/* What has come by the inlets makes up what the holding has. */
static void settle(struct world *world, const struct spot *spot) {
    struct holding *holding = spot->holding;
    uint32_t front = holding->announced;
    if (holding->inlets_that_matter > 1 && holding->count < front)
        front = holding->count;
    if (front <= holding->front)
        return;
    if (bound_note(holding, front, world->bound->now_ns) != 0) {
        world_fail(world, TSSB_E_MEMORY);
        return;
    }
    holding->front = front;
    if (!spot->is_shadow)
        bound_offer_out(world, spot->feed, spot->node);
}

static void arrive(struct world *world, const struct spot *spot, const struct event *event) {
    struct bound *bound = world->bound;
    const struct way *way = &bound->ways.list[event->target];
    struct inlet *inlet = bound_inlet(bound, spot, way->inlet);
    inlet->flying--;
    spot->holding->flying--;
    if (partition_cuts(&world->partitions, way->from, way->to)) {
        if (event->face > inlet->blocked)
            inlet->blocked = event->face;
        if (inlet->flying == 0)
            inlet->sent = inlet->arrived;
        return;
    }
    if (event->face > inlet->arrived) {
        spot->holding->count += event->face - inlet->arrived;
        inlet->arrived = event->face;
        if (inlet->sent < inlet->arrived)
            inlet->sent = inlet->arrived;
    }
    if (event->face > spot->holding->announced)
        spot->holding->announced = event->face;
    settle(world, spot);
}

static void be_announced(struct world *world, const struct spot *spot, const struct event *event) {
    const struct way *way = &world->bound->ways.list[event->target];
    if (event->face <= spot->holding->announced ||
        partition_cuts(&world->partitions, way->from, way->to))
        return;
    spot->holding->announced = event->face;
    settle(world, spot);
}

/* All that the inlet's ways can bring is offered anew. */
static void renew(struct world *world, const struct spot *spot, uint32_t index) {
    struct inlet *inlet = bound_inlet(world->bound, spot, index);
    inlet->announced = 0;
    bool waited = inlet->looks_ns != TSSB_NEVER;
    inlet->looks_ns = TSSB_NEVER;
    if (waited && inlet->queued > inlet->sent)
        bound_keep_times(inlet);
    if (inlet->free_ns > world->bound->now_ns)
        inlet->free_ns = world->bound->now_ns;
    if (inlet->flying == 0)
        inlet->sent = inlet->arrived;
    else
        inlet->lands_ns = TSSB_NEVER;
    bound_offer_into(world, spot, index);
    spot->holding->waiting -= waited; /* not before: it is no rest while there is more to send */
}

static void look(struct world *world, const struct spot *spot, uint32_t index) {
    struct inlet *inlet = bound_inlet(world->bound, spot, index);
    bool waited = inlet->looks_ns == world->bound->now_ns;
    if (waited)
        inlet->looks_ns = TSSB_NEVER;
    bound_offer_into(world, spot, index);
    spot->holding->waiting -= waited;
}

static void dispatch(struct world *world, const struct event *event) {
    struct bound *bound = world->bound;
    const struct way *ways = bound->ways.list;
    bool of_inlet = event->kind == LOOK || event->kind == RENEW;
    uint32_t node = ways[of_inlet ? bound->ways.first[event->target] : event->target].to;
    struct holding *holding = &bound->feeds[event->source].holdings[node];
    struct spot spot = {event->source, node, event->barred ? holding->shadow : holding,
                        event->barred};
    if (!spot.holding || spot.holding->life != event->nth)
        return;
    if (event->kind == ARRIVES)
        arrive(world, &spot, event);
    else if (event->kind == ANNOUNCED)
        be_announced(world, &spot, event);
    else if (event->kind == LOOK)
        look(world, &spot, event->target);
    else {
        bound_inlet(bound, &spot, event->target)->renews = false;
        renew(world, &spot, event->target);
    }
}

/* Lets all happen that is due before this moment. */
static void advance(struct world *world, uint64_t before_ns) {
    struct bound *bound = world->bound;
    struct event event;
    while (!world->error && queue_next_ns(&bound->queue) < before_ns &&
           queue_pop(&bound->queue, &event)) {
        bound->now_ns = event.at_ns;
        dispatch(world, &event);
    }
    bound->now_ns = world->now_ns;
}

/* What happens in the world. */

void bound_authored(struct world *world, uint32_t feed) {
    struct bound *bound = world->bound;
    if (!bound)
        return;
    uint32_t author = world->feeds[feed].author;
    advance(world, world->now_ns + 1);
    bound->feeds[feed].holdings[author].front = world->feeds[feed].front;
    bound_offer_out(world, feed, author);
}

/* What was sent to a node that was off may still wait for its link, with the times that were when
 * it came to wait. */
static void keep_parked(const struct world *world, const struct spot *spot) {
    const struct ways *ways = &world->bound->ways;
    for (uint32_t i = ways->first_inlet[spot->node]; i < ways->first_inlet[spot->node + 1]; i++) {
        struct inlet *inlet = bound_inlet(world->bound, spot, i);
        for (uint32_t w = ways->first[i]; w < ways->first[i + 1]; w++) {
            struct way_times times;
            if (!ways_least_times(world, &ways->list[w], &times))
                continue;
            if (inlet->keep == 0)
                inlet->times = times;
            else
                bound_keep_least(&inlet->times, &times);
            if (inlet->keep < times.queue)
                inlet->keep = times.queue;
        }
    }
}

/* The holding begins to be served, with what it has. */
static void open_holding(struct world *world, const struct spot *spot) {
    const uint32_t *first_inlet = world->bound->ways.first_inlet;
    if (!spot->holding)
        return;
    bound_restart(world->bound, spot, true);
    if (world->now_ns > 0)
        keep_parked(world, spot);
    for (uint32_t i = first_inlet[spot->node]; i < first_inlet[spot->node + 1]; i++)
        bound_offer_into(world, spot, i);
}

void bound_node_up(struct world *world, uint32_t node) {
    struct bound *bound = world->bound;
    if (!bound)
        return;
    advance(world, world->now_ns);
    for (uint32_t f = 0; f < world->feed_count; f++) {
        struct holding *holding = &bound->feeds[f].holdings[node];
        if (!holding->inlets)
            continue;
        open_holding(world, &(struct spot){f, node, holding, false});
        open_holding(world, &(struct spot){f, node, holding->shadow, true});
        bound_offer_out(world, f, node);
    }
}

void bound_node_down(struct world *world, uint32_t node) {
    struct bound *bound = world->bound;
    if (!bound)
        return;
    advance(world, world->now_ns);
    for (uint32_t f = 0; f < world->feed_count; f++) {
        struct holding *holding = &bound->feeds[f].holdings[node];
        if (!holding->inlets)
            continue;
        bound_restart(bound, &(struct spot){f, node, holding, false}, false);
        if (holding->shadow)
            bound_restart(bound, &(struct spot){f, node, holding->shadow, true}, false);
    }
}

void bound_lost(struct world *world, uint32_t node, uint32_t feed) {
    if (!world->bound)
        return;
    struct holding *holding = &world->bound->feeds[feed].holdings[node];
    bound_forget(holding);
    if (holding->shadow)
        bound_forget(holding->shadow);
}

/* Links are not radios. */
static void renew_all(struct world *world, uint32_t feed, uint32_t node, enum bound_change change) {
    const struct bound *bound = world->bound;
    struct holding *holding = &bound->feeds[feed].holdings[node];
    for (uint32_t i = bound->ways.first_inlet[node];
         holding->inlets && i < bound->ways.first_inlet[node + 1]; i++) {
        if (change == BOUND_LINKS && bound_is_radio(world, i))
            continue;
        renew(world, &(struct spot){feed, node, holding, false}, i);
        if (holding->shadow)
            renew(world, &(struct spot){feed, node, holding->shadow, true}, i);
    }
}

void bound_before_change(struct world *world) {
    if (world->bound)
        advance(world, world->now_ns);
}

void bound_after_change(struct world *world, enum bound_change change) {
    struct bound *bound = world->bound;
    if (bound && change == BOUND_CUT)
        bound->cut_ns = world->now_ns;
    if (bound && change == BOUND_HEALED)
        bound->healed_ns = world->now_ns;
    for (uint32_t f = 0; bound && f < world->feed_count; f++)
        for (uint32_t node = 0; node < world->scenario->node_count; node++)
            renew_all(world, f, node, change);
}

uint64_t bound_arrived(struct world *world, uint32_t node, uint32_t feed, uint32_t seq) {
    struct bound *bound = world->bound;
    if (!bound)
        return TSSB_NEVER;
    advance(world, world->now_ns + 1);
    struct holding *holding = &bound->feeds[feed].holdings[node];
    holding->reported_ns = bound_take(holding, seq);
    if (holding->shadow)
        holding->shadow->reported_ns = bound_take(holding->shadow, seq);
    return holding->reported_ns;
}

void bound_came_back(struct world *world, uint32_t node, uint32_t feed, uint32_t front_seq) {
    struct bound *bound = world->bound;
    if (!bound)
        return;
    advance(world, world->now_ns);
    struct spot spot = {feed, node, &bound->feeds[feed].holdings[node], false};
    if (spot.holding->front <= front_seq)
        return;
    int error = bound_add_shadow(bound, &spot, front_seq);
    if (error)
        world_fail(world, error);
    else
        open_holding(world, &(struct spot){feed, node, spot.holding->shadow, true});
}

uint64_t bound_caught_up(struct world *world, uint32_t node, uint32_t feed, uint64_t since_ns) {
    if (!world->bound)
        return TSSB_NEVER;
    struct holding *holding = &world->bound->feeds[feed].holdings[node];
    uint64_t at_ns = holding->shadow ? holding->shadow->reported_ns : holding->reported_ns;
    bound_drop_shadow(holding);
    return at_ns == TSSB_NEVER || at_ns <= since_ns ? TSSB_NEVER : at_ns - since_ns;
}
