/* A virtual file system that passes everything on to SQLite's own, and counts what is written. */
#include "tight_disk.h"

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* A file of ours, followed in memory by the real one. */
struct tight_file {
    sqlite3_file base;
};

static int64_t room_bytes = -1;
static uint64_t writes_left;
static sqlite3_vfs *real;

static sqlite3_file *real_of(sqlite3_file *file) {
    return (sqlite3_file *)(void *)((struct tight_file *)file + 1);
}

static int tight_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    sqlite3_int64 size = 0;
    (void)real_of(file)->pMethods->xFileSize(real_of(file), &size);
    int64_t growth = offset + count > size ? offset + count - size : 0;
    if (writes_left > 0 && --writes_left == 0) {
        (void)real_of(file)->pMethods->xWrite(real_of(file), bytes, count / 2, offset);
        (void)kill(getpid(), SIGKILL);
    }
    if (room_bytes >= 0 && growth > room_bytes)
        return SQLITE_FULL;
    room_bytes -= room_bytes >= 0 ? growth : 0;
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, count, offset);
}

#define PASS(name, parameters, ...)                                      \
    static int tight_##name parameters {                                 \
        return real_of(file)->pMethods->name(real_of(file) __VA_ARGS__); \
    }
PASS(xClose, (sqlite3_file * file))
PASS(xRead, (sqlite3_file * file, void *bytes, int count, sqlite3_int64 at), , bytes, count, at)
PASS(xTruncate, (sqlite3_file * file, sqlite3_int64 size), , size)
PASS(xFileSize, (sqlite3_file * file, sqlite3_int64 *size), , size)
PASS(xLock, (sqlite3_file * file, int level), , level)
PASS(xUnlock, (sqlite3_file * file, int level), , level)
PASS(xCheckReservedLock, (sqlite3_file * file, int *result), , result)
PASS(xSectorSize, (sqlite3_file * file))
PASS(xDeviceCharacteristics, (sqlite3_file * file))

/* Only this process ends, never the system's, so nothing has to be brought to the real disk. */
static int tight_xSync(sqlite3_file *file, int flags) {
    (void)file;
    (void)flags;
    return SQLITE_OK;
}

static int tight_xFileControl(sqlite3_file *file, int operation, void *argument) {
    (void)file;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = tight_xClose,
    .xRead = tight_xRead,
    .xWrite = tight_write,
    .xTruncate = tight_xTruncate,
    .xSync = tight_xSync,
    .xFileSize = tight_xFileSize,
    .xLock = tight_xLock,
    .xUnlock = tight_xUnlock,
    .xCheckReservedLock = tight_xCheckReservedLock,
    .xFileControl = tight_xFileControl,
    .xSectorSize = tight_xSectorSize,
    .xDeviceCharacteristics = tight_xDeviceCharacteristics,
};

static int tight_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    (void)vfs;
    file->pMethods = NULL;
    int code = real->xOpen(real, name, real_of(file), flags, out);
    if (real_of(file)->pMethods)
        file->pMethods = &methods;
    return code;
}

void tight_disk_install(void) {
    static sqlite3_vfs vfs;
    if (real)
        return;
    real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "tight";
    vfs.szOsFile += (int)sizeof(struct tight_file);
    vfs.xOpen = tight_open;
    (void)sqlite3_vfs_register(&vfs, 1);
}

void tight_disk_set_room(int64_t bytes) {
    room_bytes = bytes;
}

void tight_disk_set_kill(uint64_t writes) {
    writes_left = writes;
}
