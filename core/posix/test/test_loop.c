/* A node's host: two nodes on loopback multicast in one process, with pools for stores. They catch
 * up, ask again after the interval, sync in batches, answer a flood within bounds, and stop. */
#include "face_support.h"

#include <string.h>

#include "core/pool.h"
#include "core/posix/loop.h"
#include "core/request.h"

enum { PRODUCER, CONSUMER, PARTIES };

struct party {
    struct tssb_pool pool;
    struct tssb_pool_view view;
    struct tssb_node_config config;
    struct tssb_loop loop;
    size_t front, received, unmatched, syncs;
    enum tssb_fate fate;
    size_t stop_at; /* the front at which it stops by itself */
};

struct stage {
    struct scene *scene;
    struct tssb_key key;
    struct party parties[PARTIES];
};

static void on_received(void *context, uint32_t face, const uint8_t *bytes, size_t size,
                        enum tssb_fate fate) {
    struct party *party = context;
    (void)face;
    (void)bytes;
    (void)size;
    party->received++;
    party->unmatched += fate == TSSB_FATE_UNMATCHED;
    party->fate = fate;
}

static void on_appended(void *context, const struct tssb_replica *replica,
                        const uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct party *party = context;
    (void)wire;
    party->front = replica->front_seq;
    if (party->front == party->stop_at)
        tssb_loop_stop(&party->loop);
}

static int on_sync(void *context) {
    struct party *party = context;
    party->syncs++;
    return 0;
}

static void party_start(struct stage *stage, int which, const struct tssb_face_options *options) {
    static const struct tssb_loop_events events = {.received = on_received,
                                                   .appended = on_appended};
    struct party *party = &stage->parties[which];
    struct tssb_face_options usual = scene_options();
    struct tssb_anchor anchor = tssb_anchor_whole(stage->key.fid);
    uint32_t replica;
    char *error = NULL;
    tssb_pool_init(&party->pool, &tssb_mem_libc);
    tssb_pool_view_init(&party->view, &party->pool);
    party->config = tssb_node_defaults;
    party->config.asking.interval_ns = 50000000;
    const struct tssb_loop_setup setup = {.config = &party->config,
                                          .store = &party->view.store,
                                          .key = which == PRODUCER ? &stage->key : NULL,
                                          .sync = on_sync,
                                          .sync_after_ms = 20,
                                          .events = &events,
                                          .context = party};
    tssb_loop_init(&party->loop, &stage->scene->uv, &setup);
    assert_int_equal(tssb_loop_add_face(&party->loop, "mc", stage->scene->group,
                                        options ? options : &usual, &error),
                     0);
    assert_int_equal(tssb_node_open(&party->loop.node, &anchor, true, &replica), 0);
    tssb_loop_start(&party->loop);
}

static void party_end(struct stage *stage, int which) {
    struct party *party = &stage->parties[which];
    tssb_loop_stop(&party->loop);
    scene_run(stage->scene, 1);
    tssb_loop_close(&party->loop);
    tssb_pool_view_close(&party->view);
    tssb_pool_close(&party->pool);
}

static void append(struct stage *stage, int count) {
    for (int i = 0; i < count; i++)
        assert_int_equal(tssb_loop_append(&stage->parties[PRODUCER].loop, "content", 7), 0);
}

static void stage_init(struct stage *stage, void **state) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = "the secret of a test";
    *stage = (struct stage){.scene = *state};
    assert_int_equal(tssb_scheme_init(), 0);
    tssb_key_init(&stage->key, &tssb_scheme_ed25519, secret, secret);
}

static void a_consumer_catches_up_and_follows(void **state) {
    static struct stage stage;
    stage_init(&stage, state);
    party_start(&stage, PRODUCER, NULL);
    append(&stage, 200);
    party_start(&stage, CONSUMER, NULL);
    scene_until(stage.scene, &stage.parties[CONSUMER].front, 200);
    append(&stage, 1);
    scene_until(stage.scene, &stage.parties[CONSUMER].front, 201);
    party_end(&stage, CONSUMER);
    party_end(&stage, PRODUCER);
}

/* Nobody was there to hear the first request. */
static void it_asks_again_after_the_interval(void **state) {
    static struct stage stage;
    stage_init(&stage, state);
    party_start(&stage, CONSUMER, NULL);
    scene_run(stage.scene, 20);
    party_start(&stage, PRODUCER, NULL);
    append(&stage, 1); /* the push alone brings the first one */
    scene_until(stage.scene, &stage.parties[CONSUMER].front, 1);
    size_t asked = stage.parties[PRODUCER].received;
    scene_until(stage.scene, &stage.parties[PRODUCER].received, asked + 3);
    assert_int_equal(stage.parties[PRODUCER].fate, TSSB_FATE_NOT_HELD);
    party_end(&stage, CONSUMER);
    party_end(&stage, PRODUCER);
}

