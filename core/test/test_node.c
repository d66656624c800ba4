/* The node as the protocol tells it: who pushes, who asks, when, and what everybody ends up with.
 * test_node_requests.c has what a node answers, and what it does with packets that nobody should
 * send. */
#include "net.h"

#include <string.h>

#include "../bytes.h"
#include "../error.h"
#include "../strategy.h"

static void an_author_pushes_each_entry_once(void **state) {
    struct net *net = *state;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append(net, A, "hello");
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1");
    net_run(net, 60000);
    expect_trace(net, "[ 0.005] nodeB appends nodeA 1", "[ 0.005] nodeB > WANT nodeA 2",
                 "[ 0.010] nodeA: WANT nodeA 2: not held", "[10.005] nodeB > WANT nodeA 2",
                 "[10.010] nodeA: WANT nodeA 2: not held", "[20.005] nodeB > WANT nodeA 2",
                 "[20.010] nodeA: WANT nodeA 2: not held", "[30.005] nodeB > WANT nodeA 2",
                 "[30.010] nodeA: WANT nodeA 2: not held", "[40.005] nodeB > WANT nodeA 2",
                 "[40.010] nodeA: WANT nodeA 2: not held", "[50.005] nodeB > WANT nodeA 2",
                 "[50.010] nodeA: WANT nodeA 2: not held");
}

/* PROTOCOL.md 4: at once after each entry, and every 10 s. */
static void a_consumer_asks_at_once_and_every_ten_seconds(void **state) {
    struct net *net = *state;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append_quietly(net, A, 2);
    net->nodes[A].offline = true;
    net_ask(net, B);
    net_run(net, 9999);
    expect_trace(net, "[ 0.000] nodeB > WANT nodeA 1");
    net->nodes[A].offline = false;
    net_run(net, 19999);
    expect_trace(net, "[10.000] nodeB > WANT nodeA 1", "[10.005] nodeA > entry nodeA 1 to nodeB",
                 "[10.010] nodeB appends nodeA 1", "[10.010] nodeB > WANT nodeA 2",
                 "[10.015] nodeA > entry nodeA 2 to nodeB", "[10.020] nodeB appends nodeA 2",
                 "[10.020] nodeB > WANT nodeA 3", "[10.025] nodeA: WANT nodeA 3: not held");
    assert_true(tssb_node_next_wake(&net->nodes[B].node) == 20020 * MS_NS);
}

static void the_first_request_may_wait(void **state) {
    struct net *net = *state;
    net_open(net, B, A);
    net_open(net, B, C);
    assert_true(tssb_node_next_wake(&net->nodes[B].node) == TSSB_NEVER);
    tssb_node_start(&net->nodes[B].node, 0, 3000 * MS_NS);
    assert_true(tssb_node_next_wake(&net->nodes[B].node) == 3000 * MS_NS);
    net_run(net, 12999);
    expect_trace(net, "[ 3.000] nodeB > WANT nodeA 1", "[ 3.000] nodeB > WANT nodeC 1");
    net_run(net, 13000);
    expect_trace(net, "[13.000] nodeB > WANT nodeA 1", "[13.000] nodeB > WANT nodeC 1");
}

