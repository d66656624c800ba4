/* Log files of one author, whole or damaged, and what must hold of one that opens. */
#ifndef FUZZ_LOG_FILE_H
#define FUZZ_LOG_FILE_H

#include "fuzz/fuzz.h"

#include "core/posix/log.h"
#include "core/scheme.h"
#include "fake_disk.h"

enum { LOG_ENTRIES = 6, LOG_FILE_MAX = 2048 };

extern const char log_path[];

/* All that the author signs, and the MIDs, from the anchor's on. */
extern struct log_feed {
    struct tssb_key key;
    struct tssb_trust trust;
    uint8_t wires[LOG_ENTRIES + 1][TSSB_ENTRY_SIZE], mids[LOG_ENTRIES + 2][TSSB_MID_SIZE];
} log_feed;

/* Fills it in, the first time. */
void log_feed_write(void);

/* A file of so many entries, with a front that may be another's, then some bytes changed, the end
 * cut off, and something else behind it; as the input says. Returns its size. */
size_t log_file_damaged(struct fuzz_input *input, uint8_t bytes[LOG_FILE_MAX]);

/* The log was opened: every entry that was found in it is the author's own, and read as such. What
 * was repaired opens again unrepaired with that front, takes the next entry, and passes a check.
 * Closes the log. */
void log_expect_good(struct tssb_log *log, struct fake_disk *fake,
                     const struct tssb_log_opening *opening);

/* The file on the disk is these bytes. */
void log_expect_unchanged(const struct fake_disk *fake, const uint8_t *bytes, size_t size);

#endif
