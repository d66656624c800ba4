/* Entries: any packet where the first entry of a feed is due. What is taken is what its author
 * would have signed, and moves the replica by one; what is refused changes nothing. The first byte
 * says what is made right of the packet, so that not only the first check is reached. By
 * hmac-sha512, which is fast: signature.c has both schemes. */
#include "fuzz.h"

#include "core/bytes.h"
#include "core/check.h"
#include "core/entry.h"
#include "core/error.h"
#include "core/pool.h"
#include "core/replica.h"
#include "shared/replica.h"

enum { RIGHT_DMX = 1, SIGNED = 2, BY_ANOTHER = 4, DAMAGED = 8 };

/* A feed that nobody has written yet. */
static struct desk {
    struct tssb_key author, other;
    struct tssb_trust trust;
    struct tssb_place place;
    struct tssb_pool pool;
    struct tssb_pool_view view;
    struct tssb_replica empty;
} desk;

static void open_feed(void) {
    struct tssb_anchor anchor = tssb_anchor_whole(desk.author.fid);
    tssb_pool_init(&desk.pool, &tssb_mem_libc);
    tssb_pool_view_init(&desk.view, &desk.pool);
    TSSB_CHECK(desk.view.store.ops->open(&desk.view.store, &anchor, &desk.empty) == 0);
}

static void set_up(void) {
    static const uint8_t secrets[2][TSSB_SECRET_SIZE] = {{1}, {2}};
    const struct tssb_scheme *scheme = &tssb_scheme_hmac_sha512;
    TSSB_CHECK(tssb_scheme_init() == 0);
    tssb_key_init(&desk.author, scheme, secrets[0], secrets[0]);
    tssb_key_init(&desk.other, scheme, secrets[1], secrets[0]);
    desk.trust.scheme = scheme;
    memcpy(desk.trust.shared_secret, secrets[0], TSSB_SECRET_SIZE);
    desk.place = tssb_entry_genesis(desk.author.fid);
    open_feed();
}

/* What is to come of a packet, said in the plainest way: signing is deterministic. */
static int expected(const uint8_t *packet, size_t size) {
    uint8_t due[TSSB_ENTRY_SIZE];
    if (size != TSSB_ENTRY_SIZE)
        return TSSB_E_SIZE;
    if (tssb_load_dmx(packet) != desk.empty.next_dmx)
        return TSSB_E_DMX;
    tssb_entry_sign(&desk.author, &desk.place, packet[7], packet + 8, due);
    return memcmp(due, packet, size) == 0 ? 0 : TSSB_E_SIGNATURE;
}

static void make_right(uint8_t fate, uint8_t *packet, uint8_t at) {
    if (fate & RIGHT_DMX)
        tssb_store_dmx(packet, desk.empty.next_dmx);
    if (fate & SIGNED)
        tssb_entry_sign(fate & BY_ANOTHER ? &desk.other : &desk.author, &desk.place, packet[7],
                        packet + 8, packet);
    if (fate & DAMAGED)
        packet[at % TSSB_ENTRY_SIZE] ^= (uint8_t)(1 << (at & 7));
}

static void expect_taken(const struct tssb_replica *replica, const uint8_t *packet) {
    uint8_t mid[TSSB_MID_SIZE];
    const uint8_t *wire;
    tssb_entry_mid(&desk.place, packet, mid);
    TSSB_CHECK(replica->front_seq == 1 && memcmp(replica->front_mid, mid, sizeof mid) == 0);
    TSSB_CHECK(desk.view.store.ops->read(&desk.view.store, replica, 1, &wire) == 0);
    TSSB_CHECK(memcmp(wire, packet, TSSB_ENTRY_SIZE) == 0);
    tssb_pool_view_close(&desk.view);
    tssb_pool_close(&desk.pool);
    open_feed();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    uint8_t packet[TSSB_PACKET_SIZE], fate = fuzz_byte(&input), at = fuzz_byte(&input);
    bool computed;
    if (!desk.trust.scheme)
        set_up();
    size_t packet_size = input.left < sizeof packet ? input.left : sizeof packet;
    fuzz_fill(&input, packet, sizeof packet);
    make_right(fate, packet, at);
    if (fate & SIGNED)
        packet_size = TSSB_ENTRY_SIZE;
    struct tssb_replica replica = desk.empty;
    int error = tssb_replica_append(&replica, &desk.view.store, &desk.trust, packet, packet_size,
                                    &computed);
    TSSB_CHECK(error == expected(packet, packet_size));
    TSSB_CHECK(error == tssb_entry_check(&desk.trust, &desk.place, packet, packet_size));
    TSSB_CHECK(strlen(tssb_error_text(error)) > 0);
    TSSB_CHECK(computed == (error == 0 || error == TSSB_E_SIGNATURE));
    if (error == 0)
        expect_taken(&replica, packet);
    else
        TSSB_CHECK(replica_same(&replica, &desk.empty));
    return 0;
}
