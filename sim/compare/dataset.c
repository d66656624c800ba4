/* The file is read twice: first for what was set in any run, which tells the parameters, then for
 * their values. Values are kept as indices, since there are few of them and many runs. */
#include "dataset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record/results.h"
#include "sim/scenario/suggest.h"
#include "sim/sweep/ledger.h"
#include "parameter.h"

struct loading {
    struct dataset *dataset;
    const struct dataset_request *request;
    struct dataset_texts hashes; /* of scenarios' texts, beside dataset->scenarios */
    struct ledger ledger;        /* of the runs read, for those that are there twice */
    uint32_t capacity;
    char **error;
};

static int no_memory(struct loading *loading) {
    *loading->error = NULL;
    return 3;
}

static int database_failed(struct loading *loading) {
    *loading->error = results_trouble(loading->dataset->db, loading->request->path);
    return 3;
}

static const char *keep(struct dataset *dataset, const char *text, size_t size) {
    return arena_text(&dataset->arena, text, size);
}

/* The index of a text in a list, where it is added if it is new; DATASET_NONE without memory. */
static uint32_t index_of(struct dataset *dataset, struct dataset_texts *texts, const char *text) {
    for (uint32_t i = 0; i < texts->count; i++)
        if (strcmp(texts->list[i], text) == 0)
            return i;
    uint32_t count = texts->count;
    if ((count & (count - 1)) == 0) { /* full only where the count is 0 or a power of 2 */
        const char **list = arena_alloc(&dataset->arena, (count ? 2 * count : 1) * sizeof *list);
        if (!list)
            return DATASET_NONE;
        if (count)
            memcpy(list, texts->list, count * sizeof *list);
        texts->list = list;
    }
    texts->list[count] = keep(dataset, text, strlen(text));
    return texts->list[count] ? texts->count++ : DATASET_NONE;
}

/* Parameters. */

static uint32_t add_parameter(struct loading *loading, const char *path, size_t size) {
    struct dataset *dataset = loading->dataset;
    for (uint32_t i = 0; i < dataset->parameter_count; i++)
        if (strlen(dataset->parameters[i].path) == size &&
            !memcmp(dataset->parameters[i].path, path, size))
            return i;
    const char *copy = dataset->parameter_count < DATASET_PARAMETERS_MAX ? keep(dataset, path, size)
                                                                         : NULL;
    if (!copy)
        return DATASET_NONE;
    dataset->parameters[dataset->parameter_count] = (struct dataset_parameter){.path = copy};
    return dataset->parameter_count++;
}

/* All that was set in any run but its seed; and on which engine it ran. */
static int find_parameters(struct loading *loading) {
    sqlite3_stmt *rows;
    int code = sqlite3_prepare_v2(loading->dataset->db,
                                  "SELECT DISTINCT s.value FROM run,"
                                  " json_each(run.settings) AS s ORDER BY run.id, s.key",
                                  -1, &rows, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(rows, 0);
        const char *equals = text ? strchr(text, '=') : NULL;
        code = SQLITE_OK;
        if (equals && strncmp(text, "seed=", 5) != 0)
            (void)add_parameter(loading, text, (size_t)(equals - text)); /* the first so many */
    }
    sqlite3_finalize(rows);
    (void)add_parameter(loading, "engine", strlen("engine"));
    return code == SQLITE_DONE ? 0 : database_failed(loading);
}

static int add_option(struct loading *loading, const char *path, size_t size, uint32_t *parameter) {
    *parameter = add_parameter(loading, path, size);
    if (*parameter == DATASET_NONE)
        return no_memory(loading);
    loading->dataset->parameters[*parameter].of_option = true;
    return 0;
}

/* Those that runs are grouped by come first, in the order of the options. */
static int add_by(struct loading *loading) {
    uint32_t parameter;
    for (uint32_t i = 0; i < loading->request->by_count; i++) {
        const char *path = loading->request->by[i];
        if (add_option(loading, path, strlen(path), &parameter))
            return 3;
        loading->dataset->parameters[parameter].by = true;
    }
    return 0;
}

