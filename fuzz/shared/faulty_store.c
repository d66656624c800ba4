/* Each call fails before it has done anything, as a store's calls must. */
#include "faulty_store.h"

#include <string.h>

#include "core/chain.h"
#include "core/check.h"
#include "core/error.h"

static struct faulty_store *of(struct tssb_store *store) {
    return (struct faulty_store *)store; /* its first member */
}

static bool fails(struct faulty_store *faulty) {
    if (faulty->faults == 0)
        return false;
    if (faulty->until > 0) {
        faulty->until--;
        return false;
    }
    faulty->faults--;
    return true;
}

static int open_replica(struct tssb_store *store, const struct tssb_anchor *anchor,
                        struct tssb_replica *replica) {
    struct tssb_store *inner = of(store)->inner;
    return fails(of(store)) ? TSSB_E_STORE : inner->ops->open(inner, anchor, replica);
}

static int advance(struct tssb_store *store, struct tssb_replica *replica,
                   const uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct tssb_store *inner = of(store)->inner;
    return inner->ops->advance ? inner->ops->advance(inner, replica, wire) : 0;
}

static int append(struct tssb_store *store, struct tssb_replica *replica,
                  const uint8_t wire[TSSB_ENTRY_SIZE], const uint8_t mid[TSSB_MID_SIZE],
                  tssb_dmx next_dmx, bool verified) {
    struct tssb_store *inner = of(store)->inner;
    return fails(of(store)) ? TSSB_E_STORE
                            : inner->ops->append(inner, replica, wire, mid, next_dmx, verified);
}

static int read_entry(struct tssb_store *store, const struct tssb_replica *replica, uint32_t seq,
                      const uint8_t **wire) {
    struct tssb_store *inner = of(store)->inner;
    return fails(of(store)) ? TSSB_E_STORE : inner->ops->read(inner, replica, seq, wire);
}

static int read_blob(struct tssb_store *store, const uint8_t ptr[TSSB_PTR_SIZE],
                     const uint8_t **blob) {
    struct tssb_store *inner = of(store)->inner;
    return fails(of(store)) ? TSSB_E_STORE : inner->ops->read_blob(inner, ptr, blob);
}

static int write_blob(struct tssb_store *store, const uint8_t ptr[TSSB_PTR_SIZE],
                      const uint8_t blob[TSSB_BLOB_SIZE]) {
    struct tssb_store *inner = of(store)->inner;
    uint8_t due[TSSB_PTR_SIZE];
    tssb_blob_ptr(blob, due);
    TSSB_CHECK(memcmp(due, ptr, sizeof due) == 0);
    return fails(of(store)) ? TSSB_E_STORE : inner->ops->write_blob(inner, ptr, blob);
}

static const struct tssb_store_ops ops = {"faulty",   open_replica, advance,   append,
                                          read_entry, read_blob,    write_blob};

void faulty_store_init(struct faulty_store *faulty, struct tssb_store *inner) {
    *faulty = (struct faulty_store){.store = {&ops}, .inner = inner};
}
