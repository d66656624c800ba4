/* Verifies a whole data directory: every entry of every log, every blob, and which side chains are
 * whole. */
#ifndef TSSB_POSIX_CHECK_H
#define TSSB_POSIX_CHECK_H

#include <stdbool.h>

#include "core/posix/disk.h"

struct tssb_check_options {
    const struct tssb_disk *disk; /* NULL: the system's */
    bool repair;      /* first roll logs forward and cut torn tails; takes the directory's lock */
    unsigned threads; /* 0: one a core */
    /* Called now and then from the caller's thread. May be NULL. */
    void (*progress)(void *context, uint64_t done, uint64_t entries);
    void *context;
};

enum tssb_check_kind {
    TSSB_CHECK_WRONG,    /* what is left wrong */
    TSSB_CHECK_REPAIRED, /* what was */
    TSSB_CHECK_NOTE,     /* what is in order, and the next opening will set right */
};

struct tssb_check_finding {
    enum tssb_check_kind kind;
    char *text; /* "nodeA/_logs/8e05....log: entry 12: bad signature" */
};

struct tssb_check_report {
    uint64_t logs, entries, blobs; /* that are good */
    uint64_t missing;              /* blobs that incomplete side chains lack */
    uint64_t wrong;                /* findings of that kind */
    struct tssb_check_finding *findings;
    size_t count, capacity;
};

/* Checks the directory. Returns 0 where it could be looked at, whatever was found; 2 where this is
 * none, 3 where the system refuses, with *error, a line for the user that the caller frees; NULL
 * where memory ran out. The report is to be closed either way. */
int tssb_check(struct tssb_check_report *report, const char *path,
               const struct tssb_check_options *options, char **error);

void tssb_check_report_close(struct tssb_check_report *report);

/* Adds a finding to a report, and takes the text, which may be NULL where memory ran out. Returns
 * false where memory ran out. For check_logs.c and check.c. */
bool tssb_check_add(struct tssb_check_report *report, enum tssb_check_kind kind, char *text);

#endif
