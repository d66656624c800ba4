/* Churn: nodes come and go at random, each for itself. The time that a node stays up or down is
 * drawn when it begins, so that a node costs one event at a time, however long the run is.
 *
 * Where a node is off for another reason too, churn goes on unseen: what observers are told is that
 * the node goes off or comes back. */
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "quantile.h"
#include "stream.h"
#include "world_state.h"

/* How churn has a node. What observers are told of it lasts as long as the world: they may keep it.
 */
struct churning {
    const struct churn *churn; /* NULL while the node is in none */
    uint32_t began;            /* index of the fault that churn came with; a later one takes over */
    uint32_t drawn;            /* times that were drawn; the event of the last one counts */
    struct fault *notes;       /* that it goes, that it comes back; NULL before the first time */
};

/* Makes what observers are told of a node. Returns NULL where memory ran out. */
static struct fault *make_notes(struct world *world, uint32_t node) {
    enum { OFFLINE_SIZE = NODE_NAME_SIZE + 8 };
    struct fault *notes = arena_alloc(&world->notes, 2 * sizeof *notes);
    char *texts = arena_alloc(&world->notes, 2 * OFFLINE_SIZE);
    uint32_t *index = arena_alloc(&world->notes, sizeof *index);
    char name[NODE_NAME_SIZE];
    if (!notes || !texts || !index)
        return NULL;
    *index = node;
    scenario_node_name(world->scenario, node, name, sizeof name);
    snprintf(texts, OFFLINE_SIZE, "offline %s", name);
    snprintf(texts + OFFLINE_SIZE, OFFLINE_SIZE, "online %s", name);
    notes[0] = (struct fault){.kind = FAULT_OFFLINE, .nodes = {index, 1}, .text = texts};
    notes[1] = (struct fault){
        .kind = FAULT_ONLINE, .nodes = {index, 1}, .text = texts + OFFLINE_SIZE};
    return notes;
}

static void tell(struct world *world, uint32_t node, bool comes_back) {
    struct churning *churning = &world->churning[node];
    if (!world->observers)
        return;
    if (!churning->notes)
        churning->notes = make_notes(world, node);
    if (!churning->notes)
        world_fail(world, TSSB_E_MEMORY);
    else
        timeline_tell(world, &churning->notes[comes_back]);
}

static void go_down(struct world *world, uint32_t node) {
    if (!world->nodes[node].offline)
        tell(world, node, false);
    outage_begin(world, node, OFF_BY_CHURN);
}

static void come_up(struct world *world, uint32_t node) {
    if (world->nodes[node].offline == OFF_BY_CHURN)
        tell(world, node, true);
    outage_end(world, node, OFF_BY_CHURN);
}

static bool is_down(const struct world *world, uint32_t node) {
    return world->nodes[node].offline & OFF_BY_CHURN;
}

void churn_draw(struct world *world, uint32_t node) {
    struct churning *churning = &world->churning[node];
    uint64_t mean_ns = is_down(world, node) ? churning->churn->down_ns : churning->churn->up_ns;
    uint64_t bits = stream_draw(world->node_keys[node], STREAM_CHURN, ++churning->drawn);
    struct event event = {.at_ns = world->now_ns + quantile_exponential(bits, mean_ns),
                          .target = node,
                          .nth = churning->drawn,
                          .kind = EVENT_CHURN};
    world_schedule_event(world, TSSB_NO_REPLICA, &event);
}

void churn_begin(struct world *world, const struct fault *fault) {
    if (!world->churning)
        world->churning = calloc(world->scenario->node_count, sizeof *world->churning);
    if (!world->churning) {
        world_fail(world, TSSB_E_MEMORY);
        return;
    }
    for (uint32_t i = 0; i < fault->nodes.count; i++) {
        uint32_t node = fault->nodes.nodes[i];
        struct churning *churning = &world->churning[node];
        come_up(world, node);
        churning->churn = fault->churn;
        churning->began = (uint32_t)(fault - world->scenario->faults);
        churn_draw(world, node);
    }
}

void churn_turn(struct world *world, const struct event *event) {
    uint32_t node = event->target;
    struct churning *churning = &world->churning[node];
    if (!churning->churn || event->nth != churning->drawn)
        return;
    (is_down(world, node) ? come_up : go_down)(world, node);
    churn_draw(world, node);
}

void churn_end(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++) {
        uint32_t node = fault->nodes.nodes[i];
        struct churning *churning = &world->churning[node];
        if (!churning->churn || churning->began != fault->began)
            continue;
        churning->churn = NULL;
        come_up(world, node);
    }
}
