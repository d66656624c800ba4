/* The simulator's event queue, against a list of which the first is searched: events come out by
 * (time, source, counter), whatever the order and the distance in which they came in. */
#include "fuzz.h"

#include "core/check.h"
#include "shared/model_queue.h"

/* A distance of any magnitude. */
static uint64_t distance(struct fuzz_input *input) {
    uint8_t shift = fuzz_byte(input) % 48;
    return (uint64_t)fuzz_byte(input) << shift;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct queue queue = {.count = 0};
    struct model_queue model = {.count = 0};
    uint32_t counters[8] = {0}, pushed = 0;
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input);
        if (what < 96 || model.count == MODEL_EVENTS_MAX) {
            model_queue_expect_next(&model, &queue);
            continue;
        }
        struct event event = {.at_ns = queue.now_ns + distance(&input),
                              .source = what % 8u,
                              .counter = counters[what % 8u]++,
                              .target = pushed++};
        TSSB_CHECK(queue_push(&queue, &event) == 0);
        model.events[model.count++] = event;
        TSSB_CHECK(queue.count == model.count);
    }
    while (model.count > 0)
        model_queue_expect_next(&model, &queue);
    model_queue_expect_next(&model, &queue);
    queue_close(&queue);
    return 0;
}
