/* Each kind of request is decoded, encoded and compared. */
#include "requests.h"

#include <string.h>

#include "core/bytes.h"
#include "core/check.h"
#include "core/error.h"
#include "core/request.h"

void requests_expect_wants(const uint8_t *packet, size_t size) {
    struct tssb_want wants[TSSB_WANTS_MAX];
    uint8_t again[TSSB_PACKET_SIZE];
    size_t count = tssb_want_count(size);
    TSSB_CHECK(count <= TSSB_WANTS_MAX);
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        tssb_want_decode(packet, i, &wants[i]);
    size_t whole = tssb_want_encode(wants, count, tssb_load_dmx(packet), again);
    TSSB_CHECK(whole == 7 + 36 * count && whole <= size && memcmp(again, packet, whole) == 0);
    TSSB_CHECK(size - whole < 36 || count == TSSB_WANTS_MAX);
}

void requests_expect_needs(const uint8_t *packet, size_t size) {
    struct tssb_need needs[TSSB_NEEDS_MAX];
    uint8_t again[TSSB_PACKET_SIZE];
    size_t count = tssb_need_count(size);
    TSSB_CHECK(count <= TSSB_NEEDS_MAX);
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        tssb_need_decode(packet, i, &needs[i]);
    size_t whole = tssb_need_encode(needs, count, again);
    TSSB_CHECK(whole == 7 + 22 * count && whole <= size);
    TSSB_CHECK(tssb_load_dmx(again) == tssb_need_dmx());
    TSSB_CHECK(memcmp(again + 7, packet + 7, whole - 7) == 0);
    TSSB_CHECK(size - whole < 22 || count == TSSB_NEEDS_MAX);
}

/* What follows a RANGE are HELDs of two bytes, as far as a packet reaches. */
static void expect_helds(const uint8_t *packet, size_t size, uint8_t *again, size_t whole) {
    size_t end = size < TSSB_PACKET_SIZE ? size : TSSB_PACKET_SIZE;
    tssb_dmx probe = tssb_load_dmx(packet);
    bool listed = false;
    for (size_t at = whole; at + TSSB_HELD_SIZE <= end; at += TSSB_HELD_SIZE) {
        tssb_dmx held = (tssb_dmx)tssb_load16(packet + at) << 40 | 7;
        TSSB_CHECK(tssb_range_excepts(packet, size, held));
        TSSB_CHECK(tssb_range_except(again, at, held) == at + TSSB_HELD_SIZE);
        listed |= held >> 40 == probe >> 40;
        whole = at + TSSB_HELD_SIZE;
    }
    TSSB_CHECK(memcmp(again, packet, whole) == 0);
    TSSB_CHECK(tssb_range_excepts(packet, size, probe) == listed);
}

void requests_expect_range(const uint8_t *packet, size_t size) {
    struct tssb_range range;
    uint8_t again[TSSB_PACKET_SIZE];
    int error = tssb_range_decode(packet, size, &range);
    TSSB_CHECK(error == (size < 45 ? TSSB_E_SIZE : 0));
    if (error)
        return;
    size_t whole = tssb_range_encode(&range, tssb_load_dmx(packet), again);
    TSSB_CHECK(whole == 45 && memcmp(again, packet, whole) == 0);
    expect_helds(packet, size, again, whole);
}
