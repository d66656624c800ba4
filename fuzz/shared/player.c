/* A function a step. Packets are made here and signed here: whatever a mutation did to a step, its
 * entry still has a good signature, unless the step says that it was damaged on its way. */
#include "player.h"

#include "core/bytes.h"
#include "core/check.h"
#include "core/request.h"
#include "player_host.h"

#define TICK_NS UINT64_C(10000000)

enum { STASH = 6, STRATEGIES = 6, POLICIES = 4, OPENING_TRIES = 16 };

/* The bounded tables of a node come to 18.4 KB when all are full, and the stash of blobs; the rest
 * is small. */
enum { MEMORY_MAX = 24576 + TSSB_BLOB_STASH_MAX * sizeof(struct tssb_stashed_blob) };

/* The node. */

static void choose(const uint8_t head[SESSION_HEAD]) {
    static const struct tssb_blob_policy *const policies[POLICIES] = {
        NULL, &tssb_blob_policies[0], &tssb_blob_policies[1], &tssb_blob_policies[2]};
    struct tssb_node_config *config = &player.config;
    *config = tssb_node_defaults;
    config->host = &player_host;
    config->trust = &script.trust;
    config->mem = &player.memory.mem;
    config->strategy = tssb_strategies[head[0] % STRATEGIES];
    config->asking.size = head[1] & 15;
    config->asking.packet_size = head[1] & 16 ? TSSB_PACKET_SIZE : TSSB_ENTRY_SIZE;
    config->asking.stash = head[1] & 32 ? STASH : 0;
    config->count = head[1] & 64;
    config->serve = !(head[1] & 128);
    config->forward = (enum tssb_forward)((head[2] & 3) % 3);
    config->backoff_ns = head[2] & 4 ? TICK_NS * 4 : 0;
    config->suppress_ns = head[2] & 8 ? TICK_NS * 4 : 0;
    config->forked = head[2] & 16 ? player_forked : NULL;
    config->blobs.policy = policies[head[3] % POLICIES];
    config->blobs.credit = head[3] >> 4;
    config->range_limit = config->need_limit = PLAYER_LIMIT;
}

/* Opens both feeds, in spite of faults. */
static void open_all(const struct tssb_replica *kept, uint32_t kept_count) {
    tssb_pool_view_keep(&player.view, kept, kept_count);
    tssb_node_init(&player.node, &player.config, NULL, &player.store.store, &script.keys[OWN]);
    for (uint32_t feed = 0; feed < FEEDS; feed++) {
        struct tssb_anchor anchor = tssb_anchor_whole(script.keys[feed].fid);
        uint32_t replica = TSSB_NO_REPLICA;
        for (int i = 0; i < OPENING_TRIES && replica == TSSB_NO_REPLICA; i++)
            if (tssb_node_open(&player.node, &anchor, true, &replica) != 0)
                replica = TSSB_NO_REPLICA;
        TSSB_CHECK(replica == feed);
        TSSB_CHECK(player.node.replicas[replica].front_seq == player.fronts[feed]);
    }
    tssb_pool_view_keep(&player.view, NULL, 0);
    player.replicas[player.fronts[OTHER]] = player.node.replicas[OTHER];
    tssb_node_start(&player.node, player.now_ns, player.now_ns);
}

void player_start(const uint8_t head[SESSION_HEAD]) {
    script_write();
    choose(head);
    memset(player.fronts, 0, sizeof player.fronts);
    memset(player.asked, 0, sizeof player.asked);
    player.branches[0] = 0;
    player.now_ns = player.logged = player.fresh_count = 0;
    player.face = TSSB_ALL_FACES;
    countdown_mem_init(&player.memory, NEVER_FAILS);
    countdown_mem_init(&player.disk_memory, NEVER_FAILS);
    tssb_pool_init(&player.pool, &player.disk_memory.mem);
    tssb_pool_view_init(&player.view, &player.pool);
    faulty_store_init(&player.store, &player.view.store);
    open_all(NULL, 0);
}

/* All that is held reads as it was reported. */
static void expect_held(void) {
    struct tssb_store *store = &player.view.store;
    for (int feed = 0; feed < FEEDS; feed++)
        for (uint32_t seq = 1; seq <= player.fronts[feed] && seq <= SCRIPT_ENTRIES; seq++) {
            const struct tssb_replica *replica = &player.node.replicas[feed];
            const uint8_t *wire;
            TSSB_CHECK(store->ops->read(store, replica, seq, &wire) == 0);
            TSSB_CHECK(memcmp(wire, player.held[feed][seq - 1], TSSB_ENTRY_SIZE) == 0);
        }
}

void player_end(void) {
    expect_held();
    tssb_node_close(&player.node);
    TSSB_CHECK(player.memory.outstanding_bytes == 0);
    tssb_pool_view_close(&player.view);
    tssb_pool_close(&player.pool);
    TSSB_CHECK(player.disk_memory.outstanding_bytes == 0);
}

