/* A face on a serial line: KISS frames (core/kiss.h) on a terminal device in raw mode. The device
 * may be unplugged: the face tries to open it again every second, and its queue waits. */
#define _DEFAULT_SOURCE /* cfmakeraw, CRTSCTS, high baud rates */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/check.h"
#include "core/kiss.h"
#include "core/posix/face_kind.h"

enum { RETRY_MS = 1000, BAUD = 115200, READ_SIZE = 4096, READS_AT_ONCE = 16 };

struct kiss {
    char path[512];
    speed_t speed;
    int file; /* -1 while unplugged */
    uv_poll_t poll;
    uv_timer_t retry;
    struct tssb_kiss_decoder decoder;
    uint32_t dropped; /* of the decoder, as counted so far */
    uint8_t frame[TSSB_KISS_FRAME_SIZE];
    size_t frame_at, frame_size; /* what the line has not taken yet */
};

static const struct {
    uint32_t baud;
    speed_t speed;
} speeds[] = {
    {1200, B1200},     {2400, B2400},     {4800, B4800},     {9600, B9600},     {19200, B19200},
    {38400, B38400},   {57600, B57600},   {115200, B115200}, {230400, B230400}, {460800, B460800},
    {500000, B500000}, {921600, B921600}, {0, B0},
};

static bool find_speed(uint32_t baud, speed_t *speed) {
    for (size_t i = 0; speeds[i].baud; i++) {
        *speed = speeds[i].speed;
        if (speeds[i].baud == baud)
            return true;
    }
    return false;
}

/* Opens the device and sets it to raw 8N1; returns its descriptor, or -1 with errno. */
static int open_line(const struct kiss *kiss) {
    struct termios line;
    int file = open(kiss->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return -1;
    if (tcgetattr(file, &line) == 0) {
        cfmakeraw(&line);
        line.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | CRTSCTS);
        line.c_cflag |= CLOCAL | CREAD;
        line.c_cc[VMIN] = 1;
        line.c_cc[VTIME] = 0;
        if (cfsetispeed(&line, kiss->speed) == 0 && cfsetospeed(&line, kiss->speed) == 0 &&
            tcsetattr(file, TCSANOW, &line) == 0)
            return file;
    }
    int code = errno;
    close(file);
    errno = code;
    return -1;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct kiss *kiss) {
    bool pending = kiss->frame_at < kiss->frame_size;
    uv_poll_start(&kiss->poll, pending ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_poll);
}

/* Begins to use an open line. */
static int plug_in(struct tssb_face *face, struct kiss *kiss, int file) {
    int result = uv_poll_init(tssb_face_loop(face), &kiss->poll, file);
    if (result)
        return result;
    tssb_face_add_handle(face, (uv_handle_t *)&kiss->poll);
    kiss->file = file;
    kiss->decoder = (struct tssb_kiss_decoder){0};
    kiss->dropped = 0;
    kiss->frame_at = kiss->frame_size = 0;
    watch(kiss);
    return 0;
}

static void hang_up(struct tssb_face *face, struct kiss *kiss) {
    uv_poll_stop(&kiss->poll);
    tssb_face_close_handle(face, (uv_handle_t *)&kiss->poll);
    close(kiss->file);
    kiss->file = -1;
}

static void on_retry(uv_timer_t *timer) {
    struct tssb_face *face = timer->data;
    struct kiss *kiss = tssb_face_state(face);
    int file = open_line(kiss);
    if (file < 0)
        return;
    if (plug_in(face, kiss, file) != 0) {
        close(file);
        return;
    }
    uv_timer_stop(timer);
    tssb_face_tell(face, "plugged in again");
    tssb_face_ready(face);
}

static void unplugged(struct tssb_face *face, struct kiss *kiss, const char *why) {
    hang_up(face, kiss);
    tssb_face_tell(face, "unplugged (%s), trying again every second", why);
    uv_timer_start(&kiss->retry, on_retry, RETRY_MS, RETRY_MS);
}

/* Writes what the line takes. Returns false where it is gone. */
static bool write_frame(struct tssb_face *face, struct kiss *kiss) {
    while (kiss->frame_at < kiss->frame_size) {
        ssize_t count = write(kiss->file, kiss->frame + kiss->frame_at,
                              kiss->frame_size - kiss->frame_at);
        if (count >= 0) {
            kiss->frame_at += (size_t)count;
        } else if (errno == EAGAIN) {
            return true;
        } else if (errno != EINTR) {
            unplugged(face, kiss, strerror(errno));
            return false;
        }
    }
    return true;
}

