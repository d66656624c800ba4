/* Size-class allocation out of chunks that grow with the world. */
#include "slab.h"

#include <stdlib.h>
#include <string.h>

#include "pages.h"

enum { GRAIN = 16, LARGE_BYTES = GRAIN * SLAB_CLASSES };

/* A small world takes little, a large one many huge pages. */
enum { FIRST_CHUNK = 64 << 10, LAST_CHUNK = 2 << 20 };

struct slab_chunk {
    struct slab_chunk *next;
    size_t size; /* of all of it */
    uint8_t bytes[];
};

/* What precedes a large block. */
struct slab_large {
    struct slab_large *next, *previous;
};

static size_t class_of(size_t size) {
    return (size + GRAIN - 1) / GRAIN - 1;
}

static bool add_chunk(struct slab *slab) {
    size_t size = slab->chunks ? 2 * slab->chunks->size : FIRST_CHUNK;
    if (size > LAST_CHUNK)
        size = LAST_CHUNK;
    struct slab_chunk *chunk = pages_alloc(1, size);
    if (!chunk)
        return false;
    chunk->next = slab->chunks;
    chunk->size = size;
    slab->chunks = chunk;
    slab->free_at = chunk->bytes;
    slab->free_bytes = size - sizeof *chunk;
    return true;
}

static void *take(struct slab *slab, size_t size) {
    size_t class = class_of(size), bytes = (class + 1) * GRAIN;
    void *block = slab->freed[class];
    if (block) {
        memcpy(&slab->freed[class], block, sizeof block);
        return block;
    }
    if (slab->free_bytes < bytes && !add_chunk(slab))
        return NULL;
    block = slab->free_at;
    slab->free_at += bytes;
    slab->free_bytes -= bytes;
    return block;
}

static void give_back(struct slab *slab, void *block, size_t size) {
    memcpy(block, &slab->freed[class_of(size)], sizeof block);
    slab->freed[class_of(size)] = block;
}

static void unlink_large(struct slab *slab, struct slab_large *block) {
    if (block->previous)
        block->previous->next = block->next;
    else
        slab->large = block->next;
    if (block->next)
        block->next->previous = block->previous;
}

static void link_large(struct slab *slab, struct slab_large *block) {
    block->previous = NULL;
    block->next = slab->large;
    if (block->next)
        block->next->previous = block;
    slab->large = block;
}

static void *resize_large(struct slab *slab, void *memory, size_t size) {
    struct slab_large *block = memory ? (struct slab_large *)memory - 1 : NULL;
    if (block)
        unlink_large(slab, block);
    struct slab_large *grown = size ? realloc(block, sizeof *block + size) : NULL;
    if (!size)
        free(block);
    if (grown || (block && size))
        link_large(slab, grown ? grown : block);
    return grown ? grown + 1 : NULL;
}

static void *slab_resize(void *context, void *memory, size_t old_size, size_t new_size) {
    struct slab *slab = context;
    if (old_size > LARGE_BYTES && (new_size > LARGE_BYTES || new_size == 0))
        return resize_large(slab, memory, new_size);
    if (memory && new_size && new_size <= LARGE_BYTES && class_of(new_size) == class_of(old_size))
        return memory;
    void *block = NULL;
    if (new_size) {
        block = new_size > LARGE_BYTES ? resize_large(slab, NULL, new_size) : take(slab, new_size);
        if (!block)
            return NULL;
        if (memory)
            memcpy(block, memory, old_size < new_size ? old_size : new_size);
    }
    if (memory && old_size > LARGE_BYTES)
        resize_large(slab, memory, 0);
    else if (memory)
        give_back(slab, memory, old_size);
    return block;
}

void slab_init(struct slab *slab) {
    *slab = (struct slab){.mem = {slab_resize, slab}};
}

void slab_close(struct slab *slab) {
    while (slab->chunks) {
        struct slab_chunk *next = slab->chunks->next;
        free(slab->chunks);
        slab->chunks = next;
    }
    for (struct slab_large *block = slab->large, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    slab_init(slab);
}
