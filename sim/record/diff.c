/* Where two runs part. The report is made once, as JSON; the text for a person is printed from it,
 * so that the two cannot say different things. */
#include "diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diff_report.h"
#include "results.h"
#include "table.h"

static const char *const levels[] = {
    [RECORD_SUMMARY] = "summary",
    [RECORD_PROGRESS] = "progress",
    [RECORD_PACKETS] = "packets",
};

enum { DIFFERENCES_SHOWN = 30, VALUE_WIDTH = 32 };

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

static enum scenario_record level_of(const json_t *run) {
    enum scenario_record level = RECORD_SUMMARY;
    for (int i = RECORD_SUMMARY; i <= RECORD_PACKETS; i++)
        if (strcmp(text_of(run, "record"), levels[i]) == 0)
            level = (enum scenario_record)i;
    return level;
}

/* Making the report. */

/* An outcome that was reached, with the same digest. */
static bool same_digest(const json_t *first, const json_t *second) {
    return text_of(first, "digest")[0] &&
           !strcmp(text_of(first, "digest"), text_of(second, "digest"));
}

static int set(json_t *object, const char *key, json_t *value) {
    return value ? json_object_set_new(object, key, value) : -1;
}

/* What is to be done where the digests differ and nothing that was recorded shows why. */
static const char advice[] = "run both again with --set record=packets";

/* Fills in what there is to say of two runs that do not have the same digest. */
static int compare(sqlite3 *db, const struct diff_pair *runs, json_t *report) {
    const json_t *first = json_object_get(report, "first");
    const json_t *second = json_object_get(report, "second");
    enum scenario_record level = level_of(first) < level_of(second) ? level_of(first)
                                                                    : level_of(second);
    json_t *events = diff_report_events(db, runs, level);
    if (!events)
        return 3;
    bool parts = json_object_get(events, "parts_at_ns") != NULL;
    bool ended = text_of(first, "digest")[0] && text_of(second, "digest")[0];
    int code = json_object_update(report, events);
    json_decref(events);
    if (set(report, "compared", json_string(levels[level])) || code ||
        set(report, "nodes", diff_report_nodes(db, runs)) ||
        set(report, "metrics", diff_report_metrics(db, runs)) ||
        set(report, "same", json_boolean(!parts && !ended)))
        return 3;
    if (level != RECORD_PACKETS && (parts || ended))
        return set(report, "advice", json_string(advice)) ? 3 : 0;
    return 0;
}

static json_t *make_report(sqlite3 *db, const struct diff_request *request, char **error,
                           int *code) {
    const struct diff_pair runs = {request->first, request->second};
    json_t *report = json_object();
    json_t *first = diff_report_run(db, runs.first), *second = diff_report_run(db, runs.second);
    *code = 3;
    if (json_is_null(first) || json_is_null(second)) {
        *code = 2;
        *error = results_text("%s: has no run %" PRId64 " (tssb run prints the numbers; table run"
                              " has them all)",
                              request->path, json_is_null(first) ? runs.first : runs.second);
    } else if (first && second) {
        bool same = same_digest(first, second);
        *code = set(report, "differences", diff_report_differences(first, second)) ||
                        set(report, "same", json_boolean(same)) ||
                        set(report, "first", json_incref(first)) ||
                        set(report, "second", json_incref(second)) ||
                        (!same && compare(db, &runs, report))
                    ? 3
                    : 0;
    }
    json_decref(first);
    json_decref(second);
    if (*code == 0)
        return report;
    json_decref(report);
    return NULL;
}

/* Printing it. */

static void print_run(const char *sign, const json_t *run, FILE *out) {
    const char *digest = text_of(run, "digest");
    (void)fprintf(out, "%s run %" PRId64 "  %s, seed %" PRId64 ", %s %s: %s, %s%s\n", sign,
                  number_of(run, "id"), text_of(run, "scenario"), number_of(run, "seed"),
                  text_of(run, "engine"), text_of(run, "version"), text_of(run, "outcome"),
                  digest[0] ? "digest " : "without a digest", digest);
}

/* A value on one line, cut where it is long. */
static void value_cell(struct table *table, uint32_t column, const json_t *value) {
    char *text = json_is_string(value) ? results_text("%s", json_string_value(value))
                                       : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    bool is_long = text && strlen(text) > VALUE_WIDTH;
    if (text && !json_is_null(value))
        table_cell(table, column, "%.*s%s", is_long ? VALUE_WIDTH - 3 : VALUE_WIDTH, text,
                   is_long ? "..." : "");
    else
        table_cell(table, column, "-");
    free(text);
}

