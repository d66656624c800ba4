/* The system calls that keep data, as a table of functions: a test can cut a write at any byte,
 * lose what was not synced, and make any call fail. */
#ifndef TSSB_DISK_H
#define TSSB_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All return as the calls they are named for, -1 with errno set. */
struct tssb_disk {
    int (*open)(void *context, const char *path, int flags, mode_t mode);
    ssize_t (*pread)(void *context, int file, void *bytes, size_t size, off_t at);
    ssize_t (*pwrite)(void *context, int file, const void *bytes, size_t size, off_t at);
    int (*truncate)(void *context, int file, off_t size);
    off_t (*size)(void *context, int file);   /* of a regular file; else -1 and EINVAL */
    int (*sync)(void *context, int file);     /* fdatasync; of a folder, fsync */
    int (*sync_all)(void *context, int file); /* all of the file system that this file is on */
    int (*lock)(void *context, int file);     /* against other openings; EWOULDBLOCK: it is taken */
    int (*close)(void *context, int file);
    int (*rename)(void *context, const char *from, const char *to);
    int (*link)(void *context, const char *from, const char *to);
    int (*unlink)(void *context, const char *path);
    int (*mkdir)(void *context, const char *path, mode_t mode);
    /* Calls `each` with the names in a folder, in any order, without "." and "..". */
    int (*list)(void *context, const char *path, void (*each)(void *of_each, const char *name),
                void *of_each);
    void *context;
};

extern const struct tssb_disk tssb_disk_system;

/* Reads until `size` bytes are there or the file ends. Returns how many, or -1. */
ssize_t tssb_disk_read(const struct tssb_disk *disk, int file, void *bytes, size_t size, off_t at);

/* Writes all of it, or returns -1; then any part may have been written. */
int tssb_disk_write(const struct tssb_disk *disk, int file, const void *bytes, size_t size,
                    off_t at);

/* Makes the names in a folder durable. */
int tssb_disk_sync_folder(const struct tssb_disk *disk, const char *path);

/* Reads a file of up to `most` bytes (EFBIG) into memory that the caller frees; a 0 stands behind
 * the last byte. Returns 0 or -1. */
int tssb_disk_load(const struct tssb_disk *disk, const char *path, size_t most, char **bytes,
                   size_t *size);

/* Makes a file of these bytes, or replaces what it held, and makes them durable where `sync`.
 * Not atomic: write a file of another name and rename it. Returns 0 or -1. */
int tssb_disk_save(const struct tssb_disk *disk, const char *path, mode_t mode, const void *bytes,
                   size_t size, int sync);

#endif
