/* A desk where the first entry of a feed is due, with its author and somebody else at it. By
 * hmac-sha512, which is fast: signature.c has both schemes. */
#ifndef FUZZ_DESK_H
#define FUZZ_DESK_H

#include "core/entry.h"
#include "core/pool.h"
#include "core/replica.h"

struct desk {
    struct tssb_key author, other;
    struct tssb_trust trust;
    struct tssb_place place;
    struct tssb_pool pool;
    struct tssb_pool_view view;
    struct tssb_replica empty;
};

/* The feed is one that nobody has written yet. */
void desk_open(struct desk *desk);

/* What is to come of a packet, said in the plainest way: signing is deterministic. */
int desk_expected(const struct desk *desk, const uint8_t *packet, size_t size);

/* What is made of a packet's first bytes, by bits. */
enum { DESK_RIGHT_DMX = 1, DESK_SIGNED = 2, DESK_BY_ANOTHER = 4, DESK_DAMAGED = 8 };

void desk_make_right(const struct desk *desk, uint8_t fate, uint8_t *packet, uint8_t at);

/* The packet was appended to the replica, and is what the store holds. The feed is empty again. */
void desk_expect_taken(struct desk *desk, const struct tssb_replica *replica,
                       const uint8_t *packet);

#endif