/* A list of {"what", "first", "second"}; nothing where it is empty. */
static int print_list(const char *title, const json_t *report, const char *key, FILE *out) {
    const json_t *list = json_object_get(report, key);
    size_t count = json_array_size(list);
    if (count == 0)
        return 0;
    struct table *table = malloc(sizeof *table);
    if (!table)
        return 3;
    table_init(table, "lll");
    table_row(table);
    table_cell(table, 1, "run %" PRId64, number_of(json_object_get(report, "first"), "id"));
    table_cell(table, 2, "run %" PRId64, number_of(json_object_get(report, "second"), "id"));
    for (size_t i = 0; i < count && i < DIFFERENCES_SHOWN; i++) {
        const json_t *difference = json_array_get(list, i);
        table_row(table);
        table_cell(table, 0, "%s", text_of(difference, "what"));
        value_cell(table, 1, json_object_get(difference, "first"));
        value_cell(table, 2, json_object_get(difference, "second"));
    }
    (void)fprintf(out, "\n%s\n", title);
    table_print(table, 2, out);
    if (count > DIFFERENCES_SHOWN)
        (void)fprintf(out, "  and %zu more\n", count - DIFFERENCES_SHOWN);
    free(table);
    return 0;
}

static void print_nodes(const json_t *nodes, FILE *out) {
    const json_t *names = json_object_get(nodes, "names");
    int64_t differ = number_of(nodes, "differ"), shown = (int64_t)json_array_size(names);
    if (differ == 0)
        return;
    (void)fprintf(out, "\nDigests differ on %" PRId64 " of %" PRId64 " nodes: ", differ,
                  number_of(nodes, "of"));
    for (size_t i = 0; i < (size_t)shown; i++)
        (void)fprintf(out, "%s%s", i > 0 ? ", " : "", json_string_value(json_array_get(names, i)));
    if (differ > shown)
        (void)fprintf(out, " and %" PRId64 " more", differ - shown);
    (void)fputc('\n', out);
}

static void print_events(const json_t *report, FILE *out) {
    const json_t *events = json_object_get(report, "events"), *event;
    const char *level = text_of(report, "compared");
    size_t i;
    if (!events) {
        (void)fprintf(out, "\nNothing that both recorded (record: %s) differs.\n", level);
        return;
    }
    (void)fprintf(out, "\nThey part here (compared: record %s)\n", level);
    json_array_foreach(events, i, event) {
        const char *run = text_of(event, "run");
        (void)fprintf(out, "%s %s\n",
                      !strcmp(run, "both")    ? " "
                      : !strcmp(run, "first") ? "-"
                                              : "+",
                      text_of(event, "text"));
    }
}

static int print_report(const json_t *report, FILE *out) {
    bool digests = same_digest(json_object_get(report, "first"), json_object_get(report, "second"));
    print_run("-", json_object_get(report, "first"), out);
    print_run("+", json_object_get(report, "second"), out);
    if (print_list("What they were given differs", report, "differences", out))
        return 3;
    if (digests) {
        (void)fputs("\nThe digests are the same: the same happened in both.\n", out);
        return 0;
    }
    print_events(report, out);
    print_nodes(json_object_get(report, "nodes"), out);
    if (print_list("Counts of the whole run that differ", report, "metrics", out))
        return 3;
    if (json_object_get(report, "advice"))
        (void)fprintf(out, "\nTo see more: %s.\n", text_of(report, "advice"));
    return 0;
}

int diff_runs(const struct diff_request *request, FILE *out, char **error) {
    sqlite3 *db;
    int code;
    if (results_open(&db, request->path, error))
        return 3;
    json_t *report = make_report(db, request, error, &code);
    if (code == 3)
        *error = results_trouble(db, request->path);
    if (report && request->json)
        code = json_dumpf(report, out, JSON_INDENT(2)) || fputc('\n', out) == EOF ? 3 : 0;
    else if (report)
        code = print_report(report, out);
    if (report && code == 0)
        code = json_is_true(json_object_get(report, "same")) ? 0 : 1;
    json_decref(report);
    sqlite3_close(db);
    return code;
}
