/* Events by (time, source, counter). */
#include "model_queue.h"

#include "core/check.h"
#include "core/types.h"

static bool before(const struct event *a, const struct event *b) {
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns;
    return a->source != b->source ? a->source < b->source : a->counter < b->counter;
}

void model_queue_expect_next(struct model_queue *model, struct queue *queue) {
    struct event got, *first = model->events;
    for (size_t i = 1; i < model->count; i++)
        if (before(&model->events[i], first))
            first = &model->events[i];
    TSSB_CHECK(queue_next_ns(queue) == (model->count ? first->at_ns : TSSB_NEVER));
    TSSB_CHECK(queue_pop(queue, &got) == (model->count > 0));
    if (model->count == 0)
        return;
    TSSB_CHECK(got.at_ns == first->at_ns && got.source == first->source &&
               got.counter == first->counter && got.target == first->target);
    *first = model->events[--model->count];
}
