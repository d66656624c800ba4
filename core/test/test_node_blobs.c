/* Content longer than an entry, from one node to another: the author writes a chain, the consumer
 * asks for its blobs, and reads the content back. With every allocation failing once, at the end.
 */
#include "net.h"

#include <stdlib.h>
#include <string.h>

#include "../chain.h"
#include "../error.h"
#include "../request.h"

/* The pointer to the first blob of the entry seq of nodeA, as this node holds it. */
static void first_ptr(struct net *net, uint32_t who, uint32_t seq, uint8_t ptr[TSSB_PTR_SIZE]) {
    struct tssb_store *store = &net->nodes[who].view.store;
    const uint8_t *wire;
    assert_int_equal(store->ops->read(store, net_replica(net, who, A), seq, &wire), 0);
    assert_int_equal(tssb_entry_type(wire), TSSB_CHAIN20);
    memcpy(ptr, tssb_entry_payload(wire) + TSSB_CHAIN_HEAD_SIZE, TSSB_PTR_SIZE);
}

static int need(struct net *net, uint32_t who, uint32_t seq, uint16_t credit) {
    uint8_t ptr[TSSB_PTR_SIZE];
    first_ptr(net, who, seq, ptr);
    return tssb_node_need(&net->nodes[who].node, ptr, credit);
}

/* Copies a blob out of a node's store, which must hold it. */
static void copy_blob(struct net *net, uint32_t who, const uint8_t *ptr,
                      uint8_t blob[TSSB_BLOB_SIZE]) {
    struct tssb_store *store = &net->nodes[who].view.store;
    const uint8_t *held;
    assert_int_equal(store->ops->read_blob(store, ptr, &held), 0);
    memcpy(blob, held, TSSB_BLOB_SIZE);
}

/* Reads the content of nodeA's entry seq where this node holds it; returns how many bytes it got.
 */
static size_t read_content(struct net *net, uint32_t who, uint32_t seq, char *content) {
    struct tssb_store *store = &net->nodes[who].view.store;
    struct tssb_chain_reader reader;
    const uint8_t *wire, *blob, *piece;
    size_t size = 0, count;
    assert_int_equal(store->ops->read(store, net_replica(net, who, A), seq, &wire), 0);
    assert_int_equal(tssb_chain_reader_init(&reader, tssb_entry_payload(wire), &piece, &count), 0);
    for (;;) {
        memcpy(content + size, piece, count);
        size += count;
        if (reader.left == 0 || store->ops->read_blob(store, reader.next, &blob) != 0)
            return size;
        assert_int_equal(tssb_chain_reader_take(&reader, blob, &piece, &count), 0);
    }
}

enum { LONG = 325 }; /* 25 B in the entry, three blobs */

/* nodeA has written one long text, and nodeB has the entry. */
static void write_and_replicate(struct net *net, char text[LONG + 1]) {
    for (size_t i = 0; i < LONG; i++)
        text[i] = (char)('a' + i % 23);
    text[LONG] = '\0';
    net->nodes[C].offline = net->nodes[D].offline = true;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append(net, A, text);
    net_run(net, 1000);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1",
                 "[ 0.005] nodeB appends nodeA 1", "[ 0.005] nodeB > WANT nodeA 2",
                 "[ 0.010] nodeA: WANT nodeA 2: not held");
}

static void a_chain_is_asked_for_and_read_back(void **state) {
    struct net *net = *state;
    char text[LONG + 1], content[LONG];
    write_and_replicate(net, text);
    assert_int_equal(read_content(net, B, 1, content), 25);
    assert_int_equal(need(net, B, 1, 3), 0);
    net_run(net, 2000);
    expect_trace(net, "[ 1.000] nodeB > NEED x3", "[ 1.005] nodeA > blob to nodeB",
                 "[ 1.005] nodeA > blob to nodeB", "[ 1.005] nodeA > blob to nodeB",
                 "[ 1.010] nodeB stores a blob", "[ 1.010] nodeB stores a blob",
                 "[ 1.010] nodeB stores a blob");
    assert_int_equal(read_content(net, B, 1, content), LONG);
    assert_memory_equal(content, text, LONG);
    assert_int_equal(net->nodes[B].node.wanted_count, 0);
}

