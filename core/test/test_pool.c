/* The shared pool: an entry is kept once however many replicas hold it, forks are branches, blobs
 * are each view's own, and running out of memory changes nothing. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "../bytes.h"
#include "../error.h"
#include "../pool.h"

struct world {
    struct countdown_mem countdown;
    struct tssb_pool pool;
    struct tssb_pool_view views[4];
    struct author author;
};

static int world_start(void **state) {
    static struct world world;
    countdown_mem_init(&world.countdown, NEVER_FAILS);
    tssb_pool_init(&world.pool, &world.countdown.mem);
    for (size_t i = 0; i < COUNT_OF(world.views); i++)
        tssb_pool_view_init(&world.views[i], &world.pool);
    author_init(&world.author, "nodeA");
    *state = &world;
    return 0;
}

static int world_end(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < COUNT_OF(world->views); i++)
        tssb_pool_view_close(&world->views[i]);
    tssb_pool_close(&world->pool);
    assert_int_equal(world->countdown.outstanding_bytes, 0);
    return 0;
}

/* A replica and the view that it lives in. */
struct holder {
    struct tssb_store *store;
    struct tssb_replica replica;
};

/* Keeps the entry after the front; `verified` where that took a signature check. */
static int keep(struct holder *holder, const uint8_t *wire, bool verified) {
    struct tssb_replica *replica = &holder->replica;
    struct tssb_place place = {.fid = replica->feed->fid, .seq = replica->front_seq + 1};
    memcpy(place.prev, replica->front_mid, TSSB_MID_SIZE);
    struct tssb_place next = {.fid = place.fid, .seq = place.seq + 1};
    tssb_entry_mid(&place, wire, next.prev);
    return holder->store->ops->append(holder->store, replica, wire, next.prev,
                                      tssb_entry_dmx(&next), verified);
}

static struct holder open_at(struct world *world, size_t view, const struct tssb_anchor *anchor) {
    struct holder holder = {.store = &world->views[view].store};
    assert_int_equal(holder.store->ops->open(holder.store, anchor, &holder.replica), 0);
    return holder;
}

static struct holder open_whole(struct world *world, size_t view) {
    struct tssb_anchor whole = tssb_anchor_whole(world->author.key.fid);
    return open_at(world, view, &whole);
}

/* The anchor that trusts everything before a place. */
static struct tssb_anchor anchor_before(const struct tssb_place *place) {
    struct tssb_anchor anchor = {.seq = place->seq - 1};
    memcpy(anchor.fid, place->fid, TSSB_FID_SIZE);
    memcpy(anchor.mid, place->prev, TSSB_MID_SIZE);
    return anchor;
}

enum how { KNOWN, NEW };

/* The entry goes into the replica: as one that the pool knows, or as a new one. */
static void expect_take(struct holder *holder, const uint8_t *wire, enum how how) {
    uint32_t seq = holder->replica.front_seq + 1;
    int advanced = holder->store->ops->advance(holder->store, &holder->replica, wire);
    assert_int_equal(advanced, how == KNOWN);
    if (how == NEW)
        assert_int_equal(keep(holder, wire, true), 0);
    assert_int_equal(holder->replica.front_seq, seq);
}

static void expect_read(const struct holder *holder, uint32_t seq, const uint8_t *due) {
    const uint8_t *wire;
    assert_int_equal(holder->store->ops->read(holder->store, &holder->replica, seq, &wire), 0);
    assert_memory_equal(wire, due, TSSB_ENTRY_SIZE);
}

static void expect_unread(const struct holder *holder, uint32_t seq) {
    const uint8_t *wire;
    assert_int_equal(holder->store->ops->read(holder->store, &holder->replica, seq, &wire),
                     TSSB_E_NOT_FOUND);
}

static void a_new_replica_is_empty_and_knows_what_is_due(void **state) {
    struct world *world = *state;
    struct holder b = open_whole(world, 0);
    assert_string_equal(b.store->ops->name, "pool");
    assert_int_equal(b.replica.front_seq, 0);
    assert_memory_equal(b.replica.front_mid, world->author.key.fid, TSSB_MID_SIZE);
    assert_true(b.replica.next_dmx == tssb_entry_dmx(&world->author.place));
    assert_false(b.replica.followed);
    expect_unread(&b, 0);
    expect_unread(&b, 1);
}

