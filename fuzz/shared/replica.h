/* Whether a replica is as it was. */
#ifndef FUZZ_REPLICA_H
#define FUZZ_REPLICA_H

#include <string.h>

#include "core/store.h"

static inline bool replica_same(const struct tssb_replica *a, const struct tssb_replica *b) {
    return a->feed == b->feed && a->next_dmx == b->next_dmx && a->anchor_seq == b->anchor_seq &&
           a->front_seq == b->front_seq && a->branch == b->branch &&
           memcmp(a->front_mid, b->front_mid, TSSB_MID_SIZE) == 0;
}

#endif
