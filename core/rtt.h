/* How long a request takes to be answered, and how long to wait before it counts as lost: RFC 6298,
 * in integers. Times in nanoseconds. A zeroed state has measured nothing. */
#ifndef TSSB_RTT_H
#define TSSB_RTT_H

#include "types.h"

struct tssb_rtt {
    uint64_t smoothed_ns;  /* SRTT; 0 before the first measurement */
    uint64_t variation_ns; /* RTTVAR */
};

/* What the timeout is before anything is measured, and its clamps (RFC 6298 2.1, 2.4, 2.5). */
struct tssb_rtt_bounds {
    uint64_t first_ns, min_ns, max_ns;
};

/* Takes a round trip, of a request that was sent once only (Karn's rule, RFC 6298 3). */
void tssb_rtt_measured(struct tssb_rtt *rtt, uint64_t round_trip_ns);

/* The retransmission timeout after `misses` timeouts in a row, each of which doubles it (RFC 6298
 * 2 and 5.5). */
uint64_t tssb_rtt_timeout(const struct tssb_rtt *rtt, const struct tssb_rtt_bounds *bounds,
                          uint32_t misses);

#endif
