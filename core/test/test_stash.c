/* The stash: bounded, by age, and blind to what it has seen. */
#include "support.h"

#include <string.h>

#include "../bytes.h"
#include "../error.h"
#include "../stash.h"

enum { CAPACITY = 4 };

struct fixture {
    struct countdown_mem countdown;
    struct tssb_stash stash;
};

static int start(void **state) {
    static struct fixture fixture;
    countdown_mem_init(&fixture.countdown, NEVER_FAILS);
    assert_int_equal(tssb_stash_init(&fixture.stash, &fixture.countdown.mem, CAPACITY), 0);
    *state = &fixture;
    return 0;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    tssb_stash_close(&fixture->stash, &fixture->countdown.mem);
    assert_int_equal(fixture->countdown.outstanding_bytes, 0);
    return 0;
}

/* A packet of this DMX; `last` tells those of one DMX apart. It came on face `last`, at this
 * moment.
 */
static enum tssb_stashed put(struct tssb_stash *stash, tssb_dmx dmx, uint8_t last,
                             uint64_t now_ns) {
    uint8_t packet[TSSB_ENTRY_SIZE] = {0};
    tssb_store_dmx(packet, dmx);
    packet[TSSB_ENTRY_SIZE - 1] = last;
    return tssb_stash_put(stash, packet, last, now_ns);
}

static void what_is_put_is_found_by_dmx(void **state) {
    struct tssb_stash *stash = &((struct fixture *)*state)->stash;
    assert_int_equal(tssb_stash_find(stash, 7, 0), TSSB_STASH_NONE);
    assert_int_equal(put(stash, 5, 1, 100), TSSB_STASHED);
    assert_int_equal(put(stash, 7, 2, 200), TSSB_STASHED);
    uint32_t place = tssb_stash_find(stash, 7, 0);
    assert_int_equal(place, 1);
    const struct tssb_early *early = tssb_stash_at(stash, place);
    assert_int_equal(early->arrived_ns, 200);
    assert_int_equal(early->face, 2);
    assert_int_equal(early->bytes[TSSB_ENTRY_SIZE - 1], 2);
    tssb_stash_remove(stash, place);
    assert_int_equal(tssb_stash_find(stash, 7, 0), TSSB_STASH_NONE);
    assert_int_equal(stash->count, 1);
}

static void the_oldest_gives_way(void **state) {
    struct tssb_stash *stash = &((struct fixture *)*state)->stash;
    for (tssb_dmx dmx = 1; dmx <= CAPACITY; dmx++)
        assert_int_equal(put(stash, dmx, 0, dmx), TSSB_STASHED);
    tssb_stash_remove(stash, 1); /* the second oldest: there is room again */
    assert_int_equal(put(stash, 10, 0, 10), TSSB_STASHED);
    assert_int_equal(put(stash, 11, 0, 11), TSSB_STASHED_OVER_ANOTHER);
    static const tssb_dmx left[CAPACITY] = {3, 4, 10, 11};
    for (uint32_t place = 0; place < CAPACITY; place++)
        assert_int_equal(tssb_stash_at(stash, place)->dmx, left[place]);
}

/* Seven bytes may collide, or be forged: both packets are kept. The same packet is kept once. */
static void packets_of_one_dmx_are_told_apart(void **state) {
    struct tssb_stash *stash = &((struct fixture *)*state)->stash;
    assert_int_equal(put(stash, 7, 1, 1), TSSB_STASHED);
    assert_int_equal(put(stash, 7, 2, 2), TSSB_STASHED);
    assert_int_equal(put(stash, 7, 1, 3), TSSB_STASHED_ALREADY);
    assert_int_equal(stash->count, 2);
    assert_int_equal(tssb_stash_find(stash, 7, 0), 0);
    assert_int_equal(tssb_stash_find(stash, 7, 1), 1);
    assert_int_equal(tssb_stash_find(stash, 7, 2), TSSB_STASH_NONE);
}

static void copies_of_what_is_held_are_not_early(void **state) {
    struct tssb_stash *stash = &((struct fixture *)*state)->stash;
    for (tssb_dmx dmx = 1; dmx <= CAPACITY + 1; dmx++)
        tssb_stash_note_held(stash, dmx);
    assert_int_equal(put(stash, 1, 0, 0), TSSB_STASHED); /* too long ago to remember */
    assert_int_equal(put(stash, 2, 0, 0), TSSB_STASHED_ALREADY);
    assert_int_equal(put(stash, CAPACITY + 1, 0, 0), TSSB_STASHED_ALREADY);
    assert_int_equal(put(stash, 0, 0, 0), TSSB_STASHED);
}

static void a_stash_may_be_none_and_memory_may_run_out(void **state) {
    struct tssb_stash stash;
    struct countdown_mem countdown;
    (void)state;
    countdown_mem_init(&countdown, 0);
    assert_int_equal(tssb_stash_init(&stash, &countdown.mem, 0), 0);
    tssb_stash_note_held(&stash, 1);
    tssb_stash_close(&stash, &countdown.mem);
    assert_int_equal(tssb_stash_init(&stash, &countdown.mem, 8), TSSB_E_MEMORY);
    assert_int_equal(stash.capacity, 0);
    tssb_stash_close(&stash, &countdown.mem);
    assert_int_equal(countdown.outstanding_bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_put_is_found_by_dmx, start, end),
        cmocka_unit_test_setup_teardown(the_oldest_gives_way, start, end),
        cmocka_unit_test_setup_teardown(packets_of_one_dmx_are_told_apart, start, end),
        cmocka_unit_test_setup_teardown(copies_of_what_is_held_are_not_early, start, end),
        cmocka_unit_test(a_stash_may_be_none_and_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