static int add_other_options(struct loading *loading) {
    const struct dataset_request *request = loading->request;
    uint32_t parameter;
    for (uint32_t i = 0; i < request->where_count; i++)
        if (add_option(loading, request->where[i], strcspn(request->where[i], "="), &parameter))
            return 3;
    loading->dataset->baseline = DATASET_NONE;
    if (request->baseline)
        return add_option(loading, request->baseline, strcspn(request->baseline, "="),
                          &loading->dataset->baseline);
    return 0;
}

/* Runs. */

enum column { ID, SEED, SHA256, VERSION, OUTCOME, ENGINE, SCENARIO, SETTINGS, PARAMETERS, COLUMNS };

static int read_values(struct loading *loading, struct dataset_run *run, sqlite3_stmt *rows) {
    struct dataset *dataset = loading->dataset;
    json_t *settings = json_loads((const char *)sqlite3_column_text(rows, SETTINGS), 0, NULL);
    json_t *parameters = json_loads((const char *)sqlite3_column_text(rows, PARAMETERS), 0, NULL);
    int status = 0;
    for (uint32_t i = 0; i < dataset->parameter_count && !status; i++) {
        struct dataset_parameter *parameter = &dataset->parameters[i];
        struct dataset_texts texts = {parameter->values, parameter->value_count};
        bool is_engine = strcmp(parameter->path, "engine") == 0; /* no value of a scenario */
        char *value = is_engine
                          ? results_text("%s", (const char *)sqlite3_column_text(rows, ENGINE))
                          : parameter_value(parameters, settings, parameter->path);
        run->values[i] = value ? index_of(dataset, &texts, value) : DATASET_NONE;
        if (value && run->values[i] == DATASET_NONE)
            status = no_memory(loading);
        parameter->values = texts.list;
        parameter->value_count = texts.count;
        free(value);
    }
    json_decref(settings);
    json_decref(parameters);
    return status;
}

static struct dataset_run *new_run(struct loading *loading) {
    struct dataset *dataset = loading->dataset;
    if (dataset->run_count == loading->capacity) {
        uint32_t capacity = loading->capacity ? 2 * loading->capacity : 1024;
        struct dataset_run *runs = realloc(dataset->runs, capacity * sizeof *runs);
        if (!runs)
            return NULL;
        dataset->runs = runs;
        loading->capacity = capacity;
    }
    struct dataset_run *run = &dataset->runs[dataset->run_count];
    *run = (struct dataset_run){0};
    run->values = arena_alloc(&dataset->arena,
                              (dataset->parameter_count + 1) * sizeof *run->values);
    return run->values ? run : NULL;
}

/* Whether --where keeps it. */
static bool wanted(const struct loading *loading, const struct dataset_run *run, bool *no_memory) {
    const struct dataset *dataset = loading->dataset;
    for (uint32_t i = 0; i < loading->request->where_count; i++) {
        const char *where = loading->request->where[i];
        size_t size = strcspn(where, "=");
        uint32_t parameter = 0;
        while (strncmp(dataset->parameters[parameter].path, where, size) != 0 ||
               dataset->parameters[parameter].path[size])
            parameter++;
        char *value = parameter_text(where + size + 1);
        bool same = value && strcmp(value, dataset_value(dataset, run, parameter)) == 0;
        *no_memory = *no_memory || !value;
        free(value);
        if (!same)
            return false;
    }
    return true;
}

/* Whether it is the first of its kind. */
static bool is_new(const struct loading *loading, int64_t id, const struct ledger_key *key) {
    size_t count;
    const struct ledger_entry *entries = ledger_find((struct ledger *)&loading->ledger, key,
                                                     &count);
    return !entries || !ledger_is_done(entries) || entries[0].run == id;
}

