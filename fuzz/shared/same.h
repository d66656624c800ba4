/* Whether two things are alike, field by field. */
#ifndef FUZZ_SAME_H
#define FUZZ_SAME_H

#include <stdbool.h>
#include <string.h>

#include "core/posix/config.h"
#include "core/store.h"

static inline bool replica_same(const struct tssb_replica *a, const struct tssb_replica *b) {
    return a->feed == b->feed && a->next_dmx == b->next_dmx && a->anchor_seq == b->anchor_seq &&
           a->front_seq == b->front_seq && a->branch == b->branch &&
           memcmp(a->front_mid, b->front_mid, TSSB_MID_SIZE) == 0;
}

static inline bool anchor_same(const struct tssb_anchor *a, const struct tssb_anchor *b) {
    return a->seq == b->seq && memcmp(a->fid, b->fid, TSSB_FID_SIZE) == 0 &&
           memcmp(a->mid, b->mid, TSSB_MID_SIZE) == 0;
}

static inline bool config_same(const struct tssb_config *a, const struct tssb_config *b) {
    bool same = strcmp(a->name, b->name) == 0 && a->scheme == b->scheme &&
                memcmp(a->fid, b->fid, TSSB_FID_SIZE) == 0 &&
                memcmp(a->secret, b->secret, TSSB_SECRET_SIZE) == 0 &&
                a->trusted_count == b->trusted_count;
    for (uint32_t i = 0; same && i < a->trusted_count; i++)
        same = anchor_same(&a->trusted[i], &b->trusted[i]);
    return same;
}

#endif
