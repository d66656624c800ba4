/* What is wrong with an input, and where: collected, so that a person sees more than the first
 * mistake at once. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/arena.h"

/* A file, or an option of the command line. */
struct source {
    const char *name;
    uint32_t order;        /* problems of a lower one are listed first */
    uint32_t first_column; /* what stands before the text on its first line */
};

struct place {
    const struct source *source;
    uint32_t line,
        column; /* from 1; line 0: the source as a whole; column 0: the line as a whole */
};

enum { PROBLEMS_MAX = 20 };

/* How bad it is, which is also the exit status. */
enum { PROBLEMS_NONE = 0, PROBLEMS_INPUT = 2, PROBLEMS_SYSTEM = 3 };

struct problem {
    struct place place;
    const char *text;
    uint32_t order;
};

/* A zeroed one is empty. The sources and what they name are the caller's, and outlive it. */
struct problems {
    struct problem list[PROBLEMS_MAX];
    uint32_t count;
    int status;
    bool more; /* than PROBLEMS_MAX */
    bool no_memory;
    struct arena arena;
};

void problems_close(struct problems *problems);

/* Notes one; a no-op once there are PROBLEMS_MAX. */
void problems_add(struct problems *problems, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Notes that memory ran out, which stands for all problems. */
void problems_no_memory(struct problems *problems);

/* A malloc'ed text, a line a problem in the order of their places: "NAME:LINE:COLUMN: text". name
 * stands for the input as a whole. Whatever the input holds, a line is a line: control characters
 * become '?'. NULL where memory ran out. */
char *problems_text(struct problems *problems, const char *name);

/* Text of the input as a message may quote it: what is long is cut. */
struct shown {
    char text[64];
};

struct shown problems_show(const char *text);

#endif
