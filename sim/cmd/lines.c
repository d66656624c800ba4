/* Standard input, line by line. Epoll does not take files, which are always ready: those are read a
 * piece each time the loop is idle. */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void give(struct lines *lines, const char *text, size_t size) {
    if (size > 0 && text[size - 1] == '\r')
        size--;
    if (size > 0)
        lines->line(lines->context, text, size);
}

/* Gives the whole lines, and keeps what is left for the next time. */
static void give_lines(struct lines *lines) {
    size_t at = 0;
    while (lines->running) {
        const char *end = memchr(lines->text + at, '\n', lines->size - at);
        if (!end)
            break;
        size_t size = (size_t)(end - lines->text) - at;
        give(lines, lines->text + at, size);
        at += size + 1;
    }
    lines->size -= at;
    memmove(lines->text, lines->text + at, lines->size);
    if (lines->size == LINES_SIZE_MAX && lines->running) {
        lines->line(lines->context, lines->text, lines->size);
        lines->size = 0;
    }
}

static void finish(struct lines *lines, const char *why) {
    if (lines->size > 0)
        give(lines, lines->text, lines->size);
    lines->size = 0;
    if (!lines->running)
        return;
    lines_stop(lines);
    lines->end(lines->context, why);
}

static void read_some(struct lines *lines) {
    ssize_t count = read(STDIN_FILENO, lines->text + lines->size, LINES_SIZE_MAX - lines->size);
    if (count > 0) {
        lines->size += (size_t)count;
        give_lines(lines);
    } else if (count == 0) {
        finish(lines, NULL);
    } else if (errno != EAGAIN && errno != EINTR) {
        finish(lines, strerror(errno));
    }
}

static void on_poll(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    read_some(poll->data);
}

static void on_idle(uv_idle_t *idle) {
    read_some(idle->data);
}

int lines_start(struct lines *lines, uv_loop_t *uv) {
    lines->flags = fcntl(STDIN_FILENO, F_GETFL);
    if (lines->flags < 0)
        return -errno;
    int error = uv_poll_init(uv, &lines->poll, STDIN_FILENO);
    lines->polling = error == 0;
    if (error && error != UV_EPERM)
        return error;
    lines->poll.data = lines->idle.data = lines;
    lines->running = true;
    if (lines->polling)
        return uv_poll_start(&lines->poll, UV_READABLE, on_poll);
    uv_idle_init(uv, &lines->idle);
    return uv_idle_start(&lines->idle, on_idle);
}

/* libuv made it non-blocking, for all who share it. */
void lines_stop(struct lines *lines) {
    if (!lines->running)
        return;
    lines->running = false;
    uv_close(lines->polling ? (uv_handle_t *)&lines->poll : (uv_handle_t *)&lines->idle, NULL);
    fcntl(STDIN_FILENO, F_SETFL, lines->flags);
}
