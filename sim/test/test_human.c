/* Quantities for a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/record/human.h"

struct example {
    char *(*write)(uint64_t value, char buffer[HUMAN_SIZE]);
    uint64_t value;
    const char *text;
};

static const struct example examples[] = {
    {human_bytes, 0, "0 B"},
    {human_bytes, 999, "999 B"},
    {human_bytes, 1000, "1 kB"},
    {human_bytes, 1234, "1.23 kB"},
    {human_bytes, 1050, "1.05 kB"},
    {human_bytes, 12345, "12.3 kB"},
    {human_bytes, 12045, "12 kB"},
    {human_bytes, 999999, "999 kB"},
    {human_bytes, 1500000, "1.5 MB"},
    {human_bytes, UINT64_MAX, "18446744 TB"},
    {human_duration, 0, "0 s"},
    {human_duration, 7, "7 ns"},
    {human_duration, 5000000, "5 ms"},
    {human_duration, 60105000000, "60.1 s"},
    {human_duration, 4350000000000, "4350 s"},
    {human_count, 0, "0"},
    {human_count, 999999, "999999"},
    {human_count, 197000000, "197 M"},
    {human_count, 1970000000, "1.97 G"},
};

static void test_three_digits_and_a_unit(void **state) {
    char buffer[HUMAN_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        assert_string_equal(examples[i].write(examples[i].value, buffer), examples[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_three_digits_and_a_unit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
