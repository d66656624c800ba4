/* From runs to estimates. Runs with the same values of the parameters are a group; within it the
 * unit that is resampled is the seed, since all that one seed gave is not independent. */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record/results.h"
#include "parameter.h"
#include "quantity.h"
#include "stats.h"

enum { GROUPS_MAX = 10000 };

static const struct {
    const char *name;
    uint32_t permille;
} points[] = {{"median", 500}, {"p90", 900}, {"p99", 990}};

enum { POINTS = sizeof points / sizeof *points };

/* A value, with what it is sorted by. */
struct observation {
    uint32_t group, run;
    uint64_t seed;
    double value;
};

struct comparison {
    const struct dataset *dataset;
    uint32_t *group_of; /* by run */
    uint32_t *firsts;   /* by group: its first run */
    uint32_t group_count;
    uint32_t *partners; /* by run: the baseline's with the same seed; DATASET_NONE */
    json_t *groups;     /* of the report */
};

/* Groups. */

/* Runs that have the same values of some parameters. */
struct grouping {
    bool by[DATASET_PARAMETERS_MAX];
    uint32_t *group_of; /* by run */
    uint32_t *firsts;   /* by group: its first run */
    uint32_t count;
};

static bool same_group(const struct dataset *dataset, const struct grouping *grouping, uint32_t a,
                       uint32_t b) {
    for (uint32_t i = 0; i < dataset->parameter_count; i++)
        if (grouping->by[i] && dataset->runs[a].values[i] != dataset->runs[b].values[i])
            return false;
    return true;
}

/* Returns 0; 2 where there are too many, or 3. The caller frees both arrays in any case. */
static int find_groups(const struct dataset *dataset, struct grouping *grouping) {
    grouping->group_of = calloc(dataset->run_count + 1, sizeof *grouping->group_of);
    grouping->firsts = calloc(GROUPS_MAX, sizeof *grouping->firsts);
    if (!grouping->group_of || !grouping->firsts)
        return 3;
    for (uint32_t run = 0, group = 0; run < dataset->run_count; run++) {
        /* Runs of a sweep come group by group, so the last run's is the likeliest. */
        if (run == 0 || !same_group(dataset, grouping, grouping->firsts[group], run)) {
            group = 0;
            while (group < grouping->count &&
                   !same_group(dataset, grouping, grouping->firsts[group], run))
                group++;
        }
        if (group == GROUPS_MAX)
            return 2;
        if (group == grouping->count)
            grouping->firsts[grouping->count++] = run;
        grouping->group_of[run] = group;
    }
    return 0;
}

/* A group and its values, for the order of the report. */
struct ranked {
    uint32_t values[DATASET_PARAMETERS_MAX]; /* of the parameters that are grouped by */
    uint32_t group;
};

static int by_values(const void *left, const void *right) {
    const struct ranked *a = left, *b = right;
    for (int i = 0; i < DATASET_PARAMETERS_MAX; i++)
        if (a->values[i] != b->values[i])
            return a->values[i] < b->values[i] ? -1 : 1;
    return 0;
}

/* Numbers the groups anew, in the order of their values. Returns 0 or 3. */
static int sort_groups(const struct dataset *dataset, struct grouping *grouping) {
    struct ranked *ranked = calloc(grouping->count + 1, sizeof *ranked);
    uint32_t *rank_of = malloc((grouping->count + 1) * sizeof *rank_of);
    uint32_t *firsts = malloc((grouping->count + 1) * sizeof *firsts);
    bool good = ranked && rank_of && firsts;
    for (uint32_t group = 0; group < grouping->count && good; group++) {
        ranked[group].group = group;
        for (uint32_t i = 0; i < dataset->parameter_count; i++)
            if (grouping->by[i])
                ranked[group].values[i] = dataset->runs[grouping->firsts[group]].values[i];
    }
    if (good)
        qsort(ranked, grouping->count, sizeof *ranked, by_values);
    for (uint32_t rank = 0; rank < grouping->count && good; rank++) {
        rank_of[ranked[rank].group] = rank;
        firsts[rank] = grouping->firsts[ranked[rank].group];
    }
    for (uint32_t run = 0; run < dataset->run_count && good; run++)
        grouping->group_of[run] = rank_of[grouping->group_of[run]];
    if (good)
        memcpy(grouping->firsts, firsts, grouping->count * sizeof *firsts);
    free(ranked);
    free(rank_of);
    free(firsts);
    return good ? 0 : 3;
}

