/* Standard input or output in an event loop: where epoll takes it, without blocking; a regular file
 * is always ready. */
#ifndef STANDARD_H
#define STANDARD_H

#include <stdbool.h>
#include <uv.h>

struct standard {
    int file;
    int flags;    /* as they were; libuv makes it non-blocking, for all who share it */
    bool polls;   /* epoll takes it */
    bool waiting; /* until it is ready */
    bool open;
    uv_poll_t poll;
};

/* file: STDIN_FILENO or STDOUT_FILENO. Returns 0 or an error of libuv's. */
int standard_open(struct standard *standard, uv_loop_t *uv, int file);

/* The loop turns again once it can be read, or written; for what is always ready, it does not. */
void standard_wait(struct standard *standard);

/* Leaves the file itself open. May be called twice. */
void standard_close(struct standard *standard);

#endif
