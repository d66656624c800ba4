/* The radix heap behind the event queue (Ahuja, Mehlhorn, Orlin, Tarjan: "Faster algorithms for the
 * shortest path problem", 1990): time only goes forward, so an event needs comparing with its
 * equals in time alone. */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/types.h"

enum { CAPACITY_MIN = 32 };

void queue_close(struct queue *queue) {
    for (int b = 0; b < QUEUE_BUCKETS; b++)
        free(queue->buckets[b].events);
    free(queue->front.events);
    *queue = (struct queue){0};
}

static void drop_given_out(struct event_list *list) {
    list->count -= list->next;
    memmove(list->events, list->events + list->next, list->count * sizeof *list->events);
    list->next = 0;
}

/* Makes room for one more event: what was given out gives its place first. */
static int reserve(struct event_list *list) {
    if (list->count < list->capacity)
        return 0;
    if (list->next > list->capacity / 2) {
        drop_given_out(list);
        return 0;
    }
    size_t capacity = list->capacity ? list->capacity + list->capacity / 2 : CAPACITY_MIN;
    struct event *events = realloc(list->events, capacity * sizeof *events);
    if (!events)
        return TSSB_E_MEMORY;
    list->events = events;
    list->capacity = capacity;
    return 0;
}

static int append(struct event_list *list, const struct event *event) {
    int error = reserve(list);
    if (!error)
        list->events[list->count++] = *event;
    return error;
}

static bool before(const struct event *a, const struct event *b) {
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns;
    if (a->source != b->source)
        return a->source < b->source;
    return a->counter < b->counter;
}

/* Puts an event where it belongs in a sorted list, among those that were not given out. */
static int insert(struct event_list *list, const struct event *event) {
    int error = reserve(list);
    if (error)
        return error;
    size_t at = list->count++;
    for (; at > list->next && before(event, &list->events[at - 1]); at--)
        list->events[at] = list->events[at - 1];
    list->events[at] = *event;
    return 0;
}

static unsigned bucket_of(uint64_t heap_ns, uint64_t at_ns) {
    return at_ns == heap_ns ? 0 : 64U - (unsigned)__builtin_clzll(at_ns ^ heap_ns);
}

/* Copies events into the heap that is to be, which begins at heap_ns. Returns 0 or TSSB_E_MEMORY.
 */
static int spread(struct queue *queue, uint64_t heap_ns, const struct event *events, size_t count) {
    int error = 0;
    for (size_t i = 0; i < count && !error; i++)
        error = append(&queue->renewed[bucket_of(heap_ns, events[i].at_ns)], &events[i]);
    return error;
}

/* Where few events were at hand, the front reaches far ahead; then a burst may come before its end,
 * which to sort in one by one would take for ever. The front keeps its next few events, and the
 * heap begins anew behind them. Without memory for that, all stays as it is. */
static void shorten_front(struct queue *queue) {
    struct event_list *front = &queue->front;
    size_t kept = front->next + QUEUE_AHEAD;
    uint64_t heap_ns = front->events[kept - 1].at_ns;
    int error = spread(queue, heap_ns, front->events + kept, front->count - kept);
    for (int b = 0; b < QUEUE_BUCKETS && !error; b++) {
        const struct event_list *from = &queue->buckets[b];
        if (from->count > 0)
            error = spread(queue, heap_ns, from->events + from->next, from->count - from->next);
    }
    for (int b = 0; b < QUEUE_BUCKETS; b++) {
        struct event_list gone = error ? queue->renewed[b] : queue->buckets[b];
        if (!error)
            queue->buckets[b] = queue->renewed[b];
        queue->renewed[b] = (struct event_list){0};
        free(gone.events);
    }
    if (error)
        return;
    front->count = kept;
    queue->heap_ns = heap_ns;
}

