/* flock, which ends with the process however it ends, and a number in the file, which does not. */
#include "core/posix/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/posix/text.h"

enum { TEXT_SIZE = 16 }; /* always as long, so that it is replaced by one write */

/* Reads the number in the file; 0 where there is none. */
static long read_owner(const struct tssb_disk *disk, int file) {
    char text[TEXT_SIZE + 1] = "";
    if (tssb_disk_read(disk, file, text, TEXT_SIZE, 0) <= 0)
        return 0;
    long owner = strtol(text, NULL, 10);
    return owner > 0 ? owner : 1;
}

static int write_owner(const struct tssb_disk *disk, int file, const char *folder, bool durable) {
    char text[TEXT_SIZE + 1];
    snprintf(text, sizeof text, "%-*ld\n", TEXT_SIZE - 1, (long)getpid());
    if (tssb_disk_write(disk, file, text, TEXT_SIZE, 0) != 0)
        return -1;
    if (durable && disk->sync(disk->context, file) != 0)
        return -1;
    return durable ? tssb_disk_sync_folder(disk, folder) : 0;
}

int tssb_lock_take(struct tssb_lock *lock, const struct tssb_disk *disk, const char *folder,
                   bool durable, char **error) {
    int status = 0;
    char *path = tssb_text("%s/lock", folder);
    lock->file = path ? disk->open(disk->context, path, O_RDWR | O_CREAT, 0600) : -1;
    if (lock->file < 0) {
        status = tssb_fail(error, 3, "%s: cannot lock the directory: %s", folder, strerror(errno));
    } else if (disk->lock(disk->context, lock->file) == 0) {
        lock->unclean = read_owner(disk, lock->file) != 0;
        if (write_owner(disk, lock->file, folder, durable) != 0)
            status = tssb_fail(error, 3, "%s: cannot write: %s", path, strerror(errno));
    } else if (errno == EWOULDBLOCK) {
        status = tssb_fail(error, 3,
                           "%s: process %ld is using it; two writers would fork the feed: stop "
                           "that one first",
                           folder, read_owner(disk, lock->file));
    } else {
        status = tssb_fail(error, 3, "%s: cannot lock: %s", path, strerror(errno));
    }
    if (status && lock->file >= 0) {
        disk->close(disk->context, lock->file);
        lock->file = -1;
    }
    free(path);
    return status;
}

int tssb_lock_look(struct tssb_lock *lock, const struct tssb_disk *disk, const char *folder) {
    char *path = tssb_text("%s/lock", folder);
    int file = path ? disk->open(disk->context, path, O_RDONLY, 0) : -1;
    if (file >= 0) {
        lock->unclean = read_owner(disk, file) != 0;
        disk->close(disk->context, file);
    }
    free(path);
    lock->file = -1;
    return 0;
}

void tssb_lock_release(struct tssb_lock *lock, const struct tssb_disk *disk, bool well) {
    if (lock->file < 0)
        return;
    if (well)
        (void)!disk->truncate(disk->context, lock->file, 0);
    disk->close(disk->context, lock->file);
    lock->file = -1;
}
