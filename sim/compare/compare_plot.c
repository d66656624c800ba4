/* The picture. gnuplot draws it: it gets a script and writes into the file that was opened here. */
#include "compare.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/record/results.h"
#include "sim/scenario/units.h"

enum { LINES_MAX = 16, PLACES_MAX = 200, LABEL_SIZE = 160, DECADES_FROM = 10 };

/* What an axis may count: texts that all read as one of these are numbers on it. */
static bool read_count(const char *text, double *number) {
    uint64_t count;
    bool good = units_count(text, &count) == UNITS_OK;
    *number = good ? (double)count : 0;
    return good;
}

static bool read_duration(const char *text, double *number) {
    uint64_t ns;
    bool good = units_duration(text, &ns) == UNITS_OK;
    *number = good ? (double)ns / 1e9 : 0;
    return good;
}

static bool read_probability(const char *text, double *number) {
    uint32_t ppb;
    bool good = units_probability(text, &ppb) == UNITS_OK;
    *number = good ? ppb / 1e7 : 0;
    return good;
}

static bool read_rate(const char *text, double *number) {
    uint64_t bit_s;
    bool good = units_rate(text, &bit_s) == UNITS_OK;
    *number = good ? (double)bit_s / 1e3 : 0;
    return good;
}

static bool read_length(const char *text, double *number) {
    uint64_t mm;
    bool good = units_length(text, &mm) == UNITS_OK;
    *number = good ? (double)mm / 1e3 : 0;
    return good;
}

static bool (*const scales[])(const char *text, double *number) = {
    read_count, read_duration, read_probability, read_rate, read_length,
};

/* A value of the parameter on the axis. */
struct place {
    const char *text;
    double x;
};

struct line {
    char label[LABEL_SIZE];
    const json_t *groups[PLACES_MAX]; /* by place; NULL: none */
    uint32_t points;                  /* with a finite median */
};

struct picture {
    const json_t *report;
    const char *axis; /* the parameter */
    bool counts;      /* its values are numbers */
    struct place places[PLACES_MAX];
    uint32_t place_count;
    struct line lines[LINES_MAX];
    uint32_t line_count;
    double least, most; /* of the medians */
    uint32_t undrawn;   /* medians that are infinite */
};

static const char *value_of(const json_t *group, const char *parameter) {
    const char *text = json_string_value(
        json_object_get(json_object_get(group, "values"), parameter));
    return text ? text : "-";
}

/* The index of a value of the parameter, added if it is new; PLACES_MAX where there is no room. */
static uint32_t place_of(struct picture *picture, const char *text) {
    for (uint32_t i = 0; i < picture->place_count; i++)
        if (strcmp(picture->places[i].text, text) == 0)
            return i;
    if (picture->place_count == PLACES_MAX)
        return PLACES_MAX;
    picture->places[picture->place_count] = (struct place){text, picture->place_count};
    return picture->place_count++;
}

/* Takes the parameter for the axis. Returns whether its values are numbers. */
static bool try_axis(struct picture *picture, const char *parameter) {
    const json_t *group;
    size_t g;
    picture->axis = parameter;
    picture->counts = false;
    picture->place_count = 0;
    json_array_foreach(json_object_get(picture->report, "groups"), g, group)(void)
        place_of(picture, value_of(group, parameter));
    for (size_t i = 0; i < sizeof scales / sizeof *scales && picture->place_count > 1; i++) {
        double x[PLACES_MAX];
        uint32_t n = 0;
        while (n < picture->place_count && scales[i](picture->places[n].text, &x[n]))
            n++;
        if (n < picture->place_count)
            continue;
        for (n = 0; n < picture->place_count; n++)
            picture->places[n].x = x[n];
        picture->counts = true;
        return true;
    }
    return false;
}

static int by_x(const void *left, const void *right) {
    const struct place *a = left, *b = right;
    return (a->x > b->x) - (a->x < b->x);
}

/* The first parameter that counts something; else the first. */
static void choose_axis(struct picture *picture) {
    const json_t *parameters = json_object_get(picture->report, "parameters"), *parameter;
    size_t i;
    bool found = false;
    json_array_foreach(parameters, i, parameter) {
        if (!found)
            found = try_axis(picture, json_string_value(parameter));
    }
    if (!found)
        (void)try_axis(picture, json_string_value(json_array_get(parameters, 0)));
    qsort(picture->places, picture->place_count, sizeof *picture->places, by_x);
}

/* "interval 1 s, delay 5 ms": what tells the group's line from others. */
static void label_of(const struct picture *picture, const json_t *group, char label[LABEL_SIZE]) {
    const json_t *parameter;
    size_t i, size = 0;
    label[0] = 0;
    json_array_foreach(json_object_get(picture->report, "parameters"), i, parameter) {
        const char *path = json_string_value(parameter);
        if (strcmp(path, picture->axis) != 0 && size < LABEL_SIZE)
            size += (size_t)snprintf(label + size, LABEL_SIZE - size, "%s%s %s", size ? ", " : "",
                                     compare_short_name(picture->report, path),
                                     value_of(group, path));
    }
}

