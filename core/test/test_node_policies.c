/* Who answers, who asks, and who passes on: backoff, suppression, relay and subscriptions; and the
 * stash under a flood. */
#include "net.h"

#include <string.h>

#include "../error.h"
#include "../request.h"

static struct tssb_node_counts counts_of(struct net *net, uint32_t who) {
    return tssb_node_counts(&net->nodes[who].node);
}

/* nodeA and nodeB hold two entries, and nodeC asks for them on the medium that all share. nodeB
 * answers first: nodeA hears it, and leaves the answer to nodeB, then and the next time. */
static void who_hears_its_answer_given_keeps_silent(void **state) {
    struct net *net = *state;
    net->medium = true;
    for (uint32_t who = A; who <= B; who++)
        net->nodes[who].config.backoff_ns = 50 * MS_NS;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append_quietly(net, A, 2);
    net_ask(net, B);
    net_run(net, 500);
    expect_trace(net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.013] nodeA > entry nodeA 1",
                 "[ 0.018] nodeB appends nodeA 1", "[ 0.018] nodeB > WANT nodeA 2",
                 "[ 0.026] nodeA > entry nodeA 2", "[ 0.031] nodeB appends nodeA 2",
                 "[ 0.031] nodeB > WANT nodeA 3", "[ 0.036] nodeA: WANT nodeA 3: not held");
    net_open(net, C, A);
    net_ask(net, C);
    net_run(net, 1500);
    expect_trace(net, "[ 0.500] nodeC > WANT nodeA 1", "[ 0.505] nodeB > entry nodeA 1",
                 "[ 0.510] nodeC appends nodeA 1", "[ 0.510] nodeC > WANT nodeA 2",
                 "[ 0.520] nodeB > entry nodeA 2", "[ 0.525] nodeC appends nodeA 2",
                 "[ 0.525] nodeC > WANT nodeA 3", "[ 0.530] nodeA: WANT nodeA 3: not held",
                 "[ 0.530] nodeB: WANT nodeA 3: not held");
    assert_int_equal(counts_of(net, A).answers_cancelled, 2);
    assert_int_equal(counts_of(net, A).entries_answered, 2);
    assert_int_equal(counts_of(net, B).entries_answered, 2);
}

/* A node whose single face is the medium has nowhere to relay to. */
static void a_relay_never_sends_back_where_it_came_from(void **state) {
    struct net *net = *state;
    net->nodes[B].config.forward = TSSB_FORWARD_RELAY;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append(net, A, "hello");
    net_run(net, 20);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1",
                 "[ 0.005] nodeB appends nodeA 1", "[ 0.005] nodeB > entry nodeA 1 to nodeB",
                 "[ 0.005] nodeB > entry nodeA 1 to nodeC",
                 "[ 0.005] nodeB > entry nodeA 1 to nodeD", "[ 0.005] nodeB > WANT nodeA 2",
                 "[ 0.010] nodeA: WANT nodeA 2: not held");
    assert_int_equal(counts_of(net, B).entries_relayed, 3);
    net->medium = true;
    net_append(net, A, "more");
    net_run(net, 40);
    expect_trace(net, "[ 0.020] nodeA appends nodeA 2", "[ 0.020] nodeA > entry nodeA 2",
                 "[ 0.025] nodeB appends nodeA 2", "[ 0.025] nodeB > WANT nodeA 3",
                 "[ 0.030] nodeA: WANT nodeA 3: not held");
}

/* nodeC asks nodeB, which has nothing yet; once it has, nodeC gets it without asking again. */
static void a_subscriber_gets_the_next_entry_when_it_comes(void **state) {
    struct net *net = *state;
    net->nodes[B].config.forward = TSSB_FORWARD_SUBSCRIBED;
    net->nodes[A].offline = net->nodes[D].offline = true;
    net_open(net, A, A);
    net_open(net, B, A);
    net_open(net, C, A);
    net_ask(net, C);
    net_run(net, 1000);
    net_append_quietly(net, A, 1);
    net->nodes[A].offline = false;
    net_ask(net, B);
    net_run(net, 1017);
    expect_trace(net, "[ 0.000] nodeC > WANT nodeA 1", "[ 0.005] nodeB: WANT nodeA 1: not held",
                 "[ 1.000] nodeB > WANT nodeA 1", "[ 1.005] nodeA > entry nodeA 1 to nodeB",
                 "[ 1.005] nodeC: WANT nodeA 1: not held", "[ 1.010] nodeB appends nodeA 1",
                 "[ 1.010] nodeB > entry nodeA 1 to nodeC", "[ 1.010] nodeB > WANT nodeA 2",
                 "[ 1.015] nodeC appends nodeA 1", "[ 1.015] nodeC > WANT nodeA 2",
                 "[ 1.015] nodeA: WANT nodeA 2: not held",
                 "[ 1.015] nodeC: WANT nodeA 2: not held");
    assert_int_equal(counts_of(net, B).subscriptions_served, 1);
}

