/* Answers that wait, against what is to be seen from outside: bounded, none twice, none before its
 * time, the first first, and gone once somebody else was heard giving it. */
#include "fuzz.h"

#include "core/answers.h"
#include "core/check.h"
#include "support.h"

enum { REPLICAS = 2, SEQS = 32, FACES = 8, BACKOFF_NS = 64 };

static bool waits[REPLICAS][SEQS][FACES];

static tssb_dmx dmx_of(uint32_t replica, uint32_t seq) {
    return replica * SEQS + seq + 1;
}

static void expect_first(const struct tssb_answers *answers) {
    uint64_t first_ns = TSSB_NEVER;
    uint32_t count = 0;
    for (uint32_t i = 0; i < answers->count; i++) {
        const struct tssb_answer *answer = &answers->list[i];
        TSSB_CHECK(waits[answer->replica][answer->seq][answer->face]);
        first_ns = answer->at_ns < first_ns ? answer->at_ns : first_ns;
    }
    for (uint32_t i = 0; i < REPLICAS * SEQS * FACES; i++)
        count += (&waits[0][0][0])[i];
    TSSB_CHECK(count == answers->count && count <= TSSB_ANSWERS_MAX);
    TSSB_CHECK(tssb_answers_next(answers) == first_ns);
}

static void put(struct tssb_answers *answers, const struct tssb_mem *mem,
                const struct tssb_answer *which, const struct tssb_answers_chance *chance) {
    struct tssb_answer answer = *which;
    bool *waiting = &waits[which->replica][which->seq][which->face];
    answer.at_ns = tssb_answers_when(answers, which->replica, which->face, chance);
    enum tssb_put_off done = tssb_answers_put(answers, mem, &answer);
    TSSB_CHECK((done == TSSB_PUT_OFF_ALREADY) == *waiting);
    *waiting |= done == TSSB_PUT_OFF;
}

static void give(struct tssb_answers *answers, uint64_t now_ns) {
    struct tssb_answer answer = {0};
    uint64_t last_ns = 0;
    while (tssb_answers_take(answers, now_ns, &answer)) {
        TSSB_CHECK(answer.at_ns >= last_ns && answer.at_ns <= now_ns);
        TSSB_CHECK(waits[answer.replica][answer.seq][answer.face]);
        waits[answer.replica][answer.seq][answer.face] = false;
        last_ns = answer.at_ns;
        tssb_answers_gave(answers, &answer, now_ns, BACKOFF_NS);
    }
    TSSB_CHECK(tssb_answers_next(answers) > now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct tssb_answers answers = {0};
    struct countdown_mem memory;
    uint8_t fail_at = fuzz_byte(&input);
    uint64_t now_ns = 1;
    countdown_mem_init(&memory, fail_at < 16 ? fail_at : NEVER_FAILS);
    memset(waits, 0, sizeof waits);
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), which = fuzz_byte(&input);
        struct tssb_answer answer = {
            .replica = what % REPLICAS, .seq = which % SEQS, .face = which / SEQS};
        struct tssb_answers_chance chance = {now_ns, BACKOFF_NS,
                                             what * UINT64_C(0x9e3779b97f4a7c15)};
        answer.dmx = dmx_of(answer.replica, answer.seq);
        if (what < 128) {
            put(&answers, &memory.mem, &answer, &chance);
        } else if (what < 192) {
            bool *waiting = &waits[answer.replica][answer.seq][answer.face];
            TSSB_CHECK(tssb_answers_overheard(&answers, answer.dmx, answer.face, &chance) ==
                       *waiting);
            *waiting = false;
        } else if (what < 254) {
            now_ns += which;
            give(&answers, now_ns);
        } else {
            tssb_answers_clear(&answers);
            memset(waits, 0, sizeof waits);
        }
        expect_first(&answers);
    }
    tssb_answers_close(&answers, &memory.mem);
    TSSB_CHECK(memory.outstanding_bytes == 0);
    return 0;
}
