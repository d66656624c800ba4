/* Growing arrays: contents survive, capacities double, running out changes nothing. */
#include "support.h"

#include <string.h>

#include "../error.h"

static void libc_memory_is_a_realloc(void **state) {
    (void)state;
    const struct tssb_mem *mem = &tssb_mem_libc;
    char *text = mem->resize(mem->context, NULL, 0, 6);
    assert_non_null(text);
    memcpy(text, "hello", 6);
    text = mem->resize(mem->context, text, 6, 6000);
    assert_string_equal(text, "hello");
    assert_null(mem->resize(mem->context, text, 6000, 0));
}

static void an_array_doubles_from_what_it_first_needed(void **state) {
    (void)state;
    static const struct {
        uint32_t needed, capacity;
    } steps[] = {{0, 0}, {3, 3}, {2, 3}, {4, 6}, {6, 6}, {7, 12}, {100, 192}};
    struct countdown_mem countdown;
    void *array = NULL;
    uint32_t capacity = 0;
    countdown_mem_init(&countdown, NEVER_FAILS);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        assert_int_equal(tssb_mem_grow(&countdown.mem, &array, &capacity, steps[i].needed, 3), 0);
        assert_int_equal(capacity, steps[i].capacity);
        assert_int_equal(countdown.outstanding_bytes, capacity * 3);
    }
    tssb_mem_release(&countdown.mem, &array, &capacity, 3);
    assert_null(array);
    assert_int_equal(capacity, 0);
    assert_int_equal(countdown.outstanding_bytes, 0);
}

static void releasing_nothing_is_allowed(void **state) {
    (void)state;
    struct countdown_mem countdown;
    void *array = NULL;
    uint32_t capacity = 0;
    countdown_mem_init(&countdown, 0);
    tssb_mem_release(&countdown.mem, &array, &capacity, 8);
    assert_int_equal(countdown.calls, 0);
}

static void without_memory_the_array_is_as_it_was(void **state) {
    (void)state;
    struct countdown_mem countdown;
    void *array = NULL;
    uint32_t capacity = 0;
    countdown_mem_init(&countdown, 1);
    assert_int_equal(tssb_mem_grow(&countdown.mem, &array, &capacity, 4, 1), 0);
    memcpy(array, "kept", 4);
    void *before = array;
    assert_int_equal(tssb_mem_grow(&countdown.mem, &array, &capacity, 5, 1), TSSB_E_MEMORY);
    assert_ptr_equal(array, before);
    assert_int_equal(capacity, 4);
    assert_memory_equal(array, "kept", 4);
    tssb_mem_release(&countdown.mem, &array, &capacity, 1);
    assert_int_equal(countdown.outstanding_bytes, 0);
}

static void what_cannot_be_counted_is_out_of_memory(void **state) {
    (void)state;
    struct countdown_mem countdown;
    void *array = NULL;
    uint32_t capacity = 0, huge = UINT32_MAX / 2 + 2;
    countdown_mem_init(&countdown, NEVER_FAILS);
    assert_int_equal(tssb_mem_grow(&countdown.mem, &array, &capacity, 3, SIZE_MAX / 2),
                     TSSB_E_MEMORY);
    assert_int_equal(tssb_mem_grow(&countdown.mem, &array, &huge, UINT32_MAX, 1), TSSB_E_MEMORY);
    assert_int_equal(countdown.calls, 0);
    assert_null(array);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libc_memory_is_a_realloc),
        cmocka_unit_test(an_array_doubles_from_what_it_first_needed),
        cmocka_unit_test(releasing_nothing_is_allowed),
        cmocka_unit_test(without_memory_the_array_is_as_it_was),
        cmocka_unit_test(what_cannot_be_counted_is_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
