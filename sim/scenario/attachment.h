/* Files beside a scenario that it names: traces of movement, of links. Private to the scenario_*.c
 * files. Each that was read is noted in the scenario, by its path and hash, so that a run can be
 * repeated with the same. */
#ifndef ATTACHMENT_H
#define ATTACHMENT_H

#include "scenario_reader.h"

struct attachment {
    const struct source *source; /* for what is noted of its content */
    char *bytes;                 /* the caller frees them */
    size_t size;
};

/* Reads a whole file of at most max_bytes. name: the value that names it, relative to the scenario.
 * due: a value with the SHA-256 that it must have, NULL for any. False, and noted, where that does
 * not work. */
bool attachment_read(struct reader *reader, const struct tree *name, const struct tree *due,
                     size_t max_bytes, struct attachment *attachment);

#endif
