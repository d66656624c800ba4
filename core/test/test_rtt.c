/* RFC 6298, by hand. Times are in milliseconds here. */
#include "support.h"

#include "../rtt.h"

#define MS UINT64_C(1000000)

static const struct tssb_rtt_bounds bounds = {1000 * MS, 100 * MS, 10000 * MS};

static uint64_t timeout_us(const struct tssb_rtt *rtt, uint32_t misses) {
    return tssb_rtt_timeout(rtt, &bounds, misses) / 1000;
}

/* 2.1: until anything is measured, one second. */
static void the_first_timeout_is_as_configured(void **state) {
    const struct tssb_rtt nothing = {0};
    (void)state;
    assert_int_equal(timeout_us(&nothing, 0), 1000000);
}

/* 2.2: SRTT = R, RTTVAR = R / 2, RTO = SRTT + 4 RTTVAR. */
static void the_first_measurement_gives_three_times_itself(void **state) {
    struct tssb_rtt rtt = {0};
    (void)state;
    tssb_rtt_measured(&rtt, 200 * MS);
    assert_int_equal(rtt.smoothed_ns, 200 * MS);
    assert_int_equal(rtt.variation_ns, 100 * MS);
    assert_int_equal(timeout_us(&rtt, 0), 600000);
}

/* 2.3: RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R'|, and then SRTT = 7/8 SRTT + 1/8 R'. */
static void further_measurements_are_smoothed(void **state) {
    struct tssb_rtt rtt = {0};
    (void)state;
    tssb_rtt_measured(&rtt, 200 * MS);
    tssb_rtt_measured(&rtt, 280 * MS);
    assert_int_equal(rtt.variation_ns, 95 * MS); /* 75 + 20 */
    assert_int_equal(rtt.smoothed_ns, 210 * MS); /* 175 + 35 */
    assert_int_equal(timeout_us(&rtt, 0), 590000);
    tssb_rtt_measured(&rtt, 130 * MS);
    assert_int_equal(rtt.variation_ns, 91250000); /* 71.25 + 20 */
    assert_int_equal(rtt.smoothed_ns, 200 * MS);  /* 183.75 + 16.25 */
    assert_int_equal(timeout_us(&rtt, 0), 565000);
}

/* The spread counts for at least G, 10 ms; 2.4 and 2.5: the clamps. */
static void the_timeout_has_bounds(void **state) {
    struct tssb_rtt rtt = {.smoothed_ns = 300 * MS, .variation_ns = MS};
    (void)state;
    assert_int_equal(timeout_us(&rtt, 0), 310000);
    rtt = (struct tssb_rtt){.smoothed_ns = 20 * MS, .variation_ns = 5 * MS};
    assert_int_equal(timeout_us(&rtt, 0), 100000);
    rtt = (struct tssb_rtt){.smoothed_ns = 9000 * MS, .variation_ns = 1000 * MS};
    assert_int_equal(timeout_us(&rtt, 0), 10000000);
    tssb_rtt_measured(&rtt, 0); /* no time at all is no reason to begin afresh */
    assert_int_equal(rtt.smoothed_ns, 7875 * MS);
}

/* 5.5: each timeout in a row doubles it. */
static void misses_double_it(void **state) {
    const struct tssb_rtt rtt = {.smoothed_ns = 200 * MS, .variation_ns = 50 * MS};
    (void)state;
    assert_int_equal(timeout_us(&rtt, 0), 400000);
    assert_int_equal(timeout_us(&rtt, 1), 800000);
    assert_int_equal(timeout_us(&rtt, 3), 3200000);
    assert_int_equal(timeout_us(&rtt, 5), 10000000);
    assert_int_equal(timeout_us(&rtt, UINT32_MAX - 16), 10000000);
}

/* Karn's rule: an ambiguous answer changes nothing, but for those that come too soon to be answers
 * to the last request; four of them double the timeout, until something is measured again. */
static void ambiguous_answers_measure_nothing(void **state) {
    struct tssb_rtt rtt = {.smoothed_ns = 200 * MS, .variation_ns = 50 * MS};
    (void)state;
    for (int i = 0; i < 20; i++)
        tssb_rtt_ambiguous(&rtt, &bounds, 100 * MS);
    assert_int_equal(timeout_us(&rtt, 0), 400000);
    for (int i = 0; i < 3; i++)
        tssb_rtt_ambiguous(&rtt, &bounds, 99 * MS);
    assert_int_equal(timeout_us(&rtt, 0), 400000);
    tssb_rtt_ambiguous(&rtt, &bounds, 99 * MS);
    assert_int_equal(timeout_us(&rtt, 0), 800000);
    tssb_rtt_ambiguous(&rtt, &bounds, 100 * MS);
    assert_int_equal(timeout_us(&rtt, 0), 400000);
    tssb_rtt_back_off(&rtt);
    tssb_rtt_measured(&rtt, 200 * MS);
    assert_int_equal(timeout_us(&rtt, 0), 350000); /* RTTVAR 37.5 */
}

/* Before the first measurement one such answer is enough. */
static void a_first_timeout_that_is_too_short_doubles(void **state) {
    struct tssb_rtt rtt = {0};
    (void)state;
    tssb_rtt_ambiguous(&rtt, &bounds, 125 * MS);
    assert_int_equal(timeout_us(&rtt, 0), 1000000);
    tssb_rtt_ambiguous(&rtt, &bounds, 124 * MS);
    assert_int_equal(timeout_us(&rtt, 0), 2000000);
    for (int i = 0; i < 300; i++)
        tssb_rtt_back_off(&rtt);
    assert_int_equal(timeout_us(&rtt, 0), 4000000);
    rtt.smoothed_ns = 200 * MS;
    for (int i = 0; i < 300; i++)
        tssb_rtt_back_off(&rtt);
    assert_int_equal(timeout_us(&rtt, 0), 10000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_timeout_is_as_configured),
        cmocka_unit_test(the_first_measurement_gives_three_times_itself),
        cmocka_unit_test(further_measurements_are_smoothed),
        cmocka_unit_test(the_timeout_has_bounds),
        cmocka_unit_test(misses_double_it),
        cmocka_unit_test(ambiguous_answers_measure_nothing),
        cmocka_unit_test(a_first_timeout_that_is_too_short_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
