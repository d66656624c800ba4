/* The bootstrap draws units with replacement: all that a draw changes is how often each unit
 * counts, so the samples are sorted once, and a replicate's quantiles are read in one pass over
 * them. */
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "sim/stream.h"

static int by_value(const void *left, const void *right) {
    const struct stats_sample *a = left, *b = right;
    return (a->value > b->value) - (a->value < b->value);
}

void stats_sort(struct stats_sample *samples, size_t count) {
    if (count)
        qsort(samples, count, sizeof *samples, by_value);
}

/* The place of a quantile among so many values, from 1. */
static uint64_t rank_of(uint32_t permille, uint64_t count) {
    uint64_t rank = (permille * count + 999) / 1000;
    return rank ? rank : 1;
}

double stats_quantile(const struct stats_sample *samples, size_t count, uint32_t permille) {
    return samples[rank_of(permille, count) - 1].value;
}

/* The quantiles where each unit counts as often as `times` says; permilles ascend. */
static void weighted_quantiles(const struct stats_set *set, const uint32_t *times,
                               const uint32_t *permilles, size_t count, double *values) {
    uint64_t total = 0, below = 0;
    size_t at = 0, next = 0;
    for (size_t i = 0; i < set->count; i++)
        total += times[set->samples[i].unit];
    for (; next < count; next++) {
        uint64_t rank = rank_of(permilles[next], total);
        while (below + times[set->samples[at].unit] < rank)
            below += times[set->samples[at++].unit];
        values[next] = set->samples[at].value;
    }
}

static int compare_numbers(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int stats_estimate(const struct stats_set *set, const uint32_t *permilles, size_t count,
                   struct stats_estimate *estimates) {
    const uint32_t tail = (1000 - STATS_CONFIDENCE_PERMILLE) / 2;
    const uint64_t key = stream_key(1, "bootstrap", "");
    double values[STATS_QUANTILES_MAX];
    TSSB_CHECK(set->count > 0 && count <= STATS_QUANTILES_MAX);
    uint32_t *times = malloc(set->units * sizeof *times);
    double *replicates = malloc(STATS_REPLICATES * count * sizeof *replicates);
    for (uint64_t replicate = 0; times && replicates && replicate < STATS_REPLICATES; replicate++) {
        memset(times, 0, set->units * sizeof *times);
        for (uint32_t i = 0; i < set->units; i++) {
            uint64_t draw = stream_draw(key, STREAM_RESAMPLE, replicate * set->units + i);
            times[stream_below(draw, set->units)]++;
        }
        weighted_quantiles(set, times, permilles, count, values);
        for (size_t i = 0; i < count; i++)
            replicates[i * STATS_REPLICATES + replicate] = values[i];
    }
    for (size_t i = 0; times && replicates && i < count; i++) {
        double *sorted = replicates + i * STATS_REPLICATES;
        qsort(sorted, STATS_REPLICATES, sizeof *sorted, compare_numbers);
        estimates[i] = (struct stats_estimate){
            .value = stats_quantile(set->samples, set->count, permilles[i]),
            .low = sorted[rank_of(tail, STATS_REPLICATES) - 1],
            .high = sorted[rank_of(1000 - tail, STATS_REPLICATES) - 1],
        };
    }
    int status = times && replicates ? 0 : -1;
    free(times);
    free(replicates);
    return status;
}

double stats_ratio(double x, double y) {
    return x == y ? 1 : x / y;
}