static int find_report_groups(struct comparison *comparison) {
    const struct dataset *dataset = comparison->dataset;
    struct grouping grouping = {.count = 0};
    for (uint32_t i = 0; i < dataset->parameter_count; i++)
        grouping.by[i] = dataset->parameters[i].by;
    int code = find_groups(dataset, &grouping);
    if (!code)
        code = sort_groups(dataset, &grouping);
    comparison->group_of = grouping.group_of;
    comparison->firsts = grouping.firsts;
    comparison->group_count = grouping.count;
    return code;
}

/* Pairs. */

struct pair_key {
    uint64_t seed;
    uint32_t others; /* a group by all parameters but the baseline's */
    uint32_t run;
};

static bool is_baseline(const struct dataset *dataset, uint32_t run) {
    return dataset->baseline != DATASET_NONE &&
           dataset->runs[run].values[dataset->baseline] == dataset->baseline_value;
}

static int by_pair(const void *left, const void *right) {
    const struct pair_key *a = left, *b = right;
    if (a->seed != b->seed)
        return a->seed < b->seed ? -1 : 1;
    return (a->others > b->others) - (a->others < b->others);
}

static void match(struct comparison *comparison, const struct grouping *others,
                  struct pair_key *baseline) {
    const struct dataset *dataset = comparison->dataset;
    size_t count = 0;
    for (uint32_t run = 0; run < dataset->run_count; run++)
        if (is_baseline(dataset, run))
            baseline[count++] = (struct pair_key){dataset->runs[run].seed, others->group_of[run],
                                                  run};
    if (count)
        qsort(baseline, count, sizeof *baseline, by_pair);
    for (uint32_t run = 0; run < dataset->run_count; run++) {
        struct pair_key key = {dataset->runs[run].seed, others->group_of[run], run};
        const struct pair_key *partner = count && !is_baseline(dataset, run)
                                             ? bsearch(&key, baseline, count, sizeof *baseline,
                                                       by_pair)
                                             : NULL;
        comparison->partners[run] = partner ? partner->run : DATASET_NONE;
    }
}

static int find_partners(struct comparison *comparison) {
    const struct dataset *dataset = comparison->dataset;
    struct grouping others = {.count = 0};
    if (dataset->baseline == DATASET_NONE) {
        memset(comparison->partners, 0xff, dataset->run_count * sizeof *comparison->partners);
        return 0;
    }
    for (uint32_t i = 0; i < dataset->parameter_count; i++)
        others.by[i] = !parameter_related(dataset->parameters[i].path,
                                          dataset->parameters[dataset->baseline].path);
    struct pair_key *baseline = calloc(dataset->run_count + 1, sizeof *baseline);
    int code = find_groups(dataset, &others);
    if (!code && !baseline)
        code = 3;
    if (!code)
        match(comparison, &others, baseline);
    free(baseline);
    free(others.group_of);
    free(others.firsts);
    return code;
}

/* Estimates. */

static int by_group(const void *left, const void *right) {
    const struct observation *a = left, *b = right;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->seed != b->seed)
        return a->seed < b->seed ? -1 : 1;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *estimate_object(const struct stats_estimate *estimate) {
    return json_pack("{s:o, s:o, s:o}", "value", number(estimate->value), "low",
                     number(estimate->low), "high", number(estimate->high));
}

/* Estimates quantiles of the observations of one group, sorted by seed. */
static int estimate(const struct observation *observations, size_t count, const uint32_t *permilles,
                    size_t permille_count, struct stats_estimate *estimates) {
    struct stats_sample *samples = malloc(count * sizeof *samples);
    struct stats_set set = {samples, count, 0};
    if (!samples)
        return 3;
    for (size_t i = 0; i < count; i++) {
        set.units += i == 0 || observations[i].seed != observations[i - 1].seed;
        samples[i] = (struct stats_sample){observations[i].value, set.units - 1};
    }
    stats_sort(samples, count);
    int status = stats_estimate(&set, permilles, permille_count, estimates);
    free(samples);
    return status ? 3 : 0;
}

/* The group's part of the report on one quantity. */
static json_t *quantity_object(const struct observation *observations, size_t count) {
    struct stats_estimate estimates[POINTS];
    uint32_t permilles[POINTS];
    json_t *object = json_object();
    for (int i = 0; i < POINTS; i++)
        permilles[i] = points[i].permille;
    int code = estimate(observations, count, permilles, POINTS, estimates);
    for (int i = 0; i < POINTS && !code; i++)
        code = json_object_set_new(object, points[i].name, estimate_object(&estimates[i]));
    if (!code)
        return object;
    json_decref(object);
    return NULL;
}

/* Each run's median of a quantity; NaN where it has no value. observations: sorted. */
static void find_medians(const struct observation *observations, size_t count, double *medians) {
    for (size_t first = 0, past; first < count; first = past) {
        past = first + 1;
        while (past < count && observations[past].run == observations[first].run)
            past++;
        medians[observations[first].run] = observations[first + (past - first - 1) / 2].value;
    }
}

