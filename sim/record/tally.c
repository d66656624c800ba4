#include "tally.h"

#include "core/types.h"

static void on_caught_up(struct observer *observer, const struct catchup *catchup) {
    struct tally *tally = (struct tally *)observer;
    if (catchup->until_ns == TSSB_NEVER || catchup->bound_ns == TSSB_NEVER)
        return;
    uint64_t latency_ns = catchup->until_ns - catchup->since_ns;
    samples_add(&tally->ratios,
                (uint64_t)((unsigned __int128)latency_ns * 1000 / catchup->bound_ns));
}

static void on_fetched(struct observer *observer, const struct chain_fetch *fetch) {
    struct tally *tally = (struct tally *)observer;
    if (fetch->until_ns == TSSB_NEVER)
        tally->chains_lacking++;
    else
        samples_add(&tally->chains_ns, fetch->until_ns - fetch->since_ns);
}

void tally_init(struct tally *tally) {
    *tally = (struct tally){
        .observer = {.wants_measures = true, .caught_up = on_caught_up, .fetched = on_fetched}};
}

void tally_close(struct tally *tally) {
    samples_close(&tally->ratios);
    samples_close(&tally->chains_ns);
}
