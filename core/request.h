/* The three requests (PROTOCOL.md 4): WANT an entry, NEED a blob, and the extension RANGE.
 * Codecs over bytes. Decoders read whole requests only and ignore what trails them. */
#ifndef TSSB_REQUEST_H
#define TSSB_REQUEST_H

#include "types.h"

struct tssb_want {
    uint8_t fid[TSSB_FID_SIZE];
    uint32_t seq;
};

struct tssb_need {
    uint8_t ptr[TSSB_PTR_SIZE];
    uint16_t credit; /* how many blobs, the named one included */
};

/* EXTENSION: what follows the RANGE in its packet is n x HELD(2), the first two bytes of the DMX of
 * entries that the asker has got already, though it cannot tell yet which they are. They are passed
 * over, all but the entry seq itself, which the asker knows that it lacks; so two bytes suffice.
 * One who does not know of this sends them all. */
struct tssb_range {
    uint8_t fid[TSSB_FID_SIZE];
    uint32_t seq;
    uint16_t credit; /* how many entries, from seq on; what is passed over counts too */
};

enum {
    TSSB_WANT_SIZE = TSSB_FID_SIZE + 4, /* of one request, without the DMX */
    TSSB_NEED_SIZE = TSSB_PTR_SIZE + 2,
    TSSB_RANGE_SIZE = TSSB_FID_SIZE + 6,
    TSSB_HELD_SIZE = 2,
    TSSB_WANTS_MAX = (TSSB_PACKET_SIZE - TSSB_DMX_SIZE) / TSSB_WANT_SIZE, /* 6 a packet */
    TSSB_NEEDS_MAX = (TSSB_PACKET_SIZE - TSSB_DMX_SIZE) / TSSB_NEED_SIZE, /* 11 a packet */
};

tssb_dmx tssb_want_dmx(const uint8_t fid[TSSB_FID_SIZE]);
tssb_dmx tssb_range_dmx(const uint8_t fid[TSSB_FID_SIZE]);
tssb_dmx tssb_need_dmx(void);

/* Encoders write the whole packet and return its size. count: from 1 to the table above's maximum.
 * dmx: tssb_want_dmx of the first request's feed, which callers have at hand. */
size_t tssb_want_encode(const struct tssb_want *wants, size_t count, tssb_dmx dmx,
                        uint8_t packet[TSSB_PACKET_SIZE]);
size_t tssb_need_encode(const struct tssb_need *needs, size_t count,
                        uint8_t packet[TSSB_PACKET_SIZE]);
size_t tssb_range_encode(const struct tssb_range *range, tssb_dmx dmx,
                         uint8_t packet[TSSB_PACKET_SIZE]);

/* Adds an entry that is held to a RANGE packet of `size` bytes with room for it. Returns its size.
 */
size_t tssb_range_except(uint8_t packet[TSSB_PACKET_SIZE], size_t size, tssb_dmx held);

/* How many whole requests a packet of `size` bytes carries; no more than the maximum above. */
size_t tssb_want_count(size_t size);
size_t tssb_need_count(size_t size);

/* The request of this index, below the count. */
void tssb_want_decode(const uint8_t *packet, size_t index, struct tssb_want *want);
void tssb_need_decode(const uint8_t *packet, size_t index, struct tssb_need *need);

/* Whether a RANGE packet says that the entry of this DMX is held. */
bool tssb_range_excepts(const uint8_t *packet, size_t size, tssb_dmx dmx);

/* Returns 0 or TSSB_E_SIZE. */
int tssb_range_decode(const uint8_t *packet, size_t size, struct tssb_range *range);

#endif
