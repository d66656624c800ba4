/* What all stores share. */
#include "store.h"

#include <string.h>

struct tssb_anchor tssb_anchor_whole(const uint8_t fid[TSSB_FID_SIZE]) {
    struct tssb_anchor anchor = {.seq = 0};
    memcpy(anchor.fid, fid, TSSB_FID_SIZE);
    memcpy(anchor.mid, fid, TSSB_MID_SIZE);
    return anchor;
}
