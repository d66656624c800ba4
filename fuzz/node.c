/* A node that holds three entries of its own and follows a feed: any packets, of any sizes, on any
 * face. It never takes what nobody signed, and never answers with more than its limits. The first
 * byte chooses strategy and policies; each packet is preceded by its size in a byte, and comes 10
 * ms after the one before. */
#include "fuzz.h"

#include "core/check.h"
#include "core/node.h"
#include "core/pool.h"

#define EACH_NS UINT64_C(10000000)

struct host {
    uint32_t sent;
};

static void on_send(void *context, uint32_t face, const struct tssb_packet *packet) {
    (void)face;
    TSSB_CHECK(packet->size > 0 && packet->size <= TSSB_PACKET_SIZE);
    ((struct host *)context)->sent++;
}

static void on_appended(void *context, const struct tssb_replica *replica, const uint8_t *wire) {
    (void)context;
    (void)wire;
    TSSB_CHECK(!replica->followed); /* the followed author never signed anything */
}

static void on_blob(void *context, const uint8_t *ptr) {
    (void)context;
    (void)ptr;
}

static uint32_t on_face_count(void *context) {
    (void)context;
    return 4;
}

static uint64_t on_random(void *context, uint64_t nth) {
    (void)context;
    return nth * UINT64_C(0x9e3779b97f4a7c15);
}

static const struct tssb_host host = {on_send, on_appended, on_blob, on_face_count, on_random};

enum { STASH = 4, STRATEGIES = 6 };

static void choose(struct tssb_node_config *config, uint8_t choice) {
    static const enum tssb_forward ways[] = {TSSB_FORWARD_AUTHOR, TSSB_FORWARD_RELAY,
                                             TSSB_FORWARD_SUBSCRIBED, TSSB_FORWARD_SUBSCRIBED};
    config->strategy = tssb_strategies[choice % STRATEGIES];
    config->forward = ways[choice >> 6];
    config->asking.stash = choice & 8 ? STASH : 0;
    config->backoff_ns = choice & 16 ? EACH_NS * 4 : 0;
    config->suppress_ns = choice & 32 ? EACH_NS * 4 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t secrets[2][TSSB_SECRET_SIZE] = {{1}, {2}};
    struct tssb_node_config config = tssb_node_defaults;
    struct tssb_pool_view view;
    struct tssb_key key, other;
    struct tssb_node node;
    struct tssb_pool pool;
    struct host counts = {0};
    uint32_t replica;
    uint64_t now_ns = 0;
    TSSB_CHECK(tssb_scheme_init() == 0);
    config.host = &host;
    if (size > 0) {
        choose(&config, *data++);
        size--;
    }
    tssb_pool_init(&pool, config.mem);
    tssb_pool_view_init(&view, &pool);
    tssb_key_init(&key, &tssb_scheme_hmac_sha512, secrets[0], secrets[0]);
    tssb_key_init(&other, &tssb_scheme_ed25519, secrets[1], secrets[1]);
    tssb_node_init(&node, &config, &counts, &view.store, &key);
    struct tssb_anchor anchors[2] = {tssb_anchor_whole(key.fid), tssb_anchor_whole(other.fid)};
    for (int i = 0; i < 2; i++)
        TSSB_CHECK(tssb_node_open(&node, &anchors[i], true, &replica) == 0);
    tssb_node_start(&node, 0, 0);
    for (size_t i = 0; i < 3; i++) /* 0, 24 and 48 bytes */
        TSSB_CHECK(tssb_node_append(&node, secrets, i * 24) == 0);
    for (size_t at = 0; at < size;) {
        size_t packet = data[at] < size - at ? data[at] : size - at - 1;
        counts.sent = 0;
        (void)tssb_node_receive(&node, data[at] & 3, data + at + 1, packet, now_ns);
        TSSB_CHECK(counts.sent <= config.range_limit + config.need_limit);
        if (node.extras)
            TSSB_CHECK(node.extras->stash.count <= STASH);
        now_ns += EACH_NS;
        tssb_node_wake(&node, now_ns);
        at += 1 + packet;
    }
    tssb_node_close(&node);
    tssb_pool_view_close(&view);
    tssb_pool_close(&pool);
    return 0;
}
