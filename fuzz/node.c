/* A session of a node with a feed of its own and one that it follows: packets on faces (the next
 * entry, early ones, those of a fork, damaged, cut, requests, blobs, anything), time, appends,
 * restarts, memory that runs out. Whatever comes, a replica is a prefix of what its author signed,
 * on the branch it saw first, nothing else is stored or sent, and every answer and every table
 * stays within its bounds. The steps make signed entries themselves, so deep states need no luck.
 */
#include "fuzz.h"

#include "core/bytes.h"
#include "core/chain.h"
#include "core/check.h"
#include "core/node.h"
#include "core/pool.h"
#include "core/request.h"
#include "support.h"

#define TICK_NS UINT64_C(10000000)

enum { OWN, OTHER, FEEDS, FACES = 4, ENTRIES = 48, FORK = 8, STEPS = 200 };
enum { STASH = 6, STRATEGIES = 6, CONTENT_MAX = 600, BLOBS = 6, LIMIT = TSSB_WANTS_MAX };

/* What the followed author signed, twice from entry FORK + 1 on; and a chain of blobs. */
static struct script {
    struct tssb_key keys[FEEDS];
    struct tssb_trust trust;
    uint8_t wires[2][ENTRIES][TSSB_ENTRY_SIZE];
    uint8_t blobs[BLOBS][TSSB_BLOB_SIZE], ptrs[BLOBS][TSSB_PTR_SIZE];
} script;

static struct session {
    struct tssb_node node;
    struct tssb_node_config config;
    struct countdown_mem memory;
    struct tssb_pool pool;
    struct tssb_pool_view view;
    uint8_t held[FEEDS][ENTRIES][TSSB_ENTRY_SIZE]; /* as reported, of the first entries */
    uint32_t fronts[FEEDS], answered;
    int branch; /* of the followed feed, once it has forked */
    uint64_t now_ns;
} session;

static void write_script(void) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = {1}, labels[FEEDS][TSSB_FID_SIZE] = {{1}, {2}};
    TSSB_CHECK(tssb_scheme_init() == 0);
    for (int feed = 0; feed < FEEDS; feed++)
        tssb_key_init(&script.keys[feed], &tssb_scheme_hmac_sha512, secret, labels[feed]);
    script.trust.scheme = &tssb_scheme_hmac_sha512;
    memcpy(script.trust.shared_secret, secret, sizeof secret);
    for (uint8_t branch = 0; branch < 2; branch++) {
        struct tssb_place place = tssb_entry_genesis(script.keys[OTHER].fid);
        for (uint8_t i = 0; i < ENTRIES; i++, place.seq++) {
            uint8_t payload[TSSB_PAYLOAD_SIZE] = {i, i < FORK ? 0 : branch};
            uint8_t *wire = script.wires[branch][i];
            tssb_entry_sign(&script.keys[OTHER], &place, TSSB_PLAIN48, payload, wire);
            tssb_entry_mid(&place, wire, place.prev);
        }
    }
    for (int i = BLOBS - 1; i >= 0; i--) {
        if (i < BLOBS - 1)
            memcpy(script.blobs[i] + TSSB_CHAIN_PIECE_SIZE, script.ptrs[i + 1], TSSB_PTR_SIZE);
        tssb_blob_ptr(script.blobs[i], script.ptrs[i]);
    }
}

/* The host: what it is told must be true. */

static int feed_of(const struct tssb_feed *feed) {
    return memcmp(feed->fid, script.keys[OWN].fid, TSSB_FID_SIZE) == 0 ? OWN : OTHER;
}

static void on_appended(void *context, const struct tssb_replica *replica, const uint8_t *wire) {
    int feed = feed_of(replica->feed);
    uint32_t at = replica->front_seq - 1;
    (void)context;
    TSSB_CHECK(replica->front_seq == ++session.fronts[feed]);
    if (at < ENTRIES)
        memcpy(session.held[feed][at], wire, TSSB_ENTRY_SIZE);
    if (feed == OWN)
        return;
    TSSB_CHECK(at < ENTRIES);
    if (at == FORK)
        session.branch = memcmp(wire, script.wires[1][at], TSSB_ENTRY_SIZE) == 0;
    TSSB_CHECK(memcmp(wire, script.wires[session.branch][at], TSSB_ENTRY_SIZE) == 0);
}

static void on_send(void *context, uint32_t face, const struct tssb_packet *packet) {
    (void)context;
    TSSB_CHECK(face < FACES || face == TSSB_ALL_FACES);
    TSSB_CHECK(packet->size >= TSSB_DMX_SIZE && packet->size <= TSSB_PACKET_SIZE);
    session.answered += packet->answer;
    if (packet->kind == TSSB_PACKET_WANT || packet->kind == TSSB_PACKET_RANGE)
        TSSB_CHECK(packet->size <= session.config.asking.packet_size);
    if (packet->kind != TSSB_PACKET_ENTRY)
        return;
    int feed = feed_of(packet->feed);
    TSSB_CHECK(packet->seq >= 1 && packet->seq <= session.fronts[feed]);
    if (packet->seq <= ENTRIES)
        TSSB_CHECK(memcmp(packet->bytes, session.held[feed][packet->seq - 1], packet->size) == 0);
}

