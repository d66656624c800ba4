/* What all faces share: a bounded queue in which no packet stands twice, the pace at which it
 * empties, the limit to answers, the counts. Kinds (face_kind.h) only move packets.
 *
 * A packet goes through the queue even where it can leave at once, so there is one way out. */
#include "face.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/posix/face_kind.h"

enum { QUEUE_PACKETS = 256, RETRY_MS = 1, NAME_SIZE = 512, LINE_SIZE = 1024 };

#define SECOND_NS UINT64_C(1000000000)
#define MS_NS UINT64_C(1000000)

struct waiting {
    uint16_t size;
    uint8_t bytes[TSSB_PACKET_SIZE];
};

/* A ring. */
struct queue {
    struct waiting *packets;
    uint32_t first, count, capacity;
};

/* A token bucket as one moment: how long the answers so far would take at the given rate. */
struct bucket {
    uint64_t paid_until_ns, burst_ns, bytes_per_s;
};

struct tssb_face {
    const struct tssb_face_kind *kind;
    void *state;
    uv_loop_t *loop;
    tssb_face_received *received;
    tssb_face_notice *notice;
    void *context;
    tssb_face_tap *tap; /* NULL for none */
    void *tap_context;
    struct tssb_face_counts counts;
    struct queue queue;
    struct bucket answers;
    uint64_t pace_ns, pace_jitter_ns, next_send_ns;
    uv_timer_t timer;
    uint32_t handles; /* not closed yet */
    bool waiting;     /* the kind will call tssb_face_ready */
    bool failing;     /* the last packet could not be sent, and the host knows */
    bool closing;
    char name[NAME_SIZE];
};

static const struct tssb_face_kind *const kinds[] = {
    &tssb_face_multicast,
    &tssb_face_udp,
    &tssb_face_listen,
    &tssb_face_kiss,
};

const char *const tssb_face_kinds[] = {"mc", "udp", "listen", "kiss", NULL};

const struct tssb_face_options tssb_face_defaults = {
    .pace_ns = TSSB_FACE_USUAL,
    .pace_jitter_ns = TSSB_FACE_USUAL,
};

/* The queue. */

static bool queue_holds(const struct queue *queue, const uint8_t *bytes, size_t size) {
    for (uint32_t i = 0; i < queue->count; i++) {
        const struct waiting *packet = &queue->packets[(queue->first + i) % queue->capacity];
        if (packet->size == size && memcmp(packet->bytes, bytes, size) == 0)
            return true;
    }
    return false;
}

static void queue_push(struct queue *queue, const uint8_t *bytes, size_t size) {
    TSSB_CHECK(queue->count < queue->capacity && size <= TSSB_PACKET_SIZE);
    struct waiting *packet = &queue->packets[(queue->first + queue->count++) % queue->capacity];
    packet->size = (uint16_t)size;
    memcpy(packet->bytes, bytes, size);
}

static void queue_pop(struct queue *queue) {
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
}

/* The limit to answers. */

static uint64_t time_for(uint64_t bytes, uint64_t bytes_per_s) {
    return bytes > UINT64_MAX / SECOND_NS ? UINT64_MAX : bytes * SECOND_NS / bytes_per_s;
}

/* Until when the answers are paid for, with so many bytes more; 0 where that is over the limit.
 * What is paid for runs ahead of the clock, which may have begun less than a burst ago. */
static uint64_t bucket_price(const struct bucket *bucket, size_t bytes, uint64_t now_ns) {
    uint64_t from = bucket->paid_until_ns > now_ns ? bucket->paid_until_ns : now_ns;
    uint64_t until = from + time_for(bytes, bucket->bytes_per_s);
    return until - now_ns > bucket->burst_ns ? 0 : until;
}

static bool bucket_pay(struct bucket *bucket, size_t bytes, uint64_t now_ns) {
    uint64_t until = bucket_price(bucket, bytes, now_ns);
    if (until)
        bucket->paid_until_ns = until;
    return until != 0;
}

/* Sending. */

static void flush(struct tssb_face *face);

static void on_timer(uv_timer_t *timer) {
    flush(timer->data);
}

/* libuv counts whole milliseconds from the loop's own time; coming too early does no harm, since
 * flush looks at the clock. */
static void flush_after(struct tssb_face *face, uint64_t delay_ns) {
    uint64_t delay_ms = (delay_ns + MS_NS - 1) / MS_NS;
    uv_update_time(face->loop);
    uv_timer_start(&face->timer, on_timer, delay_ms, 0);
}

