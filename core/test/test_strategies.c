/* What all strategies have in common: they do not flood, they live with PoC-01 peers, they come to
 * the end. */
#include "net.h"

#include <string.h>

#include "../dmx.h"

static uint32_t requests(const struct net *net) {
    return net->counts[B].sent[TSSB_PACKET_WANT] + net->counts[B].sent[TSSB_PACKET_RANGE];
}

typedef void story(struct net *net, const struct tssb_strategy *strategy);

static void with_each_strategy(story *tell) {
    for (size_t i = 0; tssb_strategies[i]; i++) {
        static struct net net;
        net_init(&net, NEVER_FAILS);
        net.quiet = true;
        tell(&net, tssb_strategies[i]);
        net_close(&net);
    }
}

/* Nothing exists: a few requests at the start, and then one an interval. */
static void idle(struct net *net, const struct tssb_strategy *strategy) {
    net_behind(net, strategy, 0, 0, 0, NULL);
    net_ask(net, B);
    net_run(net, 20000);
    assert_in_range(requests(net), 1, 6);
    uint32_t before = requests(net);
    net_run(net, 120000);
    assert_in_range(requests(net) - before, 9, 10);
}

static void who_is_up_to_date_asks_once_an_interval(void **state) {
    (void)state;
    with_each_strategy(idle);
}

/* An author pushes an entry each 7 s: each costs one request for the next one, as with single. */
static void pushed(struct net *net, const struct tssb_strategy *strategy) {
    net_behind(net, strategy, 0, 4, 3, NULL);
    net_ask(net, B);
    net_run(net, 30000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 3);
    uint32_t before = requests(net);
    for (uint64_t i = 1; i <= 10; i++) {
        net_append(net, A, "hello");
        net_run(net, 30000 + 7000 * i);
    }
    assert_int_equal(net_replica(net, B, A)->front_seq, 13);
    assert_in_range(requests(net) - before, 10, 12);
}

static void a_pushed_entry_costs_one_request(void **state) {
    (void)state;
    with_each_strategy(pushed);
}

/* nodeA does not know what a RANGE is. */
static void poc01(struct net *net, const struct tssb_strategy *strategy) {
    net_behind(net, strategy, 8, 16, 100, NULL);
    struct tssb_node *node = &net->nodes[A].node;
    const struct tssb_dmx_match range = {TSSB_DMX_RANGE, 0};
    assert_true(tssb_dmx_disarm(&node->armed, node->replicas[0].feed->range_dmx, range));
    net_ask(net, B);
    net_run(net, 10000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 100);
    net_append_quietly(net, A, 20);
    net_ask(net, B);
    net_run(net, 12000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 120);
    /* Later on, one RANGE is tried again, and the next hundred come as fast. */
    net_run(net, 200000);
    net->nodes[B].offline = true;
    net_append_quietly(net, A, 100);
    net->nodes[B].offline = false;
    net_ask(net, B);
    net_run(net, 204000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 220);
}

static void peers_that_know_wants_only_will_do(void **state) {
    (void)state;
    with_each_strategy(poc01);
}

/* The round trip is longer than the first timeout: it doubles until something can be measured. */
static void far_away(struct net *net, const struct tssb_strategy *strategy) {
    net->delay_ns = 700 * MS_NS;
    net_behind(net, strategy, 16, 16, 50, NULL);
    net_ask(net, B);
    net_run(net, 100000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 50);
    assert_in_range(net->counts[B].got_entries, 50, 120);
}

static void a_long_way_is_no_loss(void **state) {
    (void)state;
    with_each_strategy(far_away);
}

/* The feed ends at the last number that there is; nothing lies behind it. */
static void to_the_end(struct net *net, const struct tssb_strategy *strategy) {
    struct tssb_anchor anchor = tssb_anchor_whole(net->nodes[A].author.key.fid);
    uint32_t index;
    anchor.seq = UINT32_MAX - 3;
    net->nodes[B].config.strategy = strategy;
    net->nodes[B].config.asking.stash = 4;
    for (uint32_t who = A; who <= B; who++)
        assert_int_equal(tssb_node_open(&net->nodes[who].node, &anchor, true, &index), 0);
    net_append_quietly(net, A, 3);
    net_ask(net, B);
    net_run(net, 60000);
    assert_true(net_replica(net, B, A)->front_seq == UINT32_MAX);
    uint32_t before = requests(net);
    net_run(net, 120000);
    assert_int_equal(requests(net), before);
}

static void the_last_number_ends_it(void **state) {
    (void)state;
    with_each_strategy(to_the_end);
}

/* The first request is set for later, and nodeB goes off and comes back in the middle of it all. */
static void restarts(struct net *net, const struct tssb_strategy *strategy) {
    net_behind(net, strategy, 4, 4, 60, NULL);
    tssb_node_start(&net->nodes[B].node, 0, 1000 * MS_NS);
    net_run(net, 1042);
    for (uint64_t ms = 2000; ms < 2020; ms += 7) {
        net->nodes[B].offline = true;
        net_run(net, ms);
        net->nodes[B].offline = false;
        net_ask(net, B);
    }
    net_run(net, 10000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 60);
}

static void who_comes_back_begins_again(void **state) {
    (void)state;
    with_each_strategy(restarts);
}

/* The first request comes later, and is lost: all but single repeat it after the first timeout, a
 * second.
 */
static void later(struct net *net, const struct tssb_strategy *strategy) {
    static const uint32_t first[] = {1, 0};
    net_behind(net, strategy, 0, 0, 1, first);
    tssb_node_start(&net->nodes[B].node, 0, 3000 * MS_NS);
    net_run(net, 4020);
    assert_int_equal(net_replica(net, B, A)->front_seq, strategy != &tssb_strategy_single);
    net_run(net, 13020);
    assert_int_equal(net_replica(net, B, A)->front_seq, 1);
}

static void a_start_that_waits_is_a_start(void **state) {
    (void)state;
    with_each_strategy(later);
}

/* A third of all packets is lost, some are held up, others ask too: all feeds arrive. */
static void rough(struct net *net, const struct tssb_strategy *strategy) {
    net->loss_percent = 33;
    net->medium = true;
    for (uint32_t who = A; who <= D; who++) {
        struct tssb_node_config *config = &net->nodes[who].config;
        config->strategy = strategy;
        config->asking.interval_ns = 1000 * MS_NS;
        config->asking.size = 5;
        config->asking.stash = 7;
        config->backoff_ns = 20 * MS_NS;
        config->suppress_ns = 20 * MS_NS;
        config->forward = TSSB_FORWARD_SUBSCRIBED;
        for (uint32_t author = A; author <= C; author++)
            net_open(net, who, author);
    }
    for (uint32_t author = A; author <= C; author++)
        net_append_quietly(net, author, 20);
    for (uint32_t who = A; who <= D; who++)
        net_ask(net, who);
    net_run(net, 200000);
    for (uint32_t who = A; who <= D; who++)
        for (uint32_t author = A; author <= C; author++)
            assert_int_equal(net_replica(net, who, author)->front_seq, 20);
}

static void all_arrives_in_the_end(void **state) {
    (void)state;
    with_each_strategy(rough);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_up_to_date_asks_once_an_interval),
        cmocka_unit_test(a_pushed_entry_costs_one_request),
        cmocka_unit_test(peers_that_know_wants_only_will_do),
        cmocka_unit_test(a_long_way_is_no_loss),
        cmocka_unit_test(the_last_number_ends_it),
        cmocka_unit_test(who_comes_back_begins_again),
        cmocka_unit_test(a_start_that_waits_is_a_start),
        cmocka_unit_test(all_arrives_in_the_end),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
