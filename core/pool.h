/* The in-memory store that a world shares: each entry's bytes, MID and next DMX exist once, however
 * many nodes hold it, and a replica is only a place in it. Forks (two entries at one sequence
 * number) are branches. */
#ifndef TSSB_POOL_H
#define TSSB_POOL_H

#include "dmx.h"
#include "mem.h"
#include "store.h"
#include "types.h"

struct tssb_pool_entry;
struct tssb_pool_feed;
struct tssb_pool_blob;

/* A run of entries without a fork in it. */
struct tssb_pool_branch {
    struct tssb_pool_entry *entries;
    uint32_t count, capacity;
    uint32_t base_seq; /* of the entry before the first */
    uint32_t feed;
    uint32_t parent; /* the branch that the base is on; TSSB_POOL_NONE for a root, which begins at
                        an anchor */
    uint32_t next;   /* the next branch of the same feed */
    uint8_t base_mid[TSSB_MID_SIZE];
    tssb_dmx base_dmx; /* of the entry after the base */
};

enum { TSSB_POOL_NONE = UINT32_MAX };

struct tssb_pool {
    const struct tssb_mem *mem;
    struct tssb_pool_feed *
        *feeds; /* by their index; each allocated on its own, so that it stays where it is */
    uint32_t feed_count, feed_capacity;
    struct tssb_pool_branch *branches;
    uint32_t branch_count, branch_capacity;
    struct tssb_pool_blob *blobs;
    uint32_t blob_count, blob_capacity;
    struct tssb_dmx_table feed_index; /* WANT DMX of a feed -> its index */
    struct tssb_dmx_table blob_index; /* first 7 bytes of a pointer -> index of the blob */
    uint64_t verifications;           /* signatures checked: once an entry, however many replicas */
};

/* mem is borrowed and outlives the pool. */
void tssb_pool_init(struct tssb_pool *pool, const struct tssb_mem *mem);
void tssb_pool_close(struct tssb_pool *pool);

/* The feed of this index, below feed_count. */
const struct tssb_feed *tssb_pool_feed(const struct tssb_pool *pool, uint32_t index);

/* One node's view of a pool: a store whose replicas begin empty at their anchors, and whose blobs
 * are those that this node has written. */
struct tssb_pool_view {
    struct tssb_store store; /* what tssb_node_init takes */
    struct tssb_pool *pool;
    struct tssb_dmx_table blobs;
    const struct tssb_replica *kept; /* what a restart finds, see tssb_pool_view_keep */
    uint32_t kept_count, kept_next;  /* next: where the next open looks first */
};

void tssb_pool_view_init(struct tssb_pool_view *view, struct tssb_pool *pool);
void tssb_pool_view_close(struct tssb_pool_view *view);

/* Makes the view the disk of a node that restarts: to open one of these replicas again, which were
 * opened in this view before, finds it where it is instead of empty. Borrowed, until the next call;
 * a count of 0 ends it. */
void tssb_pool_view_keep(struct tssb_pool_view *view, const struct tssb_replica *replicas,
                         uint32_t count);

#endif
