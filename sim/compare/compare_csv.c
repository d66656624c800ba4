/* The report as comma separated values. */
#include "compare.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static json_int_t count_of(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

static void print_field(const char *text, bool first, FILE *out) {
    (void)fputs(first ? "" : ",", out);
    if (!text[strcspn(text, ",\"\r\n")]) {
        (void)fputs(text, out);
        return;
    }
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            (void)fputc('"', out);
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

static const char *const csv_points[] = {"median", "p90", "p99", "ratio"};
static const char *const csv_ends[] = {"value", "low", "high"};
static const char *const csv_counts[] = {"runs", "seeds", "catchups", "never_ended"};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* "latency_s_p90_low": the value itself has no ending. */
static void print_csv_titles(const char *quantity, size_t points, FILE *out) {
    for (size_t point = 0; point < points; point++)
        for (size_t end = 0; end < COUNT_OF(csv_ends); end++)
            (void)fprintf(out, ",%s_%s%s%s", quantity, csv_points[point], end ? "_" : "",
                          end ? csv_ends[end] : "");
}

static void print_csv_numbers(const json_t *quantity, size_t points, FILE *out) {
    for (size_t point = 0; point < points; point++)
        for (size_t end = 0; end < COUNT_OF(csv_ends); end++) {
            const json_t *estimate = json_object_get(quantity, csv_points[point]);
            const json_t *number = json_object_get(estimate, csv_ends[end]);
            if (json_is_null(number))
                (void)fputs(",inf", out);
            else if (number)
                (void)fprintf(out, ",%.9g", json_number_value(number));
            else
                (void)fputc(',', out);
        }
}

void compare_print_csv(const json_t *report, FILE *out) {
    const json_t *parameters = json_object_get(report, "parameters"), *parameter, *group, *quantity;
    size_t points = COUNT_OF(csv_points) - (json_object_get(report, "baseline") ? 0 : 1), i, q;
    json_array_foreach(parameters, i, parameter) {
        print_field(json_string_value(parameter), i == 0, out);
    }
    for (size_t c = 0; c < COUNT_OF(csv_counts); c++)
        print_field(csv_counts[c], i == 0 && c == 0, out);
    json_array_foreach(json_object_get(report, "quantities"), q, quantity)
        print_csv_titles(text_of(quantity, "name"), points, out);
    (void)fputs("\n", out);
    size_t g;
    json_array_foreach(json_object_get(report, "groups"), g, group) {
        json_array_foreach(parameters, i, parameter) {
            print_field(text_of(json_object_get(group, "values"), json_string_value(parameter)),
                        i == 0, out);
        }
        for (size_t c = 0; c < COUNT_OF(csv_counts); c++)
            (void)fprintf(out, "%s%lld", i == 0 && c == 0 ? "" : ",",
                          (long long)count_of(group, csv_counts[c]));
        json_array_foreach(json_object_get(report, "quantities"), q, quantity)
            print_csv_numbers(json_object_get(group, text_of(quantity, "name")), points, out);
        (void)fputs("\n", out);
    }
}