/* Credit beyond the end of the chain is not kept waiting for. */
static void a_chain_may_end_before_the_credit(void **state) {
    struct net *net = *state;
    char text[LONG + 1];
    write_and_replicate(net, text);
    assert_int_equal(need(net, B, 1, UINT16_MAX), 0);
    net_run(net, 2000);
    assert_int_equal(net->nodes[B].node.wanted_count, 0);
}

static void the_credit_may_end_before_the_chain(void **state) {
    struct net *net = *state;
    char text[LONG + 1], content[LONG];
    write_and_replicate(net, text);
    assert_int_equal(need(net, B, 1, 1), 0);
    net_run(net, 2000);
    expect_trace(net, "[ 1.000] nodeB > NEED x1", "[ 1.005] nodeA > blob to nodeB",
                 "[ 1.010] nodeB stores a blob");
    assert_int_equal(read_content(net, B, 1, content), 125);
    assert_int_equal(net->nodes[B].node.wanted_count, 0);
}

static void nothing_is_asked_for_without_credit_or_pointer(void **state) {
    struct net *net = *state;
    struct tssb_node *node = &net->nodes[B].node;
    uint8_t ptr[TSSB_PTR_SIZE] = {0};
    assert_int_equal(tssb_node_need(node, ptr, 5), 0);
    ptr[0] = 1;
    assert_int_equal(tssb_node_need(node, ptr, 0), 0);
    assert_int_equal(node->wanted_count, 0);
    expect_silence(net);
}

/* The middle one of three blobs is lost: the last one matches nothing, and both come when asked for
 * again. */
static void a_lost_blob_is_asked_for_again(void **state) {
    struct net *net = *state;
    char text[LONG + 1], content[LONG];
    write_and_replicate(net, text);
    assert_int_equal(need(net, B, 1, 3), 0);
    net_run(net, 1005);
    net->flights[(net->first_flight + 1) % NET_FLIGHTS_MAX].bytes[50] ^= 1;
    net_run(net, 2000);
    expect_trace(net, "[ 1.000] nodeB > NEED x3", "[ 1.005] nodeA > blob to nodeB",
                 "[ 1.005] nodeA > blob to nodeB", "[ 1.005] nodeA > blob to nodeB",
                 "[ 1.010] nodeB stores a blob");
    assert_int_equal(need(net, B, 1, 3), 0);
    net_run(net, 3000);
    expect_trace(net, "[ 2.000] nodeB > NEED x3", "[ 2.005] nodeA > blob to nodeB",
                 "[ 2.005] nodeA > blob to nodeB", "[ 2.005] nodeA > blob to nodeB",
                 "[ 2.010] nodeB stores a blob", "[ 2.010] nodeB stores a blob",
                 "[ 2.010] nodeB stores a blob");
    assert_int_equal(read_content(net, B, 1, content), LONG);
    assert_memory_equal(content, text, LONG);
    assert_int_equal(net->nodes[B].node.wanted_count, 0);
}

/* What is held already in the middle of a chain is passed over. */
static void a_chain_goes_on_behind_blobs_that_are_held(void **state) {
    struct net *net = *state;
    struct tssb_store *store = &net->nodes[B].view.store;
    char text[LONG + 1];
    uint8_t ptr[TSSB_PTR_SIZE], first[TSSB_BLOB_SIZE], second[TSSB_BLOB_SIZE];
    write_and_replicate(net, text);
    first_ptr(net, A, 1, ptr);
    copy_blob(net, A, ptr, first);
    copy_blob(net, A, tssb_blob_next(first), second);
    assert_int_equal(store->ops->write_blob(store, tssb_blob_next(first), second), 0);
    assert_int_equal(need(net, B, 1, 3), 0);
    assert_int_equal(net_receive(net, B, A, first, sizeof first), TSSB_FATE_STORED);
    assert_memory_equal(net->nodes[B].node.wanted[0].ptr, tssb_blob_next(second), TSSB_PTR_SIZE);
    assert_int_equal(net->nodes[B].node.wanted[0].credit, 1);
}