static int read_run(struct loading *loading, sqlite3_stmt *rows) {
    struct dataset *dataset = loading->dataset;
    struct dataset_run *run = new_run(loading);
    const char *texts[COLUMNS];
    bool failed = false;
    for (int i = SHA256; i < COLUMNS; i++)
        if (!(texts[i] = (const char *)sqlite3_column_text(rows, i)))
            return no_memory(loading);
    if (!run || read_values(loading, run, rows))
        return no_memory(loading);
    run->id = sqlite3_column_int64(rows, ID);
    run->seed = (uint64_t)sqlite3_column_int64(rows, SEED);
    run->finished = !strcmp(texts[OUTCOME], "passed") || !strcmp(texts[OUTCOME], "failed");
    struct ledger_key key = ledger_key(&(struct ledger_identity){.scenario_sha256 = texts[SHA256],
                                                                 .version = texts[VERSION],
                                                                 .engine = texts[ENGINE],
                                                                 .settings = texts[SETTINGS],
                                                                 .seed = run->seed});
    bool counts = wanted(loading, run, &failed);
    if (counts && !run->finished)
        dataset->unfinished++;
    else if (counts && !is_new(loading, run->id, &key))
        dataset->repeated++;
    else if (counts) {
        char *scenario = results_text("%s, text %.8s", texts[SCENARIO], texts[SHA256]);
        run->version = index_of(dataset, &dataset->versions, texts[VERSION]);
        run->scenario = scenario ? index_of(dataset, &dataset->scenarios, scenario) : DATASET_NONE;
        failed = failed || run->scenario == DATASET_NONE || run->version == DATASET_NONE;
        free(scenario);
        dataset->run_count++;
    }
    return failed ? no_memory(loading) : 0;
}