static void on_blob(void *context, const uint8_t *ptr) {
    bool known = false;
    (void)context;
    for (int i = 0; i < BLOBS; i++)
        known |= memcmp(ptr, script.ptrs[i], TSSB_PTR_SIZE) == 0;
    TSSB_CHECK(known);
}

static uint32_t on_face_count(void *context) {
    (void)context;
    return FACES;
}

static uint64_t on_random(void *context, uint64_t nth) {
    (void)context;
    return nth * UINT64_C(0x9e3779b97f4a7c15);
}

static const struct tssb_host host = {.send = on_send,
                                      .appended = on_appended,
                                      .blob_stored = on_blob,
                                      .face_count = on_face_count,
                                      .random = on_random};

/* The session. */

static void choose(struct fuzz_input *input) {
    static const enum tssb_forward ways[] = {TSSB_FORWARD_AUTHOR, TSSB_FORWARD_RELAY,
                                             TSSB_FORWARD_SUBSCRIBED, TSSB_FORWARD_SUBSCRIBED};
    uint8_t choice = fuzz_byte(input), more = fuzz_byte(input), fail_at = fuzz_byte(input);
    struct tssb_node_config *config = &session.config;
    *config = tssb_node_defaults;
    config->host = &host;
    config->trust = &script.trust;
    config->strategy = tssb_strategies[choice % STRATEGIES];
    config->forward = ways[choice >> 6];
    config->asking.stash = choice & 8 ? STASH : 0;
    config->backoff_ns = choice & 16 ? TICK_NS * 4 : 0;
    config->suppress_ns = choice & 32 ? TICK_NS * 4 : 0;
    config->asking.size = more & 15;
    config->asking.packet_size = more & 16 ? TSSB_PACKET_SIZE : 120;
    config->count = more & 32;
    config->serve = !(more & 64);
    config->range_limit = config->need_limit = LIMIT;
    countdown_mem_init(&session.memory, fail_at >= 128 ? fail_at - 128 : NEVER_FAILS);
    config->mem = &session.memory.mem;
}

/* Opens both feeds. Memory may run out once, so the second try must work. */
static void start(const struct tssb_replica *kept, uint32_t kept_count) {
    uint32_t replica;
    tssb_pool_view_keep(&session.view, kept, kept_count);
    tssb_node_init(&session.node, &session.config, NULL, &session.view.store, &script.keys[OWN]);
    for (int feed = 0; feed < FEEDS; feed++) {
        struct tssb_anchor anchor = tssb_anchor_whole(script.keys[feed].fid);
        if (tssb_node_open(&session.node, &anchor, true, &replica) != 0)
            TSSB_CHECK(tssb_node_open(&session.node, &anchor, true, &replica) == 0);
        TSSB_CHECK(session.node.replicas[replica].front_seq == session.fronts[feed]);
    }
    tssb_node_start(&session.node, session.now_ns, session.now_ns);
}

static void restart(void) {
    struct tssb_replica kept[FEEDS];
    TSSB_CHECK(session.node.replica_count == FEEDS);
    memcpy(kept, session.node.replicas, sizeof kept);
    tssb_node_close(&session.node);
    start(kept, FEEDS);
    tssb_pool_view_keep(&session.view, NULL, 0);
}

/* An appended entry may go to a subscriber on each face. */
static void receive(uint8_t face, const uint8_t *bytes, size_t size) {
    uint32_t answered = session.answered, front = session.fronts[OTHER];
    (void)tssb_node_receive(&session.node, face % FACES, bytes, size, session.now_ns);
    TSSB_CHECK(session.answered - answered <= LIMIT + FACES * (session.fronts[OTHER] - front));
}

/* An entry near the front, whole or not. */
static void receive_entry(struct fuzz_input *input, uint8_t what) {
    uint8_t wire[TSSB_ENTRY_SIZE], how = fuzz_byte(input);
    uint32_t at = session.fronts[OTHER] + how % 8;
    if (how & 8)
        at = at > 8 ? at - 8 : 0; /* again */
    memcpy(wire, script.wires[what >> 7][at < ENTRIES ? at : ENTRIES - 1], sizeof wire);
    if (how >= 0xe0)
        wire[fuzz_byte(input) % sizeof wire] ^= 0x10;
    receive(what, wire, how >= 0xd0 && how < 0xe0 ? sizeof wire - 1 : sizeof wire);
}

