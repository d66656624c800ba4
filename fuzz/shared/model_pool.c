/* Copies, and what reading, appending and opening must make of them. */
#include "model_pool.h"

#include <string.h>

#include "core/chain.h"
#include "core/check.h"
#include "core/entry.h"
#include "core/error.h"
#include "core/replica.h"
#include "same.h"

static struct tssb_store *store_of(struct model_pool *model, uint32_t copy) {
    return &model->views[copy % MODEL_VIEWS].store;
}

static void expect_copy(struct model_pool *model, uint32_t which) {
    const struct model_copy *copy = &model->copies[which];
    const struct tssb_store_ops *ops = store_of(model, which)->ops;
    const uint8_t *wire;
    if (!copy->open)
        return;
    TSSB_CHECK(copy->replica.front_seq == copy->anchor.seq + copy->count);
    for (uint32_t i = 0; i < copy->count; i++) {
        uint32_t seq = copy->anchor.seq + 1 + i;
        TSSB_CHECK(ops->read(store_of(model, which), &copy->replica, seq, &wire) == 0);
        TSSB_CHECK(memcmp(wire, copy->wires[i], TSSB_ENTRY_SIZE) == 0);
    }
    TSSB_CHECK(ops->read(store_of(model, which), &copy->replica, copy->anchor.seq, &wire) != 0);
    TSSB_CHECK(
        ops->read(store_of(model, which), &copy->replica, copy->replica.front_seq + 1, &wire) != 0);
}

void model_pool_open(struct model_pool *model, uint32_t which, uint32_t other) {
    const struct model_copy *from = &model->copies[other];
    struct model_copy *copy = &model->copies[which];
    struct tssb_anchor anchor = tssb_anchor_whole(model->key.fid);
    if (copy->open) {
        struct tssb_replica again;
        tssb_pool_view_keep(&model->views[which % MODEL_VIEWS], &copy->replica, 1);
        TSSB_CHECK(
            store_of(model, which)->ops->open(store_of(model, which), &copy->anchor, &again) == 0);
        TSSB_CHECK(replica_same(&again, &copy->replica));
        tssb_pool_view_keep(&model->views[which % MODEL_VIEWS], NULL, 0);
        return;
    }
    if (from->open) {
        anchor.seq = from->replica.front_seq;
        memcpy(anchor.mid, from->replica.front_mid, TSSB_MID_SIZE);
    }
    copy->anchor = anchor;
    copy->open =
        store_of(model, which)->ops->open(store_of(model, which), &anchor, &copy->replica) == 0;
}

void model_pool_append(struct model_pool *model, uint32_t which, const struct model_append *what) {
    struct model_copy *copy = &model->copies[which];
    struct tssb_place place = {.fid = model->key.fid, .seq = copy->replica.front_seq + 1};
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {what->variant}, wire[TSSB_ENTRY_SIZE];
    struct tssb_replica before = copy->replica;
    bool computed;
    int error;
    if (!copy->open || copy->count == MODEL_ENTRIES)
        return;
    memcpy(place.prev, copy->replica.front_mid, TSSB_MID_SIZE);
    tssb_entry_sign(&model->key, &place, TSSB_PLAIN48, payload, wire);
    wire[TSSB_ENTRY_SIZE - 1] ^= what->damaged;
    if (what->own && !what->damaged)
        error = tssb_replica_author(&copy->replica, store_of(model, which), &model->key,
                                    TSSB_PLAIN48, payload, wire);
    else
        error = tssb_replica_append(&copy->replica, store_of(model, which), &model->trust, wire,
                                    sizeof wire, &computed);
    TSSB_CHECK(error == TSSB_E_MEMORY || error == (what->damaged ? TSSB_E_SIGNATURE : 0));
    if (error)
        TSSB_CHECK(replica_same(&before, &copy->replica));
    else
        memcpy(copy->wires[copy->count++], wire, sizeof wire);
}

void model_pool_blob(struct model_pool *model, uint32_t view, uint8_t which, bool write) {
    struct tssb_store *store = &model->views[view].store;
    uint8_t blob[TSSB_BLOB_SIZE] = {which}, ptr[TSSB_PTR_SIZE];
    const uint8_t *read;
    tssb_blob_ptr(blob, ptr);
    if (write && store->ops->write_blob(store, ptr, blob) == 0)
        model->blobs[view][which] = true;
    int error = store->ops->read_blob(store, ptr, &read);
    TSSB_CHECK(error == (model->blobs[view][which] ? 0 : TSSB_E_NOT_FOUND));
    TSSB_CHECK(error || memcmp(read, blob, sizeof blob) == 0);
}

void model_pool_expect(struct model_pool *model) {
    for (uint32_t i = 0; i < MODEL_COPIES; i++)
        expect_copy(model, i);
}

void model_pool_init(struct model_pool *model, int64_t fail_at) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = {1};
    memset(model, 0, sizeof *model);
    TSSB_CHECK(tssb_scheme_init() == 0);
    tssb_key_init(&model->key, &tssb_scheme_hmac_sha512, secret, secret);
    model->trust.scheme = model->key.scheme;
    memcpy(model->trust.shared_secret, secret, sizeof secret);
    countdown_mem_init(&model->memory, fail_at);
    tssb_pool_init(&model->pool, &model->memory.mem);
    for (int i = 0; i < MODEL_VIEWS; i++)
        tssb_pool_view_init(&model->views[i], &model->pool);
}

void model_pool_close(struct model_pool *model) {
    for (int i = 0; i < MODEL_VIEWS; i++)
        tssb_pool_view_close(&model->views[i]);
    tssb_pool_close(&model->pool);
    TSSB_CHECK(model->memory.outstanding_bytes == 0);
}
