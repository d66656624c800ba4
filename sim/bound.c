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

enum bound_event {
    ARRIVES,   /* target: the way; face: the last entry */
    ANNOUNCED, /* the same, but for what stands before it in the inlet's queue */
    LOOK,      /* target: the inlet, which is free again */
    RENEW      /* target: the inlet, whose times have changed */
};

static void post(struct world *world, const struct spot *spot, uint64_t at_ns,
                 enum bound_event kind, uint32_t target, uint32_t seq) {
    struct bound *bound = world->bound;
    struct event event = {.at_ns = at_ns,
                          .source = spot->feed,
                          .counter = bound->posted++,
                          .target = target,
                          .face = seq,
                          .nth = spot->holding->life,
                          .kind = (uint8_t)kind,
                          .barred = spot->is_shadow};
    int error = queue_push(&bound->queue, &event);
    if (error)
        world_fail(world, error);
}

/* Sending. */

/* A way out of a holding that has entries, into an inlet of one that may lack them. */
struct passing {
    struct world *world;
    struct spot spot;
    const struct way *way;
    struct inlet *inlet;
    struct way_times times;
    uint64_t soonest_ns; /* when an entry would be there that is sent now */
};

static void fly(const struct passing *passing, uint32_t seq, uint64_t at_ns) {
    passing->inlet->flying++;
    passing->spot.holding->flying++;
    post(passing->world, &passing->spot, at_ns, ARRIVES,
         (uint32_t)(passing->way - passing->world->bound->ways.list), seq);
}

static bool is_radio(const struct world *world, uint32_t inlet) {
    return builtin_of(world)->network.faces[inlet].peer == FACE_RADIO;
}

static bool has_one_way(const struct world *world, uint32_t inlet) {
    const struct ways *ways = &world->bound->ways;
    return ways->first[inlet + 1] - ways->first[inlet] == 1;
}

/* When the next entry begins to leave. A partition stops nobody from sending on a radio, so when it
 * ends, a transmission may just be over. */
static uint64_t begins_ns(const struct passing *passing) {
    const struct bound *bound = passing->world->bound;
    uint64_t now_ns = bound->now_ns, leave_ns = passing->times.leave_ns;
    if (bound->healed_ns != now_ns || now_ns < leave_ns ||
        !is_radio(passing->world, passing->way->inlet))
        return now_ns;
    uint64_t free_ns = passing->inlet->free_ns;
    return free_ns > now_ns - leave_ns ? free_ns : now_ns - leave_ns;
}

static void keep_least(struct way_times *times, const struct way_times *others) {
    if (others->leave_ns < times->leave_ns)
        times->leave_ns = others->leave_ns;
    if (others->pause_ns < times->pause_ns)
        times->pause_ns = others->pause_ns;
    if (others->travel_ns < times->travel_ns)
        times->travel_ns = others->travel_ns;
}

/* The next entry, or all where they take no time to leave. */
static void send_next(struct passing *passing, uint32_t front) {
    struct inlet *inlet = passing->inlet;
    struct way_times times = passing->times;
    times.travel_ns = bound_travel_ns(passing->world, &passing->spot, passing->way, &times);
    if (inlet->keep > 0) {
        keep_least(&times, &inlet->times);
        inlet->keep--;
    }
    inlet->times = times;
    uint64_t left_ns = begins_ns(passing) + times.leave_ns;
    bool at_once = times.leave_ns == 0 && times.pause_ns == 0;
    inlet->sent = at_once ? front : inlet->sent + 1;
    if (inlet->sent >= inlet->queued)
        inlet->queued = 0;
    inlet->free_ns = (uint64_t)((int64_t)left_ns + times.pause_ns);
    inlet->lands_ns = left_ns + times.travel_ns;
    fly(passing, inlet->sent, inlet->lands_ns);
}