/* nodeC misses everything, and nodeA is gone when it comes: nodeB alone brings it up to date. */
static void consumers_synchronize_transitively(void **state) {
    struct net *net = *state;
    net_open(net, A, A);
    net_open(net, B, A);
    net_open(net, C, A);
    net->nodes[C].offline = true;
    net_append(net, A, "one");
    net_run(net, 1000);
    net_append(net, A, "two");
    net_run(net, 2000);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1",
                 "[ 0.005] nodeB appends nodeA 1", "[ 0.005] nodeB > WANT nodeA 2",
                 "[ 0.010] nodeA: WANT nodeA 2: not held", "[ 1.000] nodeA appends nodeA 2",
                 "[ 1.000] nodeA > entry nodeA 2", "[ 1.005] nodeB appends nodeA 2",
                 "[ 1.005] nodeB > WANT nodeA 3", "[ 1.010] nodeA: WANT nodeA 3: not held");
    net->nodes[A].offline = true;
    net->nodes[C].offline = false;
    net_ask(net, C);
    net_run(net, 3000);
    expect_trace(net, "[ 2.000] nodeC > WANT nodeA 1", "[ 2.005] nodeB > entry nodeA 1 to nodeC",
                 "[ 2.010] nodeC appends nodeA 1", "[ 2.010] nodeC > WANT nodeA 2",
                 "[ 2.015] nodeB > entry nodeA 2 to nodeC", "[ 2.020] nodeC appends nodeA 2",
                 "[ 2.020] nodeC > WANT nodeA 3", "[ 2.025] nodeB: WANT nodeA 3: not held");
    assert_memory_equal(net_replica(net, C, A)->front_mid, net_replica(net, A, A)->front_mid,
                        TSSB_MID_SIZE);
}

/* Both answer; the second answer matches nothing any more and is dropped without a look at its
 * signature. */
static void a_duplicate_costs_no_signature(void **state) {
    struct net *net = *state;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append(net, A, "hello");
    net_run(net, 1000);
    net_open(net, C, A);
    net_ask(net, C);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1",
                 "[ 0.005] nodeB appends nodeA 1", "[ 0.005] nodeB > WANT nodeA 2",
                 "[ 0.010] nodeA: WANT nodeA 2: not held", "[ 1.000] nodeC > WANT nodeA 1");
    net_run(net, 2000);
    expect_trace(net, "[ 1.005] nodeA > entry nodeA 1 to nodeC",
                 "[ 1.005] nodeB > entry nodeA 1 to nodeC", "[ 1.010] nodeC appends nodeA 1",
                 "[ 1.010] nodeC > WANT nodeA 2", "[ 1.015] nodeA: WANT nodeA 2: not held",
                 "[ 1.015] nodeB: WANT nodeA 2: not held");
    assert_int_equal(net->nodes[C].node.verifications, 1);
    assert_int_equal(net->nodes[A].node.verifications, 0);
    assert_int_equal(net->pool.verifications, 1);
}

static void everyone_may_author_and_follow(void **state) {
    struct net *net = *state;
    for (uint32_t who = A; who <= C; who++)
        for (uint32_t author = A; author <= C; author++)
            net_open(net, who, author);
    for (uint32_t who = A; who <= C; who++)
        net_append_quietly(net, who, 5);
    for (uint32_t who = A; who <= C; who++)
        net_ask(net, who);
    net_run(net, 1000);
    for (uint32_t who = A; who <= C; who++)
        for (uint32_t author = A; author <= C; author++)
            assert_int_equal(net_replica(net, who, author)->front_seq, 5);
    assert_int_equal(net->pool.verifications, 15);
    assert_int_equal(net->nodes[B].node.verifications, 10);
}

static void a_node_does_not_follow_itself(void **state) {
    struct net *net = *state;
    uint32_t own = net_open(net, A, A);
    net_ask(net, A);
    assert_int_equal(net->nodes[A].node.own, own);
    assert_false(net_replica(net, A, A)->followed);
    assert_true(tssb_node_next_wake(&net->nodes[A].node) == TSSB_NEVER);
    expect_silence(net);
}

static void opening_twice_changes_nothing_but_may_begin_to_follow(void **state) {
    struct net *net = *state;
    struct tssb_node *node = &net->nodes[B].node;
    struct tssb_anchor whole = tssb_anchor_whole(net->nodes[A].author.key.fid);
    uint32_t index, again;
    net_open(net, A, A);
    net_append_quietly(net, A, 1);
    assert_int_equal(tssb_node_open(node, &whole, false, &index), 0);
    net_ask(net, B);
    expect_silence(net);
    assert_int_equal(tssb_node_open(node, &whole, true, &again), 0);
    assert_int_equal(again, index);
    net_ask(net, B);
    net_run(net, 100);
    assert_int_equal(node->replicas[index].front_seq, 1);
    assert_int_equal(tssb_node_open(node, &whole, false, &again), 0);
    assert_int_equal(again, index);
    assert_true(node->replicas[index].followed);
    assert_int_equal(node->replicas[index].front_seq, 1);
    assert_int_equal(node->replica_count, 1);
}

