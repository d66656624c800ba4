/* Lists of problems: in the order of their places, bounded, and one line each whatever they quote.
 */
#include "sim/scenario/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct source file = {.name = "net.yaml"};
static const struct source option = {.name = "--set seed=x", .order = 1};

static struct place at(const struct source *source, uint32_t line, uint32_t column) {
    return (struct place){source, line, column};
}

static void expect_text(struct problems *problems, const char *due) {
    char *text = problems_text(problems, "net.yaml");
    assert_string_equal(text, due);
    free(text);
    problems_close(problems);
}

static void test_sorted_by_place(void **state) {
    (void)state;
    struct problems problems = {.count = 0};
    problems_add(&problems, at(&option, 1, 6), "fifth");
    problems_add(&problems, at(&file, 7, 2), "third");
    problems_add(&problems, at(&file, 7, 2), "fourth");
    problems_add(&problems, at(&file, 7, 1), "%s", "second");
    problems_add(&problems, at(&file, 0, 0), "first");
    assert_int_equal(problems.status, PROBLEMS_INPUT);
    expect_text(&problems, "net.yaml: first\nnet.yaml:7:1: second\nnet.yaml:7:2: third\n"
                           "net.yaml:7:2: fourth\n--set seed=x:1:6: fifth\n");
    assert_int_equal(problems.status, PROBLEMS_NONE);
}

static void test_no_more_than_twenty(void **state) {
    (void)state;
    struct problems problems = {.count = 0};
    for (uint32_t i = 1; i <= PROBLEMS_MAX; i++)
        problems_add(&problems, at(&file, i, 1), "x");
    assert_false(problems.more);
    problems_add(&problems, at(&file, 1, 1), "one more");
    char *text = problems_text(&problems, "net.yaml");
    assert_null(strstr(text, "one more"));
    assert_non_null(strstr(text, "net.yaml:20:1: x\nnet.yaml: there is more; these were"));
    free(text);
    problems_close(&problems);
}

static void test_memory_stands_for_all(void **state) {
    (void)state;
    struct problems problems = {.count = 0};
    problems_add(&problems, at(&file, 1, 1), "something");
    problems_no_memory(&problems);
    problems_add(&problems, at(&file, 1, 1), "something");
    assert_int_equal(problems.status, PROBLEMS_SYSTEM);
    expect_text(&problems, "net.yaml: memory ran out\n");
}

static void test_a_line_is_a_line(void **state) {
    (void)state;
    struct problems problems = {.count = 0};
    problems_add(&problems, at(&file, 1, 1), "a\nb\x1b[31m\x7f \xc3\xa9");
    expect_text(&problems, "net.yaml:1:1: a?b?[31m? \xc3\xa9\n");
}

static void test_quotes_are_cut(void **state) {
    (void)state;
    char text[200] = "";
    assert_string_equal(problems_show("short").text, "short");
    memset(text, 'x', 63);
    assert_string_equal(problems_show(text).text, text);
    memset(text, 'x', 59);
    memcpy(text + 59, "\xc3\xa9 and more", sizeof "\xc3\xa9 and more");
    struct shown shown = problems_show(text);
    assert_int_equal(strlen(shown.text), 62);
    assert_string_equal(shown.text + 59, "..."); /* and not half of the last character */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorted_by_place),       cmocka_unit_test(test_no_more_than_twenty),
        cmocka_unit_test(test_memory_stands_for_all), cmocka_unit_test(test_a_line_is_a_line),
        cmocka_unit_test(test_quotes_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