static void note_sent(struct tssb_face *face, const struct waiting *packet) {
    face->failing = false;
    face->counts.sent_packets++;
    face->counts.sent_bytes += packet->size;
    if (face->tap)
        face->tap(face->tap_context, face, true, packet->bytes, packet->size);
    if (face->pace_ns == 0)
        return;
    uint64_t jitter_ns = 0;
    if (face->pace_jitter_ns > 0)
        jitter_ns = face->pace_jitter_ns * randombytes_uniform(1024) / 1024;
    face->next_send_ns = uv_hrtime() + face->pace_ns + jitter_ns;
}

/* Offers the first packet to the kind; true where it left the queue, one way or the other. */
static bool send_first(struct tssb_face *face) {
    const struct waiting *packet = &face->queue.packets[face->queue.first];
    switch (face->kind->send(face, packet->bytes, packet->size)) {
    case TSSB_FACE_LATER:
        flush_after(face, RETRY_MS * MS_NS);
        return false;
    case TSSB_FACE_WAIT:
        face->waiting = true;
        return false;
    case TSSB_FACE_SENT:
        note_sent(face, packet);
        break;
    case TSSB_FACE_NO_PEER:
        face->counts.no_peer++;
        break;
    default:
        face->counts.errors++;
        break;
    }
    queue_pop(&face->queue);
    return true;
}

static void flush(struct tssb_face *face) {
    while (face->queue.count > 0 && !face->waiting && !face->closing) {
        uint64_t now_ns = face->next_send_ns ? uv_hrtime() : 0;
        if (now_ns < face->next_send_ns) {
            flush_after(face, face->next_send_ns - now_ns);
            return;
        }
        if (!send_first(face))
            return;
    }
}

bool tssb_face_send(struct tssb_face *face, const uint8_t *bytes, size_t size, bool answer) {
    struct queue *queue = &face->queue;
    if (face->closing)
        return false;
    if (size == 0 || size > TSSB_PACKET_SIZE) {
        face->counts.malformed++;
        return false;
    }
    if (queue_holds(queue, bytes, size)) {
        face->counts.queued_already++;
        return true;
    }
    if (queue->count >= (answer ? (queue->capacity + 1) / 2 : queue->capacity)) {
        face->counts.overflow++;
        return false;
    }
    if (answer && !bucket_pay(&face->answers, size, uv_hrtime())) {
        face->counts.refused++;
        return false;
    }
    queue_push(queue, bytes, size);
    if (queue->count == 1)
        flush(face);
    return true;
}

bool tssb_face_may_answer(struct tssb_face *face) {
    bool room = face->queue.count < (face->queue.capacity + 1) / 2;
    bool may = room && bucket_price(&face->answers, TSSB_ENTRY_SIZE, uv_hrtime()) != 0;
    face->counts.refused += !may;
    return may;
}

/* For kinds. */

enum tssb_face_sending tssb_face_send_failed(struct tssb_face *face, const char *why) {
    if (!face->failing)
        tssb_face_tell(face, "cannot send: %s", why);
    face->failing = true;
    return TSSB_FACE_FAILED;
}

void *tssb_face_state(struct tssb_face *face) {
    return face->state;
}

uv_loop_t *tssb_face_loop(const struct tssb_face *face) {
    return face->loop;
}

struct tssb_face_counts *tssb_face_tally(struct tssb_face *face) {
    return &face->counts;
}

void tssb_face_add_handle(struct tssb_face *face, uv_handle_t *handle) {
    handle->data = face;
    face->handles++;
}

static void on_closed(uv_handle_t *handle) {
    struct tssb_face *face = handle->data;
    if (--face->handles > 0 || !face->closing)
        return;
    if (face->kind->free)
        face->kind->free(face);
    free(face->queue.packets);
    free(face->state);
    free(face);
}

