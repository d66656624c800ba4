/* Where memory runs out, the ratios that find no room are left out. */
#include "ratios.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/types.h"

static void on_caught_up(struct observer *observer, const struct catchup *catchup) {
    struct ratios *ratios = (struct ratios *)observer;
    void *array = ratios->thousandths;
    if (catchup->until_ns == TSSB_NEVER || catchup->bound_ns == TSSB_NEVER)
        return;
    int error = tssb_mem_grow(&tssb_mem_libc, &array, &ratios->capacity, ratios->count + 1,
                              sizeof *ratios->thousandths);
    ratios->thousandths = array;
    if (error)
        return;
    uint64_t latency_ns = catchup->until_ns - catchup->since_ns;
    ratios->thousandths[ratios->count++] = (uint64_t)((unsigned __int128)latency_ns * 1000 /
                                                      catchup->bound_ns);
}

void ratios_init(struct ratios *ratios) {
    *ratios = (struct ratios){.observer = {.wants_measures = true, .caught_up = on_caught_up}};
}

void ratios_close(struct ratios *ratios) {
    free(ratios->thousandths);
    ratios->thousandths = NULL;
    ratios->count = ratios->capacity = 0;
}

static int compare(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

uint64_t ratios_median(struct ratios *ratios) {
    if (ratios->count == 0)
        return 0;
    qsort(ratios->thousandths, ratios->count, sizeof *ratios->thousandths, compare);
    return ratios->thousandths[(ratios->count - 1) / 2];
}