/* Adds a group's ratio to the report. */
static int add_ratio(const struct comparison *comparison, const struct quantity *quantity,
                     const struct observation *ratios, size_t count) {
    const uint32_t median = 500;
    struct stats_estimate ratio;
    json_t *group = json_array_get(comparison->groups, ratios[0].group);
    if (estimate(ratios, count, &median, 1, &ratio))
        return 3;
    json_t *object = estimate_object(&ratio);
    int code = json_object_set_new(object, "pairs", json_integer((json_int_t)count));
    if (!code)
        code = json_object_set_new(object, "excludes_1",
                                   json_boolean(ratio.low > 1 || ratio.high < 1));
    if (json_object_set_new(json_object_get(group, quantity->name), "ratio", object))
        code = 3;
    return code ? 3 : 0;
}

/* Adds the ratios of the runs to their partners, each of the two medians of a run. */
static int add_ratios(const struct comparison *comparison, const struct quantity *quantity,
                      const double *medians) {
    const struct dataset *dataset = comparison->dataset;
    size_t count = 0;
    int code = 0;
    struct observation *ratios = malloc((dataset->run_count + 1) * sizeof *ratios);
    for (uint32_t run = 0; run < dataset->run_count && ratios; run++) {
        uint32_t partner = comparison->partners[run];
        if (partner != DATASET_NONE && !isnan(medians[run]) && !isnan(medians[partner]))
            ratios[count++] = (struct observation){comparison->group_of[run], run,
                                                   dataset->runs[run].seed,
                                                   stats_ratio(medians[run], medians[partner])};
    }
    if (count)
        qsort(ratios, count, sizeof *ratios, by_group);
    for (size_t first = 0, past; first < count && !code; first = past) {
        past = first + 1;
        while (past < count && ratios[past].group == ratios[first].group)
            past++;
        code = add_ratio(comparison, quantity, ratios + first, past - first);
    }
    free(ratios);
    return code || !ratios ? 3 : 0;
}

static int add_counts(const struct comparison *comparison, const struct observation *observations,
                      size_t count) {
    json_t *group = json_array_get(comparison->groups, observations[0].group);
    size_t never = 0;
    for (size_t i = 0; i < count; i++)
        never += isfinite(observations[i].value) ? 0 : 1;
    return json_object_set_new(group, "catchups", json_integer((json_int_t)count)) ||
                   json_object_set_new(group, "never_ended", json_integer((json_int_t)never))
               ? 3
               : 0;
}

/* Adds one quantity to all groups. observations: sorted. */
static int add_quantity(const struct comparison *comparison, const struct quantity *quantity,
                        const struct observation *observations, size_t count) {
    int code = 0;
    for (size_t first = 0, past; first < count && !code; first = past) {
        past = first + 1;
        while (past < count && observations[past].group == observations[first].group)
            past++;
        json_t *group = json_array_get(comparison->groups, observations[first].group);
        code = json_object_set_new(group, quantity->name,
                                   quantity_object(observations + first, past - first));
        if (!code && quantity == &quantities[QUANTITY_LATENCY])
            code = add_counts(comparison, observations + first, past - first);
    }
    uint32_t runs = comparison->dataset->run_count;
    double *medians = malloc((runs + 1) * sizeof *medians);
    for (uint32_t run = 0; run < runs && medians; run++)
        medians[run] = NAN;
    if (medians)
        find_medians(observations, count, medians);
    if (!code)
        code = medians ? add_ratios(comparison, quantity, medians) : 3;
    free(medians);
    return code ? 3 : 0;
}

static int read_quantity(const struct comparison *comparison, const struct quantity *quantity) {
    struct quantity_values values;
    int code = quantity_read(quantity, comparison->dataset, &values);
    struct observation *observations = malloc((values.count + 1) * sizeof *observations);
    for (size_t i = 0; i < values.count && observations; i++) {
        uint32_t run = values.list[i].run;
        observations[i] = (struct observation){comparison->group_of[run], run,
                                               comparison->dataset->runs[run].seed,
                                               values.list[i].value};
    }
    if (!code && observations && values.count) {
        qsort(observations, values.count, sizeof *observations, by_group);
        code = add_quantity(comparison, quantity, observations, values.count);
    }
    if (!observations)
        code = 3;
    free(observations);
    free(values.list);
    return code;
}

/* The report. */

