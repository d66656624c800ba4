/* A disk, for SQLite, that gets full or whose computer is switched off: everything goes to the real
 * one until then. */
#ifndef TIGHT_DISK_H
#define TIGHT_DISK_H

#include <stdbool.h>
#include <stdint.h>

/* From now on files are opened on this disk; the limits start off. */
void tight_disk_install(void);

/* So many further bytes can be added to files; overwriting what exists always works. -1: any. */
void tight_disk_set_room(int64_t bytes);

/* This process is killed at its n-th write from now, which is then only half done. 0: never. */
void tight_disk_set_kill(uint64_t writes);

#endif
