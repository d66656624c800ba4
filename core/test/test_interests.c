/* Requests that are remembered: for how long, how many, and in which order they are served. */
#include "support.h"

#include "../interests.h"

struct fixture {
    struct countdown_mem countdown;
    struct tssb_interests interests;
};

static int start(void **state) {
    static struct fixture fixture;
    countdown_mem_init(&fixture.countdown, NEVER_FAILS);
    fixture.interests = (struct tssb_interests){0};
    *state = &fixture;
    return 0;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    tssb_interests_close(&fixture->interests, &fixture->countdown.mem);
    assert_int_equal(fixture->countdown.outstanding_bytes, 0);
    return 0;
}

static void put(struct fixture *fixture, uint32_t replica, uint32_t face, uint64_t until_ns) {
    tssb_interests_put(&fixture->interests, &fixture->countdown.mem,
                       &(struct tssb_interest){until_ns, replica, face});
}

/* The face that is taken next, or -1. */
static int take(struct fixture *fixture, uint32_t replica, uint64_t now_ns) {
    uint32_t face;
    return tssb_interests_take(&fixture->interests, replica, now_ns, &face) ? (int)face : -1;
}

static void interests_are_taken_by_replica_and_face(void **state) {
    struct fixture *fixture = *state;
    put(fixture, 1, 3, 100);
    put(fixture, 2, 0, 100);
    put(fixture, 1, 2, 100);
    assert_int_equal(take(fixture, 1, 0), 2);
    assert_int_equal(take(fixture, 1, 0), 3);
    assert_int_equal(take(fixture, 1, 0), -1);
    assert_int_equal(take(fixture, 2, 0), 0);
}

static void they_run_out_unless_renewed(void **state) {
    struct fixture *fixture = *state;
    for (uint32_t face = 0; face < 5; face++)
        put(fixture, 1, face, 100 + face);
    put(fixture, 1, 1, 200);
    assert_int_equal(fixture->interests.count, 5);
    assert_int_equal(take(fixture, 1, 103), 1);
    assert_int_equal(take(fixture, 1, 103), 4);
    assert_int_equal(fixture->interests.count, 0);
}

static void the_one_that_would_go_first_gives_way(void **state) {
    struct fixture *fixture = *state;
    for (uint32_t face = 0; face < TSSB_INTERESTS_MAX; face++)
        put(fixture, 1, face, 1000 - face);
    put(fixture, 2, 0, 5000);
    assert_int_equal(fixture->interests.count, TSSB_INTERESTS_MAX);
    assert_int_equal(take(fixture, 2, 0), 0);
    for (uint32_t face = 0; face < TSSB_INTERESTS_MAX - 1; face++)
        assert_int_equal(take(fixture, 1, 0), face);
    assert_int_equal(take(fixture, 1, 0), -1);
}

static void without_memory_nothing_is_remembered(void **state) {
    struct fixture *fixture = *state;
    countdown_mem_init(&fixture->countdown, 0);
    put(fixture, 1, 1, 100);
    assert_int_equal(take(fixture, 1, 0), -1);
}

#define INTERESTS_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        INTERESTS_TEST(interests_are_taken_by_replica_and_face),
        INTERESTS_TEST(they_run_out_unless_renewed),
        INTERESTS_TEST(the_one_that_would_go_first_gives_way),
        INTERESTS_TEST(without_memory_nothing_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
