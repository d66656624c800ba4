/* The table of armed DMX values as a list that is looked through. */
#ifndef FUZZ_MODEL_DMX_H
#define FUZZ_MODEL_DMX_H

#include "core/dmx.h"

enum { MODEL_DMX_MAX = 256, MODEL_DMX_VALUES = 4 };

struct model_armed {
    tssb_dmx dmx;
    struct tssb_dmx_match match;
};

struct model_dmx {
    struct model_armed items[MODEL_DMX_MAX];
    uint32_t count;
};

/* There is room: count is below MODEL_DMX_MAX. */
void model_dmx_arm(struct model_dmx *model, const struct model_armed *item);

/* Takes one off; false where there is none. */
bool model_dmx_disarm(struct model_dmx *model, const struct model_armed *item);

/* The table finds all matches of a DMX, each as often as it was armed. */
void model_dmx_expect(const struct model_dmx *model, const struct tssb_dmx_table *table,
                      tssb_dmx dmx);

#endif
