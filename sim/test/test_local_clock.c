/* Clocks of nodes: there and back, to the nanosecond. */
#include "sim/local_clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/types.h"

#define SECOND_NS ((uint64_t)1000000000)

static struct local_clock with_drift(int64_t drift_ppb) {
    const struct clock_settings settings = {.own = true, .drift_ppb = {drift_ppb, drift_ppb}};
    return local_clock_draw(&settings, 1);
}

static void test_a_clock_without_settings_is_the_worlds(void **state) {
    (void)state;
    struct local_clock clock = with_drift(0);
    for (uint64_t at_ns = 0; at_ns < INT64_MAX / 2; at_ns = at_ns * 3 + 1) {
        assert_true(local_clock_shows(&clock, at_ns) == LOCAL_CLOCK_EPOCH_NS + at_ns);
        assert_true(local_clock_when(&clock, LOCAL_CLOCK_EPOCH_NS + at_ns) == at_ns);
    }
}

/* 50 ppm are 50 us a second: 10 s of a fast clock are over after 9 999 500 024.9988 ns. */
static void test_drift_to_the_nanosecond(void **state) {
    (void)state;
    struct local_clock fast = with_drift(50000), slow = with_drift(-50000);
    assert_true(local_clock_shows(&fast, SECOND_NS) == LOCAL_CLOCK_EPOCH_NS + 1000050000);
    assert_true(local_clock_shows(&slow, SECOND_NS) == LOCAL_CLOCK_EPOCH_NS + 999950000);
    assert_true(local_clock_when(&fast, LOCAL_CLOCK_EPOCH_NS + 10 * SECOND_NS) == 9999500025);
    assert_true(local_clock_when(&slow, LOCAL_CLOCK_EPOCH_NS + 10 * SECOND_NS) == 10000500026);
}

/* The moment is the first at which the clock shows what is due, or more. */
static void test_there_and_back(void **state) {
    (void)state;
    static const int64_t drifts[] = {-CLOCK_DRIFT_MAX_PPB, -1, 1, 333, 20000, CLOCK_DRIFT_MAX_PPB};
    for (size_t i = 0; i < sizeof drifts / sizeof *drifts; i++) {
        struct local_clock clock = with_drift(drifts[i]);
        for (uint64_t due_ns = 1; due_ns < INT64_MAX / 2; due_ns += due_ns / 3 + 1) {
            uint64_t local_ns = LOCAL_CLOCK_EPOCH_NS + due_ns;
            uint64_t at_ns = local_clock_when(&clock, local_ns);
            assert_true(local_clock_shows(&clock, at_ns) >= local_ns);
            assert_true(local_clock_shows(&clock, at_ns - 1) < local_ns);
        }
    }
}

static void test_what_is_past_and_what_never_comes(void **state) {
    (void)state;
    struct local_clock clock = with_drift(1000);
    assert_true(local_clock_when(&clock, 0) == 0);
    assert_true(local_clock_when(&clock, LOCAL_CLOCK_EPOCH_NS) == 0);
    assert_true(local_clock_when(&clock, TSSB_NEVER) == TSSB_NEVER);
}

/* Each node draws for itself, evenly, its bounds included. */
static void test_draws(void **state) {
    (void)state;
    const struct clock_settings settings = {
        .own = true,
        .drift_ppb = {-1, 1},
        .offset_ns = {-(int64_t)CLOCK_OFFSET_MAX_NS, (int64_t)CLOCK_OFFSET_MAX_NS}};
    unsigned counts[3] = {0}, late = 0;
    for (uint64_t node = 0; node < 3000; node++) {
        struct local_clock clock = local_clock_draw(&settings, node * 7919);
        assert_in_range(clock.rate_nsps, SECOND_NS - 1, SECOND_NS + 1);
        assert_in_range(clock.zero_ns, 0, 2 * CLOCK_OFFSET_MAX_NS);
        counts[clock.rate_nsps - (SECOND_NS - 1)]++;
        late += clock.zero_ns < LOCAL_CLOCK_EPOCH_NS;
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(counts[i], 1000 - 130, 1000 + 130); /* 5 deviations of 26 */
    assert_in_range(late, 1500 - 137, 1500 + 137);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clock_without_settings_is_the_worlds),
        cmocka_unit_test(test_drift_to_the_nanosecond),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_what_is_past_and_what_never_comes),
        cmocka_unit_test(test_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
