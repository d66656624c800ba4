/* The parts of what `tssb diff` says, as JSON values: diff.c asks for them and prints them. */
#ifndef DIFF_REPORT_H
#define DIFF_REPORT_H

#include <jansson.h>
#include <sqlite3.h>

#include "sim/scenario/scenario.h"

struct diff_pair {
    int64_t first, second; /* numbers of runs */
};

/* Each returns a new reference; or NULL where SQLite or memory failed, which sqlite3_errcode tells.
 */

/* The run's row as an object, parameters decoded; or JSON null where there is no such run. */
json_t *diff_report_run(sqlite3 *db, int64_t run);

/* Of two such objects: [{"what": "seed", "first": 1, "second": 2}, ...]. */
json_t *diff_report_differences(const json_t *first, const json_t *second);

/* {"of": nodes, "differ": how many digests, "names": [the first few]}. */
json_t *diff_report_nodes(sqlite3 *db, const struct diff_pair *runs);

/* The counts of the whole run that differ: [{"what": "sent_bytes", "first": 1, "second": 2}, ...].
 */
json_t *diff_report_metrics(sqlite3 *db, const struct diff_pair *runs);

/* The first event at which two runs part, as recorded at this level or a finer one: {"parts_at_ns",
 * "events": [{"run": "both", "first" or "second", "at_ns", "text"}, ...]}; an empty object where
 * they do not part. */
json_t *diff_report_events(sqlite3 *db, const struct diff_pair *runs, enum scenario_record level);

#endif