/* Packets. An entry that is appended may go to a subscriber on each face. */

static void receive(const struct session_step *step, uint8_t *bytes, size_t size) {
    uint8_t packet[TSSB_PACKET_SIZE + 1], way = step->face >> 2 & 3, where = step->face >> 4;
    uint32_t front = player.fronts[OTHER];
    TSSB_CHECK(size < sizeof packet);
    memcpy(packet, bytes, size);
    if (way == WAY_DAMAGED && size > 0)
        packet[where * 17 % size] ^= (uint8_t)(1 + where);
    else if (way == WAY_CUT && size > where)
        size -= where;
    else if (way == WAY_LONGER)
        packet[size++] = where;
    player_log(packet, size);
    player.face = step->face % PLAYER_FACES;
    (void)tssb_node_receive(&player.node, player.face, packet, size, player.now_ns);
    player.face = TSSB_ALL_FACES;
    front = player.fronts[OTHER] - front;
    TSSB_CHECK(player.entries_answered <= PLAYER_LIMIT + PLAYER_FACES * front);
    TSSB_CHECK(player.blobs_answered <= PLAYER_LIMIT);
}

/* A of 128 and more counts back. */
static void receive_entry(const struct session_step *step) {
    uint32_t front = player.fronts[OTHER], back = 256U - step->a, at = front + step->a;
    if (step->a >= 128)
        at = front > back ? front - back : 0;
    if (at < SCRIPT_ENTRIES)
        receive(step, script.wires[step->b & 1][at], TSSB_ENTRY_SIZE);
}

static void receive_signed(const struct session_step *step) {
    struct fuzz_input more = {step->more, step->more_size};
    struct player_signed *fresh = &player.fresh[player.fresh_count];
    uint8_t payload[TSSB_PAYLOAD_SIZE], type = fuzz_byte(&more);
    if (player.fresh_count == PLAYER_SIGNED || player.fronts[OTHER] == SCRIPT_ENTRIES)
        return;
    player.fresh_count++;
    fresh->place = (struct tssb_place){.fid = script.keys[OTHER].fid,
                                       .seq = player.fronts[OTHER] + 1};
    memcpy(fresh->place.prev, player.node.replicas[OTHER].front_mid, TSSB_MID_SIZE);
    fuzz_fill(&more, payload, sizeof payload);
    tssb_entry_sign(&script.keys[OTHER], &fresh->place, type, payload, fresh->wire);
    tssb_entry_mid(&fresh->place, fresh->wire, fresh->mid);
    receive(step, fresh->wire, TSSB_ENTRY_SIZE);
}

static size_t add_more(const struct session_step *step, uint8_t *packet, size_t size, size_t from) {
    size_t room = TSSB_PACKET_SIZE - size,
           count = step->more_size > from ? step->more_size - from : 0;
    if (count > room)
        count = room;
    if (count > 0)
        memcpy(packet + size, step->more + from, count);
    return size + count;
}

static uint32_t asked_seq(int feed, uint8_t back) {
    return player.fronts[feed] + 2 - back; /* far behind the start wraps around */
}

static void receive_want(const struct session_step *step) {
    struct tssb_want wants[2];
    uint8_t packet[TSSB_PACKET_SIZE];
    for (int i = 0; i < 2; i++) {
        int feed = i ^ (step->a & 1);
        memcpy(wants[i].fid, script.keys[feed].fid, TSSB_FID_SIZE);
        wants[i].seq = asked_seq(feed, step->b);
    }
    size_t count = step->a & 2 ? 2 : 1;
    size_t size = tssb_want_encode(wants, count, tssb_want_dmx(wants[0].fid), packet);
    receive(step, packet, add_more(step, packet, size, 0));
}

static void receive_range(const struct session_step *step) {
    int feed = step->a & 1;
    struct tssb_range range = {.seq = asked_seq(feed, step->b),
                               .credit = step->more_size ? step->more[0] : 1};
    uint8_t packet[TSSB_PACKET_SIZE];
    memcpy(range.fid, script.keys[feed].fid, TSSB_FID_SIZE);
    size_t size = tssb_range_encode(&range, tssb_range_dmx(range.fid), packet);
    receive(step, packet, add_more(step, packet, size, 1));
}

static void receive_need(const struct session_step *step) {
    struct tssb_need needs[2] = {{.credit = step->b},
                                 {.credit = step->more_size ? step->more[0] : 0}};
    uint8_t packet[TSSB_PACKET_SIZE];
    memcpy(needs[0].ptr, script.ptrs[step->a % SCRIPT_BLOBS], TSSB_PTR_SIZE);
    memcpy(needs[1].ptr, script.ptrs[step->a / 2 % SCRIPT_BLOBS], TSSB_PTR_SIZE);
    receive(step, packet, tssb_need_encode(needs, step->more_size ? 2 : 1, packet));
}

static void receive_blob(const struct session_step *step) {
    receive(step, script.blobs[step->a % SCRIPT_BLOBS], TSSB_BLOB_SIZE);
}

