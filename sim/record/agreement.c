/* Seeds make pairs of runs, so what is judged is the mean of the differences, seed by seed. A
 * catch-up that the end of the run cut short counts as long as it was. */
#include "agreement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/node.h"
#include "student.h"

struct agreement_sum {
    uint64_t ns;
    uint32_t count;
};

static struct agreement_sum *sum_of(struct agreement *agreement, int engine, uint32_t pair) {
    return &agreement->sums[(size_t)engine * agreement->pair_count + pair];
}

/* The world reports those that have not ended when the run has. */
static void add_catchup(struct agreement *agreement, const struct catchup *catchup,
                        uint64_t until_ns) {
    for (uint32_t i = agreement->first_pair[catchup->node];
         i < agreement->first_pair[catchup->node + 1]; i++)
        if (agreement->pairs[i].feed == catchup->feed) {
            struct agreement_sum *sum = sum_of(agreement, agreement->engine, i);
            sum->ns += until_ns - catchup->since_ns;
            sum->count++;
        }
}

static void on_caught_up(struct observer *observer, const struct catchup *catchup) {
    struct agreement *agreement = (struct agreement *)observer;
    uint64_t until_ns = catchup->until_ns;
    if (until_ns == TSSB_NEVER)
        until_ns = world_now_ns(agreement->world);
    add_catchup(agreement, catchup, until_ns);
}

static uint32_t count_pairs(const struct world *world, struct agreement_pair *pairs,
                            uint32_t *first_pair) {
    uint32_t nodes = world_scenario(world)->node_count, count = 0, feed;
    for (uint32_t node = 0; node < nodes; node++) {
        if (first_pair)
            first_pair[node] = count;
        for (uint32_t nth = 0; (feed = world_followed(world, node, nth)) != FEED_NONE; nth++) {
            if (pairs)
                pairs[count] = (struct agreement_pair){
                    .node = node, .feed = feed, .author = world_feed_author(world, feed)};
            count++;
        }
    }
    if (first_pair)
        first_pair[nodes] = count;
    return count;
}

static int list_pairs(struct agreement *agreement, const struct world *world) {
    uint32_t nodes = world_scenario(world)->node_count;
    agreement->pair_count = count_pairs(world, NULL, NULL);
    agreement->pairs = calloc(agreement->pair_count + 1U, sizeof *agreement->pairs);
    agreement->sums = calloc(2 * (size_t)agreement->pair_count + 1, sizeof *agreement->sums);
    agreement->first_pair = calloc(nodes + 1U, sizeof *agreement->first_pair);
    if (!agreement->pairs || !agreement->sums || !agreement->first_pair)
        return TSSB_E_MEMORY;
    count_pairs(world, agreement->pairs, agreement->first_pair);
    return 0;
}

void agreement_close(struct agreement *agreement) {
    free(agreement->pairs);
    free(agreement->first_pair);
    free(agreement->sums);
    *agreement = (struct agreement){0};
}

int agreement_begin(struct agreement *agreement, struct world *world, int engine) {
    if (!agreement->pairs) {
        int error = list_pairs(agreement, world);
        if (error)
            return error;
    }
    if (engine == 0)
        memset(agreement->sums, 0, 2 * (size_t)agreement->pair_count * sizeof *agreement->sums);
    agreement->engine = engine;
    agreement->world = world;
    agreement->observer = (struct observer){.caught_up = on_caught_up};
    world_watch(world, &agreement->observer);
    return 0;
}

/* One more seed, by the method of Welford 1962. */
static void add_seed(struct agreement_pair *pair, const double ns[2]) {
    double count = ++pair->seeds, difference_ns = ns[1] - ns[0];
    double off_ns = difference_ns - pair->difference_ns;
    for (int engine = 0; engine < 2; engine++)
        pair->means_ns[engine] += (ns[engine] - pair->means_ns[engine]) / count;
    pair->difference_ns += off_ns / count;
    pair->squares += off_ns * (difference_ns - pair->difference_ns);
}

void agreement_end(struct agreement *agreement, const struct world *world) {
    uint8_t digest[DIGEST_SIZE];
    world_digest(world, digest);
    if (agreement->engine == 0) {
        memcpy(agreement->digest, digest, sizeof digest);
        return;
    }
    agreement->identical += memcmp(agreement->digest, digest, sizeof digest) == 0;
    agreement->seeds++;
    for (uint32_t i = 0; i < agreement->pair_count; i++) {
        const struct agreement_sum *sums[2] = {sum_of(agreement, 0, i), sum_of(agreement, 1, i)};
        if (!sums[0]->count && !sums[1]->count)
            continue;
        double ns[2];
        for (int engine = 0; engine < 2; engine++)
            ns[engine] = (double)sums[engine]->ns / (sums[engine]->count ? sums[engine]->count : 1);
        add_seed(&agreement->pairs[i], ns);
    }
}

bool agreement_judge(struct agreement *agreement) {
    double beyond = (1 - AGREEMENT_CONFIDENCE) /
                    (agreement->pair_count ? agreement->pair_count : 1);
    agreement->differing = 0;
    for (uint32_t i = 0; i < agreement->pair_count; i++) {
        struct agreement_pair *pair = &agreement->pairs[i];
        uint32_t seeds = pair->seeds;
        if (seeds > 1 && pair->squares > 0)
            pair->half_ns = student_bound(beyond, seeds - 1) *
                            sqrt(pair->squares / (seeds - 1) / seeds);
        pair->judged = seeds != 1 || agreement->seeds == 1;
        pair->agrees = !pair->judged || fabs(pair->difference_ns) <= pair->half_ns;
        agreement->differing += !pair->agrees;
    }
    return agreement->differing == 0;
}