/* A request for entries of either feed, or another one, with anything behind it. */
static void receive_request(struct fuzz_input *input, uint8_t what, bool range) {
    uint8_t packet[TSSB_PACKET_SIZE], which = fuzz_byte(input), more = fuzz_byte(input);
    const uint8_t *fid = script.keys[which & 1].fid;
    uint32_t seq = session.fronts[which & 1] + 2 - which / 2 % 16;
    struct tssb_range request = {.seq = seq, .credit = fuzz_byte(input)};
    struct tssb_want want = {.seq = seq};
    memcpy(request.fid, fid, TSSB_FID_SIZE);
    memcpy(want.fid, fid, TSSB_FID_SIZE);
    size_t size = range ? tssb_range_encode(&request, tssb_range_dmx(fid), packet)
                        : tssb_want_encode(&want, 1, tssb_want_dmx(fid), packet);
    fuzz_fill(input, packet + size, more % 16);
    if (!range && more >= 128) { /* a second one, which may be of the other feed */
        memcpy(want.fid, script.keys[more & 1].fid, TSSB_FID_SIZE);
        want.seq = session.fronts[more & 1];
        memcpy(packet + size, want.fid, TSSB_FID_SIZE);
        tssb_store32(packet + size + TSSB_FID_SIZE, want.seq);
        size += TSSB_WANT_SIZE;
    }
    receive(what, packet, size + more % 16);
}

static void receive_need(struct fuzz_input *input, uint8_t what) {
    struct tssb_need needs[2] = {{.credit = fuzz_byte(input)}, {.credit = fuzz_byte(input)}};
    uint8_t packet[TSSB_PACKET_SIZE], which = fuzz_byte(input);
    memcpy(needs[0].ptr, script.ptrs[which % BLOBS], TSSB_PTR_SIZE);
    memcpy(needs[1].ptr, script.ptrs[which / 8 % BLOBS], TSSB_PTR_SIZE);
    receive(what, packet, tssb_need_encode(needs, 1 + which / 128, packet));
}

static void receive_anything(struct fuzz_input *input, uint8_t what) {
    uint8_t bytes[UINT8_MAX], size = fuzz_byte(input);
    fuzz_fill(input, bytes, size);
    receive(what, bytes, size);
}

static void append(struct fuzz_input *input) {
    static uint8_t content[CONTENT_MAX];
    uint32_t before = session.fronts[OWN];
    content[0] = fuzz_byte(input);
    int error = tssb_node_append(&session.node, content, fuzz_number(input) % CONTENT_MAX);
    TSSB_CHECK(session.fronts[OWN] == before + (error == 0));
}

static void pass_time(uint8_t exponent) {
    session.now_ns += TICK_NS << exponent % 12;
    for (int i = 0; i < 64 && tssb_node_next_wake(&session.node) <= session.now_ns; i++)
        tssb_node_wake(&session.node, session.now_ns);
    TSSB_CHECK(tssb_node_next_wake(&session.node) > session.now_ns);
}

static void step(struct fuzz_input *input) {
    uint8_t what = fuzz_byte(input);
    switch (what >> 3 & 7) {
    case 0:
    case 1:
        receive_entry(input, what);
        break;
    case 2:
    case 3:
        receive_request(input, what, what & 8);
        break;
    case 4:
        receive_need(input, what);
        break;
    case 5:
        if (what & 128)
            receive(what, script.blobs[fuzz_byte(input) % BLOBS], TSSB_BLOB_SIZE);
        else
            (void)tssb_node_need(&session.node, script.ptrs[what & 3], fuzz_byte(input));
        break;
    case 6:
        if (what >= 0xf6)
            restart();
        else if (what & 128)
            append(input);
        else
            receive_anything(input, what);
        break;
    default:
        pass_time(fuzz_byte(input));
    }
}

static void expect_bounds(void) {
    const struct tssb_node *node = &session.node;
    TSSB_CHECK(node->replica_count == FEEDS && node->wanted_count <= TSSB_WANTED_BLOBS_MAX);
    TSSB_CHECK(node->timers.count <= FEEDS && node->armed.count <= 3 * FEEDS);
    if (!node->extras)
        return;
    TSSB_CHECK(node->extras->stash.count <= session.config.asking.stash);
    TSSB_CHECK(node->extras->answers.count <= TSSB_ANSWERS_MAX);
    TSSB_CHECK(node->extras->interests.count <= TSSB_INTERESTS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    if (!script.trust.scheme)
        write_script();
    memset(session.fronts, 0, sizeof session.fronts);
    session.now_ns = session.answered = 0;
    session.branch = 0;
    choose(&input);
    tssb_pool_init(&session.pool, &session.memory.mem);
    tssb_pool_view_init(&session.view, &session.pool);
    start(NULL, 0);
    for (int steps = 0; input.left > 0 && steps < STEPS; steps++) {
        step(&input);
        expect_bounds();
    }
    tssb_node_close(&session.node);
    tssb_pool_view_close(&session.view);
    tssb_pool_close(&session.pool);
    TSSB_CHECK(session.memory.outstanding_bytes == 0);
    return 0;
}