/* Two texts that differ at their beginning only end in the same two blobs, which come once and
 * serve both. */
static void two_chains_may_share_their_end(void **state) {
    struct net *net = *state;
    char text[LONG + 1], content[LONG];
    uint8_t ptr[TSSB_PTR_SIZE], blobs[4][TSSB_BLOB_SIZE];
    write_and_replicate(net, text);
    memset(text, 'X', 50);
    net_append(net, A, text);
    net_run(net, 2000);
    for (uint32_t i = 0; i < 2; i++) {
        first_ptr(net, A, i + 1, ptr);
        copy_blob(net, A, ptr, blobs[i]);
        assert_int_equal(need(net, B, i + 1, 3), 0);
    }
    assert_memory_not_equal(blobs[0], blobs[1], TSSB_BLOB_SIZE);
    copy_blob(net, A, tssb_blob_next(blobs[0]), blobs[2]);
    copy_blob(net, A, tssb_blob_next(blobs[2]), blobs[3]);
    for (size_t i = 0; i < COUNT_OF(blobs); i++)
        assert_int_equal(net_receive(net, B, A, blobs[i], TSSB_BLOB_SIZE), TSSB_FATE_STORED);
    assert_int_equal(net->nodes[B].node.wanted_count, 0);
    assert_int_equal(read_content(net, B, 2, content), LONG);
    assert_memory_equal(content, text, LONG);
}

static void a_blob_that_nobody_asked_for_is_dropped(void **state) {
    struct net *net = *state;
    uint8_t wanted[TSSB_PTR_SIZE] = "some other blob", blob[TSSB_BLOB_SIZE] = "unasked";
    assert_int_equal(net_receive(net, B, A, blob, sizeof blob), TSSB_FATE_UNMATCHED);
    assert_int_equal(tssb_node_need(&net->nodes[B].node, wanted, 1), 0);
    assert_int_equal(net_receive(net, B, A, blob, sizeof blob), TSSB_FATE_UNMATCHED);
    tssb_blob_ptr(blob, wanted);
    assert_int_equal(tssb_node_need(&net->nodes[B].node, wanted, 1), 0);
    assert_int_equal(net_receive(net, B, A, blob, sizeof blob - 1), TSSB_FATE_UNMATCHED);
    assert_int_equal(net_receive(net, B, A, blob, sizeof blob), TSSB_FATE_STORED);
    assert_int_equal(net_receive(net, B, A, blob, sizeof blob), TSSB_FATE_UNMATCHED);
}

/* A blob may begin like any packet; it is found by its hash where it is no good as the other thing.
 */
static void a_blob_may_begin_with_an_armed_dmx(void **state) {
    struct net *net = *state;
    uint8_t ptr[TSSB_PTR_SIZE], blob[TSSB_BLOB_SIZE] = {0};
    net_open(net, B, A);
    const tssb_dmx starts[] = {net_replica(net, B, A)->next_dmx, tssb_need_dmx(),
                               net_replica(net, B, A)->feed->want_dmx};
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        for (int byte = 0; byte < TSSB_DMX_SIZE; byte++)
            blob[byte] = (uint8_t)(starts[i] >> (48 - 8 * byte));
        tssb_blob_ptr(blob, ptr);
        assert_int_equal(tssb_node_need(&net->nodes[B].node, ptr, 1), 0);
        assert_int_equal(net_receive(net, B, A, blob, sizeof blob), TSSB_FATE_STORED);
    }
}

