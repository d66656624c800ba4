/* The pool that a world shares, with replicas that keep their own copies of all that they hold. */
#ifndef FUZZ_MODEL_POOL_H
#define FUZZ_MODEL_POOL_H

#include "core/pool.h"
#include "core/scheme.h"
#include "support.h"

enum { MODEL_VIEWS = 2, MODEL_COPIES = 4, MODEL_ENTRIES = 24, MODEL_BLOBS = 4 };

/* A replica as the pool has it, and all that it should hold. */
struct model_copy {
    struct tssb_replica replica;
    struct tssb_anchor anchor;
    uint8_t wires[MODEL_ENTRIES][TSSB_ENTRY_SIZE];
    uint32_t count;
    bool open;
};

struct model_pool {
    struct countdown_mem memory;
    struct tssb_pool pool;
    struct tssb_pool_view views[MODEL_VIEWS];
    bool blobs[MODEL_VIEWS][MODEL_BLOBS];
    struct model_copy copies[MODEL_COPIES];
    struct tssb_key key;
    struct tssb_trust trust;
};

/* fail_at as countdown_mem_init has it. */
void model_pool_init(struct model_pool *model, int64_t fail_at);
void model_pool_close(struct model_pool *model);

/* Opens a replica at the front of another, or at the start of the feed where that is not open;
 * where it is open itself, finds it again as after a restart. */
void model_pool_open(struct model_pool *model, uint32_t which, uint32_t from);

/* What is appended: one of several entries that the author signs for the replica's next place. */
struct model_append {
    uint8_t variant;
    bool own;     /* by the author, not from a packet */
    bool damaged; /* by somebody on the way */
};

/* The replica holds it from now on, or is as it was. */
void model_pool_append(struct model_pool *model, uint32_t which, const struct model_append *what);

/* Writes a blob into a view, or reads it only. */
void model_pool_blob(struct model_pool *model, uint32_t view, uint8_t which, bool write);

/* Each replica reads as its copy, and not beyond. */
void model_pool_expect(struct model_pool *model);

#endif
