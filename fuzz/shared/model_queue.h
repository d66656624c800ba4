/* The event queue as a list of which the first is searched. */
#ifndef FUZZ_MODEL_QUEUE_H
#define FUZZ_MODEL_QUEUE_H

#include "sim/queue.h"

enum { MODEL_EVENTS_MAX = 512 };

struct model_queue {
    struct event events[MODEL_EVENTS_MAX];
    size_t count;
};

/* Takes the first event of both, which is the same, if there is any. */
void model_queue_expect_next(struct model_queue *model, struct queue *queue);

#endif
