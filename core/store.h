/* Where replicas and blobs are kept: an interface, so that a node neither knows nor cares whether
 * they live in a pool shared by a whole world (pool.h) or in files. */
#ifndef TSSB_STORE_H
#define TSSB_STORE_H

#include "types.h"

/* A feed as a store knows it. One object a feed and store, at a fixed address. */
struct tssb_feed {
    uint8_t fid[TSSB_FID_SIZE];
    tssb_dmx want_dmx, range_dmx;
    uint32_t index; /* counts the feeds of the store from 0, in the order in which they were first
                       opened */
};

/* What a replica trusts without proof: everything up to and with seq, whose MID this is. */
struct tssb_anchor {
    uint8_t fid[TSSB_FID_SIZE];
    uint32_t seq;
    uint8_t mid[TSSB_MID_SIZE];
};

/* The anchor of a whole feed: (0, FID[0..20)). */
struct tssb_anchor tssb_anchor_whole(const uint8_t fid[TSSB_FID_SIZE]);

/* A copy of a feed from its anchor to its front. `branch` is the store's own. */
struct tssb_replica {
    const struct tssb_feed *feed;
    tssb_dmx next_dmx;              /* of the entry after the front */
    uint32_t anchor_seq, front_seq; /* entries anchor_seq + 1 .. front_seq are held */
    uint32_t branch;
    uint8_t front_mid[TSSB_MID_SIZE];
    bool followed;
    bool starting; /* followed, and its first request is still to come: the node's own */
    bool forked;   /* a packet has proved that its author forked it: the node's own */
};

struct tssb_store;

/* Every function returns 0 or a negative error code, and on an error leaves store and replica as
 * they were. */
struct tssb_store_ops {
    const char *name;

    /* Fills in the replica of this anchor with what the store holds of it; a new one begins empty.
     */
    int (*open)(struct tssb_store *store, const struct tssb_anchor *anchor,
                struct tssb_replica *replica);

    /* If the store holds this very entry as a successor of the replica's front whose signature was
     * checked, moves the front to it and returns 1; otherwise 0. It saves a world from verifying an
     * entry once a node. */
    int (*advance)(struct tssb_store *store, struct tssb_replica *replica,
                   const uint8_t wire[TSSB_ENTRY_SIZE]);

    /* Keeps an entry after the replica's front, and moves the front to it. next_dmx follows from
     * mid. verified: its signature was checked; an author does not check its own. */
    int (*append)(struct tssb_store *store, struct tssb_replica *replica,
                  const uint8_t wire[TSSB_ENTRY_SIZE], const uint8_t mid[TSSB_MID_SIZE],
                  tssb_dmx next_dmx, bool verified);

    /* *wire is the entry seq of the replica (anchor_seq < seq <= front_seq), valid until the next
     * call. */
    int (*read)(struct tssb_store *store, const struct tssb_replica *replica, uint32_t seq,
                const uint8_t **wire);

    /* *blob is the blob that ptr names, valid until the next call. TSSB_E_NOT_FOUND where it is not
     * held. */
    int (*read_blob)(struct tssb_store *store, const uint8_t ptr[TSSB_PTR_SIZE],
                     const uint8_t **blob);

    /* Keeps a blob, whose hash the caller has checked. Keeping one twice is no error. */
    int (*write_blob)(struct tssb_store *store, const uint8_t ptr[TSSB_PTR_SIZE],
                      const uint8_t blob[TSSB_BLOB_SIZE]);
};

/* The first member of every store. */
struct tssb_store {
    const struct tssb_store_ops *ops;
};

#endif
