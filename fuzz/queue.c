/* The simulator's event queue, against a list of which the first is searched: events come out by
 * (time, source, counter), whatever the order and the distance in which they came in. */
#include "fuzz.h"

#include "core/check.h"
#include "core/types.h"
#include "sim/queue.h"

enum { EVENTS_MAX = 512 };

static bool before(const struct event *a, const struct event *b) {
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns;
    return a->source != b->source ? a->source < b->source : a->counter < b->counter;
}

static void expect_next(struct queue *queue, struct event *list, size_t *count) {
    struct event got;
    size_t first = 0;
    for (size_t i = 1; i < *count; i++)
        if (before(&list[i], &list[first]))
            first = i;
    TSSB_CHECK(queue_next_ns(queue) == (*count ? list[first].at_ns : TSSB_NEVER));
    TSSB_CHECK(queue_pop(queue, &got) == (*count > 0));
    if (*count == 0)
        return;
    TSSB_CHECK(got.at_ns == list[first].at_ns && got.source == list[first].source &&
               got.counter == list[first].counter && got.target == list[first].target);
    list[first] = list[--*count];
}

/* A distance of any magnitude. */
static uint64_t distance(struct fuzz_input *input) {
    uint8_t shift = fuzz_byte(input) % 48;
    return (uint64_t)fuzz_byte(input) << shift;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct queue queue = {.count = 0};
    struct event list[EVENTS_MAX];
    uint32_t counters[8] = {0}, pushed = 0;
    size_t count = 0;
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input);
        if (what < 96 || count == EVENTS_MAX) {
            expect_next(&queue, list, &count);
            continue;
        }
        struct event event = {.at_ns = queue.now_ns + distance(&input),
                              .source = what % 8u,
                              .counter = counters[what % 8u]++,
                              .target = pushed++};
        TSSB_CHECK(queue_push(&queue, &event) == 0);
        list[count++] = event;
        TSSB_CHECK(queue.count == count);
    }
    while (count > 0)
        expect_next(&queue, list, &count);
    expect_next(&queue, list, &count);
    queue_close(&queue);
    return 0;
}