/* One that asked 15 s ago, or for another entry than the next, gets nothing; nor does an author
 * push twice. */
static void a_subscription_runs_out_and_is_for_the_next_entry_only(void **state) {
    struct net *net = *state;
    uint8_t packet[TSSB_PACKET_SIZE];
    struct tssb_want want = {.seq = 2};
    net->nodes[B].config.forward = net->nodes[A].config.forward = TSSB_FORWARD_SUBSCRIBED;
    net_open(net, A, A);
    net_open(net, B, A);
    memcpy(want.fid, net->nodes[A].author.key.fid, TSSB_FID_SIZE);
    size_t size = tssb_want_encode(&want, 1, tssb_want_dmx(want.fid), packet);
    assert_int_equal(net_receive(net, B, C, packet, size), TSSB_FATE_NOT_HELD);
    want.seq = 1;
    tssb_want_encode(&want, 1, tssb_want_dmx(want.fid), packet);
    assert_int_equal(net_receive(net, A, C, packet, size), TSSB_FATE_NOT_HELD);
    assert_int_equal(net_receive(net, B, C, packet, size), TSSB_FATE_NOT_HELD);
    net_run(net, 10000);
    want.seq = 2;
    tssb_want_encode(&want, 1, tssb_want_dmx(want.fid), packet);
    assert_int_equal(net_receive(net, B, D, packet, size), TSSB_FATE_NOT_HELD);
    net_run(net, 15000);
    net_append(net, A, "hello");
    net_run(net, 15006);
    expect_trace(net, "[15.000] nodeA appends nodeA 1", "[15.000] nodeA > entry nodeA 1",
                 "[15.005] nodeB appends nodeA 1", "[15.005] nodeB > WANT nodeA 2");
}

/* On a medium nodeB asks first. nodeC, about to ask for the same, hears it and waits; the answer is
 * for both. From then on each hesitates a while, so that one of them asks for the other too. */
static void one_request_is_enough_for_all_who_hear_it(void **state) {
    struct net *net = *state;
    net->medium = true;
    for (uint32_t who = A; who <= D; who++) {
        net->nodes[who].config.suppress_ns = 100 * MS_NS;
        net_open(net, who, A);
    }
    net->nodes[D].offline = true;
    net_append_quietly(net, A, 1);
    net_ask(net, B);
    net_run(net, 6);
    net_ask(net, C);
    net_run(net, 12);
    expect_trace(net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1",
                 "[ 0.005] nodeC: WANT nodeA 1: not held", "[ 0.010] nodeB appends nodeA 1",
                 "[ 0.010] nodeB > WANT nodeA 2", "[ 0.010] nodeC appends nodeA 1");
    assert_int_equal(counts_of(net, C).requests_suppressed, 1);
    assert_int_equal(counts_of(net, C).want_packets, 0);
    uint64_t asks_ns = tssb_node_next_wake(&net->nodes[C].node);
    assert_true(asks_ns > 10 * MS_NS && asks_ns <= 110 * MS_NS);
}

/* Where faces lead to different nodes, only the one that was heard asking is spared. */
static void a_request_is_spared_on_the_face_where_it_was_heard(void **state) {
    struct net *net = *state;
    net->nodes[B].config.suppress_ns = 100 * MS_NS;
    net_open(net, B, A);
    net_open(net, C, A);
    net_ask(net, C);
    net_run(net, 6);
    net_ask(net, B);
    net_run(net, 11);
    expect_trace(net, "[ 0.000] nodeC > WANT nodeA 1", "[ 0.005] nodeB: WANT nodeA 1: not held",
                 "[ 0.006] nodeB > WANT nodeA 1 to nodeA", "[ 0.006] nodeB > WANT nodeA 1 to nodeB",
                 "[ 0.006] nodeB > WANT nodeA 1 to nodeD");
    assert_true(tssb_node_next_wake(&net->nodes[B].node) == 10006 * MS_NS);
}

