/* How long a request takes to be answered, and how long to wait before it counts as lost: RFC 6298,
 * in integers. Times in nanoseconds. A zeroed state has measured nothing. */
#ifndef TSSB_RTT_H
#define TSSB_RTT_H

#include "types.h"

struct tssb_rtt {
    uint64_t smoothed_ns;  /* SRTT; 0 before the first measurement */
    uint64_t variation_ns; /* RTTVAR */
    uint8_t backoffs;      /* the timeout has doubled so often since the last measurement */
    uint8_t too_soon;      /* answers since then that say that it is too short */
};

/* What the timeout is before anything is measured, and its clamps (RFC 6298 2.1, 2.4, 2.5). */
struct tssb_rtt_bounds {
    uint64_t first_ns, min_ns, max_ns;
};

/* Takes the round trip of a request that was sent once. The timeout is no longer backed off. */
void tssb_rtt_measured(struct tssb_rtt *rtt, uint64_t round_trip_ns);

/* An answer to a request that was sent more than once measures nothing, since it may answer either
 * (Karn's rule, RFC 6298 3). But one that comes much sooner after the last of them than any answer
 * can is an answer to an earlier one, so that the timeout is too short: it doubles after a few of
 * those, until others come. Otherwise each request would be repeated, and nothing be measured any
 * more. */
void tssb_rtt_ambiguous(struct tssb_rtt *rtt, const struct tssb_rtt_bounds *bounds,
                        uint64_t since_last_ns);

/* Doubles the timeout until the next measurement. */
void tssb_rtt_back_off(struct tssb_rtt *rtt);

/* The retransmission timeout (RFC 6298 2), doubled for each of `misses` timeouts in a row (5.5). */
uint64_t tssb_rtt_timeout(const struct tssb_rtt *rtt, const struct tssb_rtt_bounds *bounds,
                          uint32_t misses);

#endif
