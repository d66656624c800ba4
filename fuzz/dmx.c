/* The table of armed DMX values, against a list that is looked through. Few values that differ in
 * few bits, so that they collide and runs wrap around; memory runs out now and then. */
#include "fuzz.h"

#include "core/check.h"
#include "shared/model_dmx.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct tssb_dmx_table table = {0};
    struct model_dmx model = {.count = 0};
    struct countdown_mem memory;
    uint8_t fail_at = fuzz_byte(&input);
    countdown_mem_init(&memory, fail_at < 16 ? fail_at : NEVER_FAILS);
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), low = fuzz_byte(&input);
        struct model_armed item = {
            (tssb_dmx)(low & 7) << 48 | low >> 3,
            {(uint32_t)(TSSB_DMX_ENTRY + what % 3), what / 4 % MODEL_DMX_VALUES}};
        if (what & 0x80) {
            TSSB_CHECK(tssb_dmx_disarm(&table, item.dmx, item.match) ==
                       model_dmx_disarm(&model, &item));
        } else if (model.count < MODEL_DMX_MAX &&
                   tssb_dmx_reserve(&table, &memory.mem, 1 + what / 64) == 0) {
            model_dmx_arm(&model, &item);
            tssb_dmx_arm(&table, item.dmx, item.match);
        }
        TSSB_CHECK(table.count == model.count);
        model_dmx_expect(&model, &table, item.dmx);
    }
    for (uint32_t i = 0; i < model.count; i++)
        model_dmx_expect(&model, &table, model.items[i].dmx);
    tssb_dmx_close(&table, &memory.mem);
    TSSB_CHECK(memory.outstanding_bytes == 0);
    return 0;
}
