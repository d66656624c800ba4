/* Numbers that are collected one by one, and their quantiles. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdint.h>

struct samples {
    uint64_t *list;
    uint32_t count, capacity;
};

/* Where memory runs out, the sample is left out. An all-zero struct is empty. */
void samples_add(struct samples *samples, uint64_t value);

/* The median; of an even number, the lower one of the middle. 0 where there is none. Sorts. */
uint64_t samples_median(struct samples *samples);

/* 0 where there is none. */
uint64_t samples_most(const struct samples *samples);

void samples_close(struct samples *samples);

#endif