static void an_entry_is_kept_once_for_all_who_hold_it(void **state) {
    struct world *world = *state;
    struct holder b = open_whole(world, 0), c = open_whole(world, 1);
    uint8_t wires[20][TSSB_ENTRY_SIZE];
    for (uint32_t i = 0; i < COUNT_OF(wires); i++) {
        author_write(&world->author, "hello", wires[i]);
        expect_take(&b, wires[i], NEW);
    }
    assert_int_equal(c.replica.front_seq, 0);
    for (uint32_t i = 0; i < COUNT_OF(wires); i++)
        expect_take(&c, wires[i], KNOWN);
    for (uint32_t i = 0; i < COUNT_OF(wires); i++) {
        expect_read(&b, i + 1, wires[i]);
        expect_read(&c, i + 1, wires[i]);
    }
    expect_unread(&c, 21);
    assert_int_equal(world->pool.verifications, 20);
    assert_true(c.replica.next_dmx == tssb_entry_dmx(&world->author.place));
    assert_memory_equal(c.replica.front_mid, world->author.place.prev, TSSB_MID_SIZE);
}

/* The author trusts itself; the first who gets the entry checks it, and nobody after. */
static void an_authors_own_entry_is_verified_by_the_first_who_gets_it(void **state) {
    struct world *world = *state;
    struct holder a = open_whole(world, 0), b = open_whole(world, 1), c = open_whole(world, 2);
    uint8_t wire[TSSB_ENTRY_SIZE];
    author_write(&world->author, "hello", wire);
    assert_int_equal(keep(&a, wire, false), 0);
    assert_int_equal(world->pool.verifications, 0);
    expect_take(&b, wire, NEW);
    expect_take(&c, wire, KNOWN);
    assert_int_equal(world->pool.verifications, 1);
    expect_read(&a, 1, wire);
    expect_read(&c, 1, wire);
    assert_int_equal(a.replica.branch, b.replica.branch);
}

static void only_the_very_entry_after_the_front_is_known(void **state) {
    struct world *world = *state;
    struct holder b = open_whole(world, 0), c = open_whole(world, 1);
    uint8_t first[TSSB_ENTRY_SIZE], second[TSSB_ENTRY_SIZE];
    author_write(&world->author, "1", first);
    author_write(&world->author, "2", second);
    expect_take(&b, first, NEW);
    expect_take(&b, second, NEW);
    assert_int_equal(c.store->ops->advance(c.store, &c.replica, second), 0);
    first[TSSB_ENTRY_SIZE - 1] ^= 1;
    assert_int_equal(c.store->ops->advance(c.store, &c.replica, first), 0);
    assert_int_equal(c.replica.front_seq, 0);
}

/* 1 - 2 - 3      b, d
 *   \ 2'- 3'     c
 *       \ 3"     e */
static void a_fork_is_a_branch(void **state) {
    struct world *world = *state;
    struct author *author = &world->author;
    uint8_t one[120], two[120], three[120], other_two[120], other_three[120], third_three[120];
    author_write(author, "1", one);
    struct tssb_place after_one = author->place;
    author_write(author, "2", two);
    author_write(author, "3", three);
    author->place = after_one;
    author_write(author, "2'", other_two);
    struct tssb_place after_other_two = author->place;
    author_write(author, "3'", other_three);
    author->place = after_other_two;
    author_write(author, "3\"", third_three);

    struct holder b = open_whole(world, 0), c = open_whole(world, 1), d = open_whole(world, 2);
    expect_take(&b, one, NEW);
    expect_take(&b, two, NEW);
    expect_take(&b, three, NEW);
    expect_take(&c, one, KNOWN);
    expect_take(&c, other_two, NEW);
    expect_take(&c, other_three, NEW);
    struct holder e = open_whole(world, 3);
    expect_take(&e, one, KNOWN);
    expect_take(&e, other_two, KNOWN);
    expect_take(&e, third_three, NEW);
    expect_take(&d, one, KNOWN);
    expect_take(&d, two, KNOWN);
    expect_take(&d, three, KNOWN);
    assert_int_equal(world->pool.verifications, 6);

    const struct {
        const struct holder *holder;
        const uint8_t *wires[3];
    } due[] = {{&b, {one, two, three}},
               {&c, {one, other_two, other_three}},
               {&d, {one, two, three}},
               {&e, {one, other_two, third_three}}};
    for (size_t i = 0; i < COUNT_OF(due); i++)
        for (uint32_t seq = 1; seq <= 3; seq++)
            expect_read(due[i].holder, seq, due[i].wires[seq - 1]);
}

