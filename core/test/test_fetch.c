/* Side chains fetched by themselves: when, how many blobs at a time, again after loss and restarts,
 * and what becomes of chains that are no good. */
#include "net.h"

#include <stdlib.h>
#include <string.h>

#include "../bytes.h"
#include "../chain.h"
#include "../error.h"
#include "../request.h"

enum { LONG = 325 }; /* 25 B in the entry, three blobs */

static const struct tssb_blob_policy *policy_of(const char *name) {
    const struct tssb_blob_policy *policy = tssb_blob_policy_find(name);
    assert_non_null(policy);
    return policy;
}

/* nodeB follows nodeA, by this policy; 0: adaptive credit. The others are off. */
static void two_nodes(struct net *net, const char *policy, uint16_t credit) {
    net->nodes[B].config.blobs = (struct tssb_blob_settings){.policy = policy_of(policy),
                                                             .credit = credit};
    net->nodes[C].offline = net->nodes[D].offline = true;
    net_open(net, A, A);
    net_open(net, B, A);
}

/* A text of this size, unlike that of any other number; the caller frees it. */
static char *make_text(size_t size, uint64_t number) {
    char *text = malloc(size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + random_next(&number) % 26);
    text[size] = '\0';
    return text;
}

static void append_long(struct net *net, size_t size, uint64_t number) {
    char *text = make_text(size, number);
    net_append(net, A, text);
    free(text);
}

/* nodeA signs an entry of type chain20 with this payload, whatever it is. */
static void append_payload(struct net *net, const uint8_t payload[TSSB_PAYLOAD_SIZE]) {
    struct net_node *author = &net->nodes[A];
    struct tssb_node *node = &author->node;
    uint8_t wire[TSSB_ENTRY_SIZE];
    struct tssb_replica *replica = &node->replicas[node->own];
    assert_int_equal(
        tssb_replica_author(replica, node->store, node->key, TSSB_CHAIN20, payload, wire), 0);
}

/* A chain of nodeA's that declares this size, and whose first blob has this name. */
static void append_claim(struct net *net, uint64_t size, const char *name) {
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0};
    tssb_varint_encode(size, payload);
    memcpy(payload + TSSB_CHAIN_HEAD_SIZE, name, strlen(name));
    append_payload(net, payload);
}

/* How many blobs of the entry's chain a node lacks at least: 0 or 1. */
static bool is_complete(struct net *net, uint32_t who, uint32_t seq) {
    struct tssb_store *store = &net->nodes[who].view.store;
    struct tssb_chain_reader reader;
    const uint8_t *wire, *blob, *piece;
    size_t count;
    assert_int_equal(store->ops->read(store, net_replica(net, who, A), seq, &wire), 0);
    assert_int_equal(tssb_chain_reader_init(&reader, tssb_entry_payload(wire), &piece, &count), 0);
    while (reader.left > 0) {
        if (store->ops->read_blob(store, reader.next, &blob) != 0)
            return false;
        assert_int_equal(tssb_chain_reader_take(&reader, blob, &piece, &count), 0);
    }
    return true;
}

static struct tssb_fetch_counts counts(struct net *net, uint32_t who) {
    return tssb_node_fetch_counts(&net->nodes[who].node);
}

/* The node's memory is gone, its store is not. */
static void restart(struct net *net, uint32_t who) {
    struct tssb_node *node = &net->nodes[who].node;
    tssb_pool_view_keep(&net->nodes[who].view, NULL, 0);
    uint32_t count = node->replica_count;
    struct tssb_replica *kept = test_malloc(count * sizeof *kept);
    memcpy(kept, node->replicas, count * sizeof *kept);
    tssb_node_close(node);
    tssb_pool_view_keep(&net->nodes[who].view, kept, count);
    net_open(net, who, A);
    tssb_pool_view_keep(&net->nodes[who].view, NULL, 0);
    test_free(kept);
    net_ask(net, who);
}

/* When. */

static void eager_asks_as_soon_as_the_entry_is_there(void **state) {
    struct net *net = *state;
    two_nodes(net, "eager", 0);
    append_long(net, LONG, 1);
    net_run(net, 1000);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1",
                 "[ 0.005] nodeB appends nodeA 1", "[ 0.005] nodeB > WANT nodeA 2",
                 "[ 0.005] nodeB > NEED x3", /* as many as the entry declares */
                 "[ 0.010] nodeA: WANT nodeA 2: not held", "[ 0.010] nodeA > blob to nodeB",
                 "[ 0.010] nodeA > blob to nodeB", "[ 0.010] nodeA > blob to nodeB",
                 "[ 0.015] nodeB stores a blob", "[ 0.015] nodeB stores a blob",
                 "[ 0.015] nodeB stores a blob");
    assert_true(is_complete(net, B, 1));
    assert_int_equal(counts(net, B).chains_complete, 1);
    assert_int_equal(net->nodes[B].node.fetch->count, 0);
}

