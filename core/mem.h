/* Where the core's memory comes from. The host chooses: a real node takes malloc, the simulator an
 * arena that keeps a node's parts together, a test an allocator that fails on a countdown. */
#ifndef TSSB_MEM_H
#define TSSB_MEM_H

#include "types.h"

struct tssb_mem {
    /* As realloc, with both sizes told: old_size 0 (memory NULL) allocates, new_size 0 frees and
     * returns NULL. Returns NULL where there is no memory; `memory` is then untouched. Aligned for
     * any type. */
    void *(*resize)(void *context, void *memory, size_t old_size, size_t new_size);
    void *context;
};

/* The C library's allocator. */
extern const struct tssb_mem tssb_mem_libc;

/* Grows *array, of items of item_size bytes, to hold at least `needed`: the first time just that,
 * then by doubling, since most nodes follow one feed and a world has many nodes. Returns 0 or
 * TSSB_E_MEMORY (then nothing has changed). */
int tssb_mem_grow(const struct tssb_mem *mem, void **array, uint32_t *capacity, uint32_t needed,
                  size_t item_size);

/* Frees what tssb_mem_grow made, and clears pointer and capacity. */
void tssb_mem_release(const struct tssb_mem *mem, void **array, uint32_t *capacity,
                      size_t item_size);

#endif
