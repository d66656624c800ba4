/* An array that has a place for each answer there can be. */
#include "model_answers.h"

#include <string.h>

#include "core/check.h"

static tssb_dmx dmx_of(const struct tssb_answer *answer) {
    return answer->replica * ANSWERS_SEQS + answer->seq + 1;
}

static bool *waiting_of(struct model_answers *model, const struct tssb_answer *answer) {
    return &model->waits[answer->replica][answer->seq][answer->face];
}

static struct tssb_answers_chance draw(const struct model_answers *model) {
    return (struct tssb_answers_chance){model->now_ns, ANSWERS_BACKOFF_NS,
                                        model->random * UINT64_C(0x9e3779b97f4a7c15)};
}

void model_answers_init(struct model_answers *model, int64_t fail_at) {
    memset(model, 0, sizeof *model);
    model->now_ns = 1;
    countdown_mem_init(&model->memory, fail_at);
}

void model_answers_close(struct model_answers *model) {
    tssb_answers_close(&model->answers, &model->memory.mem);
    TSSB_CHECK(model->memory.outstanding_bytes == 0);
}

void model_answers_put(struct model_answers *model, struct tssb_answer answer) {
    const struct tssb_answers_chance chance = draw(model);
    bool *waiting = waiting_of(model, &answer);
    answer.dmx = dmx_of(&answer);
    answer.at_ns = tssb_answers_when(&model->answers, answer.replica, answer.face, &chance);
    enum tssb_put_off done = tssb_answers_put(&model->answers, &model->memory.mem, &answer);
    TSSB_CHECK((done == TSSB_PUT_OFF_ALREADY) == *waiting);
    *waiting |= done == TSSB_PUT_OFF;
}

void model_answers_overheard(struct model_answers *model, struct tssb_answer answer) {
    const struct tssb_answers_chance chance = draw(model);
    bool *waiting = waiting_of(model, &answer);
    TSSB_CHECK(tssb_answers_overheard(&model->answers, dmx_of(&answer), answer.face, &chance) ==
               *waiting);
    *waiting = false;
}

void model_answers_give(struct model_answers *model, uint8_t after_ns) {
    struct tssb_answer answer = {0};
    uint64_t last_ns = 0;
    model->now_ns += after_ns;
    while (tssb_answers_take(&model->answers, model->now_ns, &answer)) {
        TSSB_CHECK(answer.at_ns >= last_ns && answer.at_ns <= model->now_ns);
        TSSB_CHECK(*waiting_of(model, &answer));
        *waiting_of(model, &answer) = false;
        last_ns = answer.at_ns;
        tssb_answers_gave(&model->answers, &answer, model->now_ns, ANSWERS_BACKOFF_NS);
    }
    TSSB_CHECK(tssb_answers_next(&model->answers) > model->now_ns);
}

void model_answers_clear(struct model_answers *model) {
    tssb_answers_clear(&model->answers);
    memset(model->waits, 0, sizeof model->waits);
}

void model_answers_expect(const struct model_answers *model) {
    const struct tssb_answers *answers = &model->answers;
    uint64_t first_ns = TSSB_NEVER;
    uint32_t count = 0;
    for (uint32_t i = 0; i < answers->count; i++) {
        const struct tssb_answer *answer = &answers->list[i];
        TSSB_CHECK(model->waits[answer->replica][answer->seq][answer->face]);
        first_ns = answer->at_ns < first_ns ? answer->at_ns : first_ns;
    }
    for (uint32_t i = 0; i < ANSWERS_REPLICAS * ANSWERS_SEQS * ANSWERS_FACES; i++)
        count += (&model->waits[0][0][0])[i];
    TSSB_CHECK(count == answers->count && count <= TSSB_ANSWERS_MAX);
    TSSB_CHECK(tssb_answers_next(answers) == first_ns);
}
