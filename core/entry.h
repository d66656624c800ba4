/* One signed record of a feed: its name, DMX, signature and message ID (PROTOCOL.md 2).
 * These are pure functions over bytes; replica.h keeps the state of a feed. */
#ifndef TSSB_ENTRY_H
#define TSSB_ENTRY_H

#include "scheme.h"
#include "types.h"

/* Where an entry stands: what its NAME is made of, and what never travels. */
struct tssb_place {
    const uint8_t *fid;          /* 32 B, borrowed */
    uint32_t seq;                /* from 1 */
    uint8_t prev[TSSB_MID_SIZE]; /* the MID of the entry before, FID[0..20) for the first */
};

/* The place of the first entry of a feed. */
struct tssb_place tssb_entry_genesis(const uint8_t fid[TSSB_FID_SIZE]);

/* The DMX that the entry at this place has, whatever it holds. */
tssb_dmx tssb_entry_dmx(const struct tssb_place *place);

/* The message ID of the entry `wire` at this place. */
void tssb_entry_mid(const struct tssb_place *place, const uint8_t wire[TSSB_ENTRY_SIZE],
                    uint8_t mid[TSSB_MID_SIZE]);

/* Makes the signed entry of a place; key is the feed's own. */
void tssb_entry_sign(const struct tssb_key *key, const struct tssb_place *place, uint8_t type,
                     const uint8_t payload[TSSB_PAYLOAD_SIZE], uint8_t wire[TSSB_ENTRY_SIZE]);

/* Checks that `packet` is the entry of this place.
 * Returns 0, TSSB_E_SIZE, TSSB_E_DMX or TSSB_E_SIGNATURE; the signature is only computed where the
 * DMX fits. */
int tssb_entry_check(const struct tssb_trust *trust, const struct tssb_place *place,
                     const uint8_t *packet, size_t size);

static inline uint8_t tssb_entry_type(const uint8_t wire[TSSB_ENTRY_SIZE]) {
    return wire[TSSB_DMX_SIZE];
}

static inline const uint8_t *tssb_entry_payload(const uint8_t wire[TSSB_ENTRY_SIZE]) {
    return wire + TSSB_DMX_SIZE + 1;
}

#endif
