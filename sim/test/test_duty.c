/* Duty cycles: at no moment was more sent within the window before it than the budget, and nothing
 * waits longer than it must. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "core/types.h"
#include "sim/radio/duty.h"
#include "sim/stream.h"

#define HOUR_NS UINT64_C(3600000000000)

enum { SENT = 3000 };

/* What a list of transmissions has in (end - window, end]. */
static uint64_t within(const struct duty_sent *sent, uint32_t count, uint64_t window_ns,
                       uint64_t end_ns) {
    uint64_t sum_ns = 0, edge_ns = end_ns > window_ns ? end_ns - window_ns : 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t from = sent[i].from_ns > edge_ns ? sent[i].from_ns : edge_ns;
        uint64_t until = sent[i].until_ns < end_ns ? sent[i].until_ns : end_ns;
        sum_ns += until > from ? until - from : 0;
    }
    return sum_ns;
}

static void no_window_holds_more_than_the_budget(void **state) {
    static const uint64_t shares[] = {100, 10, 3}; /* 1 %, 10 %, a third */
    (void)state;
    for (int row = 0; row < 3; row++) {
        struct duty_limit limit = {HOUR_NS, HOUR_NS / shares[row]};
        struct duty duty = {0};
        struct duty_sent *sent = calloc(SENT, sizeof *sent);
        uint64_t now_ns = 0, waited = 0;
        for (uint32_t n = 0; n < SENT; n++) {
            /* Now greedy, now idle for a while. */
            uint64_t draw = stream_mix(n * 3 + (uint64_t)row);
            if (draw % 1499 == 0)
                now_ns += draw % (2 * HOUR_NS);
            uint64_t airtime_ns = 50000000 + draw % 2000000000;
            uint64_t at_ns = duty_allows(&duty, &limit, now_ns, airtime_ns);
            assert_true(at_ns >= now_ns && at_ns != TSSB_NEVER);
            sent[n] = (struct duty_sent){at_ns, at_ns + airtime_ns};
            assert_int_equal(duty_note(&duty, sent[n].from_ns, sent[n].until_ns), 0);
            /* A window holds most where a transmission ends. */
            assert_true(within(sent, n + 1, limit.window_ns, sent[n].until_ns) <= limit.budget_ns);
            if (at_ns > now_ns) { /* not a nanosecond more than needed */
                assert_int_equal(within(sent, n + 1, limit.window_ns, sent[n].until_ns),
                                 limit.budget_ns);
                waited++;
            }
            now_ns = sent[n].until_ns;
        }
        assert_true(waited > 0);
        duty_close(&duty);
        free(sent);
    }
}

static void what_is_over_the_budget_is_never_sent(void **state) {
    struct duty_limit limit = {1000, 100};
    struct duty duty = {0};
    (void)state;
    assert_int_equal(duty_allows(&duty, &limit, 5, 100), 5);
    assert_true(duty_allows(&duty, &limit, 5, 101) == TSSB_NEVER);
    assert_int_equal(duty_note(&duty, 5, 105), 0);
    assert_int_equal(duty_allows(&duty, &limit, 105, 100), 1005);
    assert_int_equal(duty_allows(&duty, &limit, 105, 40), 1005); /* all of 40 is over */
    assert_int_equal(duty_allows(&duty, &limit, 1020, 10), 1020);
    duty_close(&duty);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_window_holds_more_than_the_budget),
        cmocka_unit_test(what_is_over_the_budget_is_never_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
