/* Opening a log: what a crash can have left of the order of writes in log.h, and how it is told
 * from damage.
 *
 * Behind the front there may be whole entries, whose front was not written any more, and a torn
 * one. Only the last whole entry needs its signature checked: it covers the MID of the one before,
 * which covers the one before that. The front itself may be torn: some bytes of the new one, the
 * others of the old one. Anything else was not left by a crash, and is refused: where entries lack
 * that the header says were there, they may have been announced. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/error.h"
#include "core/posix/log.h"
#include "core/posix/log_walk.h"
#include "core/posix/text.h"

/* The last entry at a place in the file, and how to get there. */
struct last {
    uint32_t seq;
    uint8_t prev[TSSB_MID_SIZE], mid[TSSB_MID_SIZE];
    uint8_t wire[TSSB_ENTRY_SIZE];
};

/* The 24 bytes of a front, one bit each. */
enum { FRONT_BYTES = 4 + TSSB_MID_SIZE, ALL_FRONT_BYTES = (1 << FRONT_BYTES) - 1 };

/* What the file holds, as hashing it from the anchor on tells. */
struct survey {
    uint64_t size;              /* of the file */
    struct last last, previous; /* the last two that fit, or the anchor */
    uint32_t nearest;           /* the entry whose front is the most like the header's, */
    unsigned nearest_bytes;     /* in these bytes */
    bool torn;                  /* the other bytes are those of */
    uint32_t other;             /* this entry's */
};

static uint64_t size_with_front(const struct tssb_log_header *header, uint32_t front_seq) {
    return TSSB_LOG_BLOCK_SIZE * (1 + (uint64_t)front_seq - header->anchor_seq);
}

/* In which bytes the header's front is that of the entry the walk is at. */
static unsigned same_bytes(const struct tssb_log_walk *walk) {
    const struct tssb_log_header *header = &walk->log->header;
    uint32_t number = header->front_seq ^ walk->seq;
    unsigned same = 0;
    for (int i = 0; i < 4; i++)
        same |= (unsigned)((number >> (8 * i) & 0xff) == 0) << i;
    for (int i = 0; i < TSSB_MID_SIZE; i++)
        same |= (unsigned)(header->front_mid[i] == walk->mid[i]) << (4 + i);
    return same;
}

static void note_place(struct survey *survey, const struct tssb_log_walk *walk) {
    unsigned same = same_bytes(walk);
    survey->previous = survey->last;
    survey->last.seq = walk->seq;
    memcpy(survey->last.prev, walk->prev, TSSB_MID_SIZE);
    memcpy(survey->last.mid, walk->mid, TSSB_MID_SIZE);
    if (walk->wire)
        memcpy(survey->last.wire, walk->wire, TSSB_ENTRY_SIZE);
    if (__builtin_popcount(same) >= __builtin_popcount(survey->nearest_bytes)) {
        survey->nearest = walk->seq;
        survey->nearest_bytes = same;
    }
}

static int take_survey(const struct tssb_log *log, struct survey *survey) {
    struct tssb_log_walk walk;
    int more;
    tssb_log_walk_init(&walk, log);
    memset(&survey->last, 0, sizeof survey->last);
    do
        note_place(survey, &walk);
    while ((more = tssb_log_walk_next(&walk)) > 0);
    return more;
}

/* Finds the second front of two of which the header's is a mixture. */
static int find_other(const struct tssb_log *log, struct survey *survey) {
    struct tssb_log_walk walk;
    int more = 1;
    tssb_log_walk_init(&walk, log);
    do {
        survey->torn = (survey->nearest_bytes | same_bytes(&walk)) == ALL_FRONT_BYTES;
        survey->other = walk.seq;
    } while (!survey->torn && (more = tssb_log_walk_next(&walk)) > 0);
    return more < 0 ? -1 : 0;
}

/* Whether the last entry that fits was signed by the author; where a write was cut within its
 * signature or payload, the one before is the last. Only what lies behind the header's front is
 * looked at, since the rest was verified before its front was written. */
