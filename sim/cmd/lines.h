/* Lines from standard input on a libuv loop, whatever it is: a terminal, a pipe, a file. */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum { LINES_SIZE_MAX = 65536 }; /* a longer line comes in pieces of this size */

struct lines {
    /* A line without its end, never empty, valid during the call. */
    void (*line)(void *context, const char *text, size_t size);
    /* No more will come: the end, or what went wrong (NULL for the end). lines_stop was called. */
    void (*end)(void *context, const char *why);
    void *context;

    uv_poll_t poll; /* where the system can say that there is something to read */
    uv_idle_t idle; /* where it cannot: files */
    int flags;      /* of standard input as they were */
    bool polling, running;
    size_t size;
    char text[LINES_SIZE_MAX];
};

/* Begins to read; the fields down to `context` are set. Returns 0 or libuv's error. */
int lines_start(struct lines *lines, uv_loop_t *uv);

/* Ends it; may be called again. */
void lines_stop(struct lines *lines);

#endif
