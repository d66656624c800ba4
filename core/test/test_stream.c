/* Streams over feeds: bytes arrive once and in order whatever is lost or crashes, a writer waits
 * for its reader, and what is no frame does no harm. */
#include "stream_pair.h"

#include <stdlib.h>
#include <string.h>

#include "../chain.h"

static const struct tssb_stream_settings small = {
    .window = 2000, .coalesce_ns = 5 * MS_NS, .ack_delay_ns = 50 * MS_NS};

static struct pair pair;
static uint8_t bytes[2][PAIR_BYTES_MAX];

static void fill(uint64_t seed) {
    for (size_t i = 0; i < PAIR_BYTES_MAX; i += 8)
        for (int end = 0; end < 2; end++) {
            uint64_t word = random_next(&seed);
            memcpy(bytes[end] + i, &word, 8);
        }
}

static void begin(void **state, const struct tssb_stream_settings *settings, size_t a_size,
                  size_t b_size) {
    fill(7);
    pair_init(&pair, *state, settings);
    pair_begin(&pair, bytes[0], a_size, bytes[1], b_size);
}

static uint32_t own_entries(uint32_t end) {
    return net_replica(pair.net, pair.ends[end].who, pair.ends[end].who)->front_seq;
}

static void both_ways(void **state) {
    begin(state, &tssb_stream_defaults, 900000, 31);
    pair_run_until_over(&pair, 20000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

static void empty_streams_end(void **state) {
    begin(state, &small, 0, 0);
    pair_run_until_over(&pair, 2000);
    pair_expect_delivered(&pair);
    assert_in_range(own_entries(0), 1, 3);
    pair_close(&pair);
}

static void sessions_follow_each_other(void **state) {
    begin(state, &small, 5000, 100);
    pair_run_until_over(&pair, 10000);
    pair_expect_delivered(&pair);
    pair_begin(&pair, bytes[1], 300, bytes[0], 7000);
    assert_int_equal(pair.ends[0].stream.place.session, 2);
    pair_run_until_over(&pair, 10000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

/* What is written within 5 ms is one entry; the next one is another. */
static void small_writes_coalesce(void **state) {
    begin(state, &small, 0, 0);
    struct tssb_stream *stream = &pair.ends[0].stream;
    pair.ends[0].idle = pair.ends[1].idle = true;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tssb_stream_write(stream, "abc", 3, pair.net->now_ns), 3);
        pair_run(&pair, pair.net->now_ns / MS_NS + 1);
    }
    assert_int_equal(own_entries(0), 0);
    pair_run(&pair, pair.net->now_ns / MS_NS + 10);
    assert_int_equal(own_entries(0), 1);
    assert_int_equal(stream->sent, 9);
    pair_close(&pair);
}

/* Nobody reads: the writer stops at its window. Nobody has anything to say: no acknowledgement is
 * acknowledged. */
static void a_writer_waits_for_its_reader(void **state) {
    begin(state, &small, 100000, 0);
    pair.ends[1].idle = true;
    pair_run(&pair, 3000);
    assert_int_equal(pair.ends[0].stream.sent, small.window);
    assert_int_equal(tssb_stream_room(&pair.ends[0].stream), 0);
    uint32_t written[] = {own_entries(0), own_entries(1)};
    pair_run(&pair, 60000);
    assert_int_equal(own_entries(0), written[0]);
    assert_int_equal(own_entries(1), written[1]);
    pair.ends[1].idle = false;
    pair_run_until_over(&pair, 60000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

/* Once all is said, nothing more is written. */
static void acknowledgements_come_to_rest(void **state) {
    begin(state, &small, 30000, 30000);
    pair_run_until_over(&pair, 20000);
    uint32_t written = own_entries(0) + own_entries(1);
    pair_run(&pair, pair.net->now_ns / MS_NS + 60000);
    assert_int_equal(own_entries(0) + own_entries(1), written);
    pair_close(&pair);
}

/* A tenth of all packets is lost, each way. */
static void loss(void **state) {
    begin(state, &small, 30000, 20000);
    pair.net->loss_percent = 10;
    pair_run_until_over(&pair, 200000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

/* Crashes of either end at random points, some thousands in all, with loss. A regular file is what
 * they write to, whose size says what was delivered. */
static void crashes_lose_and_repeat_nothing(void **state) {
    enum { ROUNDS = 25 };
    uint32_t crashes = 0;
    begin(state, &small, 0, 0);
    pair.net->loss_percent = 3;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        fill(round);
        pair.random = round;
        pair.crash_one_in = 20 + (uint32_t)round * 20;
        if (round > 0 || pair.ends[0].input_size == 0)
            pair_begin(&pair, bytes[0], 8000 + 100 * round, bytes[1], 500 * round);
        pair_run_until_over(&pair, 1000000);
        pair.crash_one_in = 0;
        for (int end = 0; end < 2; end++)
            if (pair.ends[end].down)
                pair_restart(&pair, &pair.ends[end], false);
        pair_expect_delivered(&pair);
        crashes += pair.crashes;
        pair.crashes = 0;
    }
    assert_in_range(crashes, 2000, UINT32_MAX);
    pair_close(&pair);
}

/* What was kept is lost: what came since the last acknowledgement comes again, and nothing else is
 * lost or repeated. */
static void a_lost_place(void **state) {
    begin(state, &small, 30000, 10000);
    pair_run(&pair, 100);
    for (int i = 0; i < 10; i++) {
        struct pair_end *end = &pair.ends[i % 2];
        uint64_t acked = end->stream.ack_sent;
        pair_restart(&pair, end, true);
        assert_int_equal(end->output_size, acked);
        pair_run(&pair, pair.net->now_ns / MS_NS + 50);
    }
    pair_run_until_over(&pair, 60000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

/* The output is a new and empty file: all comes again. */
static void from_the_beginning_again(void **state) {
    begin(state, &small, 30000, 0);
    pair_run(&pair, 300);
    assert_in_range(pair.ends[1].output_size, 1000, 29999);
    pair.ends[1].output_size = 0;
    pair_restart(&pair, &pair.ends[1], false);
    pair_run_until_over(&pair, 60000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

/* The same where the stream had ended already. */
static void from_the_beginning_again_after_the_end(void **state) {
    begin(state, &small, 1500, 30000);
    struct pair_end *b = &pair.ends[1];
    while (!b->stream.place.ended)
        pair_run(&pair, pair.net->now_ns / MS_NS + 1);
    b->output_size = 0;
    pair_restart(&pair, b, false);
    pair_run_until_over(&pair, 60000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

/* The window's only byte is delivered, and a crash comes before the acknowledgement: it is made up
 * for, since nothing else would ever come. */
static void an_acknowledgement_that_was_owed(void **state) {
    static const struct tssb_stream_settings least = {
        .window = 1, .coalesce_ns = 5 * MS_NS, .ack_delay_ns = 50 * MS_NS};
    begin(state, &least, 3, 0);
    struct pair_end *b = &pair.ends[1];
    const uint8_t *content;
    b->idle = true;
    pair_run(&pair, 500);
    assert_int_equal(tssb_stream_peek(&b->stream, &content), 1);
    b->output[b->output_size++] = *content;
    tssb_stream_taken(&b->stream, 1, pair.net->now_ns);
    b->kept = b->stream.place;
    pair_restart(&pair, b, false);
    pair_run(&pair, 1000);
    assert_int_equal(b->stream.ack_sent, 1);
    b->idle = false;
    pair_run_until_over(&pair, 60000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

/* Entries that are no frames, or none to this side. */

static void post(struct pair_end *end, const void *content, size_t size) {
    assert_int_equal(tssb_node_append(&pair.net->nodes[end->who].node, content, size), 0);
}

static struct tssb_stream_frame frame_to(const struct pair_end *end, uint8_t flags) {
    struct tssb_stream_frame frame = {.flags = flags, .session = 1};
    memcpy(frame.to, pair.net->nodes[end->who].author.key.fid, sizeof frame.to);
    return frame;
}

static void post_frame(struct pair_end *end, const struct tssb_stream_frame *frame,
                       size_t bytes_behind) {
    uint8_t content[TSSB_STREAM_HEADER_MAX + 300] = {0};
    size_t size = tssb_stream_frame_encode(frame, content);
    post(end, content, size + bytes_behind);
}

static void claim(struct pair_end *end, const struct tssb_stream_frame *frame, uint64_t size) {
    struct tssb_node *node = &pair.net->nodes[end->who].node;
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0}, wire[TSSB_ENTRY_SIZE];
    uint8_t header[TSSB_STREAM_HEADER_MAX];
    size_t at = tssb_varint_encode(size, payload);
    tssb_stream_frame_encode(frame, header);
    memcpy(payload + at, header, TSSB_CHAIN_HEAD_SIZE - at);
    memset(payload + TSSB_CHAIN_HEAD_SIZE, 'x', TSSB_PTR_SIZE);
    assert_int_equal(tssb_replica_author(&node->replicas[node->own], node->store, node->key,
                                         TSSB_CHAIN20, payload, wire),
                     0);
}

static void what_is_no_frame_is_passed_over(void **state) {
    begin(state, &small, 3000, 0);
    struct pair_end *a = &pair.ends[0], *b = &pair.ends[1];
    struct tssb_stream_frame frame = frame_to(b, TSSB_STREAM_DATA);
    a->idle = true;
    post(a, "just a post", 11);
    frame.length = 299;
    post_frame(a, &frame, 300); /* the chain is longer than the frame says */
    frame.length = 100;
    post_frame(a, &frame, 20);                   /* and shorter */
    claim(a, &frame, UINT64_C(1) << 63);         /* a chain that nobody has room for */
    claim(a, &frame, TSSB_STREAM_DATA_MAX * 2U); /* nor, here, for this one */
    frame = frame_to(a, TSSB_STREAM_DATA);       /* to somebody else */
    frame.length = 5;
    post_frame(a, &frame, 5);
    frame = frame_to(b, 0);
    frame.ack = UINT64_MAX; /* of bytes that were never sent */
    post_frame(a, &frame, 0);
    pair_run(&pair, 500);
    assert_int_equal(b->stream.skipped, 4);
    assert_int_equal(b->stream.place.acked, 0);
    assert_int_equal(b->stream.failure, TSSB_STREAM_WELL);
    assert_int_equal(b->output_size, 0);
    a->idle = false;
    pair_run_until_over(&pair, 10000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

/* A frame whose chain never comes: it is said which entry it is, and the feed goes on. */
static void a_chain_that_never_comes(void **state) {
    begin(state, &small, 0, 0);
    struct tssb_stream_frame frame = frame_to(&pair.ends[1], TSSB_STREAM_DATA);
    pair.ends[0].idle = true;
    frame.length = 100;
    claim(&pair.ends[0], &frame, 113);
    post(&pair.ends[0], "on it goes", 10);
    pair_run(&pair, 5000);
    assert_int_equal(pair.ends[1].stream.state, TSSB_STREAM_COMING);
    assert_int_equal(pair.ends[1].stream.place.peer_seq + 1, 1);
    assert_in_range(net_replica(pair.net, B, A)->front_seq, 2, 9);
    pair_close(&pair);
}

static void a_gap(void **state) {
    begin(state, &small, 0, 0);
    struct tssb_stream_frame frame = frame_to(&pair.ends[1], TSSB_STREAM_DATA);
    pair.ends[0].idle = true;
    frame.offset = 1;
    frame.length = 5;
    post_frame(&pair.ends[0], &frame, 5);
    pair_run(&pair, 500);
    assert_int_equal(pair.ends[1].stream.failure, TSSB_STREAM_GAP);
    pair_close(&pair);
}

/* What was read of a session and not delivered is none of the next one's. */
static void the_next_session_begins_with_its_own_bytes(void **state) {
    begin(state, &small, 0, 0);
    struct pair_end *a = &pair.ends[0], *b = &pair.ends[1];
    struct tssb_stream_frame frame = frame_to(b, TSSB_STREAM_DATA);
    a->idle = b->idle = true;
    frame.length = 5;
    post_frame(a, &frame, 5);
    pair_run(&pair, 500);
    assert_int_equal(b->stream.state, TSSB_STREAM_READY);
    frame.session = 2;
    frame.flags |= TSSB_STREAM_END;
    frame.length = 3;
    post_frame(a, &frame, 3);
    pair_run(&pair, 1000);
    b->idle = false;
    pair_run(&pair, 1500);
    assert_int_equal(b->stream.failure, TSSB_STREAM_WELL);
    assert_int_equal(b->output_size, 3);
    assert_true(b->stream.place.ended);
    pair_close(&pair);
}

/* It crashed after it had said that all has come, and before it had kept that. */
static void an_end_that_was_said_and_not_kept(void **state) {
    begin(state, &small, 3000, 0);
    struct pair_end *a = &pair.ends[0], *b = &pair.ends[1];
    pair_run_until_over(&pair, 10000);
    a->kept.closed = true;
    pair_restart(&pair, a, false);
    assert_int_equal(a->stream.place.session, 2);
    b->kept.ended = b->kept.closed = false;
    pair_restart(&pair, b, false);
    assert_true(b->stream.place.ended);
    pair_run(&pair, 11000);
    assert_int_equal(b->stream.failure, TSSB_STREAM_WELL);
    pair_close(&pair);
}

/* One end gives a session up: the other is told, and joins the next one. */
static void given_up(void **state) {
    begin(state, &small, 50000, 50000);
    pair_run(&pair, 500);
    struct pair_end *a = &pair.ends[0], *b = &pair.ends[1];
    a->kept.closed = true;
    a->output_size = 0;
    pair_restart(&pair, a, false);
    assert_int_equal(a->stream.place.session, 2);
    pair_run(&pair, 1000);
    assert_int_equal(b->stream.failure, TSSB_STREAM_GIVEN_UP);
    b->output_size = 0;
    pair_restart(&pair, b, false);
    pair_run_until_over(&pair, 60000);
    pair_expect_delivered(&pair);
    pair_close(&pair);
}

#define STREAM_TEST(test) cmocka_unit_test_setup_teardown(test, net_start, net_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        STREAM_TEST(both_ways),
        STREAM_TEST(empty_streams_end),
        STREAM_TEST(sessions_follow_each_other),
        STREAM_TEST(small_writes_coalesce),
        STREAM_TEST(a_writer_waits_for_its_reader),
        STREAM_TEST(acknowledgements_come_to_rest),
        STREAM_TEST(loss),
        STREAM_TEST(crashes_lose_and_repeat_nothing),
        STREAM_TEST(a_lost_place),
        STREAM_TEST(from_the_beginning_again),
        STREAM_TEST(from_the_beginning_again_after_the_end),
        STREAM_TEST(an_acknowledgement_that_was_owed),
        STREAM_TEST(what_is_no_frame_is_passed_over),
        STREAM_TEST(a_chain_that_never_comes),
        STREAM_TEST(a_gap),
        STREAM_TEST(the_next_session_begins_with_its_own_bytes),
        STREAM_TEST(an_end_that_was_said_and_not_kept),
        STREAM_TEST(given_up),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
