/* Timers against a model: an array of moments that is searched from end to end. */
#include "support.h"

#include "../error.h"
#include "../timers.h"

enum { IDS = 50 };

/* The id that is due first, the smaller one of two at the same time; IDS where none is set. */
static uint32_t model_first(const uint64_t at_ns[IDS]) {
    uint32_t first = IDS;
    for (uint32_t id = 0; id < IDS; id++)
        if (at_ns[id] != TSSB_NEVER && (first == IDS || at_ns[id] < at_ns[first]))
            first = id;
    return first;
}

static void the_timers_do_what_the_model_does(void **state) {
    (void)state;
    struct tssb_timers timers = {0};
    struct countdown_mem countdown;
    uint64_t at_ns[IDS], seed = 5;
    countdown_mem_init(&countdown, NEVER_FAILS);
    assert_int_equal(tssb_timers_reserve(&timers, &countdown.mem, IDS), 0);
    for (uint32_t id = 0; id < IDS; id++)
        at_ns[id] = TSSB_NEVER;
    for (int i = 0; i < 100000; i++) {
        uint64_t number = random_next(&seed);
        uint32_t id = (uint32_t)(number >> 32) % IDS, taken = IDS;
        uint32_t first = model_first(at_ns);
        uint64_t due_ns = first < IDS ? at_ns[first] : TSSB_NEVER;
        assert_true(tssb_timers_next(&timers) == due_ns);
        switch (number % 8) {
        case 0:
            at_ns[id] = TSSB_NEVER;
            tssb_timers_set(&timers, id, TSSB_NEVER);
            break;
        case 1:
        case 2:
            if (due_ns != TSSB_NEVER && due_ns > 0)
                assert_false(tssb_timers_take(&timers, due_ns - 1, &taken));
            assert_int_equal(tssb_timers_take(&timers, due_ns, &taken), first < IDS);
            assert_int_equal(taken, first);
            if (first < IDS)
                at_ns[first] = TSSB_NEVER;
            break;
        default: /* few distinct moments, so that ties abound */
            at_ns[id] = number >> 8 & 15;
            tssb_timers_set(&timers, id, at_ns[id]);
        }
    }
    tssb_timers_close(&timers, &countdown.mem);
    assert_int_equal(countdown.outstanding_bytes, 0);
}

static void ties_go_by_id_whatever_came_first(void **state) {
    (void)state;
    static const uint32_t order[] = {3, 0, 2, 4, 1};
    struct tssb_timers timers = {0};
    uint32_t id;
    assert_int_equal(tssb_timers_reserve(&timers, &tssb_mem_libc, COUNT_OF(order)), 0);
    for (size_t i = 0; i < COUNT_OF(order); i++)
        tssb_timers_set(&timers, order[i], 100);
    for (uint32_t due = 0; due < COUNT_OF(order); due++) {
        assert_true(tssb_timers_take(&timers, 100, &id));
        assert_int_equal(id, due);
    }
    assert_false(tssb_timers_take(&timers, UINT64_MAX, &id));
    tssb_timers_close(&timers, &tssb_mem_libc);
}

static void no_timer_is_never_due(void **state) {
    (void)state;
    struct tssb_timers timers = {0};
    uint32_t id = 7;
    assert_true(tssb_timers_next(&timers) == TSSB_NEVER);
    assert_false(tssb_timers_take(&timers, TSSB_NEVER, &id));
    assert_int_equal(id, 7);
    tssb_timers_close(&timers, &tssb_mem_libc);
}

static void what_is_set_stays_set_when_room_is_made_or_is_not(void **state) {
    (void)state;
    for (int64_t fail_at = 0; fail_at < 5; fail_at++) {
        struct tssb_timers timers = {0};
        struct countdown_mem countdown;
        uint32_t id;
        countdown_mem_init(&countdown, fail_at);
        int error = tssb_timers_reserve(&timers, &countdown.mem, 1);
        assert_int_equal(error, fail_at < 2 ? TSSB_E_MEMORY : 0);
        if (error)
            assert_int_equal(tssb_timers_reserve(&timers, &countdown.mem, 1), 0);
        tssb_timers_set(&timers, 0, 9);
        error = tssb_timers_reserve(&timers, &countdown.mem, 100);
        assert_int_equal(error, fail_at == 2 || fail_at == 3 ? TSSB_E_MEMORY : 0);
        assert_true(tssb_timers_next(&timers) == 9);
        assert_int_equal(tssb_timers_reserve(&timers, &countdown.mem, 100), 0);
        tssb_timers_set(&timers, 99, 8);
        assert_true(tssb_timers_take(&timers, 9, &id));
        assert_int_equal(id, 99);
        assert_true(tssb_timers_take(&timers, 9, &id));
        assert_int_equal(id, 0);
        tssb_timers_close(&timers, &countdown.mem);
        assert_int_equal(countdown.outstanding_bytes, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_timers_do_what_the_model_does),
        cmocka_unit_test(ties_go_by_id_whatever_came_first),
        cmocka_unit_test(no_timer_is_never_due),
        cmocka_unit_test(what_is_set_stays_set_when_room_is_made_or_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