static void only_so_many_blobs_are_awaited(void **state) {
    struct net *net = *state;
    struct tssb_node *node = &net->nodes[B].node;
    uint8_t ptr[TSSB_PTR_SIZE] = {0xff};
    for (int i = 0; i < TSSB_WANTED_BLOBS_MAX; i++) {
        ptr[19] = (uint8_t)i;
        assert_int_equal(tssb_node_need(node, ptr, 1), 0);
    }
    assert_int_equal(tssb_node_need(node, ptr, 1), 0);
    ptr[19] = TSSB_WANTED_BLOBS_MAX;
    assert_int_equal(tssb_node_need(node, ptr, 1), TSSB_E_FULL);
    assert_int_equal(node->wanted_count, TSSB_WANTED_BLOBS_MAX);
    net->trace_size = 0;
}

/* Opens a feed, again where memory ran out. */
static void open_for_sure(struct net *net, uint32_t who, uint32_t author) {
    struct tssb_anchor whole = tssb_anchor_whole(net->nodes[author].author.key.fid);
    struct tssb_node *node = &net->nodes[who].node;
    uint32_t index, before = node->replica_count;
    int error = tssb_node_open(node, &whole, true, &index);
    if (error) {
        assert_int_equal(error, TSSB_E_MEMORY);
        assert_int_equal(node->replica_count, before);
        net_open(net, who, author);
    }
}

static void append_for_sure(struct net *net, const char *text) {
    uint32_t before = net_replica(net, A, A)->front_seq;
    int error = tssb_node_append(&net->nodes[A].node, text, strlen(text));
    if (error) {
        assert_int_equal(error, TSSB_E_MEMORY);
        assert_int_equal(net_replica(net, A, A)->front_seq, before);
        net_append(net, A, text);
    }
}

/* Twelve entries, the last one long, from nodeA to nodeB; what fails is done again by those who
 * would: the application when it appends or asks for blobs, the protocol when an entry does not
 * come. */
static void replicate_all(struct net *net) {
    char text[LONG + 1], content[LONG];
    memset(text, 'y', LONG);
    text[LONG] = '\0';
    open_for_sure(net, A, A);
    open_for_sure(net, B, C);
    open_for_sure(net, B, A);
    for (int i = 0; i < 11; i++)
        append_for_sure(net, "hello");
    append_for_sure(net, text);
    net->flight_count = 0;
    net_ask(net, B);
    net_run(net, 20000);
    assert_int_equal(net_replica(net, B, A)->front_seq, 12);
    for (int tries = 0; read_content(net, B, 12, content) < LONG; tries++) {
        assert_in_range(tries, 0, 1);
        int error = need(net, B, 12, 3);
        assert_true(error == 0 || error == TSSB_E_MEMORY);
        net_run(net, 30000 + 1000 * (uint64_t)tries);
    }
    assert_memory_equal(content, text, LONG);
    assert_int_equal(net->nodes[B].node.wanted_count, 0);
    assert_memory_equal(net_replica(net, B, A)->front_mid, net_replica(net, A, A)->front_mid,
                        TSSB_MID_SIZE);
    assert_int_equal(net->nodes[B].node.armed.count, 6);
}

static void whichever_allocation_fails_the_nodes_get_there(void **state) {
    struct net *net = malloc(sizeof *net);
    bool failed = true;
    int64_t fail_at;
    (void)state;
    assert_non_null(net);
    for (fail_at = 0; failed; fail_at++) {
        net_init(net, fail_at);
        replicate_all(net);
        failed = countdown_mem_failed(&net->countdown);
        net_close(net);
    }
    assert_in_range(fail_at, 20, 200);
    free(net);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(a_chain_is_asked_for_and_read_back),
        NET_TEST(a_chain_may_end_before_the_credit),
        NET_TEST(the_credit_may_end_before_the_chain),
        NET_TEST(nothing_is_asked_for_without_credit_or_pointer),
        NET_TEST(a_lost_blob_is_asked_for_again),
        NET_TEST(a_chain_goes_on_behind_blobs_that_are_held),
        NET_TEST(two_chains_may_share_their_end),
        NET_TEST(a_blob_that_nobody_asked_for_is_dropped),
        NET_TEST(a_blob_may_begin_with_an_armed_dmx),
        NET_TEST(only_so_many_blobs_are_awaited),
        cmocka_unit_test(whichever_allocation_fails_the_nodes_get_there),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
