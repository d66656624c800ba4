/* A chain of blocks that are cut from the front. What does not fit what is left of the newest block
 * opens a new one, at least as large as itself. Under AddressSanitizer each piece is a block of its
 * own, so that a write past its end is seen. */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define EACH_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_ALONE 1
#endif
#endif

#ifdef EACH_ALONE
enum { BLOCK_SIZE = 0 };
#else
enum { BLOCK_SIZE = 64 * 1024 };
#endif

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    max_align_t bytes[];
};

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static struct arena_block *open_block(struct arena *arena, size_t size) {
    size = larger(size, BLOCK_SIZE);
    if (size > PTRDIFF_MAX - sizeof(struct arena_block))
        return NULL;
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->next = arena->blocks;
    block->used = 0;
    block->size = size;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    size_t alignment = sizeof(max_align_t);
    size_t past = size % alignment;
    size_t step = past && BLOCK_SIZE > 0 ? size + (alignment - past) : size;
    if (step < size)
        return NULL;
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < step || BLOCK_SIZE == 0)
        block = open_block(arena, step);
    if (!block)
        return NULL;
    void *memory = (unsigned char *)block->bytes + block->used;
    block->used += step;
    return memset(memory, 0, size);
}

char *arena_text(struct arena *arena, const char *text, size_t size) {
    if (size == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(arena, size + 1);
    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}

void arena_close(struct arena *arena) {
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
}
