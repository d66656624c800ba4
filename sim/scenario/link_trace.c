/* Reading CSV: a line is cut into cells, and a cell together with its column's unit is a quantity
 * as scenarios have them, read by the same functions. */
#include "link_trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

enum { CELLS_MAX = 16, UNIT_SIZE = 16, CELL_SIZE = 64 };

/* What a column may be. The first is the time. */
static const struct kind {
    const char *name;
    unsigned bit; /* LINK_; 0 for the time */
    const char *example;
} kinds[] = {
    {"time", 0, "1.5 s"},
    {"delay", LINK_DELAY, "20 ms"},
    {"jitter", LINK_JITTER, "5 ms"},
    {"loss", LINK_LOSS, "1.5 %"},
    {"rate", LINK_RATE, "100 kbit/s"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

struct column {
    const struct kind *kind;
    char unit[UNIT_SIZE]; /* " ms"; empty where each cell has its own */
};

struct parser {
    struct problems *problems;
    struct place place;
    int status;
    struct column columns[CELLS_MAX];
    uint32_t column_count; /* 0: the header has not come yet */
    struct link_phase *phases;
    uint32_t count;
    char line[LINK_TRACE_LINE_MAX + 1];
    char *cells[CELLS_MAX];
    uint32_t cell_count;
};

static void refuse(struct parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void refuse(struct parser *parser, const char *format, ...) {
    char message[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    problems_add(parser->problems, parser->place, "%s", message);
    parser->status = PROBLEMS_INPUT;
}

/* Cells. */

static char *trim(char *text) {
    text += strspn(text, " \t\r");
    for (size_t size = strlen(text); size && strchr(" \t\r", text[size - 1]); size--)
        text[size - 1] = 0;
    return text;
}

/* Cuts the line at its commas; false, and noted, where there are too many. */
static bool cut(struct parser *parser) {
    char *rest = parser->line;
    parser->cell_count = 0;
    for (bool more = true; more;) {
        char *comma = strchr(rest, ',');
        more = comma != NULL;
        if (more)
            *comma = 0;
        if (parser->cell_count == CELLS_MAX) {
            refuse(parser, "more than %d columns", CELLS_MAX);
            return false;
        }
        parser->cells[parser->cell_count++] = trim(rest);
        rest = more ? comma + 1 : rest;
    }
    return true;
}

/* "delay [ms]" */
static bool read_column(struct parser *parser, char *cell, struct column *column) {
    char *bracket = strchr(cell, '[');
    *column = (struct column){NULL, ""};
    if (bracket) {
        size_t size = strcspn(bracket + 1, "]");
        if (bracket[1 + size] != ']' || bracket[2 + size] || size + 2 > UNIT_SIZE) {
            refuse(parser, "'%s' is no column (write delay [ms])", problems_show(cell).text);
            return false;
        }
        snprintf(column->unit, sizeof column->unit, " %.*s", (int)size, bracket + 1);
        *bracket = 0;
    }
    const char *name = trim(cell);
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            column->kind = &kinds[i];
    if (!column->kind)
        refuse(parser, "there is no column '%s' (known: time, delay, jitter, loss, rate)",
               problems_show(name).text);
    return column->kind != NULL;
}

static void read_header(struct parser *parser) {
    bool timed = false;
    for (uint32_t i = 0; i < parser->cell_count; i++) {
        struct column *column = &parser->columns[i];
        if (!read_column(parser, parser->cells[i], column))
            return;
        timed = timed || column->kind == &kinds[0];
        for (uint32_t k = 0; k < i; k++)
            if (parser->columns[k].kind == column->kind) {
                refuse(parser, "column '%s' is there twice", column->kind->name);
                return;
            }
    }
    if (!timed || parser->cell_count < 2)
        refuse(parser, "a trace has a column 'time' and others (such as time [s], delay [ms])");
    else
        parser->column_count = parser->cell_count;
}

/* Rows. */

static enum units_result read_value(const struct kind *kind, const char *text,
                                    struct link_phase *phase) {
    struct link_model *values = &phase->values;
    uint32_t ppb = 0;
    enum units_result result;
    switch (kind->bit) {
    case 0:
        return units_duration(text, &phase->from_ns);
    case LINK_DELAY:
        return units_duration(text, &values->delay_ns);
    case LINK_JITTER:
        return units_duration(text, &values->jitter_ns);
    case LINK_LOSS:
        result = units_probability(text, &ppb);
        values->loss = (struct loss_model){.good_ppb = ppb};
        return result;
    default:
        return units_rate(text, &values->rate_bit_s);
    }
}

static bool read_cell(struct parser *parser, uint32_t index, struct link_phase *phase) {
    const struct column *column = &parser->columns[index];
    char text[CELL_SIZE];
    struct shown shown = problems_show(parser->cells[index]);
    int size = snprintf(text, sizeof text, "%s%s", parser->cells[index], column->unit);
    if ((size_t)size >= sizeof text || read_value(column->kind, text, phase) != UNITS_OK) {
        refuse(parser, "'%s' is no %s%s (such as %s)", shown.text, column->kind->name,
               *column->unit ? " in the unit of its column" : "", column->kind->example);
        return false;
    }
    phase->changed |= column->kind->bit;
    return true;
}

static bool check_row(struct parser *parser, const struct link_phase *phase) {
    uint64_t before_ns = parser->count ? parser->phases[parser->count - 1].from_ns : 0;
    if (parser->count == 0 && phase->from_ns != 0)
        refuse(parser, "the first line is that of time 0");
    else if (parser->count && phase->from_ns <= before_ns)
        refuse(parser, "its time is not after that of the line before");
    else if (phase->changed & LINK_DELAY && phase->values.delay_ns == 0)
        refuse(parser, "a delay is at least 1 ns");
    else if (phase->changed & LINK_RATE && phase->values.rate_bit_s == 0)
        refuse(parser, "nothing ever gets through at rate 0 (a loss of 100 %% says so)");
    else
        return true;
    return false;
}

static void read_row(struct parser *parser) {
    struct link_phase *phase = &parser->phases[parser->count];
    *phase = (struct link_phase){0};
    if (parser->cell_count != parser->column_count) {
        refuse(parser, "%" PRIu32 " cells, and %" PRIu32 " columns", parser->cell_count,
               parser->column_count);
        return;
    }
    for (uint32_t i = 0; i < parser->cell_count; i++)
        if (!read_cell(parser, i, phase))
            return;
    parser->count += check_row(parser, phase);
}

static void read_line(struct parser *parser) {
    const char *text = trim(parser->line);
    if (!*text || *text == '#' || !cut(parser))
        return;
    if (parser->column_count)
        read_row(parser);
    else
        read_header(parser);
}

/* The next line into parser->line; false at the end. */
static bool next_line(struct parser *parser, const char **text, const char *end) {
    if (*text == end)
        return false;
    const char *newline = memchr(*text, '\n', (size_t)(end - *text));
    size_t size = (size_t)((newline ? newline : end) - *text);
    parser->place.line++;
    parser->line[0] = 0;
    if (size > LINK_TRACE_LINE_MAX)
        refuse(parser, "longer than %d characters", LINK_TRACE_LINE_MAX);
    else if (memchr(*text, 0, size))
        refuse(parser, "this is no text: there is a byte 0 in it");
    else
        memcpy(parser->line, *text, size);
    if (size <= LINK_TRACE_LINE_MAX)
        parser->line[size] = 0;
    *text = newline ? newline + 1 : end;
    return true;
}

static uint32_t count_lines(const char *text, size_t size) {
    uint32_t count = 1;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    return count;
}

int link_trace_parse(struct link_profile *profile, struct arena *arena, const struct source *source,
                     const char *text, size_t size, struct problems *problems) {
    struct parser parser = {.problems = problems, .place = {.source = source}};
    const char *end = text + size;
    uint32_t lines = count_lines(text, size);
    *profile = (struct link_profile){.is_trace = true};
    if (lines > LINK_TRACE_ROWS_MAX) {
        refuse(&parser, "it has more than %d lines", LINK_TRACE_ROWS_MAX);
        return parser.status;
    }
    parser.phases = arena_alloc(arena, (size_t)lines * sizeof *parser.phases);
    if (!parser.phases) {
        problems_no_memory(problems);
        return PROBLEMS_SYSTEM;
    }
    while (!parser.status && next_line(&parser, &text, end))
        if (!parser.status)
            read_line(&parser);
    if (!parser.status && parser.count == 0)
        refuse(&parser, "there is no trace in it (it begins with time [s], delay [ms])");
    profile->phases = parser.phases;
    profile->count = parser.count;
    return parser.status;
}
