/* What the commands share that run until they are told to stop (node, bridge): a libuv loop, Ctrl-C
 * and SIGTERM, a log on standard error, a line of status a second for programs. */
#ifndef SERVICE_H
#define SERVICE_H

#include <jansson.h>
#include <stdio.h>
#include <uv.h>

#include "core/posix/face.h"
#include "command.h"

enum service_level { SERVICE_QUIET, SERVICE_INFO, SERVICE_DEBUG };

struct service {
    const struct command *command;
    uv_loop_t uv;
    enum service_level level;
    const char *status_path; /* NULL: none, "-": standard output */
    /* Makes a line of status, a new reference; NULL where memory ran out. */
    json_t *(*status)(void *context);
    /* Closes all that keeps the loop going, but for what is the service's. */
    void (*stop)(void *context);
    void *context;

    FILE *status_file;
    uv_signal_t interrupt, terminate;
    uv_timer_t status_timer, stop_timer;
    int exit_status, soon_status; /* soon_status: for the stop that is due */
    bool running, stopped;
};

/* Reads a --log level. Returns 0 or EXIT_WRONG, having complained. */
int service_set_level(const struct command *command, const char *text, enum service_level *level);

/* Prepares the loop. The fields down to `context` are set, or are before service_run.
 * Returns EXIT_DONE, or EXIT_FAILED having complained. */
int service_open(struct service *service);

/* Opens the status file, and turns the loop until service_stop or a signal. Returns the exit
 * status.
 */
int service_run(struct service *service);

/* Ends the loop: stop is called, once. status: the exit status, unless one came before. */
void service_stop(struct service *service, int status);

/* The same, in the loop's next turn: from where the loop's handles must not be closed yet. */
void service_stop_soon(struct service *service, int status);

/* Frees the loop, whose handles have been closed. */
void service_close(struct service *service);

/* A line on standard error with the time of the day before it, "18:24:39.534 ...", where the log
 * goes to this level. SERVICE_QUIET is for what is said always. */
void service_say(const struct service *service, enum service_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Now, as "2022-03-31T18:18:07.426Z". */
void service_time(char text[32]);

/* A face's name, counts and queue as an object, a new reference; NULL where memory ran out. */
json_t *service_face(const struct tssb_face *face);

#endif