/* Ten thousand packets of noise, while two early entries wait: eight are kept, whatever comes. */
static void a_flood_fills_the_stash_and_no_more(void **state) {
    struct net *net = *state;
    static const uint32_t first[] = {2, 0};
    uint64_t random = 1;
    net_behind(net, &tssb_strategy_window, 4, 8, 4, first);
    net->quiet = true;
    net_ask(net, B);
    net_run(net, 25);
    size_t bytes = net->countdown.outstanding_bytes;
    assert_int_equal(net->nodes[B].node.extras->stash.count, 2);
    for (uint32_t i = 0; i < 10000; i++) {
        uint8_t packet[TSSB_ENTRY_SIZE];
        for (size_t at = 0; at < sizeof packet; at += 8) {
            uint64_t bits = random_next(&random);
            memcpy(packet + at, &bits, 8);
        }
        assert_int_equal(net_receive(net, B, C, packet, sizeof packet), TSSB_FATE_UNMATCHED);
    }
    assert_int_equal(net->nodes[B].node.extras->stash.count, 8);
    assert_int_equal(counts_of(net, B).stash_overflows, 10000 - 6);
    assert_int_equal(net->countdown.outstanding_bytes, bytes);
    assert_in_range(counts_of(net, B).want_requests, 5, 16); /* noise makes no requests */
    net_run(net, 5000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 4);
}

/* An entry whose signature is bad waits in the stash as any packet does, and is dropped when its
 * turn comes; the good one is asked for again. */
static void a_forged_early_entry_is_dropped_in_its_turn(void **state) {
    struct net *net = *state;
    static const uint32_t none[] = {0};
    const uint8_t *wire;
    uint8_t forged[TSSB_ENTRY_SIZE];
    net_behind(net, &tssb_strategy_single, 0, 4, 2, none);
    struct tssb_node *author = &net->nodes[A].node;
    assert_int_equal(author->store->ops->read(author->store, net_replica(net, A, A), 2, &wire), 0);
    memcpy(forged, wire, sizeof forged);
    forged[TSSB_ENTRY_SIZE - 1] ^= 1;
    assert_int_equal(net_receive(net, B, C, forged, sizeof forged), TSSB_FATE_UNMATCHED);
    assert_int_equal(net_receive(net, B, C, forged, sizeof forged), TSSB_FATE_UNMATCHED);
    net_ask(net, B);
    net_run(net, 20);
    expect_trace(net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
                 "[ 0.010] nodeB appends nodeA 1", "[ 0.010] nodeB > WANT nodeA 2",
                 "[ 0.015] nodeA > entry nodeA 2 to nodeB", "[ 0.020] nodeB appends nodeA 2",
                 "[ 0.020] nodeB > WANT nodeA 3");
    assert_int_equal(counts_of(net, B).stash_hits, 0);
    assert_int_equal(net->nodes[B].node.extras->stash.count, 0);
}

/* What waits is looked at when its feed is followed. */
static void a_feed_that_is_followed_later_is_looked_for_in_the_stash(void **state) {
    struct net *net = *state;
    net_behind(net, &tssb_strategy_single, 0, 4, 0, NULL);
    net_open(net, C, C);
    net->nodes[C].offline = false;
    net_append(net, C, "hello");
    net_run(net, 10);
    net_open(net, B, C);
    net_ask(net, B);
    expect_trace(net, "[ 0.000] nodeC appends nodeC 1", "[ 0.000] nodeC > entry nodeC 1",
                 "[ 0.010] nodeB > WANT nodeA 1", "[ 0.010] nodeB appends nodeC 1",
                 "[ 0.010] nodeB > WANT nodeC 2");
}

/* All that there is, on one node: whatever allocation fails, it is an error of opening, or a favour
 * that is not done, and nothing leaks. */
static void memory_may_run_out_anywhere(void **state) {
    (void)state;
    for (size_t i = 0; tssb_strategies[i]; i++) {
        bool failed = true;
        for (int64_t fail_at = 0; failed; fail_at++) {
            static struct net net;
            uint32_t index;
            int error = 0;
            net_init(&net, fail_at);
            net.quiet = net.medium = true;
            for (uint32_t who = A; who <= B && !error; who++) {
                struct tssb_anchor whole = tssb_anchor_whole(net.nodes[A].author.key.fid);
                struct tssb_node_config *config = &net.nodes[who].config;
                config->strategy = tssb_strategies[i];
                config->asking.stash = 4;
                config->backoff_ns = config->suppress_ns = 10 * MS_NS;
                config->forward = TSSB_FORWARD_SUBSCRIBED;
                error = tssb_node_open(&net.nodes[who].node, &whole, true, &index);
            }
            for (int n = 0; n < 6 && !error; n++)
                error = tssb_node_append(&net.nodes[A].node, "hello", 5);
            if (!error) {
                net.flight_count = 0;
                net_ask(&net, B);
                net_run(&net, 60000);
            }
            failed = countdown_mem_failed(&net.countdown);
            assert_true(error == 0 || failed);
            if (!error)
                assert_int_equal(net_replica(&net, B, A)->front_seq, 6);
            net_close(&net);
        }
    }
}

