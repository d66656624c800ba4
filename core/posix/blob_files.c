/* Blobs as files. Each is written under another name and renamed, so that no half blob ever has a
 * blob's name. A long side chain makes many files: they are synced together, before the entry that
 * points to them. */
#include "core/posix/blob_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/posix/text.h"

enum { NAME_ROOM = sizeof "/_blob/00/" + 2 * TSSB_PTR_SIZE };

int tssb_blob_files_init(struct tssb_blob_files *blobs, const struct tssb_disk *disk,
                         const char *path) {
    *blobs = (struct tssb_blob_files){.disk = disk, .path_size = strlen(path)};
    blobs->path = malloc(blobs->path_size + NAME_ROOM);
    if (!blobs->path)
        return TSSB_E_MEMORY;
    memcpy(blobs->path, path, blobs->path_size + 1);
    return 0;
}

void tssb_blob_files_close(struct tssb_blob_files *blobs) {
    free(blobs->path);
    blobs->path = NULL;
}

static int trouble(struct tssb_blob_files *blobs, const char *what) {
    blobs->failed = what;
    blobs->why = errno;
    return TSSB_E_STORE;
}

/* These write behind the directory's path, each in place of the one before. */

static const char *with_name(struct tssb_blob_files *blobs, const char *name) {
    snprintf(blobs->path + blobs->path_size, NAME_ROOM, "%s", name);
    return blobs->path;
}

/* The folder of the blobs whose pointers begin with this byte. */
static const char *folder_path(struct tssb_blob_files *blobs, uint8_t first) {
    char name[NAME_ROOM];
    snprintf(name, sizeof name, "/_blob/%02x", first);
    return with_name(blobs, name);
}

static const char *blob_path(struct tssb_blob_files *blobs, const uint8_t ptr[TSSB_PTR_SIZE]) {
    char name[NAME_ROOM], hex[2 * TSSB_PTR_SIZE + 1];
    tssb_hex(ptr, TSSB_PTR_SIZE, hex);
    snprintf(name, sizeof name, "/_blob/%.2s/%s", hex, hex + 2);
    return with_name(blobs, name);
}

int tssb_blob_files_read(struct tssb_blob_files *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                         uint8_t blob[TSSB_BLOB_SIZE]) {
    const struct tssb_disk *disk = blobs->disk;
    uint8_t bytes[TSSB_BLOB_SIZE + 1], hashed[TSSB_PTR_SIZE];
    int file = disk->open(disk->context, blob_path(blobs, ptr), O_RDONLY, 0);
    if (file < 0)
        return errno == ENOENT ? TSSB_E_NOT_FOUND : trouble(blobs, "open a blob");
    ssize_t got = tssb_disk_read(disk, file, bytes, sizeof bytes, 0);
    int error = got < 0 ? trouble(blobs, "read a blob") : 0;
    disk->close(disk->context, file);
    if (error)
        return error;
    if (got != TSSB_BLOB_SIZE)
        return TSSB_E_BLOB;
    tssb_blob_ptr(bytes, hashed);
    if (memcmp(hashed, ptr, TSSB_PTR_SIZE) != 0)
        return TSSB_E_BLOB;
    memcpy(blob, bytes, TSSB_BLOB_SIZE);
    return 0;
}

/* Makes the folder, and the folder of folders, where they are not there. */
static int make_folder(struct tssb_blob_files *blobs, uint8_t first) {
    const struct tssb_disk *disk = blobs->disk;
    for (int tries = 0; tries < 2; tries++) {
        if (disk->mkdir(disk->context, folder_path(blobs, first), 0755) == 0 || errno == EEXIST)
            return 0;
        if (errno != ENOENT)
            return -1;
        if (disk->mkdir(disk->context, with_name(blobs, "/_blob"), 0755) != 0 ||
            tssb_disk_sync_folder(disk, with_name(blobs, "")) != 0)
            return -1;
    }
    return -1;
}

/* Writes the file under its first name and gives it its own. */
static int make_file(struct tssb_blob_files *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                     const uint8_t blob[TSSB_BLOB_SIZE]) {
    const struct tssb_disk *disk = blobs->disk;
    int failed = 0;
    char *fresh = tssb_text("%s", with_name(blobs, "/blob.tmp"));
    if (!fresh)
        return -1;
    if (tssb_disk_save(disk, fresh, 0644, blob, TSSB_BLOB_SIZE, 0) != 0 ||
        disk->rename(disk->context, fresh, blob_path(blobs, ptr)) != 0) {
        failed = errno;
        disk->unlink(disk->context, fresh);
    }
    free(fresh);
    errno = failed;
    return failed ? -1 : 0;
}

int tssb_blob_files_write(struct tssb_blob_files *blobs, const uint8_t ptr[TSSB_PTR_SIZE],
                          const uint8_t blob[TSSB_BLOB_SIZE]) {
    uint8_t held[TSSB_BLOB_SIZE];
    if (tssb_blob_files_read(blobs, ptr, held) == 0)
        return 0;
    if (make_folder(blobs, ptr[0]) != 0)
        return trouble(blobs, "make a folder of blobs");
    if (make_file(blobs, ptr, blob) != 0)
        return trouble(blobs, "write a blob");
    if (blobs->unsynced_count < TSSB_BLOB_FILES_UNSYNCED_MAX)
        memcpy(blobs->unsynced[blobs->unsynced_count], ptr, TSSB_PTR_SIZE);
    if (blobs->unsynced_count <= TSSB_BLOB_FILES_UNSYNCED_MAX)
        blobs->unsynced_count++;
    return 0;
}

static int sync_path(const struct tssb_disk *disk, const char *path, int flags) {
    int file = disk->open(disk->context, path, O_RDONLY | flags, 0);
    if (file < 0)
        return -1;
    int result = disk->sync(disk->context, file);
    int failed = errno;
    disk->close(disk->context, file);
    errno = failed;
    return result;
}

static int sync_each(struct tssb_blob_files *blobs) {
    for (uint32_t i = 0; i < blobs->unsynced_count; i++) {
        const uint8_t *ptr = blobs->unsynced[i];
        if (sync_path(blobs->disk, blob_path(blobs, ptr), 0) != 0 ||
            sync_path(blobs->disk, folder_path(blobs, ptr[0]), O_DIRECTORY) != 0)
            return -1;
    }
    return sync_path(blobs->disk, with_name(blobs, "/_blob"), O_DIRECTORY);
}

static int sync_together(struct tssb_blob_files *blobs) {
    const struct tssb_disk *disk = blobs->disk;
    int folder = disk->open(disk->context, with_name(blobs, "/_blob"), O_RDONLY | O_DIRECTORY, 0);
    if (folder < 0)
        return -1;
    int result = disk->sync_all(disk->context, folder);
    int failed = errno;
    disk->close(disk->context, folder);
    errno = failed;
    return result;
}

int tssb_blob_files_sync(struct tssb_blob_files *blobs) {
    if (blobs->unsynced_count == 0)
        return 0;
    if ((blobs->unsynced_count > TSSB_BLOB_FILES_UNSYNCED_MAX ? sync_together : sync_each)(blobs) !=
        0)
        return trouble(blobs, "make blobs durable");
    blobs->unsynced_count = 0;
    return 0;
}