static bool drop_torn(const struct tssb_log *log, const struct tssb_trust *trust,
                      struct survey *survey, uint32_t front) {
    for (int i = 0; i < 2 && survey->last.seq > front; i++) {
        struct tssb_place place = {.fid = log->header.fid, .seq = survey->last.seq};
        memcpy(place.prev, survey->last.prev, TSSB_MID_SIZE);
        if (tssb_entry_check(trust, &place, survey->last.wire, TSSB_ENTRY_SIZE) == 0)
            return true;
        survey->last = survey->previous;
    }
    return survey->last.seq <= front || survey->last.seq == log->header.anchor_seq;
}

static int refuse(const char *path, const char *what, char **error) {
    return tssb_fail(error, 2, "%s: %s", path, what);
}

/* Whether what does not fit is at most one entry, at the end of the file. */
static bool is_tail(const struct tssb_log_header *header, const struct survey *survey) {
    return survey->size < size_with_front(header, survey->last.seq) + 2 * TSSB_LOG_BLOCK_SIZE;
}

/* After a survey: whether a crash can have left this. Returns 0, or 2 with *error. */
static int judge(const struct tssb_log *log, const struct tssb_log_opening *opening,
                 struct survey *survey, char **error) {
    const struct tssb_log_header *header = &log->header;
    bool intact = survey->nearest_bytes == ALL_FRONT_BYTES;
    if (!drop_torn(log, opening->trust, survey, intact ? header->front_seq : header->anchor_seq))
        return refuse(log->path, "its last entries are not signed by its author", error);
    uint32_t last = survey->last.seq;
    bool torn = survey->torn && survey->nearest <= last && survey->other <= last;
    if (intact || (opening->unclean && torn) || (opening->cut_damage && is_tail(header, survey)))
        return 0;
    if (header->front_seq <= last)
        return refuse(log->path, "its front is not that of the entry it names, see 'tssb check'",
                      error);
    return tssb_fail(error, 2,
                     "%s: its front is entry %" PRIu32 ", but whole are only those to %" PRIu32
                     ": get the file back from a copy, or see 'tssb check --repair'",
                     log->path, header->front_seq, last);
}

/* A line on what is going to be done to the file; NULL where nothing is, or memory ran out. */
static char *describe(const struct tssb_log *log, const struct survey *survey, bool read_only) {
    const struct tssb_log_header *header = &log->header;
    uint32_t front = survey->last.seq;
    uint64_t whole = size_with_front(header, front);
    const char *would = read_only ? "needs to be " : "";
    if (survey->size > whole)
        return tssb_text("%s: %scut: %" PRIu64 " bytes of a torn entry %" PRIu64
                         "; its front is entry %" PRIu32,
                         log->path, would, survey->size - whole, (uint64_t)front + 1, front);
    if (survey->torn)
        return tssb_text("%s: %srolled forward to entry %" PRIu32 ": its front was torn", log->path,
                         would, front);
    if (front < header->front_seq)
        return tssb_text("%s: %scut: entries %" PRIu32 " to %" PRIu32 " are lost", log->path, would,
                         front + 1, header->front_seq);
    if (front > header->front_seq)
        return tssb_text("%s: %srolled forward from entry %" PRIu32 " to %" PRIu32, log->path,
                         would, header->front_seq, front);
    return tssb_text("%s: %sgiven its front again, entry %" PRIu32, log->path, would, front);
}

/* Makes the file what the survey found. */
static int repair(struct tssb_log *log, const struct survey *survey, bool read_only) {
    log->header.front_seq = survey->last.seq;
    memcpy(log->header.front_mid, survey->last.mid, TSSB_MID_SIZE);
    if (read_only)
        return 0;
    uint64_t whole = size_with_front(&log->header, log->header.front_seq);
    if (survey->size > whole &&
        log->disk->truncate(log->disk->context, log->file, (off_t)whole) != 0)
        return tssb_log_trouble(log, "cut a torn entry");
    log->unsynced = log->stale = true; /* entries first, then the front, then all is durable */
    int error = tssb_log_sync(log);
    return error ? error : tssb_log_sync(log);
}

/* Hashes the whole log and repairs it. */
static int look_closely(struct tssb_log *log, const struct tssb_log_opening *opening, uint64_t size,
                        char **repaired, char **error) {
    struct survey survey = {.size = size};
    if (take_survey(log, &survey) != 0 ||
        (survey.nearest_bytes != ALL_FRONT_BYTES && find_other(log, &survey) != 0))
        return tssb_fail(error, 3, "%s: cannot read: %s", log->path, strerror(errno));
    int status = judge(log, opening, &survey, error);
    if (status)
        return status;
    if (survey.last.seq == log->header.front_seq &&
        size == size_with_front(&log->header, survey.last.seq) &&
        memcmp(survey.last.mid, log->header.front_mid, TSSB_MID_SIZE) == 0)
        return 0;
    *repaired = describe(log, &survey, opening->read_only);
    if (repair(log, &survey, opening->read_only) == 0)
        return 0;
    return tssb_fail(error, 3, "%s: cannot %s: %s", log->path, log->failed, strerror(log->why));
}

