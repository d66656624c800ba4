/* The report as tables for a person: the latency in full, and one table of what it cost. */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record/results.h"
#include "sim/record/table.h"

enum { NUMBER_SIZE = 32, VALUE_WIDTH = 24, LABELS_MAX = 7, CELL_SIZE = 4 * NUMBER_SIZE };

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static json_int_t count_of(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

/* A number to three digits; "-" where there is none. infinite: the word for null. */
static char *number_text(const json_t *number, const char *infinite, char buffer[NUMBER_SIZE]) {
    double value = json_number_value(number);
    if (!number || json_is_null(number))
        (void)snprintf(buffer, NUMBER_SIZE, "%s", number ? infinite : "-");
    else if (fabs(value) >= 999.5)
        (void)snprintf(buffer, NUMBER_SIZE, "%.0f", value);
    else
        (void)snprintf(buffer, NUMBER_SIZE, "%.3g", value);
    return buffer;
}

const char *compare_short_name(const json_t *report, const char *path) {
    const char *dot = strrchr(path, '.'), *name = dot ? dot + 1 : path;
    const json_t *other;
    size_t i;
    json_array_foreach(json_object_get(report, "parameters"), i, other) {
        const char *text = json_string_value(other), *end = strrchr(text, '.');
        if (strcmp(text, path) != 0 && strcmp(end ? end + 1 : text, name) == 0)
            return path;
    }
    return name;
}

/* "8.15 [7.9, 8.4]"; without an interval that is the value itself. */
static char *estimate_text(const json_t *estimate, const char *infinite, char buffer[CELL_SIZE]) {
    char value[NUMBER_SIZE], low[NUMBER_SIZE], high[NUMBER_SIZE];
    if (!estimate) {
        (void)snprintf(buffer, CELL_SIZE, "-");
        return buffer;
    }
    number_text(json_object_get(estimate, "value"), infinite, value);
    number_text(json_object_get(estimate, "low"), infinite, low);
    number_text(json_object_get(estimate, "high"), infinite, high);
    if (strcmp(low, value) == 0 && strcmp(high, value) == 0)
        (void)snprintf(buffer, CELL_SIZE, "%s", value);
    else
        (void)snprintf(buffer, CELL_SIZE, "%s [%s, %s]", value, low, high);
    return buffer;
}

/* A column that is not a parameter: what it is of each group. */
struct column {
    char title[64];
    const char *quantity, *point; /* an estimate; NULL: a count */
    const char *count;
};

enum { COLUMNS_MAX = 8 };

struct columns {
    struct column list[COLUMNS_MAX];
    size_t count;
    bool ratios; /* to the baseline */
};

static void add_count(struct columns *columns, const char *title, const char *key) {
    struct column *column = &columns->list[columns->count++];
    *column = (struct column){.count = key};
    (void)snprintf(column->title, sizeof column->title, "%s", title);
}

static void add_estimate(struct columns *columns, const char *title, const char *unit,
                         const char *quantity, const char *point) {
    if (columns->count == COLUMNS_MAX)
        return;
    struct column *column = &columns->list[columns->count++];
    *column = (struct column){.quantity = quantity, .point = point};
    (void)snprintf(column->title, sizeof column->title, "%s%s%s", title, *unit ? ", " : "", unit);
}

static void cell_text(const json_t *group, const struct column *column, char text[CELL_SIZE]) {
    if (column->count) {
        (void)snprintf(text, CELL_SIZE, "%lld", (long long)count_of(group, column->count));
        return;
    }
    const json_t *estimate = json_object_get(json_object_get(group, column->quantity),
                                             column->point);
    bool is_time = strstr(column->quantity, "latency_s") && strcmp(column->point, "ratio") != 0;
    estimate_text(estimate, is_time ? "never" : "inf", text);
    if (json_is_false(json_object_get(estimate, "excludes_1")))
        (void)snprintf(text + strlen(text), CELL_SIZE - strlen(text), " ?");
}

/* What the columns need, gaps and all. */
static size_t width_of(const json_t *report, const struct columns *columns, size_t labels) {
    char text[CELL_SIZE];
    size_t width = 2, i, g;
    const json_t *group, *parameter;
    json_array_foreach(json_object_get(report, "parameters"), i, parameter) {
        const char *path = json_string_value(parameter);
        size_t widest = strlen(compare_short_name(report, path));
        if (i >= labels)
            break;
        json_array_foreach(json_object_get(report, "groups"), g, group) {
            size_t size = strlen(text_of(json_object_get(group, "values"), path));
            size = size < VALUE_WIDTH ? size : VALUE_WIDTH;
            widest = size > widest ? size : widest;
        }
        width += widest + 2;
    }
    for (size_t c = 0; c < columns->count; c++) {
        size_t widest = strlen(columns->list[c].title);
        json_array_foreach(json_object_get(report, "groups"), g, group) {
            cell_text(group, &columns->list[c], text);
            widest = strlen(text) > widest ? strlen(text) : widest;
        }
        width += widest + 2;
    }
    return width - 2;
}

/* The values of a group's parameters; those of the group before are not said again. */
static void label_cells(struct table *table, const json_t *report, const json_t *group,
                        const json_t *before, size_t labels) {
    const json_t *parameter;
    size_t i;
    bool same = before != NULL;
    json_array_foreach(json_object_get(report, "parameters"), i, parameter) {
        const char *path = json_string_value(parameter);
        const char *value = text_of(json_object_get(group, "values"), path);
        if (i >= labels)
            break;
        same = same && i + 1 < labels &&
               strcmp(value, text_of(json_object_get(before, "values"), path)) == 0;
        bool is_long = strlen(value) > VALUE_WIDTH;
        if (!same)
            table_cell(table, (uint32_t)i, "%.*s%s", is_long ? VALUE_WIDTH - 3 : VALUE_WIDTH, value,
                       is_long ? "..." : "");
    }
}

static void heading(struct table *table, const json_t *report, const struct columns *columns,
                    size_t labels) {
    const json_t *parameters = json_object_get(report, "parameters");
    table_row(table);
    for (uint32_t i = 0; i < labels; i++)
        table_cell(table, i, "%s",
                   compare_short_name(report, json_string_value(json_array_get(parameters, i))));
    for (uint32_t i = 0; i < columns->count; i++)
        table_cell(table, (uint32_t)labels + i, "%s", columns->list[i].title);
}

/* Whether a group has no row: the baseline where it is compared with itself. */
static bool is_passed_over(const json_t *group, const struct columns *columns) {
    return columns->ratios && json_is_true(json_object_get(group, "is_baseline"));
}

/* One table: a row a group. */
static int print_columns(const json_t *report, const struct columns *columns, size_t labels,
                         FILE *out) {
    char alignment[TABLE_COLUMNS + 1] = "", text[CELL_SIZE];
    const json_t *groups = json_object_get(report, "groups"), *group, *before = NULL;
    struct table *table = malloc(sizeof *table);
    size_t g;
    if (!table)
        return 3;
    for (size_t i = 0; i < labels + columns->count; i++)
        alignment[i] = i < labels ? 'l' : 'r';
    table_init(table, alignment);
    heading(table, report, columns, labels);
    json_array_foreach(groups, g, group) {
        if (table->rows == TABLE_ROWS)
            break;
        if (is_passed_over(group, columns))
            continue;
        table_row(table);
        label_cells(table, report, group, before, labels);
        for (uint32_t i = 0; i < columns->count; i++) {
            cell_text(group, &columns->list[i], text);
            table_cell(table, (uint32_t)labels + i, "%s", text);
        }
        before = group;
    }
    table_print(table, 2, out);
    if (g < json_array_size(groups))
        (void)fprintf(out, "  and %zu more rows: --json and --csv have all\n",
                      json_array_size(groups) - g);
    free(table);
    return 0;
}

/* Prints the columns under a title: as many side by side as fit, and the rest below. */
static int print_table(const json_t *report, const char *title, const struct columns *columns,
                       FILE *out) {
    size_t labels = json_array_size(json_object_get(report, "parameters")), done = 0;
    int code = 0;
    (void)fprintf(out, "\n%s\n", title);
    if (labels > LABELS_MAX)
        (void)fprintf(out, "  (%d of %zu parameters are shown: choose with --by)\n", LABELS_MAX,
                      labels);
    labels = labels < LABELS_MAX ? labels : LABELS_MAX;
    while (done < columns->count && !code) {
        struct columns fitting = {.count = columns->count - done, .ratios = columns->ratios};
        memcpy(fitting.list, columns->list + done, fitting.count * sizeof *fitting.list);
        while (fitting.count > 1 && (labels + fitting.count > TABLE_COLUMNS ||
                                     width_of(report, &fitting, labels) > COMPARE_WIDTH))
            fitting.count--;
        if (done)
            (void)fputc('\n', out);
        code = print_columns(report, &fitting, labels, out);
        done += fitting.count;
    }
    return code;
}

/* Whether all groups have as many runs and catch-ups, which all ended: that is said once. */
static bool is_even(const json_t *report) {
    const json_t *groups = json_object_get(report, "groups"), *group;
    const json_t *first = json_array_get(groups, 0);
    size_t g;
    json_array_foreach(groups, g, group) {
        if (count_of(group, "never_ended") || count_of(group, "runs") != count_of(first, "runs") ||
            count_of(group, "catchups") != count_of(first, "catchups"))
            return false;
    }
    return true;
}

static int print_quantity(const json_t *report, const json_t *quantity, FILE *out) {
    static const struct {
        const char *point, *title;
    } points[] = {{"median", "median"}, {"p90", "90 %"}, {"p99", "99 %"}};
    struct columns columns = {.count = 0};
    const char *name = text_of(quantity, "name"), *unit = text_of(quantity, "unit");
    bool latency = strcmp(name, "latency_s") == 0;
    bool of_run = strcmp(text_of(quantity, "of"), "run") == 0;
    if (latency && !is_even(report)) {
        add_count(&columns, "runs", "runs");
        add_count(&columns, "catch-ups", "catchups");
        add_count(&columns, "never", "never_ended");
    }
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        add_estimate(&columns, points[i].title, unit, name, points[i].point);
    char *title = results_text("%s%s", text_of(quantity, "title"),
                               of_run ? " of a whole run for each useful entry" : "");
    int code = title ? print_table(report, title, &columns, out) : 3;
    free(title);
    return code;
}

/* "latency" of catch-ups, and "side chain". */
static const char *short_title(const json_t *quantity) {
    const char *of = text_of(quantity, "of");
    if (strcmp(text_of(quantity, "name"), "latency_s") == 0)
        return "latency";
    return strcmp(of, "chain") == 0 ? "side chain" : text_of(quantity, "title");
}

/* One point of all quantities. first: of the first quantity to show. */
static int print_point(const json_t *report, const char *title, const char *point, size_t first,
                       FILE *out) {
    bool ratio = strcmp(point, "ratio") == 0;
    struct columns columns = {.ratios = ratio};
    const json_t *quantity;
    size_t i;
    json_array_foreach(json_object_get(report, "quantities"), i, quantity) {
        const char *name = text_of(quantity, "name");
        if (i >= first)
            add_estimate(&columns, short_title(quantity), ratio ? "" : text_of(quantity, "unit"),
                         name, point);
    }
    return print_table(report, title, &columns, out);
}

static int print_ratios(const json_t *report, FILE *out) {
    const json_t *baseline = json_object_get(report, "baseline");
    if (!baseline)
        return 0;
    char *title = results_text("times the baseline %s=%s, of the same seed and other parameters; ?:"
                               " the interval has 1 in it",
                               compare_short_name(report, text_of(baseline, "parameter")),
                               text_of(baseline, "value"));
    int code = title ? print_point(report, title, "ratio", 0, out) : 3;
    free(title);
    return code;
}

static void print_heading(const json_t *report, FILE *out) {
    const json_t *left_out = json_object_get(report, "left_out"), *group;
    json_int_t never = 0;
    size_t g;
    json_array_foreach(json_object_get(report, "groups"), g, group)
        never += count_of(group, "never_ended");
    (void)fprintf(out, "%s: %lld run%s", text_of(report, "database"),
                  (long long)count_of(report, "runs"), count_of(report, "runs") == 1 ? "" : "s");
    if (count_of(left_out, "unfinished"))
        (void)fprintf(out, ", without %lld that are unfinished",
                      (long long)count_of(left_out, "unfinished"));
    if (count_of(left_out, "repeated"))
        (void)fprintf(out, ", without %lld that only repeat others",
                      (long long)count_of(left_out, "repeated"));
    group = json_array_get(json_object_get(report, "groups"), 0);
    if (is_even(report) && count_of(group, "catchups") == 0)
        (void)fprintf(out, "; in each row %lld", (long long)count_of(group, "runs"));
    else if (is_even(report))
        (void)fprintf(out, "; in each row %lld, with catch-ups that all ended: %lld",
                      (long long)count_of(group, "runs"), (long long)count_of(group, "catchups"));
    (void)fputs("\nIn brackets: 95 % intervals, by resampling seeds.\n", out);
    if (never)
        (void)fprintf(out, "%lld catch-ups never ended; they count as longer than any other.\n",
                      (long long)never);
}

int compare_print(const json_t *report, bool full, FILE *out) {
    const json_t *quantities = json_object_get(report, "quantities");
    size_t shown = full ? json_array_size(quantities) : 1;
    int code = 0;
    print_heading(report, out);
    for (size_t i = 0; i < shown && !code; i++)
        code = print_quantity(report, json_array_get(quantities, i), out);
    if (!full && !code)
        code = print_point(report,
                           "medians; packets, bytes, duplicates and airtime are those of a whole "
                           "run for each useful entry",
                           "median", 1, out);
    return code ? code : print_ratios(report, out);
}
