/* Greedy: each edit at each place where it can be made, and all over again until none is left that
 * keeps what is looked for. Large edits come first. The idea is Zeller's delta debugging (1999), on
 * what a world consists of instead of lines of text. No edit keeps a world from healing. */
#include "shrink.h"

#include <string.h>

/* What an edit did: SAME where there is nothing to edit at this place, END where there is no such
 * place. */
enum edited { EDIT_MADE, EDIT_SAME, EDIT_END };

typedef enum edited edit(struct draft *draft, uint32_t place);

/* Items. */

static void cut_items(struct draft *draft, uint32_t first, uint32_t count) {
    struct draft_item *at = &draft->items[first];
    memmove(at, at + count, (draft->item_count - first - count) * sizeof *at);
    draft->item_count -= count;
}

static enum edited cut_run(struct draft *draft, uint32_t place, uint32_t parts) {
    uint32_t size = draft->item_count / parts, first = place * size;
    if (size == 0 || first >= draft->item_count)
        return EDIT_END;
    cut_items(draft, first, first + size > draft->item_count ? draft->item_count - first : size);
    return EDIT_MADE;
}

static enum edited half_the_items(struct draft *draft, uint32_t place) {
    return cut_run(draft, place, 2);
}

static enum edited a_quarter_of_the_items(struct draft *draft, uint32_t place) {
    return cut_run(draft, place, 4);
}

static enum edited one_item(struct draft *draft, uint32_t place) {
    if (place >= draft->item_count)
        return EDIT_END;
    cut_items(draft, place, 1);
    return EDIT_MADE;
}

/* Items that no longer concern anybody. */
static void cut_idle_items(struct draft *draft) {
    for (uint32_t i = draft->item_count; i > 0; i--) {
        const struct draft_item *item = &draft->items[i - 1];
        bool idle = item->what != DRAFT_LINKS && !item->nodes;
        if (idle || (item->what == DRAFT_PARTITION && !item->others))
            cut_items(draft, i - 1, 1);
    }
}

/* Nodes. */

static void cut_node(struct draft *draft, uint32_t place) {
    struct draft_node *at = &draft->nodes[place];
    draft_nodes others = (draft_nodes) ~(1U << at->id);
    memmove(at, at + 1, (draft->node_count - place - 1) * sizeof *at);
    draft->node_count--;
    for (uint32_t i = 0; i < draft->item_count; i++) {
        draft->items[i].nodes &= others;
        draft->items[i].others &= others;
    }
    cut_idle_items(draft);
}

static enum edited half_the_nodes(struct draft *draft, uint32_t place) {
    uint32_t half = draft->node_count / 2;
    if (place > 1 || half == 0)
        return EDIT_END;
    for (uint32_t i = 0; i < half; i++)
        cut_node(draft, place ? draft->node_count - 1 : 0);
    return EDIT_MADE;
}

static enum edited one_node(struct draft *draft, uint32_t place) {
    if (place >= draft->node_count || draft->node_count == 1)
        return EDIT_END;
    cut_node(draft, place);
    return EDIT_MADE;
}

/* One node of one item. */
static enum edited a_node_of_an_item(struct draft *draft, uint32_t place) {
    uint32_t index = place / (2 * DRAFT_NODES_MAX), bit = place % DRAFT_NODES_MAX;
    if (index >= draft->item_count)
        return EDIT_END;
    struct draft_item *item = &draft->items[index];
    draft_nodes *set = place / DRAFT_NODES_MAX % 2 ? &item->others : &item->nodes;
    draft_nodes left = (draft_nodes)(*set & ~(1U << bit));
    if (left == *set || left == 0)
        return EDIT_SAME;
    *set = left;
    return EDIT_MADE;
}

/* Time. */

static enum edited half_the_time(struct draft *draft, uint32_t place) {
    uint32_t heal = draft->heal / 2;
    if (place > 0 || heal < 10)
        return EDIT_END;
    draft->heal = heal;
    for (uint32_t i = draft->item_count; i > 0; i--) {
        struct draft_item *item = &draft->items[i - 1];
        if (item->at + 2 > heal)
            cut_items(draft, i - 1, 1);
        else if (item->at + item->lasts >= heal)
            item->lasts = heal - item->at - 1;
    }
    return EDIT_MADE;
}

/* Numbers: each becomes the least that it can be, or else half of it, or else one less. Flags and
 * choices are numbers, too: 0 is the simplest. */

struct number {
    uint32_t *value;
    uint32_t least;
};

enum { ITEM_NUMBERS = 3, NODE_NUMBERS = 5, LINK_NUMBERS = 11, STRATEGY_NUMBERS = 8 };

static struct number number_of_item(struct draft_item *item, uint32_t place) {
    const struct number numbers[ITEM_NUMBERS] = {
        {&item->again, 0}, {&item->lasts, 1}, {&item->at, 0}};
    return numbers[place];
}

static struct number number_of_node(struct draft_node *node, uint32_t place) {
    const struct number numbers[NODE_NUMBERS] = {{&node->at_start, 0},
                                                 {&node->entries, 0},
                                                 {&node->content, 0},
                                                 {&node->offset, 0},
                                                 {&node->every, 100}};
    return numbers[place];
}

