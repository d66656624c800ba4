/* Private to sim/adversary/: what one adversary knows, and the packets that it makes of it. */
#ifndef ADVERSARY_INSIDE_H
#define ADVERSARY_INSIDE_H

#include "sim/world_state.h"

enum { HEARD_MAX = 16 };

/* A packet, heard or made. */
struct spoken {
    uint16_t size; /* 0: none */
    uint8_t bytes[TSSB_PACKET_SIZE];
};

/* The other branch of an author's feed: its entries first_seq and on. It never gets ahead of the
 * feed itself, so each of them is the second at its number. */
struct second_branch {
    uint32_t first_seq, count, capacity;
    uint8_t mid[TSSB_MID_SIZE]; /* of the last one */
    uint8_t (*wires)[TSSB_ENTRY_SIZE];
};

struct adversary {
    struct spoken heard[HEARD_MAX]; /* the last ones */
    uint32_t heard_count;
    uint32_t lies;                          /* so far */
    uint64_t lies_until_ns, forks_until_ns; /* it answers requests until then */
    struct second_branch second;
};

struct adversaries {
    struct adversary **of; /* by node; NULL for those that never attack */
};

/* What an adversary's choices are drawn from. */
struct dice {
    uint64_t key, nth;
    unsigned drawn;
};

uint64_t dice_draw(struct dice *dice);
uint32_t dice_below(struct dice *dice, uint32_t bound);

/* wrong.c: each makes a packet, of size 0 where it cannot. */
struct spoken wrong_forged(const struct world *world, struct dice *dice);
struct spoken wrong_flipped(const struct adversary *adversary, struct dice *dice);
struct spoken wrong_replayed(const struct adversary *adversary, struct dice *dice);
/* In answer to a request for an entry of this feed. */
struct spoken wrong_answer(const struct world *world, uint32_t feed, uint32_t seq,
                           struct dice *dice);

/* second.c */

/* Signs the next entry of the other branch, which begins at the feed's front. Returns it; NULL
 * where there is none to sign, or memory ran out, which is noted. */
const uint8_t *second_grow(struct world *world, uint32_t author, struct second_branch *second);
const uint8_t *second_at(const struct second_branch *second, uint32_t seq);

#endif
