/* The lock on a data directory: a file "lock" that is locked while a process writes there. It holds
 * the process's number until that has closed the directory well: one that is left over tells the
 * next that there was a crash. */
#ifndef TSSB_LOCK_H
#define TSSB_LOCK_H

#include <stdbool.h>

#include "core/posix/disk.h"

struct tssb_lock {
    int file;     /* -1: not taken */
    bool unclean; /* whoever wrote here before has not closed the directory, or is still there */
};

/* Takes the lock of a folder. durable: also for a power cut. Returns 0, or 3 with *error, which
 * names the process that has it. */
int tssb_lock_take(struct tssb_lock *lock, const struct tssb_disk *disk, const char *folder,
                   bool durable, char **error);

/* For one that only reads: sees whether the last writer has ended well. Returns 0. */
int tssb_lock_look(struct tssb_lock *lock, const struct tssb_disk *disk, const char *folder);

/* Gives it back. well: all that was written is durable. */
void tssb_lock_release(struct tssb_lock *lock, const struct tssb_disk *disk, bool well);

#endif
