/* The oldest gives way, no packet twice, and none that is held. */
#include "model_stash.h"

#include <string.h>

#include "core/check.h"

void model_stash_init(struct model_stash *model, uint32_t capacity) {
    *model = (struct model_stash){.capacity = capacity};
    for (uint32_t i = 0; i < capacity; i++)
        model->held[i] = -1;
}

void model_stash_note_held(struct model_stash *model, uint8_t dmx) {
    model->held[model->notes++ % model->capacity] = dmx;
}

void model_stash_remove(struct model_stash *model, uint32_t place) {
    model->count--;
    memmove(&model->dmx[place], &model->dmx[place + 1], model->count - place);
    memmove(&model->mark[place], &model->mark[place + 1], model->count - place);
}

enum tssb_stashed model_stash_put(struct model_stash *model, uint8_t dmx, uint8_t mark) {
    enum tssb_stashed done = TSSB_STASHED;
    for (uint32_t i = 0; i < model->capacity; i++)
        if (model->held[i] == dmx)
            return TSSB_STASHED_ALREADY;
    for (uint32_t i = 0; i < model->count; i++)
        if (model->dmx[i] == dmx && model->mark[i] == mark)
            return TSSB_STASHED_ALREADY;
    if (model->count == model->capacity) {
        model_stash_remove(model, 0);
        done = TSSB_STASHED_OVER_ANOTHER;
    }
    model->dmx[model->count] = dmx;
    model->mark[model->count++] = mark;
    return done;
}

void model_stash_expect(const struct model_stash *model, const struct tssb_stash *stash) {
    TSSB_CHECK(stash->count == model->count);
    for (uint32_t i = 0; i < model->count; i++) {
        const struct tssb_early *early = tssb_stash_at(stash, i);
        TSSB_CHECK(early->dmx == model->dmx[i] && early->bytes[119] == model->mark[i]);
        TSSB_CHECK(tssb_stash_find(stash, model->dmx[i], i) == i);
    }
}
