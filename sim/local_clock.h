/* A node's own clock, which goes fast or slow and shows another time than the world's. In integers,
 * there and back exactly. */
#ifndef LOCAL_CLOCK_H
#define LOCAL_CLOCK_H

#include "sim/scenario/scenario.h"

struct local_clock {
    uint64_t zero_ns;   /* what it shows when the world begins */
    uint32_t rate_nsps; /* how far it goes, in nanoseconds, while a second of the world's passes */
};

/* What a clock without an offset shows when the world begins: with the largest negative offset, a
 * clock begins at 0. */
#define LOCAL_CLOCK_EPOCH_NS CLOCK_OFFSET_MAX_NS

/* A clock as the settings say, where they leave room drawn evenly from the node's stream. */
struct local_clock local_clock_draw(const struct clock_settings *settings, uint64_t node_key);

/* What it shows at this moment of the world's time, cut to whole nanoseconds. */
uint64_t local_clock_shows(const struct local_clock *clock, uint64_t world_ns);

/* The first moment of the world's time at which it shows local_ns or more; TSSB_NEVER for that. */
uint64_t local_clock_when(const struct local_clock *clock, uint64_t local_ns);

#endif