static void lazy_asks_when_the_entry_is_read(void **state) {
    struct net *net = *state;
    two_nodes(net, "lazy", 0);
    append_long(net, LONG, 1);
    net_run(net, 1000);
    net->trace_size = 0;
    assert_false(is_complete(net, B, 1));
    assert_int_equal(tssb_node_fetch(&net->nodes[B].node, 0, 2, net->now_ns), TSSB_E_NOT_FOUND);
    assert_int_equal(tssb_node_fetch(&net->nodes[B].node, 0, 1, net->now_ns), 0);
    assert_int_equal(tssb_node_fetch(&net->nodes[B].node, 0, 1, net->now_ns), 0);
    net_run(net, 1006);
    expect_trace(net, "[ 1.000] nodeB > NEED x3", "[ 1.005] nodeA > blob to nodeB",
                 "[ 1.005] nodeA > blob to nodeB", "[ 1.005] nodeA > blob to nodeB");
    net_run(net, 2000);
    assert_true(is_complete(net, B, 1));
}

static void never_asks_for_nothing(void **state) {
    struct net *net = *state;
    two_nodes(net, "never", 0);
    append_long(net, LONG, 1);
    net_run(net, 1000);
    assert_null(net->nodes[B].node.fetch);
    assert_int_equal(tssb_node_fetch(&net->nodes[B].node, 0, 1, net->now_ns), TSSB_E_NOT_FOUND);
    assert_int_equal(net->counts[B].sent[TSSB_PACKET_NEED], 0);
}

static void policies_are_found_by_name(void **state) {
    (void)state;
    assert_string_equal(policy_of("eager")->name, "eager");
    assert_null(tssb_blob_policy_find("keen"));
}

/* How many at a time. */

static void a_fixed_credit_asks_round_by_round(void **state) {
    struct net *net = *state;
    two_nodes(net, "eager", 2);
    append_long(net, LONG, 1);
    net_run(net, 1000);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1",
                 "[ 0.005] nodeB appends nodeA 1", "[ 0.005] nodeB > WANT nodeA 2",
                 "[ 0.005] nodeB > NEED x2", "[ 0.010] nodeA: WANT nodeA 2: not held",
                 "[ 0.010] nodeA > blob to nodeB", "[ 0.010] nodeA > blob to nodeB",
                 "[ 0.015] nodeB stores a blob", "[ 0.015] nodeB stores a blob",
                 "[ 0.015] nodeB > NEED x1", "[ 0.020] nodeA > blob to nodeB",
                 "[ 0.025] nodeB stores a blob");
}

/* A thousand blobs over 100 ms each way at 1 Mbit/s. The bound: the request's delay, a thousand
 * blobs of 120 B one behind the other, the delay of the last. */
static void a_thousand_blobs_come_within_a_fifth_of_the_bound(void **state) {
    struct net *net = *state;
    const uint64_t bound_ms = 100 + 1000 * 120 * 8 / 1000 + 100;
    net->quiet = true;
    net->delay_ns = 100 * MS_NS;
    net->bits_per_s = 1000000;
    two_nodes(net, "eager", 0);
    append_long(net, 25 + 1000 * 100 - 2, 1); /* a varint of five bytes */
    net_run(net, 101);
    assert_int_equal(net_replica(net, B, A)->front_seq, 1);
    uint64_t begun_ns = net->now_ns;
    while (!is_complete(net, B, 1)) {
        net_run(net, net->now_ns / MS_NS + 1);
        assert_in_range(net->now_ns - begun_ns, 0, 10000 * MS_NS);
    }
    uint64_t took_ms = (net->now_ns - begun_ns) / MS_NS;
    print_message("took %u ms, the bound is %u ms\n", (unsigned)took_ms, (unsigned)bound_ms);
    assert_int_equal(counts(net, B).blobs_fetched, 1000);
    assert_int_equal(counts(net, B).need_timeouts, 0);
    assert_in_range(took_ms, bound_ms - 2, bound_ms * 12 / 10);
}

