/* The file store on a disk that fails and loses what was not synced, against memory: what is read
 * is right, what is refused changes nothing, and after any crash the logs hold all that was
 * promised to be durable and nothing but what the authors signed. */
#include "fuzz.h"

#include "shared/model_store.h"

enum { STEPS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct model_store model;
    struct fuzz_input input = {data, size};
    model_store_init(&model, (enum tssb_sync)(fuzz_byte(&input) % 3));
    for (int step = 0; input.left > 0 && step < STEPS; step++) {
        uint8_t what = fuzz_byte(&input);
        if (what >= 0xe0)
            model_store_crash(&model, what & 0x1f);
        else if (what >= 0xc0)
            model_store_fail_calls(&model, fuzz_byte(&input) % 16, what & 0x1f);
        else if (!model.directory)
            model_store_open_all(&model, false);
        else if (what < 0x60)
            model_store_append(&model, what & 1, what & 2);
        else if (what < 0x90)
            model_store_blob(&model, what % STORE_BLOBS, what & 8);
        else if (what < 0xa8)
            model_store_sync(&model);
        else if (what < 0xb0)
            model_store_close_all(&model);
    }
    model_store_close(&model);
    return 0;
}
