/* Blobs ahead of their turn: bounded, taken once, and a flood of others only costs places. */
#include "support.h"

#include <string.h>

#include "../blob_stash.h"

struct fixture {
    struct countdown_mem countdown;
    struct tssb_blob_stash stash;
};

static int start(void **state) {
    static struct fixture fixture;
    fixture = (struct fixture){0};
    countdown_mem_init(&fixture.countdown, NEVER_FAILS);
    *state = &fixture;
    return 0;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    tssb_blob_stash_close(&fixture->stash, &fixture->countdown.mem);
    assert_int_equal(fixture->countdown.outstanding_bytes, 0);
    return 0;
}

static void make(uint32_t number, uint8_t ptr[TSSB_PTR_SIZE], uint8_t blob[TSSB_BLOB_SIZE]) {
    memset(blob, 0, TSSB_BLOB_SIZE);
    memcpy(blob, &number, sizeof number);
    tssb_blob_ptr(blob, ptr);
}

static void put(struct fixture *fixture, uint32_t number, uint32_t room) {
    uint8_t ptr[TSSB_PTR_SIZE], blob[TSSB_BLOB_SIZE];
    make(number, ptr, blob);
    tssb_blob_stash_put(&fixture->stash, &fixture->countdown.mem, room, ptr, blob);
}

/* Whether it was there, and was the right one. */
static bool take(struct fixture *fixture, uint32_t number) {
    uint8_t ptr[TSSB_PTR_SIZE], blob[TSSB_BLOB_SIZE];
    make(number, ptr, blob);
    const uint8_t *taken = tssb_blob_stash_take(&fixture->stash, ptr);
    assert_true(!taken || memcmp(taken, blob, TSSB_BLOB_SIZE) == 0);
    return taken != NULL;
}

static void each_is_taken_once(void **state) {
    struct fixture *fixture = *state;
    assert_false(take(fixture, 1));
    put(fixture, 1, 16);
    put(fixture, 1, 16); /* a copy */
    put(fixture, 2, 16);
    assert_int_equal(fixture->stash.count, 2);
    assert_true(take(fixture, 1));
    assert_false(take(fixture, 1));
    assert_true(take(fixture, 2));
    assert_int_equal(fixture->stash.count, 0);
}

static void most_of_as_many_as_there_is_room_for_stay(void **state) {
    struct fixture *fixture = *state;
    uint32_t found = 0;
    for (uint32_t i = 0; i < 512; i++)
        put(fixture, i, 1024);
    uint32_t count = fixture->stash.count;
    for (uint32_t i = 0; i < 512; i++)
        found += take(fixture, i);
    assert_int_equal(found, count);
    assert_in_range(found, 480, 512);
    assert_int_equal(fixture->stash.count, 0);
}

static void a_flood_takes_no_more_than_its_bound(void **state) {
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < 10000; i++)
        put(fixture, i, UINT32_MAX);
    assert_int_equal(fixture->stash.capacity, TSSB_BLOB_STASH_MAX);
    assert_in_range(fixture->stash.count, 1900, TSSB_BLOB_STASH_MAX);
    assert_true(take(fixture, 9999)); /* the newer one stays */
    put(fixture, 1, 16);              /* it does not shrink */
    assert_int_equal(fixture->stash.capacity, TSSB_BLOB_STASH_MAX);
    tssb_blob_stash_clear(&fixture->stash);
    assert_int_equal(fixture->stash.count, 0);
    assert_false(take(fixture, 1));
}

static void without_memory_nothing_is_kept(void **state) {
    struct fixture *fixture = *state;
    countdown_mem_init(&fixture->countdown, 0);
    put(fixture, 1, 16);
    assert_false(take(fixture, 1));
    countdown_mem_init(&fixture->countdown, NEVER_FAILS);
    put(fixture, 1, 16);
    assert_true(take(fixture, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_is_taken_once, start, end),
        cmocka_unit_test_setup_teardown(most_of_as_many_as_there_is_room_for_stay, start, end),
        cmocka_unit_test_setup_teardown(a_flood_takes_no_more_than_its_bound, start, end),
        cmocka_unit_test_setup_teardown(without_memory_nothing_is_kept, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
