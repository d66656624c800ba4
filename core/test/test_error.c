/* Every error code has a text of its own, and no two share a code. */
#include "support.h"

#include <string.h>

#include "../error.h"

static const int codes[] = {
#define CODE(name, code, text) TSSB_E_##name,
    TSSB_ERROR_TABLE(CODE)
#undef CODE
};

static void every_code_is_negative_and_has_a_text(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_true(codes[i] < 0);
        assert_string_not_equal(tssb_error_text(codes[i]), tssb_error_text(1));
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(codes[i], codes[j]);
            assert_string_not_equal(tssb_error_text(codes[i]), tssb_error_text(codes[j]));
        }
    }
}

static void texts_read_within_a_sentence(void **state) {
    (void)state;
    assert_string_equal(tssb_error_text(TSSB_E_SIGNATURE), "bad signature");
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        const char *text = tssb_error_text(codes[i]);
        assert_int_not_equal(text[strlen(text) - 1], '.');
    }
}

static void success_and_unknown_codes_have_one_too(void **state) {
    (void)state;
    assert_string_equal(tssb_error_text(0), "success");
    assert_string_equal(tssb_error_text(1), "unknown error");
    assert_string_equal(tssb_error_text(INT32_MIN), "unknown error");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_negative_and_has_a_text),
        cmocka_unit_test(texts_read_within_a_sentence),
        cmocka_unit_test(success_and_unknown_codes_have_one_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
