/* Drawing: any subset of what can go wrong is in a world, so that each thing is also met alone. */
#include "draft.h"

#include "core/chain.h"
#include "core/node.h"
#include "sim/link/model.h"
#include "sim/scenario/scenario.h"
#include "sim/stream.h"

struct dice {
    uint64_t key, drawn;
};

static uint32_t below(struct dice *dice, uint32_t bound) {
    return (uint32_t)stream_below(stream_draw(dice->key, STREAM_DRAFT, dice->drawn++), bound);
}

static uint32_t between(struct dice *dice, uint32_t low, uint32_t high) {
    return low + below(dice, high - low + 1);
}

/* Once in so many times. */
static bool one_in(struct dice *dice, uint32_t times) {
    return below(dice, times) == 0;
}

/* A value from low to high, and none at all in half of all worlds. */
static uint32_t maybe(struct dice *dice, uint32_t low, uint32_t high) {
    uint32_t value = between(dice, low, high);
    return one_in(dice, 2) ? value : 0;
}

static struct draft_strategy draw_strategy(struct dice *dice, bool slow) {
    enum { STRATEGIES = 6 };
    struct draft_strategy strategy = {.name = below(dice, STRATEGIES),
                                      .interval = between(dice, 500, 5000),
                                      .size = between(dice, 1, 32),
                                      .stash = maybe(dice, 1, 16),
                                      .packet_size = between(dice, 45, TSSB_PACKET_SIZE),
                                      .backoff = maybe(dice, 10, 300),
                                      .suppress = maybe(dice, 10, 300),
                                      .forward = below(dice, 3),
                                      .spread = one_in(dice, 2)};
    if (slow) {
        strategy.name = 0;
        strategy.interval = between(dice, 15000, 30000);
    }
    return strategy;
}

static struct draft_link draw_link(struct dice *dice) {
    return (struct draft_link){.delay = between(dice, 1, 200),
                               .jitter = maybe(dice, 1, 100),
                               .jitter_shape = below(dice, JITTER_SHAPES),
                               .loss = maybe(dice, 1, 60),
                               .burst = maybe(dice, 2, 8),
                               .duplicate = maybe(dice, 1, 30),
                               .bit_errors = maybe(dice, 1, 200),
                               .rate = one_in(dice, 4) ? between(dice, 20, 500) : 0,
                               .queue = between(dice, 4, 64),
                               .pace = one_in(dice, 6) ? between(dice, 10, 200) : 0,
                               .drop = maybe(dice, 1, 20)};
}

static void draw_writing(struct dice *dice, struct draft_node *node, const struct draft *draft) {
    bool slow = draft->topology == DRAFT_RADIO;
    node->entries = slow ? between(dice, 1, 3) : between(dice, 0, 12);
    node->every = slow ? between(dice, 5000, 20000) : between(dice, 50, 4000);
    node->at_start = slow ? 0 : maybe(dice, 1, 8);
    if (!slow && draft->hmac && one_in(dice, 8))
        node->at_start = 80; /* more than what answers one RANGE */
    if (!draft_writes(node))
        node->entries = 1;
}

static void draw_nodes(struct dice *dice, struct draft *draft) {
    uint32_t authors = between(dice, 1, 3);
    bool drifts = one_in(dice, 3);
    for (uint32_t i = 0; i < draft->node_count; i++) {
        struct draft_node *node = &draft->nodes[i];
        *node = (struct draft_node){.id = (uint8_t)i};
        node->other = one_in(dice, 4);
        node->drift_ppm = drifts ? (int32_t)below(dice, 2001) - 1000 : 0;
        node->offset = drifts ? below(dice, 2000) : 0;
        if (i < authors || one_in(dice, 12))
            draw_writing(dice, node, draft);
        else if (draft->topology == DRAFT_BROADCAST || draft->topology == DRAFT_COMPLETE) {
            node->silent = one_in(dice, 6); /* elsewhere it may stand in the way */
            node->narrow = one_in(dice, 6);
        }
    }
}

/* At least one, and rarely many. */
static draft_nodes draw_set(struct dice *dice, uint32_t count) {
    draft_nodes set = (draft_nodes)(1U << below(dice, count));
    while (one_in(dice, 2))
        set |= (draft_nodes)(1U << below(dice, count));
    return set;
}

static draft_nodes authors_of(const struct draft *draft) {
    draft_nodes authors = 0;
    for (uint32_t i = 0; i < draft->node_count; i++)
        if (draft_writes(&draft->nodes[i]))
            authors |= (draft_nodes)(1U << draft->nodes[i].id);
    return authors;
}

static void draw_attack(struct dice *dice, const struct draft *draft, struct draft_item *item) {
    item->with = below(dice, ATTACKS);
    item->value = between(dice, 20, 2000);
    if (item->with != ATTACK_FORK)
        return;
    item->nodes &= authors_of(draft);
    if (!item->nodes)
        item->nodes = authors_of(draft);
}

