/* Interests as an array of when each runs out. */
#ifndef FUZZ_MODEL_INTERESTS_H
#define FUZZ_MODEL_INTERESTS_H

#include "core/interests.h"

enum { MODEL_FACES = 256, MODEL_REPLICAS = 4 };

struct model_interests {
    struct tssb_interests interests;
    uint64_t until_ns[MODEL_REPLICAS][MODEL_FACES]; /* 0: there is none */
};

/* Puts one in. Where there is no room, one that would run out first gives way: of those that run
 * out at one moment, whichever the structure chose. */
void model_interests_put(struct model_interests *model, const struct tssb_interest *interest);

/* Takes the lowest face that has not run out, where there is one. */
void model_interests_take(struct model_interests *model, uint32_t replica, uint64_t now_ns);

void model_interests_expect_count(const struct model_interests *model);

#endif
