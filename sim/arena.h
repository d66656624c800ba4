/* Memory that is freed all at once: what a scenario or a world is made of. */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
};

/* Zeroed memory, aligned for any type, that lives until arena_close. NULL where there is none. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of the first `size` bytes of text, ended by NUL. NULL where there is no memory. */
char *arena_text(struct arena *arena, const char *text, size_t size);

/* Frees everything. A zeroed struct arena is an empty one, before and after. */
void arena_close(struct arena *arena);

#endif
