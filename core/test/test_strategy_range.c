/* Strategy range, as a trace: runs of two entries, four at a time. */
#include "net.h"

/* The start costs one packet. At the end a few runs go unanswered. */
static void runs_follow_each_other(void **state) {
    struct net *net = *state;
    net_behind(net, &tssb_strategy_range, 8, 8, 9, NULL);
    net_ask(net, B);
    net_run(net, 100);
    expect_trace(
        net, "[ 0.000] nodeB > RANGE nodeA 1 x2", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
        "[ 0.005] nodeA > entry nodeA 2 to nodeB", "[ 0.010] nodeB appends nodeA 1",
        "[ 0.010] nodeB > RANGE nodeA 3 x2", "[ 0.010] nodeB > RANGE nodeA 5 x2",
        "[ 0.010] nodeB > RANGE nodeA 7 x2", "[ 0.010] nodeB appends nodeA 2",
        "[ 0.010] nodeB > RANGE nodeA 9 x2", "[ 0.015] nodeA > entry nodeA 3 to nodeB",
        "[ 0.015] nodeA > entry nodeA 4 to nodeB", "[ 0.015] nodeA > entry nodeA 5 to nodeB",
        "[ 0.015] nodeA > entry nodeA 6 to nodeB", "[ 0.015] nodeA > entry nodeA 7 to nodeB",
        "[ 0.015] nodeA > entry nodeA 8 to nodeB", "[ 0.015] nodeA > entry nodeA 9 to nodeB",
        "[ 0.020] nodeB appends nodeA 3", "[ 0.020] nodeB appends nodeA 4",
        "[ 0.020] nodeB > RANGE nodeA 11 x2", "[ 0.020] nodeB appends nodeA 5",
        "[ 0.020] nodeB appends nodeA 6", "[ 0.020] nodeB > RANGE nodeA 13 x2",
        "[ 0.020] nodeB appends nodeA 7", "[ 0.020] nodeB appends nodeA 8",
        "[ 0.020] nodeB > RANGE nodeA 15 x2", "[ 0.020] nodeB appends nodeA 9",
        "[ 0.025] nodeA: RANGE nodeA 11 x2: not held",
        "[ 0.025] nodeA: RANGE nodeA 13 x2: not held",
        "[ 0.025] nodeA: RANGE nodeA 15 x2: not held");
}

/* Entries 2 and 4 are lost. The repair says what waits in the stash: of 4 .. 10 but five, nodeA
 * sends 4 (twice, since a WANT asks for it too). */
static void a_repair_excepts_what_is_held(void **state) {
    struct net *net = *state;
    static const uint32_t two[] = {2, 4, 0};
    net_behind(net, &tssb_strategy_range, 8, 8, 9, two);
    net_ask(net, B);
    net_run(net, 60);
    expect_trace(
        net, "[ 0.000] nodeB > RANGE nodeA 1 x2", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
        "[ 0.005] nodeA > entry nodeA 2 to nodeB", "[ 0.010] nodeB appends nodeA 1",
        "[ 0.010] nodeB > RANGE nodeA 3 x2", "[ 0.010] nodeB > RANGE nodeA 5 x2",
        "[ 0.010] nodeB > RANGE nodeA 7 x2", "[ 0.015] nodeA > entry nodeA 3 to nodeB",
        "[ 0.015] nodeA > entry nodeA 4 to nodeB", "[ 0.015] nodeA > entry nodeA 5 to nodeB",
        "[ 0.015] nodeA > entry nodeA 6 to nodeB", "[ 0.015] nodeA > entry nodeA 7 to nodeB",
        "[ 0.015] nodeA > entry nodeA 8 to nodeB", "[ 0.020] nodeB > RANGE nodeA 2 x1 but 1",
        "[ 0.020] nodeB > WANT nodeA 2", "[ 0.020] nodeB > RANGE nodeA 9 x2",
        "[ 0.025] nodeA > entry nodeA 2 to nodeB", "[ 0.025] nodeA > entry nodeA 2 to nodeB",
        "[ 0.025] nodeA > entry nodeA 9 to nodeB", "[ 0.030] nodeB appends nodeA 2",
        "[ 0.030] nodeB appends nodeA 3", "[ 0.030] nodeB > RANGE nodeA 11 x2",
        "[ 0.035] nodeA: RANGE nodeA 11 x2: not held", "[ 0.037] nodeB > RANGE nodeA 4 x7 but 5",
        "[ 0.037] nodeB > WANT nodeA 4", "[ 0.042] nodeA > entry nodeA 4 to nodeB",
        "[ 0.042] nodeA > entry nodeA 4 to nodeB", "[ 0.047] nodeB appends nodeA 4",
        "[ 0.047] nodeB appends nodeA 5", "[ 0.047] nodeB appends nodeA 6",
        "[ 0.047] nodeB appends nodeA 7", "[ 0.047] nodeB appends nodeA 8",
        "[ 0.047] nodeB appends nodeA 9", "[ 0.047] nodeB > RANGE nodeA 13 x2",
        "[ 0.047] nodeB > RANGE nodeA 15 x2", "[ 0.052] nodeA: RANGE nodeA 13 x2: not held",
        "[ 0.052] nodeA: RANGE nodeA 15 x2: not held");
    assert_int_equal(net->nodes[B].node.extras->counts.stash_hits, 6);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(runs_follow_each_other),
        NET_TEST(a_repair_excepts_what_is_held),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
