/* Random numbers of other than even distribution, from 64 random bits each: quantiles out of
 * integer tables. */
#ifndef QUANTILE_H
#define QUANTILE_H

#include <stdint.h>

/* What a quantile of 1 is. */
enum { QUANTILE_ONE = 65536 };

/* Standard normal, mean 0 and deviation 1; within 5.4 deviations. */
int32_t quantile_normal(uint64_t draw);

/* Pareto II (Lomax) of shape 2 and mean 1: 1 / sqrt(u) - 1. Its variance is infinite: heavy-tailed;
 * at most 4095. */
int32_t quantile_pareto(uint64_t draw);

/* Exponential of this mean, which is below 2^57: -ln(u) * mean; at most 44 times the mean. */
uint64_t quantile_exponential(uint64_t draw, uint64_t mean);

/* spread * quantile / QUANTILE_ONE, rounded towards 0. */
static inline __int128 quantile_scale(int32_t quantile, uint64_t spread) {
    return (__int128)spread * quantile / QUANTILE_ONE;
}

#endif
