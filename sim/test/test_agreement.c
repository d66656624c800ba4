/* Whether two engines agree: here both are the built-in one, on networks that are the same or are
 * not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/record/agreement.h"

enum { SEEDS = 8, MS = 1000000 };

/* A pair of which the second follows the first. */
static void run_pair(struct agreement *agreement, int engine, const char *produce,
                     const char *delay, int seed) {
    struct scenario scenario;
    struct world *world;
    enum world_end end;
    char yaml[400], *errors;
    snprintf(yaml, sizeof yaml,
             "name: pair\nduration: 60 s\nseed: %d\n"
             "nodes: {a: {produce: {%s}}, b: {follow: a}, c: {}}\n"
             "strategy: {interval: 5 s}\n"
             "network: {link: {delay: %s, loss: 5 %%}}\n",
             seed, produce, delay);
    int status = scenario_parse(&scenario, "pair.yaml", yaml, strlen(yaml), NULL, 0, &errors);
    if (status)
        fail_msg("%s", errors);
    assert_int_equal(world_create(&world, &scenario), 0);
    assert_int_equal(agreement_begin(agreement, world, engine), 0);
    assert_int_equal(world_run(world, NULL, &end), 0);
    agreement_end(agreement, world);
    world_close(world);
    scenario_close(&scenario);
}

static void run(struct agreement *agreement, int engine, const char *delay, int seed) {
    run_pair(agreement, engine, "at_start: 10", delay, seed);
}

/* The same runs: no difference at all, and nobody else than who follows is compared. */
static void the_same_agrees(void **state) {
    struct agreement agreement = {0};
    (void)state;
    for (int seed = 1; seed <= SEEDS; seed++) {
        run(&agreement, 0, "5 ms", seed);
        run(&agreement, 1, "5 ms", seed);
    }
    assert_true(agreement_judge(&agreement));
    assert_int_equal(agreement.pair_count, 1);
    assert_int_equal(agreement.pairs[0].node, 1);
    assert_int_equal(agreement.pairs[0].feed, 0);
    assert_int_equal(agreement.pairs[0].seeds, SEEDS);
    assert_true(agreement.pairs[0].means_ns[0] >= 10 * 10 * MS); /* ten round trips at least */
    assert_true(agreement.pairs[0].difference_ns == 0 && agreement.pairs[0].half_ns == 0);
    assert_int_equal(agreement.identical, SEEDS);
    agreement_close(&agreement);
}

/* The same losses at another speed: ten round trips of 40 ms in place of 10 ms. */
static void another_delay_does_not(void **state) {
    struct agreement agreement = {0};
    (void)state;
    for (int seed = 1; seed <= SEEDS; seed++) {
        run(&agreement, 0, "5 ms", seed);
        run(&agreement, 1, "20 ms", seed);
    }
    assert_false(agreement_judge(&agreement));
    assert_int_equal(agreement.differing, 1);
    assert_int_equal(agreement.identical, 0);
    double difference_ms = agreement.pairs[0].difference_ns / MS;
    assert_true(difference_ms > 250 && difference_ms < 350);
    agreement_close(&agreement);
}

/* Under the second engine nobody is ever behind: that is a difference, too. */
static void never_behind_is_no_agreement(void **state) {
    struct agreement agreement = {0};
    (void)state;
    for (int seed = 1; seed <= SEEDS; seed++) {
        run(&agreement, 0, "5 ms", seed);
        run_pair(&agreement, 1, "every: 20 s, entries: 1", "5 ms", seed);
    }
    assert_false(agreement_judge(&agreement));
    assert_int_equal(agreement.pairs[0].seeds, SEEDS);
    assert_true(agreement.pairs[0].means_ns[0] >= 10 * 10 * MS);
    assert_true(agreement.pairs[0].means_ns[1] == 0);
    agreement_close(&agreement);
}

/* One seed makes no interval: what differs at all does not agree. */
static void one_seed_must_be_equal(void **state) {
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct agreement agreement = {0};
        run(&agreement, 0, "5 ms", 1);
        run(&agreement, 1, same ? "5 ms" : "6 ms", 1);
        assert_int_equal(agreement_judge(&agreement), same);
        agreement_close(&agreement);
    }
}

/* Of three seeds one counts: nothing can be said of that. */
static void one_seed_of_several_says_nothing(void **state) {
    struct agreement_pair pairs[2] = {{.seeds = 1, .difference_ns = 2e9},
                                      {.seeds = 3, .difference_ns = 2e9, .squares = 2e18}};
    struct agreement agreement = {.pairs = pairs, .pair_count = 2, .seeds = 3};
    (void)state;
    assert_true(agreement_judge(&agreement));
    assert_false(pairs[0].judged);
    assert_true(pairs[1].judged);
}

/* Differences of 1, 2 and 3 s: a mean of 2 s, a deviation of 1 s, and t is 4.303 for one pair at
 * 95 %, 6.205 for two (97.5 % each). */
static void intervals_are_students(void **state) {
    (void)state;
    for (uint32_t count = 1; count <= 2; count++) {
        struct agreement_pair pairs[2] = {{.seeds = 3, .difference_ns = 2e9, .squares = 2e18}};
        struct agreement agreement = {.pairs = pairs, .pair_count = count};
        assert_true(agreement_judge(&agreement));
        double half_s = pairs[0].half_ns / 1e9, due = (count == 1 ? 4.303 : 6.205) / sqrt(3);
        assert_true(fabs(half_s - due) < 0.001);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_agrees),
        cmocka_unit_test(another_delay_does_not),
        cmocka_unit_test(never_behind_is_no_agreement),
        cmocka_unit_test(one_seed_must_be_equal),
        cmocka_unit_test(one_seed_of_several_says_nothing),
        cmocka_unit_test(intervals_are_students),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
