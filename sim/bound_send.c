/* Sending: what one end of a way has and the other lacks goes by that way as soon as it can, and
 * where something happens on its way, as soon as it could have. */
#include "bound_state.h"

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

bool bound_is_radio(const struct world *world, uint32_t inlet) {
    return world->engine->bounding(world)->faces[inlet].peer == FACE_RADIO;
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
        !bound_is_radio(passing->world, passing->way->inlet))
        return now_ns;
    uint64_t free_ns = passing->inlet->free_ns;
    return free_ns > now_ns - leave_ns ? free_ns : now_ns - leave_ns;
}

/* The next entry, or all where they take no time to leave. */
static void send_next(struct passing *passing, uint32_t front) {
    struct inlet *inlet = passing->inlet;
    struct way_times times = passing->times;
    times.travel_ns = bound_travel_ns(passing->world, &passing->spot, passing->way, &times);
    if (inlet->keep > 0) {
        bound_keep_least(&times, &inlet->times);
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
    bound_keep_least(&inlet->times, &passing->times);
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
    if (blocked > inlet->arrived && bound->cut_ns + passing->times.most_ns > bound->now_ns)
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
    if (queued <= inlet->arrived || bound_is_radio(passing->world, passing->way->inlet))
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

void bound_offer_into(struct world *world, const struct spot *spot, uint32_t inlet) {
    const struct ways *ways = &world->bound->ways;
    for (uint32_t w = ways->first[inlet]; w < ways->first[inlet + 1]; w++)
        offer(world, spot, w);
}

/* A bridge forwards when it has processed what it got. */
static uint64_t processing_ns(const struct world *world, const struct way *way) {
    const struct node_group *group = scenario_group(world->scenario, way->from);
    if (!group->bridge)
        return 0;
    return bound_is_radio(world, way->inlet) ? group->processing.radio_ns
                                             : group->processing.other_ns;
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
void bound_offer_out(struct world *world, uint32_t feed_index, uint32_t node) {
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