/* To follow arms one more DMX than to hold: there must be room for all of them. */
static void what_is_held_may_be_followed_later(void **state) {
    struct net *net = *state;
    struct tssb_node *node = &net->nodes[B].node;
    for (int follow = 0; follow < 2; follow++) {
        for (uint8_t i = 0; i < 100; i++) {
            struct tssb_anchor anchor = {.fid = {i}};
            uint32_t index;
            assert_int_equal(tssb_node_open(node, &anchor, follow, &index), 0);
            assert_int_equal(index, i);
            assert_int_equal(tssb_node_find(node, node->replicas[i].feed), i);
        }
    }
    assert_int_equal(node->armed.count, 300);
}

static void a_feed_is_found_where_it_is_held(void **state) {
    struct net *net = *state;
    uint32_t index = net_open(net, B, A);
    assert_int_equal(tssb_node_find(&net->nodes[B].node, net_replica(net, B, A)->feed), index);
    assert_int_equal(tssb_node_find(&net->nodes[C].node, net_replica(net, B, A)->feed),
                     TSSB_NO_REPLICA);
    net_open(net, C, D);
    assert_int_equal(tssb_node_find(&net->nodes[C].node, net_replica(net, B, A)->feed),
                     TSSB_NO_REPLICA);
}

static void only_the_author_of_an_open_feed_appends(void **state) {
    struct net *net = *state;
    struct tssb_node consumer;
    assert_int_equal(tssb_node_append(&net->nodes[A].node, "x", 1), TSSB_E_READ_ONLY);
    net_open(net, B, A);
    assert_int_equal(tssb_node_append(&net->nodes[B].node, "x", 1), TSSB_E_READ_ONLY);
    tssb_node_init(&consumer, &net->nodes[C].config, &net->nodes[C], &net->nodes[C].view.store,
                   NULL);
    assert_int_equal(tssb_node_append(&consumer, "x", 1), TSSB_E_READ_ONLY);
    tssb_node_close(&consumer);
    expect_silence(net);
}

/* Up to 48 B fit an entry of type plain48; longer content takes a side chain. */
static void short_content_is_plain_and_padded(void **state) {
    struct net *net = *state;
    struct tssb_node *node = &net->nodes[A].node;
    char content[49];
    const uint8_t *wire;
    memset(content, 'x', sizeof content);
    net_open(net, A, A);
    for (uint32_t size = 0; size <= sizeof content; size++) {
        assert_int_equal(tssb_node_append(node, content, size), 0);
        assert_int_equal(
            node->store->ops->read(node->store, net_replica(net, A, A), size + 1, &wire), 0);
        assert_int_equal(tssb_entry_type(wire), size <= 48 ? TSSB_PLAIN48 : TSSB_CHAIN20);
        if (size > 48)
            continue;
        uint8_t due[TSSB_PAYLOAD_SIZE] = {0};
        memcpy(due, content, size);
        assert_memory_equal(tssb_entry_payload(wire), due, sizeof due);
    }
    assert_int_equal(tssb_node_append(node, NULL, 0), 0);
}

