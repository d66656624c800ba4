/* What runs of a results file tell about a parameter: the command `tssb compare`. */
#ifndef COMPARE_H
#define COMPARE_H

#include <jansson.h>
#include <stdio.h>

#include "dataset.h"

/* Makes the report, which all that is printed is made of; infinite numbers, "never", are null:
 *
 *   {"database", "runs", "left_out": {"unfinished", "repeated"},
 *    "parameters": [PATH, ...], "baseline": {"parameter", "value"},
 *    "quantities": [{"name", "title", "unit", "of": "catchup", "chain" or "run"}, ...],
 *    "groups": [{"values": {PATH: TEXT}, "runs", "seeds", "catchups", "never_ended", "is_baseline",
 *                NAME: {"median": ESTIMATE, "p90": ESTIMATE, "p99": ESTIMATE,
 *                       "ratio": ESTIMATE and {"pairs", "excludes_1"}}}, ...]}
 *
 * ESTIMATE is {"value", "low", "high"}, with an interval of 95 %; "ratio", to the baseline's runs
 * with the same seed and the same other parameters, is there with a baseline. Returns 0; 2 or 3 as
 * dataset_open does, with *error. The caller frees the report. */
int compare_runs(const struct dataset_request *request, json_t **report, char **error);

/* Prints the report as tables of at most COMPARE_WIDTH columns. full: all quantiles of all
 * quantities. Returns 0, or 3 where memory ran out. */
enum { COMPARE_WIDTH = 100 };
int compare_print(const json_t *report, bool full, FILE *out);

/* Prints it as comma separated values (RFC 4180, but with bare line feeds), a line a
 * group, infinite numbers as inf. */
void compare_print_csv(const json_t *report, FILE *out);

/* Draws the latency against a parameter into an SVG file, with gnuplot. Returns 0; 2 where there is
 * nothing to draw, or 3; with *error, a line for the user that the caller frees, NULL where memory
 * ran out. */
int compare_plot(const json_t *report, const char *path, char **error);

/* The last part of a path, where no other parameter of the report ends so; otherwise the path. */
const char *compare_short_name(const json_t *report, const char *path);

#endif
