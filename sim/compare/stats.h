/* Quantiles, and how sure one can be of them. For judging results: nothing here decides in a
 * simulation, so there is floating point; but the same samples give the same numbers.
 *
 * The q-quantile of n values is the least of them that is not below q n values: the inverse of the
 * empirical distribution (Hyndman and Fan, 1996, definition 1). It is always one of the values, so
 * infinite ones, "never", take part.
 *
 * The interval is the percentile bootstrap (Efron 1979) over units: what belongs to one unit, such
 * as all catch-ups with one seed, is drawn together, since it is not independent. */
#ifndef STATS_H
#define STATS_H

#include <stddef.h>
#include <stdint.h>

struct stats_sample {
    double value;  /* not NaN; may be infinite */
    uint32_t unit; /* counted from 0, each with a sample at least */
};

struct stats_estimate {
    double value, low, high; /* with an interval of 95 % */
};

enum { STATS_REPLICATES = 1000, STATS_CONFIDENCE_PERMILLE = 950, STATS_QUANTILES_MAX = 8 };

/* By value. */
void stats_sort(struct stats_sample *samples, size_t count);

/* The quantile of sorted samples; count is at least 1. 500 permille is the median. */
double stats_quantile(const struct stats_sample *samples, size_t count, uint32_t permille);

/* The sorted samples of so many units. */
struct stats_set {
    const struct stats_sample *samples;
    size_t count;
    uint32_t units;
};

/* Estimates some quantiles, at most STATS_QUANTILES_MAX. Returns 0, or -1 where memory ran out. */
int stats_estimate(const struct stats_set *set, const uint32_t *permilles, size_t count,
                   struct stats_estimate *estimates);

/* x / y; 1 where both are 0 or both infinite. */
double stats_ratio(double x, double y);

#endif
