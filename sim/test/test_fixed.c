/* Integer mathematics against the C library's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>

#include "sim/fixed.h"
#include "sim/stream.h"

static const double one = 4294967296.0;

static void logarithms(void **state) {
    (void)state;
    assert_int_equal(fixed_log2(1), 0);
    assert_int_equal(fixed_log2(1024), 10 * FIXED_ONE);
    assert_int_equal(fixed_log2((uint64_t)1 << 63), 63 * FIXED_ONE);
    for (uint64_t n = 1; n < 20000; n++) {
        uint64_t x = stream_mix(n) >> n % 64 | 1;
        /* log2l has 64 bits of mantissa: enough for 38 bits of result. */
        assert_true(fabs((double)fixed_log2(x) - (double)(log2l(x) * one)) < 2);
        assert_true(fabs((double)fixed_ln(x) - (double)(logl(x) * one)) < 2);
        assert_int_equal(fixed_cdb(x), lround((double)(1000 * log10l(x))));
    }
    assert_int_equal(fixed_cdb(1), 0);
    assert_int_equal(fixed_cdb(1000), 3000);
}

static void powers(void **state) {
    (void)state;
    for (uint64_t n = 1; n < 20000; n++) {
        uint64_t base = stream_mix(n);
        uint32_t exponent = 1 + (uint32_t)(stream_mix(n + 99) % 2000);
        long double due = powl(ldexpl((long double)base, -64), exponent);
        assert_true(fabsl(ldexpl((long double)fixed_power(base, exponent), -64) - due) <
                    ldexpl(exponent, -62));
    }
    assert_true(fixed_power(12345, 0) == UINT64_MAX);
    assert_true(fixed_power(12345, 1) == 12345);
}

static void roots(void **state) {
    (void)state;
    for (uint64_t n = 0; n < 20000; n++) {
        uint64_t x = n < 1000 ? n : stream_mix(n) >> n % 64, root = fixed_sqrt(x);
        assert_true(root * root <= x);
        assert_true((unsigned __int128)(root + 1) * (root + 1) > x);
    }
    assert_int_equal(fixed_sqrt(UINT64_MAX), UINT32_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithms),
        cmocka_unit_test(powers),
        cmocka_unit_test(roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
