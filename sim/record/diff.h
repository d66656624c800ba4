/* Where two runs of one results file part: the command `tssb diff`. */
#ifndef DIFF_H
#define DIFF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct diff_request {
    const char *path;
    int64_t first, second; /* numbers of runs */
    bool json;
};

/* Compares two runs and prints on `out` in what they differ: seed, version, parameters; then the
 * first event at which they part, with what came before and after; the nodes whose digests differ;
 * and counts of the whole run.
 * Returns 0 where the two are the same, 1 where they part, 2 where there is no such run, 3 where
 * the file cannot be used. With 2 and 3 nothing was printed, and *error is a line that the caller
 * frees, or NULL where memory ran out. */
int diff_runs(const struct diff_request *request, FILE *out, char **error);

#endif