/* Somebody who answers with 64 at most. */
static void the_credit_shrinks_to_what_is_answered(void **state) {
    struct net *net = *state;
    net->quiet = true;
    two_nodes(net, "eager", 0);
    net->nodes[A].config.need_limit = 64;
    append_long(net, 100000, 1);
    net_run(net, 20000);
    assert_true(is_complete(net, B, 1));
    assert_in_range(net->nodes[B].node.fetch->credit.size, 32, 80);
    assert_in_range(counts(net, B).need_packets, 16, 40);
    assert_in_range(net->counts[A].sent[TSSB_PACKET_BLOB], 999, 1010);
}

static void the_credit_grows_and_shrinks(void **state) {
    struct tssb_credit credit;
    (void)state;
    tssb_credit_init(&credit, 0);
    assert_int_equal(tssb_credit_room(&credit, 1000, 0), TSSB_CREDIT_FIRST);
    assert_int_equal(tssb_credit_room(&credit, 5, 100), 5);
    assert_int_equal(tssb_credit_room(&credit, 1000, 100), 0); /* no crumbs */
    assert_int_equal(tssb_credit_room(&credit, UINT64_MAX, 64), 64);
    tssb_credit_full(&credit, 5); /* it was no hindrance */
    assert_int_equal(credit.size, TSSB_CREDIT_FIRST);
    tssb_credit_full(&credit, 128);
    assert_int_equal(credit.size, TSSB_CREDIT_MAX);
    tssb_credit_short(&credit, 700);
    assert_int_equal(credit.size, 700);
    tssb_credit_short(&credit, 3);
    assert_int_equal(credit.size, 350);
    tssb_credit_full(&credit, 350);
    assert_int_equal(credit.size, 350); /* once bitten */
    tssb_credit_full(&credit, 350);
    assert_int_equal(credit.size, 350 + 350 / 8 + 1);
    for (int i = 0; i < 20; i++)
        tssb_credit_short(&credit, 0);
    assert_int_equal(tssb_credit_room(&credit, 1000, 0), 1);
    tssb_credit_init(&credit, UINT16_MAX);
    tssb_credit_full(&credit, UINT16_MAX);
    tssb_credit_short(&credit, 1);
    assert_int_equal(tssb_credit_room(&credit, UINT64_MAX, 0), UINT16_MAX);
}

/* Loss. */

static void a_lost_blob_is_asked_for_after_a_timeout(void **state) {
    struct net *net = *state;
    two_nodes(net, "eager", 0);
    append_long(net, LONG, 1);
    net_run(net, 11);
    net->trace_size = 0;
    net->flights[(net->first_flight + 1) % NET_FLIGHTS_MAX].bytes[50] ^= 1;
    net_run(net, 1000);
    expect_trace(net, "[ 0.015] nodeB stores a blob", /* the third one matches nothing */
                 "[ 0.115] nodeB > NEED x2", "[ 0.120] nodeA > blob to nodeB",
                 "[ 0.120] nodeA > blob to nodeB", "[ 0.125] nodeB stores a blob",
                 "[ 0.125] nodeB stores a blob");
    assert_int_equal(counts(net, B).need_timeouts, 1);
}

static void a_fifth_of_all_packets_may_be_lost(void **state) {
    struct net *net = *state;
    net->quiet = true;
    two_nodes(net, "eager", 0);
    net->loss_percent = 20;
    append_long(net, 20000, 1);
    net_ask(net, B);
    net_run(net, 120000);
    assert_true(is_complete(net, B, 1));
    assert_int_equal(counts(net, B).blobs_fetched, 200);
    assert_in_range(counts(net, B).need_repairs, 10, 60); /* of some 40 that were lost */
}

/* Restarts and relays. */

static void after_a_restart_the_store_tells_what_is_missing(void **state) {
    struct net *net = *state;
    net->quiet = true;
    two_nodes(net, "eager", 2);
    append_long(net, 200, 1);
    append_long(net, 10000, 2);
    net_run(net, 200);
    uint64_t before = counts(net, B).blobs_fetched;
    assert_in_range(before, 20, 60);
    restart(net, B);
    assert_int_equal(counts(net, B).blobs_fetched, 0);
    net_run(net, 3000);
    assert_true(is_complete(net, B, 1) && is_complete(net, B, 2));
    assert_int_equal(counts(net, B).blobs_fetched, 2 + 100 - before);
}

/* nodeC cannot hear nodeA, and nodeB has got a part of the chain when nodeA goes away. */
/* To go past 12 000 blobs that are held takes half a second; what is new does not wait for that. */
static void what_is_new_goes_before_what_is_old(void **state) {
    struct net *net = *state;
    net->quiet = true;
    two_nodes(net, "eager", 0);
    for (uint32_t i = 1; i <= 12; i++) {
        append_long(net, 100000, i);
        net_run(net, i * 1000);
    }
    assert_true(is_complete(net, B, 12));
    restart(net, B);
    append_long(net, 1000, 13);
    net_run(net, 12100);
    assert_true(is_complete(net, B, 13));
    assert_true(net->nodes[B].node.fetch->looks); /* there is still some of the old to look at */
    net_run(net, 14000);
    assert_false(net->nodes[B].node.fetch->looks);
    assert_int_equal(net->nodes[B].node.fetch->count, 0);
}

