/* The stash of early packets, against a list by age: bounded, the oldest gives way, no packet
 * twice, and none that is held. */
#include "fuzz.h"

#include "core/bytes.h"
#include "core/check.h"
#include "shared/model_stash.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct countdown_mem memory;
    struct tssb_stash stash;
    struct model_stash model;
    model_stash_init(&model, 1 + fuzz_byte(&input) % MODEL_STASH_MAX);
    countdown_mem_init(&memory, NEVER_FAILS);
    TSSB_CHECK(tssb_stash_init(&stash, &memory.mem, model.capacity) == 0);
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), packet[TSSB_ENTRY_SIZE] = {0}, dmx = what % 16;
        tssb_store_dmx(packet, dmx);
        packet[119] = what / 16 % 4;
        if (what < 192) {
            TSSB_CHECK(tssb_stash_put(&stash, packet, what, what) ==
                       model_stash_put(&model, dmx, packet[119]));
        } else if (what < 224) {
            tssb_stash_note_held(&stash, dmx);
            model_stash_note_held(&model, dmx);
        } else if (model.count > 0) {
            tssb_stash_remove(&stash, what % model.count);
            model_stash_remove(&model, what % model.count);
        }
        model_stash_expect(&model, &stash);
    }
    tssb_stash_close(&stash, &memory.mem);
    TSSB_CHECK(memory.outstanding_bytes == 0);
    return 0;
}
