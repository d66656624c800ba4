/* What a kind of face is: a table of functions that move packets, and nothing else. Queue, pace,
 * limits and counts are the same for all and live in face.c. A new kind is one file and one line in
 * face.c's table. */
#ifndef TSSB_FACE_KIND_H
#define TSSB_FACE_KIND_H

#include "core/posix/face.h"

enum tssb_face_sending {
    TSSB_FACE_SENT,
    TSSB_FACE_LATER,   /* not now: face.c tries again after a moment */
    TSSB_FACE_WAIT,    /* not now: the kind will call tssb_face_ready */
    TSSB_FACE_NO_PEER, /* dropped: nobody to send to */
    TSSB_FACE_FAILED,  /* dropped: the system refused */
};

struct tssb_face_kind {
    const char *name;
    size_t size;                      /* of its state, which is zeroed before open */
    uint64_t pace_ns, pace_jitter_ns; /* what is usual */
    uint64_t answer_bytes_per_s, answer_burst_bytes;

    /* Begins to receive. Returns 0, or tssb_face_fail's 2 or 3; close is called after either. */
    int (*open)(struct tssb_face *face, const char *address,
                const struct tssb_face_options *options, char **error);
    enum tssb_face_sending (*send)(struct tssb_face *face, const uint8_t *bytes, size_t size);
    /* Closes what was opened; handles by tssb_face_close_handle. */
    void (*close)(struct tssb_face *face);
    /* Frees what callbacks of the handles may have used until now. May be NULL. */
    void (*free)(struct tssb_face *face);
};

/* For kinds. */

/* The kind's own state. */
void *tssb_face_state(struct tssb_face *face);
uv_loop_t *tssb_face_loop(const struct tssb_face *face);
struct tssb_face_counts *tssb_face_tally(struct tssb_face *face);

/* Takes an initialised handle into account, whose data becomes the face: the face's memory stays
 * until all handles are closed. */
void tssb_face_add_handle(struct tssb_face *face, uv_handle_t *handle);
void tssb_face_close_handle(struct tssb_face *face, uv_handle_t *handle);

/* Hands a packet to the host, and counts. Returns false where the host has closed the face. */
bool tssb_face_take(struct tssb_face *face, const uint8_t *bytes, size_t size);

/* After TSSB_FACE_WAIT: the queue may go on. */
void tssb_face_ready(struct tssb_face *face);

/* Tells the host why a packet could not be sent, once until one can. Returns TSSB_FACE_FAILED. */
enum tssb_face_sending tssb_face_send_failed(struct tssb_face *face, const char *why);

/* A line for the log, after the face's name. */
void tssb_face_tell(struct tssb_face *face, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes *error, a line for the user, after the face's name. Returns status. */
int tssb_face_fail(const struct tssb_face *face, int status, char **error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

extern const struct tssb_face_kind tssb_face_multicast, tssb_face_udp, tssb_face_listen,
    tssb_face_kiss;

#endif
