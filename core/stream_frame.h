/* The frames of a byte stream: what two authors write into their feeds for each other. A frame is
 * the content of one entry, plain or with a side chain. Numbers are Bitcoin varints (chain.h), all
 * of them minimal:
 *
 *     "tS1"      3 B   and version
 *     to         5 B   the first of the addressee's feed ID
 *     flags      1 B   enum tssb_stream_flag; a frame with any other bit is refused
 *     session    1..5  sessions of the two count from 1, in both directions alike
 *     ack        1..9  bytes of the addressee's stream that were delivered, from its beginning
 *     offset     1..9  with DATA alone: where in the writer's stream the bytes stand ...
 *     length     1..5  ... and how many; at most TSSB_STREAM_DATA_MAX
 *     bytes            in a plain entry zeros follow, a side chain ends with them
 *
 * All down to `ack` takes 23 B at most, so it stands in the entry itself, whose side chain need not
 * be there to read it. */
#ifndef TSSB_STREAM_FRAME_H
#define TSSB_STREAM_FRAME_H

#include "types.h"

enum {
    TSSB_STREAM_TO_SIZE = 5,
    TSSB_STREAM_HEADER_MAX = 37,
    TSSB_STREAM_DATA_MAX = 256 * 1024,
};

enum tssb_stream_flag {
    TSSB_STREAM_DATA = 1,     /* offset, length and bytes follow */
    TSSB_STREAM_END = 2,      /* the writer's stream ends behind them; with DATA alone */
    TSSB_STREAM_ASK = 4,      /* please acknowledge at once */
    TSSB_STREAM_READ_END = 8, /* the addressee's stream is delivered to its end */
    TSSB_STREAM_CLOSE = 16,   /* so is the writer's, as it knows: the session is over for it */
};

struct tssb_stream_frame {
    uint8_t to[TSSB_STREAM_TO_SIZE];
    uint8_t flags;
    uint32_t session;
    uint32_t length;
    uint64_t ack, offset;
};

/* Writes the header; returns its size. */
size_t tssb_stream_frame_encode(const struct tssb_stream_frame *frame,
                                uint8_t header[TSSB_STREAM_HEADER_MAX]);

/* Reads down to `ack`, as the content of any entry may begin. Returns the size read, or TSSB_E_SIZE
 * or TSSB_E_VARINT where it is no frame. */
int tssb_stream_frame_head(const uint8_t *content, size_t size, struct tssb_stream_frame *frame);

/* Reads the header of a frame's whole content; offset and length are 0 without DATA. Returns its
 * size, or as above; TSSB_E_TOO_LONG where a length is declared that no frame has, or its end would
 * be past 2^64. */
int tssb_stream_frame_decode(const uint8_t *content, size_t size, struct tssb_stream_frame *frame);

#endif
