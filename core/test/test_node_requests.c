/* What a node answers: WANT, NEED and RANGE as PROTOCOL.md 4 has them, their limits, and packets
 * that nobody should send. nodeA has the feed, nodeB asks by hand. */
#include "net.h"

#include <string.h>

#include "../bytes.h"
#include "../chain.h"
#include "../request.h"

static const uint8_t *fid_of(const struct net *net, uint32_t author) {
    return net->nodes[author].author.key.fid;
}

/* One request within a WANT packet. */
struct asked {
    uint32_t author, seq;
};

static size_t want(const struct net *net, const struct asked *asked, size_t count,
                   uint8_t packet[TSSB_PACKET_SIZE]) {
    struct tssb_want wants[TSSB_WANTS_MAX];
    for (size_t i = 0; i < count; i++) {
        memcpy(wants[i].fid, fid_of(net, asked[i].author), TSSB_FID_SIZE);
        wants[i].seq = asked[i].seq;
    }
    return tssb_want_encode(wants, count, tssb_want_dmx(wants[0].fid), packet);
}

static enum tssb_fate ask_one(struct net *net, uint32_t author, uint32_t seq) {
    uint8_t packet[TSSB_PACKET_SIZE];
    size_t size = want(net, &(struct asked){author, seq}, 1, packet);
    return net_receive(net, A, B, packet, size);
}

static enum tssb_fate ask_range(struct net *net, uint32_t author, uint32_t seq, uint16_t credit) {
    struct tssb_range range = {.seq = seq, .credit = credit};
    uint8_t packet[TSSB_PACKET_SIZE];
    memcpy(range.fid, fid_of(net, author), TSSB_FID_SIZE);
    size_t size = tssb_range_encode(&range, tssb_range_dmx(range.fid), packet);
    return net_receive(net, A, B, packet, size);
}

/* EXTENSION: a RANGE may name entries that are held already, by two bytes of their DMX. They are
 * passed over, and count; the first one is not, since the asker knows that it lacks it. */
static void a_range_passes_over_what_is_held(void **state) {
    struct net *net = *state;
    struct tssb_range range = {.seq = 2, .credit = 4};
    uint8_t packet[TSSB_PACKET_SIZE];
    net_open(net, A, A);
    net_append_quietly(net, A, 8);
    memcpy(range.fid, fid_of(net, A), TSSB_FID_SIZE);
    size_t size = tssb_range_encode(&range, tssb_range_dmx(range.fid), packet);
    for (uint32_t seq = 1; seq <= 4; seq++) { /* 1 lies before, 2 is the first */
        const uint8_t *wire;
        struct tssb_node *node = &net->nodes[A].node;
        assert_int_equal(node->store->ops->read(node->store, net_replica(net, A, A), seq, &wire),
                         0);
        if (seq != 3)
            size = tssb_range_except(packet, size, tssb_load_dmx(wire));
    }
    assert_int_equal(net_receive(net, A, B, packet, size), TSSB_FATE_ANSWERED);
    expect_trace(net, "[ 0.000] nodeA > entry nodeA 2 to nodeB",
                 "[ 0.000] nodeA > entry nodeA 3 to nodeB",
                 "[ 0.000] nodeA > entry nodeA 5 to nodeB");
    /* What makes no whole item is ignored. */
    assert_int_equal(net_receive(net, A, B, packet, size - 1), TSSB_FATE_ANSWERED);
    expect_trace(
        net, "[ 0.000] nodeA > entry nodeA 2 to nodeB", "[ 0.000] nodeA > entry nodeA 3 to nodeB",
        "[ 0.000] nodeA > entry nodeA 4 to nodeB", "[ 0.000] nodeA > entry nodeA 5 to nodeB");
}

static void an_entry_goes_back_where_the_want_came_from(void **state) {
    struct net *net = *state;
    net_open(net, A, A);
    net_append_quietly(net, A, 3);
    assert_int_equal(ask_one(net, A, 2), TSSB_FATE_ANSWERED);
    expect_trace(net, "[ 0.000] nodeA > entry nodeA 2 to nodeB");
}

