/* The blobs of a data directory: one file of 120 B each, _blob/<2 hex>/<38 hex>, named by its
 * pointer (PROTOCOL.md 6). One of another length or hash is as good as none. */
#ifndef TSSB_BLOB_FILES_H
#define TSSB_BLOB_FILES_H

#include "core/chain.h"
#include "core/posix/disk.h"
#include "core/types.h"

enum { TSSB_BLOB_FILES_UNSYNCED_MAX = 32 };

struct tssb_blob_files {
    const struct tssb_disk *disk; /* borrowed */
    char *path;                   /* of the node's directory, with room for a blob's name behind */
    size_t path_size;
    uint8_t unsynced[TSSB_BLOB_FILES_UNSYNCED_MAX][TSSB_PTR_SIZE];
    uint32_t unsynced_count; /* over the most: the whole file system is synced */
    const char *failed;      /* what was tried when it last failed, with `why` */
    int why;                 /* an errno */
};

/* path: the node's directory, copied. Returns 0 or TSSB_E_MEMORY. */
int tssb_blob_files_init(struct tssb_blob_files *blobs, const struct tssb_disk *disk,
                         const char *path);
void tssb_blob_files_close(struct tssb_blob_files *blobs);

/* Returns 0; TSSB_E_NOT_FOUND where it is not held; TSSB_E_BLOB where a file of this name holds
 * anything else; TSSB_E_STORE where it cannot be read. */
int tssb_blob_files_read(struct tssb_blob_files *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                         uint8_t blob[TSSB_BLOB_SIZE]);

/* Keeps a blob, in place of a bad one of its name. It is durable after tssb_blob_files_sync.
 * Returns 0 or TSSB_E_STORE. */
int tssb_blob_files_write(struct tssb_blob_files *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                          const uint8_t blob[TSSB_BLOB_SIZE]);

/* Makes durable all that was written. Returns 0 or TSSB_E_STORE. */
int tssb_blob_files_sync(struct tssb_blob_files *blobs);

#endif
