/* Student's t against the tables of Abramowitz and Stegun (26.10) and of any textbook. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>

#include "sim/record/student.h"

static const struct {
    uint32_t freedom;
    double beyond, bound;
} printed[] = {
    {1, 0.5, 1.000},    {1, 0.05, 12.706}, {2, 0.05, 4.303},   {3, 0.01, 5.841},
    {4, 0.05, 2.776},   {9, 0.05, 2.262},  {10, 0.05, 2.228},  {19, 0.01, 2.861},
    {20, 0.001, 3.850}, {29, 0.05, 2.045}, {60, 0.002, 3.232}, {120, 0.05, 1.980},
};

static void bounds_are_as_printed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        double bound = student_bound(printed[i].beyond, printed[i].freedom);
        assert_true(fabs(bound - printed[i].bound) < 0.00051);
        double within = student_within(bound, printed[i].freedom);
        assert_true(fabs(1 - within - printed[i].beyond) < 1e-9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bounds_are_as_printed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