/* More is to be sent than can be now. */
static void wait_in_line(const struct passing *passing, uint32_t front) {
    struct inlet *inlet = passing->inlet;
    struct holding *holding = passing->spot.holding;
    uint32_t way = (uint32_t)(passing->way - passing->world->bound->ways.list);
    keep_least(&inlet->times, &passing->times);
    if (front > inlet->queued) {
        inlet->queued = front;
        inlet->queued_at = way;
    }
    if (inlet->looks_ns != inlet->free_ns) {
        holding->waiting += inlet->looks_ns == TSSB_NEVER;
        inlet->looks_ns = inlet->free_ns;
        post(passing->world, &passing->spot, inlet->free_ns, LOOK, passing->way->inlet, 0);
    }
    if (holding->inlets_that_matter > 1 && front > inlet->announced && front > holding->announced) {
        inlet->announced = front;
        post(passing->world, &passing->spot, passing->soonest_ns, ANNOUNCED, way, front);
    }
}

static void renew_in_time(const struct passing *passing) {
    struct inlet *inlet = passing->inlet;
    bool matters = inlet->looks_ns != TSSB_NEVER ||
                   (inlet->flying && inlet->lands_ns > passing->times.end_ns);
    if (!matters || inlet->renews || passing->times.end_ns == TSSB_NEVER)
        return;
    inlet->renews = true;
    post(passing->world, &passing->spot, passing->times.end_ns, RENEW, passing->way->inlet, 0);
}

/* Of what a partition blocked, copies could have been sent up to the moment when it began; those
 * that it did not outlast arrive when it ends. */
static void unblock(struct passing *passing, uint32_t front) {
    struct inlet *inlet = passing->inlet;
    const struct bound *bound = passing->world->bound;
    uint32_t blocked = inlet->blocked < front ? inlet->blocked : front;
    if (bound->healed_ns == bound->now_ns && inlet->queued > inlet->arrived &&
        !has_one_way(passing->world, passing->way->inlet))
        fly(passing, inlet->queued, bound->now_ns); /* it may just be leaving */
    if (blocked > inlet->arrived && bound->cut_ns + passing->soonest_ns > 2 * bound->now_ns)
        fly(passing, blocked, bound->now_ns);
    if (blocked == inlet->blocked)
        inlet->blocked = 0;
}

/* Whether a partition stops some ways into the inlet. */
static bool is_cut(const struct world *world, uint32_t inlet) {
    const struct ways *ways = &world->bound->ways;
    for (uint32_t w = ways->first[inlet]; w < ways->first[inlet + 1]; w++)
        if (partition_cuts(&world->partitions, ways->list[w].from, ways->list[w].to))
            return true;
    return false;
}

/* What is under way, by this way, if that is sooner. Where a partition has just stopped what came
 * from others, this way may have sent it before, for all that is known. */
static void send_again(struct passing *passing, uint32_t front) {
    struct inlet *inlet = passing->inlet;
    const struct bound *bound = passing->world->bound;
    uint32_t again = front < inlet->sent ? front : inlet->sent;
    uint64_t there_ns = passing->soonest_ns;
    if (again <= inlet->arrived || there_ns >= inlet->lands_ns)
        return;
    if (bound->cut_ns == bound->now_ns && is_cut(passing->world, passing->way->inlet))
        there_ns = bound->now_ns;
    if (again == inlet->sent)
        inlet->lands_ns = there_ns;
    fly(passing, again, there_ns);
}

static void send_all(struct passing *passing, uint32_t front) {
    const struct inlet *inlet = passing->inlet;
    while (front > inlet->sent && inlet->free_ns <= passing->world->bound->now_ns)
        send_next(passing, front);
    if (front > inlet->sent)
        wait_in_line(passing, front);
    renew_in_time(passing);
}

/* What waits for a link leaves it even where the sender goes off, or a partition begins. On a
 * medium, where others may go on in the sender's place, it counts as sent at once. */
static void send_queued(struct passing *passing, bool cut) {
    struct inlet *inlet = passing->inlet;
    uint32_t queued = inlet->queued;
    if (queued <= inlet->arrived || is_radio(passing->world, passing->way->inlet))
        return;
    if (has_one_way(passing->world, passing->way->inlet)) {
        send_all(passing, queued);
    } else if (!cut) {
        inlet->queued = 0;
        fly(passing, queued, passing->soonest_ns);
    }
}