static void what_is_not_held_is_not_answered(void **state) {
    struct net *net = *state;
    net_open(net, A, A);
    net_append_quietly(net, A, 3);
    assert_int_equal(ask_one(net, A, 0), TSSB_FATE_NOT_HELD);
    assert_int_equal(ask_one(net, A, 4), TSSB_FATE_NOT_HELD);
    assert_int_equal(ask_one(net, A, UINT32_MAX), TSSB_FATE_NOT_HELD);
    assert_int_equal(ask_one(net, C, 1), TSSB_FATE_UNMATCHED);
    expect_silence(net);
}

/* nodeA holds nodeC's feed from its entry 3 on. */
static void what_lies_before_the_anchor_is_not_answered(void **state) {
    struct net *net = *state;
    struct author *author = &net->nodes[C].author;
    struct tssb_anchor anchor = tssb_anchor_whole(author->key.fid);
    uint8_t wire[TSSB_ENTRY_SIZE];
    uint32_t index;
    author_write(author, "1", wire);
    author_write(author, "2", wire);
    anchor.seq = 2;
    memcpy(anchor.mid, author->place.prev, TSSB_MID_SIZE);
    assert_int_equal(tssb_node_open(&net->nodes[A].node, &anchor, true, &index), 0);
    author_write(author, "3", wire);
    assert_int_equal(net_receive(net, A, C, wire, sizeof wire), TSSB_FATE_APPENDED);
    expect_trace(net, "[ 0.000] nodeA appends nodeC 3", "[ 0.000] nodeA > WANT nodeC 4");
    for (uint32_t seq = 0; seq <= 2; seq++)
        assert_int_equal(ask_one(net, C, seq), TSSB_FATE_NOT_HELD);
    assert_int_equal(ask_range(net, C, 1, 10), TSSB_FATE_NOT_HELD);
    expect_silence(net);
    assert_int_equal(ask_one(net, C, 3), TSSB_FATE_ANSWERED);
    expect_trace(net, "[ 0.000] nodeA > entry nodeC 3 to nodeB");
}

static void a_packet_may_ask_for_several_entries_of_several_feeds(void **state) {
    struct net *net = *state;
    static const struct asked asked[] = {{C, 9}, {A, 2}, {D, 1}, {A, 1}, {C, 1}, {A, 3}};
    uint8_t packet[TSSB_PACKET_SIZE];
    net_open(net, A, A);
    net_open(net, A, C);
    net_open(net, C, C);
    net_append_quietly(net, A, 3);
    net_append_quietly(net, C, 1);
    net_ask(net, A);
    net_run(net, 100);
    expect_trace(net, "[ 0.000] nodeA > WANT nodeC 1", "[ 0.005] nodeC > entry nodeC 1 to nodeA",
                 "[ 0.010] nodeA appends nodeC 1", "[ 0.010] nodeA > WANT nodeC 2",
                 "[ 0.015] nodeC: WANT nodeC 2: not held");
    size_t size = want(net, asked, COUNT_OF(asked), packet);
    assert_int_equal(net_receive(net, A, B, packet, size), TSSB_FATE_ANSWERED);
    expect_trace(
        net, "[ 0.100] nodeA > entry nodeA 2 to nodeB", "[ 0.100] nodeA > entry nodeA 1 to nodeB",
        "[ 0.100] nodeA > entry nodeC 1 to nodeB", "[ 0.100] nodeA > entry nodeA 3 to nodeB");
}

/* PoC-01 reads 250 B: six requests, and no seventh. What makes no whole request is ignored. */
static void a_want_counts_its_whole_requests(void **state) {
    struct net *net = *state;
    static const struct asked asked[] = {{A, 1}, {A, 2}, {A, 3}, {A, 4}, {A, 5}, {A, 6}};
    uint8_t packet[1500];
    net_open(net, A, A);
    net_append_quietly(net, A, 7);
    want(net, asked, COUNT_OF(asked), packet);
    memcpy(packet + 7 + 6 * 36, packet + 7, 36); /* a seventh, and more noise */
    for (size_t size = 7; size <= sizeof packet; size++) {
        size_t whole = (size - 7) / 36 < 6 ? (size - 7) / 36 : 6;
        net->flight_count = 0;
        assert_int_equal(net_receive(net, A, B, packet, size),
                         whole ? TSSB_FATE_ANSWERED : TSSB_FATE_REFUSED);
        assert_int_equal(net->flight_count, whole);
        net->trace_size = 0;
    }
}

