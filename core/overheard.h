/* What others were heard asking for lately, by face: the last few requests. A node that is about to
 * ask for the same on the same face may as well wait for the answer. */
#ifndef TSSB_OVERHEARD_H
#define TSSB_OVERHEARD_H

#include "types.h"

enum { TSSB_OVERHEARD_MAX = 32 };

struct tssb_overheard_request {
    uint64_t heard_ns;
    uint32_t replica;
    uint32_t seq, count; /* entries seq .. seq + count - 1; count 0: nothing */
    uint32_t face;
};

/* A zeroed one is empty. */
struct tssb_overheard {
    struct tssb_overheard_request requests[TSSB_OVERHEARD_MAX];
    uint32_t next;
};

void tssb_overheard_note(struct tssb_overheard *overheard,
                         const struct tssb_overheard_request *request);

/* Whether somebody was heard asking for the entry on a face (TSSB_ALL_FACES: on any) at or after
 * since_ns. */
bool tssb_overheard_asks(const struct tssb_overheard *overheard, uint32_t replica, uint32_t seq,
                         uint32_t face, uint64_t since_ns);

/* Whether somebody was heard asking for anything of the replica at or after since_ns. */
bool tssb_overheard_any(const struct tssb_overheard *overheard, uint32_t replica,
                        uint64_t since_ns);

#endif
