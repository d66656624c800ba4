/* Blobs that came before those that they follow: what a chain's next blob is stands in the one
 * before, so that after a gap nobody knows whose they are. They are kept for a while, by their
 * hashes, and taken when the gap is filled. A table of rows of four places: who comes fifth
 * takes the place of the oldest. What is not asked for costs no more than that. */
#ifndef TSSB_BLOB_STASH_H
#define TSSB_BLOB_STASH_H

#include "chain.h"
#include "mem.h"

enum { TSSB_BLOB_STASH_MAX = 2048 }; /* places: 282 kB */

struct tssb_stashed_blob {
    uint8_t ptr[TSSB_PTR_SIZE], blob[TSSB_BLOB_SIZE];
    bool taken;
};

/* An all-zero struct is empty. */
struct tssb_blob_stash {
    struct tssb_stashed_blob *places;
    uint32_t capacity; /* a power of 2, or 0 */
    uint32_t count;
};

/* Keeps a blob. room: for so many at least, up to TSSB_BLOB_STASH_MAX; where the table is smaller,
 * it begins anew. Where there is no memory, the blob is not kept. */
void tssb_blob_stash_put(struct tssb_blob_stash *stash, const struct tssb_mem *mem, uint32_t room,
                         const uint8_t ptr[TSSB_PTR_SIZE], const uint8_t blob[TSSB_BLOB_SIZE]);

/* Takes a blob out. Returns it, valid until the next call, or NULL. */
const uint8_t *tssb_blob_stash_take(struct tssb_blob_stash *stash,
                                    const uint8_t ptr[TSSB_PTR_SIZE]);

void tssb_blob_stash_clear(struct tssb_blob_stash *stash);
void tssb_blob_stash_close(struct tssb_blob_stash *stash, const struct tssb_mem *mem);

#endif