/* What is drawn: the first quantity, a latency. */
static const char *drawn(const struct picture *picture, const char *key) {
    const json_t *quantities = json_object_get(picture->report, "quantities");
    return json_string_value(json_object_get(json_array_get(quantities, 0), key));
}

static const json_t *median_of(const struct picture *picture, const json_t *group) {
    return json_object_get(json_object_get(group, drawn(picture, "name")), "median");
}

/* Puts the group on its line. Returns false where there are too many lines. */
static bool add_group(struct picture *picture, const json_t *group) {
    char label[LABEL_SIZE];
    uint32_t line = 0, place = place_of(picture, value_of(group, picture->axis));
    const json_t *value = json_object_get(median_of(picture, group), "value");
    label_of(picture, group, label);
    while (line < picture->line_count && strcmp(picture->lines[line].label, label) != 0)
        line++;
    if (line == LINES_MAX || place == PLACES_MAX)
        return false;
    if (line == picture->line_count) {
        memcpy(picture->lines[line].label, label, sizeof label);
        picture->line_count++;
    }
    picture->lines[line].groups[place] = group;
    if (json_is_null(value))
        picture->undrawn++;
    if (!json_is_number(value))
        return true;
    picture->lines[line].points++;
    picture->least = fmin(picture->least, json_number_value(value));
    picture->most = fmax(picture->most, json_number_value(value));
    return true;
}

static int lay_out(struct picture *picture, char **error) {
    const json_t *group;
    size_t g;
    picture->least = HUGE_VAL;
    if (json_array_size(json_object_get(picture->report, "parameters")) == 0) {
        *error = results_text("there is nothing to draw: the runs differ in no parameter (--by)");
        return 2;
    }
    choose_axis(picture);
    json_array_foreach(json_object_get(picture->report, "groups"), g, group) {
        if (add_group(picture, group))
            continue;
        *error = results_text("a picture of over %d lines or %d values is none (choose with --by "
                              "or --where)",
                              LINES_MAX, PLACES_MAX);
        return 2;
    }
    if (picture->most > 0)
        return 0;
    *error = results_text("there is nothing to draw: no catch-up ended");
    return 2;
}

/* The script. */

/* In single quotes, in which gnuplot takes all but the quote as it is; marks of an axis are
 * formats. */
static void quote(FILE *out, const char *text, bool mark) {
    (void)fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'' || (mark && *text == '%'))
            (void)fputc(*text, out);
        (void)fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    (void)fputc('\'', out);
}

/* Whether numbers from least to most are better shown by their logarithms. */
static bool spans_decades(double least, double most) {
    return least > 0 && most / least >= DECADES_FROM;
}

/* Marked with the values as they are written, "5 ms". */
static void write_x_axis(const struct picture *picture, FILE *out) {
    double least = HUGE_VAL, most = 0;
    (void)fputs("set xlabel ", out);
    quote(out, picture->axis, false);
    (void)fputs("\nset xtics (", out);
    for (uint32_t i = 0; i < picture->place_count; i++) {
        const struct place *place = &picture->places[i];
        (void)fputs(i ? ", " : "", out);
        quote(out, place->text, true);
        (void)fprintf(out, " %.9g", place->x);
        least = fmin(least, place->x);
        most = fmax(most, place->x);
    }
    (void)fputs(")\n", out);
    if (picture->counts && spans_decades(least, most))
        (void)fprintf(out, "set logscale x\nset xrange [%.9g:%.9g]\n", least / 1.3, most * 1.3);
    else
        (void)fprintf(out, "set xrange [%.9g:%.9g]\n", least - (most - least) / 20 - 1e-9,
                      most + (most - least) / 20 + 1e-9);
}

/* Marks at 1, 2, 5, 10 and so on: few intervals are a decade long. */
static void write_y_axis(const struct picture *picture, FILE *out) {
    static const double steps[] = {1, 2, 5};
    if (!spans_decades(picture->least, picture->most)) {
        (void)fprintf(out, "set yrange [0:%.9g]\n", picture->most * 1.15);
        return;
    }
    (void)fprintf(out, "set logscale y\nset yrange [%.9g:%.9g]\nset ytics (", picture->least / 1.5,
                  picture->most * 1.5);
    for (int exponent = -9; exponent <= 12; exponent++)
        for (int i = 0; i < 3; i++)
            (void)fprintf(out, "%s'%g' %g", exponent > -9 || i ? ", " : "",
                          steps[i] * pow(10, exponent), steps[i] * pow(10, exponent));
    (void)fputs(")\n", out);
}

