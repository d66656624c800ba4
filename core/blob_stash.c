#include "blob_stash.h"

#include <string.h>

#include "bytes.h"

enum { PAIR = 2, LEAST = 16 };

/* The first place of a pair, which holds the newer blob. Pointers are hashes. */
static struct tssb_stashed_blob *pair_of(const struct tssb_blob_stash *stash,
                                         const uint8_t ptr[TSSB_PTR_SIZE]) {
    return &stash->places[tssb_load32(ptr) & (stash->capacity - PAIR)];
}

static void resize(struct tssb_blob_stash *stash, const struct tssb_mem *mem, uint32_t room) {
    uint32_t capacity = LEAST;
    while (capacity < room && capacity < TSSB_BLOB_STASH_MAX)
        capacity *= 2;
    if (capacity <= stash->capacity)
        return;
    tssb_blob_stash_close(stash, mem);
    stash->places = mem->resize(mem->context, NULL, 0, capacity * sizeof *stash->places);
    if (!stash->places)
        return;
    stash->capacity = capacity;
    memset(stash->places, 0, capacity * sizeof *stash->places);
}

void tssb_blob_stash_put(struct tssb_blob_stash *stash, const struct tssb_mem *mem, uint32_t room,
                         const uint8_t ptr[TSSB_PTR_SIZE], const uint8_t blob[TSSB_BLOB_SIZE]) {
    resize(stash, mem, room);
    if (!stash->places)
        return;
    struct tssb_stashed_blob *pair = pair_of(stash, ptr);
    for (int i = 0; i < PAIR; i++)
        if (pair[i].taken && memcmp(pair[i].ptr, ptr, TSSB_PTR_SIZE) == 0)
            return;
    stash->count += !pair[1].taken || !pair[0].taken;
    if (pair[0].taken)
        pair[1] = pair[0];
    memcpy(pair[0].ptr, ptr, TSSB_PTR_SIZE);
    memcpy(pair[0].blob, blob, TSSB_BLOB_SIZE);
    pair[0].taken = true;
}

const uint8_t *tssb_blob_stash_take(struct tssb_blob_stash *stash,
                                    const uint8_t ptr[TSSB_PTR_SIZE]) {
    if (stash->count == 0)
        return NULL;
    struct tssb_stashed_blob *pair = pair_of(stash, ptr);
    for (int i = 0; i < PAIR; i++) {
        if (!pair[i].taken || memcmp(pair[i].ptr, ptr, TSSB_PTR_SIZE) != 0)
            continue;
        pair[i].taken = false;
        stash->count--;
        return pair[i].blob;
    }
    return NULL;
}

void tssb_blob_stash_clear(struct tssb_blob_stash *stash) {
    for (uint32_t i = 0; stash->count > 0 && i < stash->capacity; i++)
        stash->places[i].taken = false;
    stash->count = 0;
}

void tssb_blob_stash_close(struct tssb_blob_stash *stash, const struct tssb_mem *mem) {
    if (stash->places)
        mem->resize(mem->context, stash->places, stash->capacity * sizeof *stash->places, 0);
    *stash = (struct tssb_blob_stash){0};
}
