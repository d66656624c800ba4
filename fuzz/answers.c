/* Answers that wait, against what is to be seen from outside: bounded, none twice, none before its
 * time, the first first, and gone once somebody else was heard giving it. */
#include "fuzz.h"

#include "shared/model_answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct model_answers model;
    struct fuzz_input input = {data, size};
    uint8_t fail_at = fuzz_byte(&input);
    model_answers_init(&model, fail_at < 16 ? fail_at : NEVER_FAILS);
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), which = fuzz_byte(&input);
        struct tssb_answer answer = {.replica = what % ANSWERS_REPLICAS,
                                     .seq = which % ANSWERS_SEQS,
                                     .face = which / ANSWERS_SEQS};
        model.random = what;
        if (what < 128)
            model_answers_put(&model, answer);
        else if (what < 192)
            model_answers_overheard(&model, answer);
        else if (what < 254)
            model_answers_give(&model, which);
        else
            model_answers_clear(&model);
        model_answers_expect(&model);
    }
    model_answers_close(&model);
    return 0;
}