void tssb_face_close_handle(struct tssb_face *face, uv_handle_t *handle) {
    TSSB_CHECK(handle->data == face);
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

bool tssb_face_take(struct tssb_face *face, const uint8_t *bytes, size_t size) {
    if (face->closing)
        return false;
    if (size == 0) {
        face->counts.malformed++;
        return true;
    }
    face->counts.received_packets++;
    face->counts.received_bytes += size;
    if (face->tap)
        face->tap(face->tap_context, face, false, bytes, size);
    face->received(face->context, face, bytes, size);
    return !face->closing;
}

void tssb_face_ready(struct tssb_face *face) {
    face->waiting = false;
    flush(face);
}

void tssb_face_tell(struct tssb_face *face, const char *format, ...) {
    char line[LINE_SIZE];
    va_list arguments;
    if (!face->notice || face->closing)
        return;
    int at = snprintf(line, sizeof line, "%s: ", face->name);
    va_start(arguments, format);
    vsnprintf(line + at, sizeof line - (size_t)at, format, arguments);
    va_end(arguments);
    face->notice(face->context, face, line);
}

int tssb_face_fail(const struct tssb_face *face, int status, char **error, const char *format,
                   ...) {
    char *line = malloc(LINE_SIZE);
    *error = line;
    if (!line)
        return 3;
    va_list arguments;
    int at = snprintf(line, LINE_SIZE, "%s: ", face->name);
    va_start(arguments, format);
    vsnprintf(line + at, LINE_SIZE - (size_t)at, format, arguments);
    va_end(arguments);
    return status;
}

/* Opening and closing. */

static uint64_t or_usual(uint64_t value, uint64_t usual) {
    return value == TSSB_FACE_USUAL ? usual : value;
}

static void set_options(struct tssb_face *face, const struct tssb_face_options *options) {
    const struct tssb_face_kind *kind = face->kind;
    uint64_t jitter_ns = options->pace_ns == TSSB_FACE_USUAL ? kind->pace_jitter_ns
                                                             : options->pace_ns / 10;
    face->pace_ns = or_usual(options->pace_ns, kind->pace_ns);
    face->pace_jitter_ns = or_usual(options->pace_jitter_ns, jitter_ns);
    face->queue.capacity = options->queue_packets ? options->queue_packets : QUEUE_PACKETS;
    struct bucket *answers = &face->answers;
    answers->bytes_per_s = options->answer_bytes_per_s ? options->answer_bytes_per_s
                                                       : kind->answer_bytes_per_s;
    uint64_t burst_bytes = options->answer_burst_bytes ? options->answer_burst_bytes
                                                       : kind->answer_burst_bytes;
    answers->burst_ns = time_for(burst_bytes, answers->bytes_per_s);
}

static const struct tssb_face_kind *find_kind(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static int no_memory(char **error) {
    *error = NULL;
    return 3;
}

int tssb_face_open(struct tssb_face **opened, uv_loop_t *loop, const char *kind,
                   const char *address, const struct tssb_face_options *options,
                   tssb_face_received *received, tssb_face_notice *notice, void *context,
                   char **error) {
    struct tssb_face *face = calloc(1, sizeof *face);
    *opened = NULL;
    if (!face)
        return no_memory(error);
    snprintf(face->name, sizeof face->name, "%s %s", kind, address);
    face->loop = loop;
    face->received = received;
    face->notice = notice;
    face->context = context;
    face->kind = find_kind(kind);
    if (!face->kind) {
        int status = tssb_face_fail(face, 2, error,
                                    "no such kind of face: it is one of mc, udp, listen, kiss");
        free(face);
        return status;
    }
    set_options(face, options);
    face->state = calloc(1, face->kind->size);
    face->queue.packets = calloc(face->queue.capacity, sizeof *face->queue.packets);
    if (!face->state || !face->queue.packets) {
        free(face->state);
        free(face->queue.packets);
        free(face);
        return no_memory(error);
    }
    uv_timer_init(loop, &face->timer);
    tssb_face_add_handle(face, (uv_handle_t *)&face->timer);
    int status = face->kind->open(face, address, options, error);
    if (status) {
        tssb_face_close(face);
        return status;
    }
    *opened = face;
    return 0;
}

void tssb_face_close(struct tssb_face *face) {
    if (face->closing)
        return;
    face->closing = true;
    face->kind->close(face);
    tssb_face_close_handle(face, (uv_handle_t *)&face->timer);
}

void tssb_face_set_tap(struct tssb_face *face, tssb_face_tap *tap, void *context) {
    face->tap = tap;
    face->tap_context = context;
}

const char *tssb_face_name(const struct tssb_face *face) {
    return face->name;
}

struct tssb_face_counts tssb_face_counts(const struct tssb_face *face) {
    return face->counts;
}

size_t tssb_face_queued(const struct tssb_face *face) {
    return face->queue.count;
}