static void a_feed_may_fork_at_its_first_entry(void **state) {
    struct world *world = *state;
    uint8_t one[120], other_one[120];
    author_write(&world->author, "1", one);
    world->author.place = tssb_entry_genesis(world->author.key.fid);
    author_write(&world->author, "1'", other_one);
    struct holder b = open_whole(world, 0), c = open_whole(world, 1);
    expect_take(&b, one, NEW);
    expect_take(&c, other_one, NEW);
    struct holder d = open_whole(world, 2), e = open_whole(world, 3);
    expect_take(&d, one, KNOWN);
    expect_take(&e, other_one, KNOWN);
    expect_read(&b, 1, one);
    expect_read(&c, 1, other_one);
    expect_read(&e, 1, other_one);
}

static void a_replica_holds_nothing_before_its_anchor(void **state) {
    struct world *world = *state;
    uint8_t wires[6][TSSB_ENTRY_SIZE];
    struct tssb_anchor at_four;
    struct holder b = open_whole(world, 0);
    for (uint32_t i = 0; i < COUNT_OF(wires); i++) {
        author_write(&world->author, "hello", wires[i]);
        expect_take(&b, wires[i], NEW);
        if (i == 3)
            at_four = anchor_before(&world->author.place);
    }
    struct holder c = open_at(world, 1, &at_four);
    assert_int_equal(c.replica.anchor_seq, 4);
    assert_int_equal(c.replica.front_seq, 4);
    expect_take(&c, wires[4], KNOWN);
    expect_take(&c, wires[5], KNOWN);
    expect_read(&c, 5, wires[4]);
    expect_unread(&c, 4);
    assert_int_equal(world->pool.verifications, 6);
}

/* Nobody holds what is before: two replicas share what comes after all the same. */
static void replicas_of_one_anchor_share_a_root(void **state) {
    struct world *world = *state;
    uint8_t wire[TSSB_ENTRY_SIZE];
    struct tssb_anchor anchor = {.seq = 1000, .mid = {1, 2, 3}};
    memcpy(anchor.fid, world->author.key.fid, TSSB_FID_SIZE);
    world->author.place.seq = 1001;
    memcpy(world->author.place.prev, anchor.mid, TSSB_MID_SIZE);
    author_write(&world->author, "hello", wire);
    struct holder b = open_at(world, 0, &anchor), c = open_at(world, 1, &anchor);
    struct holder whole = open_whole(world, 2);
    assert_ptr_equal(b.replica.feed, whole.replica.feed);
    expect_take(&b, wire, NEW);
    expect_take(&c, wire, KNOWN);
    expect_read(&c, 1001, wire);
    anchor.mid[0] = 9;
    struct holder other = open_at(world, 3, &anchor);
    assert_int_equal(other.store->ops->advance(other.store, &other.replica, wire), 0);
}

/* An anchor on the entry where the feed forked knows both ways on. */
static void an_anchor_at_a_fork_shares_both_branches(void **state) {
    struct world *world = *state;
    struct author *author = &world->author;
    uint8_t one[120], two[120], other_two[120];
    author_write(author, "1", one);
    struct tssb_place after_one = author->place;
    struct tssb_anchor anchor = anchor_before(&after_one);
    author_write(author, "2", two);
    author->place = after_one;
    author_write(author, "2'", other_two);
    struct holder b = open_whole(world, 0), c = open_whole(world, 1);
    expect_take(&b, one, NEW);
    expect_take(&b, two, NEW);
    expect_take(&c, one, KNOWN);
    expect_take(&c, other_two, NEW);
    struct holder d = open_at(world, 2, &anchor), e = open_at(world, 3, &anchor);
    expect_take(&d, two, KNOWN);
    expect_take(&e, other_two, KNOWN);
    expect_unread(&e, 1);
    assert_int_equal(world->pool.verifications, 3);
}

static void feeds_stay_where_they_are(void **state) {
    struct world *world = *state;
    const struct tssb_feed *feeds[100];
    struct author author;
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < COUNT_OF(feeds); i++) {
            char name[16];
            snprintf(name, sizeof name, "node%u", i);
            author_init(&author, name);
            struct tssb_anchor whole = tssb_anchor_whole(author.key.fid);
            struct holder holder = open_at(world, round, &whole);
            if (round == 0)
                feeds[i] = holder.replica.feed;
            assert_ptr_equal(holder.replica.feed, feeds[i]);
            assert_ptr_equal(tssb_pool_feed(&world->pool, i), feeds[i]);
            assert_int_equal(feeds[i]->index, i);
            assert_memory_equal(feeds[i]->fid, author.key.fid, TSSB_FID_SIZE);
        }
    }
    assert_int_equal(world->pool.feed_count, COUNT_OF(feeds));
}

