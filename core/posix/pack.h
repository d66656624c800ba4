/* Blobs packed into one file, found by an index (pack_index.h): for side chains of many blobs,
 * where a file each takes too long. README.md has the format to the byte.
 *
 * A record is 128 B: the first 8 B of the blob's pointer, then the blob, so that each tells whether
 * it is whole, and none lies in two sectors. Records are added at the end and never changed. A blob
 * is served only when it hashes to its pointer. */
#ifndef TSSB_PACK_H
#define TSSB_PACK_H

#include "core/chain.h"
#include "core/posix/pack_index.h"

enum {
    TSSB_PACK_RECORD_SIZE = 128,
    TSSB_PACK_MARK_SIZE = TSSB_PACK_RECORD_SIZE - TSSB_BLOB_SIZE,
    TSSB_PACK_WINDOW = 32, /* records that are read at one time */
};

struct tssb_pack {
    const struct tssb_disk *disk; /* borrowed */
    char *path;
    int file;
    uint32_t count; /* records, torn ones in the middle included */
    bool read_only;
    bool unsynced;         /* something was written since the last sync */
    bool broken;           /* a sync failed: what is on the disk is not known any more */
    uint32_t last;         /* the record found last: chains lie in order, from either end */
    uint32_t window_first; /* the first record in the window, which has so many */
    uint32_t window_count;
    struct tssb_pack_index index;
    const char *failed; /* what was tried when it last failed, with `why` */
    int why;            /* an errno */
    uint8_t window[TSSB_PACK_WINDOW * TSSB_PACK_RECORD_SIZE];
};

/* What a record is. */
enum tssb_pack_record {
    TSSB_PACK_GOOD,
    TSSB_PACK_HOLE, /* zero: what a crash tore, and the next opening cleared */
    TSSB_PACK_TORN,
};

/* Makes folder/_pack with an empty pack, durable but for the name _pack itself. Returns 0 or -1
 * with errno. */
int tssb_pack_create(const struct tssb_disk *disk, const char *folder);

/* Opens the pack of a node's directory; with one that writes, also repairs it: a torn end is cut,
 * what is not in the index is added. *repaired becomes a line that says what was cut, or NULL; the
 * caller frees it. Returns 0; 1 where the directory has no pack; 2 where the file is none, 3 where
 * the system refuses; then with *error, a line for the user that the caller frees. But for 0, there
 * is nothing to close. */
int tssb_pack_open(struct tssb_pack *pack, const struct tssb_disk *disk, const char *folder,
                   bool read_only, char **repaired, char **error);

/* Closes the files, without a sync. */
void tssb_pack_close(struct tssb_pack *pack);

/* Returns 0; TSSB_E_NOT_FOUND where it is not held; TSSB_E_STORE where it cannot be read. */
int tssb_pack_read(struct tssb_pack *pack, const uint8_t ptr[TSSB_PTR_SIZE],
                   uint8_t blob[TSSB_BLOB_SIZE]);

/* Keeps a blob, once. It is durable after tssb_pack_sync. Returns 0, TSSB_E_FULL or TSSB_E_STORE.
 */
int tssb_pack_write(struct tssb_pack *pack, const uint8_t ptr[TSSB_PTR_SIZE],
                    const uint8_t blob[TSSB_BLOB_SIZE]);

/* Makes durable all that was written. Returns 0 or TSSB_E_STORE. */
int tssb_pack_sync(struct tssb_pack *pack);

/* For a check: what record `place` < pack->count is, and whether the index knows where it is.
 * Returns 0 or TSSB_E_STORE. */
int tssb_pack_look(struct tssb_pack *pack, uint32_t place, enum tssb_pack_record *is,
                   bool *indexed);

#endif
