/* A duty cycle: in no window of a given length does a station send for longer than its budget. */
#ifndef DUTY_H
#define DUTY_H

#include <stdint.h>

struct duty_limit {
    uint64_t window_ns;
    uint64_t budget_ns; /* within it */
};

struct duty_sent {
    uint64_t from_ns, until_ns;
};

/* What a station sent within the last window: a ring. A zeroed one is empty. */
struct duty {
    struct duty_sent *sent;
    uint32_t first, count, capacity;
    uint64_t sum_ns; /* of what is in it */
};

/* The first moment from now_ns on at which so much may be sent; now_ns does not go back between
 * calls. TSSB_NEVER where it is more than the budget. */
uint64_t duty_allows(struct duty *duty, const struct duty_limit *limit, uint64_t now_ns,
                     uint64_t airtime_ns);

/* Notes what is sent; later than all before. Returns 0 or TSSB_E_MEMORY. */
int duty_note(struct duty *duty, uint64_t from_ns, uint64_t until_ns);

void duty_close(struct duty *duty);

#endif