/* A line's points: x, median, interval. What is infinite is cut. */
static void write_points(const struct picture *picture, const struct line *line, FILE *out) {
    for (uint32_t i = 0; i < picture->place_count; i++) {
        const json_t *median = line->groups[i] ? median_of(picture, line->groups[i]) : NULL;
        const json_t *value = json_object_get(median, "value"), *low, *high;
        if (!json_is_number(value))
            continue;
        low = json_object_get(median, "low");
        high = json_object_get(median, "high");
        (void)fprintf(out, "%.9g %.9g %.9g %.9g\n", picture->places[i].x, json_number_value(value),
                      json_number_value(low),
                      json_is_number(high) ? json_number_value(high) : picture->most * 10);
    }
}

/* The data of all lines, and then what draws them. */
static void write_lines(const struct picture *picture, bool keyed, FILE *out) {
    static const char *const colors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                         "#e69f00", "#56b4e9", "#000000", "#7f7f7f"};
    static const int points[] = {7, 5, 9, 11, 13, 6, 4, 8};
    enum { STYLES = sizeof points / sizeof *points };
    for (uint32_t i = 0; i < picture->line_count; i++) {
        (void)fprintf(out, "$line%" PRIu32 " << END\n", i);
        write_points(picture, &picture->lines[i], out);
        (void)fputs("END\n", out);
    }
    const char *before = "plot ";
    for (uint32_t i = 0; i < picture->line_count; i++) {
        if (picture->lines[i].points == 0)
            continue;
        (void)fprintf(out,
                      "%s$line%" PRIu32 " using 1:2:3:4 with yerrorlines lc rgb '%s' pt %d"
                      " ps 0.8 lw 2 ",
                      before, i, colors[i % STYLES], points[(i + i / STYLES) % STYLES]);
        before = ", ";
        (void)fputs(keyed ? "title " : "notitle", out);
        if (keyed)
            quote(out, picture->lines[i].label, false);
    }
    (void)fputc('\n', out);
}

static void write_script(const struct picture *picture, FILE *out) {
    bool keyed = picture->line_count > 1 || picture->lines[0].label[0];
    (void)fprintf(out,
                  "set terminal svg noenhanced size %d,520 background 'white' font "
                  "'Helvetica,Arial,sans-serif,15'\n",
                  keyed ? 900 : 700);
    (void)fputs("set border 3 lc rgb '#555555'\nset tics nomirror out\n"
                "set grid ytics lc rgb '#dddddd' lw 1\n"
                "set key outside right top Left reverse spacing 1.3 samplen 2\n"
                "set bars 0.6\nset lmargin 11\n",
                out);
    (void)fprintf(out, "set ylabel '%s (s)'\n", drawn(picture, "title"));
    write_x_axis(picture, out);
    write_y_axis(picture, out);
    (void)fprintf(out,
                  "set title 'median, with its 95 %% interval%s' font ',13' textcolor rgb "
                  "'#555555'\n",
                  picture->undrawn ? "; where most never ended, there is no point" : "");
    write_lines(picture, keyed, out);
}

/* Runs gnuplot on a script from its beginning, its output into a file. */
static int draw(FILE *script, int file, const char *path, char **error) {
    extern char **environ;
    char program[] = "gnuplot", from_input[] = "-", *arguments[] = {program, from_input, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = 0, code = posix_spawn_file_actions_init(&actions);
    if (!code)
        code = posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
    if (!code)
        code = posix_spawn_file_actions_adddup2(&actions, file, STDOUT_FILENO);
    if (!code)
        code = posix_spawnp(&child, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code == ENOENT)
        *error = results_text("gnuplot, which draws the picture, is not installed (apt-get install "
                              "gnuplot-nox)");
    else if (code)
        *error = results_text("gnuplot: %s", strerror(code));
    else if (waitpid(child, &status, 0) != child || status != 0)
        *error = results_text("%s: gnuplot could not draw it (its message is above)", path);
    return code || status ? 3 : 0;
}

int compare_plot(const json_t *report, const char *path, char **error) {
    struct picture *picture = calloc(1, sizeof *picture);
    FILE *script = tmpfile();
    int file = -1, status = 3;
    *error = NULL;
    if (!picture)
        goto out;
    picture->report = report;
    status = lay_out(picture, error);
    if (status)
        goto out;
    status = 3;
    if (!script) {
        *error = results_text("a temporary file cannot be made: %s", strerror(errno));
        goto out;
    }
    write_script(picture, script);
    if (fflush(script) != 0 || fseek(script, 0, SEEK_SET) != 0)
        *error = results_text("a temporary file cannot be written: %s", strerror(errno));
    else if ((file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0)
        *error = results_text("%s: %s", path, strerror(errno));
    else
        status = draw(script, file, path, error);
out:
    if (file >= 0)
        close(file);
    if (script)
        (void)fclose(script);
    free(picture);
    return status;
}
