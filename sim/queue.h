/* The event queue: gives events out by (time, source, the source's counter), whatever the order
 * they came in.
 *
 * Nodes act on each other only by packets that take at least 1 ns, so events at one instant and
 * different destinations cannot influence each other, and each destination sees the same order as
 * under (time, destination, source, counter): the total order that makes a run reproducible, and
 * that the work could be split by. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_FAULT,     /* target: index of the fault */
    EVENT_START,     /* target: a node that begins */
    EVENT_PRODUCE,   /* target: an author */
    EVENT_WAKE,      /* target: a node whose timer may be due */
    EVENT_DELIVER,   /* target: the receiver; face: its face */
    EVENT_BROADCAST, /* target: the medium; face: the packet's number among its sender's */
    EVENT_LEAVE,     /* target: the face by which a packet leaves, that has waited for its turn */
    EVENT_STATION,   /* target: a radio station that may send */
    EVENT_HEARD,     /* target: a radio station whose transmission (face) is over */
    EVENT_UNHEARD,   /* target: a radio station that could not send a packet */
    EVENT_FORWARD,   /* target: a bridge; face: where it forwards a packet to */
    EVENT_INJECT,    /* target: index of the real face that a packet came in by */
    EVENT_JUDGE,     /* target: index of the expectation */
    EVENT_CHURN,     /* target: a node; nth: of the times drawn for it */
    EVENT_FLOOD,     /* target: a node; fault: its index; nth: of its packets of this flood */
    EVENT_ATTACK,    /* target: a node; fault: its index; nth: of its packets of this attack */
};

/* What is known of a packet on its way that a receiver will make of it. */
enum event_bar {
    EVENT_PASSES,
    EVENT_LOST,     /* by the link */
    EVENT_CUT,      /* by a partition */
    EVENT_OVERFLOW, /* it found the sender's queue full */
    EVENT_UNSENT,   /* it was in the sender's queue when that went off, of a link or a radio */
    EVENT_COLLIDED, /* another signal drowned it */
    EVENT_DEAF,     /* the receiver was sending */
    EVENT_DAMAGED,  /* some of its bits are flipped: it gets through */
};

struct event {
    uint64_t at_ns;
    uint32_t source;  /* 0: the world; node + 1; SOURCE_LAST comes after all nodes */
    uint32_t counter; /* of the source: its events in the order in which it caused them */
    uint32_t target;
    union {
        uint32_t face;
        uint32_t fault;
    };
    union {
        uint32_t flight; /* the packet */
        uint32_t nth;
    };
    uint8_t kind;
    uint8_t barred; /* deliver, unheard: enum event_bar */
};

/* At one moment: first the timeline, then the nodes, then what comes from outside, at last who
 * judges. */
enum { SOURCE_WORLD = 0, SOURCE_OUTSIDE = UINT32_MAX - 1, SOURCE_LAST = UINT32_MAX };

enum { QUEUE_BUCKETS = 65 };

/* Events in an array that grows. */
struct event_list {
    struct event *events;
    size_t count, capacity;
    size_t next; /* those before were given out */
};

/* How many events may stand in front: more go back to the heap. */
enum { QUEUE_FRONT_MAX = 1024 };

/* Two stages. Far away, a radix heap: bucket b > 0 holds the events whose time differs from heap_ns
 * first in bit b - 1, bucket 0 those at heap_ns; each event moves to lower buckets only, in runs,
 * which is kind to caches. In front of it the next few events, sorted, so that the engine can look
 * ahead and prefetch what they will touch. */
struct queue {
    struct event_list buckets[QUEUE_BUCKETS];
    struct event_list renewed[QUEUE_BUCKETS]; /* empty, but while the front gives events back */
    struct event_list front;
    uint64_t heap_ns; /* time of the last event that went to the front */
    uint64_t now_ns;  /* time of the last event given out */
    size_t count;
};

/* A zeroed queue is an empty one, at time 0. */
void queue_close(struct queue *queue);

/* Takes an event that is not before queue->now_ns. Returns 0 or TSSB_E_MEMORY. */
int queue_push(struct queue *queue, const struct event *event);

/* When the next event is due; TSSB_NEVER where there is none, or memory ran out. */
uint64_t queue_next_ns(struct queue *queue);

/* Takes the next event. False where there is none, or memory ran out (queue->count is then not 0).
 */
bool queue_pop(struct queue *queue, struct event *event);

/* How far the engine can look ahead: so many events, as long as they lie close together. Where they
 * do not, a long front would only make insertions slow. */
enum { QUEUE_AHEAD = 64, QUEUE_AHEAD_LOW = 12, QUEUE_AHEAD_LEAST = 4, QUEUE_AHEAD_NS = 200000 };

/* The event that comes `ahead` (0, 1, ...) after the next pop, as far as is known; NULL otherwise.
 */
static inline const struct event *queue_peek(const struct queue *queue, size_t ahead) {
    const struct event_list *front = &queue->front;
    return front->next + ahead < front->count ? &front->events[front->next + ahead] : NULL;
}

#endif