static void who_has_a_part_serves_that_part(void **state) {
    struct net *net = *state;
    net->nodes[C].config.blobs.policy = policy_of("eager");
    two_nodes(net, "eager", 2);
    net_open(net, C, A);
    append_long(net, LONG, 1);
    net_run(net, 16);
    net->nodes[A].offline = true;
    net->flight_count = 0;
    net->nodes[C].offline = false;
    net_run(net, 19000);
    net->trace_size = 0;
    net_ask(net, C);
    net_run(net, 19020);
    expect_trace(net, "[19.000] nodeC > WANT nodeA 1", "[19.005] nodeB > entry nodeA 1 to nodeC",
                 "[19.010] nodeC appends nodeA 1", "[19.010] nodeC > WANT nodeA 2",
                 "[19.010] nodeC > NEED x3", "[19.015] nodeB: WANT nodeA 2: not held",
                 "[19.015] nodeB > blob to nodeC", "[19.015] nodeB > blob to nodeC",
                 "[19.020] nodeC stores a blob", "[19.020] nodeC stores a blob");
    net->nodes[A].offline = false;
    net_run(net, 60000);
    assert_true(is_complete(net, B, 1) && is_complete(net, C, 1));
}

/* Two entries of the same content, and one that differs at its beginning only. */
static void shared_blobs_are_fetched_once(void **state) {
    struct net *net = *state;
    two_nodes(net, "eager", 0);
    net->quiet = true;
    char *text = make_text(LONG, 1);
    net_append(net, A, text);
    net_append(net, A, text);
    net_ask(net, B);
    net_run(net, 1000);
    memset(text, 'X', 50);
    net_append(net, A, text);
    net_run(net, 2000);
    free(text);
    assert_true(is_complete(net, B, 1) && is_complete(net, B, 2) && is_complete(net, B, 3));
    assert_int_equal(counts(net, B).blobs_fetched, 4);
    assert_int_equal(counts(net, B).chains_complete, 3);
    assert_int_equal(counts(net, B).need_packets, 2);
}

/* What one of them asks for moves the other on: that is no measure of anything, and must not make
 * the patience grow. */
static void shared_blobs_over_a_lossy_link(void **state) {
    struct net *net = *state;
    net->quiet = true;
    two_nodes(net, "eager", 0);
    net->loss_percent = 20;
    for (int i = 0; i < 4; i++)
        append_long(net, 100000, 1);
    net_ask(net, B);
    net_run(net, 300000);
    for (uint32_t seq = 1; seq <= 4; seq++)
        assert_true(is_complete(net, B, seq));
}

/* No good. */

/* It declares 2^63 bytes, and nobody has its first blob. */
static void a_chain_that_never_resolves_is_asked_for_less_and_less(void **state) {
    struct net *net = *state;
    two_nodes(net, "eager", 0);
    append_claim(net, UINT64_C(1) << 63, "nobody has this one");
    net_ask(net, B);
    net_run(net, 600000);
    assert_int_equal(net->nodes[B].node.fetch->count, 1);
    assert_in_range(counts(net, B).need_packets, 55, 70); /* one each 10 s in the end */
    const char *first = strstr(net->trace, "> NEED x128");
    assert_non_null(first);
    assert_null(strstr(first + 1, "> NEED x128")); /* from then on, one blob */
    assert_non_null(strstr(first + 1, "> NEED x1\n"));
    net->trace_size = 0;
    append_long(net, LONG, 1);
    net_run(net, 610000);
    assert_true(is_complete(net, B, 2)); /* the feed goes on */
}

/* More of them than there is room for do not keep others from being fetched. */
static void chains_that_never_resolve_give_way(void **state) {
    struct net *net = *state;
    net->quiet = true;
    two_nodes(net, "eager", 0);
    for (int i = 0; i < 3 * TSSB_FETCHES_MAX; i++) {
        char name[TSSB_PTR_SIZE];
        snprintf(name, sizeof name, "nobody has %d", i);
        append_claim(net, 1000000, name);
    }
    append_long(net, LONG, 1);
    net_ask(net, B);
    net_run(net, 600000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 3 * TSSB_FETCHES_MAX + 1);
    assert_true(is_complete(net, B, 3 * TSSB_FETCHES_MAX + 1));
    assert_in_range(net->nodes[B].node.fetch->count, 12, TSSB_FETCHES_MAX);
    assert_in_range(counts(net, B).chains_put_off, 2 * TSSB_FETCHES_MAX, 3000);
    /* Each at most twice an interval. */
    assert_in_range(counts(net, B).need_packets, 1000, 2 * 60 * 3 * TSSB_FETCHES_MAX);
}

