/* A disk in memory that can lose power: writes are cut at any byte, what was not synced may be lost
 * in whole or in part and in any order, any call can fail. */
#ifndef FAKE_DISK_H
#define FAKE_DISK_H

#include <stdbool.h>

#include "core/posix/disk.h"

struct fake_write {
    off_t at;
    size_t size; /* of the bytes; or TRUNCATION, and the file becomes `at` bytes long */
    uint8_t *bytes;
};

struct fake_content {
    uint8_t *bytes;
    size_t size;
};

/* A file or a folder. */
struct fake_node {
    bool folder;
    int locked_by;               /* a file number + 1, or 0 */
    struct fake_content now;     /* what calls see */
    struct fake_content durable; /* what was synced */
    struct fake_write *pending;  /* what was written since */
    size_t pending_count;
};

/* A name and the node that it stands for, -1 for none. */
struct fake_name {
    char *path;
    int now, durable;
};

enum { FAKE_NODES = 256, FAKE_FILES = 32 };

struct fake_disk {
    struct tssb_disk disk; /* what the code under test takes */
    struct fake_node nodes[FAKE_NODES];
    struct fake_name names[FAKE_NODES];
    int node_count, name_count;
    int files[FAKE_FILES]; /* node + 1, or 0 */
    int64_t steps;         /* bytes written and other changes made */
    int64_t power_until;   /* the step at which the power goes; -1: never */
    int64_t calls;
    int64_t fail_at, fail_until; /* calls from the one to before the other fail, with fail_error */
    int fail_error;
};

/* Not copied: disk.context points to it. */
void fake_disk_init(struct fake_disk *fake);
void fake_disk_close(struct fake_disk *fake);

/* Makes `to`, not initialised, the same disk. No file is open there. */
void fake_disk_clone(struct fake_disk *to, const struct fake_disk *from);

/* Whether the power has gone. */
bool fake_disk_dead(const struct fake_disk *fake);

/* The power comes back. What was not synced is as *random says: the number 0 keeps all, as when
 * just the process was killed, 1 loses all, others draw. */
void fake_disk_power_on(struct fake_disk *fake, uint64_t random);

/* The content of a file, which must be there; a 0 stands behind it. */
const struct fake_content *fake_disk_file(const struct fake_disk *fake, const char *path);

#endif
