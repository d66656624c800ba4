/* An indexed binary heap of timers. Ties go by id, so that the order never depends on how the heap
 * grew. */
#include "timers.h"

#include "check.h"
#include "error.h"

void tssb_timers_close(struct tssb_timers *timers, const struct tssb_mem *mem) {
    void *heap = timers->heap, *places = timers->places;
    tssb_mem_release(mem, &heap, &timers->heap_capacity, sizeof *timers->heap);
    tssb_mem_release(mem, &places, &timers->place_capacity, sizeof *timers->places);
    *timers = (struct tssb_timers){0};
}

int tssb_timers_reserve(struct tssb_timers *timers, const struct tssb_mem *mem, uint32_t count) {
    void *heap = timers->heap, *places = timers->places;
    uint32_t known = timers->place_capacity;
    int error = tssb_mem_grow(mem, &heap, &timers->heap_capacity, count, sizeof *timers->heap);
    timers->heap = heap;
    if (error)
        return error;
    error = tssb_mem_grow(mem, &places, &timers->place_capacity, count, sizeof *timers->places);
    timers->places = places;
    for (uint32_t id = known; id < timers->place_capacity; id++)
        timers->places[id] = TSSB_NO_TIMER;
    return error;
}

static bool before(struct tssb_timer a, struct tssb_timer b) {
    return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.id < b.id;
}

static void place(struct tssb_timers *timers, uint32_t at, struct tssb_timer timer) {
    timers->heap[at] = timer;
    timers->places[timer.id] = at;
}

/* Puts a timer where it belongs, beginning at a place that is free. */
static void sift(struct tssb_timers *timers, uint32_t at, struct tssb_timer timer) {
    while (at > 0 && before(timer, timers->heap[(at - 1) / 2])) {
        place(timers, at, timers->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (uint32_t child; (child = 2 * at + 1) < timers->count; at = child) {
        if (child + 1 < timers->count && before(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!before(timers->heap[child], timer))
            break;
        place(timers, at, timers->heap[child]);
    }
    place(timers, at, timer);
}

static void unset(struct tssb_timers *timers, uint32_t at) {
    timers->places[timers->heap[at].id] = TSSB_NO_TIMER;
    struct tssb_timer last = timers->heap[--timers->count];
    if (at < timers->count)
        sift(timers, at, last);
}

void tssb_timers_set(struct tssb_timers *timers, uint32_t id, uint64_t at_ns) {
    TSSB_CHECK(id < timers->place_capacity);
    uint32_t at = timers->places[id];
    if (at_ns == TSSB_NEVER) {
        if (at != TSSB_NO_TIMER)
            unset(timers, at);
        return;
    }
    sift(timers, at != TSSB_NO_TIMER ? at : timers->count++, (struct tssb_timer){at_ns, id});
}

bool tssb_timers_take(struct tssb_timers *timers, uint64_t now_ns, uint32_t *id) {
    if (tssb_timers_next(timers) > now_ns || timers->count == 0)
        return false;
    *id = timers->heap[0].id;
    unset(timers, 0);
    return true;
}
