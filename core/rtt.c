/* RFC 6298, with its gains of 1/8 and 1/4 as divisions: what is lost to rounding is nanoseconds. */
#include "rtt.h"

/* RFC 6298's G: a wait is never cut finer than what a real host's timers resolve. */
#define GRANULARITY_NS ((uint64_t)10000000)

/* Before anything is measured a timeout grows less far: there may be loss alone behind it. */
enum { BACKOFFS_MAX = 16, BACKOFFS_UNMEASURED_MAX = 2, TOO_SOON_MAX = 4 };

void tssb_rtt_measured(struct tssb_rtt *rtt, uint64_t round_trip_ns) {
    uint64_t r = round_trip_ns ? round_trip_ns : 1;
    rtt->backoffs = rtt->too_soon = 0;
    if (rtt->smoothed_ns == 0) {
        rtt->smoothed_ns = r;
        rtt->variation_ns = r / 2;
        return;
    }
    uint64_t apart = r > rtt->smoothed_ns ? r - rtt->smoothed_ns : rtt->smoothed_ns - r;
    rtt->variation_ns = rtt->variation_ns - rtt->variation_ns / 4 + apart / 4;
    rtt->smoothed_ns = rtt->smoothed_ns - rtt->smoothed_ns / 8 + r / 8;
}

void tssb_rtt_ambiguous(struct tssb_rtt *rtt, const struct tssb_rtt_bounds *bounds,
                        uint64_t since_last_ns) {
    uint64_t least_ns = rtt->smoothed_ns ? rtt->smoothed_ns / 2 : bounds->first_ns / 8;
    if (since_last_ns >= least_ns) {
        if (rtt->smoothed_ns && rtt->backoffs > 0)
            rtt->backoffs--;
    } else if (++rtt->too_soon == TOO_SOON_MAX || !rtt->smoothed_ns) {
        rtt->too_soon = 0;
        tssb_rtt_back_off(rtt);
    }
}

void tssb_rtt_back_off(struct tssb_rtt *rtt) {
    if (rtt->backoffs < (rtt->smoothed_ns ? BACKOFFS_MAX : BACKOFFS_UNMEASURED_MAX))
        rtt->backoffs++;
}

uint64_t tssb_rtt_timeout(const struct tssb_rtt *rtt, const struct tssb_rtt_bounds *bounds,
                          uint32_t misses) {
    uint64_t spread_ns = 4 * rtt->variation_ns, timeout_ns = bounds->first_ns;
    if (rtt->smoothed_ns)
        timeout_ns = rtt->smoothed_ns + (spread_ns > GRANULARITY_NS ? spread_ns : GRANULARITY_NS);
    if (timeout_ns < bounds->min_ns)
        timeout_ns = bounds->min_ns;
    for (uint32_t i = 0; i < rtt->backoffs + misses && timeout_ns < bounds->max_ns; i++)
        timeout_ns *= 2;
    return timeout_ns < bounds->max_ns ? timeout_ns : bounds->max_ns;
}
