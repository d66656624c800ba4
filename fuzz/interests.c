/* Interests, against an array: at most one for each replica and face, the lowest face first, none
 * that has run out; where there is no room, the one that would run out first gives way. */
#include "fuzz.h"

#include "core/mem.h"
#include "shared/model_interests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct model_interests model;
    struct fuzz_input input = {data, size};
    uint64_t now_ns = 1;
    memset(&model, 0, sizeof model);
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), face = fuzz_byte(&input);
        struct tssb_interest interest = {now_ns + 1 + what / 8, what % MODEL_REPLICAS, face};
        if (what < 192)
            model_interests_put(&model, &interest);
        else
            model_interests_take(&model, interest.replica, now_ns += face % 16);
        model_interests_expect_count(&model);
    }
    tssb_interests_close(&model.interests, &tssb_mem_libc);
    return 0;
}