static void draw_kind(struct dice *dice, const struct draft *draft, struct draft_item *item) {
    switch (item->what) {
    case DRAFT_WIPE: /* an author would fork its feed */
        item->nodes &= (draft_nodes)~authors_of(draft);
        break;
    case DRAFT_PARTITION:
        item->others = (draft_nodes)(draw_set(dice, draft->node_count) & ~item->nodes);
        item->one_way = one_in(dice, 2);
        break;
    case DRAFT_LINKS:
        item->value = between(dice, 0, 100);
        break;
    case DRAFT_CHURN:
        item->value = between(dice, 200, 5000);
        break;
    case DRAFT_FLOOD:
        item->with = below(dice, 4);
        item->value = between(dice, 20, 2000);
        break;
    case DRAFT_ATTACK:
        draw_attack(dice, draft, item);
        break;
    default:
        break;
    }
}

static bool is_good(const struct draft *draft, const struct draft_item *item) {
    if (item->what == DRAFT_PARTITION && !item->others)
        return false;
    if (item->what == DRAFT_LINKS)
        return draft->topology != DRAFT_RADIO;
    for (uint32_t i = 0; i < draft->item_count && item->what == DRAFT_JOIN; i++)
        if (draft->items[i].what == DRAFT_JOIN)
            return false; /* a node joins once */
    return item->nodes != 0;
}

static void draw_items(struct dice *dice, struct draft *draft) {
    uint32_t off = below(dice, 1U << DRAFT_WHATS);
    off &= below(dice, 1U << DRAFT_WHATS); /* a quarter of the kinds */
    uint32_t count = below(dice, DRAFT_ITEMS_MAX + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct draft_item item = {.what = (enum draft_what)below(dice, DRAFT_WHATS),
                                  .at = below(dice, draft->heal * 3 / 4),
                                  .nodes = draw_set(dice, draft->node_count)};
        item.lasts = between(dice, 1, draft->heal - item.at - 1);
        if (one_in(dice, 2))
            item.lasts = 1 + item.lasts / 8;
        if (one_in(dice, 3))
            item.again = item.lasts + between(dice, 100, 5000);
        draw_kind(dice, draft, &item);
        if (!(off >> item.what & 1) && is_good(draft, &item))
            draft->items[draft->item_count++] = item;
    }
}

/* In some worlds, entries have side chains. */
static void draw_contents(struct dice *dice, struct draft *draft) {
    if (draft->topology == DRAFT_RADIO || !one_in(dice, 3))
        return;
    for (uint32_t i = 0; i < draft->node_count; i++)
        if (draft_writes(&draft->nodes[i]))
            draft->nodes[i].content = maybe(dice, 49, 5000);
    for (int i = 0; i < 2; i++)
        draft->strategies[i].credit = maybe(dice, 1, 100);
}

struct draft draft_draw(uint64_t seed, uint32_t nodes) {
    struct dice dice = {stream_key(seed, "draft", ""), 0};
    struct draft draft = {.seed = seed, .hmac = one_in(&dice, 2)};
    draft.topology = (enum draft_topology)below(&dice, DRAFT_TOPOLOGIES);
    if (draft.topology == DRAFT_RADIO && !one_in(&dice, 4))
        draft.topology = DRAFT_BROADCAST; /* radios are slow to simulate, and to converge */
    bool slow = draft.topology == DRAFT_RADIO;
    draft.node_count = slow ? between(&dice, 2, 5) : between(&dice, 3, DRAFT_NODES_MAX);
    if (nodes)
        draft.node_count = nodes;
    draft.heal = between(&dice, 5000, slow ? 120000 : 40000);
    draft.strategies[0] = draw_strategy(&dice, slow);
    draft.strategies[1] = draw_strategy(&dice, slow);
    draft.link = draw_link(&dice);
    draw_nodes(&dice, &draft);
    draw_items(&dice, &draft);
    draw_contents(&dice, &draft);
    return draft;
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* When the last entry is written, if nothing keeps its author from it. What does ends with
 * heal. */
static uint64_t written_by(const struct draft *draft) {
    uint64_t last = 0;
    for (uint32_t i = 0; i < draft->node_count; i++)
        last = most(last, (uint64_t)draft->nodes[i].every * (draft->nodes[i].entries + 1));
    return last;
}

uint64_t draft_bound(const struct draft *draft) {
    enum { TIMEOUT_MAX = 10000, BACKLOG = 30000, AIRTIME = 1000 };
    const struct draft_strategy *one = &draft->strategies[0], *two = &draft->strategies[1];
    uint64_t entries = 1, interval = most(one->interval, two->interval);
    uint64_t waits = most(one->backoff, two->backoff) + most(one->suppress, two->suppress);
    for (uint32_t i = 0; i < draft->node_count; i++) {
        const struct draft_node *node = &draft->nodes[i];
        uint32_t blobs = node->content / TSSB_CHAIN_PIECE_SIZE; /* each may take a request */
        entries += (uint64_t)(node->at_start + node->entries) * (1 + blobs);
    }
    uint64_t trip = 2 * (uint64_t)draft->link.delay + 3 * waits;
    if (draft->topology == DRAFT_RADIO)
        trip += (uint64_t)AIRTIME * draft->node_count * 4;
    uint64_t hop = 3 * interval + 2 * TIMEOUT_MAX + entries * trip;
    return written_by(draft) + BACKLOG + draft->node_count * hop;
}
