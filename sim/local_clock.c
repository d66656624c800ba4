/* A clock is a line: zero + world time * rate, cut down to whole nanoseconds. */
#include "local_clock.h"

#include "core/types.h"
#include "stream.h"

enum { NSPS = 1000000000 }; /* nanoseconds a second: the rate of a true clock */

static int64_t draw(const struct clock_range *range, uint64_t node_key,
                    enum stream_purpose purpose) {
    uint64_t choices = (uint64_t)(range->high - range->low) + 1;
    return range->low + (int64_t)stream_below(stream_draw(node_key, purpose, 0), choices);
}

struct local_clock local_clock_draw(const struct clock_settings *settings, uint64_t node_key) {
    int64_t offset_ns = draw(&settings->offset_ns, node_key, STREAM_CLOCK_OFFSET);
    int64_t drift_ppb = draw(&settings->drift_ppb, node_key, STREAM_CLOCK_DRIFT);
    return (struct local_clock){(uint64_t)((int64_t)LOCAL_CLOCK_EPOCH_NS + offset_ns),
                                (uint32_t)(NSPS + drift_ppb)};
}

uint64_t local_clock_shows(const struct local_clock *clock, uint64_t world_ns) {
    return clock->zero_ns + (uint64_t)((unsigned __int128)world_ns * clock->rate_nsps / NSPS);
}

uint64_t local_clock_when(const struct local_clock *clock, uint64_t local_ns) {
    if (local_ns == TSSB_NEVER || local_ns <= clock->zero_ns)
        return local_ns == TSSB_NEVER ? TSSB_NEVER : 0;
    unsigned __int128 scaled = (unsigned __int128)(local_ns - clock->zero_ns) * NSPS;
    return (uint64_t)((scaled + clock->rate_nsps - 1) / clock->rate_nsps);
}
