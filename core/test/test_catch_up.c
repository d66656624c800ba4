/* How fast each strategy catches up: 200 entries, over a link of 100 ms and 100 kbit/s each way, as
 * a ratio to the bound, the time that a holder takes who is asked at once and sends without a
 * pause. */
#include "net.h"

#include <stdlib.h>

enum { ENTRIES = 200, SEEDS = 30, WANT_BITS = 43 * 8, ENTRY_BITS = 120 * 8, RATE = 100000 };

/* In parts per thousand of the bound. */
static uint32_t ratio(struct net *net) {
    const uint64_t bound_ns = 200 * MS_NS +
                              (WANT_BITS + ENTRIES * ENTRY_BITS) * MS_NS * 1000 / RATE;
    uint64_t ms = 0;
    while (net_replica(net, B, A)->front_seq < ENTRIES && ms < 3600000)
        net_run(net, ++ms);
    assert_int_equal(net_replica(net, B, A)->front_seq, ENTRIES);
    return (uint32_t)(ms * MS_NS * 1000 / bound_ns);
}

static uint32_t catch_up(const struct tssb_strategy *strategy, uint32_t size, uint32_t stash,
                         uint32_t loss_percent, uint64_t seed) {
    static struct net net;
    net_init(&net, NEVER_FAILS);
    net.quiet = true;
    net.delay_ns = 100 * MS_NS;
    net.bits_per_s = RATE;
    net_behind(&net, strategy, size, stash, ENTRIES, NULL);
    net.loss_percent = loss_percent;
    net.random = seed;
    net_ask(&net, B);
    uint32_t took = ratio(&net);
    net_close(&net);
    return took;
}

static int by_size(const void *a, const void *b) {
    const uint32_t *first = a, *second = b;
    return (*first > *second) - (*first < *second);
}

static uint32_t median(const struct tssb_strategy *strategy, uint32_t size, uint32_t stash,
                       uint32_t loss_percent) {
    uint32_t ratios[SEEDS];
    for (uint32_t seed = 0; seed < SEEDS; seed++)
        ratios[seed] = catch_up(strategy, size, stash, loss_percent, seed);
    qsort(ratios, SEEDS, sizeof *ratios, by_size);
    return ratios[SEEDS / 2];
}

static void asking_ahead_is_faster_than_one_at_a_time(void **state) {
    uint32_t single = catch_up(&tssb_strategy_single, 0, 0, 0, 0);
    (void)state;
    assert_in_range(single, 20000, 20200); /* 200 round trips */
    assert_in_range(single / catch_up(&tssb_strategy_window, 16, 0, 0, 0), 12, 16);
    assert_in_range(single / catch_up(&tssb_strategy_fair, 16, 0, 0, 0), 12, 16);
    assert_in_range(single / catch_up(&tssb_strategy_batch, 18, 0, 0, 0), 12, 18);
}

static void range_and_adaptive_come_near_the_bound(void **state) {
    (void)state;
    assert_in_range(catch_up(&tssb_strategy_range, 0, 0, 0, 0), 1000, 1200);
    assert_in_range(catch_up(&tssb_strategy_adaptive, 0, 0, 0, 0), 1000, 1500);
}

/* A fifth of all packets is lost, each way. */
static void range_with_a_stash_stands_loss(void **state) {
    (void)state;
    assert_in_range(median(&tssb_strategy_range, 0, 64, 20), 1000, 2500);
    assert_in_range(median(&tssb_strategy_window, 24, 64, 20), 1000, 5000);
}

/* Without a stash everything behind a loss comes again, and comes. */
static void without_a_stash_it_takes_longer(void **state) {
    (void)state;
    assert_in_range(median(&tssb_strategy_range, 0, 0, 5), 1000, 5000);
    assert_in_range(catch_up(&tssb_strategy_window, 16, 0, 20, 1), 2500, 200000);
    assert_in_range(catch_up(&tssb_strategy_adaptive, 0, 0, 20, 1), 2500, 200000);
    assert_in_range(catch_up(&tssb_strategy_fair, 16, 0, 20, 1), 2500, 200000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asking_ahead_is_faster_than_one_at_a_time),
        cmocka_unit_test(range_and_adaptive_come_near_the_bound),
        cmocka_unit_test(range_with_a_stash_stands_loss),
        cmocka_unit_test(without_a_stash_it_takes_longer),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
