/* The names in a folder, in order, and the folder that a name is in. */
#ifndef TSSB_NAMES_H
#define TSSB_NAMES_H

#include "core/posix/disk.h"

struct tssb_names {
    char **name;
    size_t count, capacity;
    int failed; /* memory ran out */
};

/* Lists a folder into zeroed names. Returns 0 or -1 with errno; then there are none. */
int tssb_names_list(struct tssb_names *names, const struct tssb_disk *disk, const char *path);
void tssb_names_close(struct tssb_names *names);

/* The folder that a path's last part is in; the caller frees it. NULL where memory ran out. */
char *tssb_names_parent(const char *path);

#endif
