/* Standard input and output for the event loop. */
#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int standard_open(struct standard *standard, uv_loop_t *uv, int file) {
    *standard = (struct standard){.file = file, .flags = fcntl(file, F_GETFL)};
    if (standard->flags < 0)
        return -errno;
    int error = uv_poll_init(uv, &standard->poll, file);
    standard->polls = error == 0;
    standard->open = error == 0 || error == UV_EPERM;
    standard->poll.data = standard;
    return standard->open ? 0 : error;
}

static void on_ready(uv_poll_t *poll, int status, int events) {
    struct standard *standard = poll->data;
    (void)status; /* reading and writing will tell */
    (void)events;
    standard->waiting = false;
    uv_poll_stop(poll);
}

void standard_wait(struct standard *standard) {
    if (!standard->polls || standard->waiting)
        return;
    int events = standard->file == STDIN_FILENO ? UV_READABLE : UV_WRITABLE;
    standard->waiting = uv_poll_start(&standard->poll, events | UV_DISCONNECT, on_ready) == 0;
}

void standard_close(struct standard *standard) {
    if (!standard->open)
        return;
    standard->open = false;
    if (!standard->polls)
        return;
    uv_close((uv_handle_t *)&standard->poll, NULL);
    fcntl(standard->file, F_SETFL, standard->flags);
}
