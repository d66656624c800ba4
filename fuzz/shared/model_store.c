/* What was acknowledged and what was promised, and the checks against it. */
#include "model_store.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/chain.h"
#include "core/entry.h"
#include "core/error.h"
#include "core/replica.h"
#include "same.h"

enum { ENTRIES = 32 };

static const char path[] = "data/n";

/* All that the two authors ever sign, and a disk with an empty directory of the first. */
static struct script {
    struct fake_disk made;
    struct tssb_config config;
    struct tssb_key keys[STORE_FEEDS];
    uint8_t wires[STORE_FEEDS][ENTRIES][TSSB_ENTRY_SIZE];
} script;

static void write_script(void) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = {1},
                         labels[STORE_FEEDS][TSSB_FID_SIZE] = {{1}, {2}};
    static char name[] = "n";
    char *error = NULL;
    TSSB_CHECK(tssb_scheme_init() == 0);
    script.config = (struct tssb_config){.name = name, .scheme = &tssb_scheme_hmac_sha512};
    memcpy(script.config.fid, labels[0], TSSB_FID_SIZE);
    memcpy(script.config.secret, secret, sizeof secret);
    for (int feed = 0; feed < STORE_FEEDS; feed++) {
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

static void expect_prefix(struct model_store *model, int feed) {
    struct tssb_store *store = tssb_directory_store(model->directory);
    const struct tssb_replica *replica = &model->replicas[feed];
    TSSB_CHECK(replica->front_seq <= ENTRIES);
    for (uint32_t seq = 1; seq <= replica->front_seq; seq++) {
        const uint8_t *wire;
        int error = store->ops->read(store, replica, seq, &wire);
        TSSB_CHECK(error == 0 || error == TSSB_E_STORE);
        TSSB_CHECK(error || memcmp(wire, script.wires[feed][seq - 1], TSSB_ENTRY_SIZE) == 0);
    }
}

static void open_feed(struct model_store *model, int feed) {
    struct tssb_store *store = tssb_directory_store(model->directory);
    struct tssb_anchor anchor = tssb_anchor_whole(script.keys[feed].fid);
    model->open[feed] = store->ops->open(store, &anchor, &model->replicas[feed]) == 0;
    if (!model->open[feed])
        return;
    TSSB_CHECK(model->replicas[feed].front_seq >= model->durable[feed]);
    model->written[feed] = model->replicas[feed].front_seq;
    expect_prefix(model, feed);
}

void model_store_open_all(struct model_store *model, bool must) {
    char *error = NULL;
    int status = tssb_directory_open(&model->directory, path, &model->options, &error);
    TSSB_CHECK(!must || status == 0);
    free(error);
    for (int feed = 0; feed < STORE_FEEDS && status == 0; feed++) {
        open_feed(model, feed);
        TSSB_CHECK(!must || model->open[feed]);
    }
}

void model_store_close_all(struct model_store *model) {
    tssb_directory_close(model->directory);
    model->directory = NULL;
    memset(model->open, 0, sizeof model->open);
}

void model_store_append(struct model_store *model, int feed, bool by_packet) {
    struct tssb_store *store = tssb_directory_store(model->directory);
    struct tssb_replica *replica = &model->replicas[feed], before = *replica;
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {(uint8_t)replica->front_seq}, wire[TSSB_ENTRY_SIZE];
    bool computed;
    if (!model->open[feed] || replica->front_seq == ENTRIES)
        return;
    int error = by_packet
                    ? tssb_replica_append(replica, store, tssb_directory_trust(model->directory),
                                          script.wires[feed][replica->front_seq], TSSB_ENTRY_SIZE,
                                          &computed)
                    : tssb_replica_author(replica, store, &script.keys[feed], TSSB_PLAIN48, payload,
                                          wire);
    TSSB_CHECK(error == 0 || error == TSSB_E_STORE);
    TSSB_CHECK(!error || replica_same(&before, replica));
    model->written[feed] = replica->front_seq;
    bool at_once = model->options.sync == TSSB_SYNC_ALWAYS ||
                   (model->options.sync == TSSB_SYNC_BATCH && !by_packet);
    if (!error && at_once)
        model->durable[feed] = replica->front_seq;
}

void model_store_blob(struct model_store *model, uint8_t which, bool write) {
    struct tssb_store *store = tssb_directory_store(model->directory);
    uint8_t bytes[TSSB_BLOB_SIZE] = {which}, ptr[TSSB_PTR_SIZE];
    const uint8_t *blob;
    tssb_blob_ptr(bytes, ptr);
    if (write && store->ops->write_blob(store, ptr, bytes) == 0)
        model->blobs[which] = true;
    int error = store->ops->read_blob(store, ptr, &blob);
    TSSB_CHECK(error == 0 || error == TSSB_E_STORE ||
               (error == TSSB_E_NOT_FOUND && !model->blobs[which]));
    TSSB_CHECK(error || memcmp(blob, bytes, sizeof bytes) == 0);
}

/* Without syncs, no more is promised than that the process may be killed. */
void model_store_crash(struct model_store *model, uint64_t survival) {
    if (model->options.sync == TSSB_SYNC_OFF)
        survival = 0;
    model->fake.power_until = model->fake.steps;
    if (model->directory)
        model_store_close_all(model);
    fake_disk_power_on(&model->fake, survival);
    if (survival == 0)
        memcpy(model->durable, model->written, sizeof model->durable);
    else
        memset(model->blobs, 0, sizeof model->blobs);
    model_store_open_all(model, true);
}

void model_store_sync(struct model_store *model) {
    if (tssb_directory_sync(model->directory) == 0 && model->options.sync != TSSB_SYNC_OFF)
        memcpy(model->durable, model->written, sizeof model->durable);
}

void model_store_fail_calls(struct model_store *model, uint8_t after, uint8_t count) {
    model->fake.fail_at = model->fake.calls + after;
    model->fake.fail_until = model->fake.fail_at + count;
    model->fake.fail_error = 5; /* EIO */
}

void model_store_init(struct model_store *model, enum tssb_sync sync) {
    if (!script.config.scheme)
        write_script();
    memset(model, 0, sizeof *model);
    model->options.sync = sync;
    model->options.disk = &model->fake.disk;
    fake_disk_clone(&model->fake, &script.made);
    model_store_open_all(model, true);
}

void model_store_close(struct model_store *model) {
    model_store_crash(model, 0);
    model_store_close_all(model);
    fake_disk_close(&model->fake);
}
