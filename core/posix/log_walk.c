/* The walk through a log file, some blocks at a time. */
#include "core/posix/log_walk.h"

#include <string.h>

#include "core/bytes.h"

void tssb_log_walk_init(struct tssb_log_walk *walk, const struct tssb_log *log) {
    walk->log = log;
    walk->seq = log->header.anchor_seq;
    memcpy(walk->mid, log->header.anchor_mid, TSSB_MID_SIZE);
    memcpy(walk->prev, log->header.anchor_mid, TSSB_MID_SIZE);
    walk->wire = NULL;
    walk->filled = walk->used = 0;
}

/* Reads the blocks from the next entry on. Returns 1, 0 at the end of the file, or -1. */
static int fill(struct tssb_log_walk *walk) {
    const struct tssb_log *log = walk->log;
    ssize_t got = tssb_disk_read(log->disk, log->file, walk->blocks, sizeof walk->blocks,
                                 tssb_log_offset(&log->header, walk->seq + 1));
    if (got < 0)
        return -1;
    walk->filled = (uint32_t)got / TSSB_LOG_BLOCK_SIZE;
    walk->used = 0;
    return walk->filled > 0;
}

int tssb_log_walk_next(struct tssb_log_walk *walk) {
    if (walk->seq == UINT32_MAX)
        return 0;
    if (walk->used == walk->filled) {
        int filled = fill(walk);
        if (filled <= 0)
            return filled;
    }
    const uint8_t *wire = walk->blocks + (size_t)walk->used * TSSB_LOG_BLOCK_SIZE +
                          TSSB_LOG_PREFIX_SIZE;
    struct tssb_place place = {.fid = walk->log->header.fid, .seq = walk->seq + 1};
    memcpy(place.prev, walk->mid, TSSB_MID_SIZE);
    if (tssb_load_dmx(wire) != tssb_entry_dmx(&place))
        return 0;
    memcpy(walk->prev, walk->mid, TSSB_MID_SIZE);
    tssb_entry_mid(&place, wire, walk->mid);
    walk->seq++;
    walk->wire = wire;
    walk->used++;
    return 1;
}
