/* Entry names, DMX values, signatures and message IDs: SHA-256 and the scheme over a 66 B name. */
#include "entry.h"

#include <sodium.h>
#include <string.h>

#include "bytes.h"
#include "error.h"

#define PREFIX "tinyssb-v0"

enum {
    PREFIX_SIZE = sizeof PREFIX - 1,
    NAME_SIZE = PREFIX_SIZE + TSSB_FID_SIZE + 4 + TSSB_MID_SIZE,
    SIGNED_SIZE = TSSB_ENTRY_SIZE - TSSB_SIGNATURE_SIZE, /* of the wire form: DMX, type, payload */
};

static void name_of(const struct tssb_place *place, uint8_t name[NAME_SIZE]) {
    memcpy(name, PREFIX, PREFIX_SIZE);
    memcpy(name + PREFIX_SIZE, place->fid, TSSB_FID_SIZE);
    tssb_store32(name + PREFIX_SIZE + TSSB_FID_SIZE, place->seq);
    memcpy(name + PREFIX_SIZE + TSSB_FID_SIZE + 4, place->prev, TSSB_MID_SIZE);
}

/* NAME | DMX | TYPE | PAYLOAD, which is what the author signs. */
static void message_of(const struct tssb_place *place, const uint8_t wire[TSSB_ENTRY_SIZE],
                       uint8_t message[NAME_SIZE + SIGNED_SIZE]) {
    name_of(place, message);
    memcpy(message + NAME_SIZE, wire, SIGNED_SIZE);
}

struct tssb_place tssb_entry_genesis(const uint8_t fid[TSSB_FID_SIZE]) {
    struct tssb_place place = {.fid = fid, .seq = 1};
    memcpy(place.prev, fid, TSSB_MID_SIZE);
    return place;
}

tssb_dmx tssb_entry_dmx(const struct tssb_place *place) {
    uint8_t name[NAME_SIZE], hash[crypto_hash_sha256_BYTES];
    name_of(place, name);
    crypto_hash_sha256(hash, name, sizeof name);
    return tssb_load_dmx(hash);
}

void tssb_entry_mid(const struct tssb_place *place, const uint8_t wire[TSSB_ENTRY_SIZE],
                    uint8_t mid[TSSB_MID_SIZE]) {
    uint8_t named[NAME_SIZE + TSSB_ENTRY_SIZE], hash[crypto_hash_sha256_BYTES];
    name_of(place, named);
    memcpy(named + NAME_SIZE, wire, TSSB_ENTRY_SIZE);
    crypto_hash_sha256(hash, named, sizeof named);
    memcpy(mid, hash, TSSB_MID_SIZE);
}

void tssb_entry_sign(const struct tssb_key *key, const struct tssb_place *place, uint8_t type,
                     const uint8_t payload[TSSB_PAYLOAD_SIZE], uint8_t wire[TSSB_ENTRY_SIZE]) {
    uint8_t message[NAME_SIZE + SIGNED_SIZE];
    tssb_store_dmx(wire, tssb_entry_dmx(place));
    wire[TSSB_DMX_SIZE] = type;
    memcpy(wire + TSSB_DMX_SIZE + 1, payload, TSSB_PAYLOAD_SIZE);
    message_of(place, wire, message);
    key->scheme->sign(key, message, sizeof message, wire + SIGNED_SIZE);
}

int tssb_entry_check(const struct tssb_trust *trust, const struct tssb_place *place,
                     const uint8_t *packet, size_t size) {
    uint8_t message[NAME_SIZE + SIGNED_SIZE];
    if (size != TSSB_ENTRY_SIZE)
        return TSSB_E_SIZE;
    if (tssb_load_dmx(packet) != tssb_entry_dmx(place))
        return TSSB_E_DMX;
    message_of(place, packet, message);
    if (!trust->scheme->verify(trust, place->fid, message, sizeof message, packet + SIGNED_SIZE))
        return TSSB_E_SIGNATURE;
    return 0;
}