static struct number number_of_link(struct draft_link *link, uint32_t place) {
    const struct number numbers[LINK_NUMBERS] = {
        {&link->jitter, 0}, {&link->jitter_shape, 0}, {&link->loss, 0},  {&link->burst, 0},
        {&link->drop, 0},   {&link->bit_errors, 0},   {&link->rate, 0},  {&link->pace, 0},
        {&link->queue, 64}, {&link->duplicate, 0},    {&link->delay, 1},
    };
    return numbers[place];
}

static struct number number_of_strategy(struct draft_strategy *strategy, uint32_t place) {
    const struct number numbers[STRATEGY_NUMBERS] = {
        {&strategy->backoff, 0},       {&strategy->suppress, 0}, {&strategy->forward, 0},
        {&strategy->stash, 0},         {&strategy->name, 0},     {&strategy->size, 1},
        {&strategy->packet_size, 120}, {&strategy->credit, 0}};
    return numbers[place];
}

/* The number at a place; its value is NULL past the last. */
static struct number number_at(struct draft *draft, uint32_t place) {
    if (place < LINK_NUMBERS)
        return number_of_link(&draft->link, place);
    place -= LINK_NUMBERS;
    if (place < 2 * STRATEGY_NUMBERS)
        return number_of_strategy(&draft->strategies[place / STRATEGY_NUMBERS],
                                  place % STRATEGY_NUMBERS);
    place -= 2 * STRATEGY_NUMBERS;
    if (place < draft->node_count * NODE_NUMBERS)
        return number_of_node(&draft->nodes[place / NODE_NUMBERS], place % NODE_NUMBERS);
    place -= draft->node_count * NODE_NUMBERS;
    if (place < draft->item_count * ITEM_NUMBERS)
        return number_of_item(&draft->items[place / ITEM_NUMBERS], place % ITEM_NUMBERS);
    return (struct number){NULL, 0};
}

static enum edited set_number(struct draft *draft, uint32_t place,
                              uint32_t (*lower)(const struct number *)) {
    struct number number = number_at(draft, place);
    if (!number.value)
        return EDIT_END;
    if (*number.value <= number.least)
        return EDIT_SAME;
    *number.value = lower(&number);
    return EDIT_MADE;
}

static uint32_t to_least(const struct number *number) {
    return number->least;
}

static uint32_t to_half(const struct number *number) {
    return number->least + (*number->value - number->least) / 2;
}

static uint32_t to_one_less(const struct number *number) {
    return *number->value - 1;
}

static enum edited a_number_to_its_least(struct draft *draft, uint32_t place) {
    return set_number(draft, place, to_least);
}

static enum edited a_number_to_half(struct draft *draft, uint32_t place) {
    return set_number(draft, place, to_half);
}

/* Of entries only: of other numbers it would be no use to anybody. */
static enum edited one_entry(struct draft *draft, uint32_t place) {
    if (place >= draft->node_count)
        return EDIT_END;
    struct draft_node *node = &draft->nodes[place];
    uint32_t *entries = node->entries ? &node->entries : &node->at_start;
    const struct number number = {entries, 0};
    if (*entries == 0)
        return EDIT_SAME;
    *entries = to_one_less(&number);
    return EDIT_MADE;
}

/* Plainness. */

static enum edited a_node_plain(struct draft *draft, uint32_t place) {
    if (place >= draft->node_count)
        return EDIT_END;
    struct draft_node *node = &draft->nodes[place], before = *node;
    node->silent = node->other = node->narrow = false;
    node->drift_ppm = 0;
    return memcmp(&before, node, sizeof before) == 0 ? EDIT_SAME : EDIT_MADE;
}

static enum edited the_world_plain(struct draft *draft, uint32_t place) {
    switch (place) {
    case 0:
        if (draft->topology == DRAFT_BROADCAST)
            return EDIT_SAME;
        draft->topology = DRAFT_BROADCAST;
        return EDIT_MADE;
    case 1:
    case 2:
        if (!draft->strategies[place - 1].spread)
            return EDIT_SAME;
        draft->strategies[place - 1].spread = false;
        return EDIT_MADE;
    default:
        return EDIT_END;
    }
}

static edit *const edits[] = {
    half_the_items,
    a_quarter_of_the_items,
    half_the_nodes,
    one_item,
    one_node,
    half_the_time,
    the_world_plain,
    a_node_plain,
    a_number_to_its_least,
    a_number_to_half,
    a_node_of_an_item,
    one_entry,
};

struct shrinking {
    struct draft best;
    const struct shrink_test *test;
    uint32_t tried;
};

/* Makes an edit wherever it can be made. Returns whether it was any use. */
static bool try_edit(struct shrinking *shrinking, edit *make) {
    bool used = false;
    for (uint32_t place = 0; shrinking->tried < shrinking->test->tries;) {
        struct draft candidate = shrinking->best;
        enum edited done = make(&candidate, place);
        if (done == EDIT_END)
            break;
        bool holds = false;
        if (done == EDIT_MADE) {
            shrinking->tried++;
            holds = shrinking->test->holds(shrinking->test->context, &candidate);
        }
        if (holds)
            shrinking->best = candidate;
        else
            place++;
        used |= holds;
    }
    return used;
}

struct draft shrink(const struct draft *draft, const struct shrink_test *test, uint32_t *tried) {
    struct shrinking shrinking = {.best = *draft, .test = test};
    bool used;
    do {
        used = false;
        for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
            used |= try_edit(&shrinking, edits[i]);
    } while (used);
    *tried = shrinking.tried;
    return shrinking.best;
}
