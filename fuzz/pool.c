/* The pool that a world shares, against replicas that keep their own copies: an author who signs
 * several entries at one number forks its feed, and each replica stays on the branch that it saw
 * first; anchors anywhere; blobs by view; memory runs out now and then. */
#include "fuzz.h"

#include "core/chain.h"
#include "core/check.h"
#include "core/entry.h"
#include "core/error.h"
#include "core/pool.h"
#include "core/replica.h"
#include "shared/replica.h"
#include "support.h"

enum { VIEWS = 2, REPLICAS = 4, ENTRIES_MAX = 24, BLOBS = 4 };

/* A replica as the pool has it, and all that it should hold. */
struct copy {
    struct tssb_replica replica;
    struct tssb_anchor anchor;
    uint8_t wires[ENTRIES_MAX][TSSB_ENTRY_SIZE];
    uint32_t count;
    bool open;
};

static struct world {
    struct countdown_mem memory;
    struct tssb_pool pool;
    struct tssb_pool_view views[VIEWS];
    bool blobs[VIEWS][BLOBS];
    struct copy copies[REPLICAS];
    struct tssb_key key;
    struct tssb_trust trust;
} world;

static struct tssb_store *store_of(int copy) {
    return &world.views[copy % VIEWS].store;
}

static void expect_copy(int which) {
    const struct copy *copy = &world.copies[which];
    const struct tssb_store_ops *ops = store_of(which)->ops;
    const uint8_t *wire;
    if (!copy->open)
        return;
    TSSB_CHECK(copy->replica.front_seq == copy->anchor.seq + copy->count);
    for (uint32_t i = 0; i < copy->count; i++) {
        uint32_t seq = copy->anchor.seq + 1 + i;
        TSSB_CHECK(ops->read(store_of(which), &copy->replica, seq, &wire) == 0);
        TSSB_CHECK(memcmp(wire, copy->wires[i], TSSB_ENTRY_SIZE) == 0);
    }
    TSSB_CHECK(ops->read(store_of(which), &copy->replica, copy->anchor.seq, &wire) != 0);
    TSSB_CHECK(ops->read(store_of(which), &copy->replica, copy->replica.front_seq + 1, &wire) != 0);
}

/* Opens a replica at the front of another, or at the start of the feed; where it is open, finds it
 * again as after a restart. */
static void open_one(int which, const struct copy *from) {
    struct copy *copy = &world.copies[which];
    struct tssb_anchor anchor = tssb_anchor_whole(world.key.fid);
    if (copy->open) {
        struct tssb_replica again;
        tssb_pool_view_keep(&world.views[which % VIEWS], &copy->replica, 1);
        TSSB_CHECK(store_of(which)->ops->open(store_of(which), &copy->anchor, &again) == 0);
        TSSB_CHECK(replica_same(&again, &copy->replica));
        tssb_pool_view_keep(&world.views[which % VIEWS], NULL, 0);
        return;
    }
    if (from->open) {
        anchor.seq = from->replica.front_seq;
        memcpy(anchor.mid, from->replica.front_mid, TSSB_MID_SIZE);
    }
    copy->anchor = anchor;
    copy->open = store_of(which)->ops->open(store_of(which), &anchor, &copy->replica) == 0;
}

/* The author signs one of several entries for the replica's next place, or somebody damages it. */
static void append(int which, uint8_t variant, bool own, bool damaged) {
    struct copy *copy = &world.copies[which];
    struct tssb_place place = {.fid = world.key.fid, .seq = copy->replica.front_seq + 1};
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {variant}, wire[TSSB_ENTRY_SIZE];
    struct tssb_replica before = copy->replica;
    bool computed;
    int error;
    if (!copy->open || copy->count == ENTRIES_MAX)
        return;
    memcpy(place.prev, copy->replica.front_mid, TSSB_MID_SIZE);
    tssb_entry_sign(&world.key, &place, TSSB_PLAIN48, payload, wire);
    wire[TSSB_ENTRY_SIZE - 1] ^= damaged;
    if (own && !damaged)
        error = tssb_replica_author(&copy->replica, store_of(which), &world.key, TSSB_PLAIN48,
                                    payload, wire);
    else
        error = tssb_replica_append(&copy->replica, store_of(which), &world.trust, wire,
                                    sizeof wire, &computed);
    TSSB_CHECK(error == TSSB_E_MEMORY || error == (damaged ? TSSB_E_SIGNATURE : 0));
    if (error)
        TSSB_CHECK(replica_same(&before, &copy->replica));
    else
        memcpy(copy->wires[copy->count++], wire, sizeof wire);
}

static void use_blob(int view, uint8_t which, bool write) {
    struct tssb_store *store = &world.views[view].store;
    uint8_t blob[TSSB_BLOB_SIZE] = {which}, ptr[TSSB_PTR_SIZE];
    const uint8_t *read;
    tssb_blob_ptr(blob, ptr);
    if (write && store->ops->write_blob(store, ptr, blob) == 0)
        world.blobs[view][which] = true;
    int error = store->ops->read_blob(store, ptr, &read);
    TSSB_CHECK(error == (world.blobs[view][which] ? 0 : TSSB_E_NOT_FOUND));
    TSSB_CHECK(error || memcmp(read, blob, sizeof blob) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = {1};
    struct fuzz_input input = {data, size};
    uint8_t fail_at = fuzz_byte(&input);
    memset(&world, 0, sizeof world);
    TSSB_CHECK(tssb_scheme_init() == 0);
    tssb_key_init(&world.key, &tssb_scheme_hmac_sha512, secret, secret);
    world.trust.scheme = world.key.scheme;
    memcpy(world.trust.shared_secret, secret, sizeof secret);
    countdown_mem_init(&world.memory, fail_at < 64 ? fail_at : NEVER_FAILS);
    tssb_pool_init(&world.pool, &world.memory.mem);
    for (int i = 0; i < VIEWS; i++)
        tssb_pool_view_init(&world.views[i], &world.pool);
    for (int steps = 0; input.left > 0 && steps < 256; steps++) {
        uint8_t what = fuzz_byte(&input), which = what % REPLICAS, more = what / REPLICAS % 4;
        if (what < 160)
            append(which, more, what & 16, what & 32 && what & 64);
        else if (what < 208)
            open_one(which, &world.copies[more]);
        else
            use_blob(which % VIEWS, more, what & 32);
        for (int i = 0; i < REPLICAS; i++)
            expect_copy(i);
    }
    for (int i = 0; i < VIEWS; i++)
        tssb_pool_view_close(&world.views[i]);
    tssb_pool_close(&world.pool);
    TSSB_CHECK(world.memory.outstanding_bytes == 0);
    return 0;
}
