/* Strategy window, as a trace: nodeB asks nodeA for three entries ahead of the one that it got. */
#include "net.h"

/* One request, then three at a time; what lies past the end is asked for again while anything comes
 * in, then one of them alone a few times, and then once an interval. */
static void a_window_opens_with_the_first_answer_and_closes_at_the_end(void **state) {
    struct net *net = *state;
    net_behind(net, &tssb_strategy_window, 3, 0, 5, NULL);
    net_ask(net, B);
    net_run(net, 11100);
    expect_trace(net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
                 "[ 0.010] nodeB appends nodeA 1", "[ 0.010] nodeB > WANT nodeA 2",
                 "[ 0.010] nodeB > WANT nodeA 3", "[ 0.010] nodeB > WANT nodeA 4",
                 "[ 0.015] nodeA > entry nodeA 2 to nodeB",
                 "[ 0.015] nodeA > entry nodeA 3 to nodeB",
                 "[ 0.015] nodeA > entry nodeA 4 to nodeB", "[ 0.020] nodeB appends nodeA 2",
                 "[ 0.020] nodeB > WANT nodeA 5", "[ 0.020] nodeB appends nodeA 3",
                 "[ 0.020] nodeB > WANT nodeA 6", "[ 0.020] nodeB appends nodeA 4",
                 "[ 0.020] nodeB > WANT nodeA 7", "[ 0.025] nodeA > entry nodeA 5 to nodeB",
                 "[ 0.025] nodeA: WANT nodeA 6: not held", "[ 0.025] nodeA: WANT nodeA 7: not held",
                 "[ 0.030] nodeB appends nodeA 5", "[ 0.030] nodeB > WANT nodeA 8",
                 "[ 0.035] nodeA: WANT nodeA 8: not held", "[ 0.120] nodeB > WANT nodeA 6",
                 "[ 0.120] nodeB > WANT nodeA 7", "[ 0.125] nodeA: WANT nodeA 6: not held",
                 "[ 0.125] nodeA: WANT nodeA 7: not held", "[ 0.220] nodeB > WANT nodeA 6",
                 "[ 0.225] nodeA: WANT nodeA 6: not held", "[ 0.320] nodeB > WANT nodeA 6",
                 "[ 0.325] nodeA: WANT nodeA 6: not held", "[ 0.420] nodeB > WANT nodeA 6",
                 "[ 0.425] nodeA: WANT nodeA 6: not held", "[ 0.620] nodeB > WANT nodeA 6",
                 "[ 0.625] nodeA: WANT nodeA 6: not held", "[ 1.020] nodeB > WANT nodeA 6",
                 "[ 1.025] nodeA: WANT nodeA 6: not held");
    net_run(net, 12000);
}

/* Entry 2 is lost: 3 and 4 match nothing and are dropped. After the timeout, whose least is 100 ms,
 * all three are asked for again. */
static void without_a_stash_it_goes_back(void **state) {
    struct net *net = *state;
    static const uint32_t second[] = {2, 0};
    net_behind(net, &tssb_strategy_window, 3, 0, 5, second);
    net_ask(net, B);
    net_run(net, 150);
    expect_trace(
        net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
        "[ 0.010] nodeB appends nodeA 1", "[ 0.010] nodeB > WANT nodeA 2",
        "[ 0.010] nodeB > WANT nodeA 3", "[ 0.010] nodeB > WANT nodeA 4",
        "[ 0.015] nodeA > entry nodeA 2 to nodeB", "[ 0.015] nodeA > entry nodeA 3 to nodeB",
        "[ 0.015] nodeA > entry nodeA 4 to nodeB", "[ 0.110] nodeB > WANT nodeA 2",
        "[ 0.110] nodeB > WANT nodeA 3", "[ 0.110] nodeB > WANT nodeA 4",
        "[ 0.115] nodeA > entry nodeA 2 to nodeB", "[ 0.115] nodeA > entry nodeA 3 to nodeB",
        "[ 0.115] nodeA > entry nodeA 4 to nodeB", "[ 0.120] nodeB appends nodeA 2",
        "[ 0.120] nodeB > WANT nodeA 5", "[ 0.120] nodeB appends nodeA 3",
        "[ 0.120] nodeB > WANT nodeA 6", "[ 0.120] nodeB appends nodeA 4",
        "[ 0.120] nodeB > WANT nodeA 7", "[ 0.125] nodeA > entry nodeA 5 to nodeB",
        "[ 0.125] nodeA: WANT nodeA 6: not held", "[ 0.125] nodeA: WANT nodeA 7: not held",
        "[ 0.130] nodeB appends nodeA 5", "[ 0.130] nodeB > WANT nodeA 8",
        "[ 0.135] nodeA: WANT nodeA 8: not held");
}

/* Entry 2 is lost. What comes early makes room in the window; three early ones say that 2 is lost,
 * and a round trip after its request it is asked for again, alone. */
static void with_a_stash_it_repeats_what_is_lost(void **state) {
    struct net *net = *state;
    static const uint32_t second[] = {2, 0};
    net_behind(net, &tssb_strategy_window, 4, 4, 6, second);
    net_ask(net, B);
    net_run(net, 60);
    expect_trace(
        net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
        "[ 0.010] nodeB appends nodeA 1", "[ 0.010] nodeB > WANT nodeA 2",
        "[ 0.010] nodeB > WANT nodeA 3", "[ 0.010] nodeB > WANT nodeA 4",
        "[ 0.010] nodeB > WANT nodeA 5", "[ 0.015] nodeA > entry nodeA 2 to nodeB",
        "[ 0.015] nodeA > entry nodeA 3 to nodeB", "[ 0.015] nodeA > entry nodeA 4 to nodeB",
        "[ 0.015] nodeA > entry nodeA 5 to nodeB", "[ 0.020] nodeB > WANT nodeA 6",
        "[ 0.025] nodeA > entry nodeA 6 to nodeB", "[ 0.030] nodeB > WANT nodeA 2",
        "[ 0.035] nodeA > entry nodeA 2 to nodeB", "[ 0.040] nodeB appends nodeA 2",
        "[ 0.040] nodeB appends nodeA 3", "[ 0.040] nodeB appends nodeA 4",
        "[ 0.040] nodeB appends nodeA 5", "[ 0.040] nodeB appends nodeA 6",
        "[ 0.040] nodeB > WANT nodeA 7", "[ 0.040] nodeB > WANT nodeA 8",
        "[ 0.040] nodeB > WANT nodeA 9", "[ 0.040] nodeB > WANT nodeA 10",
        "[ 0.045] nodeA: WANT nodeA 7: not held", "[ 0.045] nodeA: WANT nodeA 8: not held",
        "[ 0.045] nodeA: WANT nodeA 9: not held", "[ 0.045] nodeA: WANT nodeA 10: not held");
    assert_int_equal(net->nodes[B].node.extras->counts.stash_hits, 4);
    assert_int_equal(net->nodes[B].node.extras->counts.want_requests, 11);
    assert_int_equal(net->nodes[B].node.extras->counts.stash_overflows, 0);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(a_window_opens_with_the_first_answer_and_closes_at_the_end),
        NET_TEST(without_a_stash_it_goes_back),
        NET_TEST(with_a_stash_it_repeats_what_is_lost),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
