/* The pool that a world shares, against replicas that keep their own copies: an author who signs
 * several entries at one number forks its feed, and each replica stays on the branch that it saw
 * first; anchors anywhere; blobs by view; memory runs out now and then. */
#include "fuzz.h"

#include "shared/model_pool.h"

enum { STEPS = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct model_pool model;
    struct fuzz_input input = {data, size};
    uint8_t fail_at = fuzz_byte(&input);
    model_pool_init(&model, fail_at < 64 ? fail_at : NEVER_FAILS);
    for (int steps = 0; input.left > 0 && steps < STEPS; steps++) {
        uint8_t what = fuzz_byte(&input), which = what % MODEL_COPIES;
        uint8_t more = what / MODEL_COPIES % 4;
        if (what < 160)
            model_pool_append(&model, which,
                              &(struct model_append){.variant = more,
                                                     .own = what & 16,
                                                     .damaged = what & 32 && what & 64});
        else if (what < 208)
            model_pool_open(&model, which, more);
        else
            model_pool_blob(&model, which % MODEL_VIEWS, more, what & 32);
        model_pool_expect(&model);
    }
    model_pool_close(&model);
    return 0;
}
