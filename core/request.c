/* WANT, NEED and RANGE packets. A WANT's and a RANGE's DMX name the feed, so that a node without it
 * drops the packet after one look-up. */
#include "request.h"

#include <sodium.h>
#include <string.h>

#include "bytes.h"
#include "check.h"
#include "error.h"

static tssb_dmx hash_two(const void *first, size_t first_size, const char *word) {
    crypto_hash_sha256_state state;
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, first, first_size);
    crypto_hash_sha256_update(&state, (const uint8_t *)word, strlen(word));
    crypto_hash_sha256_final(&state, hash);
    return tssb_load_dmx(hash);
}

tssb_dmx tssb_want_dmx(const uint8_t fid[TSSB_FID_SIZE]) {
    return hash_two(fid, TSSB_FID_SIZE, "want");
}

tssb_dmx tssb_range_dmx(const uint8_t fid[TSSB_FID_SIZE]) {
    return hash_two(fid, TSSB_FID_SIZE, "range");
}

tssb_dmx tssb_need_dmx(void) {
    return 0x47275c50f627c8; /* H("tinyssb-v0" | "blobs"), the same everywhere; a test computes it
                              */
}

size_t tssb_want_encode(const struct tssb_want *wants, size_t count, tssb_dmx dmx,
                        uint8_t packet[TSSB_PACKET_SIZE]) {
    TSSB_CHECK(count >= 1 && count <= TSSB_WANTS_MAX);
    uint8_t *at = packet + TSSB_DMX_SIZE;
    tssb_store_dmx(packet, dmx);
    for (size_t i = 0; i < count; i++, at += TSSB_WANT_SIZE) {
        memcpy(at, wants[i].fid, TSSB_FID_SIZE);
        tssb_store32(at + TSSB_FID_SIZE, wants[i].seq);
    }
    return (size_t)(at - packet);
}

size_t tssb_need_encode(const struct tssb_need *needs, size_t count,
                        uint8_t packet[TSSB_PACKET_SIZE]) {
    TSSB_CHECK(count >= 1 && count <= TSSB_NEEDS_MAX);
    uint8_t *at = packet + TSSB_DMX_SIZE;
    tssb_store_dmx(packet, tssb_need_dmx());
    for (size_t i = 0; i < count; i++, at += TSSB_NEED_SIZE) {
        memcpy(at, needs[i].ptr, TSSB_PTR_SIZE);
        tssb_store16(at + TSSB_PTR_SIZE, needs[i].credit);
    }
    return (size_t)(at - packet);
}

size_t tssb_range_encode(const struct tssb_range *range, tssb_dmx dmx,
                         uint8_t packet[TSSB_PACKET_SIZE]) {
    uint8_t *at = packet + TSSB_DMX_SIZE;
    tssb_store_dmx(packet, dmx);
    memcpy(at, range->fid, TSSB_FID_SIZE);
    tssb_store32(at + TSSB_FID_SIZE, range->seq);
    tssb_store16(at + TSSB_FID_SIZE + 4, range->credit);
    return TSSB_DMX_SIZE + TSSB_RANGE_SIZE;
}

/* The part of a DMX that says which entry is held. */
static uint16_t held_id(tssb_dmx dmx) {
    return (uint16_t)(dmx >> 8 * (TSSB_DMX_SIZE - TSSB_HELD_SIZE));
}

size_t tssb_range_except(uint8_t packet[TSSB_PACKET_SIZE], size_t size, tssb_dmx held) {
    TSSB_CHECK(size <= TSSB_PACKET_SIZE - TSSB_HELD_SIZE);
    tssb_store16(packet + size, held_id(held));
    return size + TSSB_HELD_SIZE;
}

bool tssb_range_excepts(const uint8_t *packet, size_t size, tssb_dmx dmx) {
    size_t end = size < TSSB_PACKET_SIZE ? size : TSSB_PACKET_SIZE;
    for (size_t at = TSSB_DMX_SIZE + TSSB_RANGE_SIZE; at + TSSB_HELD_SIZE <= end;
         at += TSSB_HELD_SIZE)
        if (tssb_load16(packet + at) == held_id(dmx))
            return true;
    return false;
}

static size_t whole_requests(size_t size, size_t request_size) {
    if (size > TSSB_PACKET_SIZE)
        size = TSSB_PACKET_SIZE;
    return size < TSSB_DMX_SIZE ? 0 : (size - TSSB_DMX_SIZE) / request_size;
}

size_t tssb_want_count(size_t size) {
    return whole_requests(size, TSSB_WANT_SIZE);
}

size_t tssb_need_count(size_t size) {
    return whole_requests(size, TSSB_NEED_SIZE);
}

void tssb_want_decode(const uint8_t *packet, size_t index, struct tssb_want *want) {
    const uint8_t *at = packet + TSSB_DMX_SIZE + index * TSSB_WANT_SIZE;
    memcpy(want->fid, at, TSSB_FID_SIZE);
    want->seq = tssb_load32(at + TSSB_FID_SIZE);
}

void tssb_need_decode(const uint8_t *packet, size_t index, struct tssb_need *need) {
    const uint8_t *at = packet + TSSB_DMX_SIZE + index * TSSB_NEED_SIZE;
    memcpy(need->ptr, at, TSSB_PTR_SIZE);
    need->credit = tssb_load16(at + TSSB_PTR_SIZE);
}

int tssb_range_decode(const uint8_t *packet, size_t size, struct tssb_range *range) {
    if (size < TSSB_DMX_SIZE + TSSB_RANGE_SIZE)
        return TSSB_E_SIZE;
    const uint8_t *at = packet + TSSB_DMX_SIZE;
    memcpy(range->fid, at, TSSB_FID_SIZE);
    range->seq = tssb_load32(at + TSSB_FID_SIZE);
    range->credit = tssb_load16(at + TSSB_FID_SIZE + 4);
    return 0;
}
