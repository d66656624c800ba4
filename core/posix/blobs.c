/* Which layout a directory has is what it holds: there is no setting that could say otherwise. */
#include "core/posix/blobs.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/posix/text.h"

int tssb_blobs_open(struct tssb_blobs *blobs, const struct tssb_disk *disk, const char *path,
                    bool read_only, char **repaired, char **error) {
    *blobs = (struct tssb_blobs){.layout = TSSB_BLOBS_PACKED, .pack = malloc(sizeof *blobs->pack)};
    if (!blobs->pack)
        return tssb_fail(error, 3, "out of memory");
    int status = tssb_pack_open(blobs->pack, disk, path, read_only, repaired, error);
    if (status == 0)
        return 0;
    free(blobs->pack);
    *blobs = (struct tssb_blobs){.layout = TSSB_BLOBS_IN_FILES};
    if (status == 1)
        status = tssb_blob_files_init(&blobs->files, disk, path) == 0
                     ? 0
                     : tssb_fail(error, 3, "out of memory");
    return status;
}

void tssb_blobs_close(struct tssb_blobs *blobs) {
    if (blobs->pack)
        tssb_pack_close(blobs->pack);
    free(blobs->pack);
    blobs->pack = NULL;
    tssb_blob_files_close(&blobs->files);
}

/* What the layout's function returned, with the reason noted. */
static int after(struct tssb_blobs *blobs, int error) {
    if (error == TSSB_E_STORE) {
        blobs->failed = blobs->pack ? blobs->pack->failed : blobs->files.failed;
        blobs->why = blobs->pack ? blobs->pack->why : blobs->files.why;
    }
    return error;
}

int tssb_blobs_read(struct tssb_blobs *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                    uint8_t blob[TSSB_BLOB_SIZE]) {
    return after(blobs, blobs->pack ? tssb_pack_read(blobs->pack, ptr, blob)
                                    : tssb_blob_files_read(&blobs->files, ptr, blob));
}

int tssb_blobs_write(struct tssb_blobs *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                     const uint8_t blob[TSSB_BLOB_SIZE]) {
    return after(blobs, blobs->pack ? tssb_pack_write(blobs->pack, ptr, blob)
                                    : tssb_blob_files_write(&blobs->files, ptr, blob));
}

int tssb_blobs_sync(struct tssb_blobs *blobs) {
    return after(blobs,
                 blobs->pack ? tssb_pack_sync(blobs->pack) : tssb_blob_files_sync(&blobs->files));
}
