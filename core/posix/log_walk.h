/* Goes through the entries of a log file by hash alone, from a place whose MID is known: each entry
 * must have the DMX that the one before it demands. That shows any change but of the last one. */
#ifndef TSSB_LOG_WALK_H
#define TSSB_LOG_WALK_H

#include "core/posix/log.h"

enum { TSSB_LOG_WALK_BLOCKS = 64 };

struct tssb_log_walk {
    const struct tssb_log *log; /* borrowed */
    uint32_t seq;               /* of the entry that it is at */
    uint8_t prev[TSSB_MID_SIZE], mid[TSSB_MID_SIZE];
    const uint8_t *wire; /* of that entry, until the next step; NULL at the anchor */
    uint32_t filled, used;
    uint8_t blocks[TSSB_LOG_WALK_BLOCKS * TSSB_LOG_BLOCK_SIZE];
};

/* Begins at the log's anchor. */
void tssb_log_walk_init(struct tssb_log_walk *walk, const struct tssb_log *log);

/* Goes to the following entry, also past the log's front. Returns 1; 0 where the file holds no
 * further one that fits; -1 with errno where it cannot be read. */
int tssb_log_walk_next(struct tssb_log_walk *walk);

#endif