/* The DMX names the feed of the first request: a packet where they differ is not a WANT. */
static void a_want_must_open_with_the_feed_that_its_dmx_names(void **state) {
    struct net *net = *state;
    uint8_t packet[TSSB_PACKET_SIZE];
    net_open(net, A, A);
    net_open(net, A, C);
    net_append_quietly(net, A, 1);
    size_t size = want(net, &(struct asked){A, 1}, 1, packet);
    tssb_store_dmx(packet, tssb_want_dmx(fid_of(net, C)));
    assert_int_equal(net_receive(net, A, B, packet, size), TSSB_FATE_REFUSED);
    expect_silence(net);
}

/* Two feeds whose WANTs have the same DMX: the feed ID within the packet decides. */
static void one_dmx_may_name_two_feeds(void **state) {
    struct net *net = *state;
    struct tssb_node *node = &net->nodes[A].node;
    uint8_t wires[COUNT_OF(twin_fids)][TSSB_ENTRY_SIZE], packet[TSSB_PACKET_SIZE];
    for (uint32_t i = 0; i < COUNT_OF(twin_fids); i++) {
        const uint8_t secret[TSSB_SECRET_SIZE] = {0}, payload[TSSB_PAYLOAD_SIZE] = {0};
        struct tssb_anchor whole = tssb_anchor_whole(twin_fids[i]);
        struct tssb_key key; /* of the scheme in which a feed ID is a label of any bytes */
        uint32_t index;
        tssb_key_init(&key, &tssb_scheme_hmac_sha512, secret, twin_fids[i]);
        assert_int_equal(tssb_node_open(node, &whole, false, &index), 0);
        assert_int_equal(index, i);
        assert_int_equal(tssb_replica_author(&node->replicas[i], node->store, &key, TSSB_PLAIN48,
                                             payload, wires[i]),
                         0);
    }
    for (uint32_t i = 0; i < COUNT_OF(twin_fids); i++) {
        struct tssb_want one = {.seq = 1};
        memcpy(one.fid, twin_fids[i], TSSB_FID_SIZE);
        size_t size = tssb_want_encode(&one, 1, tssb_want_dmx(twin_fids[0]), packet);
        assert_int_equal(net_receive(net, A, B, packet, size), TSSB_FATE_ANSWERED);
        assert_int_equal(net->flight_count, i + 1);
        assert_memory_equal(net->flights[i].bytes, wires[i], TSSB_ENTRY_SIZE);
        assert_int_equal(tssb_node_find(node, node->replicas[i].feed), i);
    }
}

static void a_range_is_answered_in_order(void **state) {
    struct net *net = *state;
    net_open(net, A, A);
    net_append_quietly(net, A, 5);
    assert_int_equal(ask_range(net, A, 2, 3), TSSB_FATE_ANSWERED);
    expect_trace(net, "[ 0.000] nodeA > entry nodeA 2 to nodeB",
                 "[ 0.000] nodeA > entry nodeA 3 to nodeB",
                 "[ 0.000] nodeA > entry nodeA 4 to nodeB");
    assert_int_equal(ask_range(net, A, 4, UINT16_MAX), TSSB_FATE_ANSWERED);
    expect_trace(net, "[ 0.000] nodeA > entry nodeA 4 to nodeB",
                 "[ 0.000] nodeA > entry nodeA 5 to nodeB");
}

static void a_range_has_limits(void **state) {
    struct net *net = *state;
    net->nodes[A].config.range_limit = 2;
    net_open(net, A, A);
    net_append_quietly(net, A, 5);
    assert_int_equal(ask_range(net, A, 1, UINT16_MAX), TSSB_FATE_ANSWERED);
    expect_trace(net, "[ 0.000] nodeA > entry nodeA 1 to nodeB",
                 "[ 0.000] nodeA > entry nodeA 2 to nodeB");
    assert_int_equal(ask_range(net, A, 1, 0), TSSB_FATE_NOT_HELD);
    assert_int_equal(ask_range(net, A, 0, 5), TSSB_FATE_NOT_HELD);
    assert_int_equal(ask_range(net, A, 6, 5), TSSB_FATE_NOT_HELD);
    assert_int_equal(ask_range(net, A, UINT32_MAX, 5), TSSB_FATE_NOT_HELD);
    expect_silence(net);
}

