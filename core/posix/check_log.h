/* The part of a check that is one log: blocks are read in order, since each entry needs the MID of
 * the one before, and verified in any order by any thread. */
#ifndef TSSB_CHECK_LOG_H
#define TSSB_CHECK_LOG_H

#include "core/posix/check.h"
#include "core/posix/log.h"

enum { TSSB_CHECK_BATCH = 128 };

struct tssb_check_log {
    struct tssb_log log;        /* its front is what the file says */
    const char *unreadable;     /* why nothing could be checked: static memory, or NULL */
    int why;                    /* and the errno, or 0 */
    uint64_t size;              /* of the file */
    uint32_t blocks;            /* whole ones, after the header */
    uint32_t read;              /* of them */
    uint8_t mid[TSSB_MID_SIZE]; /* of the last that was read */
    bool front_fits;            /* the header's front has the MID of its entry */
    uint32_t marked;            /* the first entry whose 8 reserved bytes are not zero, or 0 */
    uint32_t bad;               /* the first bad entry, or 0 */
    int bad_error;              /* what is wrong with it */
};

/* Some entries and what verifies them. */
struct tssb_check_batch {
    struct tssb_check_log *log;
    uint32_t first, count;
    uint8_t prev[TSSB_CHECK_BATCH][TSSB_MID_SIZE];
    uint8_t blocks[TSSB_CHECK_BATCH][TSSB_LOG_BLOCK_SIZE];
};

/* Opens the file for reading. What is wrong with its header is noted. */
void tssb_check_log_open(struct tssb_check_log *check, const struct tssb_disk *disk,
                         const char *path, const uint8_t fid[TSSB_FID_SIZE]);
void tssb_check_log_close(struct tssb_check_log *check);

/* Reads the next batch, by one thread at a time. False where there is none, or no point in it. */
bool tssb_check_log_read(struct tssb_check_log *check, struct tssb_check_batch *batch);

/* Verifies a batch; touches nothing but it. Returns the first bad entry, with *error, or 0. */
uint32_t tssb_check_batch_verify(const struct tssb_check_batch *batch,
                                 const struct tssb_trust *trust, int *error);

/* After all batches: adds what was found to the report. False where memory ran out. */
bool tssb_check_log_report(const struct tssb_check_log *check, const struct tssb_trust *trust,
                           struct tssb_check_report *report);

#endif