/* nodeA holds one blob of this content, and a chain that declares so many bytes begins with it. */
static void append_broken(struct net *net, uint64_t size, bool goes_on) {
    struct tssb_store *store = &net->nodes[A].view.store;
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0}, blob[TSSB_BLOB_SIZE] = {(uint8_t)size};
    uint8_t *ptr = payload + TSSB_CHAIN_HEAD_SIZE;
    if (goes_on)
        memset(blob + TSSB_CHAIN_PIECE_SIZE, 7, TSSB_PTR_SIZE);
    tssb_blob_ptr(blob, ptr);
    assert_int_equal(store->ops->write_blob(store, ptr, blob), 0);
    tssb_varint_encode(size, payload);
    append_payload(net, payload);
}

static void broken_chains_are_given_up(void **state) {
    struct net *net = *state;
    uint8_t no_varint[TSSB_PAYLOAD_SIZE] = {0xfd, 1}, zero[TSSB_PAYLOAD_SIZE] = {200};
    net->quiet = true;
    two_nodes(net, "eager", 0);
    append_broken(net, 10000, false); /* shorter than it declares */
    append_broken(net, 100, true);    /* longer */
    append_payload(net, no_varint);
    append_payload(net, zero); /* no pointer where blobs are due */
    append_long(net, LONG, 1);
    net_ask(net, B);
    net_run(net, 60000);
    assert_int_equal(counts(net, B).chains_broken, 4);
    assert_int_equal(counts(net, B).chains_complete, 1);
    assert_int_equal(counts(net, B).need_packets, 3);
    assert_int_equal(net->nodes[B].node.fetch->count, 0);
    assert_true(is_complete(net, B, 5));
}

static void whichever_allocation_fails_the_chain_comes(void **state) {
    struct net *net = malloc(sizeof *net);
    bool failed = true;
    (void)state;
    assert_non_null(net);
    for (int64_t fail_at = 0; failed; fail_at++) {
        struct tssb_anchor whole;
        uint32_t index;
        net_init(net, fail_at);
        net->nodes[B].config.blobs.policy = policy_of("eager");
        whole = tssb_anchor_whole(net->nodes[A].author.key.fid);
        for (uint32_t who = A; who <= B; who++)
            for (int tries = 0; tssb_node_open(&net->nodes[who].node, &whole, true, &index);
                 tries++)
                assert_int_equal(tries, 0);
        char *text = make_text(LONG, 1);
        if (tssb_node_append(&net->nodes[A].node, text, LONG) != 0)
            net_append(net, A, text);
        free(text);
        net->flight_count = 0;
        net_ask(net, B);
        net_run(net, 40000);
        assert_true(is_complete(net, B, 1));
        failed = countdown_mem_failed(&net->countdown);
        net_close(net);
    }
    free(net);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(eager_asks_as_soon_as_the_entry_is_there),
        NET_TEST(lazy_asks_when_the_entry_is_read),
        NET_TEST(never_asks_for_nothing),
        cmocka_unit_test(policies_are_found_by_name),
        NET_TEST(a_fixed_credit_asks_round_by_round),
        NET_TEST(a_thousand_blobs_come_within_a_fifth_of_the_bound),
        NET_TEST(the_credit_shrinks_to_what_is_answered),
        cmocka_unit_test(the_credit_grows_and_shrinks),
        NET_TEST(a_lost_blob_is_asked_for_after_a_timeout),
        NET_TEST(a_fifth_of_all_packets_may_be_lost),
        NET_TEST(after_a_restart_the_store_tells_what_is_missing),
        NET_TEST(what_is_new_goes_before_what_is_old),
        NET_TEST(who_has_a_part_serves_that_part),
        NET_TEST(shared_blobs_are_fetched_once),
        NET_TEST(shared_blobs_over_a_lossy_link),
        NET_TEST(a_chain_that_never_resolves_is_asked_for_less_and_less),
        NET_TEST(chains_that_never_resolve_give_way),
        NET_TEST(broken_chains_are_given_up),
        cmocka_unit_test(whichever_allocation_fails_the_chain_comes),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
