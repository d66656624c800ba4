/* The host of the node that a session is played to: what it is told must be true, and what it is to
 * send must be what a node may send. */
#include "player_host.h"

#include <string.h>

#include "core/chain.h"
#include "core/check.h"

struct player player;

void player_log(const uint8_t *bytes, size_t size) {
    struct player_packet *packet = &player.log[player.logged++ % PLAYER_LOG];
    packet->size = size < sizeof packet->bytes ? size : sizeof packet->bytes;
    memcpy(packet->bytes, bytes, packet->size);
}

static int feed_of(const struct tssb_feed *feed) {
    return memcmp(feed->fid, script.keys[OWN].fid, TSSB_FID_SIZE) == 0 ? OWN : OTHER;
}

static bool is_script(int branch, uint32_t at, const uint8_t *wire) {
    return at < SCRIPT_ENTRIES && memcmp(wire, script.wires[branch][at], TSSB_ENTRY_SIZE) == 0;
}

/* The MID of an entry that the author signed beside the script for just this place; it must have.
 */
static const uint8_t *fresh_mid(uint32_t at, const uint8_t *wire) {
    const uint8_t *prev = player.replicas[at].front_mid;
    for (uint32_t i = 0; i < player.fresh_count; i++) {
        const struct player_signed *fresh = &player.fresh[i];
        if (fresh->place.seq == at + 1 && memcmp(fresh->place.prev, prev, TSSB_MID_SIZE) == 0 &&
            memcmp(fresh->wire, wire, TSSB_ENTRY_SIZE) == 0)
            return fresh->mid;
    }
    TSSB_CHECK(false);
    return NULL;
}

/* The branch that the followed feed is on with this entry. */
static int branch_with(uint32_t at, const uint8_t *wire) {
    int branch = player.branches[at];
    if (branch != OFF_SCRIPT && at == SCRIPT_FORK && is_script(1, at, wire))
        return 1;
    return branch != OFF_SCRIPT && is_script(branch, at, wire) ? branch : OFF_SCRIPT;
}

static void on_appended(void *context, const struct tssb_replica *replica, const uint8_t *wire) {
    int feed = feed_of(replica->feed);
    uint32_t at = player.fronts[feed]++;
    (void)context;
    TSSB_CHECK(replica->front_seq == at + 1 && player.appends == (feed == OWN));
    if (at < SCRIPT_ENTRIES)
        memcpy(player.held[feed][at], wire, TSSB_ENTRY_SIZE);
    if (feed == OWN)
        return;
    TSSB_CHECK(at < SCRIPT_ENTRIES);
    int branch = branch_with(at, wire);
    const uint8_t *mid = branch == OFF_SCRIPT ? fresh_mid(at, wire) : script.mids[branch][at];
    TSSB_CHECK(memcmp(replica->front_mid, mid, TSSB_MID_SIZE) == 0);
    player.branches[at + 1] = branch;
    player.replicas[at + 1] = *replica;
}

static void expect_entry(const struct tssb_packet *packet) {
    int feed = feed_of(packet->feed);
    TSSB_CHECK(packet->size == TSSB_ENTRY_SIZE);
    TSSB_CHECK(packet->seq >= 1 && packet->seq <= player.fronts[feed]);
    if (packet->seq <= SCRIPT_ENTRIES)
        TSSB_CHECK(memcmp(packet->bytes, player.held[feed][packet->seq - 1], packet->size) == 0);
}

/* What is kept has the hash that names it: see faulty_store.h. */
static void expect_blob(const struct tssb_packet *packet) {
    struct tssb_store *store = &player.view.store;
    uint8_t ptr[TSSB_PTR_SIZE];
    const uint8_t *kept;
    TSSB_CHECK(packet->size == TSSB_BLOB_SIZE);
    tssb_blob_ptr(packet->bytes, ptr);
    TSSB_CHECK(store->ops->read_blob(store, ptr, &kept) == 0);
}

/* An answer goes to who asked, by the face that the request came from. */
static void note_answer(uint32_t face, const struct tssb_packet *packet) {
    const struct tssb_node_config *config = &player.config;
    bool entry = packet->kind == TSSB_PACKET_ENTRY;
    TSSB_CHECK(config->serve && face < PLAYER_FACES);
    TSSB_CHECK(face == player.face ||
               (entry && (config->backoff_ns || config->forward == TSSB_FORWARD_SUBSCRIBED)));
    player.entries_answered += entry;
    player.blobs_answered += !entry;
}

static void on_send(void *context, uint32_t face, const struct tssb_packet *packet) {
    (void)context;
    TSSB_CHECK(face < PLAYER_FACES || face == TSSB_ALL_FACES);
    TSSB_CHECK(packet->size >= TSSB_DMX_SIZE && packet->size <= TSSB_PACKET_SIZE);
    if (packet->kind == TSSB_PACKET_WANT || packet->kind == TSSB_PACKET_RANGE)
        TSSB_CHECK(packet->size <= player.config.asking.packet_size);
    else if (packet->kind == TSSB_PACKET_ENTRY)
        expect_entry(packet);
    else if (packet->kind == TSSB_PACKET_BLOB)
        expect_blob(packet);
    if (packet->answer)
        note_answer(face, packet);
    player_log(packet->bytes, packet->size);
}

/* Only what is asked for is stored: by the application, or for the sake of an entry's chain. */
static void on_blob(void *context, const uint8_t *ptr) {
    bool due = false;
    (void)context;
    for (int i = 0; i < SCRIPT_BLOBS; i++)
        if (memcmp(ptr, script.ptrs[i], TSSB_PTR_SIZE) == 0)
            due = player.asked[i] || player.node.fetch;
    TSSB_CHECK(due);
}

/* A proof is one: what is held, and something else that the author signed for the same place. */
void player_forked(void *context, const struct tssb_fork *fork) {
    struct tssb_place place = {.fid = fork->replica->feed->fid, .seq = fork->seq};
    (void)context;
    memcpy(place.prev, fork->prev, TSSB_MID_SIZE);
    TSSB_CHECK(fork->seq >= 1 && fork->seq <= player.fronts[OTHER]);
    TSSB_CHECK(memcmp(fork->held, player.held[OTHER][fork->seq - 1], TSSB_ENTRY_SIZE) == 0);
    TSSB_CHECK(memcmp(fork->held, fork->other, TSSB_ENTRY_SIZE) != 0);
    TSSB_CHECK(tssb_entry_check(&script.trust, &place, fork->other, TSSB_ENTRY_SIZE) == 0);
}

static uint32_t on_face_count(void *context) {
    (void)context;
    return PLAYER_FACES;
}

static uint64_t on_random(void *context, uint64_t nth) {
    (void)context;
    return nth * UINT64_C(0x9e3779b97f4a7c15);
}

const struct tssb_host player_host = {.send = on_send,
                                      .appended = on_appended,
                                      .blob_stored = on_blob,
                                      .face_count = on_face_count,
                                      .random = on_random};