/* The index goes by the DMX of a feed's WANT; the whole feed ID decides. */
static void feeds_whose_wants_begin_alike_are_told_apart(void **state) {
    struct world *world = *state;
    for (int again = 0; again < 2; again++) {
        for (uint32_t i = 0; i < COUNT_OF(twin_fids); i++) {
            struct tssb_anchor whole = tssb_anchor_whole(twin_fids[i]);
            struct holder holder = open_at(world, 0, &whole);
            assert_int_equal(holder.replica.feed->index, i);
            assert_memory_equal(holder.replica.feed->fid, twin_fids[i], TSSB_FID_SIZE);
        }
    }
    assert_true(tssb_pool_feed(&world->pool, 0)->want_dmx ==
                tssb_pool_feed(&world->pool, 1)->want_dmx);
}

static const uint8_t *read_blob(struct world *world, size_t view, const uint8_t *ptr) {
    struct tssb_store *store = &world->views[view].store;
    const uint8_t *blob = NULL;
    int error = store->ops->read_blob(store, ptr, &blob);
    assert_int_equal(error, blob ? 0 : TSSB_E_NOT_FOUND);
    return blob;
}

static void a_blob_is_kept_once_and_held_by_those_who_wrote_it(void **state) {
    struct world *world = *state;
    uint8_t ptr[TSSB_PTR_SIZE] = "pointer", blob[TSSB_BLOB_SIZE] = "blob";
    for (size_t view = 0; view < 2; view++) {
        struct tssb_store *store = &world->views[view].store;
        assert_null(read_blob(world, view, ptr));
        for (int twice = 0; twice < 2; twice++)
            assert_int_equal(store->ops->write_blob(store, ptr, blob), 0);
        assert_memory_equal(read_blob(world, view, ptr), blob, sizeof blob);
        assert_int_equal(world->views[view].blobs.count, 1);
    }
    assert_null(read_blob(world, 2, ptr));
    assert_int_equal(world->pool.blob_count, 1);
}

/* The index goes by the first seven bytes of a pointer; the other thirteen decide. */
static void pointers_that_begin_alike_are_told_apart(void **state) {
    struct world *world = *state;
    struct tssb_store *store = &world->views[0].store;
    for (uint8_t last = 0; last < 50; last++) {
        uint8_t ptr[TSSB_PTR_SIZE] = "seven b", blob[TSSB_BLOB_SIZE] = {last};
        ptr[19] = last;
        assert_int_equal(store->ops->write_blob(store, ptr, blob), 0);
    }
    for (uint8_t last = 0; last < 50; last++) {
        uint8_t ptr[TSSB_PTR_SIZE] = "seven b";
        ptr[19] = last;
        assert_int_equal(read_blob(world, 0, ptr)[0], last);
    }
    assert_int_equal(world->pool.blob_count, 50);
}

/* Does `call` again after the one time that memory ran out; then it must work. */
#define RETRIED(world, call)                                            \
    do {                                                                \
        bool failed_before = countdown_mem_failed(&(world)->countdown); \
        int error = call;                                               \
        if (error) {                                                    \
            assert_int_equal(error, TSSB_E_MEMORY);                     \
            assert_false(failed_before);                                \
            assert_int_equal(call, 0);                                  \
        }                                                               \
    } while (0)

