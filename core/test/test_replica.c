/* Appending to a replica: the entry that is due and no other, once verified for all who share a
 * store. */
#include "support.h"

#include <string.h>

#include "../error.h"
#include "../pool.h"
#include "../replica.h"

struct world {
    struct countdown_mem countdown;
    struct tssb_pool pool;
    struct tssb_pool_view view;
    struct tssb_store *store;
};

static int world_start(void **state) {
    static struct world world;
    countdown_mem_init(&world.countdown, NEVER_FAILS);
    tssb_pool_init(&world.pool, &world.countdown.mem);
    tssb_pool_view_init(&world.view, &world.pool);
    world.store = &world.view.store;
    *state = &world;
    return 0;
}

static int world_end(void **state) {
    struct world *world = *state;
    tssb_pool_view_close(&world->view);
    tssb_pool_close(&world->pool);
    assert_int_equal(world->countdown.outstanding_bytes, 0);
    return 0;
}

static struct tssb_replica open_at(struct world *world, const struct tssb_anchor *anchor) {
    struct tssb_replica replica;
    assert_int_equal(world->store->ops->open(world->store, anchor, &replica), 0);
    return replica;
}

static struct tssb_replica open_whole(struct world *world, const uint8_t fid[TSSB_FID_SIZE]) {
    struct tssb_anchor whole = tssb_anchor_whole(fid);
    return open_at(world, &whole);
}

static void expect_same(const struct tssb_replica *a, const struct tssb_replica *b) {
    assert_ptr_equal(a->feed, b->feed);
    assert_true(a->next_dmx == b->next_dmx);
    assert_int_equal(a->anchor_seq, b->anchor_seq);
    assert_int_equal(a->front_seq, b->front_seq);
    assert_int_equal(a->branch, b->branch);
    assert_memory_equal(a->front_mid, b->front_mid, TSSB_MID_SIZE);
}

static void expect_read(struct world *world, const struct tssb_replica *replica, uint32_t seq,
                        const uint8_t *due) {
    const uint8_t *wire;
    assert_int_equal(world->store->ops->read(world->store, replica, seq, &wire), 0);
    assert_memory_equal(wire, due, TSSB_ENTRY_SIZE);
}

static void feeds_of_both_schemes_replicate(void **state) {
    struct world *world = *state;
    json_t *feeds = vectors_load("entries"), *vector, *entry;
    size_t i, j;
    json_array_foreach(feeds, i, vector) {
        uint8_t fid[TSSB_FID_SIZE], wire[TSSB_ENTRY_SIZE];
        struct tssb_trust trust = {
            .scheme = tssb_scheme_find(vector_text(vector, "signature_scheme"))};
        bool computed;
        vector_exactly(vector, "feed_id", fid, sizeof fid);
        vector_exactly(vector, "secret", trust.shared_secret, sizeof trust.shared_secret);
        struct tssb_replica replica = open_whole(world, fid);
        json_array_foreach(json_object_get(vector, "entries"), j, entry) {
            vector_exactly(entry, "wire", wire, sizeof wire);
            assert_int_equal(
                tssb_replica_append(&replica, world->store, &trust, wire, sizeof wire, &computed),
                0);
            assert_true(computed);
            assert_int_equal(replica.front_seq, vector_number(entry, "seq"));
            expect_vector(entry, "mid", replica.front_mid, TSSB_MID_SIZE);
            expect_read(world, &replica, replica.front_seq, wire);
        }
        assert_int_equal(replica.front_seq, 10);
    }
    json_decref(feeds);
}

static void what_must_be_refused_changes_nothing(void **state) {
    struct world *world = *state;
    json_t *refused = vectors_load("refused"), *vector;
    size_t i;
    json_array_foreach(refused, i, vector) {
        uint8_t packet[TSSB_PACKET_SIZE];
        struct tssb_anchor anchor = {.seq = vector_number(vector, "expected_seq") - 1};
        bool computed;
        vector_exactly(vector, "feed_id", anchor.fid, TSSB_FID_SIZE);
        vector_exactly(vector, "expected_prev", anchor.mid, TSSB_MID_SIZE);
        size_t size = vector_bytes(vector, "wire", packet, sizeof packet);
        struct tssb_replica replica = open_at(world, &anchor), before = replica;
        int error = tssb_replica_append(&replica, world->store, &trust_ed25519, packet, size,
                                        &computed);
        assert_true(error == TSSB_E_SIZE || error == TSSB_E_DMX || error == TSSB_E_SIGNATURE);
        assert_int_equal(computed, error == TSSB_E_SIGNATURE);
        expect_same(&replica, &before);
    }
    assert_int_equal(i, 11);
    assert_int_equal(world->pool.verifications, 0);
    json_decref(refused);
}

static void an_entry_is_verified_once_for_all_who_share_a_store(void **state) {
    struct world *world = *state;
    struct author author;
    uint8_t wire[TSSB_ENTRY_SIZE];
    bool computed;
    author_init(&author, "nodeA");
    struct tssb_replica b = open_whole(world, author.key.fid), c = b;
    author_write(&author, "hello", wire);
    assert_int_equal(
        tssb_replica_append(&b, world->store, &trust_ed25519, wire, sizeof wire, &computed), 0);
    assert_true(computed);
    assert_int_equal(
        tssb_replica_append(&c, world->store, &trust_ed25519, wire, sizeof wire, &computed), 0);
    assert_false(computed);
    expect_same(&b, &c);
    assert_int_equal(world->pool.verifications, 1);
}

