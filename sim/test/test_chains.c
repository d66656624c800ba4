/* Side chains in a world: when a node's is whole, and what keeps it from that. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "sim/world_state.h"

enum { TOLD_MAX = 8 };

static const uint64_t MS = 1000000, SECOND = 1000000000;

struct told {
    struct observer observer;
    struct chain_fetch list[TOLD_MAX];
    uint32_t count;
    uint64_t simulated_ns;
};

static void on_fetched(struct observer *observer, const struct chain_fetch *fetch) {
    struct told *told = (struct told *)observer;
    assert_true(told->count < TOLD_MAX);
    told->list[told->count++] = *fetch;
}

/* Runs `a`, author of one chain of 40 blobs, and b, 100 ms away at 1 ms a blob, that follows it.
 */
static void run(struct told *told, const char *more) {
    struct scenario scenario;
    struct world *world;
    char yaml[512], *errors;
    enum world_end end;
    int size = snprintf(yaml, sizeof yaml,
                        "name: chains\nduration: 1 min\n"
                        "network: {link: {delay: 100 ms, rate: 960 kbit/s}}\n"
                        "nodes: {a: {produce: {every: 1 s, entries: 1, size: 4025 B}},"
                        " b: {follow: a}}\n%s",
                        more);
    *told = (struct told){.observer = {.fetched = on_fetched}};
    assert_int_equal(scenario_parse(&scenario, "-", yaml, (size_t)size, NULL, 0, &errors), 0);
    assert_int_equal(world_create(&world, &scenario), 0);
    world_watch(world, &told->observer);
    assert_int_equal(world_run(world, NULL, &end), 0);
    told->simulated_ns = world_totals(world)->simulated_ns;
    world_close(world);
    scenario_close(&scenario);
}

/* The entry comes after 101 ms, the request, of 29 bytes, goes back, 40 blobs come one by one. */
static void test_a_chain_is_whole(void **state) {
    struct told told;
    (void)state;
    run(&told, "stop: level\nstrategy: {interval: 10 s}\n");
    assert_int_equal(told.count, 1);
    const struct chain_fetch *fetch = &told.list[0];
    assert_int_equal(fetch->node, 1);
    assert_int_equal(fetch->feed, 0);
    assert_int_equal(fetch->seq, 1);
    assert_int_equal(fetch->blobs, 40);
    assert_int_equal(fetch->since_ns, 1101 * MS);
    assert_in_range(fetch->until_ns, 1101 * MS + 240 * MS, 1101 * MS + 242 * MS);
    assert_int_equal(told.simulated_ns, fetch->until_ns); /* not before all is whole */
}

/* The author goes off before the request comes, and stays off: the run waits for it in vain. */
static void test_a_chain_stays_away(void **state) {
    struct told told;
    (void)state;
    run(&told, "stop: level\nstrategy: {interval: 10 s}\ntimeline: [{at: 1150 ms, offline: a}]\n");
    assert_int_equal(told.count, 1);
    assert_true(told.list[0].until_ns == TSSB_NEVER);
    assert_int_equal(told.simulated_ns, 60 * SECOND);
}

/* A crash keeps the chain's beginning; a wipe loses it, and the entry comes anew. */
static void test_a_crash_and_a_wipe(void **state) {
    struct told told;
    (void)state;
    run(&told, "strategy: {interval: 10 s}\ntimeline: [{at: 1250 ms, crash: b, for: 1 s}]\n");
    assert_int_equal(told.count, 1);
    assert_int_equal(told.list[0].since_ns, 1101 * MS);
    assert_in_range(told.list[0].until_ns, 2250 * MS, 13 * SECOND);
    run(&told, "strategy: {interval: 10 s}\ntimeline: [{at: 1250 ms, wipe: b, for: 1 s}]\n");
    assert_int_equal(told.count, 1);
    assert_true(told.list[0].since_ns > 2250 * MS);
    assert_true(told.list[0].until_ns < 60 * SECOND);
}

static void test_who_fetches_nothing_lacks_nothing(void **state) {
    struct told told;
    (void)state;
    run(&told, "stop: level\nstrategy: {blobs: never, interval: 10 s}\n");
    assert_int_equal(told.count, 0);
    assert_int_equal(told.simulated_ns, 1101 * MS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chain_is_whole),
        cmocka_unit_test(test_a_chain_stays_away),
        cmocka_unit_test(test_a_crash_and_a_wipe),
        cmocka_unit_test(test_who_fetches_nothing_lacks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