/* Returns false where the host has closed the face. */
static bool take_bytes(struct tssb_face *face, struct kiss *kiss, const uint8_t *bytes,
                       size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t size = tssb_kiss_decode(&kiss->decoder, bytes[i]);
        if (size > 0 && !tssb_face_take(face, kiss->decoder.packet, size))
            return false;
        /* An answer may have been written at once, and the line found gone. */
        if (kiss->file < 0)
            return true;
    }
    tssb_face_tally(face)->malformed += kiss->decoder.dropped - kiss->dropped;
    kiss->dropped = kiss->decoder.dropped;
    return true;
}

/* Reads what is there, up to a bound, so that other faces get their turn. */
static void read_line(struct tssb_face *face, struct kiss *kiss) {
    uint8_t bytes[READ_SIZE];
    for (int i = 0; i < READS_AT_ONCE && kiss->file >= 0; i++) {
        ssize_t count = read(kiss->file, bytes, sizeof bytes);
        if (count > 0) {
            if (!take_bytes(face, kiss, bytes, (size_t)count))
                return;
        } else if (count == 0) {
            unplugged(face, kiss, "end of the line");
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            unplugged(face, kiss, strerror(errno));
        }
    }
}

static void on_poll(uv_poll_t *poll, int status, int events) {
    struct tssb_face *face = poll->data;
    struct kiss *kiss = tssb_face_state(face);
    if (status < 0) {
        unplugged(face, kiss, uv_strerror(status));
        return;
    }
    if (events & UV_WRITABLE && kiss->frame_at < kiss->frame_size) {
        if (!write_frame(face, kiss))
            return;
        if (kiss->frame_at == kiss->frame_size) {
            watch(kiss);
            tssb_face_ready(face);
        }
    }
    if (events & UV_READABLE && kiss->file >= 0)
        read_line(face, kiss);
}

static enum tssb_face_sending kiss_send(struct tssb_face *face, const uint8_t *bytes, size_t size) {
    struct kiss *kiss = tssb_face_state(face);
    if (kiss->file < 0 || kiss->frame_at < kiss->frame_size)
        return TSSB_FACE_WAIT;
    int frame_size = tssb_kiss_encode(bytes, size, kiss->frame);
    if (frame_size < 0)
        return tssb_face_send_failed(face, "the packet is too long for KISS");
    kiss->frame_at = 0;
    kiss->frame_size = (size_t)frame_size;
    if (!write_frame(face, kiss))
        return TSSB_FACE_WAIT;
    if (kiss->frame_at < kiss->frame_size)
        watch(kiss);
    return TSSB_FACE_SENT;
}

static int open_failed(const struct tssb_face *face, int code, char **error) {
    if (code == ENOTTY || code == EISDIR || code == EINVAL)
        return tssb_face_fail(face, 2, error, "this is not a serial line");
    int status = code == ENOENT || code == ENOTDIR ? 2 : 3;
    return tssb_face_fail(face, status, error, "cannot open: %s", strerror(code));
}

static int open_kiss(struct tssb_face *face, const char *address,
                     const struct tssb_face_options *options, char **error) {
    struct kiss *kiss = tssb_face_state(face);
    kiss->file = -1;
    int size = snprintf(kiss->path, sizeof kiss->path, "%s", address);
    if (size < 0 || (size_t)size >= sizeof kiss->path)
        return tssb_face_fail(face, 2, error, "the path is too long");
    if (!find_speed(options->baud ? options->baud : BAUD, &kiss->speed))
        return tssb_face_fail(face, 2, error, "no serial line has %lu baud",
                              (unsigned long)options->baud);
    uv_timer_init(tssb_face_loop(face), &kiss->retry);
    tssb_face_add_handle(face, (uv_handle_t *)&kiss->retry);
    int file = open_line(kiss);
    if (file < 0)
        return open_failed(face, errno, error);
    int result = plug_in(face, kiss, file);
    if (result == 0)
        return 0;
    close(file);
    return tssb_face_fail(face, 3, error, "cannot be watched: %s", uv_strerror(result));
}

static void close_kiss(struct tssb_face *face) {
    struct kiss *kiss = tssb_face_state(face);
    if (kiss->file >= 0)
        hang_up(face, kiss);
    if (kiss->retry.data)
        tssb_face_close_handle(face, (uv_handle_t *)&kiss->retry);
}

/* The pace is PoC-01's. Where it is set to none, the line itself slows answers down, and the limit
 * is what 115200 baud carry. */
const struct tssb_face_kind tssb_face_kiss = {
    .name = "kiss",
    .size = sizeof(struct kiss),
    .pace_ns = UINT64_C(500000000),
    .pace_jitter_ns = UINT64_C(49000000),
    .answer_bytes_per_s = 11520,
    .answer_burst_bytes = 16384,
    .open = open_kiss,
    .send = kiss_send,
    .close = close_kiss,
};
