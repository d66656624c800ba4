/* Mutates sessions by their steps: bytes that the fuzzer inserts or takes out anywhere would make
 * other steps of all that follow. Steps and runs of them are put in, taken out, repeated, moved,
 * changed in one field; two sessions are crossed between steps. What a step carries in MORE, the
 * fuzzer mutates its own way, with the dictionary. */
#include <string.h>

#include "session.h"
#include "support.h"

/* Both are libFuzzer's. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t max_size, unsigned seed);

enum { STEPS_MAX = 256, RUN_MAX = 8, MORE_MAX = UINT8_MAX, TRIES = 8 };

/* Where the steps of a session begin; the last is its end. */
struct steps {
    size_t starts[STEPS_MAX + 1], count;
};

/* A run of steps, as bytes. */
struct run {
    size_t at, size;
};

struct draft {
    uint8_t *bytes;
    size_t size, max_size;
    struct steps steps;
    uint64_t random;
};

static uint32_t draw(struct draft *draft, size_t below) {
    return (uint32_t)(random_next(&draft->random) % below);
}

static void find_steps(struct steps *steps, const uint8_t *bytes, size_t size) {
    struct fuzz_input input = {bytes, size};
    struct session_step step;
    uint8_t head[SESSION_HEAD];
    fuzz_fill(&input, head, sizeof head);
    steps->count = 0;
    steps->starts[0] = size - input.left;
    while (steps->count < STEPS_MAX && session_next(&input, &step))
        steps->starts[++steps->count] = size - input.left;
}

static struct run draw_run(struct draft *draft, const struct steps *steps) {
    size_t first = draw(draft, steps->count), left = steps->count - first;
    size_t count = 1 + draw(draft, left < RUN_MAX ? left : RUN_MAX);
    return (struct run){steps->starts[first], steps->starts[first + count] - steps->starts[first]};
}

/* Puts bytes where others were; false where there is no room. `fresh` is not part of the draft. */
static bool replace(struct draft *draft, struct run old, const uint8_t *fresh, size_t fresh_size) {
    size_t behind = old.at + old.size, size = draft->size - old.size + fresh_size;
    if (size > draft->max_size)
        return false;
    memmove(draft->bytes + old.at + fresh_size, draft->bytes + behind, draft->size - behind);
    if (fresh_size > 0)
        memcpy(draft->bytes + old.at, fresh, fresh_size);
    draft->size = size;
    return true;
}

static struct run draw_gap(struct draft *draft) {
    return (struct run){draft->steps.starts[draw(draft, draft->steps.count + 1)], 0};
}

/* Mutations: each returns false where it does not fit. */

/* Most numbers that mean something are small, and most packets arrive whole. */
static bool insert_step(struct draft *draft) {
    uint8_t step[STEP_HEAD + MORE_MAX] = {(uint8_t)draw(draft, STEP_OPS)};
    bool odd = draw(draft, 4) == 0;
    step[1] = (uint8_t)draw(draft, odd ? 256 : 4);
    step[2] = (uint8_t)draw(draft, odd ? 256 : 16);
    step[3] = (uint8_t)draw(draft, odd ? 256 : 8);
    if (step[0] == STEP_SIGNED || step[0] == STEP_RANGE || step[0] == STEP_BYTES)
        step[4] = (uint8_t)LLVMFuzzerMutate(step + STEP_HEAD, 0, MORE_MAX);
    return replace(draft, draw_gap(draft), step, STEP_HEAD + step[4]);
}

static bool erase_run(struct draft *draft) {
    return draft->steps.count > 0 && replace(draft, draw_run(draft, &draft->steps), NULL, 0);
}

/* Once, or a single step many times: what takes ten entries to reach is ten copies of one. */
static bool repeat_run(struct draft *draft) {
    uint8_t copy[RUN_MAX * (STEP_HEAD + MORE_MAX)];
    if (draft->steps.count == 0)
        return false;
    struct run run = draw_run(draft, &draft->steps), gap = draw_gap(draft);
    memcpy(copy, draft->bytes + run.at, run.size);
    bool done = false, single = run.size <= STEP_HEAD + draw(draft, MORE_MAX);
    for (uint32_t times = single ? 1 + draw(draft, RUN_MAX * 2) : 1; times > 0; times--)
        done |= replace(draft, gap, copy, run.size);
    return done;
}

static bool move_run(struct draft *draft) {
    uint8_t copy[RUN_MAX * (STEP_HEAD + MORE_MAX)];
    if (draft->steps.count < 2)
        return false;
    struct run run = draw_run(draft, &draft->steps), gap = draw_gap(draft);
    memcpy(copy, draft->bytes + run.at, run.size);
    if (gap.at > run.at && gap.at < run.at + run.size)
        return false;
    replace(draft, run, NULL, 0);
    gap.at -= gap.at > run.at ? run.size : 0;
    return replace(draft, gap, copy, run.size);
}

static bool change_head(struct draft *draft) {
    size_t at = draw(draft, SESSION_HEAD);
    if (at >= draft->size)
        return false;
    draft->bytes[at] = (uint8_t)draw(draft, 256);
    return true;
}

/* One of OP FACE A B, to a near value or any. */
static bool change_step(struct draft *draft) {
    if (draft->steps.count == 0)
        return false;
    size_t at = draft->steps.starts[draw(draft, draft->steps.count)] + draw(draft, STEP_HEAD - 1);
    if (at >= draft->size)
        return false;
    draft->bytes[at] = draw(draft, 2) ? (uint8_t)(draft->bytes[at] + draw(draft, 2) * 2 - 1)
                                      : (uint8_t)draw(draft, 256);
    return true;
}

static bool change_more(struct draft *draft) {
    uint8_t step[STEP_HEAD + MORE_MAX] = {0};
    if (draft->steps.count == 0)
        return false;
    size_t which = draw(draft, draft->steps.count), at = draft->steps.starts[which];
    struct run run = {at, draft->steps.starts[which + 1] - at};
    if (run.size < STEP_HEAD)
        return false;
    memcpy(step, draft->bytes + at, run.size);
    step[4] = (uint8_t)LLVMFuzzerMutate(step + STEP_HEAD, run.size - STEP_HEAD, MORE_MAX);
    return replace(draft, run, step, STEP_HEAD + step[4]);
}

static bool (*const mutations[])(struct draft *) = {insert_step, insert_step, erase_run,
                                                    repeat_run,  move_run,    change_head,
                                                    change_step, change_step, change_more};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    struct draft draft = {.bytes = data, .size = size, .max_size = max_size, .random = seed};
    if (size < SESSION_HEAD)
        return LLVMFuzzerMutate(data, size, max_size);
    find_steps(&draft.steps, data, size);
    for (int i = 0; i < TRIES; i++)
        if (mutations[draw(&draft, COUNT_OF(mutations))](&draft))
            break;
    return draft.size;
}

/* The first steps of one, then the last of the other, or some steps of the other and the rest. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t max_size, unsigned seed) {
    struct draft draft = {.bytes = out, .max_size = max_size, .random = seed};
    struct steps others;
    find_steps(&others, other, other_size);
    find_steps(&draft.steps, data, size);
    if (size > max_size || others.count == 0 || size < SESSION_HEAD)
        return 0;
    memcpy(out, data, size);
    draft.size = size;
    struct run gap = draw_gap(&draft), run = draw_run(&draft, &others);
    if (draw(&draft, 2)) {
        gap.size = size - gap.at;
        run.size = other_size - run.at;
    }
    return replace(&draft, gap, other + run.at, run.size) ? draft.size : 0;
}
