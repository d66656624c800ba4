/* The core's memory in a world: blocks keep what is in them, do not overlap, are reused, and are
 * all freed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "sim/pages.h"
#include "sim/slab.h"
#include "sim/stream.h"

enum { BLOCKS = 200, STEPS = 20000 };

struct block {
    uint8_t *bytes;
    size_t size;
};

/* Under AddressSanitizer too, a request that cannot be met is to return NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

static void fill(struct block *block, size_t from, uint8_t mark) {
    if (block->size > from)
        memset(block->bytes + from, mark, block->size - from);
}

static void expect_filled(const struct block *block, size_t size, uint8_t mark) {
    for (size_t i = 0; i < size; i++)
        assert_int_equal(block->bytes[i], mark);
}

static void blocks_keep_what_is_in_them(void **state) {
    struct slab slab;
    struct block blocks[BLOCKS] = {{0}};
    (void)state;
    slab_init(&slab);
    for (uint64_t n = 0; n < STEPS; n++) {
        uint64_t draw = stream_draw(1, STREAM_SHAPE, n);
        uint8_t mark = (uint8_t)(draw % BLOCKS);
        struct block *block = &blocks[mark];
        size_t size = (draw >> 8) % 4 ? (draw >> 16) % 300 : (draw >> 16) % 5000;
        size_t kept = size < block->size ? size : block->size;
        uint8_t *bytes = slab.mem.resize(slab.mem.context, block->bytes, block->size, size);
        assert_true(size == 0 ? bytes == NULL : bytes != NULL);
        assert_int_equal((uintptr_t)bytes % 16, 0);
        *block = (struct block){bytes, size};
        expect_filled(block, kept, mark);
        fill(block, kept, mark);
    }
    for (uint8_t i = 0; i < BLOCKS; i++)
        expect_filled(&blocks[i], blocks[i].size, i);
    slab_close(&slab);
}

static void a_freed_block_is_used_again(void **state) {
    struct slab slab;
    (void)state;
    slab_init(&slab);
    void *first = slab.mem.resize(slab.mem.context, NULL, 0, 100);
    assert_null(slab.mem.resize(slab.mem.context, first, 100, 0));
    assert_ptr_equal(slab.mem.resize(slab.mem.context, NULL, 0, 97), first);
    assert_ptr_equal(slab.mem.resize(slab.mem.context, first, 97, 112), first);
    slab_close(&slab);
}

static void what_cannot_be_had_is_refused(void **state) {
    struct slab slab;
    (void)state;
    slab_init(&slab);
    uint8_t *block = slab.mem.resize(slab.mem.context, NULL, 0, 2000);
    assert_non_null(block);
    memset(block, 7, 2000);
    assert_null(slab.mem.resize(slab.mem.context, block, 2000, SIZE_MAX / 4));
    assert_int_equal(block[1999], 7);
    assert_null(slab.mem.resize(slab.mem.context, block, 2000, 0));
    assert_null(pages_alloc(SIZE_MAX / 2, 16));
    assert_null(pages_alloc(SIZE_MAX / 16, 8));
    slab_close(&slab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_what_is_in_them),
        cmocka_unit_test(a_freed_block_is_used_again),
        cmocka_unit_test(what_cannot_be_had_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
