/* Sizes and small types that every module of the core shares (PROTOCOL.md 1 and 2, in
 * core/README.md). */
#ifndef TSSB_TYPES_H
#define TSSB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TSSB_FID_SIZE = 32,
    TSSB_MID_SIZE = 20,
    TSSB_PTR_SIZE = 20,
    TSSB_DMX_SIZE = 7,
    TSSB_SECRET_SIZE = 32,
    TSSB_PAYLOAD_SIZE = 48,
    TSSB_SIGNATURE_SIZE = 64,
    TSSB_ENTRY_SIZE = 120,
    TSSB_BLOB_SIZE = 120,
    TSSB_PACKET_SIZE = 250, /* the largest datagram that a PoC-01 node reads whole */
};

/* Entry types. Any other value is stored and replicated as opaque bytes. */
enum { TSSB_PLAIN48 = 0, TSSB_CHAIN20 = 1 };

/* The seven bytes that open a packet, read as one big-endian number below 2^56. */
typedef uint64_t tssb_dmx;

/* A time or a moment that never comes, in nanoseconds. */
#define TSSB_NEVER UINT64_MAX

/* What a packet is sent on when it goes out on every face of the node. */
#define TSSB_ALL_FACES UINT32_MAX

#endif
