/* Reading a log in order, verifying it out of order, and saying what is wrong with it. */
#include "core/posix/check_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/posix/text.h"

static void note_header(struct tssb_check_log *check, const uint8_t fid[TSSB_FID_SIZE]) {
    struct tssb_log *log = &check->log;
    uint8_t block[TSSB_LOG_BLOCK_SIZE];
    off_t size = log->disk->size(log->disk->context, log->file);
    ssize_t got = size < 0 ? -1 : tssb_disk_read(log->disk, log->file, block, sizeof block, 0);
    if (got < 0) {
        check->unreadable = "cannot read";
        check->why = errno;
    } else if (got < TSSB_LOG_BLOCK_SIZE) {
        check->unreadable = "is shorter than its header";
    } else {
        check->unreadable = tssb_log_header_decode(block, &log->header);
        if (!check->unreadable && memcmp(log->header.fid, fid, TSSB_FID_SIZE) != 0)
            check->unreadable = "it is the log of another feed than its name says";
    }
    if (check->unreadable)
        return;
    check->size = (uint64_t)size;
    uint64_t blocks = check->size / TSSB_LOG_BLOCK_SIZE - 1,
             most = UINT32_MAX - log->header.anchor_seq;
    check->blocks = (uint32_t)(blocks < most ? blocks : most);
    memcpy(check->mid, log->header.anchor_mid, TSSB_MID_SIZE);
    check->front_fits = log->header.front_seq == log->header.anchor_seq &&
                        memcmp(check->mid, log->header.front_mid, TSSB_MID_SIZE) == 0;
}

void tssb_check_log_open(struct tssb_check_log *check, const struct tssb_disk *disk,
                         const char *path, const uint8_t fid[TSSB_FID_SIZE]) {
    *check = (struct tssb_check_log){.log = {.disk = disk, .path = tssb_text("%s", path)}};
    check->log.file = disk->open(disk->context, path, O_RDONLY, 0);
    if (check->log.file >= 0) {
        note_header(check, fid);
    } else {
        check->unreadable = "cannot open";
        check->why = errno;
    }
}

void tssb_check_log_close(struct tssb_check_log *check) {
    tssb_log_close(&check->log);
}

/* Notes of one block what its place in the file tells, and moves on to its MID. */
static void pass(struct tssb_check_log *check, const uint8_t block[TSSB_LOG_BLOCK_SIZE]) {
    static const uint8_t zero[TSSB_LOG_PREFIX_SIZE];
    const struct tssb_log_header *header = &check->log.header;
    struct tssb_place place = {.fid = header->fid, .seq = header->anchor_seq + ++check->read};
    memcpy(place.prev, check->mid, TSSB_MID_SIZE);
    tssb_entry_mid(&place, block + TSSB_LOG_PREFIX_SIZE, check->mid);
    if (check->marked == 0 && memcmp(block, zero, sizeof zero) != 0)
        check->marked = place.seq;
    if (place.seq == header->front_seq)
        check->front_fits = memcmp(check->mid, header->front_mid, TSSB_MID_SIZE) == 0;
}

bool tssb_check_log_read(struct tssb_check_log *check, struct tssb_check_batch *batch) {
    struct tssb_log *log = &check->log;
    if (check->unreadable || check->bad || check->read == check->blocks)
        return false;
    uint32_t left = check->blocks - check->read;
    batch->log = check;
    batch->first = log->header.anchor_seq + check->read + 1;
    batch->count = left < TSSB_CHECK_BATCH ? left : TSSB_CHECK_BATCH;
    size_t size = (size_t)batch->count * TSSB_LOG_BLOCK_SIZE;
    ssize_t got = tssb_disk_read(log->disk, log->file, batch->blocks, size,
                                 tssb_log_offset(&log->header, batch->first));
    if (got < 0 || (size_t)got < size) {
        check->unreadable = "cannot read";
        check->why = got < 0 ? errno : EIO;
        return false;
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        memcpy(batch->prev[i], check->mid, TSSB_MID_SIZE);
        pass(check, batch->blocks[i]);
    }
    return true;
}

