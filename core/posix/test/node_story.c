/* The story is told through a node, as the commands do. */
#include "node_story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/chain.h"
#include "core/pool.h"
#include "core/posix/check.h"

/* A node on a directory, and what it has sent. */
struct teller {
    struct tssb_node node;
    struct tssb_node_config config;
    struct tssb_directory *directory;
    uint32_t own, others; /* indices of replicas */
    uint8_t sent[TSSB_ENTRY_SIZE];
};

static void on_send(void *context, uint32_t face, const struct tssb_packet *packet) {
    struct teller *teller = context;
    (void)face;
    if (packet->kind == TSSB_PACKET_ENTRY)
        memcpy(teller->sent, packet->bytes, TSSB_ENTRY_SIZE);
}

static void on_appended(void *context, const struct tssb_replica *replica,
                        const uint8_t wire[TSSB_ENTRY_SIZE]) {
    (void)context;
    (void)replica;
    (void)wire;
}

static const struct tssb_host host = {.send = on_send, .appended = on_appended};

struct tssb_directory *open_directory(const char *path, const struct tssb_directory_options *how) {
    struct tssb_directory *directory;
    char *error;
    int status = tssb_directory_open(&directory, path, how, &error);
    if (status)
        fail_msg("status %d: %s", status, error ? error : "no memory");
    return directory;
}

static void teller_init(struct teller *teller, struct tssb_directory *directory) {
    memset(teller, 0, sizeof *teller);
    teller->directory = directory;
    teller->config = tssb_node_defaults;
    teller->config.host = &host;
    teller->config.trust = tssb_directory_trust(directory);
    tssb_node_init(&teller->node, &teller->config, teller, tssb_directory_store(directory),
                   tssb_directory_key(directory));
}

static bool teller_own(struct teller *teller) {
    struct tssb_anchor anchor = tssb_anchor_whole(tssb_directory_key(teller->directory)->fid);
    return tssb_node_open(&teller->node, &anchor, false, &teller->own) == 0;
}

static bool teller_others(struct teller *teller, const struct story *story) {
    struct tssb_anchor anchor = tssb_anchor_whole(story->other.fid);
    return tssb_node_open(&teller->node, &anchor, true, &teller->others) == 0;
}

/* Writes the own entry of this number. */
static bool write_own(struct teller *teller, const struct story *story, uint32_t seq) {
    char text[32];
    if (seq == STORY_CHAIN)
        return tssb_node_append(&teller->node, story->content, STORY_CHAIN_SIZE) == 0;
    snprintf(text, sizeof text, "own entry %u", (unsigned)seq);
    return tssb_node_append(&teller->node, text, strlen(text)) == 0;
}

static bool take_other(struct teller *teller, const struct story *story, uint32_t seq) {
    return tssb_node_receive(&teller->node, 0, story->other_wires[seq - 1], TSSB_ENTRY_SIZE, 0) ==
           TSSB_FATE_APPENDED;
}

/* One after the other: nodeA writes an entry, takes one or two in, and syncs now and then. */
static bool tell(struct teller *teller, const struct story *story, enum tssb_sync sync,
                 struct progress *progress) {
    uint32_t others = 0;
    if (!teller_own(teller))
        return false;
    progress->own_added = true;
    if (!teller_others(teller, story))
        return false;
    progress->others_added = true;
    for (uint32_t seq = 1; seq <= STORY_OWN; seq++) {
        if (!write_own(teller, story, seq))
            return false;
        progress->own = seq;
        for (uint32_t i = 0; i < 1 + seq % 2 && others < STORY_OTHERS; i++) {
            if (!take_other(teller, story, ++others))
                return false;
            if (sync != TSSB_SYNC_BATCH)
                progress->others = others;
        }
        if (seq % 2 == 0) {
            if (tssb_directory_sync(teller->directory) != 0)
                return false;
            progress->others = others;
        }
    }
    return true;
}

bool story_tell(const struct story *story, const struct tssb_disk *disk, enum tssb_sync sync,
                struct progress *progress) {
    struct tssb_directory_options options = {.sync = sync, .disk = disk};
    struct tssb_directory *directory;
    struct teller teller;
    char *error = NULL;
    *progress = (struct progress){0};
    if (tssb_directory_open(&directory, "data/nodeA", &options, &error) != 0) {
        assert_non_null(error);
        free(error);
        return false;
    }
    teller_init(&teller, directory);
    bool told = tell(&teller, story, sync, progress);
    tssb_node_close(&teller.node);
    tssb_directory_close(directory);
    return told;
}

/* Making it. */

static void make_others(struct story *story) {
    struct tssb_place place = tssb_entry_genesis(story->other.fid);
    for (uint32_t i = 0; i < STORY_OTHERS; i++, place.seq++) {
        uint8_t payload[TSSB_PAYLOAD_SIZE] = {0};
        snprintf((char *)payload, sizeof payload, "other entry %u", (unsigned)place.seq);
        tssb_entry_sign(&story->other, &place, TSSB_PLAIN48, payload, story->other_wires[i]);
        tssb_entry_mid(&place, story->other_wires[i], place.prev);
    }
}

