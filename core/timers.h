/* Timers, one a replica: a binary heap by (time, replica) in which each can be found and moved. */
#ifndef TSSB_TIMERS_H
#define TSSB_TIMERS_H

#include "mem.h"
#include "types.h"

struct tssb_timer {
    uint64_t at_ns;
    uint32_t id;
};

struct tssb_timers {
    struct tssb_timer *heap;
    uint32_t *places; /* of an id in the heap, TSSB_NO_TIMER where it is not set */
    uint32_t count;
    uint32_t heap_capacity, place_capacity;
};

enum { TSSB_NO_TIMER = UINT32_MAX };

void tssb_timers_close(struct tssb_timers *timers, const struct tssb_mem *mem);

/* Makes room for the ids 0 .. count - 1. Returns 0 or TSSB_E_MEMORY; what is set stays set. */
int tssb_timers_reserve(struct tssb_timers *timers, const struct tssb_mem *mem, uint32_t count);

/* Sets or moves the timer of an id that there is room for; TSSB_NEVER unsets it. */
void tssb_timers_set(struct tssb_timers *timers, uint32_t id, uint64_t at_ns);

/* When the next timer is due; TSSB_NEVER where none is set. */
static inline uint64_t tssb_timers_next(const struct tssb_timers *timers) {
    return timers->count ? timers->heap[0].at_ns : TSSB_NEVER;
}

/* Takes the next timer if it is due by now. */
bool tssb_timers_take(struct tssb_timers *timers, uint64_t now_ns, uint32_t *id);

#endif
