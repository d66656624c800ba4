/* Answers that wait, with what is to be seen of them from outside: which wait, for whom. */
#ifndef FUZZ_MODEL_ANSWERS_H
#define FUZZ_MODEL_ANSWERS_H

#include "core/answers.h"
#include "support.h"

enum { ANSWERS_REPLICAS = 2, ANSWERS_SEQS = 32, ANSWERS_FACES = 8, ANSWERS_BACKOFF_NS = 64 };

struct model_answers {
    struct tssb_answers answers;
    struct countdown_mem memory;
    uint64_t now_ns, random;
    bool waits[ANSWERS_REPLICAS][ANSWERS_SEQS][ANSWERS_FACES];
};

/* fail_at as countdown_mem_init has it. */
void model_answers_init(struct model_answers *model, int64_t fail_at);
void model_answers_close(struct model_answers *model);

/* Puts one off: never twice the same. Its dmx and time are set here. */
void model_answers_put(struct model_answers *model, struct tssb_answer answer);

/* Somebody else was heard giving it: it does not wait any more. */
void model_answers_overheard(struct model_answers *model, struct tssb_answer answer);

/* Time passes; what is due is given, the first first. */
void model_answers_give(struct model_answers *model, uint8_t after_ns);

void model_answers_clear(struct model_answers *model);

/* Those that wait wait, no others do, and the first is due when it should be. */
void model_answers_expect(const struct model_answers *model);

#endif
