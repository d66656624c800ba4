/* Opening a log: what a crash can have left of the order of writes in log.h, and how it is told
 * from damage.
 *
 * Behind the front there may be whole entries, whose front was not written any more, and a torn
 * one. Only the last whole entry needs its signature checked: it covers the MID of the one before,
 * which covers the one before that. The front itself may be torn: the first bytes of the new one,
 * then the old one's. Anything else was not left by a crash, and is refused: where entries lack
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

/* What the file holds, as hashing it from the anchor on tells. */
struct survey {
    uint64_t size;              /* of the file */
    struct last last, previous; /* the last two that fit, or the anchor */
    bool front_found;           /* the header's MID is that of an entry or of the anchor, */
    uint32_t front_found_at;    /* this one */
    bool front_known;           /* there is an entry of the header's number, */
    uint8_t front_mid[TSSB_MID_SIZE]; /* with this MID */
    bool front_torn;            /* half that entry's, half an earlier one's */
};

static uint64_t size_with_front(const struct tssb_log_header *header, uint32_t front_seq) {
    return TSSB_LOG_BLOCK_SIZE * (1 + (uint64_t)front_seq - header->anchor_seq);
}

static void note_place(struct survey *survey, const struct tssb_log_walk *walk) {
    const struct tssb_log_header *header = &walk->log->header;
    survey->previous = survey->last;
    survey->last.seq = walk->seq;
    memcpy(survey->last.prev, walk->prev, TSSB_MID_SIZE);
    memcpy(survey->last.mid, walk->mid, TSSB_MID_SIZE);
    if (walk->wire)
        memcpy(survey->last.wire, walk->wire, TSSB_ENTRY_SIZE);
    if (memcmp(walk->mid, header->front_mid, TSSB_MID_SIZE) == 0) {
        survey->front_found = true;
        survey->front_found_at = walk->seq;
    }
    if (walk->seq == header->front_seq) {
        survey->front_known = true;
        memcpy(survey->front_mid, walk->mid, TSSB_MID_SIZE);
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

/* Whether the header's MID begins with the bytes of its entry's and ends with those of an earlier
 * one's. */
static int find_torn_mid(const struct tssb_log *log, struct survey *survey) {
    struct tssb_log_walk walk;
    const uint8_t *mid = log->header.front_mid;
    size_t same = 0;
    int more;
    while (same < TSSB_MID_SIZE && mid[same] == survey->front_mid[same])
        same++;
    tssb_log_walk_init(&walk, log);
    do
        survey->front_torn = same > 0 &&
                             memcmp(mid + same, walk.mid + same, TSSB_MID_SIZE - same) == 0;
    while (!survey->front_torn && (more = tssb_log_walk_next(&walk)) > 0 &&
           walk.seq < log->header.front_seq);
    return survey->front_torn ? 0 : more < 0 ? -1 : 0;
}

/* Whether the header's number can be the first bytes of a later front's and the last of `old`'s. */
static bool torn_number(uint32_t number, uint32_t old, uint32_t last) {
    for (int new_bytes = 1; new_bytes <= 4; new_bytes++) {
        uint32_t low = new_bytes == 4 ? 0 : UINT32_MAX >> (8 * new_bytes);
        uint32_t least = number & ~low, most = number | low;
        if ((number & low) == (old & low) && least <= last && most > old)
            return true;
    }
    return false;
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

/* After a survey: whether a crash can have left this. Returns 0, or 2 with *error. */
static int judge(const struct tssb_log *log, const struct tssb_log_opening *opening,
                 struct survey *survey, char **error) {
    const struct tssb_log_header *header = &log->header;
    bool intact = survey->front_known &&
                  memcmp(survey->front_mid, header->front_mid, TSSB_MID_SIZE) == 0;
    uint32_t sure = intact                ? header->front_seq
                    : survey->front_found ? survey->front_found_at
                                          : header->anchor_seq;
    if (!drop_torn(log, opening->trust, survey, sure))
        return refuse(log->path, "its last entries are not signed by its author", error);
    if (intact || opening->cut_damage)
        return 0;
    if (survey->front_found &&
        torn_number(header->front_seq, survey->front_found_at, survey->last.seq))
        return 0;
    if (survey->front_torn && header->front_seq <= survey->last.seq)
        return 0;
    if (header->front_seq <= survey->last.seq)
        return refuse(log->path, "its front is not that of the entry it names, see 'tssb check'",
                      error);
    return tssb_fail(error, 2,
                     "%s: its front is entry %" PRIu32 ", but whole are only those to %" PRIu32
                     ": get the file back from a copy, or see 'tssb check --repair'",
                     log->path, header->front_seq, survey->last.seq);
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
    if (front < header->front_seq)
        return tssb_text("%s: %scut: entries %" PRIu32 " to %" PRIu32 " are lost", log->path, would,
                         front + 1, header->front_seq);
    if (front > header->front_seq)
        return tssb_text("%s: %srolled forward from entry %" PRIu32 " to %" PRIu32, log->path,
                         would, header->front_seq, front);
    return tssb_text("%s: %srolled forward: its front, entry %" PRIu32 ", was torn", log->path,
                     would, front);
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
        (survey.front_known && !survey.front_found && find_torn_mid(log, &survey) != 0))
        return tssb_fail(error, 3, "%s: cannot read: %s", log->path, strerror(errno));
    int status = judge(log, opening, &survey, error);
    if (status)
        return status;
    if (survey.last.seq == log->header.front_seq && size == size_with_front(&log->header, survey.last.seq) &&
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
        return tssb_fail(error, 3, "%s: cannot %s: %s", log->path, log->failed,
                         strerror(log->why));
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
