/* The life of a command that runs until it is told to stop. */
#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/check.h"

enum { STATUS_EACH_MS = 1000 };

/* The log. */

int service_set_level(const struct command *command, const char *text, enum service_level *level) {
    static const char *const levels[] = {"quiet", "info", "debug"};
    for (int i = SERVICE_QUIET; i <= SERVICE_DEBUG; i++)
        if (strcmp(text, levels[i]) == 0) {
            *level = (enum service_level)i;
            return 0;
        }
    return command_misused(command, "--log takes quiet, info or debug, not '%s'", text);
}

void service_say(const struct service *service, enum service_level level, const char *format, ...) {
    struct timespec now;
    struct tm day;
    char clock_text[16];
    if (level > service->level)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &day);
    strftime(clock_text, sizeof clock_text, "%H:%M:%S", &day);
    fprintf(stderr, "%s.%03ld ", clock_text, now.tv_nsec / 1000000);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void service_time(char text[32]) {
    struct timespec now;
    struct tm day;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &day);
    size_t at = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &day);
    snprintf(text + at, 32 - at, ".%03ldZ", now.tv_nsec / 1000000);
}

/* The status. */

json_t *service_face(const struct tssb_face *face) {
    struct tssb_face_counts counts = tssb_face_counts(face);
    json_t *object = json_pack("{s:s}", "face", tssb_face_name(face));
#define SET_COUNT(name) json_object_set_new(object, #name, json_integer((json_int_t)counts.name));
    TSSB_FACE_COUNT_TABLE(SET_COUNT)
#undef SET_COUNT
    json_object_set_new(object, "queued", json_integer((json_int_t)tssb_face_queued(face)));
    return object;
}

/* Returns false where the line did not get into the file. */
static bool write_status(struct service *service) {
    json_t *status = service->status(service->context);
    bool written = status && json_dumpf(status, service->status_file, JSON_COMPACT) == 0 &&
                   fputc('\n', service->status_file) != EOF && fflush(service->status_file) == 0;
    json_decref(status);
    return written;
}

static int status_failed(const struct service *service) {
    fprintf(stderr, "tssb %s: %s: cannot write the status: %s\n", service->command->name,
            service->status_path, strerror(errno));
    return EXIT_FAILED;
}

static void on_status(uv_timer_t *timer) {
    struct service *service = timer->data;
    if (!write_status(service))
        service_stop(service, status_failed(service));
}

static int open_status(struct service *service) {
    if (!service->status_path)
        return EXIT_DONE;
    service->status_file = strcmp(service->status_path, "-") == 0
                               ? stdout
                               : fopen(service->status_path, "w");
    if (!service->status_file || !write_status(service))
        return status_failed(service);
    uv_timer_start(&service->status_timer, on_status, STATUS_EACH_MS, STATUS_EACH_MS);
    return EXIT_DONE;
}

/* The last line is of the end. */
static int close_status(struct service *service, int status) {
    if (!service->status_file)
        return status;
    if (status == EXIT_DONE && !write_status(service))
        status = status_failed(service);
    if (service->status_file != stdout && fclose(service->status_file) != 0)
        status = status_failed(service);
    service->status_file = NULL;
    return status;
}

/* The loop. */

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    service_stop(handle->data, EXIT_DONE);
}

/* A reader of the status that went away is an error of writing, not the end. */
int service_open(struct service *service) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    int error = uv_loop_init(&service->uv);
    if (error) {
        fprintf(stderr, "tssb %s: the event loop: %s\n", service->command->name,
                uv_strerror(error));
        return EXIT_FAILED;
    }
    uv_signal_init(&service->uv, &service->interrupt);
    uv_signal_init(&service->uv, &service->terminate);
    uv_timer_init(&service->uv, &service->status_timer);
    uv_timer_init(&service->uv, &service->stop_timer);
    service->interrupt.data = service->terminate.data = service;
    service->status_timer.data = service->stop_timer.data = service;
    uv_signal_start(&service->interrupt, on_signal, SIGINT);
    uv_signal_start(&service->terminate, on_signal, SIGTERM);
    service->running = true;
    return EXIT_DONE;
}

/* The status is written before the faces are closed, which still know their counts. */
void service_stop(struct service *service, int status) {
    if (service->stopped)
        return;
    service->stopped = true;
    service->exit_status = close_status(service, status);
    service->stop(service->context);
    uv_close((uv_handle_t *)&service->interrupt, NULL);
    uv_close((uv_handle_t *)&service->terminate, NULL);
    uv_close((uv_handle_t *)&service->status_timer, NULL);
    uv_close((uv_handle_t *)&service->stop_timer, NULL);
}

static void on_stop_soon(uv_timer_t *timer) {
    struct service *service = timer->data;
    service_stop(service, service->soon_status);
}

void service_stop_soon(struct service *service, int status) {
    if (service->stopped)
        return;
    service->soon_status = status;
    uv_timer_start(&service->stop_timer, on_stop_soon, 0, 0);
}

int service_run(struct service *service) {
    int status = open_status(service);
    if (status)
        service_stop(service, status);
    uv_run(&service->uv, UV_RUN_DEFAULT);
    return service->exit_status;
}

void service_close(struct service *service) {
    if (!service->running)
        return;
    service_stop(service, EXIT_DONE);
    uv_run(&service->uv, UV_RUN_DEFAULT);
    TSSB_CHECK(uv_loop_close(&service->uv) == 0);
    service->running = false;
}
