#include "blob_stash.h"

#include <string.h>

#include "bytes.h"

enum { ROW = 4, LEAST = 16 };

/* The first place of a row, which holds its newest blob. Pointers are hashes. */
static struct tssb_stashed_blob *row_of(const struct tssb_blob_stash *stash,
                                        const uint8_t ptr[TSSB_PTR_SIZE]) {
    return &stash->places[tssb_load32(ptr) & (stash->capacity - ROW)];
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
    struct tssb_stashed_blob *row = row_of(stash, ptr);
    int free = ROW;
    for (int i = ROW - 1; i >= 0; i--) {
        if (row[i].taken && memcmp(row[i].ptr, ptr, TSSB_PTR_SIZE) == 0)
            return;
        if (!row[i].taken)
            free = i;
    }
    stash->count += free < ROW;
    memmove(row + 1, row, (size_t)(free < ROW ? free : ROW - 1) * sizeof *row);
    memcpy(row->ptr, ptr, TSSB_PTR_SIZE);
    memcpy(row->blob, blob, TSSB_BLOB_SIZE);
    row->taken = true;
}

const uint8_t *tssb_blob_stash_take(struct tssb_blob_stash *stash,
                                    const uint8_t ptr[TSSB_PTR_SIZE]) {
    if (stash->count == 0)
        return NULL;
    struct tssb_stashed_blob *row = row_of(stash, ptr);
    for (int i = 0; i < ROW; i++) {
        if (!row[i].taken || memcmp(row[i].ptr, ptr, TSSB_PTR_SIZE) != 0)
            continue;
        row[i].taken = false;
        stash->count--;
        return row[i].blob;
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