/* One that does not serve neither answers nor passes on, but listens. */
static void who_does_not_serve_passes_nothing_on(void **state) {
    struct net *net = *state;
    uint8_t packet[TSSB_PACKET_SIZE];
    struct tssb_want want = {.seq = 1};
    net->nodes[B].config.forward = TSSB_FORWARD_RELAY;
    net->nodes[B].config.suppress_ns = 100 * MS_NS;
    net->nodes[B].config.serve = false;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append(net, A, "hello");
    memcpy(want.fid, net->nodes[A].author.key.fid, TSSB_FID_SIZE);
    size_t size = tssb_want_encode(&want, 1, tssb_want_dmx(want.fid), packet);
    assert_int_equal(net_receive(net, B, C, packet, size), TSSB_FATE_NOT_SERVED);
    assert_true(tssb_overheard_any(net->nodes[B].node.extras->overheard, 0, 0));
    net_run(net, 5);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1",
                 "[ 0.005] nodeB appends nodeA 1");
}

static int unreadable(struct tssb_store *store, const struct tssb_replica *replica, uint32_t seq,
                      const uint8_t **wire) {
    (void)store, (void)replica, (void)seq, (void)wire;
    return TSSB_E_STORE;
}

/* The store fails between a request and its answer. */
static void an_answer_that_cannot_be_read_is_none(void **state) {
    struct net *net = *state;
    struct tssb_store *store = &net->nodes[A].view.store;
    struct tssb_store_ops failing = *store->ops;
    const struct tssb_store_ops *working = store->ops;
    failing.read = unreadable;
    net->nodes[A].config.backoff_ns = 50 * MS_NS;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append_quietly(net, A, 1);
    net_ask(net, B);
    net_run(net, 5);
    store->ops = &failing;
    net_run(net, 60);
    store->ops = working;
    expect_trace(net, "[ 0.000] nodeB > WANT nodeA 1");
    assert_int_equal(counts_of(net, A).entries_answered, 0);
}

/* nodeA is off when its answer is due, and comes back: it is too late for that. */
static void who_comes_back_gives_no_old_answers(void **state) {
    struct net *net = *state;
    net->nodes[A].config.backoff_ns = 50 * MS_NS;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append_quietly(net, A, 1);
    net_ask(net, B);
    net_run(net, 5);
    net->nodes[A].offline = true;
    net_run(net, 5000);
    net->nodes[A].offline = false;
    assert_true(tssb_node_next_wake(&net->nodes[A].node) < 5000 * MS_NS);
    net_ask(net, A);
    assert_true(tssb_node_next_wake(&net->nodes[A].node) == TSSB_NEVER);
    expect_trace(net, "[ 0.000] nodeB > WANT nodeA 1");
}

/* A node that keeps no counts has none. */
static void counts_are_kept_where_asked_for(void **state) {
    struct net *net = *state;
    net->nodes[C].config.count = true;
    net_open(net, B, A);
    net_open(net, C, A);
    net_ask(net, B);
    net_ask(net, C);
    assert_int_equal(counts_of(net, B).want_packets, 0);
    assert_null(net->nodes[B].node.extras);
    assert_int_equal(counts_of(net, C).want_packets, 1);
    assert_int_equal(counts_of(net, C).want_requests, 1);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(who_hears_its_answer_given_keeps_silent),
        NET_TEST(a_relay_never_sends_back_where_it_came_from),
        NET_TEST(a_subscriber_gets_the_next_entry_when_it_comes),
        NET_TEST(a_subscription_runs_out_and_is_for_the_next_entry_only),
        NET_TEST(one_request_is_enough_for_all_who_hear_it),
        NET_TEST(a_request_is_spared_on_the_face_where_it_was_heard),
        NET_TEST(a_flood_fills_the_stash_and_no_more),
        NET_TEST(a_forged_early_entry_is_dropped_in_its_turn),
        NET_TEST(a_feed_that_is_followed_later_is_looked_for_in_the_stash),
        NET_TEST(who_does_not_serve_passes_nothing_on),
        NET_TEST(an_answer_that_cannot_be_read_is_none),
        NET_TEST(who_comes_back_gives_no_old_answers),
        NET_TEST(counts_are_kept_where_asked_for),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