uint32_t tssb_check_batch_verify(const struct tssb_check_batch *batch,
                                 const struct tssb_trust *trust, int *error) {
    for (uint32_t i = 0; i < batch->count; i++) {
        struct tssb_place place = {.fid = batch->log->log.header.fid, .seq = batch->first + i};
        memcpy(place.prev, batch->prev[i], TSSB_MID_SIZE);
        *error = tssb_entry_check(trust, &place, batch->blocks[i] + TSSB_LOG_PREFIX_SIZE,
                                  TSSB_ENTRY_SIZE);
        if (*error)
            return place.seq;
    }
    return 0;
}

/* What is wrong behind or with the front, where all entries up to it are good. */
static bool report_end(const struct tssb_check_log *check, uint32_t good,
                       struct tssb_check_report *report) {
    const struct tssb_log *log = &check->log;
    uint32_t front = log->header.front_seq;
    uint64_t end = TSSB_LOG_BLOCK_SIZE * (1 + (uint64_t)good - log->header.anchor_seq);
    bool ok = true;
    if (!check->front_fits)
        ok = tssb_check_add(report, TSSB_CHECK_WRONG,
                            tssb_text("%s: its front, entry %" PRIu32
                                      ", has not the message ID of that entry",
                                      log->path, front));
    else if (good > front)
        ok = tssb_check_add(report, TSSB_CHECK_NOTE,
                            tssb_text("%s: its front is entry %" PRIu32 ", and good are those to "
                                      "%" PRIu32 ": the next opening rolls it forward",
                                      log->path, front, good));
    if (check->size > end)
        ok &= tssb_check_add(report, TSSB_CHECK_WRONG,
                             tssb_text("%s: %" PRIu64 " bytes behind entry %" PRIu32
                                       " are no good entry (--repair cuts them)",
                                       log->path, check->size - end, good));
    return ok;
}

static char *bad_entry_text(const struct tssb_check_log *check, const struct tssb_trust *trust) {
    const struct tssb_log *log = &check->log;
    bool first = check->bad == log->header.anchor_seq + 1;
    if (check->bad_error == TSSB_E_SIGNATURE && first)
        return tssb_text("%s: entry %" PRIu32 ": no good %s signature: damaged, or of a directory "
                         "of another scheme",
                         log->path, check->bad, trust->scheme->name);
    return tssb_text("%s: entry %" PRIu32 ": %s; what is behind it cannot be verified", log->path,
                     check->bad, tssb_error_text(check->bad_error));
}

bool tssb_check_log_report(const struct tssb_check_log *check, const struct tssb_trust *trust,
                           struct tssb_check_report *report) {
    const struct tssb_log *log = &check->log;
    const char *path = log->path ? log->path : "a log";
    report->logs++;
    if (check->unreadable)
        return tssb_check_add(report, TSSB_CHECK_WRONG,
                              tssb_text("%s: %s%s%s", path, check->unreadable,
                                        check->why ? ": " : "",
                                        check->why ? strerror(check->why) : ""));
    uint32_t anchor = log->header.anchor_seq, front = log->header.front_seq;
    uint32_t good = check->bad ? check->bad - 1 : anchor + check->blocks;
    bool ok = true;
    report->entries += good - anchor;
    if (check->marked && check->marked <= good)
        ok = tssb_check_add(report, TSSB_CHECK_WRONG,
                            tssb_text("%s: entry %" PRIu32 ": the 8 bytes before it are not zero",
                                      path, check->marked));
    if (front < anchor)
        return tssb_check_add(report, TSSB_CHECK_WRONG,
                              tssb_text("%s: its front, entry %" PRIu32
                                        ", is before its anchor, %" PRIu32,
                                        path, front, anchor)) &&
               ok;
    if (good >= front)
        return report_end(check, good, report) && ok;
    if (check->bad)
        return tssb_check_add(report, TSSB_CHECK_WRONG, bad_entry_text(check, trust)) && ok;
    return tssb_check_add(report, TSSB_CHECK_WRONG,
                          tssb_text("%s: ends behind entry %" PRIu32 ", and its front is entry "
                                    "%" PRIu32,
                                    path, good, front)) &&
           ok;
}
