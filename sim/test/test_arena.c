/* The arena: zeroed, aligned, apart from each other, and any size. */
#include "sim/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_pieces_are_zeroed_aligned_and_apart(void **state) {
    (void)state;
    struct arena arena = {NULL};
    unsigned char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = arena_alloc(&arena, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < i; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i % 255) + 1, i);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal(pieces[i][k], i % 255 + 1);
    arena_close(&arena);
    assert_null(arena.blocks);
}

static void test_large_pieces_and_small_ones_after_them(void **state) {
    (void)state;
    struct arena arena = {NULL};
    memset(arena_alloc(&arena, 1 << 20), 1, 1 << 20);
    memset(arena_alloc(&arena, 10), 1, 10);
    memset(arena_alloc(&arena, 1 << 17), 1, 1 << 17);
    arena_close(&arena);
}

static void test_sizes_that_cannot_be_had(void **state) {
    (void)state;
    struct arena arena = {NULL};
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 40));
    assert_null(arena_text(&arena, "", SIZE_MAX));
    arena_close(&arena);
}

static void test_text_is_cut_and_ended(void **state) {
    (void)state;
    struct arena arena = {NULL};
    assert_string_equal(arena_text(&arena, "nodeA, nodeB", 5), "nodeA");
    assert_string_equal(arena_text(&arena, NULL, 0), "");
    arena_close(&arena);
    arena_close(&arena); /* of an empty one */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_large_pieces_and_small_ones_after_them),
        cmocka_unit_test(test_sizes_that_cannot_be_had),
        cmocka_unit_test(test_text_is_cut_and_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