static int by_number(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* How many different seeds the runs of a group have. */
static uint32_t count_seeds(const struct comparison *comparison, uint32_t group, uint32_t *runs) {
    const struct dataset *dataset = comparison->dataset;
    uint64_t *all = malloc(dataset->run_count * sizeof *all);
    uint32_t seeds = 0;
    *runs = 0;
    for (uint32_t run = 0; run < dataset->run_count && all; run++)
        if (comparison->group_of[run] == group)
            all[(*runs)++] = dataset->runs[run].seed;
    if (*runs)
        qsort(all, *runs, sizeof *all, by_number);
    for (uint32_t i = 0; i < *runs; i++)
        seeds += i == 0 || all[i] != all[i - 1];
    free(all);
    return seeds;
}

static json_t *group_object(const struct comparison *comparison, uint32_t group) {
    const struct dataset *dataset = comparison->dataset;
    const struct dataset_run *first = &dataset->runs[comparison->firsts[group]];
    json_t *values = json_object();
    for (uint32_t i = 0; i < dataset->parameter_count; i++)
        if (dataset->parameters[i].by &&
            json_object_set_new(values, dataset->parameters[i].path,
                                json_string(dataset_value(dataset, first, i))))
            return NULL;
    uint32_t runs, seeds = count_seeds(comparison, group, &runs);
    bool baseline = dataset->baseline != DATASET_NONE &&
                    dataset->parameters[dataset->baseline].by &&
                    is_baseline(dataset, comparison->firsts[group]);
    return json_pack("{s:o, s:i, s:i, s:i, s:i, s:b}", "values", values, "runs", (int)runs, "seeds",
                     (int)seeds, "catchups", 0, "never_ended", 0, "is_baseline", (int)baseline);
}

static json_t *parameters_array(const struct dataset *dataset) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < dataset->parameter_count; i++)
        if (dataset->parameters[i].by)
            (void)json_array_append_new(array, json_string(dataset->parameters[i].path));
    return array;
}

static json_t *quantities_array(const struct dataset *dataset) {
    json_t *array = json_array();
    for (int i = 0; i < QUANTITY_COUNT; i++)
        if (quantity_is_there(&quantities[i], dataset->db))
            (void)json_array_append_new(
                array, json_pack("{s:s, s:s, s:s, s:s}", "name", quantities[i].name, "title",
                                 quantities[i].title, "unit", quantities[i].unit, "of",
                                 quantity_of_names[quantities[i].of]));
    return array;
}

static json_t *new_report(const struct comparison *comparison, const char *path) {
    const struct dataset *dataset = comparison->dataset;
    json_t *report = json_pack("{s:s, s:i, s:{s:i, s:i}, s:o, s:o, s:O}", "database", path, "runs",
                               (int)dataset->run_count, "left_out", "unfinished",
                               (int)dataset->unfinished, "repeated", (int)dataset->repeated,
                               "parameters", parameters_array(dataset), "quantities",
                               quantities_array(dataset), "groups", comparison->groups);
    if (!report || dataset->baseline == DATASET_NONE)
        return report;
    const struct dataset_parameter *parameter = &dataset->parameters[dataset->baseline];
    if (json_object_set_new(report, "baseline",
                            json_pack("{s:s, s:s}", "parameter", parameter->path, "value",
                                      parameter->values[dataset->baseline_value])) == 0)
        return report;
    json_decref(report);
    return NULL;
}

static int compare(struct comparison *comparison) {
    const struct dataset *dataset = comparison->dataset;
    comparison->partners = calloc(dataset->run_count + 1, sizeof *comparison->partners);
    comparison->groups = json_array();
    if (!comparison->partners || !comparison->groups)
        return 3;
    int code = find_report_groups(comparison);
    if (!code)
        code = find_partners(comparison);
    for (uint32_t group = 0; group < comparison->group_count && !code; group++)
        if (json_array_append_new(comparison->groups, group_object(comparison, group)))
            code = 3;
    for (int i = 0; i < QUANTITY_COUNT && !code; i++)
        if (quantity_is_there(&quantities[i], dataset->db))
            code = read_quantity(comparison, &quantities[i]);
    return code;
}

int compare_runs(const struct dataset_request *request, json_t **report, char **error) {
    struct dataset dataset;
    struct comparison comparison = {.dataset = &dataset};
    *report = NULL;
    int status = dataset_open(&dataset, request, error);
    if (!status) {
        status = compare(&comparison);
        if (status == 3)
            *error = results_trouble(dataset.db, request->path);
        if (status == 2)
            *error = results_text("%s: over %d combinations of values (choose parameters with "
                                  "--by, or runs with --where)",
                                  request->path, GROUPS_MAX);
    }
    if (!status && !(*report = new_report(&comparison, request->path)))
        status = 3;
    json_decref(comparison.groups);
    free(comparison.group_of);
    free(comparison.partners);
    free(comparison.firsts);
    dataset_close(&dataset);
    return status;
}
