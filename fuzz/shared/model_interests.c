/* Each interest has its place in the array. */
#include "model_interests.h"

#include <string.h>

#include "core/check.h"
#include "core/mem.h"

static uint32_t count_all(const struct model_interests *model) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < MODEL_REPLICAS * MODEL_FACES; i++)
        count += (&model->until_ns[0][0])[i] > 0;
    return count;
}

static uint64_t first_to_run_out(const struct model_interests *model) {
    uint64_t first_ns = UINT64_MAX;
    for (uint32_t i = 0; i < MODEL_REPLICAS * MODEL_FACES; i++) {
        uint64_t until_ns = (&model->until_ns[0][0])[i];
        if (until_ns > 0 && until_ns < first_ns)
            first_ns = until_ns;
    }
    return first_ns;
}

void model_interests_put(struct model_interests *model, const struct tssb_interest *interest) {
    struct tssb_interests *interests = &model->interests;
    uint64_t *place = &model->until_ns[interest->replica][interest->face];
    uint64_t first_ns = first_to_run_out(model), left_ns = UINT64_MAX;
    bool full = *place == 0 && count_all(model) == TSSB_INTERESTS_MAX;
    tssb_interests_put(interests, &tssb_mem_libc, interest);
    memset(model->until_ns, 0, sizeof model->until_ns);
    for (uint32_t i = 0; i < interests->count; i++) {
        const struct tssb_interest *item = &interests->list[i];
        uint64_t *until = &model->until_ns[item->replica][item->face];
        TSSB_CHECK(*until == 0);
        *until = item->until_ns;
        if (place != until && *until < left_ns)
            left_ns = *until;
    }
    TSSB_CHECK(*place == interest->until_ns && (!full || left_ns >= first_ns));
}

void model_interests_take(struct model_interests *model, uint32_t replica, uint64_t now_ns) {
    uint32_t face, due = 0;
    for (uint32_t i = 0; i < MODEL_REPLICAS * MODEL_FACES; i++)
        if ((&model->until_ns[0][0])[i] <= now_ns)
            (&model->until_ns[0][0])[i] = 0;
    while (due < MODEL_FACES && model->until_ns[replica][due] == 0)
        due++;
    TSSB_CHECK(tssb_interests_take(&model->interests, replica, now_ns, &face) ==
               (due < MODEL_FACES));
    if (due == MODEL_FACES)
        return;
    TSSB_CHECK(face == due);
    model->until_ns[replica][due] = 0;
}

void model_interests_expect_count(const struct model_interests *model) {
    TSSB_CHECK(model->interests.count == count_all(model));
    TSSB_CHECK(model->interests.count <= TSSB_INTERESTS_MAX);
}
