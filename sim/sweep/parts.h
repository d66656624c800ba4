/* The files of a sweep under way, beside its results file: DB.part-1, DB.part-2, ... with a
 * worker's runs each, and DB.sweep-lock. What a killed sweep left of them is taken up by the next
 * one. */
#ifndef PARTS_H
#define PARTS_H

#include <stdint.h>

struct parts {
    const char *results; /* the path of the results file; borrowed */
    char **paths;        /* that exist */
    uint32_t count;
    uint32_t last; /* the highest number among them */
    int lock;      /* a file; -1: none */
};

/* Finds what is there, and keeps other sweeps away from the results file. Returns 0; or 3 with
 * *error, a line for the user that the caller frees, NULL where memory ran out. Close it in any
 * case. */
int parts_open(struct parts *parts, const char *results, char **error);

/* Adds a new one, which does not exist yet. Returns its path; NULL where memory ran out. */
const char *parts_add(struct parts *parts);

/* Removes the files. */
void parts_remove(struct parts *parts);
void parts_close(struct parts *parts);

#endif