int queue_push(struct queue *queue, const struct event *event) {
    struct event_list *front = &queue->front, *instant = &queue->buckets[0];
    TSSB_CHECK(event->at_ns >= queue->now_ns);
    int error;
    if (front->next < front->count && before(event, &front->events[front->count - 1]))
        error = insert(front, event);
    else if (event->at_ns == queue->heap_ns && instant->next > 0)
        error = insert(instant, event); /* which is sorted once it is being given out */
    else if (event->at_ns < queue->heap_ns)
        error = insert(front, event);
    else
        error = append(&queue->buckets[bucket_of(queue->heap_ns, event->at_ns)], event);
    if (!error)
        queue->count++;
    if (front->count - front->next > QUEUE_FRONT_MAX)
        shorten_front(queue);
    return error;
}

static int compare(const void *left, const void *right) {
    return before(left, right) ? -1 : before(right, left);
}

/* The events of one instant are few, and mostly in order already. */
static void sort(struct event_list *list) {
    enum { FEW = 16 };
    if (list->count > FEW) {
        qsort(list->events, list->count, sizeof *list->events, compare);
        return;
    }
    for (size_t i = 1; i < list->count; i++) {
        struct event event = list->events[i];
        size_t at = i;
        for (; at > 0 && before(&event, &list->events[at - 1]); at--)
            list->events[at] = list->events[at - 1];
        list->events[at] = event;
    }
}

static uint64_t earliest(const struct event_list *list) {
    uint64_t at_ns = TSSB_NEVER;
    for (size_t i = 0; i < list->count; i++)
        if (list->events[i].at_ns < at_ns)
            at_ns = list->events[i].at_ns;
    return at_ns;
}

/* Moves the heap to its earliest event, whose instant becomes bucket 0. */
static int advance(struct queue *queue) {
    unsigned b = 1;
    while (b < QUEUE_BUCKETS && queue->buckets[b].count == 0)
        b++;
    if (b == QUEUE_BUCKETS)
        return 0;
    struct event_list *from = &queue->buckets[b];
    queue->heap_ns = earliest(from);
    for (size_t i = 0; i < from->count; i++) {
        unsigned to = bucket_of(queue->heap_ns, from->events[i].at_ns);
        int error = append(&queue->buckets[to], &from->events[i]);
        if (error) {
            from->count -= i;
            memmove(from->events, from->events + i, from->count * sizeof *from->events);
            return error;
        }
    }
    from->count = 0;
    return 0;
}

/* Takes the next few events out of the heap. The front stays as it is where there are none, or no
 * memory. */
static void refill(struct queue *queue) {
    struct event_list *front = &queue->front, *instant = &queue->buckets[0];
    if (front->next > 0)
        drop_given_out(front);
    while (front->count < QUEUE_AHEAD) {
        bool far = front->count >= QUEUE_AHEAD_LEAST &&
                   queue->heap_ns - front->events[0].at_ns > QUEUE_AHEAD_NS;
        if (instant->next == instant->count) {
            if (far)
                return;
            instant->next = instant->count = 0;
            if (advance(queue) != 0 || instant->count == 0)
                return;
        }
        if (instant->next == 0)
            sort(instant);
        if (append(front, &instant->events[instant->next]) != 0)
            return;
        instant->next++;
    }
}

/* How many events are at hand. */
static size_t at_hand(struct queue *queue) {
    struct event_list *front = &queue->front;
    if (front->count - front->next < QUEUE_AHEAD_LOW && queue->count > front->count - front->next)
        refill(queue);
    return front->count - front->next;
}

uint64_t queue_next_ns(struct queue *queue) {
    return at_hand(queue) ? queue->front.events[queue->front.next].at_ns : TSSB_NEVER;
}

bool queue_pop(struct queue *queue, struct event *event) {
    if (at_hand(queue) == 0)
        return false;
    *event = queue->front.events[queue->front.next++];
    queue->now_ns = event->at_ns;
    queue->count--;
    return true;
}
