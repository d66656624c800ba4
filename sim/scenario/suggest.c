/* Edit distance (optimal string alignment) over three rows; words are short, longer ones are not
 * compared. */
#include "suggest.h"

#include <ctype.h>
#include <string.h>

enum { WORD_MAX = 64, WORDS_MAX = 4096 };

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static int lower(char c) {
    return tolower((unsigned char)c);
}

/* Edits from a to b, both of at most WORD_MAX letters. */
static unsigned distance(const char *a, size_t a_size, const char *b, size_t b_size) {
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned other = lower(a[i - 1]) != lower(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + other);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_size];
}

const char *suggest(const char *unknown, const struct suggest_words *words) {
    size_t size = strlen(unknown);
    if (size == 0 || size > WORD_MAX)
        return NULL;
    unsigned best = (unsigned)(size <= 2 ? 1 : size <= 5 ? 2 : 3) + 1; /* one past what is near */
    const char *found = NULL;
    for (size_t i = 0; i < words->count && i < WORDS_MAX; i++) {
        const char *word = words->word(words->context, i);
        size_t word_size = strlen(word);
        size_t gap = word_size > size ? word_size - size : size - word_size;
        if (word_size > WORD_MAX || gap >= best)
            continue;
        unsigned edits = distance(unknown, size, word, word_size);
        if (edits < best && edits < size) {
            best = edits;
            found = word;
        }
    }
    return found;
}

const char *suggest_word_of_array(const void *texts, size_t index) {
    return ((const char *const *)texts)[index];
}
