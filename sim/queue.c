/* The radix heap behind the event queue (Ahuja, Mehlhorn, Orlin, Tarjan: "Faster algorithms for the
 * shortest path problem", 1990): time only goes forward, so an event needs comparing with its
 * equals in time alone. */
#include "queue.h"

#include <stdlib.h>

#include "../core/check.h"
#include "../core/error.h"
#include "../core/types.h"

enum { CAPACITY_MIN = 32 };

void queue_close(struct queue *queue) {
    for (int b = 0; b < QUEUE_BUCKETS; b++)
        free(queue->buckets[b].events);
    *queue = (struct queue){0};
}

static int append(struct queue_bucket *bucket, const struct event *event) {
    if (bucket->count == bucket->capacity) {
        size_t capacity = bucket->capacity ? bucket->capacity + bucket->capacity / 2 : CAPACITY_MIN;
        struct event *events = realloc(bucket->events, capacity * sizeof *events);
        if (!events)
            return TSSB_E_MEMORY;
        bucket->events = events;
        bucket->capacity = capacity;
    }
    bucket->events[bucket->count++] = *event;
    return 0;
}

static unsigned bucket_of(uint64_t now_ns, uint64_t at_ns) {
    return at_ns == now_ns ? 0 : 64U - (unsigned)__builtin_clzll(at_ns ^ now_ns);
}

int queue_push(struct queue *queue, const struct event *event) {
    TSSB_CHECK(event->at_ns > queue->now_ns || (event->at_ns == queue->now_ns && queue->next == 0));
    int error = append(&queue->buckets[bucket_of(queue->now_ns, event->at_ns)], event);
    if (!error)
        queue->count++;
    return error;
}

static int by_source(const void *left, const void *right) {
    const struct event *a = left, *b = right;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->counter < b->counter ? -1 : a->counter > b->counter;
}

/* The events of one instant are few, and mostly in order already. */
static void sort_instant(struct queue_bucket *bucket) {
    enum { FEW = 16 };
    if (bucket->count > FEW) {
        qsort(bucket->events, bucket->count, sizeof *bucket->events, by_source);
        return;
    }
    for (size_t i = 1; i < bucket->count; i++) {
        struct event event = bucket->events[i];
        size_t at = i;
        for (; at > 0 && by_source(&bucket->events[at - 1], &event) > 0; at--)
            bucket->events[at] = bucket->events[at - 1];
        bucket->events[at] = event;
    }
}

static uint64_t earliest(const struct queue_bucket *bucket) {
    uint64_t at_ns = TSSB_NEVER;
    for (size_t i = 0; i < bucket->count; i++)
        if (bucket->events[i].at_ns < at_ns)
            at_ns = bucket->events[i].at_ns;
    return at_ns;
}

static struct queue_bucket *lowest(const struct queue *queue) {
    for (int b = 1; b < QUEUE_BUCKETS; b++)
        if (queue->buckets[b].count)
            return (struct queue_bucket *)&queue->buckets[b];
    return NULL;
}

/* Moves time to the earliest event, whose instant becomes bucket 0. */
static int advance(struct queue *queue) {
    struct queue_bucket *from = lowest(queue);
    queue->buckets[0].count = queue->next = 0;
    queue->now_ns = earliest(from);
    for (size_t i = 0; i < from->count; i++) {
        int error = append(&queue->buckets[bucket_of(queue->now_ns, from->events[i].at_ns)],
                           &from->events[i]);
        if (error)
            return error;
    }
    from->count = 0;
    return 0;
}

bool queue_pop(struct queue *queue, struct event *event) {
    if (queue->count == 0)
        return false;
    if (queue->next == queue->buckets[0].count && advance(queue) != 0)
        return false;
    if (queue->next == 0)
        sort_instant(&queue->buckets[0]);
    *event = queue->buckets[0].events[queue->next++];
    queue->count--;
    return true;
}
