/* A draft as a scenario file. */
#include <inttypes.h>
#include <stdio.h>

#include "core/node.h"
#include "core/strategy.h"
#include "draft.h"
#include "sim/link/model.h"
#include "sim/scenario/scenario.h"

static void write_set(FILE *out, draft_nodes set) {
    const char *comma = "[";
    for (unsigned id = 0; id < DRAFT_NODES_MAX; id++)
        if (set >> id & 1) {
            fprintf(out, "%sn%u", comma, id);
            comma = ", ";
        }
    fputs(*comma == '[' ? "[]" : "]", out);
}

static const struct draft_node *first_author(const struct draft *draft) {
    for (uint32_t i = 0; i < draft->node_count; i++)
        if (draft_writes(&draft->nodes[i]))
            return &draft->nodes[i];
    return NULL;
}

static void write_strategy(FILE *out, const struct draft_strategy *strategy) {
    const struct tssb_strategy *way = tssb_strategies[strategy->name];
    fprintf(out, "{name: %s, interval: %" PRIu32 " ms", way->name, strategy->interval);
    if (way->size)
        fprintf(out, ", size: %" PRIu32, strategy->size);
    if (strategy->stash)
        fprintf(out, ", stash: %" PRIu32, strategy->stash);
    if (way == &tssb_strategy_batch || way == &tssb_strategy_range ||
        way == &tssb_strategy_adaptive)
        fprintf(out, ", packet_size: %" PRIu32, strategy->packet_size);
    if (strategy->backoff)
        fprintf(out, ", answer: {backoff: %" PRIu32 " ms}", strategy->backoff);
    if (strategy->suppress)
        fprintf(out, ", suppress: %" PRIu32 " ms", strategy->suppress);
    if (strategy->credit)
        fprintf(out, ", credit: %" PRIu32, strategy->credit);
    fprintf(out, ", forward: %s%s}", tssb_forward_names[strategy->forward],
            strategy->spread ? ", first: spread" : "");
}

static void write_node(FILE *out, const struct draft *draft, const struct draft_node *node) {
    const struct draft_node *author = first_author(draft);
    fprintf(out, "  n%u: {", node->id);
    if (node->narrow && author)
        fprintf(out, "follow: n%u", author->id);
    else
        fputs("follow: all", out);
    if (draft_writes(node)) {
        fprintf(out, ", produce: {at_start: %" PRIu32, node->at_start);
        if (node->entries)
            fprintf(out, ", every: %" PRIu32 " ms, entries: %" PRIu32, node->every, node->entries);
        if (node->content)
            fprintf(out, ", size: %" PRIu32 " B", node->content);
        fputc('}', out);
    }
    if (node->silent)
        fputs(", serve: false", out);
    if (node->other) {
        fputs(", strategy: ", out);
        write_strategy(out, &draft->strategies[1]);
    }
    if (node->drift_ppm || node->offset)
        fprintf(out, ", clock: {drift: %" PRId32 " ppm, offset: %" PRIu32 " ms}", node->drift_ppm,
                node->offset);
    if (draft->topology == DRAFT_RADIO)
        fprintf(out, ", position: [%u m, 0 m]", 50U * node->id);
    fputs("}\n", out);
}

static void write_link(FILE *out, const struct draft_link *link) {
    static const char *const shapes[] = {
        [JITTER_UNIFORM] = "%" PRIu32 " ms",
        [JITTER_NORMAL] = "{normal: %" PRIu32 " ms}",
        [JITTER_PARETO] = "{pareto: %" PRIu32 " ms}",
    };
    fprintf(out, "{delay: %" PRIu32 " ms", link->delay);
    if (link->jitter) {
        fputs(", jitter: ", out);
        fprintf(out, shapes[link->jitter_shape], link->jitter);
    }
    if (link->loss && link->burst > 1)
        fprintf(out, ", loss: {mean: %" PRIu32 " %%, burst: %" PRIu32 "}", link->loss, link->burst);
    else if (link->loss)
        fprintf(out, ", loss: %" PRIu32 " %%", link->loss);
    if (link->duplicate)
        fprintf(out, ", duplicate: %" PRIu32 " %%", link->duplicate);
    if (link->bit_errors)
        fprintf(out, ", bit_errors: 0.%03" PRIu32 " %%", link->bit_errors);
    if (link->rate)
        fprintf(out, ", rate: %" PRIu32 " kbit/s", link->rate);
    if (link->rate || link->pace)
        fprintf(out, ", queue: %" PRIu32, link->queue);
    if (link->pace)
        fprintf(out, ", pace: %" PRIu32 " ms", link->pace);
    if (link->drop)
        fprintf(out, ", drop: [%" PRIu32 "]", link->drop);
    fputc('}', out);
}

/* The first half of the nodes, and the others, each with the bridge. */
static void write_bridged(FILE *out, const struct draft *draft) {
    draft_nodes sides[2] = {0, 0};
    for (uint32_t i = 0; i < draft->node_count; i++)
        sides[i >= draft->node_count / 2] |= (draft_nodes)(1U << draft->nodes[i].id);
    fputs("network:\n", out);
    for (int side = 0; side < 2; side++) {
        fprintf(out, "  - name: %s\n    nodes: [hub", side ? "right" : "left");
        for (unsigned id = 0; id < DRAFT_NODES_MAX; id++)
            if (sides[side] >> id & 1)
                fprintf(out, ", n%u", id);
        fputs("]\n    link: ", out);
        write_link(out, &draft->link);
        fputc('\n', out);
    }
}

