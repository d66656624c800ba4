/* What is collected for the summary: which catch-ups and side chains count. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/types.h"
#include "sim/record/tally.h"

static void tell(struct tally *tally, uint64_t latency_ns, uint64_t bound_ns) {
    tally->observer.caught_up(
        &tally->observer,
        &(struct catchup){.since_ns = 1000, .until_ns = 1000 + latency_ns, .bound_ns = bound_ns});
}

static void test_the_median(void **state) {
    struct tally tally;
    (void)state;
    tally_init(&tally);
    assert_true(tally.observer.wants_measures);
    assert_int_equal(samples_median(&tally.ratios), 0);
    tell(&tally, 900, 300);
    assert_int_equal(samples_median(&tally.ratios), 3000);
    tell(&tally, 200, 200);
    assert_int_equal(samples_median(&tally.ratios), 1000); /* the lower of two */
    tell(&tally, 200, 300);
    tell(&tally, 2000, 300);
    tell(&tally, 2000, 600);
    assert_int_equal(samples_median(&tally.ratios), 3000);
    assert_int_equal(tally.ratios.count, 5);
    tally_close(&tally);
}

static void test_what_has_no_ratio(void **state) {
    struct tally tally;
    (void)state;
    tally_init(&tally);
    tell(&tally, 900, TSSB_NEVER);
    tell(&tally, TSSB_NEVER - 1000, 300); /* it never ended */
    assert_int_equal(tally.ratios.count, 0);
    tally_close(&tally);
}

static void test_side_chains(void **state) {
    struct tally tally;
    (void)state;
    tally_init(&tally);
    for (uint64_t ms = 1; ms <= 4; ms++)
        tally.observer.fetched(&tally.observer,
                               &(struct chain_fetch){.since_ns = 1000, .until_ns = 1000 + ms});
    tally.observer.fetched(&tally.observer, &(struct chain_fetch){.until_ns = TSSB_NEVER});
    assert_int_equal(tally.chains_ns.count, 4);
    assert_int_equal(samples_median(&tally.chains_ns), 2);
    assert_int_equal(samples_most(&tally.chains_ns), 4);
    assert_int_equal(tally.chains_lacking, 1);
    tally_close(&tally);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_median),
        cmocka_unit_test(test_what_has_no_ratio),
        cmocka_unit_test(test_side_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
