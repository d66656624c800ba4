/* A way is a sequence of legs: from here to there in so much time, and staying there until the next
 * one begins. Each kind of movement says what the next leg is; nothing is made before it is needed.
 */
#include "mobility.h"

#include <stdlib.h>

#include "core/error.h"
#include "fixed.h"
#include "stream.h"

typedef unsigned __int128 wide;

#define FOREVER UINT64_MAX
#define SECOND_NS ((uint64_t)1000000000)

enum { UM = 1000 }; /* in a millimetre */

struct leg {
    uint64_t start_ns, end_ns;
    wide travel_ns; /* after these it is there; may be more than the leg lasts */
    struct position from, to;
};

struct mover {
    void (*next_leg)(struct mover *mover);
    const struct move_rule *rule;
    const struct ns2_move *moves; /* of a trace */
    uint32_t move_count;
    uint64_t key;
    uint64_t next; /* waypoint, stop, move or random destination */
    struct leg leg;
};

/* Geometry. */

uint64_t mobility_square_mm2(struct position a, struct position b) {
    int64_t x = b.x_mm - a.x_mm, y = b.y_mm - a.y_mm;
    return (uint64_t)(x * x) + (uint64_t)(y * y);
}

uint64_t mobility_distance_mm(struct position a, struct position b) {
    return fixed_sqrt(mobility_square_mm2(a, b));
}

/* Rounded up: whoever needs time in proportion to it is not faster than allowed. */
static uint64_t distance_up(struct position a, struct position b) {
    uint64_t down = mobility_distance_mm(a, b);
    return down + (down * down < mobility_square_mm2(a, b));
}

static wide divide_up(wide a, wide b) {
    return (a + b - 1) / b;
}

static wide travel_ns(struct position from, struct position to, uint64_t speed_um_s) {
    return divide_up((wide)distance_up(from, to) * UM * SECOND_NS, speed_um_s);
}

static uint64_t speed_between(struct position from, struct position to, uint64_t time_ns) {
    return (uint64_t)divide_up((wide)distance_up(from, to) * SECOND_NS, time_ns);
}

static uint64_t bounded(wide ns) {
    return ns < FOREVER ? (uint64_t)ns : FOREVER;
}

static int64_t part(int64_t whole, uint64_t elapsed, wide of) {
    wide magnitude = (wide)(whole < 0 ? -whole : whole) * elapsed / of;
    return whole < 0 ? -(int64_t)magnitude : (int64_t)magnitude;
}

static struct position on_leg(const struct leg *leg, uint64_t at_ns) {
    uint64_t elapsed = at_ns - leg->start_ns;
    if (elapsed >= leg->travel_ns)
        return leg->to;
    return (struct position){
        leg->from.x_mm + part(leg->to.x_mm - leg->from.x_mm, elapsed, leg->travel_ns),
        leg->from.y_mm + part(leg->to.y_mm - leg->from.y_mm, elapsed, leg->travel_ns),
    };
}

/* The kinds of movement. Each sets the leg that follows the current one, which was just ended: it
 * begins as standing there for ever. */

static void next_waypoint(struct mover *mover) {
    struct leg *leg = &mover->leg;
    if (mover->next == mover->rule->count)
        return;
    const struct waypoint *waypoint = &mover->rule->waypoints[mover->next++];
    leg->to = waypoint->position;
    leg->end_ns = waypoint->at_ns;
    leg->travel_ns = leg->end_ns - leg->start_ns;
}

static uint64_t draw(struct mover *mover, unsigned which, struct interval interval) {
    enum { DRAWS_A_LEG = 4 };
    uint64_t bits = stream_draw(mover->key, STREAM_MOVE, mover->next * DRAWS_A_LEG + which);
    return interval.low + stream_below(bits, interval.high - interval.low + 1);
}

/* Random waypoint (Johnson, Maltz, "Dynamic source routing in ad hoc wireless networks", 1996). */
static void next_random(struct mover *mover) {
    const struct move_rule *rule = mover->rule;
    struct leg *leg = &mover->leg;
    struct interval x = {0, (uint64_t)rule->size.x_mm}, y = {0, (uint64_t)rule->size.y_mm};
    leg->to.x_mm = rule->origin.x_mm + (int64_t)draw(mover, 0, x);
    leg->to.y_mm = rule->origin.y_mm + (int64_t)draw(mover, 1, y);
    leg->travel_ns = travel_ns(leg->from, leg->to, draw(mover, 2, rule->speed_mm_s) * UM);
    leg->end_ns = bounded(leg->start_ns + leg->travel_ns + draw(mover, 3, rule->pause_ns));
    mover->next++;
}