static void write_network(FILE *out, const struct draft *draft) {
    static const char *const words[] = {[DRAFT_BROADCAST] = "broadcast",
                                        [DRAFT_LINE] = "line",
                                        [DRAFT_RING] = "ring",
                                        [DRAFT_STAR] = "star",
                                        [DRAFT_GRID] = "grid",
                                        [DRAFT_COMPLETE] = "complete",
                                        [DRAFT_RANDOM] = "random\n  degree: 2",
                                        [DRAFT_RADIO] = "radio\n  radio: {listen: 500 ms}"};
    if (draft->topology == DRAFT_BRIDGED) {
        write_bridged(out, draft);
        return;
    }
    fprintf(out, "network:\n  topology: %s\n", words[draft->topology]);
    if (draft->topology == DRAFT_RADIO)
        return;
    fputs("  link: ", out);
    write_link(out, &draft->link);
    fputc('\n', out);
}

static void write_by(FILE *out, const struct draft_item *item) {
    static const char *const floods[] = {"garbage", "wants", "ranges", "needs"};
    static const char *const attacks[] = {[ATTACK_FORGE] = "forge",
                                          [ATTACK_FLIP] = "flip",
                                          [ATTACK_REPLAY] = "replay",
                                          [ATTACK_LIE] = "lie",
                                          [ATTACK_FORK] = "fork"};
    bool attack = item->what == DRAFT_ATTACK;
    fputs(attack ? "attack: {by: " : "flood: {by: ", out);
    write_set(out, item->nodes);
    fprintf(out, ", with: %s", attack ? attacks[item->with] : floods[item->with]);
    if (!attack || item->with != ATTACK_LIE)
        fprintf(out, ", every: %" PRIu32 " ms", item->value);
    fputc('}', out);
}

static void write_what(FILE *out, const struct draft_item *item) {
    static const char *const words[] = {[DRAFT_OFFLINE] = "offline",
                                        [DRAFT_CRASH] = "crash",
                                        [DRAFT_WIPE] = "wipe",
                                        [DRAFT_JOIN] = "join"};
    switch (item->what) {
    case DRAFT_PARTITION:
        fputs("partition: [", out);
        write_set(out, item->nodes);
        fputs(", ", out);
        write_set(out, item->others);
        fputs(item->one_way ? "], one_way: true" : "]", out);
        break;
    case DRAFT_LINKS:
        fprintf(out, "link: {loss: %" PRIu32 " %%}", item->value);
        break;
    case DRAFT_CHURN:
        fputs("churn: {nodes: ", out);
        write_set(out, item->nodes);
        fprintf(out, ", up: %" PRIu32 " ms, down: %" PRIu32 " ms}", 2 * item->value, item->value);
        break;
    case DRAFT_FLOOD:
    case DRAFT_ATTACK:
        write_by(out, item);
        break;
    default:
        fprintf(out, "%s: ", words[item->what]);
        write_set(out, item->nodes);
    }
}

/* An item that comes again does so for the last time early enough to be over when all heals. */
static void write_item(FILE *out, const struct draft *draft, const struct draft_item *item) {
    fprintf(out, "  - {at: %" PRIu32 " ms, ", item->at);
    write_what(out, item);
    if (item->what != DRAFT_JOIN) {
        fprintf(out, ", for: %" PRIu32 " ms", item->lasts);
        if (item->again)
            fprintf(out, ", every: %" PRIu32 " ms, until: %" PRIu32 " ms", item->again,
                    draft->heal - item->lasts);
    }
    fputs("}\n", out);
}

static draft_nodes forkers(const struct draft *draft) {
    draft_nodes forks = 0;
    for (uint32_t i = 0; i < draft->item_count; i++)
        if (draft->items[i].what == DRAFT_ATTACK && draft->items[i].with == ATTACK_FORK)
            forks |= draft->items[i].nodes;
    return forks;
}

static void write_timeline(FILE *out, const struct draft *draft) {
    fputs("timeline:\n", out);
    for (uint32_t i = 0; i < draft->item_count; i++)
        write_item(out, draft, &draft->items[i]);
    if (draft->topology != DRAFT_RADIO)
        fprintf(out,
                "  - {at: %" PRIu32 " ms, link: {loss: 0 %%, jitter: 0 s, duplicate: 0 %%, "
                "bit_errors: 0 %%, drop: [], rate: 10 Mbit/s, pace: 0 s}} # all is well again\n",
                draft->heal);
}

static void write_expectations(FILE *out, const struct draft *draft) {
    draft_nodes forks = forkers(draft);
    fputs("expect:\n", out);
    for (uint32_t i = 0; i < draft->node_count; i++) {
        const struct draft_node *node = &draft->nodes[i];
        if (draft_writes(node) && !(forks >> node->id & 1))
            fprintf(out, "  - {%s: n%u}\n", node->content ? "chain-complete" : "converged",
                    node->id);
    }
}

char *draft_text(const struct draft *draft, const char *comment, size_t *size) {
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (!out)
        return NULL;
    fprintf(out, "%sname: hunt-%" PRIu64 "\nseed: %" PRIu64 "\n", comment, draft->seed,
            draft->seed);
    fprintf(out, "duration: %" PRIu64 " ms\nstop: level\nscheme: %s\nbound: false\nstrategy: ",
            draft->heal + draft_bound(draft), draft->hmac ? "hmac-sha512" : "ed25519");
    write_strategy(out, &draft->strategies[0]);
    fputs("\nnodes:\n", out);
    for (uint32_t i = 0; i < draft->node_count; i++)
        write_node(out, draft, &draft->nodes[i]);
    if (draft->topology == DRAFT_BRIDGED)
        fputs("  hub: {role: bridge}\n", out);
    write_network(out, draft);
    write_timeline(out, draft);
    write_expectations(out, draft);
    return fclose(out) == 0 ? text : NULL;
}
