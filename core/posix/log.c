/* Log files: making one, appending, reading. What a crash leaves is log_repair.c's. */
#include "core/posix/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/bytes.h"
#include "core/check.h"
#include "core/error.h"
#include "core/posix/text.h"

enum {
    ZERO_SIZE = 12, /* at the start of the header */
    FRONT_AT = 104,
    FRONT_SIZE = 4 + TSSB_MID_SIZE,
};

static uint8_t *put(uint8_t *at, const void *bytes, size_t size) {
    memcpy(at, bytes, size);
    return at + size;
}

static uint8_t *put32(uint8_t *at, uint32_t value) {
    tssb_store32(at, value);
    return at + 4;
}

void tssb_log_header_encode(const struct tssb_log_header *header,
                            uint8_t block[TSSB_LOG_BLOCK_SIZE]) {
    uint8_t *at = block;
    memset(at, 0, ZERO_SIZE);
    at = put(at + ZERO_SIZE, header->fid, TSSB_FID_SIZE);
    at = put(at, header->parent_fid, TSSB_FID_SIZE);
    at = put32(at, header->parent_seq);
    at = put32(at, header->anchor_seq);
    at = put(at, header->anchor_mid, TSSB_MID_SIZE);
    at = put32(at, header->front_seq);
    at = put(at, header->front_mid, TSSB_MID_SIZE);
    TSSB_CHECK(at == block + TSSB_LOG_BLOCK_SIZE);
}

static const uint8_t *get(const uint8_t *at, void *bytes, size_t size) {
    memcpy(bytes, at, size);
    return at + size;
}

static const uint8_t *get32(const uint8_t *at, uint32_t *value) {
    *value = tssb_load32(at);
    return at + 4;
}

const char *tssb_log_header_decode(const uint8_t block[TSSB_LOG_BLOCK_SIZE],
                                   struct tssb_log_header *header) {
    static const uint8_t zero[ZERO_SIZE];
    const uint8_t *at = block + ZERO_SIZE;
    at = get(at, header->fid, TSSB_FID_SIZE);
    at = get(at, header->parent_fid, TSSB_FID_SIZE);
    at = get32(at, &header->parent_seq);
    at = get32(at, &header->anchor_seq);
    at = get(at, header->anchor_mid, TSSB_MID_SIZE);
    at = get32(at, &header->front_seq);
    get(at, header->front_mid, TSSB_MID_SIZE);
    if (memcmp(block, zero, ZERO_SIZE) != 0)
        return "its first 12 bytes are not zero: no log, or of a later format";
    if (header->anchor_seq == 0 && memcmp(header->anchor_mid, header->fid, TSSB_MID_SIZE) != 0)
        return "its anchor is not the start of the feed, whose number it has";
    return NULL;
}

bool tssb_log_feed_of_name(const char *name, uint8_t fid[TSSB_FID_SIZE]) {
    char hex[2 * TSSB_FID_SIZE + 1] = "";
    if (strlen(name) != sizeof hex - 1 + 4 || strcmp(name + sizeof hex - 1, ".log") != 0)
        return false;
    memcpy(hex, name, sizeof hex - 1);
    return tssb_unhex(hex, fid, TSSB_FID_SIZE) == 0;
}

int tssb_log_trouble(struct tssb_log *log, const char *what) {
    log->failed = what;
    log->why = errno;
    return TSSB_E_STORE;
}

/* Making one. */

/* Writes the file at `fresh` and gives it its name `path`, which must be new. */
static int make_file(const struct tssb_disk *disk, const char *fresh, const char *path,
                     const uint8_t block[TSSB_LOG_BLOCK_SIZE], bool *made) {
    if (tssb_disk_save(disk, fresh, 0644, block, TSSB_LOG_BLOCK_SIZE, 1) != 0)
        return -1;
    int linked = disk->link(disk->context, fresh, path);
    int failed = errno;
    disk->unlink(disk->context, fresh);
    errno = failed;
    *made = linked == 0;
    return linked == 0 || failed == EEXIST ? 0 : -1;
}