static void next_stop(struct mover *mover) {
    struct leg *leg = &mover->leg;
    const struct stop *stop = &mover->rule->stops[mover->next++ % mover->rule->count];
    leg->to = stop->position;
    leg->travel_ns = travel_ns(leg->from, leg->to, mover->rule->speed_mm_s.low * UM);
    leg->end_ns = bounded(leg->start_ns + leg->travel_ns + stop->stay_ns);
}

/* The first leg of a trace lasts until the first move. */
static void next_move(struct mover *mover) {
    struct leg *leg = &mover->leg;
    const struct ns2_move *move = &mover->moves[mover->next++];
    if (mover->next < mover->move_count)
        leg->end_ns = mover->moves[mover->next].at_ns;
    if (move->speed_um_s == 0)
        return;
    if (move->x_mm != NS2_SAME)
        leg->to.x_mm = move->x_mm;
    if (move->y_mm != NS2_SAME)
        leg->to.y_mm = move->y_mm;
    if (move->speed_um_s != NS2_JUMP)
        leg->travel_ns = travel_ns(leg->from, leg->to, move->speed_um_s);
}

static void (*const next_legs[])(struct mover *mover) = {
    [MOVE_WAYPOINTS] = next_waypoint,
    [MOVE_RANDOM_WAYPOINT] = next_random,
    [MOVE_VISIT] = next_stop,
};

struct position mobility_at(struct mobility *mobility, uint32_t node, uint64_t at_ns) {
    if (!mobility_moves(mobility, node))
        return mobility->starts[node];
    struct mover *mover = &mobility->movers[mobility->mover_of[node]];
    struct leg *leg = &mover->leg;
    while (leg->end_ns <= at_ns && leg->end_ns < FOREVER) {
        struct position here = on_leg(leg, leg->end_ns);
        *leg = (struct leg){leg->end_ns, FOREVER, 0, here, here};
        mover->next_leg(mover);
    }
    return on_leg(leg, at_ns);
}

bool mobility_moves(const struct mobility *mobility, uint32_t node) {
    return mobility->mover_of && mobility->mover_of[node] != UINT32_MAX;
}

uint64_t mobility_speed_mm_s(const struct mobility *mobility) {
    return mobility->speed_mm_s;
}

/* First places. */

/* Points of the square around the disc, until one is within: evenly, in 4 / pi tries on average. */
static struct position in_disc(const struct position_rule *rule, uint64_t key) {
    struct position middle = {0, 0}, point;
    uint64_t radius = rule->length_mm, n = 0;
    do {
        uint64_t x = stream_draw(key, STREAM_PLACE, n++), y = stream_draw(key, STREAM_PLACE, n++);
        point.x_mm = (int64_t)stream_below(x, 2 * radius + 1) - (int64_t)radius;
        point.y_mm = (int64_t)stream_below(y, 2 * radius + 1) - (int64_t)radius;
    } while (mobility_square_mm2(middle, point) > radius * radius);
    return point;
}

/* Of node number k of a group, from the rule's origin. */
static struct position place(const struct position_rule *rule, uint32_t k, uint64_t key) {
    int64_t spacing = (int64_t)rule->length_mm;
    uint64_t x, y;
    switch (rule->kind) {
    case POSITION_LIST:
        return rule->list[rule->list_count == 1 ? 0 : k];
    case POSITION_GRID:
        return (struct position){k % rule->width * spacing, k / rule->width * spacing};
    case POSITION_UNIFORM:
        x = stream_below(stream_draw(key, STREAM_PLACE, 0), (uint64_t)rule->size.x_mm + 1);
        y = stream_below(stream_draw(key, STREAM_PLACE, 1), (uint64_t)rule->size.y_mm + 1);
        return (struct position){(int64_t)x, (int64_t)y};
    case POSITION_DISC:
        return in_disc(rule, key);
    default:
        return (struct position){0, 0};
    }
}

static struct position start_of(const struct node_group *group, uint32_t k, uint64_t key) {
    if (group->position.kind == POSITION_NONE && group->move.kind == MOVE_VISIT)
        return group->move.stops[0].position;
    struct position at = place(&group->position, k, key);
    at.x_mm += group->position.origin.x_mm;
    at.y_mm += group->position.origin.y_mm;
    return at;
}

/* Who moves, and how fast. */

static void limit(struct mobility *mobility, uint64_t speed_mm_s) {
    if (speed_mm_s > mobility->speed_mm_s)
        mobility->speed_mm_s = speed_mm_s;
}

/* What is the same for all nodes of the group. */
static void limit_by_rule(struct mobility *mobility, const struct move_rule *rule) {
    limit(mobility, rule->speed_mm_s.high);
    for (uint32_t i = 1; rule->kind == MOVE_WAYPOINTS && i < rule->count; i++)
        limit(mobility, speed_between(rule->waypoints[i - 1].position, rule->waypoints[i].position,
                                      rule->waypoints[i].at_ns - rule->waypoints[i - 1].at_ns));
}