/* Sends what the one end of the way has and the other lacks, as far as can be now. */
static void offer(struct world *world, const struct spot *spot, uint32_t index) {
    struct bound *bound = world->bound;
    const struct bound_feed *feed = &bound->feeds[spot->feed];
    const struct way *way = &bound->ways.list[index];
    const struct holding *from = &feed->holdings[way->from];
    struct passing passing = {world, *spot, way, NULL, {0}, 0};
    if (!feed->useful[index] || !spot->holding->up)
        return;
    struct inlet *inlet = passing.inlet = bound_inlet(bound, spot, way->inlet);
    bound_let_rest(bound, spot, inlet);
    bool has_queued = inlet->queued && inlet->queued_at == index;
    bool cut = partition_cuts(&world->partitions, way->from, way->to), open = from->up && !cut;
    bool has_more = open && (from->front > inlet->sent || inlet->sent > inlet->arrived);
    if (!has_more && !has_queued) /* nor is anything blocked */
        return;
    passing.times = ways_times(world, way, inlet->alone, bound->now_ns);
    passing.soonest_ns = bound->now_ns + passing.times.leave_ns + passing.times.travel_ns;
    if (!open) {
        send_queued(&passing, cut);
        return;
    }
    unblock(&passing, from->front);
    send_again(&passing, from->front);
    send_all(&passing, from->front);
}

static void offer_into(struct world *world, const struct spot *spot, uint32_t inlet) {
    const struct ways *ways = &world->bound->ways;
    for (uint32_t w = ways->first[inlet]; w < ways->first[inlet + 1]; w++)
        offer(world, spot, w);
}

/* A bridge forwards when it has processed what it got. */
static uint64_t processing_ns(const struct world *world, const struct way *way) {
    const struct node_group *group = scenario_group(world->scenario, way->from);
    if (!group->bridge)
        return 0;
    return is_radio(world, way->inlet) ? group->processing.radio_ns : group->processing.other_ns;
}

static void offer_to(struct world *world, struct spot spot, uint32_t way, uint64_t later_ns) {
    if (!spot.holding || !world->bound->feeds[spot.feed].useful[way])
        return;
    if (later_ns)
        post(world, &spot, world->bound->now_ns + later_ns, LOOK,
             world->bound->ways.list[way].inlet, 0);
    else
        offer(world, &spot, way);
}

/* Offers what a node has to all its neighbours, and to their shadows. */
static void offer_out(struct world *world, uint32_t feed_index, uint32_t node) {
    const struct ways *ways = &world->bound->ways;
    const struct bound_feed *feed = &world->bound->feeds[feed_index];
    for (uint32_t i = ways->first_out[node]; i < ways->first_out[node + 1]; i++) {
        const struct way *way = &ways->list[ways->out[i]];
        struct holding *holding = &feed->holdings[way->to];
        uint64_t later_ns = processing_ns(world, way);
        offer_to(world, (struct spot){feed_index, way->to, holding, false}, ways->out[i], later_ns);
        offer_to(world, (struct spot){feed_index, way->to, holding->shadow, true}, ways->out[i],
                 later_ns);
    }
}

/* Arriving. */

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
        offer_out(world, spot->feed, spot->node);
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
    offer_into(world, spot, index);
    spot->holding->waiting -= waited; /* not before: it is no rest while there is more to send */
}

static void look(struct world *world, const struct spot *spot, uint32_t index) {
    struct inlet *inlet = bound_inlet(world->bound, spot, index);
    bool waited = inlet->looks_ns == world->bound->now_ns;
    if (waited)
        inlet->looks_ns = TSSB_NEVER;
    offer_into(world, spot, index);
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
    offer_out(world, feed, author);
}

/* The holding begins to be served, with what it has. */
static void open_holding(struct world *world, const struct spot *spot) {
    const uint32_t *first_inlet = world->bound->ways.first_inlet;
    if (!spot->holding)
        return;
    bound_restart(world->bound, spot, true);
    for (uint32_t i = first_inlet[spot->node]; i < first_inlet[spot->node + 1]; i++)
        offer_into(world, spot, i);
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
        offer_out(world, f, node);
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
        if (change == BOUND_LINKS && is_radio(world, i))
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
