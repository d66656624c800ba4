/* The file store on a disk that fails and loses what was not synced, against memory: what is read
 * is right, what is refused changes nothing, and after any crash the logs hold all that was
 * promised to be durable and nothing but what the authors signed. */
#include "fuzz.h"

#include <stdlib.h>

#include "core/check.h"
#include "core/entry.h"
#include "core/error.h"
#include "core/posix/directory.h"
#include "core/replica.h"
#include "fake_disk.h"
#include "shared/replica.h"
#include "support.h"

enum { FEEDS = 2, ENTRIES = 32, BLOBS = 4, STEPS = 64 };

static const char path[] = "data/n";

/* All that the two authors ever sign, and a disk with an empty directory of the first. */
static struct script {
    struct fake_disk made;
    struct tssb_config config;
    struct tssb_key keys[FEEDS];
    uint8_t wires[FEEDS][ENTRIES][TSSB_ENTRY_SIZE];
} script;

static struct session {
    struct fake_disk fake;
    struct tssb_directory *directory; /* NULL where it could not be opened */
    struct tssb_directory_options options;
    struct tssb_replica replicas[FEEDS];
    bool open[FEEDS], blobs[BLOBS];
    uint32_t written[FEEDS], durable[FEEDS]; /* entries: acknowledged, promised */
} session;

static void write_script(void) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = {1}, labels[FEEDS][TSSB_FID_SIZE] = {{1}, {2}};
    static char name[] = "n";
    char *error = NULL;
    TSSB_CHECK(tssb_scheme_init() == 0);
    script.config = (struct tssb_config){.name = name, .scheme = &tssb_scheme_hmac_sha512};
    memcpy(script.config.fid, labels[0], TSSB_FID_SIZE);
    memcpy(script.config.secret, secret, sizeof secret);
    for (int feed = 0; feed < FEEDS; feed++) {
        struct tssb_key *key = &script.keys[feed];
        tssb_key_init(key, script.config.scheme, secret, labels[feed]);
        struct tssb_place place = tssb_entry_genesis(key->fid);
        for (uint8_t i = 0; i < ENTRIES; i++, place.seq++) {
            uint8_t payload[TSSB_PAYLOAD_SIZE] = {i}, *wire = script.wires[feed][i];
            tssb_entry_sign(key, &place, TSSB_PLAIN48, payload, wire);
            tssb_entry_mid(&place, wire, place.prev);
        }
    }
    fake_disk_init(&script.made);
    TSSB_CHECK(script.made.disk.mkdir(&script.made, "data", 0755) == 0);
    TSSB_CHECK(tssb_directory_create(path, &script.config, &script.made.disk, &error) == 0);
    fake_disk_power_on(&script.made, 0);
}

static void expect_prefix(int feed) {
    struct tssb_store *store = tssb_directory_store(session.directory);
    const struct tssb_replica *replica = &session.replicas[feed];
    TSSB_CHECK(replica->front_seq <= ENTRIES);
    for (uint32_t seq = 1; seq <= replica->front_seq; seq++) {
        const uint8_t *wire;
        int error = store->ops->read(store, replica, seq, &wire);
        TSSB_CHECK(error == 0 || error == TSSB_E_STORE);
        TSSB_CHECK(error || memcmp(wire, script.wires[feed][seq - 1], TSSB_ENTRY_SIZE) == 0);
    }
}

static void open_feed(int feed) {
    struct tssb_store *store = tssb_directory_store(session.directory);
    struct tssb_anchor anchor = tssb_anchor_whole(script.keys[feed].fid);
    session.open[feed] = store->ops->open(store, &anchor, &session.replicas[feed]) == 0;
    if (!session.open[feed])
        return;
    TSSB_CHECK(session.replicas[feed].front_seq >= session.durable[feed]);
    session.written[feed] = session.replicas[feed].front_seq;
    expect_prefix(feed);
}

/* must: the disk is well. */
static void open_all(bool must) {
    char *error = NULL;
    int status = tssb_directory_open(&session.directory, path, &session.options, &error);
    TSSB_CHECK(!must || status == 0);
    free(error);
    for (int feed = 0; feed < FEEDS && status == 0; feed++) {
        open_feed(feed);
        TSSB_CHECK(!must || session.open[feed]);
    }
}

