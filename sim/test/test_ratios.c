/* The ratios of catch-ups: which count, and their median. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/types.h"
#include "sim/record/ratios.h"

static void tell(struct ratios *ratios, uint64_t latency_ns, uint64_t bound_ns) {
    ratios->observer.caught_up(
        &ratios->observer,
        &(struct catchup){.since_ns = 1000, .until_ns = 1000 + latency_ns, .bound_ns = bound_ns});
}

static void test_the_median(void **state) {
    struct ratios ratios;
    (void)state;
    ratios_init(&ratios);
    assert_true(ratios.observer.wants_measures);
    assert_int_equal(ratios_median(&ratios), 0);
    tell(&ratios, 900, 300);
    assert_int_equal(ratios_median(&ratios), 3000);
    tell(&ratios, 200, 200);
    assert_int_equal(ratios_median(&ratios), 1000); /* the lower of two */
    tell(&ratios, 200, 300);
    tell(&ratios, 2000, 300);
    tell(&ratios, 2000, 600);
    assert_int_equal(ratios_median(&ratios), 3000);
    assert_int_equal(ratios.count, 5);
    ratios_close(&ratios);
}

static void test_what_has_no_ratio(void **state) {
    struct ratios ratios;
    (void)state;
    ratios_init(&ratios);
    tell(&ratios, 900, TSSB_NEVER);
    tell(&ratios, TSSB_NEVER - 1000, 300); /* it never ended */
    assert_int_equal(ratios.count, 0);
    ratios_close(&ratios);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_median),
        cmocka_unit_test(test_what_has_no_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
