/* The core's memory in a world: blocks without headers, taken from large chunks in the order in
 * which nodes are made, so that the parts of a node lie next to each other. Freed all at once. */
#ifndef SLAB_H
#define SLAB_H

#include "core/mem.h"

enum { SLAB_CLASSES = 64 }; /* multiples of 16 B; what is larger comes from malloc */

struct slab_chunk;

struct slab {
    struct tssb_mem
        mem; /* what the core takes; valid after slab_init, while the slab stays where it is */
    struct slab_chunk *chunks;
    uint8_t *free_at;
    size_t free_bytes;
    void *freed[SLAB_CLASSES];
    struct slab_large *large;
};

void slab_init(struct slab *slab);
void slab_close(struct slab *slab);

#endif