static void many_appends_are_one_sync(void **state) {
    static struct stage stage;
    stage_init(&stage, state);
    party_start(&stage, PRODUCER, NULL);
    append(&stage, 50);
    assert_int_equal(stage.parties[PRODUCER].syncs, 0);
    scene_until(stage.scene, &stage.parties[PRODUCER].syncs, 1);
    scene_run(stage.scene, 60);
    assert_int_equal(stage.parties[PRODUCER].syncs, 1);

    for (int i = 0; i < 20; i++) { /* a steady stream does not put it off */
        append(&stage, 1);
        scene_run(stage.scene, 5);
    }
    assert_true(stage.parties[PRODUCER].syncs > 1);
    party_end(&stage, PRODUCER);
}

/* 29 bytes that ask for 65 535 blobs, again and again: the face's limit holds for all of them
 * together, and the node's own entries still leave. */
static void a_flood_of_requests_buys_little(void **state) {
    static struct stage stage;
    struct tssb_face_options options = scene_options();
    struct tssb_need need = {.credit = UINT16_MAX};
    uint8_t packet[TSSB_PACKET_SIZE];
    enum { BURST_PACKETS = 100, CHAIN_BYTES = 30000 };
    stage_init(&stage, state);
    options.answer_bytes_per_s = 1;
    options.answer_burst_bytes = BURST_PACKETS * TSSB_BLOB_SIZE;
    party_start(&stage, PRODUCER, &options);
    static uint8_t content[CHAIN_BYTES];
    struct party *producer = &stage.parties[PRODUCER];
    assert_int_equal(tssb_loop_append(&producer->loop, content, sizeof content), 0);
    const uint8_t *wire;
    const struct tssb_replica *replica = &producer->loop.node.replicas[0];
    assert_int_equal(producer->view.store.ops->read(&producer->view.store, replica, 1, &wire), 0);
    memcpy(need.ptr, wire + TSSB_DMX_SIZE + 1 + TSSB_PAYLOAD_SIZE - TSSB_PTR_SIZE, TSSB_PTR_SIZE);
    size_t size = tssb_need_encode(&need, 1, packet);
    assert_int_equal(size, 29);

    struct tssb_face *attacker = scene_open(stage.scene, 0, "mc", stage.scene->group, NULL);
    for (int i = 0; i < 10; i++) {
        assert_true(tssb_face_send(attacker, packet, size, false));
        scene_until(stage.scene, &producer->received, (size_t)i + 1);
    }
    scene_run(stage.scene, 20);
    assert_int_equal(stage.scene->actors[0].packets, BURST_PACKETS);
    /* What is left of the second request's answers, then a whole request each time: no blob is read
     * for it. */
    assert_in_range(tssb_face_counts(producer->loop.ports[0].face).refused, 1,
                    CHAIN_BYTES / TSSB_CHAIN_PIECE_SIZE);
    append(&stage, 1);
    scene_until(stage.scene, &stage.scene->actors[0].packets, BURST_PACKETS + 1);
    party_end(&stage, PRODUCER);
}

static void noise_changes_nothing(void **state) {
    static struct stage stage;
    uint8_t packet[TSSB_PACKET_SIZE];
    stage_init(&stage, state);
    party_start(&stage, PRODUCER, NULL);
    append(&stage, 3);
    struct tssb_face *noise = scene_open(stage.scene, 0, "mc", stage.scene->group, NULL);
    for (size_t size = 1; size <= sizeof packet; size++) {
        memset(packet, (int)size, sizeof packet);
        assert_true(tssb_face_send(noise, packet, size, false));
    }
    scene_until(stage.scene, &stage.parties[PRODUCER].received, sizeof packet);
    assert_int_equal(stage.parties[PRODUCER].unmatched, sizeof packet);
    assert_int_equal(stage.parties[PRODUCER].front, 3);
    party_end(&stage, PRODUCER);
}

static void it_may_stop_while_it_is_told_of_an_entry(void **state) {
    static struct stage stage;
    stage_init(&stage, state);
    party_start(&stage, PRODUCER, NULL);
    append(&stage, 10);
    stage.parties[CONSUMER].stop_at = 7;
    party_start(&stage, CONSUMER, NULL);
    scene_until(stage.scene, &stage.parties[CONSUMER].front, 7);
    scene_run(stage.scene, 100);
    assert_int_equal(stage.parties[CONSUMER].front, 7);
    party_end(&stage, CONSUMER);
    party_end(&stage, PRODUCER);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_start, scene_end)
    const struct CMUnitTest tests[] = {
        TEST(a_consumer_catches_up_and_follows),
        TEST(it_asks_again_after_the_interval),
        TEST(many_appends_are_one_sync),
        TEST(a_flood_of_requests_buys_little),
        TEST(noise_changes_nothing),
        TEST(it_may_stop_while_it_is_told_of_an_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
