#include "samples.h"

#include <stdlib.h>

#include "core/mem.h"

void samples_add(struct samples *samples, uint64_t value) {
    void *array = samples->list;
    int error = tssb_mem_grow(&tssb_mem_libc, &array, &samples->capacity, samples->count + 1,
                              sizeof *samples->list);
    samples->list = array;
    if (!error)
        samples->list[samples->count++] = value;
}

static int compare(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

uint64_t samples_median(struct samples *samples) {
    if (samples->count == 0)
        return 0;
    qsort(samples->list, samples->count, sizeof *samples->list, compare);
    return samples->list[(samples->count - 1) / 2];
}

uint64_t samples_most(const struct samples *samples) {
    uint64_t most = 0;
    for (uint32_t i = 0; i < samples->count; i++)
        most = samples->list[i] > most ? samples->list[i] : most;
    return most;
}

void samples_close(struct samples *samples) {
    free(samples->list);
    *samples = (struct samples){0};
}
