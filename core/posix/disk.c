/* The system's own calls behind the table, and what is made of several of them. */
#ifdef __linux__
#define _GNU_SOURCE /* syncfs */
#endif
#include "core/posix/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int system_open(void *context, const char *path, int flags, mode_t mode) {
    (void)context;
    return open(path, flags | O_CLOEXEC, mode);
}

static ssize_t system_pread(void *context, int file, void *bytes, size_t size, off_t at) {
    (void)context;
    return pread(file, bytes, size, at);
}

static ssize_t system_pwrite(void *context, int file, const void *bytes, size_t size, off_t at) {
    (void)context;
    return pwrite(file, bytes, size, at);
}

static int system_truncate(void *context, int file, off_t size) {
    (void)context;
    return ftruncate(file, size);
}

static off_t system_size(void *context, int file) {
    struct stat status;
    (void)context;
    if (fstat(file, &status) != 0)
        return -1;
    if (S_ISREG(status.st_mode))
        return status.st_size;
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    return -1;
}

static int system_sync(void *context, int file) {
    struct stat status;
    (void)context;
    if (fstat(file, &status) == 0 && S_ISDIR(status.st_mode))
        return fsync(file);
    return fdatasync(file);
}

static int system_sync_all(void *context, int file) {
    (void)context;
#ifdef __linux__
    return syncfs(file);
#else
    (void)file;
    sync();
    return 0;
#endif
}

static int system_lock(void *context, int file) {
    (void)context;
    return flock(file, LOCK_EX | LOCK_NB);
}

static int system_close(void *context, int file) {
    (void)context;
    return close(file);
}

static int system_rename(void *context, const char *from, const char *to) {
    (void)context;
    return rename(from, to);
}

static int system_link(void *context, const char *from, const char *to) {
    (void)context;
    return link(from, to);
}

static int system_unlink(void *context, const char *path) {
    (void)context;
    return unlink(path);
}

static int system_mkdir(void *context, const char *path, mode_t mode) {
    (void)context;
    return mkdir(path, mode);
}

static int system_list(void *context, const char *path,
                       void (*each)(void *of_each, const char *name), void *of_each) {
    (void)context;
    DIR *folder = opendir(path);
    if (!folder)
        return -1;
    struct dirent *item;
    for (errno = 0; (item = readdir(folder)); errno = 0)
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
            each(of_each, item->d_name);
    int failed = errno;
    closedir(folder);
    errno = failed;
    return failed ? -1 : 0;
}

const struct tssb_disk tssb_disk_system = {
    .open = system_open,
    .pread = system_pread,
    .pwrite = system_pwrite,
    .truncate = system_truncate,
    .size = system_size,
    .sync = system_sync,
    .sync_all = system_sync_all,
    .lock = system_lock,
    .close = system_close,
    .rename = system_rename,
    .link = system_link,
    .unlink = system_unlink,
    .mkdir = system_mkdir,
    .list = system_list,
};

ssize_t tssb_disk_read(const struct tssb_disk *disk, int file, void *bytes, size_t size, off_t at) {
    size_t done = 0;
    while (done < size) {
        ssize_t got = disk->pread(disk->context, file, (char *)bytes + done, size - done,
                                  at + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

int tssb_disk_write(const struct tssb_disk *disk, int file, const void *bytes, size_t size,
                    off_t at) {
    size_t done = 0;
    while (done < size) {
        ssize_t put = disk->pwrite(disk->context, file, (const char *)bytes + done, size - done,
                                   at + (off_t)done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put == 0)
            errno = ENOSPC;
        if (put <= 0)
            return -1;
        done += (size_t)put;
    }
    return 0;
}

/* Closes a file after a call of this result; what that call left in errno counts. */
static int close_after(const struct tssb_disk *disk, int file, int result) {
    int failed = errno;
    int closed = disk->close(disk->context, file);
    if (result != 0)
        errno = failed;
    return result != 0 ? result : closed;
}

int tssb_disk_sync_folder(const struct tssb_disk *disk, const char *path) {
    int folder = disk->open(disk->context, path, O_RDONLY | O_DIRECTORY, 0);
    if (folder < 0)
        return -1;
    return close_after(disk, folder, disk->sync(disk->context, folder));
}

static int load(const struct tssb_disk *disk, int file, size_t most, char **bytes, size_t *size) {
    off_t length = disk->size(disk->context, file);
    if (length < 0)
        return -1;
    if ((uintmax_t)length > most) {
        errno = EFBIG;
        return -1;
    }
    char *loaded = malloc((size_t)length + 1);
    if (!loaded)
        return -1;
    ssize_t got = tssb_disk_read(disk, file, loaded, (size_t)length, 0);
    if (got < 0) {
        free(loaded);
        return -1;
    }
    loaded[got] = 0;
    *bytes = loaded;
    *size = (size_t)got;
    return 0;
}

int tssb_disk_load(const struct tssb_disk *disk, const char *path, size_t most, char **bytes,
                   size_t *size) {
    int file = disk->open(disk->context, path, O_RDONLY, 0);
    if (file < 0)
        return -1;
    int result = load(disk, file, most, bytes, size);
    int failed = errno;
    disk->close(disk->context, file);
    errno = failed;
    return result;
}

int tssb_disk_save(const struct tssb_disk *disk, const char *path, mode_t mode, const void *bytes,
                   size_t size, int sync) {
    int file = disk->open(disk->context, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (file < 0)
        return -1;
    int result = tssb_disk_write(disk, file, bytes, size, 0);
    if (result == 0 && sync)
        result = disk->sync(disk->context, file);
    return close_after(disk, file, result);
}
