/* Two keys, a pool and an empty replica. */
#include "desk.h"

#include <string.h>

#include "core/bytes.h"
#include "core/check.h"
#include "core/error.h"

static void open_feed(struct desk *desk) {
    struct tssb_anchor anchor = tssb_anchor_whole(desk->author.fid);
    tssb_pool_init(&desk->pool, &tssb_mem_libc);
    tssb_pool_view_init(&desk->view, &desk->pool);
    TSSB_CHECK(desk->view.store.ops->open(&desk->view.store, &anchor, &desk->empty) == 0);
}

void desk_open(struct desk *desk) {
    static const uint8_t secrets[2][TSSB_SECRET_SIZE] = {{1}, {2}};
    const struct tssb_scheme *scheme = &tssb_scheme_hmac_sha512;
    TSSB_CHECK(tssb_scheme_init() == 0);
    tssb_key_init(&desk->author, scheme, secrets[0], secrets[0]);
    tssb_key_init(&desk->other, scheme, secrets[1], secrets[0]);
    desk->trust.scheme = scheme;
    memcpy(desk->trust.shared_secret, secrets[0], TSSB_SECRET_SIZE);
    desk->place = tssb_entry_genesis(desk->author.fid);
    open_feed(desk);
}

int desk_expected(const struct desk *desk, const uint8_t *packet, size_t size) {
    uint8_t due[TSSB_ENTRY_SIZE];
    if (size != TSSB_ENTRY_SIZE)
        return TSSB_E_SIZE;
    if (tssb_load_dmx(packet) != desk->empty.next_dmx)
        return TSSB_E_DMX;
    tssb_entry_sign(&desk->author, &desk->place, packet[7], packet + 8, due);
    return memcmp(due, packet, size) == 0 ? 0 : TSSB_E_SIGNATURE;
}

void desk_make_right(const struct desk *desk, uint8_t fate, uint8_t *packet, uint8_t at) {
    if (fate & DESK_RIGHT_DMX)
        tssb_store_dmx(packet, desk->empty.next_dmx);
    if (fate & DESK_SIGNED)
        tssb_entry_sign(fate & DESK_BY_ANOTHER ? &desk->other : &desk->author, &desk->place,
                        packet[7], packet + 8, packet);
    if (fate & DESK_DAMAGED)
        packet[at % TSSB_ENTRY_SIZE] ^= (uint8_t)(1 << (at & 7));
}

void desk_expect_taken(struct desk *desk, const struct tssb_replica *replica,
                       const uint8_t *packet) {
    uint8_t mid[TSSB_MID_SIZE];
    const uint8_t *wire;
    tssb_entry_mid(&desk->place, packet, mid);
    TSSB_CHECK(replica->front_seq == 1 && memcmp(replica->front_mid, mid, sizeof mid) == 0);
    TSSB_CHECK(desk->view.store.ops->read(&desk->view.store, replica, 1, &wire) == 0);
    TSSB_CHECK(memcmp(wire, packet, TSSB_ENTRY_SIZE) == 0);
    tssb_pool_view_close(&desk->view);
    tssb_pool_close(&desk->pool);
    open_feed(desk);
}
