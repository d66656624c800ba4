/* Faces of a real node: multicast groups, UDP peers, serial lines, on a libuv loop (PROTOCOL.md 7).
 * Each has a bounded, paced queue of what it is to send, a limit to what it answers, and counts. A
 * host gets what arrives through a callback; tssb node and tssb bridge are hosts. */
#ifndef TSSB_FACE_H
#define TSSB_FACE_H

#include <uv.h>

#include "core/types.h"

struct tssb_face;

/* clang-format off */
#define TSSB_FACE_COUNT_TABLE(X) \
    X(received_packets) \
    X(received_bytes) \
    X(sent_packets) \
    X(sent_bytes) \
    X(own)            /* own packets that came back, dropped */ \
    X(malformed)      /* empty packets, bad frames, and packets too long for the face to send */ \
    X(overflow)       /* not sent: the queue was full */ \
    X(queued_already) /* not queued again */ \
    X(refused)        /* answers over the face's limit */ \
    X(no_peer)        /* not sent: a listening face has not heard of its peer yet */ \
    X(errors)         /* the system refused to send */
/* clang-format on */

struct tssb_face_counts {
#define TSSB_FACE_COUNT_FIELD(name) uint64_t name;
    TSSB_FACE_COUNT_TABLE(TSSB_FACE_COUNT_FIELD)
#undef TSSB_FACE_COUNT_FIELD
};

/* Of a pace: as is usual for the kind of face. */
#define TSSB_FACE_USUAL UINT64_MAX

/* Start from tssb_face_defaults, where everything is as usual. Borrowed during tssb_face_open. */
struct tssb_face_options {
    uint64_t pace_ns;        /* least time between two packets; 0: none */
    uint64_t pace_jitter_ns; /* and up to so much more; usual is a tenth of a pace that was given */
    uint64_t answer_bytes_per_s;     /* token bucket for answers; 0: usual for the kind */
    uint64_t answer_burst_bytes;     /* 0: usual for the kind */
    uint32_t queue_packets;          /* bound of the queue; 0: 256 */
    uint32_t baud;                   /* serial; 0: 115200 */
    const char *multicast_interface; /* name or address; NULL: the system's choice */
};

extern const struct tssb_face_options tssb_face_defaults;

/* Called with each packet that arrives, of 1 to 65535 bytes, valid during the call. It may send,
 * and close the face. */
typedef void tssb_face_received(void *context, struct tssb_face *face, const uint8_t *bytes,
                                size_t size);

/* A line for the log: "kiss /dev/ttyUSB0: unplugged, trying again every second". */
typedef void tssb_face_notice(void *context, const struct tssb_face *face, const char *line);

/* Told of each packet that came in, before the host is, and of each that left (not of those that
 * wait, or that nobody is there to send to). */
typedef void tssb_face_tap(void *context, const struct tssb_face *face, bool outbound,
                           const uint8_t *bytes, size_t size);

/* Opens a face by its kind and address as on the command line:
 *     "mc" "224.1.1.1/5000", "udp" "192.168.4.1/5001", "listen" "5001", "kiss" "/dev/ttyUSB0"
 * notice may be NULL. Returns 0; 2 where the address is wrong, 3 where the system refuses, with
 * *error, a line for the user that the caller frees (NULL where memory ran out). */
int tssb_face_open(struct tssb_face **face, uv_loop_t *loop, const char *kind, const char *address,
                   const struct tssb_face_options *options, tssb_face_received *received,
                   tssb_face_notice *notice, void *context, char **error);

/* Sets who is told; one at most. It must not close the face. */
void tssb_face_set_tap(struct tssb_face *face, tssb_face_tap *tap, void *context);

/* Stops it: nothing is called any more, what is queued is dropped. The loop frees its memory within
 * its next turns. */
void tssb_face_close(struct tssb_face *face);

/* Sends a packet of up to TSSB_PACKET_SIZE bytes, now or as soon as pace and line allow. answer: it
 * answers a request, and counts against the face's limit; answers never take more than half of the
 * queue. Returns false where it was dropped (and counted); a packet that is queued already is on
 * its way. */
bool tssb_face_send(struct tssb_face *face, const uint8_t *bytes, size_t size, bool answer);

/* Whether an answer would be sent now. A host that asks before it does the work of a request cannot
 * be made to work for answers that are never sent. Counts a refusal. */
bool tssb_face_may_answer(struct tssb_face *face);

/* "mc 224.1.1.1/5000" */
const char *tssb_face_name(const struct tssb_face *face);
struct tssb_face_counts tssb_face_counts(const struct tssb_face *face);

/* How many packets wait in the queue. */
size_t tssb_face_queued(const struct tssb_face *face);

/* The names of the kinds, ended by NULL: "mc", "udp", ... */
extern const char *const tssb_face_kinds[];

#endif