static void a_forged_entry_is_not_taken_for_a_known_one(void **state) {
    struct world *world = *state;
    struct author author;
    uint8_t wire[TSSB_ENTRY_SIZE];
    bool computed;
    author_init(&author, "nodeA");
    struct tssb_replica b = open_whole(world, author.key.fid), c = b, before = b;
    author_write(&author, "hello", wire);
    assert_int_equal(
        tssb_replica_append(&b, world->store, &trust_ed25519, wire, sizeof wire, &computed), 0);
    wire[TSSB_ENTRY_SIZE - 1] ^= 1;
    assert_int_equal(
        tssb_replica_append(&c, world->store, &trust_ed25519, wire, sizeof wire, &computed),
        TSSB_E_SIGNATURE);
    assert_true(computed);
    expect_same(&c, &before);
}

static void the_author_signs_what_others_accept(void **state) {
    struct world *world = *state;
    struct author author;
    bool computed;
    author_init(&author, "nodeA");
    struct tssb_replica a = open_whole(world, author.key.fid), b = a;
    for (uint32_t seq = 1; seq <= 5; seq++) {
        uint8_t payload[TSSB_PAYLOAD_SIZE] = {(uint8_t)seq}, wire[TSSB_ENTRY_SIZE];
        assert_int_equal(
            tssb_replica_author(&a, world->store, &author.key, (uint8_t)seq, payload, wire), 0);
        assert_int_equal(tssb_entry_check(&trust_ed25519, &author.place, wire, sizeof wire), 0);
        assert_int_equal(tssb_entry_type(wire), seq);
        assert_memory_equal(tssb_entry_payload(wire), payload, sizeof payload);
        assert_int_equal(
            tssb_replica_append(&b, world->store, &trust_ed25519, wire, sizeof wire, &computed), 0);
        assert_true(computed);
        expect_same(&a, &b);
        tssb_entry_mid(&author.place, wire, author.place.prev);
        author.place.seq++;
    }
}

static void after_the_last_sequence_number_comes_nothing(void **state) {
    struct world *world = *state;
    struct author author;
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0}, wire[TSSB_ENTRY_SIZE];
    bool computed;
    author_init(&author, "nodeA");
    struct tssb_anchor anchor = tssb_anchor_whole(author.key.fid);
    anchor.seq = UINT32_MAX - 1;
    struct tssb_replica a = open_at(world, &anchor), b = a;
    assert_int_equal(
        tssb_replica_author(&a, world->store, &author.key, TSSB_PLAIN48, payload, wire), 0);
    assert_int_equal(
        tssb_replica_append(&b, world->store, &trust_ed25519, wire, sizeof wire, &computed), 0);
    assert_int_equal(b.front_seq, UINT32_MAX);
    struct tssb_replica before = b;
    assert_int_equal(
        tssb_replica_append(&b, world->store, &trust_ed25519, wire, sizeof wire, &computed),
        TSSB_E_LAST);
    assert_int_equal(
        tssb_replica_author(&b, world->store, &author.key, TSSB_PLAIN48, payload, wire),
        TSSB_E_LAST);
    expect_same(&b, &before);
}

static void a_replica_holds_what_lies_after_its_anchor(void **state) {
    (void)state;
    struct tssb_replica replica = {.anchor_seq = 4, .front_seq = 7};
    for (uint32_t seq = 0; seq < 10; seq++)
        assert_int_equal(tssb_replica_holds(&replica, seq), seq >= 5 && seq <= 7);
    assert_false(tssb_replica_holds(&replica, UINT32_MAX));
}

static void a_whole_feed_is_anchored_at_its_own_id(void **state) {
    (void)state;
    struct author author;
    author_init(&author, "nodeA");
    struct tssb_anchor whole = tssb_anchor_whole(author.key.fid);
    assert_int_equal(whole.seq + 1, author.place.seq);
    assert_memory_equal(whole.fid, author.key.fid, TSSB_FID_SIZE);
    assert_memory_equal(whole.mid, author.place.prev, TSSB_MID_SIZE);
}

/* The next allocation fails, before each entry. */
static void without_memory_a_replica_is_as_it_was(void **state) {
    struct world *world = *state;
    struct author author;
    uint32_t failures = 0;
    author_init(&author, "nodeA");
    struct tssb_replica replica = open_whole(world, author.key.fid);
    for (uint32_t seq = 1; seq <= 40; seq++) {
        uint8_t wire[TSSB_ENTRY_SIZE];
        bool computed;
        struct tssb_replica before = replica;
        author_write(&author, "hello", wire);
        world->countdown.fail_at = world->countdown.calls;
        int error = tssb_replica_append(&replica, world->store, &trust_ed25519, wire, sizeof wire,
                                        &computed);
        if (error) {
            assert_int_equal(error, TSSB_E_MEMORY);
            expect_same(&replica, &before);
            failures++;
            error = tssb_replica_append(&replica, world->store, &trust_ed25519, wire, sizeof wire,
                                        &computed);
        }
        assert_int_equal(error, 0);
        assert_int_equal(replica.front_seq, seq);
    }
    assert_in_range(failures, 3, 10);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(feeds_of_both_schemes_replicate),
        WORLD_TEST(what_must_be_refused_changes_nothing),
        WORLD_TEST(an_entry_is_verified_once_for_all_who_share_a_store),
        WORLD_TEST(a_forged_entry_is_not_taken_for_a_known_one),
        WORLD_TEST(the_author_signs_what_others_accept),
        WORLD_TEST(after_the_last_sequence_number_comes_nothing),
        WORLD_TEST(a_replica_holds_what_lies_after_its_anchor),
        WORLD_TEST(a_whole_feed_is_anchored_at_its_own_id),
        WORLD_TEST(without_memory_a_replica_is_as_it_was),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