static void limit_by_trace(struct mobility *mobility, const struct mover *mover) {
    const struct position ends[] = {{-POSITION_MAX_MM, -POSITION_MAX_MM},
                                    {POSITION_MAX_MM, POSITION_MAX_MM}};
    for (uint32_t i = 0; i < mover->move_count; i++)
        limit(mobility, mover->moves[i].speed_um_s == NS2_JUMP
                            ? speed_between(ends[0], ends[1], 1)
                            : (uint64_t)divide_up(mover->moves[i].speed_um_s, UM));
}

static struct mover *add_mover(struct mobility *mobility, uint32_t node) {
    struct mover *mover = &mobility->movers[mobility->mover_count];
    struct position start = mobility->starts[node];
    mobility->mover_of[node] = mobility->mover_count++;
    *mover = (struct mover){.leg = {0, 0, 0, start, start}};
    return mover;
}

static void add_group(struct mobility *mobility, const struct node_group *group,
                      const uint64_t *node_keys) {
    const struct move_rule *rule = &group->move;
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        struct mover *mover = add_mover(mobility, i);
        mover->next_leg = next_legs[rule->kind];
        mover->rule = rule;
        mover->key = node_keys[i];
        if (rule->kind == MOVE_WAYPOINTS && rule->waypoints[0].at_ns > 0)
            limit(mobility, speed_between(mobility->starts[i], rule->waypoints[0].position,
                                          rule->waypoints[0].at_ns));
    }
    limit_by_rule(mobility, rule);
}

static uint32_t moves_in_trace(const struct ns2_trace *trace, uint32_t i) {
    return trace->first[i + 1] - trace->first[i];
}

static void add_traced(struct mobility *mobility, const struct mobility_trace *trace, uint32_t i) {
    const struct ns2_trace *movements = &trace->movements;
    struct mover *mover = add_mover(mobility, trace->nodes[i]);
    mover->next_leg = next_move;
    mover->moves = &movements->moves[movements->first[i]];
    mover->move_count = moves_in_trace(movements, i);
    mover->leg.end_ns = mover->moves[0].at_ns;
    limit_by_trace(mobility, mover);
}

static void place_all(struct mobility *mobility, const struct scenario *scenario,
                      const uint64_t *node_keys) {
    const struct mobility_trace *trace = &scenario->trace;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct node_group *group = &scenario->groups[i];
        for (uint32_t k = 0; k < group->count; k++)
            mobility->starts[group->first + k] = start_of(group, k, node_keys[group->first + k]);
    }
    for (uint32_t i = 0; i < trace->movements.node_count; i++)
        if (trace->movements.placed[i])
            mobility->starts[trace->nodes[i]] = trace->movements.starts[i];
}

static uint32_t count_movers(const struct scenario *scenario) {
    const struct ns2_trace *movements = &scenario->trace.movements;
    uint32_t count = 0;
    for (uint32_t i = 0; i < scenario->group_count; i++)
        count += scenario->groups[i].move.kind == MOVE_NONE ? 0 : scenario->groups[i].count;
    for (uint32_t i = 0; i < movements->node_count; i++)
        count += moves_in_trace(movements, i) > 0;
    return count;
}

int mobility_init(struct mobility *mobility, const struct scenario *scenario,
                  const uint64_t *node_keys) {
    const struct mobility_trace *trace = &scenario->trace;
    uint32_t mover_count = count_movers(scenario);
    *mobility = (struct mobility){
        .starts = calloc(scenario->node_count, sizeof *mobility->starts),
        .mover_of = mover_count ? malloc(scenario->node_count * sizeof *mobility->mover_of) : NULL,
        .movers = mover_count ? malloc(mover_count * sizeof *mobility->movers) : NULL,
    };
    if (!mobility->starts || (mover_count && (!mobility->mover_of || !mobility->movers)))
        return TSSB_E_MEMORY;
    place_all(mobility, scenario, node_keys);
    for (uint32_t i = 0; mover_count && i < scenario->node_count; i++)
        mobility->mover_of[i] = UINT32_MAX;
    for (uint32_t i = 0; i < scenario->group_count; i++)
        if (scenario->groups[i].move.kind != MOVE_NONE)
            add_group(mobility, &scenario->groups[i], node_keys);
    for (uint32_t i = 0; i < trace->movements.node_count; i++)
        if (moves_in_trace(&trace->movements, i))
            add_traced(mobility, trace, i);
    return 0;
}

void mobility_close(struct mobility *mobility) {
    free(mobility->starts);
    free(mobility->mover_of);
    free(mobility->movers);
    *mobility = (struct mobility){0};
}