static void make_own(struct story *story) {
    struct tssb_key key;
    struct tssb_pool pool;
    struct tssb_pool_view view;
    struct teller teller = {.config = tssb_node_defaults};
    struct tssb_anchor anchor = tssb_anchor_whole(story->config.fid);
    tssb_config_key(&story->config, &key);
    tssb_pool_init(&pool, &tssb_mem_libc);
    tssb_pool_view_init(&view, &pool);
    teller.config.host = &host;
    tssb_node_init(&teller.node, &teller.config, &teller, &view.store, &key);
    assert_int_equal(tssb_node_open(&teller.node, &anchor, false, &teller.own), 0);
    for (uint32_t seq = 1; seq <= STORY_OWN; seq++) {
        assert_true(write_own(&teller, story, seq));
        memcpy(story->own_wires[seq - 1], teller.sent, TSSB_ENTRY_SIZE);
    }
    tssb_node_close(&teller.node);
    tssb_pool_view_close(&view);
    tssb_pool_close(&pool);
    tssb_key_wipe(&key);
}

void story_init(struct story *story) {
    uint8_t secret[TSSB_SECRET_SIZE] = "shared", label[TSSB_FID_SIZE] = "the other's feed";
    memset(story, 0, sizeof *story);
    assert_int_equal(tssb_config_init(&story->config, "nodeA", &tssb_scheme_hmac_sha512, secret),
                     0);
    memcpy(story->config.fid, "nodeA's feed", sizeof "nodeA's feed"); /* not a random one */
    tssb_key_init(&story->other, &tssb_scheme_hmac_sha512, secret, label);
    for (size_t i = 0; i < sizeof story->content; i++)
        story->content[i] = (uint8_t)('a' + i % 26);
    make_others(story);
    make_own(story);
}

void story_close(struct story *story) {
    tssb_config_close(&story->config);
}

void story_make(const struct story *story, const struct tssb_disk *disk) {
    struct tssb_config neighbour;
    struct tssb_anchor anchor = tssb_anchor_whole(story->config.fid);
    char *error = NULL;
    assert_int_equal(disk->mkdir(disk->context, "data", 0755), 0);
    assert_int_equal(tssb_directory_create("data/nodeA", &story->config, disk, &error), 0);
    assert_int_equal(
        tssb_config_init(&neighbour, "nodeB", story->config.scheme, story->config.secret), 0);
    assert_int_equal(tssb_config_trust(&neighbour, &anchor), 0);
    assert_int_equal(tssb_directory_create("data/nodeB", &neighbour, disk, &error), 0);
    tssb_config_close(&neighbour);
}

/* Expecting it. */

static void expect_wires(struct teller *teller, uint32_t replica, const uint8_t (*due)[120],
                         uint32_t least, uint32_t most) {
    const struct tssb_replica *held = &teller->node.replicas[replica];
    struct tssb_store *store = teller->node.store;
    const uint8_t *wire;
    assert_in_range(held->front_seq, least, most);
    for (uint32_t seq = 1; seq <= held->front_seq; seq++) {
        assert_int_equal(store->ops->read(store, held, seq, &wire), 0);
        assert_memory_equal(wire, due[seq - 1], TSSB_ENTRY_SIZE);
    }
}

/* The side chain of an entry that is held is held as well. */
static void expect_chain(struct teller *teller, const struct story *story) {
    struct tssb_store *store = teller->node.store;
    struct tssb_chain_reader reader;
    const uint8_t *piece, *blob, *content = story->content;
    size_t count;
    if (teller->node.replicas[teller->own].front_seq < STORY_CHAIN)
        return;
    assert_int_equal(tssb_chain_reader_init(&reader,
                                            tssb_entry_payload(story->own_wires[STORY_CHAIN - 1]),
                                            &piece, &count),
                     0);
    for (;;) {
        assert_memory_equal(piece, content, count);
        content += count;
        if (reader.left == 0)
            break;
        assert_int_equal(store->ops->read_blob(store, reader.next, &blob), 0);
        assert_int_equal(tssb_chain_reader_take(&reader, blob, &piece, &count), 0);
    }
}

static void expect_clean(const struct tssb_disk *disk, const char *path) {
    struct tssb_check_options options = {.disk = disk, .threads = 1};
    struct tssb_check_report report;
    char *error;
    assert_int_equal(tssb_check(&report, path, &options, &error), 0);
    if (report.count > 0)
        fail_msg("%s", report.findings[0].text);
    tssb_check_report_close(&report);
}

void story_expect(const struct story *story, const struct tssb_disk *disk,
                  const struct progress *progress) {
    struct tssb_directory_options options = {.disk = disk};
    struct tssb_anchor anchor;
    struct teller teller;
    teller_init(&teller, open_directory("data/nodeA", &options));
    if (progress->own_added) {
        assert_true(tssb_directory_anchor(teller.directory, 0, &anchor));
        assert_memory_equal(anchor.fid, story->config.fid, TSSB_FID_SIZE);
    }
    if (progress->others_added)
        assert_true(tssb_directory_anchor(teller.directory, 1, &anchor));
    assert_true(teller_own(&teller));
    assert_true(teller_others(&teller, story));
    expect_wires(&teller, teller.own, story->own_wires, progress->own, STORY_OWN);
    expect_wires(&teller, teller.others, story->other_wires, progress->others, STORY_OTHERS);
    expect_chain(&teller, story);
    uint32_t seq = teller.node.replicas[teller.own].front_seq + 1;
    assert_true(write_own(&teller, story, seq));
    if (seq <= STORY_OWN)
        assert_memory_equal(teller.sent, story->own_wires[seq - 1], TSSB_ENTRY_SIZE);
    seq = teller.node.replicas[teller.others].front_seq + 1;
    assert_int_equal(seq <= STORY_OTHERS && !take_other(&teller, story, seq), 0);
    tssb_node_close(&teller.node);
    tssb_directory_close(teller.directory);
    expect_clean(disk, "data/nodeA");
    expect_clean(disk, "data/nodeB");
}
