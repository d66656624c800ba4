/* Suggestions: near words are found, far ones are not pressed on anybody. */
#include "sim/scenario/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const keys[] = {"delay", "jitter", "loss", "drop", "between", "at", "topology"};

static const char *near(const char *unknown) {
    const struct suggest_words words = {suggest_word_of_array, keys, sizeof keys / sizeof *keys};
    return suggest(unknown, &words);
}

static void test_near_words(void **state) {
    (void)state;
    assert_string_equal(near("dely"), "delay");   /* one is missing */
    assert_string_equal(near("dellay"), "delay"); /* one too many */
    assert_string_equal(near("dekay"), "delay");  /* one is another */
    assert_string_equal(near("deyal"), "delay");
    assert_string_equal(near("dlea"), "delay");
    assert_string_equal(near("ta"), "at"); /* two are swapped */
    assert_string_equal(near("Delay"), "delay");
    assert_string_equal(near("LOSS"), "loss");
    assert_string_equal(near("bewteen"), "between");
    assert_string_equal(near("topolgoy"), "topology");
}

static void test_far_words(void **state) {
    (void)state;
    assert_null(near(""));
    assert_null(near("x"));
    assert_null(near("zz"));
    assert_null(suggest(
        "x", &(struct suggest_words){suggest_word_of_array, (const char *const[]){"a"}, 1}));
    assert_null(near("bandwidth"));
    assert_null(near("delaydelay"));
    char longer[200];
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = 0;
    assert_null(near(longer));
    const char *const words[] = {longer};
    longer[62] = 'b';
    assert_null(suggest("aaaa", &(struct suggest_words){suggest_word_of_array, words, 1}));
}

/* A swap is one edit, so it wins over two; of equals, the first does. */
static void test_the_nearest_of_several(void **state) {
    (void)state;
    const char *const words[] = {"nodeB", "nodeA", "node"};
    const struct suggest_words all = {suggest_word_of_array, words, 3};
    assert_string_equal(suggest("nodeX", &all), "nodeB");
    assert_string_equal(suggest("nodA", &all), "nodeA");
    assert_string_equal(suggest("noed", &all), "node");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near_words),
        cmocka_unit_test(test_far_words),
        cmocka_unit_test(test_the_nearest_of_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
