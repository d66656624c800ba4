/* A few dozen packets at most, looked through whenever an entry is appended: an array by age does.
 */
#include "stash.h"

#include <string.h>

#include "bytes.h"
#include "check.h"
#include "error.h"

/* No packet's: a DMX has 56 bits. */
#define NO_DMX UINT64_MAX

/* Its three arrays are one allocation. */
static size_t bytes_of(uint32_t capacity) {
    return capacity * (sizeof(struct tssb_early) + sizeof(tssb_dmx) + sizeof(uint32_t));
}

int tssb_stash_init(struct tssb_stash *stash, const struct tssb_mem *mem, uint32_t capacity) {
    *stash = (struct tssb_stash){0};
    if (capacity == 0)
        return 0;
    TSSB_CHECK(capacity <= TSSB_STASH_MAX);
    stash->slots = mem->resize(mem->context, NULL, 0, bytes_of(capacity));
    if (!stash->slots)
        return TSSB_E_MEMORY;
    stash->held = (tssb_dmx *)(void *)(stash->slots + capacity);
    stash->order = (uint32_t *)(void *)(stash->held + capacity);
    stash->capacity = capacity;
    for (uint32_t i = 0; i < capacity; i++) {
        stash->order[i] = i;
        stash->held[i] = NO_DMX;
    }
    return 0;
}

void tssb_stash_close(struct tssb_stash *stash, const struct tssb_mem *mem) {
    if (stash->slots)
        mem->resize(mem->context, stash->slots, bytes_of(stash->capacity), 0);
    *stash = (struct tssb_stash){0};
}

static bool is_held(const struct tssb_stash *stash, tssb_dmx dmx) {
    for (uint32_t i = 0; i < stash->capacity; i++)
        if (stash->held[i] == dmx)
            return true;
    return false;
}

void tssb_stash_note_held(struct tssb_stash *stash, tssb_dmx dmx) {
    if (stash->capacity == 0)
        return;
    stash->held[stash->held_next] = dmx;
    stash->held_next = (stash->held_next + 1) % stash->capacity;
}

enum tssb_stashed tssb_stash_put(struct tssb_stash *stash, const uint8_t packet[TSSB_ENTRY_SIZE],
                                 uint32_t face, uint64_t now_ns) {
    tssb_dmx dmx = tssb_load_dmx(packet);
    enum tssb_stashed done = TSSB_STASHED;
    if (is_held(stash, dmx))
        return TSSB_STASHED_ALREADY;
    for (uint32_t i = 0; (i = tssb_stash_find(stash, dmx, i)) != TSSB_STASH_NONE; i++)
        if (memcmp(tssb_stash_at(stash, i)->bytes, packet, TSSB_ENTRY_SIZE) == 0)
            return TSSB_STASHED_ALREADY;
    if (stash->count == stash->capacity) {
        tssb_stash_remove(stash, 0);
        done = TSSB_STASHED_OVER_ANOTHER;
    }
    struct tssb_early *early = &stash->slots[stash->order[stash->count++]];
    early->dmx = dmx;
    early->arrived_ns = now_ns;
    early->face = face;
    memcpy(early->bytes, packet, TSSB_ENTRY_SIZE);
    return done;
}

uint32_t tssb_stash_find(const struct tssb_stash *stash, tssb_dmx dmx, uint32_t from) {
    for (uint32_t place = from; place < stash->count; place++)
        if (stash->slots[stash->order[place]].dmx == dmx)
            return place;
    return TSSB_STASH_NONE;
}

const struct tssb_early *tssb_stash_at(const struct tssb_stash *stash, uint32_t place) {
    TSSB_CHECK(place < stash->count);
    return &stash->slots[stash->order[place]];
}

void tssb_stash_remove(struct tssb_stash *stash, uint32_t place) {
    TSSB_CHECK(place < stash->count);
    uint32_t slot = stash->order[place];
    stash->count--;
    memmove(&stash->order[place], &stash->order[place + 1],
            (stash->count - place) * sizeof *stash->order);
    stash->order[stash->count] = slot;
}