static int read_runs(struct loading *loading) {
    static const char sql[] =
        "SELECT id, seed, scenario_sha256, version, outcome, engine, scenario,"
        " settings, parameters FROM run ORDER BY id";
    sqlite3 *db = loading->dataset->db;
    sqlite3_stmt *rows;
    if (ledger_add_file(&loading->ledger, db, 0))
        return database_failed(loading);
    ledger_sort(&loading->ledger);
    int status = 0, code = sqlite3_prepare_v2(db, sql, -1, &rows, NULL);
    while (code == SQLITE_OK && !status && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        status = read_run(loading, rows);
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return status ? status : code == SQLITE_DONE ? 0 : database_failed(loading);
}

/* What cannot be compared. */

/* The first few texts of a list, malloc'ed: "a, b and 3 more". */
static char *list_of(const struct dataset_texts *texts) {
    enum { SHOWN = 8 };
    char *list = results_text("%s", texts->count ? texts->list[0] : "none");
    for (uint32_t i = 1; i < texts->count && i < SHOWN && list; i++) {
        char *longer = results_text("%s; %s", list, texts->list[i]);
        free(list);
        list = longer;
    }
    if (!list || texts->count <= SHOWN)
        return list;
    char *longer = results_text("%s and %" PRIu32 " more", list, texts->count - SHOWN);
    free(list);
    return longer;
}

static int refuse_list(struct loading *loading, const char *format, const char *subject,
                       const struct dataset_texts *texts) {
    char *list = list_of(texts);
    *loading->error = list ? results_text(format, loading->request->path, subject, list) : NULL;
    free(list);
    return *loading->error ? 2 : 3;
}

static const char *path_at(const void *context, size_t index) {
    const struct dataset *dataset = context;
    const struct dataset_parameter *parameter = &dataset->parameters[index];
    return parameter->value_count ? parameter->path : "";
}

/* A parameter that no run has. */
static int refuse_parameter(struct loading *loading, const struct dataset_parameter *unknown) {
    const struct dataset *dataset = loading->dataset;
    struct suggest_words words = {path_at, dataset, dataset->parameter_count};
    const char *near = suggest(unknown->path, &words);
    *loading->error = results_text(
        "%s: no run has a parameter '%s' (%s%s%s)", loading->request->path, unknown->path,
        near && *near ? "did you mean '" : "a path such as ",
        near && *near ? near : "network.link.loss", near && *near ? "'?" : "");
    return *loading->error ? 2 : 3;
}

static int check_parameters(struct loading *loading) {
    const struct dataset *dataset = loading->dataset;
    for (uint32_t i = 0; i < dataset->parameter_count; i++)
        if (dataset->parameters[i].of_option && dataset->parameters[i].value_count == 0)
            return refuse_parameter(loading, &dataset->parameters[i]);
    for (uint32_t i = 0; i < loading->request->where_count && dataset->run_count == 0; i++) {
        const char *where = loading->request->where[i];
        for (uint32_t p = 0; p < dataset->parameter_count; p++) {
            const struct dataset_parameter *parameter = &dataset->parameters[p];
            if (strcspn(where, "=") == strlen(parameter->path) &&
                !strncmp(where, parameter->path, strlen(parameter->path)))
                return refuse_list(
                    loading,
                    "%s: no finished run is left by --where '%s' (there "
                    "are: %s)",
                    where, &(struct dataset_texts){parameter->values, parameter->value_count});
        }
    }
    return 0;
}

static int check_baseline(struct loading *loading) {
    struct dataset *dataset = loading->dataset;
    if (dataset->baseline == DATASET_NONE)
        return 0;
    const struct dataset_parameter *parameter = &dataset->parameters[dataset->baseline];
    const char *text = loading->request->baseline;
    char *value = parameter_text(text + strcspn(text, "=") + 1);
    if (!value)
        return no_memory(loading);
    dataset->baseline_value = 0;
    while (dataset->baseline_value < parameter->value_count &&
           strcmp(parameter->values[dataset->baseline_value], value) != 0)
        dataset->baseline_value++;
    free(value);
    if (dataset->baseline_value < parameter->value_count)
        return 0;
    return refuse_list(loading, "%s: no run is the baseline '%s' (there are: %s)", text,
                       &(struct dataset_texts){parameter->values, parameter->value_count});
}

static int check_runs(struct loading *loading) {
    const struct dataset *dataset = loading->dataset;
    const struct dataset_request *request = loading->request;
    if (dataset->unfinished > 0 && !request->skip_unfinished) {
        *loading->error = results_text("%s: %" PRIu32 " run%s did not come to an end "
                                       "(--skip-unfinished leaves them out; tssb sweep does them "
                                       "again)",
                                       request->path, dataset->unfinished,
                                       dataset->unfinished == 1 ? "" : "s");
        return *loading->error ? 2 : 3;
    }
    if (dataset->run_count == 0) {
        *loading->error = results_text("%s: has no finished run", request->path);
        return *loading->error ? 2 : 3;
    }
    if (dataset->versions.count > 1 && !request->any_version)
        return refuse_list(loading,
                           "%s: its runs are of several %s: %s (--any-version compares "
                           "them all the same)",
                           "versions of tssb", &dataset->versions);
    if (dataset->scenarios.count > 1 && !request->any_scenario)
        return refuse_list(loading,
                           "%s: its runs are of several %s: %s (--any-scenario compares "
                           "them all the same)",
                           "scenarios", &dataset->scenarios);
    return 0;
}

/* Whether the runs that are compared differ in a parameter. */
static bool differs(const struct dataset *dataset, uint32_t parameter) {
    for (uint32_t i = 1; i < dataset->run_count; i++)
        if (dataset->runs[i].values[parameter] != dataset->runs[0].values[parameter])
            return true;
    return false;
}

int dataset_open(struct dataset *dataset, const struct dataset_request *request, char **error) {
    struct loading loading = {.dataset = dataset, .request = request, .error = error};
    *dataset = (struct dataset){0};
    *error = NULL;
    if (results_open(&dataset->db, request->path, error))
        return 3;
    int status = add_by(&loading);
    if (!status)
        status = find_parameters(&loading);
    if (!status)
        status = add_other_options(&loading);
    if (!status)
        status = read_runs(&loading);
    ledger_close(&loading.ledger);
    if (!status)
        status = check_parameters(&loading);
    if (!status)
        status = check_runs(&loading);
    if (!status)
        status = check_baseline(&loading);
    for (uint32_t i = 0; i < dataset->parameter_count && request->by_count == 0 && !status; i++)
        dataset->parameters[i].by = differs(dataset, i);
    return status;
}

void dataset_close(struct dataset *dataset) {
    sqlite3_close(dataset->db);
    free(dataset->runs);
    arena_close(&dataset->arena);
    *dataset = (struct dataset){0};
}

const char *dataset_value(const struct dataset *dataset, const struct dataset_run *run,
                          uint32_t parameter) {
    uint32_t value = run->values[parameter];
    return value == DATASET_NONE ? "-" : dataset->parameters[parameter].values[value];
}

uint32_t dataset_find(const struct dataset *dataset, int64_t id) {
    uint32_t low = 0, high = dataset->run_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (dataset->runs[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < dataset->run_count && dataset->runs[low].id == id ? low : DATASET_NONE;
}