/* A feed that ends with the numbers: the count does not begin again at 0. */
static void a_range_ends_with_the_numbers(void **state) {
    struct net *net = *state;
    struct tssb_anchor anchor = tssb_anchor_whole(fid_of(net, A));
    uint32_t index;
    anchor.seq = UINT32_MAX - 2;
    assert_int_equal(tssb_node_open(&net->nodes[A].node, &anchor, false, &index), 0);
    net_append_quietly(net, A, 2);
    assert_int_equal(ask_range(net, A, UINT32_MAX - 1, 10), TSSB_FATE_ANSWERED);
    expect_trace(net, "[ 0.000] nodeA > entry nodeA 4294967294 to nodeB",
                 "[ 0.000] nodeA > entry nodeA 4294967295 to nodeB");
}

static void a_range_that_is_cut_short_or_of_another_feed_is_refused(void **state) {
    struct net *net = *state;
    struct tssb_range range = {.seq = 1, .credit = 1};
    uint8_t packet[TSSB_PACKET_SIZE] = {0};
    net_open(net, A, A);
    net_append_quietly(net, A, 1);
    memcpy(range.fid, fid_of(net, A), TSSB_FID_SIZE);
    size_t size = tssb_range_encode(&range, tssb_range_dmx(range.fid), packet);
    for (size_t cut = TSSB_DMX_SIZE; cut < size; cut++)
        assert_int_equal(net_receive(net, A, B, packet, cut), TSSB_FATE_REFUSED);
    packet[TSSB_DMX_SIZE] ^= 1;
    assert_int_equal(net_receive(net, A, B, packet, size), TSSB_FATE_REFUSED);
    expect_silence(net);
    packet[TSSB_DMX_SIZE] ^= 1;
    assert_int_equal(net_receive(net, A, B, packet, size + 1), TSSB_FATE_ANSWERED);
}

/* Content whose chain has this many blobs, appended by nodeA; ptrs are in chain order. */
static void append_chain(struct net *net, uint32_t blobs, char fill,
                         uint8_t (*ptrs)[TSSB_PTR_SIZE]) {
    struct tssb_node *node = &net->nodes[A].node;
    char content[2000];
    const uint8_t *wire, *blob;
    memset(content, fill, sizeof content);
    for (size_t i = 0; i < sizeof content; i++) /* no two blobs are alike */
        content[i] = (char)(content[i] + (char)(i / 100));
    assert_int_equal(tssb_node_append(node, content, 25 + 100 * blobs), 0);
    const struct tssb_replica *replica = net_replica(net, A, A);
    assert_int_equal(node->store->ops->read(node->store, replica, replica->front_seq, &wire), 0);
    const uint8_t *next = tssb_entry_payload(wire) + TSSB_CHAIN_HEAD_SIZE;
    for (uint32_t i = 0; i < blobs; i++) {
        memcpy(ptrs[i], next, TSSB_PTR_SIZE);
        assert_int_equal(node->store->ops->read_blob(node->store, ptrs[i], &blob), 0);
        next = tssb_blob_next(blob);
    }
    assert_true(tssb_ptr_is_end(next));
    net->trace_size = 0;
    net->trace[0] = '\0';
    net->flight_count = 0;
}

/* Sends one NEED packet to a node and returns how many blobs come back, which must be those of the
 * chain in order. */
static uint32_t blobs_for(struct net *net, uint32_t who, const uint8_t (*ptrs)[TSSB_PTR_SIZE],
                          uint16_t credit) {
    struct tssb_need need = {.credit = credit};
    uint8_t packet[TSSB_PACKET_SIZE], ptr[TSSB_PTR_SIZE];
    memcpy(need.ptr, ptrs[0], TSSB_PTR_SIZE);
    size_t size = tssb_need_encode(&need, 1, packet);
    enum tssb_fate fate = net_receive(net, who, B, packet, size);
    uint32_t count = net->flight_count;
    assert_int_equal(fate, count ? TSSB_FATE_ANSWERED : TSSB_FATE_NOT_HELD);
    for (uint32_t i = 0; i < count; i++) {
        const struct net_flight *flight = &net->flights[(net->first_flight + i) % NET_FLIGHTS_MAX];
        assert_int_equal(flight->to, B);
        assert_int_equal(flight->packet.kind, TSSB_PACKET_BLOB);
        assert_int_equal(flight->packet.size, TSSB_BLOB_SIZE);
        assert_null(flight->packet.feed);
        tssb_blob_ptr(flight->bytes, ptr);
        assert_memory_equal(ptr, ptrs[i], TSSB_PTR_SIZE);
    }
    net->trace_size = 0;
    net->trace[0] = '\0';
    net->flight_count = 0;
    return count;
}