/* The first entry tells whether the log is this feed's, and of the directory's scheme. */
static int check_first(struct tssb_log *log, const struct tssb_trust *trust, char **error) {
    uint8_t wire[TSSB_ENTRY_SIZE];
    struct tssb_place place = {.fid = log->header.fid, .seq = log->header.anchor_seq + 1};
    memcpy(place.prev, log->header.anchor_mid, TSSB_MID_SIZE);
    if (log->header.front_seq == log->header.anchor_seq)
        return 0;
    if (tssb_log_read(log, place.seq, wire) != 0)
        return tssb_fail(error, 3, "%s: cannot %s: %s", log->path, log->failed, strerror(log->why));
    switch (tssb_entry_check(trust, &place, wire, sizeof wire)) {
    case 0:
        return 0;
    case TSSB_E_DMX:
        return refuse(log->path, "its first entry is not one of this feed", error);
    default:
        return tssb_fail(error, 2,
                         "%s: its first entry has no good %s signature: it is damaged, or of a "
                         "directory of another scheme",
                         log->path, trust->scheme->name);
    }
}

/* Reads the header and the size of the file. */
static int read_header(struct tssb_log *log, const uint8_t *fid, uint64_t *size, char **error) {
    uint8_t block[TSSB_LOG_BLOCK_SIZE];
    off_t length = log->disk->size(log->disk->context, log->file);
    ssize_t got = length < 0 ? -1 : tssb_disk_read(log->disk, log->file, block, sizeof block, 0);
    if (got < 0)
        return tssb_fail(error, 3, "%s: cannot read: %s", log->path, strerror(errno));
    if (got < TSSB_LOG_BLOCK_SIZE)
        return tssb_fail(error, 2, "%s: is %zd bytes long, a log has a header of %d", log->path,
                         got, TSSB_LOG_BLOCK_SIZE);
    const char *wrong = tssb_log_header_decode(block, &log->header);
    if (!wrong && memcmp(log->header.fid, fid, TSSB_FID_SIZE) != 0)
        wrong = "it is the log of another feed than its name says";
    if (wrong)
        return refuse(log->path, wrong, error);
    log->written_seq = log->header.front_seq;
    *size = (uint64_t)length;
    return 0;
}

/* Whether the file must be hashed: after a crash, where it is not as its header says, and where
 * that takes no time. */
static bool is_suspect(const struct tssb_log *log, const struct tssb_log_opening *opening,
                       uint64_t size) {
    const struct tssb_log_header *header = &log->header;
    if (opening->unclean || header->front_seq < header->anchor_seq ||
        size != size_with_front(header, header->front_seq))
        return true;
    uint32_t held = header->front_seq - header->anchor_seq;
    if (held > 0 && (!opening->hash_budget || held > *opening->hash_budget))
        return false;
    if (held > 0)
        *opening->hash_budget -= held;
    return true;
}

int tssb_log_open(struct tssb_log *log, const char *path, const struct tssb_log_opening *opening,
                  char **repaired, char **error) {
    const struct tssb_disk *disk = opening->disk;
    uint64_t size = 0;
    int status;
    *repaired = NULL;
    *log = (struct tssb_log){.disk = disk, .file = -1, .path = tssb_text("%s", path)};
    if (!log->path)
        return tssb_fail(error, 3, "out of memory");
    log->file = disk->open(disk->context, path, opening->read_only ? O_RDONLY : O_RDWR, 0);
    if (log->file < 0)
        status = tssb_fail(error, 3, "%s: cannot open: %s", path, strerror(errno));
    else
        status = read_header(log, opening->fid, &size, error);
    if (!status && is_suspect(log, opening, size))
        status = look_closely(log, opening, size, repaired, error);
    if (!status)
        status = check_first(log, opening->trust, error);
    if (status)
        tssb_log_close(log);
    return status;
}
