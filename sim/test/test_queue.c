/* The event queue against a slow obvious model: an array that is searched for the least event. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "sim/queue.h"
#include "sim/stream.h"

enum { EVENTS = 20000 };

static bool less(const struct event *a, const struct event *b) {
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns;
    return a->source != b->source ? a->source < b->source : a->counter < b->counter;
}

struct model {
    struct event events[512];
    size_t count;
};

static struct event model_pop(struct model *model) {
    size_t least = 0;
    for (size_t i = 1; i < model->count; i++)
        if (less(&model->events[i], &model->events[least]))
            least = i;
    struct event event = model->events[least];
    model->events[least] = model->events[--model->count];
    return event;
}

/* Delays as a world has them: many equal, some at once, some far away. */
static uint64_t some_delay(uint64_t draw) {
    static const uint64_t delays[] = {0, 1, 1, 5000000, 5000000, 1000, 10000000000, 3};
    return delays[draw % 8] + (draw >> 8) % 4 * ((draw >> 16) % 5);
}

static void events_come_in_the_total_order(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct queue queue = {0};
        struct model *model = calloc(1, sizeof *model);
        uint32_t counters[8] = {0};
        uint64_t now_ns = 0, n = 0;
        for (int i = 0; i < EVENTS; i++) {
            uint64_t draw = stream_draw(seed, STREAM_SHAPE, n++);
            if (model->count < 512 && (draw & 0xff) < 130) {
                uint32_t source = (uint32_t)(draw >> 32) % 8;
                struct event event = {.at_ns = now_ns + some_delay(draw >> 8),
                                      .source = source,
                                      .counter = counters[source]++,
                                      .target = (uint32_t)i};
                model->events[model->count++] = event;
                assert_int_equal(queue_push(&queue, &event), 0);
            } else if (model->count > 0) {
                struct event due = model_pop(model), got;
                assert_true(queue_pop(&queue, &got));
                assert_int_equal(got.target, due.target);
                assert_true(got.at_ns == due.at_ns);
                now_ns = got.at_ns;
            }
            assert_int_equal(queue.count, model->count);
        }
        for (struct event got; model->count > 0;) {
            struct event due = model_pop(model);
            assert_true(queue_pop(&queue, &got));
            assert_int_equal(got.target, due.target);
        }
        struct event none;
        assert_false(queue_pop(&queue, &none));
        queue_close(&queue);
        free(model);
    }
}

static void the_order_of_insertion_does_not_matter(void **state) {
    (void)state;
    for (uint32_t rotation = 0; rotation < 100; rotation++) {
        struct queue queue = {0};
        for (uint32_t i = 0; i < 100; i++) {
            uint32_t rank = (i * 37 + rotation) % 100;
            struct event event = {.at_ns = 7, .source = rank / 10, .counter = rank % 10};
            assert_int_equal(queue_push(&queue, &event), 0);
        }
        for (uint32_t rank = 0; rank < 100; rank++) {
            struct event event;
            assert_true(queue_pop(&queue, &event));
            assert_int_equal(event.source * 10 + event.counter, rank);
        }
        queue_close(&queue);
    }
}

static void one_can_look_ahead(void **state) {
    struct queue queue = {0};
    struct event event = {.at_ns = 10};
    (void)state;
    assert_null(queue_peek(&queue, 0));
    for (event.counter = 0; event.counter < 5; event.counter++)
        assert_int_equal(queue_push(&queue, &event), 0);
    assert_true(queue_pop(&queue, &event));
    assert_int_equal(queue_peek(&queue, 0)->counter, 1);
    assert_int_equal(queue_peek(&queue, 3)->counter, 4);
    assert_null(queue_peek(&queue, 4));
    queue_close(&queue);
}

/* What was given out gives its place: memory is that of the events that wait, however long the run.
 */
static void memory_is_bounded_by_what_waits(void **state) {
    struct queue queue = {0};
    struct event event = {.at_ns = 1000000000000};
    (void)state;
    assert_int_equal(queue_push(&queue, &event), 0); /* far away */
    event.at_ns = 1;
    assert_int_equal(queue_push(&queue, &event), 0);
    for (int i = 0; i < 1000000; i++) {
        assert_true(queue_pop(&queue, &event));
        event.at_ns += 1000;
        assert_int_equal(queue_push(&queue, &event), 0);
    }
    assert_true(queue.front.capacity < 1000);
    for (int i = 0; i < QUEUE_BUCKETS; i++)
        assert_true(queue.buckets[i].capacity < 1000);
    queue_close(&queue);
}

/* The front reaches to the only events that there are, far away, when a burst comes before them: it
 * does not sort the burst in one by one. */
static void a_burst_before_the_front_goes_to_the_heap(void **state) {
    enum { BURST = 50000, FAR = 6 };
    struct queue queue = {0};
    struct event event = {.at_ns = 1}, last = {0};
    (void)state;
    for (uint32_t i = 0; i < FAR; i++, event.at_ns += 1000000000000)
        assert_int_equal(queue_push(&queue, &event), 0);
    assert_true(queue_pop(&queue, &event));
    for (uint32_t i = 0; i < BURST; i++) {
        event = (struct event){
            .at_ns = 2 + stream_draw(7, STREAM_SHAPE, i) % 100000, .source = 1, .counter = i};
        assert_int_equal(queue_push(&queue, &event), 0);
        assert_true(queue.front.count - queue.front.next <= QUEUE_FRONT_MAX);
        if (i % 50 == 0) { /* as it is in a world, where some come meanwhile */
            event = (struct event){.at_ns = 2, .source = 2, .counter = i};
            assert_int_equal(queue_push(&queue, &event), 0);
        }
    }
    assert_int_equal(queue.count, BURST + BURST / 50 + FAR - 1);
    for (uint32_t i = 0; i < BURST + BURST / 50 + FAR - 1; i++) {
        assert_true(queue_pop(&queue, &event));
        assert_true(less(&last, &event));
        last = event;
    }
    assert_false(queue_pop(&queue, &event));
    queue_close(&queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_in_the_total_order),
        cmocka_unit_test(the_order_of_insertion_does_not_matter),
        cmocka_unit_test(one_can_look_ahead),
        cmocka_unit_test(memory_is_bounded_by_what_waits),
        cmocka_unit_test(a_burst_before_the_front_goes_to_the_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
