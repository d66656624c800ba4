/* Strategy fair: nodeD follows three feeds, and all are behind. */
#include "net.h"

static void begin(struct net *net, uint32_t size) {
    net->nodes[D].config.strategy = &tssb_strategy_fair;
    net->nodes[D].config.asking.size = size;
    for (uint32_t author = A; author <= C; author++) {
        net_open(net, author, author);
        net_open(net, D, author);
    }
}

/* Two requests under way for all three feeds, which take turns. */
static void feeds_take_turns(void **state) {
    struct net *net = *state;
    begin(net, 2);
    net_append_quietly(net, A, 3);
    net_append_quietly(net, B, 2);
    net_append_quietly(net, C, 2);
    net_ask(net, D);
    net_run(net, 37);
    expect_trace(net, "[ 0.000] nodeD > WANT nodeA 1", "[ 0.000] nodeD > WANT nodeB 1",
                 "[ 0.005] nodeA > entry nodeA 1 to nodeD",
                 "[ 0.005] nodeB > entry nodeB 1 to nodeD", "[ 0.010] nodeD appends nodeA 1",
                 "[ 0.010] nodeD > WANT nodeC 1", "[ 0.010] nodeD appends nodeB 1",
                 "[ 0.010] nodeD > WANT nodeA 2", "[ 0.015] nodeC > entry nodeC 1 to nodeD",
                 "[ 0.015] nodeA > entry nodeA 2 to nodeD", "[ 0.020] nodeD appends nodeC 1",
                 "[ 0.020] nodeD > WANT nodeB 2", "[ 0.020] nodeD appends nodeA 2",
                 "[ 0.020] nodeD > WANT nodeA 3", "[ 0.025] nodeB > entry nodeB 2 to nodeD",
                 "[ 0.025] nodeA > entry nodeA 3 to nodeD", "[ 0.030] nodeD appends nodeB 2",
                 "[ 0.030] nodeD > WANT nodeC 2", "[ 0.030] nodeD appends nodeA 3",
                 "[ 0.030] nodeD > WANT nodeB 3", "[ 0.035] nodeC > entry nodeC 2 to nodeD",
                 "[ 0.035] nodeB: WANT nodeB 3: not held");
}

/* A feed of a hundred entries does not keep two short ones waiting. */
static void a_long_feed_does_not_starve_short_ones(void **state) {
    struct net *net = *state;
    begin(net, 6);
    net->quiet = true;
    net_append_quietly(net, A, 100);
    net_append_quietly(net, B, 4);
    net_append_quietly(net, C, 4);
    net_ask(net, D);
    net_run(net, 50);
    assert_int_equal(net_replica(net, D, B)->front_seq, 4);
    assert_int_equal(net_replica(net, D, C)->front_seq, 4);
    assert_in_range(net_replica(net, D, A)->front_seq, 4, 30);
    net_run(net, 3000);
    assert_int_equal(net_replica(net, D, A)->front_seq, 100);
}

/* With one request at a time for all, each feed gets its turn. */
static void one_request_at_a_time_will_do(void **state) {
    struct net *net = *state;
    begin(net, 1);
    net->quiet = true;
    for (uint32_t author = A; author <= C; author++)
        net_append_quietly(net, author, 5);
    net_ask(net, D);
    net_run(net, 10000);
    for (uint32_t author = A; author <= C; author++)
        assert_int_equal(net_replica(net, D, author)->front_seq, 5);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(feeds_take_turns),
        NET_TEST(a_long_feed_does_not_starve_short_ones),
        NET_TEST(one_request_at_a_time_will_do),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
