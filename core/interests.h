/* Requests for entries that do not exist here yet: who asked for the very next entry of a replica
 * is remembered for a while, and gets it when it comes. NDN calls this a pending interest. At most
 * one for each replica and face, and so many in all; the one that would go first gives way. */
#ifndef TSSB_INTERESTS_H
#define TSSB_INTERESTS_H

#include "mem.h"
#include "types.h"

enum { TSSB_INTERESTS_MAX = 256 };

struct tssb_interest {
    uint64_t until_ns;
    uint32_t replica, face;
};

/* A zeroed one is empty. */
struct tssb_interests {
    struct tssb_interest *list;
    uint32_t count, capacity;
};

void tssb_interests_close(struct tssb_interests *interests, const struct tssb_mem *mem);

/* Remembers, or goes on remembering. Where memory runs out nothing is: it is a favour. */
void tssb_interests_put(struct tssb_interests *interests, const struct tssb_mem *mem,
                        const struct tssb_interest *interest);

/* Takes off an interest in the replica, by face; false where there is no (more). What has run out
 * by now_ns is dropped on the way. */
bool tssb_interests_take(struct tssb_interests *interests, uint32_t replica, uint64_t now_ns,
                         uint32_t *face);

#endif