int tssb_log_create(const struct tssb_disk *disk, const char *folder,
                    const struct tssb_log_header *header, bool *made, char **error) {
    char hex[2 * TSSB_FID_SIZE + 1];
    uint8_t block[TSSB_LOG_BLOCK_SIZE];
    struct tssb_log_header empty = *header;
    empty.front_seq = empty.anchor_seq;
    memcpy(empty.front_mid, empty.anchor_mid, TSSB_MID_SIZE);
    tssb_log_header_encode(&empty, block);
    tssb_hex(header->fid, TSSB_FID_SIZE, hex);

    int status = 0;
    char *logs = tssb_text("%s/_logs", folder);
    /* A neighbour may make the same log at this moment, in a process of its own. */
    char *fresh = tssb_text("%s/%s.%ld.tmp", folder, hex, (long)getpid());
    char *path = tssb_text("%s/_logs/%s.log", folder, hex);
    if (!logs || !fresh || !path)
        status = tssb_fail(error, 3, "out of memory");
    else if ((disk->mkdir(disk->context, logs, 0755) != 0 && errno != EEXIST) ||
             make_file(disk, fresh, path, block, made) != 0 ||
             tssb_disk_sync_folder(disk, logs) != 0)
        status = tssb_fail(error, 3, "%s: cannot make this log: %s", path, strerror(errno));
    free(logs);
    free(fresh);
    free(path);
    return status;
}

void tssb_log_close(struct tssb_log *log) {
    if (log->file >= 0)
        log->disk->close(log->disk->context, log->file);
    free(log->path);
    log->file = -1;
    log->path = NULL;
}

/* Appending. */

int tssb_log_write_front(struct tssb_log *log) {
    uint8_t block[TSSB_LOG_BLOCK_SIZE];
    tssb_log_header_encode(&log->header, block);
    log->stale = true;
    if (tssb_disk_write(log->disk, log->file, block + FRONT_AT, FRONT_SIZE, FRONT_AT) != 0)
        return tssb_log_trouble(log, "write its front");
    log->stale = false;
    log->unsynced = true;
    log->written_seq = log->header.front_seq;
    return 0;
}

static int sync_file(struct tssb_log *log) {
    if (log->disk->sync(log->disk->context, log->file) != 0) {
        log->broken = true;
        return tssb_log_trouble(log, "make it durable");
    }
    log->unsynced = false;
    return 0;
}

/* Writes the block of the entry after the front, and where `sync`, makes it durable. */
static int write_block(struct tssb_log *log, const uint8_t wire[TSSB_ENTRY_SIZE], bool sync) {
    uint8_t block[TSSB_LOG_BLOCK_SIZE] = {0};
    memcpy(block + TSSB_LOG_PREFIX_SIZE, wire, TSSB_ENTRY_SIZE);
    off_t at = tssb_log_offset(&log->header, log->header.front_seq + 1);
    int error = 0;
    if (tssb_disk_write(log->disk, log->file, block, sizeof block, at) != 0)
        error = tssb_log_trouble(log, "append an entry");
    else if (sync)
        error = sync_file(log);
    if (error) /* where this fails too, the next opening cuts it, or the next entry replaces it */
        (void)!log->disk->truncate(log->disk->context, log->file, at);
    return error;
}

int tssb_log_append(struct tssb_log *log, const uint8_t wire[TSSB_ENTRY_SIZE],
                    const uint8_t mid[TSSB_MID_SIZE], enum tssb_log_append_mode mode) {
    if (log->broken) {
        errno = EIO;
        return tssb_log_trouble(log, "append after a sync that failed");
    }
    /* A front of which a part was written is made whole before the next one: opening knows a
     * mixture of two again, not of three. */
    if (log->stale && tssb_log_write_front(log) != 0)
        return TSSB_E_STORE;
    int error = write_block(log, wire, mode == TSSB_LOG_DURABLE);
    if (error)
        return error;
    log->unsynced |= mode != TSSB_LOG_DURABLE;
    log->header.front_seq++;
    memcpy(log->header.front_mid, mid, TSSB_MID_SIZE);
    /* The entry is safe: a front that cannot be written is tried again, and found by opening. */
    if (mode != TSSB_LOG_LATER)
        (void)tssb_log_write_front(log);
    return 0;
}

int tssb_log_sync(struct tssb_log *log) {
    if (log->broken) {
        errno = EIO;
        return tssb_log_trouble(log, "sync again after a sync that failed");
    }
    int error = 0;
    if (log->unsynced)
        error = sync_file(log);
    if (!error && (log->stale || log->written_seq != log->header.front_seq))
        error = tssb_log_write_front(log);
    return error;
}

int tssb_log_read(struct tssb_log *log, uint32_t seq, uint8_t wire[TSSB_ENTRY_SIZE]) {
    TSSB_CHECK(seq > log->header.anchor_seq && seq <= log->header.front_seq);
    ssize_t got = tssb_disk_read(log->disk, log->file, wire, TSSB_ENTRY_SIZE,
                                 tssb_log_offset(&log->header, seq) + TSSB_LOG_PREFIX_SIZE);
    if (got == TSSB_ENTRY_SIZE)
        return 0;
    if (got >= 0)
        errno = EIO; /* somebody has cut the file */
    return tssb_log_trouble(log, "read an entry");
}
