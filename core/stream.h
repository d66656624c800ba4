/* A byte stream in each direction between the authors of two feeds that follow each other: reliable
 * and in order, over whatever carries their entries, whenever it does. Like all of the core it does
 * no input or output of its own.
 *
 * Each side writes frames (stream_frame.h) into its own feed and reads those of its peer's. Feeds
 * and side chains are what makes it reliable; the stream adds an end, a window, and who has read
 * what. A frame acknowledges all bytes delivered so far: with data where there are any, else on a
 * frame of its own after a while, which is never acknowledged itself. A writer stops while a window
 * of bytes is not acknowledged, and acknowledgements count bytes that the application has taken.
 *
 * A session is one stream each way, from offset 0 to its end. It is over once each side knows that
 * both streams are delivered; then, or where it gives up, the host sets place.closed, and the next
 * tssb_stream_open begins another. A peer that is not through with the old one is told.
 *
 * A restart: the feed itself says what was written. What was delivered is said by struct
 * tssb_stream_place, which the host keeps durably: after each tssb_stream_taken, and the
 * application's side of it first. The place may be older than the feeds, or lost: then what came
 * since the last acknowledgement is delivered again, unless the host knows better
 * (tssb_stream_seek).
 *
 *     tssb_stream_open(&stream, &node, peer, &settings, &place, mem);
 *     count = tssb_stream_write(&stream, bytes, size, now);  // as much as it takes
 *     tssb_stream_finish(&stream);                           // no more is to come
 *     tssb_stream_step(&stream, now);        // when a packet came, and at tssb_stream_next_wake
 *     count = tssb_stream_peek(&stream, &bytes);             // give them to the application, then
 *     tssb_stream_taken(&stream, count, now);                // and keep stream.place
 */
#ifndef TSSB_STREAM_H
#define TSSB_STREAM_H

#include "chain.h"
#include "node.h"
#include "stream_frame.h"

struct tssb_stream_settings {
    uint32_t window;       /* bytes that may be unacknowledged, at least 1 */
    uint64_t coalesce_ns;  /* how long a small write waits for more */
    uint64_t ack_delay_ns; /* how long an acknowledgement waits for data to go with */
};

/* 4 MiB, 5 ms, 500 ms. */
extern const struct tssb_stream_settings tssb_stream_defaults;

/* What a restart begins from. All zero: no session yet. */
struct tssb_stream_place {
    uint32_t session;
    uint32_t own_seq;   /* the session's frames come after this entry of the own feed ... */
    uint32_t peer_from; /* ... and after this one of the peer's */
    uint32_t peer_seq;  /* entries of the peer down to this one are done with */
    uint64_t delivered; /* bytes of the peer's stream */
    uint64_t acked;     /* bytes of the own stream that the peer acknowledged */
    bool ended;         /* the peer's stream is delivered to its end */
    bool end_acked;     /* the peer has read the own stream to its end */
    bool closed;        /* the next open begins another session: set by the host, when its user has
                           been told that this one is over, or gives it up */
};

enum tssb_stream_failure {
    TSSB_STREAM_WELL,
    TSSB_STREAM_GIVEN_UP, /* the peer began another session before this one was over */
    TSSB_STREAM_GAP,      /* bytes are missing in the peer's feed: what carried them is no chain */
};

/* What has been read. */
enum tssb_stream_in {
    TSSB_STREAM_BETWEEN, /* frames */
    TSSB_STREAM_COMING,  /* blobs of the side chain of entry place.peer_seq + 1 are missing */
    TSSB_STREAM_READY,   /* a frame's bytes, in part delivered */
};

struct tssb_stream {
    struct tssb_node *node; /* borrowed, as is mem */
    const struct tssb_mem *mem;
    struct tssb_stream_settings settings;
    uint32_t peer; /* the replica */
    struct tssb_stream_place place;
    enum tssb_stream_failure failure;

    /* What this side writes. */
    uint64_t sent;     /* bytes in the own feed */
    uint64_t asked;    /* of them, before the last frame that asked for an acknowledgement */
    uint64_t ack_sent; /* bytes of the peer's stream that the own feed acknowledges */
    uint8_t *out;      /* what is not in the feed yet, behind room for a header */
    uint32_t out_count, frame_max;
    uint64_t out_since_ns; /* when the first of it was written */
    bool finished;         /* no more is to come */
    bool end_sent, read_end_sent, close_sent;

    /* What it has heard of the peer. */
    uint32_t heard_seq; /* entries of the peer down to this one have been looked at */
    bool peer_closed;   /* the session is over for it */

    /* What it reads. */
    enum tssb_stream_in state;
    struct tssb_chain_reader chain;
    struct tssb_stream_frame frame;
    uint8_t *in; /* the content of the frame */
    size_t in_count;
    size_t in_at;     /* the first byte to deliver */
    uint32_t skipped; /* entries of the peer that begin like a frame to this side and are none */
    uint64_t ack_due_ns;
    bool busy; /* there is more to read at once */
};

/* Begins, or goes on, where `place` says; peer is the replica of the peer's feed, and the node has
 * one of its own. settings is copied. Returns 0, TSSB_E_READ_ONLY where there is no own feed,
 * TSSB_E_MEMORY or what the store returned. */
int tssb_stream_open(struct tssb_stream *stream, struct tssb_node *node, uint32_t peer,
                     const struct tssb_stream_settings *settings,
                     const struct tssb_stream_place *place, const struct tssb_mem *mem);
void tssb_stream_close(struct tssb_stream *stream);

/* The host knows that so many bytes were delivered, be it more or less than place.delivered. Before
 * the first step. */
void tssb_stream_seek(struct tssb_stream *stream, uint64_t delivered);

/* Takes up to `size` bytes; returns how many: 0 while the window is full, or after the end. */
size_t tssb_stream_write(struct tssb_stream *stream, const void *bytes, size_t size,
                         uint64_t now_ns);

/* How many bytes a write would take now. */
size_t tssb_stream_room(const struct tssb_stream *stream);

/* The stream ends behind what was written. */
void tssb_stream_finish(struct tssb_stream *stream);

/* *bytes are those to deliver next, valid until the next call; returns how many. */
size_t tssb_stream_peek(const struct tssb_stream *stream, const uint8_t **bytes);

/* The application has so many of them. */
void tssb_stream_taken(struct tssb_stream *stream, size_t count, uint64_t now_ns);

/* Reads what has come, and writes what is due. Not from the node's callbacks. Returns 0 or an error
 * of tssb_node_append; it may be called again. */
int tssb_stream_step(struct tssb_stream *stream, uint64_t now_ns);

/* When the next step is due at the latest, if nothing comes in; TSSB_NEVER. */
uint64_t tssb_stream_next_wake(const struct tssb_stream *stream);

/* Whether the session is over: both streams are delivered, and this side's feed says so. The peer
 * may still have to hear of it, unless peer_closed. */
bool tssb_stream_is_over(const struct tssb_stream *stream);

#endif
