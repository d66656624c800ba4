/* One log file (PROTOCOL.md 6): a header of 128 B, then a block of 128 B an entry.
 *
 * A crash may come at any byte. Hence the order of writes:
 *     1. the block of the new entry, behind all others
 *     2. sync
 *     3. the front in the header
 * and only then is the entry announced. The front is never ahead of what is durable, so whatever a
 * crash leaves behind it is either a whole entry, whose signature tells (opening rolls forward over
 * it), or was never announced (opening cuts it). The front itself is 24 bytes which a crash can
 * tear; what it was is found by hashing the entries from the anchor on. */
#ifndef TSSB_LOG_H
#define TSSB_LOG_H

#include "core/entry.h"
#include "core/posix/disk.h"
#include "core/scheme.h"
#include "core/store.h"
#include "core/types.h"

enum {
    TSSB_LOG_BLOCK_SIZE = 128,
    TSSB_LOG_PREFIX_SIZE = TSSB_LOG_BLOCK_SIZE - TSSB_ENTRY_SIZE, /* zero, before each entry */
};

struct tssb_log_header {
    uint8_t fid[TSSB_FID_SIZE];
    uint8_t parent_fid[TSSB_FID_SIZE]; /* zero if none */
    uint32_t parent_seq;
    uint32_t anchor_seq;
    uint8_t anchor_mid[TSSB_MID_SIZE];
    uint32_t front_seq;
    uint8_t front_mid[TSSB_MID_SIZE];
};

void tssb_log_header_encode(const struct tssb_log_header *header,
                            uint8_t block[TSSB_LOG_BLOCK_SIZE]);

/* Returns NULL, or what is wrong with it: static memory. */
const char *tssb_log_header_decode(const uint8_t block[TSSB_LOG_BLOCK_SIZE],
                                   struct tssb_log_header *header);

/* Whether a file of this name, <FID in hex>.log, is a feed's log. */
bool tssb_log_feed_of_name(const char *name, uint8_t fid[TSSB_FID_SIZE]);

struct tssb_log {
    const struct tssb_disk *disk; /* borrowed */
    char *path;
    int file;
    struct tssb_log_header header; /* its front is the last entry held */
    uint32_t written_seq;          /* the front that the file's header has, behind it in a batch */
    bool unsynced;                 /* something was written since the last sync */
    bool stale;                    /* the header in the file could not be written, or not whole */
    bool broken;                   /* a sync failed: what is on the disk is not known any more */
    const char *failed;            /* what was tried when it last failed, with `why` */
    int why;                       /* an errno */
};

/* How the file is found and what is done with it. */
struct tssb_log_opening {
    const struct tssb_disk *disk;
    const struct tssb_trust *trust;
    const uint8_t *fid;    /* whose log this must be, 32 B */
    bool read_only;        /* repair in memory only */
    bool cut_damage;       /* also a bad or missing end that was good once */
    bool unclean;          /* the last that wrote here did not end well: trust no front unseen */
    uint32_t *hash_budget; /* how many entries may be hashed to see a wrong front, beside what must
                              be; counted down; NULL: none */
};

/* Makes the file of an empty log, whole or not at all: in folder/_logs, by way of a file in folder.
 * The header's front is taken from its anchor. *made becomes false where the log exists already,
 * which is then left as it is. Returns 0, or 3 with *error. */
int tssb_log_create(const struct tssb_disk *disk, const char *folder,
                    const struct tssb_log_header *header, bool *made, char **error);

/* Opens a log and repairs what a crash can have left. path is copied. *repaired becomes a line that
 * says what was done, or NULL; the caller frees it. Returns 0; 2 where this is no log of this feed,
 * or one that lacks entries; 3 where the system refuses; then with *error. */
int tssb_log_open(struct tssb_log *log, const char *path, const struct tssb_log_opening *opening,
                  char **repaired, char **error);

/* Closes the file, without a sync. */
void tssb_log_close(struct tssb_log *log);

/* How durable an entry is when tssb_log_append returns. */
enum tssb_log_append_mode {
    TSSB_LOG_DURABLE, /* on the disk */
    TSSB_LOG_LATER,   /* with tssb_log_sync; until then the front in the file stays behind */
    TSSB_LOG_NEVER,   /* when the system likes */
};

/* Keeps the entry after the front, whose MID this is. Returns 0 or TSSB_E_STORE; then the log is as
 * it was, and `failed` and `why` say why. */
int tssb_log_append(struct tssb_log *log, const uint8_t wire[TSSB_ENTRY_SIZE],
                    const uint8_t mid[TSSB_MID_SIZE], enum tssb_log_append_mode mode);

/* Makes durable all that was appended. Returns 0 or TSSB_E_STORE. */
int tssb_log_sync(struct tssb_log *log);

/* Reads the entry seq, which must be held. Returns 0 or TSSB_E_STORE. */
int tssb_log_read(struct tssb_log *log, uint32_t seq, uint8_t wire[TSSB_ENTRY_SIZE]);

/* For log_repair.c and log_walk.c. */

/* Notes what failed, with errno. Returns TSSB_E_STORE. */
int tssb_log_trouble(struct tssb_log *log, const char *what);

/* Writes the front of the header to the file. Returns 0 or TSSB_E_STORE. */
int tssb_log_write_front(struct tssb_log *log);

/* Where the block of an entry begins in the file. */
static inline off_t tssb_log_offset(const struct tssb_log_header *header, uint32_t seq) {
    return (off_t)TSSB_LOG_BLOCK_SIZE * (off_t)(seq - header->anchor_seq);
}

#endif
