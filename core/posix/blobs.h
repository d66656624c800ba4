/* The blobs of a data directory, in either of two layouts: a file each (blob_files.h, the seed's),
 * or packed (pack.h) where the directory holds _pack/blobs. */
#ifndef TSSB_BLOBS_H
#define TSSB_BLOBS_H

#include "core/posix/blob_files.h"
#include "core/posix/pack.h"

/* How a directory keeps its blobs. */
enum tssb_blob_layout { TSSB_BLOBS_IN_FILES, TSSB_BLOBS_PACKED };

struct tssb_blobs {
    enum tssb_blob_layout layout;
    struct tssb_blob_files files; /* the one or the other */
    struct tssb_pack *pack;
    const char *failed; /* what was tried when it last failed, with `why` */
    int why;            /* an errno */
};

/* Opens them, in the layout that is there. path: the node's directory, copied. read_only: nothing
 * is changed, and nothing may be written; else what a crash left is repaired, and *repaired becomes
 * a line that says so, or NULL, that the caller frees. Returns 0; 2 (input) or 3 (system) with
 * *error, a line for the user that the caller frees; NULL where memory ran out. */
int tssb_blobs_open(struct tssb_blobs *blobs, const struct tssb_disk *disk, const char *path,
                    bool read_only, char **repaired, char **error);

/* A zeroed one is allowed. */
void tssb_blobs_close(struct tssb_blobs *blobs);

/* Returns 0; TSSB_E_NOT_FOUND where it is not held; TSSB_E_BLOB where a file of this name holds
 * anything else; TSSB_E_STORE where it cannot be read. */
int tssb_blobs_read(struct tssb_blobs *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                    uint8_t blob[TSSB_BLOB_SIZE]);

/* Keeps a blob, whose hash the caller has checked; one that is held already costs nothing. It is
 * durable after tssb_blobs_sync. Returns 0, TSSB_E_FULL or TSSB_E_STORE. */
int tssb_blobs_write(struct tssb_blobs *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                     const uint8_t blob[TSSB_BLOB_SIZE]);

/* Makes durable all that was written. Returns 0 or TSSB_E_STORE. */
int tssb_blobs_sync(struct tssb_blobs *blobs);

#endif