/* The author's front stands just before the end of the numbers. */
static void the_last_sequence_number_ends_a_feed(void **state) {
    struct net *net = *state;
    struct tssb_anchor anchor = tssb_anchor_whole(net->nodes[A].author.key.fid);
    uint32_t index;
    anchor.seq = UINT32_MAX - 1;
    assert_int_equal(tssb_node_open(&net->nodes[A].node, &anchor, true, &index), 0);
    assert_int_equal(tssb_node_open(&net->nodes[B].node, &anchor, true, &index), 0);
    net_append(net, A, "the end");
    assert_int_equal(tssb_node_append(&net->nodes[A].node, "more", 4), TSSB_E_LAST);
    net_run(net, 20000);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 4294967295",
                 "[ 0.000] nodeA > entry nodeA 4294967295",
                 "[ 0.005] nodeB appends nodeA 4294967295");
    assert_int_equal(net->nodes[B].node.armed.count, 2); /* WANT and RANGE: no entry is due */
}

/* Entries of two feeds, far out, whose names hash to the same seven bytes: found by search, the
 * MIDs before them are taken to be zero. */
static const struct { uint32_t author, seq; } twins[] = {{A, 95178911}, {B, 138572365}};

/* nodeC follows both: the signature decides which feed it is that a packet goes on with. */
static void one_dmx_may_be_due_in_two_feeds(void **state) {
    struct net *net = *state;
    uint8_t wires[COUNT_OF(twins)][TSSB_ENTRY_SIZE];
    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        struct author *author = &net->nodes[twins[i].author].author;
        struct tssb_anchor anchor = {.seq = twins[i].seq - 1};
        uint32_t index;
        memcpy(anchor.fid, author->key.fid, TSSB_FID_SIZE);
        assert_int_equal(tssb_node_open(&net->nodes[C].node, &anchor, true, &index), 0);
        author->place.seq = twins[i].seq;
        memset(author->place.prev, 0, TSSB_MID_SIZE);
        author_write(author, "twin", wires[i]);
    }
    assert_memory_equal(wires[0], wires[1], TSSB_DMX_SIZE);
    uint8_t forged[TSSB_ENTRY_SIZE];
    memcpy(forged, wires[0], sizeof forged);
    forged[TSSB_ENTRY_SIZE - 1] ^= 1;
    assert_int_equal(net_receive(net, C, D, forged, sizeof forged), TSSB_FATE_REFUSED);
    expect_silence(net);
    assert_int_equal(net_receive(net, C, B, wires[1], sizeof wires[1]), TSSB_FATE_APPENDED);
    assert_int_equal(net_receive(net, C, A, wires[0], sizeof wires[0]), TSSB_FATE_APPENDED);
    expect_trace(net, "[ 0.000] nodeC appends nodeB 138572365",
                 "[ 0.000] nodeC > WANT nodeB 138572366", "[ 0.000] nodeC appends nodeA 95178911",
                 "[ 0.000] nodeC > WANT nodeA 95178912");
    assert_int_equal(net_receive(net, C, A, wires[0], sizeof wires[0]), TSSB_FATE_UNMATCHED);
}

/* Whatever is not the entry that is due leaves no trace, whatever it is. */
static void only_the_entry_that_is_due_is_appended(void **state) {
    struct net *net = *state;
    json_t *refused = vectors_load("refused"), *vector;
    size_t i;
    json_array_foreach(refused, i, vector) {
        struct tssb_node *node = &net->nodes[B].node;
        struct tssb_anchor anchor = {.seq = vector_number(vector, "expected_seq") - 1};
        uint8_t packet[TSSB_PACKET_SIZE];
        uint32_t index;
        vector_exactly(vector, "feed_id", anchor.fid, TSSB_FID_SIZE);
        vector_exactly(vector, "expected_prev", anchor.mid, TSSB_MID_SIZE);
        size_t size = vector_bytes(vector, "wire", packet, sizeof packet);
        assert_int_equal(tssb_node_open(node, &anchor, true, &index), 0);
        bool due = size >= TSSB_DMX_SIZE && tssb_load_dmx(packet) == node->replicas[index].next_dmx;
        assert_int_equal(net_receive(net, B, A, packet, size),
                         due ? TSSB_FATE_REFUSED : TSSB_FATE_UNMATCHED);
        tssb_node_close(node);
    }
    assert_int_equal(i, 11);
    expect_silence(net);
    json_decref(refused);
}

