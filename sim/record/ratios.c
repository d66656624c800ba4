/* Where memory runs out, the ratios that find no room are left out. */
#include "ratios.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/types.h"

static void on_packet(struct observer *observer, const struct sighting *sighting) {
    (void)observer;
    (void)sighting;
}

static void on_sent(struct observer *observer, const struct departure *departure) {
    (void)observer;
    (void)departure;
}

static void on_appended(struct observer *observer, const struct arrival *arrival) {
    (void)observer;
    (void)arrival;
}

static void on_fault(struct observer *observer, uint64_t at_ns, const struct fault *fault) {
    (void)observer;
    (void)at_ns;
    (void)fault;
}

static void on_injected(struct observer *observer, const struct injection *injection) {
    (void)observer;
    (void)injection;
}

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
    *ratios = (struct ratios){.observer = {.wants_measures = true,
                                           .sent = on_sent,
                                           .receiving = on_packet,
                                           .received = on_packet,
                                           .appended = on_appended,
                                           .fault = on_fault,
                                           .caught_up = on_caught_up,
                                           .injected = on_injected}};
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
