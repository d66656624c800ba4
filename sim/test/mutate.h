/* Random damage to a good input, for tests of readers. */
#ifndef MUTATE_H
#define MUTATE_H

#include <stdint.h>
#include <string.h>

static inline uint32_t mutate_below(uint64_t *state, size_t limit) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % (uint32_t)limit;
}

/* Changes 1 to `most` places of a text: puts in one of the pieces, and in half of the places
 * overwrites a byte before. The same seed does the same. There must be room for `most` pieces more.
 * Returns the new size. */
static inline size_t mutate(char *text, size_t size, const char *const *pieces, size_t piece_count,
                            uint64_t seed, uint32_t most) {
    uint64_t state = seed;
    for (uint32_t k = 1 + mutate_below(&state, most); k-- > 0;) {
        const char *piece = pieces[mutate_below(&state, piece_count)];
        size_t at = mutate_below(&state, size), length = strlen(piece);
        if (mutate_below(&state, 2))
            text[at] = (char)mutate_below(&state, 256);
        memmove(text + at + length, text + at, size - at);
        memcpy(text + at, piece, length);
        size += length;
    }
    return size;
}

#endif