/* Fills a pool with two feeds, a fork and blobs, whichever allocation fails. */
static void fill_and_compare(struct world *world) {
    uint8_t wires[12][TSSB_ENTRY_SIZE], fork[TSSB_ENTRY_SIZE];
    struct holder b = {.store = &world->views[0].store}, c = {.store = &world->views[1].store};
    struct tssb_anchor whole = tssb_anchor_whole(world->author.key.fid), other = {.fid = {7}};
    RETRIED(world, b.store->ops->open(b.store, &whole, &b.replica));
    RETRIED(world, c.store->ops->open(c.store, &other, &c.replica));
    RETRIED(world, c.store->ops->open(c.store, &whole, &c.replica));
    for (uint32_t i = 0; i < COUNT_OF(wires); i++) {
        struct tssb_place here = world->author.place;
        author_write(&world->author, "hello", wires[i]);
        RETRIED(world, keep(&b, wires[i], true));
        if (i < 6)
            expect_take(&c, wires[i], KNOWN);
        if (i != 6)
            continue;
        struct tssb_place next = world->author.place;
        world->author.place = here;
        author_write(&world->author, "fork", fork);
        world->author.place = next;
        RETRIED(world, keep(&c, fork, true));
    }
    for (uint8_t i = 0; i < 20; i++) {
        uint8_t ptr[TSSB_PTR_SIZE] = {i}, blob[TSSB_BLOB_SIZE] = {i};
        RETRIED(world, b.store->ops->write_blob(b.store, ptr, blob));
        assert_int_equal(read_blob(world, 0, ptr)[0], i);
        assert_null(read_blob(world, 1, ptr));
    }
    for (uint32_t i = 0; i < COUNT_OF(wires); i++)
        expect_read(&b, i + 1, wires[i]);
    for (uint32_t i = 0; i < 7; i++)
        expect_read(&c, i + 1, i < 6 ? wires[i] : fork);
    assert_int_equal(world->pool.verifications, COUNT_OF(wires) + 1);
    assert_int_equal(world->pool.feed_count, 2);
    assert_int_equal(world->pool.blob_count, 20);
}

static void whichever_allocation_fails_nothing_is_lost(void **state) {
    bool failed = true;
    int64_t fail_at;
    for (fail_at = 0; failed; fail_at++) {
        struct world *world;
        world_start(state);
        world = *state;
        countdown_mem_init(&world->countdown, fail_at);
        fill_and_compare(world);
        failed = countdown_mem_failed(&world->countdown);
        world_end(state);
    }
    assert_in_range(fail_at, 20, 100);
    world_start(state);
}

/* A node that restarts finds its replicas where they were; others, and other anchors, begin empty.
 */
static void a_view_keeps_replicas_over_a_restart(void **state) {
    struct world *world = *state;
    uint8_t first[TSSB_ENTRY_SIZE], second[TSSB_ENTRY_SIZE];
    struct holder a = open_whole(world, 0);
    author_write(&world->author, "one", first);
    struct tssb_anchor later = anchor_before(&world->author.place);
    author_write(&world->author, "two", second);
    expect_take(&a, first, NEW);
    struct holder b = open_at(world, 0, &later);
    a.replica.followed = true;
    const struct tssb_replica kept[] = {a.replica, b.replica};
    tssb_pool_view_keep(&world->views[0], kept, 2);
    for (int i = 0; i < 2; i++) { /* in the order in which they were opened, and in another */
        struct holder at_later = open_at(world, 0, &later);
        assert_int_equal(at_later.replica.front_seq, 1);
        struct holder again = open_whole(world, 0);
        assert_int_equal(again.replica.front_seq, 1);
        assert_false(again.replica.followed);
        expect_read(&again, 1, first);
        expect_take(&again, second, i ? KNOWN : NEW);
    }
    assert_int_equal(open_whole(world, 1).replica.front_seq, 0);
    tssb_pool_view_keep(&world->views[0], NULL, 0);
    assert_int_equal(open_whole(world, 0).replica.front_seq, 0);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_new_replica_is_empty_and_knows_what_is_due),
        WORLD_TEST(an_entry_is_kept_once_for_all_who_hold_it),
        WORLD_TEST(an_authors_own_entry_is_verified_by_the_first_who_gets_it),
        WORLD_TEST(only_the_very_entry_after_the_front_is_known),
        WORLD_TEST(a_fork_is_a_branch),
        WORLD_TEST(a_feed_may_fork_at_its_first_entry),
        WORLD_TEST(a_replica_holds_nothing_before_its_anchor),
        WORLD_TEST(replicas_of_one_anchor_share_a_root),
        WORLD_TEST(an_anchor_at_a_fork_shares_both_branches),
        WORLD_TEST(feeds_stay_where_they_are),
        WORLD_TEST(feeds_whose_wants_begin_alike_are_told_apart),
        WORLD_TEST(a_blob_is_kept_once_and_held_by_those_who_wrote_it),
        WORLD_TEST(pointers_that_begin_alike_are_told_apart),
        WORLD_TEST(a_view_keeps_replicas_over_a_restart),
        WORLD_TEST(whichever_allocation_fails_nothing_is_lost),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
