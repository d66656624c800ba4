/* The hosts of stream_pair.h. */
#include "stream_pair.h"

#include <string.h>

/* A moment at which a host may crash. Returns whether it did. */
static bool crashes_here(struct pair *pair, struct pair_end *end) {
    if (pair->crash_one_in == 0 || random_next(&pair->random) % pair->crash_one_in != 0)
        return false;
    pair->crashes++;
    end->down = true;
    pair->net->nodes[end->who].offline = true;
    end->back_ns = pair->net->now_ns + random_next(&pair->random) % 60 * MS_NS;
    return true;
}

static void open_stream(struct pair *pair, struct pair_end *end) {
    uint32_t peer = net_open(pair->net, end->who, end->peer);
    assert_int_equal(tssb_stream_open(&end->stream, &pair->net->nodes[end->who].node, peer,
                                      &pair->settings, &end->kept, &tssb_mem_libc),
                     0);
}

void pair_init(struct pair *pair, struct net *net, const struct tssb_stream_settings *settings) {
    *pair = (struct pair){.net = net, .settings = *settings, .random = 1};
    net->quiet = true;
    net->nodes[C].offline = net->nodes[D].offline = true;
    for (uint32_t i = 0; i < 2; i++) {
        struct pair_end *end = &pair->ends[i];
        end->who = i == 0 ? A : B;
        end->peer = i == 0 ? B : A;
        struct tssb_node_config *config = &net->nodes[end->who].config;
        config->blobs.policy = tssb_blob_policy_find("eager");
        config->asking.interval_ns = 100 * MS_NS;
        net_open(net, end->who, end->who);
    }
    for (uint32_t i = 0; i < 2; i++) {
        open_stream(pair, &pair->ends[i]);
        net_ask(net, pair->ends[i].who);
    }
}

void pair_close(struct pair *pair) {
    tssb_stream_close(&pair->ends[0].stream);
    tssb_stream_close(&pair->ends[1].stream);
}

void pair_begin(struct pair *pair, const uint8_t *from_a, size_t a_size, const uint8_t *from_b,
                size_t b_size) {
    assert_in_range(a_size, 0, PAIR_BYTES_MAX);
    assert_in_range(b_size, 0, PAIR_BYTES_MAX);
    pair->ends[0].input = from_a;
    pair->ends[0].input_size = a_size;
    pair->ends[1].input = from_b;
    pair->ends[1].input_size = b_size;
    for (uint32_t i = 0; i < 2; i++) {
        pair->ends[i].output_size = 0;
        pair->ends[i].kept.closed = tssb_stream_is_over(&pair->ends[i].stream);
        if (pair->ends[i].kept.closed)
            pair_restart(pair, &pair->ends[i], false);
    }
}

void pair_restart(struct pair *pair, struct pair_end *end, bool lose_place) {
    struct net_node *host = &pair->net->nodes[end->who];
    struct tssb_replica replicas[2];
    uint32_t count = host->node.replica_count;
    assert_in_range(count, 1, 2);
    memcpy(replicas, host->node.replicas, count * sizeof *replicas);
    tssb_stream_close(&end->stream);
    tssb_node_close(&host->node);
    tssb_pool_view_keep(&host->view, replicas, count);
    net_open(pair->net, end->who, end->who);
    if (lose_place)
        end->kept = (struct tssb_stream_place){0};
    open_stream(pair, end);
    tssb_pool_view_keep(&host->view, NULL, 0);
    if (!lose_place)
        tssb_stream_seek(&end->stream, end->output_size);
    else
        end->output_size = (size_t)end->stream.place.delivered;
    end->down = host->offline = false;
    net_ask(pair->net, end->who);
}

/* Input goes into the stream from where it ends in the feed. Returns false where it crashed. */
static bool feed_in(struct pair *pair, struct pair_end *end) {
    struct tssb_stream *stream = &end->stream;
    size_t at = (size_t)stream->sent + stream->out_count;
    size_t size = end->input_size - at, piece = random_next(&pair->random) % 500;
    if (!stream->finished)
        tssb_stream_write(stream, end->input + at, piece < size ? piece : size, pair->net->now_ns);
    if ((size_t)stream->sent + stream->out_count == end->input_size)
        tssb_stream_finish(stream);
    return !crashes_here(pair, end);
}

/* What has come goes into the file, then the place is kept: between the two there may be a crash.
 */
static bool take_out(struct pair *pair, struct pair_end *end) {
    const uint8_t *bytes;
    size_t size = tssb_stream_peek(&end->stream, &bytes);
    if (size == 0)
        return true;
    size_t count = 1 + random_next(&pair->random) % size;
    assert_in_range(end->output_size + count, 1, PAIR_BYTES_MAX);
    memcpy(end->output + end->output_size, bytes, count);
    end->output_size += count;
    if (crashes_here(pair, end))
        return false;
    tssb_stream_taken(&end->stream, count, pair->net->now_ns);
    end->kept = end->stream.place;
    return !crashes_here(pair, end);
}

static void run_end(struct pair *pair, struct pair_end *end) {
    uint64_t now_ns = pair->net->now_ns;
    if (end->down && now_ns >= end->back_ns)
        pair_restart(pair, end, false);
    if (end->down || crashes_here(pair, end))
        return;
    if (!end->idle && (!feed_in(pair, end) || !take_out(pair, end)))
        return;
    assert_int_equal(tssb_stream_step(&end->stream, now_ns), 0);
    if (!crashes_here(pair, end))
        end->kept = end->stream.place;
}

void pair_run(struct pair *pair, uint64_t until_ms) {
    while (pair->net->now_ns < until_ms * MS_NS) {
        net_run(pair->net, pair->net->now_ns / MS_NS + 1);
        run_end(pair, &pair->ends[0]);
        run_end(pair, &pair->ends[1]);
    }
}

void pair_run_until_over(struct pair *pair, uint64_t most_ms) {
    uint64_t end_ns = pair->net->now_ns + most_ms * MS_NS;
    const struct tssb_stream *a = &pair->ends[0].stream, *b = &pair->ends[1].stream;
    while (!tssb_stream_is_over(a) || !tssb_stream_is_over(b)) {
        assert_int_equal(a->failure, TSSB_STREAM_WELL);
        assert_int_equal(b->failure, TSSB_STREAM_WELL);
        if (pair->net->now_ns >= end_ns)
            fail_msg("not over: A sent %zu of %zu, B %zu of %zu", (size_t)a->sent,
                     pair->ends[0].input_size, (size_t)b->sent, pair->ends[1].input_size);
        pair_run(pair, pair->net->now_ns / MS_NS + 1);
    }
}

void pair_expect_delivered(const struct pair *pair) {
    for (uint32_t i = 0; i < 2; i++) {
        const struct pair_end *from = &pair->ends[i], *to = &pair->ends[1 - i];
        assert_int_equal(to->output_size, from->input_size);
        assert_memory_equal(to->output, from->input, from->input_size);
    }
}
