/* The table of DMX values that a node has armed, and what each stands for (PROTOCOL.md 5). Seven
 * bytes can collide, so one value may stand for several things: a look-up goes through them all.
 * Open addressing with linear probing; a DMX is the output of a hash, so it is its own hash. */
#ifndef TSSB_DMX_H
#define TSSB_DMX_H

#include "mem.h"
#include "types.h"

enum tssb_dmx_kind { TSSB_DMX_ENTRY = 1, TSSB_DMX_WANT, TSSB_DMX_RANGE };

struct tssb_dmx_table {
    uint64_t *keys;   /* dmx << 8 | kind; 0 is an empty slot */
    uint32_t *values; /* replica indices; the second part of the same allocation */
    uint32_t count;
    uint32_t mask; /* slots - 1, or 0 without slots */
};

/* One armed value. */
struct tssb_dmx_match {
    enum tssb_dmx_kind kind;
    uint32_t value;
};

/* A zeroed table is an empty one. */
void tssb_dmx_close(struct tssb_dmx_table *table, const struct tssb_mem *mem);

/* Makes room for `more` further values. Returns 0 or TSSB_E_MEMORY; then nothing has changed. */
int tssb_dmx_reserve(struct tssb_dmx_table *table, const struct tssb_mem *mem, uint32_t more);

/* Arms a value. Room must have been reserved. */
void tssb_dmx_arm(struct tssb_dmx_table *table, tssb_dmx dmx, struct tssb_dmx_match match);

/* Disarms what was armed so; true where it was. */
bool tssb_dmx_disarm(struct tssb_dmx_table *table, tssb_dmx dmx, struct tssb_dmx_match match);

/* Finds what a DMX stands for: *cursor is 0 at first and kept between calls that go through further
 * matches. Returns false where there is no (more). The table must not change in between. */
bool tssb_dmx_find(const struct tssb_dmx_table *table, tssb_dmx dmx, uint32_t *cursor,
                   struct tssb_dmx_match *match);

#endif
