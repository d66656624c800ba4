/* The stash as a list by age, whose packets are known by two bytes. */
#ifndef FUZZ_MODEL_STASH_H
#define FUZZ_MODEL_STASH_H

#include "core/stash.h"

enum { MODEL_STASH_MAX = 8 };

struct model_stash {
    uint8_t dmx[MODEL_STASH_MAX], mark[MODEL_STASH_MAX];
    int held[MODEL_STASH_MAX]; /* the last that were noted as held; -1 for none */
    uint32_t count, capacity, notes;
};

void model_stash_init(struct model_stash *model, uint32_t capacity);

enum tssb_stashed model_stash_put(struct model_stash *model, uint8_t dmx, uint8_t mark);
void model_stash_note_held(struct model_stash *model, uint8_t dmx);
void model_stash_remove(struct model_stash *model, uint32_t place);

/* The stash holds these packets, in this order; the mark is a packet's last byte. */
void model_stash_expect(const struct model_stash *model, const struct tssb_stash *stash);

#endif
