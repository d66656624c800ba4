/* Strategy adaptive, as a trace: the window doubles each round trip, and a loss shrinks it. */
#include "net.h"

/* At the end, RFC 6298: each timeout in vain doubles the next. */
static void the_window_doubles_each_round_trip(void **state) {
    struct net *net = *state;
    net_behind(net, &tssb_strategy_adaptive, 0, 0, 9, NULL);
    net_ask(net, B);
    net_run(net, 1000);
    expect_trace(
        net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
        "[ 0.010] nodeB appends nodeA 1", "[ 0.010] nodeB > WANT nodeA 2 3 4",
        "[ 0.015] nodeA > entry nodeA 2 to nodeB", "[ 0.015] nodeA > entry nodeA 3 to nodeB",
        "[ 0.015] nodeA > entry nodeA 4 to nodeB", "[ 0.020] nodeB appends nodeA 2",
        "[ 0.020] nodeB > WANT nodeA 5 6", "[ 0.020] nodeB appends nodeA 3",
        "[ 0.020] nodeB > WANT nodeA 7 8", "[ 0.020] nodeB appends nodeA 4",
        "[ 0.020] nodeB > WANT nodeA 9 10", "[ 0.025] nodeA > entry nodeA 5 to nodeB",
        "[ 0.025] nodeA > entry nodeA 6 to nodeB", "[ 0.025] nodeA > entry nodeA 7 to nodeB",
        "[ 0.025] nodeA > entry nodeA 8 to nodeB", "[ 0.025] nodeA > entry nodeA 9 to nodeB",
        "[ 0.030] nodeB appends nodeA 5", "[ 0.030] nodeB > WANT nodeA 11 12",
        "[ 0.030] nodeB appends nodeA 6", "[ 0.030] nodeB > WANT nodeA 13 14",
        "[ 0.030] nodeB appends nodeA 7", "[ 0.030] nodeB > WANT nodeA 15 16",
        "[ 0.030] nodeB appends nodeA 8", "[ 0.030] nodeB > WANT nodeA 17 18",
        "[ 0.030] nodeB appends nodeA 9", "[ 0.030] nodeB > WANT nodeA 19 20",
        "[ 0.035] nodeA: WANT nodeA 11 12: not held", "[ 0.035] nodeA: WANT nodeA 13 14: not held",
        "[ 0.035] nodeA: WANT nodeA 15 16: not held", "[ 0.035] nodeA: WANT nodeA 17 18: not held",
        "[ 0.035] nodeA: WANT nodeA 19 20: not held", "[ 0.120] nodeB > WANT nodeA 10",
        "[ 0.125] nodeA: WANT nodeA 10: not held", "[ 0.220] nodeB > WANT nodeA 10",
        "[ 0.225] nodeA: WANT nodeA 10: not held", "[ 0.420] nodeB > WANT nodeA 10",
        "[ 0.425] nodeA: WANT nodeA 10: not held", "[ 0.820] nodeB > WANT nodeA 10",
        "[ 0.825] nodeA: WANT nodeA 10: not held");
}

/* The third entry that is sent is lost. */
static void a_loss_shrinks_it(void **state) {
    struct net *net = *state;
    static const uint32_t fourth[] = {4, 0};
    net_behind(net, &tssb_strategy_adaptive, 0, 8, 12, fourth);
    net_ask(net, B);
    net_run(net, 100);
    expect_trace(
        net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
        "[ 0.010] nodeB appends nodeA 1", "[ 0.010] nodeB > WANT nodeA 2 3 4",
        "[ 0.015] nodeA > entry nodeA 2 to nodeB", "[ 0.015] nodeA > entry nodeA 3 to nodeB",
        "[ 0.015] nodeA > entry nodeA 4 to nodeB", "[ 0.020] nodeB appends nodeA 2",
        "[ 0.020] nodeB > WANT nodeA 5 6", "[ 0.020] nodeB appends nodeA 3",
        "[ 0.020] nodeB > WANT nodeA 7 8", "[ 0.025] nodeA > entry nodeA 5 to nodeB",
        "[ 0.025] nodeA > entry nodeA 6 to nodeB", "[ 0.025] nodeA > entry nodeA 7 to nodeB",
        "[ 0.025] nodeA > entry nodeA 8 to nodeB", "[ 0.030] nodeB > WANT nodeA 9",
        "[ 0.030] nodeB > WANT nodeA 10", "[ 0.030] nodeB > WANT nodeA 4",
        "[ 0.030] nodeB > WANT nodeA 11", "[ 0.035] nodeA > entry nodeA 9 to nodeB",
        "[ 0.035] nodeA > entry nodeA 10 to nodeB", "[ 0.035] nodeA > entry nodeA 4 to nodeB",
        "[ 0.035] nodeA > entry nodeA 11 to nodeB", "[ 0.040] nodeB > WANT nodeA 12",
        "[ 0.040] nodeB > WANT nodeA 13", "[ 0.040] nodeB appends nodeA 4",
        "[ 0.040] nodeB appends nodeA 5", "[ 0.040] nodeB appends nodeA 6",
        "[ 0.040] nodeB appends nodeA 7", "[ 0.040] nodeB appends nodeA 8",
        "[ 0.040] nodeB appends nodeA 9", "[ 0.040] nodeB appends nodeA 10",
        "[ 0.040] nodeB > WANT nodeA 14 15", "[ 0.040] nodeB appends nodeA 11",
        "[ 0.040] nodeB > WANT nodeA 16", "[ 0.045] nodeA > entry nodeA 12 to nodeB",
        "[ 0.045] nodeA: WANT nodeA 13: not held", "[ 0.045] nodeA: WANT nodeA 14 15: not held",
        "[ 0.045] nodeA: WANT nodeA 16: not held", "[ 0.050] nodeB appends nodeA 12",
        "[ 0.050] nodeB > WANT nodeA 17", "[ 0.055] nodeA: WANT nodeA 17: not held");
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(the_window_doubles_each_round_trip),
        NET_TEST(a_loss_shrinks_it),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