static void close_all(void) {
    tssb_directory_close(session.directory);
    session.directory = NULL;
    memset(session.open, 0, sizeof session.open);
}

static void append(int feed, bool by_packet) {
    struct tssb_store *store = tssb_directory_store(session.directory);
    struct tssb_replica *replica = &session.replicas[feed], before = *replica;
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {(uint8_t)replica->front_seq}, wire[TSSB_ENTRY_SIZE];
    bool computed;
    if (!session.open[feed] || replica->front_seq == ENTRIES)
        return;
    int error = by_packet
                    ? tssb_replica_append(replica, store, tssb_directory_trust(session.directory),
                                          script.wires[feed][replica->front_seq], TSSB_ENTRY_SIZE,
                                          &computed)
                    : tssb_replica_author(replica, store, &script.keys[feed], TSSB_PLAIN48, payload,
                                          wire);
    TSSB_CHECK(error == 0 || error == TSSB_E_STORE);
    TSSB_CHECK(!error || replica_same(&before, replica));
    session.written[feed] = replica->front_seq;
    bool at_once = session.options.sync == TSSB_SYNC_ALWAYS ||
                   (session.options.sync == TSSB_SYNC_BATCH && !by_packet);
    if (!error && at_once)
        session.durable[feed] = replica->front_seq;
}

static void use_blob(uint8_t which, bool write) {
    struct tssb_store *store = tssb_directory_store(session.directory);
    uint8_t bytes[TSSB_BLOB_SIZE] = {which}, ptr[TSSB_PTR_SIZE];
    const uint8_t *blob;
    tssb_blob_ptr(bytes, ptr);
    if (write && store->ops->write_blob(store, ptr, bytes) == 0)
        session.blobs[which] = true;
    int error = store->ops->read_blob(store, ptr, &blob);
    TSSB_CHECK(error == 0 || error == TSSB_E_STORE ||
               (error == TSSB_E_NOT_FOUND && !session.blobs[which]));
    TSSB_CHECK(error || memcmp(blob, bytes, sizeof bytes) == 0);
}

/* The power goes, or the process alone is killed (survival 0), which loses nothing written; without
 * syncs no more than that is promised. */
static void crash(uint64_t survival) {
    if (session.options.sync == TSSB_SYNC_OFF)
        survival = 0;
    session.fake.power_until = session.fake.steps;
    if (session.directory)
        close_all();
    fake_disk_power_on(&session.fake, survival);
    if (survival == 0)
        memcpy(session.durable, session.written, sizeof session.durable);
    else
        memset(session.blobs, 0, sizeof session.blobs);
    open_all(true);
}

static void sync_all(void) {
    if (tssb_directory_sync(session.directory) == 0 && session.options.sync != TSSB_SYNC_OFF)
        memcpy(session.durable, session.written, sizeof session.durable);
}

/* Some of the next calls fail. */
static void fail_calls(uint8_t after, uint8_t count) {
    session.fake.fail_at = session.fake.calls + after;
    session.fake.fail_until = session.fake.fail_at + count;
    session.fake.fail_error = 5; /* EIO */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    if (!script.config.scheme)
        write_script();
    memset(&session, 0, sizeof session);
    session.options.sync = (enum tssb_sync)(fuzz_byte(&input) % 3);
    session.options.disk = &session.fake.disk;
    fake_disk_clone(&session.fake, &script.made);
    open_all(true);
    for (int step = 0; input.left > 0 && step < STEPS; step++) {
        uint8_t what = fuzz_byte(&input);
        if (what >= 0xe0)
            crash(what & 0x1f);
        else if (what >= 0xc0)
            fail_calls(fuzz_byte(&input) % 16, what & 0x1f);
        else if (!session.directory)
            open_all(false);
        else if (what < 0x60)
            append(what & 1, what & 2);
        else if (what < 0x90)
            use_blob(what % BLOBS, what & 8);
        else if (what < 0xa8)
            sync_all();
        else if (what < 0xb0)
            close_all();
    }
    crash(0);
    close_all();
    fake_disk_close(&session.fake);
    return 0;
}
