/* Partitions as they were: the world knows those in force now, and a packet is also cut by one that
 * was in force when it was sent. */
#ifndef CUTS_H
#define CUTS_H

#include "sim/partition.h"

struct cuts {
    const struct scenario *scenario;
    uint32_t next;             /* the first fault that has not come yet */
    uint64_t changed_ns;       /* when partitions last began or ended; TSSB_NEVER: never yet */
    struct partitions earlier; /* as they were at earlier_ns */
    uint64_t earlier_ns;       /* TSSB_NEVER: nothing is known */
};

void cuts_init(struct cuts *cuts, const struct scenario *scenario);
void cuts_close(struct cuts *cuts);

/* Whether a packet between two nodes that arrives now was cut when it was sent, by a partition that
 * may be over. now_ns never goes back. Returns 0 or 1, or TSSB_E_MEMORY. */
int cuts_when_sent(struct cuts *cuts, uint32_t from, uint32_t to, uint64_t sent_ns,
                   uint64_t now_ns);

#endif