static void blobs_are_sent_up_to_the_credit(void **state) {
    struct net *net = *state;
    uint8_t ptrs[5][TSSB_PTR_SIZE];
    net_open(net, A, A);
    append_chain(net, 5, 'x', ptrs);
    assert_int_equal(blobs_for(net, A, ptrs, 0), 0);
    assert_int_equal(blobs_for(net, A, ptrs, 1), 1);
    assert_int_equal(blobs_for(net, A, ptrs, 3), 3);
    assert_int_equal(blobs_for(net, A, ptrs + 3, 3), 2);
    assert_int_equal(blobs_for(net, A, ptrs, UINT16_MAX), 5);
    net->nodes[A].config.need_limit = 2;
    assert_int_equal(blobs_for(net, A, ptrs, UINT16_MAX), 2);
    net->nodes[A].config.need_limit = 0;
    assert_int_equal(blobs_for(net, A, ptrs, UINT16_MAX), 0);
}

static uint32_t answers_left;

static bool may_answer(void *host_context, uint32_t face) {
    (void)host_context;
    (void)face;
    return answers_left > 0 && answers_left-- > 0;
}

/* A small request does not make a node read what its face would not send. */
static void blobs_that_the_face_would_drop_are_not_read(void **state) {
    struct net *net = *state;
    uint8_t ptrs[5][TSSB_PTR_SIZE];
    net_open(net, A, A);
    append_chain(net, 5, 'x', ptrs);
    net->nodes[A].config.may_answer = may_answer;
    answers_left = 3;
    assert_int_equal(blobs_for(net, A, ptrs, UINT16_MAX), 3);
    assert_int_equal(blobs_for(net, A, ptrs, UINT16_MAX), 0);
}

static void blobs_that_are_not_held_end_the_answer(void **state) {
    struct net *net = *state;
    uint8_t ptrs[5][TSSB_PTR_SIZE], unknown[1][TSSB_PTR_SIZE] = {"nobody has this"};
    uint8_t copy[TSSB_BLOB_SIZE];
    struct tssb_store *from = &net->nodes[A].view.store, *to = &net->nodes[D].view.store;
    const uint8_t *blob;
    net_open(net, A, A);
    append_chain(net, 5, 'x', ptrs);
    assert_int_equal(blobs_for(net, A, (const uint8_t(*)[TSSB_PTR_SIZE])unknown, 9), 0);
    memset(unknown, 0, sizeof unknown);
    assert_int_equal(blobs_for(net, A, (const uint8_t(*)[TSSB_PTR_SIZE])unknown, 9), 0);
    for (size_t held = 0; held < 5; held++) {
        if (held == 2)
            continue;
        assert_int_equal(from->ops->read_blob(from, ptrs[held], &blob), 0);
        memcpy(copy, blob, sizeof copy);
        assert_int_equal(to->ops->write_blob(to, ptrs[held], copy), 0);
    }
    assert_int_equal(blobs_for(net, D, ptrs, 9), 2);
    assert_int_equal(blobs_for(net, D, ptrs + 2, 9), 0);
    assert_int_equal(blobs_for(net, D, ptrs + 3, 9), 2);
}

/* The limit is the packet's, so that eleven requests cost no more than one. */
static void requests_for_blobs_share_a_limit(void **state) {
    struct net *net = *state;
    uint8_t ptrs[5][TSSB_PTR_SIZE], packet[TSSB_PACKET_SIZE];
    struct tssb_need needs[TSSB_NEEDS_MAX];
    net->nodes[A].config.need_limit = 7;
    net_open(net, A, A);
    append_chain(net, 5, 'x', ptrs);
    for (size_t i = 0; i < TSSB_NEEDS_MAX; i++) {
        memcpy(needs[i].ptr, ptrs[0], TSSB_PTR_SIZE);
        needs[i].credit = UINT16_MAX;
    }
    size_t size = tssb_need_encode(needs, TSSB_NEEDS_MAX, packet);
    assert_int_equal(net_receive(net, A, B, packet, size), TSSB_FATE_ANSWERED);
    assert_int_equal(net->flight_count, 7);
    assert_int_equal(net_receive(net, A, B, packet, 28), TSSB_FATE_REFUSED);
    assert_int_equal(net_receive(net, A, B, packet, 7), TSSB_FATE_REFUSED);
}

