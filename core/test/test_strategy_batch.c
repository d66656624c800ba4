/* Strategy batch, as a trace: requests share packets, three in 120 B. */
#include "net.h"

/* New requests wait for company; those of a timeout do not. */
static void requests_fill_packets(void **state) {
    struct net *net = *state;
    net_behind(net, &tssb_strategy_batch, 6, 0, 9, NULL);
    net_ask(net, B);
    net_run(net, 300);
    expect_trace(
        net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
        "[ 0.010] nodeB appends nodeA 1", "[ 0.010] nodeB > WANT nodeA 2 3 4",
        "[ 0.010] nodeB > WANT nodeA 5 6 7", "[ 0.015] nodeA > entry nodeA 2 to nodeB",
        "[ 0.015] nodeA > entry nodeA 3 to nodeB", "[ 0.015] nodeA > entry nodeA 4 to nodeB",
        "[ 0.015] nodeA > entry nodeA 5 to nodeB", "[ 0.015] nodeA > entry nodeA 6 to nodeB",
        "[ 0.015] nodeA > entry nodeA 7 to nodeB", "[ 0.020] nodeB appends nodeA 2",
        "[ 0.020] nodeB appends nodeA 3", "[ 0.020] nodeB appends nodeA 4",
        "[ 0.020] nodeB > WANT nodeA 8 9 10", "[ 0.020] nodeB appends nodeA 5",
        "[ 0.020] nodeB appends nodeA 6", "[ 0.020] nodeB appends nodeA 7",
        "[ 0.020] nodeB > WANT nodeA 11 12 13", "[ 0.025] nodeA > entry nodeA 8 to nodeB",
        "[ 0.025] nodeA > entry nodeA 9 to nodeB", "[ 0.025] nodeA: WANT nodeA 11 12 13: not held",
        "[ 0.030] nodeB appends nodeA 8", "[ 0.030] nodeB appends nodeA 9",
        "[ 0.120] nodeB > WANT nodeA 10 11 12", "[ 0.120] nodeB > WANT nodeA 13",
        "[ 0.125] nodeA: WANT nodeA 10 11 12: not held", "[ 0.125] nodeA: WANT nodeA 13: not held",
        "[ 0.220] nodeB > WANT nodeA 10", "[ 0.225] nodeA: WANT nodeA 10: not held");
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(requests_fill_packets),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
