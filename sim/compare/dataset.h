/* The runs of a results file that are to be compared, with the values of their parameters. */
#ifndef DATASET_H
#define DATASET_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/arena.h"

enum { DATASET_OPTIONS_MAX = 32, DATASET_PARAMETERS_MAX = 64 };

struct dataset_request {
    const char *path;
    const char *by[DATASET_OPTIONS_MAX]; /* parameters; none: all that differ between runs */
    uint32_t by_count;
    const char *where[DATASET_OPTIONS_MAX]; /* "PARAMETER=VALUE" */
    uint32_t where_count;
    const char *baseline; /* "PARAMETER=VALUE", or NULL */
    bool any_version, any_scenario, skip_unfinished;
};

struct dataset_parameter {
    const char *path;
    const char **values; /* that runs have, each once, in the order of the runs */
    uint32_t value_count;
    bool by, of_option; /* runs are grouped by it; an option names it */
};

enum { DATASET_NONE = UINT32_MAX };

struct dataset_run {
    int64_t id;
    uint64_t seed;
    uint32_t *values;           /* by parameter: index of its value, or DATASET_NONE */
    uint32_t scenario, version; /* indices of texts */
    bool finished;
};

struct dataset_texts {
    const char **list;
    uint32_t count;
};

struct dataset {
    sqlite3 *db;
    struct dataset_parameter parameters[DATASET_PARAMETERS_MAX];
    uint32_t parameter_count;
    struct dataset_run *runs; /* by id */
    uint32_t run_count;
    uint32_t unfinished, repeated;            /* runs that were left out */
    struct dataset_texts scenarios, versions; /* of the runs; scenarios by name */
    uint32_t baseline;                        /* a parameter; DATASET_NONE */
    uint32_t baseline_value;
    struct arena arena;
};

/* Opens a file and reads its runs; of a run that is there several times, the first. Returns 0; 2
 * where the runs are none that can be compared so, or 3; with *error, a line for the user that the
 * caller frees, NULL where memory ran out. Close it in any case. */
int dataset_open(struct dataset *dataset, const struct dataset_request *request, char **error);
void dataset_close(struct dataset *dataset);

/* The text of a run's value; "-" where it has none. */
const char *dataset_value(const struct dataset *dataset, const struct dataset_run *run,
                          uint32_t parameter);

/* The index of a run by its id; DATASET_NONE where it is not compared. */
uint32_t dataset_find(const struct dataset *dataset, int64_t id);

#endif