static void receive_bytes(const struct session_step *step) {
    uint8_t packet[TSSB_PACKET_SIZE];
    receive(step, packet, add_more(step, packet, 0, 0));
}

static void receive_again(const struct session_step *step) {
    uint32_t back = 1U + step->a % PLAYER_LOG;
    if (back > player.logged)
        return;
    struct player_packet packet = player.log[(player.logged - back) % PLAYER_LOG];
    receive(step, packet.bytes, packet.size);
}

/* The application, time, and trouble. */

static void append(const struct session_step *step) {
    static uint8_t content[UINT16_MAX];
    uint32_t before = player.fronts[OWN];
    size_t size = (step->a * 256U + step->b) % 1024;
    content[0] = (uint8_t)before; /* each chain is another one */
    player.appends = true;
    int error = tssb_node_append(&player.node, content, size);
    player.appends = false;
    TSSB_CHECK(player.fronts[OWN] == before + (error == 0));
}

static void ask(const struct session_step *step) {
    for (int i = step->a % SCRIPT_BLOBS; i < SCRIPT_BLOBS; i++)
        player.asked[i] = true;
    (void)tssb_node_need(&player.node, script.ptrs[step->a % SCRIPT_BLOBS], step->b);
}

static void fetch(const struct session_step *step) {
    uint32_t seq = step->a % (SCRIPT_ENTRIES + 1);
    int error = tssb_node_fetch(&player.node, OTHER, seq, player.now_ns);
    TSSB_CHECK(error != 0 || (seq >= 1 && seq <= player.fronts[OTHER] && player.node.fetch));
}

static void pass_time(const struct session_step *step) {
    player.now_ns += TICK_NS << step->a % 12;
    for (int i = 0; i < 64 && tssb_node_next_wake(&player.node) <= player.now_ns; i++)
        tssb_node_wake(&player.node, player.now_ns);
    TSSB_CHECK(tssb_node_next_wake(&player.node) > player.now_ns);
    TSSB_CHECK(player.entries_answered <= TSSB_ANSWERS_MAX && player.blobs_answered == 0);
}

static void restart(const struct session_step *step) {
    struct tssb_replica kept[FEEDS];
    uint32_t front = player.fronts[OTHER], lost = step->a % 4;
    player.fronts[OTHER] = front > lost ? front - lost : 0;
    kept[OWN] = player.node.replicas[OWN];
    kept[OTHER] = lost ? player.replicas[player.fronts[OTHER]] : player.node.replicas[OTHER];
    expect_held();
    tssb_node_close(&player.node);
    TSSB_CHECK(player.memory.outstanding_bytes == 0);
    open_all(kept, FEEDS);
}

static void break_down(const struct session_step *step) {
    player.store.until = step->b ? step->a : 0;
    player.store.faults = step->b % 8;
    if (step->b == 0) {
        player.memory.fail_at = player.memory.calls + step->a / 2;
        player.disk_memory.fail_at = player.disk_memory.calls + step->a % 16;
    }
}

static void (*const plays[STEP_OPS])(const struct session_step *) = {
    [STEP_ENTRY] = receive_entry, [STEP_SIGNED] = receive_signed,
    [STEP_WANT] = receive_want,   [STEP_RANGE] = receive_range,
    [STEP_NEED] = receive_need,   [STEP_BLOB] = receive_blob,
    [STEP_BYTES] = receive_bytes, [STEP_AGAIN] = receive_again,
    [STEP_APPEND] = append,       [STEP_ASK] = ask,
    [STEP_FETCH] = fetch,         [STEP_TIME] = pass_time,
    [STEP_RESTART] = restart,     [STEP_FAULT] = break_down};

static void expect_bounds(void) {
    const struct tssb_node *node = &player.node;
    for (int feed = 0; feed < FEEDS; feed++)
        TSSB_CHECK(node->replicas[feed].front_seq == player.fronts[feed]);
    TSSB_CHECK(node->replica_count == FEEDS && node->wanted_count <= TSSB_WANTED_BLOBS_MAX);
    TSSB_CHECK(node->timers.count <= FEEDS && node->armed.count <= 3 * FEEDS);
    TSSB_CHECK(player.memory.outstanding_bytes <= MEMORY_MAX);
    TSSB_CHECK(!node->fetch || node->fetch->count <= TSSB_FETCHES_MAX);
    TSSB_CHECK(!node->fetch || node->fetch->stash.capacity <= TSSB_BLOB_STASH_MAX);
    if (!node->extras)
        return;
    TSSB_CHECK(node->extras->stash.count <= player.config.asking.stash);
    TSSB_CHECK(node->extras->answers.count <= TSSB_ANSWERS_MAX);
    TSSB_CHECK(node->extras->interests.count <= TSSB_INTERESTS_MAX);
}

void player_step(const struct session_step *step) {
    player.entries_answered = player.blobs_answered = 0;
    plays[step->op](step);
    expect_bounds();
}
