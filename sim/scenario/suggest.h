/* The nearest known word to one that is not known: "did you mean 'delay'?" */
#ifndef SUGGEST_H
#define SUGGEST_H

#include <stddef.h>

/* Words to choose from: the one of each index below count. Context is the caller's. */
struct suggest_words {
    const char *(*word)(const void *context, size_t index);
    const void *context;
    size_t count; /* only the first few thousand are looked at */
};

/* The word with the fewest edits (a letter more, fewer, other, or two swapped; upper and lower case
 * are as good as equal), the first of several; NULL where all are too far off to be meant. */
const char *suggest(const char *unknown, const struct suggest_words *words);

/* For words that are an array of texts, which is then the context. */
const char *suggest_word_of_array(const void *texts, size_t index);

#endif