/* A store whose next append fails. */
static struct tssb_store_ops failing_ops;
static const struct tssb_store_ops *working_ops;

static int failing_append(struct tssb_store *store, struct tssb_replica *replica,
                          const uint8_t wire[TSSB_ENTRY_SIZE], const uint8_t mid[TSSB_MID_SIZE],
                          tssb_dmx next_dmx, bool verified) {
    (void)replica, (void)wire, (void)mid, (void)next_dmx, (void)verified;
    store->ops = working_ops;
    return TSSB_E_STORE;
}

static void what_the_store_cannot_keep_is_asked_for_again(void **state) {
    struct net *net = *state;
    struct tssb_store *store = &net->nodes[B].view.store;
    working_ops = store->ops;
    failing_ops = *working_ops;
    failing_ops.append = failing_append;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append_quietly(net, A, 1);
    store->ops = &failing_ops;
    net_ask(net, B);
    net_run(net, 10010);
    expect_trace(net, "[ 0.000] nodeB > WANT nodeA 1", "[ 0.005] nodeA > entry nodeA 1 to nodeB",
                 "[ 0.010] nodeB: entry nodeA 1: failed", "[10.000] nodeB > WANT nodeA 1",
                 "[10.005] nodeA > entry nodeA 1 to nodeB", "[10.010] nodeB appends nodeA 1",
                 "[10.010] nodeB > WANT nodeA 2");
    net->nodes[A].view.store.ops = &failing_ops;
    assert_int_equal(tssb_node_append(&net->nodes[A].node, "hello", 5), TSSB_E_STORE);
    assert_int_equal(net_replica(net, A, A)->front_seq, 1);
    expect_silence(net);
}

static void fates_and_kinds_have_names(void **state) {
    (void)state;
    for (int fate = 0; fate < TSSB_FATE_COUNT; fate++)
        assert_true(strlen(tssb_fate_name((enum tssb_fate)fate)) > 0);
    for (int kind = 0; kind < TSSB_PACKET_KINDS; kind++)
        assert_true(strlen(tssb_packet_kind_name((enum tssb_packet_kind)kind)) > 0);
    assert_string_equal(tssb_fate_name(TSSB_FATE_NOT_HELD), "not held");
    assert_string_equal(tssb_packet_kind_name(TSSB_PACKET_BLOB), "blob");
}

static void strategies_are_found_by_name(void **state) {
    (void)state;
    assert_string_equal(tssb_strategies[0]->name, "single");
    for (size_t i = 0; tssb_strategies[i]; i++)
        assert_ptr_equal(tssb_strategy_find(tssb_strategies[i]->name), tssb_strategies[i]);
    assert_null(tssb_strategy_find("telepathy"));
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(an_author_pushes_each_entry_once),
        NET_TEST(a_consumer_asks_at_once_and_every_ten_seconds),
        NET_TEST(the_first_request_may_wait),
        NET_TEST(consumers_synchronize_transitively),
        NET_TEST(a_duplicate_costs_no_signature),
        NET_TEST(everyone_may_author_and_follow),
        NET_TEST(a_node_does_not_follow_itself),
        NET_TEST(opening_twice_changes_nothing_but_may_begin_to_follow),
        NET_TEST(what_is_held_may_be_followed_later),
        NET_TEST(a_feed_is_found_where_it_is_held),
        NET_TEST(only_the_author_of_an_open_feed_appends),
        NET_TEST(short_content_is_plain_and_padded),
        NET_TEST(the_last_sequence_number_ends_a_feed),
        NET_TEST(one_dmx_may_be_due_in_two_feeds),
        NET_TEST(only_the_entry_that_is_due_is_appended),
        NET_TEST(what_the_store_cannot_keep_is_asked_for_again),
        cmocka_unit_test(fates_and_kinds_have_names),
        cmocka_unit_test(strategies_are_found_by_name),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
