/* Where each blob stands in a pack: a table in a file, so that a store of any size costs the same
 * memory. Pages of slots; a blob's page follows from a keyed hash of its pointer, so that nobody
 * can choose blobs that crowd one page. A full page makes the table twice as large.
 *
 * The index is a hint: a slot may be stale or wrong, and whoever follows it compares what stands
 * there. Whatever it holds can be made again from the pack. */
#ifndef TSSB_PACK_INDEX_H
#define TSSB_PACK_INDEX_H

#include <stdbool.h>

#include "core/posix/disk.h"
#include "core/types.h"

enum {
    TSSB_PACK_PAGE_SIZE = 1024,
    TSSB_PACK_SLOT_SIZE = 8,
    TSSB_PACK_SLOTS = TSSB_PACK_PAGE_SIZE / TSSB_PACK_SLOT_SIZE,
    TSSB_PACK_KEY_SIZE = 16,
};

struct tssb_pack_index {
    const struct tssb_disk *disk; /* borrowed */
    char *path;
    int file; /* -1: there is none */
    uint8_t key[TSSB_PACK_KEY_SIZE];
    uint32_t bits;    /* the table has 2^bits pages */
    uint32_t covered; /* so many blobs from the first on are in it for sure */
    uint32_t page_no; /* of `page`; UINT32_MAX: none is loaded */
    bool changed;     /* since the last sync */
    uint8_t page[TSSB_PACK_PAGE_SIZE];
};

/* Opens the file, or makes one with no blobs in it where there is none or it is not an index, with
 * room for `expected` blobs. path is copied. read_only: makes none, and `file` stays -1.
 * Returns 0, TSSB_E_MEMORY or TSSB_E_STORE with errno. */
int tssb_pack_index_open(struct tssb_pack_index *index, const struct tssb_disk *disk,
                         const char *path, uint32_t expected, bool read_only);
void tssb_pack_index_close(struct tssb_pack_index *index);

/* Places where a blob may stand, one after the other. */
struct tssb_pack_places {
    uint32_t tag;
    uint32_t slot;
};

/* Begins with the places of a blob. Returns 0 or TSSB_E_STORE with errno. */
int tssb_pack_index_find(struct tssb_pack_index *index, const uint8_t ptr[TSSB_PTR_SIZE],
                         struct tssb_pack_places *places);

/* The next place, or false where there is none. */
bool tssb_pack_index_next(const struct tssb_pack_index *index, struct tssb_pack_places *places,
                          uint32_t *place);

/* Notes that a blob stands at this place. Returns 0, TSSB_E_FULL, TSSB_E_MEMORY or TSSB_E_STORE
 * with errno. */
int tssb_pack_index_add(struct tssb_pack_index *index, const uint8_t ptr[TSSB_PTR_SIZE],
                        uint32_t place);

/* Makes the table durable, and notes that the first `covered` blobs are in it; they must be durable
 * themselves. Returns 0 or TSSB_E_STORE with errno. */
int tssb_pack_index_sync(struct tssb_pack_index *index, uint32_t covered);

#endif
