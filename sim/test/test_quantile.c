/* Distributions, against their definitions and against what samples of a million must show. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "sim/quantile.h"
#include "sim/stream.h"

enum { DRAWS = 1000000 };

/* The draws that lie evenly, u = (n + 1/2) / 2^12, and further and further out in the tail. */
static void quantiles_are_those_of_the_distributions(void **state) {
    (void)state;
    for (uint64_t n = 0; n < 4096 + 22; n++) {
        uint64_t bits = n < 4096 ? n << 52 | (uint64_t)1 << 51
                                 : (uint64_t)3 << (4096 + 40 - n + 21);
        double u = ldexp((double)bits, -64);
        double normal = quantile_normal(bits >> 1) / 65536.0; /* positive: the first bit is 0 */
        double chance = erfc(normal / sqrt(2));               /* that |z| is above it */
        /* A chord is off by h^2 / 8 of the second derivative, with steps of h = u / 16. */
        assert_true(fabs(chance - u) < 6e-4 * (1 + normal * normal) * u + 2e-5);
        assert_true(quantile_normal(bits >> 1 | (uint64_t)1 << 63) == -quantile_normal(bits >> 1));
        double pareto = quantile_pareto(bits) / 65536.0;
        assert_true(fabs(pareto - (1 / sqrt(u) - 1)) < 1e-3 * (1 + pareto));
        double exponential = (double)quantile_exponential(bits, 1000000000) / 1e9;
        assert_true(fabs(exponential + log(u)) < 1e-8);
    }
}

/* Mean 0 and variance 1, within five standard errors: 5 / sqrt(10^6), 5 sqrt(2 / 10^6). */
static void a_normal_sample(void **state) {
    double sum = 0, squares = 0;
    (void)state;
    for (uint64_t n = 0; n < DRAWS; n++) {
        double z = quantile_normal(stream_mix(n)) / 65536.0;
        sum += z;
        squares += z * z;
    }
    assert_true(fabs(sum / DRAWS) < 0.005);
    assert_true(fabs(squares / DRAWS - 1) < 0.0071);
}

/* P(X > x) = (1 + x)^-2, at five places; five standard errors. */
static void a_heavy_tail(void **state) {
    static const double places[] = {0.1, 1, 9, 99, 999};
    uint32_t above[5] = {0};
    (void)state;
    for (uint64_t n = 0; n < DRAWS; n++)
        for (int i = 0; i < 5; i++)
            above[i] += quantile_pareto(stream_mix(n)) > places[i] * 65536;
    for (int i = 0; i < 5; i++) {
        double due = DRAWS * pow(1 + places[i], -2);
        assert_true(fabs(above[i] - due) < 5 * sqrt(due) + 0.001 * due);
    }
}

static void extremes_are_bounded(void **state) {
    (void)state;
    assert_true(quantile_normal(0) == 355204);
    assert_true(quantile_normal(UINT64_MAX >> 1) < 100);
    assert_true(quantile_pareto(0) == 4095 * QUANTILE_ONE);
    assert_true(quantile_pareto(UINT64_MAX) == 0);
    assert_true(quantile_exponential(UINT64_MAX, 1000) == 0);
    assert_in_range(quantile_exponential(0, 1000), 43000, 44000);
    assert_true(quantile_scale(-QUANTILE_ONE / 2, 100) == -50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_the_distributions),
        cmocka_unit_test(a_normal_sample),
        cmocka_unit_test(a_heavy_tail),
        cmocka_unit_test(extremes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