static void a_node_that_does_not_serve_answers_nothing(void **state) {
    struct net *net = *state;
    uint8_t ptrs[1][TSSB_PTR_SIZE], packet[TSSB_PACKET_SIZE];
    struct tssb_need need = {.credit = 1};
    net_open(net, A, A);
    append_chain(net, 1, 'x', ptrs);
    net->nodes[A].config.serve = false;
    memcpy(need.ptr, ptrs[0], TSSB_PTR_SIZE);
    size_t size = tssb_need_encode(&need, 1, packet);
    assert_int_equal(net_receive(net, A, B, packet, size), TSSB_FATE_NOT_SERVED);
    assert_int_equal(ask_one(net, A, 1), TSSB_FATE_NOT_SERVED);
    assert_int_equal(ask_range(net, A, 1, 1), TSSB_FATE_NOT_SERVED);
    expect_silence(net);
    net_append(net, A, "still pushed");
    expect_trace(net, "[ 0.000] nodeA appends nodeA 2", "[ 0.000] nodeA > entry nodeA 2");
}

/* Every size, every DMX that is armed or not, noise behind it: nothing is appended, kept or broken.
 */
static void packets_of_any_size_and_content_do_no_harm(void **state) {
    struct net *net = *state;
    struct tssb_node *node = &net->nodes[A].node;
    net_open(net, A, A);
    net_open(net, A, C);
    net_append_quietly(net, A, 3);
    const struct tssb_replica before = *net_replica(net, A, C);
    const tssb_dmx starts[] = {
        before.next_dmx, before.feed->want_dmx,         before.feed->range_dmx,
        tssb_need_dmx(), tssb_want_dmx(fid_of(net, A)), 0,
        UINT64_MAX >> 8};
    uint32_t armed = node->armed.count;
    uint64_t seed = 6;
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        for (size_t size = 0; size <= 1500; size++) {
            uint8_t packet[1500], dmx[TSSB_DMX_SIZE];
            for (size_t at = 0; at < sizeof packet; at++)
                packet[at] = (uint8_t)random_next(&seed);
            tssb_store_dmx(dmx, starts[i]);
            memcpy(packet, dmx, size < sizeof dmx ? size : sizeof dmx);
            enum tssb_fate fate = net_receive(net, A, B, packet, size);
            assert_true(fate == TSSB_FATE_UNMATCHED || fate == TSSB_FATE_REFUSED ||
                        fate == TSSB_FATE_NOT_HELD);
        }
    }
    expect_silence(net);
    assert_memory_equal(net_replica(net, A, C), &before, sizeof before);
    assert_int_equal(node->armed.count, armed);
    assert_int_equal(node->wanted_count, 0);
    assert_int_equal(ask_one(net, A, 3), TSSB_FATE_ANSWERED);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(a_range_passes_over_what_is_held),
        NET_TEST(an_entry_goes_back_where_the_want_came_from),
        NET_TEST(what_is_not_held_is_not_answered),
        NET_TEST(what_lies_before_the_anchor_is_not_answered),
        NET_TEST(a_packet_may_ask_for_several_entries_of_several_feeds),
        NET_TEST(a_want_counts_its_whole_requests),
        NET_TEST(a_want_must_open_with_the_feed_that_its_dmx_names),
        NET_TEST(one_dmx_may_name_two_feeds),
        NET_TEST(a_range_is_answered_in_order),
        NET_TEST(a_range_has_limits),
        NET_TEST(a_range_ends_with_the_numbers),
        NET_TEST(a_range_that_is_cut_short_or_of_another_feed_is_refused),
        NET_TEST(blobs_are_sent_up_to_the_credit),
        NET_TEST(blobs_that_the_face_would_drop_are_not_read),
        NET_TEST(blobs_that_are_not_held_end_the_answer),
        NET_TEST(requests_for_blobs_share_a_limit),
        NET_TEST(a_node_that_does_not_serve_answers_nothing),
        NET_TEST(packets_of_any_size_and_content_do_no_harm),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
