/* The entries that a node appended last, and where they stand: what tells a copy of one of them
 * from another entry at the same place, which proves that its author has forked the feed. Both have
 * the same DMX, so no signature is computed for anything else. */
#ifndef TSSB_FORKS_H
#define TSSB_FORKS_H

#include "types.h"

enum { TSSB_FORKS_MAX = 32 };

struct tssb_fork_place {
    tssb_dmx dmx; /* of the entry; 0: nothing */
    uint32_t replica, seq;
    uint8_t prev[TSSB_MID_SIZE];
};

/* A zeroed one is empty. */
struct tssb_forks {
    struct tssb_fork_place places[TSSB_FORKS_MAX];
    uint32_t next; /* the oldest, which gives way */
};

void tssb_forks_note(struct tssb_forks *forks, const struct tssb_fork_place *place);

/* The next remembered place of this DMX; *cursor is 0 at first. NULL where there is no (more). */
const struct tssb_fork_place *tssb_forks_find(const struct tssb_forks *forks, tssb_dmx dmx,
                                              uint32_t *cursor);

#endif
