/* The DMX table against a slow and obvious model: a list that is searched from end to end. */
#include "support.h"

#include <string.h>

#include "../dmx.h"
#include "../error.h"

enum { MODEL_MAX = 400 };

struct model {
    struct {
        tssb_dmx dmx;
        struct tssb_dmx_match match;
    } armed[MODEL_MAX];
    uint32_t count;
};

static bool same(struct tssb_dmx_match a, struct tssb_dmx_match b) {
    return a.kind == b.kind && a.value == b.value;
}

static bool model_disarm(struct model *model, tssb_dmx dmx, struct tssb_dmx_match match) {
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->armed[i].dmx == dmx && same(model->armed[i].match, match)) {
            model->armed[i] = model->armed[--model->count];
            return true;
        }
    }
    return false;
}

/* The table finds what the model has armed, as often as it has, and nothing else. */
static void expect_matches(const struct tssb_dmx_table *table, const struct model *model,
                           tssb_dmx dmx) {
    struct tssb_dmx_match match;
    struct model due = {.count = 0};
    uint32_t cursor = 0;
    for (uint32_t i = 0; i < model->count; i++)
        if (model->armed[i].dmx == dmx)
            due.armed[due.count++] = model->armed[i];
    while (tssb_dmx_find(table, dmx, &cursor, &match))
        assert_true(model_disarm(&due, dmx, match));
    assert_int_equal(due.count, 0);
}

/* Few distinct values, and homes close to the end of the table: runs are long, collide and wrap
 * around. */
static tssb_dmx crowded_dmx(uint64_t number) {
    return (number >> 8 & 3) << 40 | (UINT64_C(0xffff0) + (number >> 16 & 31));
}

static void the_table_does_what_the_model_does(void **state) {
    (void)state;
    static struct model model;
    struct tssb_dmx_table table = {0};
    struct countdown_mem countdown;
    uint64_t seed = 4;
    countdown_mem_init(&countdown, NEVER_FAILS);
    for (int i = 0; i < 60000; i++) {
        uint64_t number = random_next(&seed);
        tssb_dmx dmx = crowded_dmx(number);
        struct tssb_dmx_match match = {(enum tssb_dmx_kind)(1 + (number >> 32) % 3),
                                       number >> 40 & 1};
        /* Grows for a while, shrinks for a while. */
        bool arm = number % 8 < (i / 1000 % 2 ? 3 : 5) && model.count < MODEL_MAX;
        if (arm) {
            assert_int_equal(tssb_dmx_reserve(&table, &countdown.mem, 1), 0);
            tssb_dmx_arm(&table, dmx, match);
            model.armed[model.count].dmx = dmx;
            model.armed[model.count++].match = match;
        } else {
            assert_int_equal(tssb_dmx_disarm(&table, dmx, match), model_disarm(&model, dmx, match));
        }
        assert_int_equal(table.count, model.count);
        expect_matches(&table, &model, dmx);
        expect_matches(&table, &model, crowded_dmx(random_next(&seed)));
    }
    tssb_dmx_close(&table, &countdown.mem);
    assert_int_equal(countdown.outstanding_bytes, 0);
}

/* Slots 6, 7 and then 0, 1 of eight: the run goes around the end, and closes when its first goes.
 */
static void a_run_that_wraps_around_closes_its_gap(void **state) {
    (void)state;
    static const tssb_dmx homes[] = {6, 14, 6 + 16, 7, 0};
    for (size_t gone = 0; gone < COUNT_OF(homes); gone++) {
        struct tssb_dmx_table table = {0};
        struct tssb_dmx_match match;
        assert_int_equal(tssb_dmx_reserve(&table, &tssb_mem_libc, COUNT_OF(homes)), 0);
        assert_int_equal(table.mask, 7);
        for (uint32_t i = 0; i < COUNT_OF(homes); i++)
            tssb_dmx_arm(&table, homes[i], (struct tssb_dmx_match){TSSB_DMX_ENTRY, i});
        match = (struct tssb_dmx_match){TSSB_DMX_ENTRY, (uint32_t)gone};
        assert_true(tssb_dmx_disarm(&table, homes[gone], match));
        assert_false(tssb_dmx_disarm(&table, homes[gone], match));
        for (uint32_t i = 0; i < COUNT_OF(homes); i++) {
            uint32_t cursor = 0;
            assert_int_equal(tssb_dmx_find(&table, homes[i], &cursor, &match), i != gone);
        }
        tssb_dmx_close(&table, &tssb_mem_libc);
    }
}

static void one_value_may_stand_for_several_things(void **state) {
    (void)state;
    struct tssb_dmx_table table = {0};
    struct tssb_dmx_match match;
    uint32_t cursor = 0, found = 0;
    assert_int_equal(tssb_dmx_reserve(&table, &tssb_mem_libc, 3), 0);
    tssb_dmx_arm(&table, 0, (struct tssb_dmx_match){TSSB_DMX_ENTRY, 1});
    tssb_dmx_arm(&table, 0, (struct tssb_dmx_match){TSSB_DMX_ENTRY, 2});
    tssb_dmx_arm(&table, 0, (struct tssb_dmx_match){TSSB_DMX_WANT, 1});
    while (tssb_dmx_find(&table, 0, &cursor, &match))
        found += match.kind == TSSB_DMX_ENTRY ? match.value : 10 * match.value;
    assert_int_equal(found, 1 + 2 + 10);
    tssb_dmx_close(&table, &tssb_mem_libc);
}

static void an_empty_table_knows_nothing(void **state) {
    (void)state;
    struct tssb_dmx_table table = {0};
    struct tssb_dmx_match match = {TSSB_DMX_ENTRY, 1};
    uint32_t cursor = 0;
    assert_false(tssb_dmx_find(&table, 1, &cursor, &match));
    assert_false(tssb_dmx_disarm(&table, 1, match));
    tssb_dmx_close(&table, &tssb_mem_libc);
}

static void without_memory_the_table_is_as_it_was(void **state) {
    (void)state;
    struct tssb_dmx_table table = {0};
    struct tssb_dmx_match match;
    struct countdown_mem countdown;
    uint32_t cursor = 0;
    countdown_mem_init(&countdown, 0);
    assert_int_equal(tssb_dmx_reserve(&table, &countdown.mem, 1), TSSB_E_MEMORY);
    assert_null(table.keys);
    countdown_mem_init(&countdown, 1);
    assert_int_equal(tssb_dmx_reserve(&table, &countdown.mem, 1), 0);
    tssb_dmx_arm(&table, 5, (struct tssb_dmx_match){TSSB_DMX_RANGE, 7});
    assert_int_equal(tssb_dmx_reserve(&table, &countdown.mem, 1000), TSSB_E_MEMORY);
    assert_int_equal(tssb_dmx_reserve(&table, &countdown.mem, UINT32_MAX), TSSB_E_MEMORY);
    assert_int_equal(table.count, 1);
    assert_true(tssb_dmx_find(&table, 5, &cursor, &match));
    assert_true(same(match, (struct tssb_dmx_match){TSSB_DMX_RANGE, 7}));
    tssb_dmx_close(&table, &countdown.mem);
    assert_int_equal(countdown.outstanding_bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_does_what_the_model_does),
        cmocka_unit_test(a_run_that_wraps_around_closes_its_gap),
        cmocka_unit_test(one_value_may_stand_for_several_things),
        cmocka_unit_test(an_empty_table_knows_nothing),
        cmocka_unit_test(without_memory_the_table_is_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
