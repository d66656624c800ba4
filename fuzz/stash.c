/* The stash of early packets, against a list by age: bounded, the oldest gives way, no packet
 * twice, and none that is held. */
#include "fuzz.h"

#include "core/bytes.h"
#include "core/check.h"
#include "core/stash.h"
#include "support.h"

enum { CAPACITY_MAX = 8 };

/* The packets, known by two bytes, and the last that were noted as held. */
struct model {
    uint8_t dmx[CAPACITY_MAX], mark[CAPACITY_MAX];
    int held[CAPACITY_MAX];
    uint32_t count, capacity, notes;
};

static void forget(struct model *model, uint32_t place) {
    model->count--;
    memmove(&model->dmx[place], &model->dmx[place + 1], model->count - place);
    memmove(&model->mark[place], &model->mark[place + 1], model->count - place);
}

static enum tssb_stashed put(struct model *model, uint8_t dmx, uint8_t mark) {
    enum tssb_stashed done = TSSB_STASHED;
    for (uint32_t i = 0; i < model->capacity; i++)
        if (model->held[i] == dmx)
            return TSSB_STASHED_ALREADY;
    for (uint32_t i = 0; i < model->count; i++)
        if (model->dmx[i] == dmx && model->mark[i] == mark)
            return TSSB_STASHED_ALREADY;
    if (model->count == model->capacity) {
        forget(model, 0);
        done = TSSB_STASHED_OVER_ANOTHER;
    }
    model->dmx[model->count] = dmx;
    model->mark[model->count++] = mark;
    return done;
}

static void expect_same(const struct tssb_stash *stash, const struct model *model) {
    TSSB_CHECK(stash->count == model->count);
    for (uint32_t i = 0; i < model->count; i++) {
        const struct tssb_early *early = tssb_stash_at(stash, i);
        TSSB_CHECK(early->dmx == model->dmx[i] && early->bytes[119] == model->mark[i]);
        TSSB_CHECK(tssb_stash_find(stash, model->dmx[i], i) == i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct countdown_mem memory;
    struct tssb_stash stash;
    struct model model = {.capacity = 1 + fuzz_byte(&input) % CAPACITY_MAX};
    countdown_mem_init(&memory, NEVER_FAILS);
    TSSB_CHECK(tssb_stash_init(&stash, &memory.mem, model.capacity) == 0);
    for (uint32_t i = 0; i < model.capacity; i++)
        model.held[i] = -1;
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), packet[TSSB_ENTRY_SIZE] = {0}, dmx = what % 16;
        tssb_store_dmx(packet, dmx);
        packet[119] = what / 16 % 4;
        if (what < 192) {
            TSSB_CHECK(tssb_stash_put(&stash, packet, what, what) == put(&model, dmx, packet[119]));
        } else if (what < 224) {
            tssb_stash_note_held(&stash, dmx);
            model.held[model.notes++ % model.capacity] = dmx;
        } else if (model.count > 0) {
            tssb_stash_remove(&stash, what % model.count);
            forget(&model, what % model.count);
        }
        expect_same(&stash, &model);
    }
    tssb_stash_close(&stash, &memory.mem);
    TSSB_CHECK(memory.outstanding_bytes == 0);
    return 0;
}
