/* A trace is a Tcl program, of which only the few forms that the tools write are known: a line is
 * cut into words, and the words are compared. What else it says is refused rather than guessed at:
 * a line passed over is a node that stands still. */
#include "ns2_trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

enum { WORDS_MAX = 8, EXPONENT_MAX = 10000, PLACED_X = 1, PLACED_Y = 2 };

/* A move, and whose it is, in the order of the file. */
struct line_move {
    struct ns2_move move;
    uint32_t node;
};

struct parser {
    struct ns2_trace *trace;
    struct problems *problems; /* of other files too */
    int status;
    struct place place;
    struct line_move *moves;
    uint32_t count, capacity;
    uint64_t *last_ns; /* of each node, when it moved last */
    uint8_t *placed;   /* of each node, PLACED_ bits */
    char line[NS2_LINE_MAX + 1];
    char *words[WORDS_MAX + 1]; /* one more shows that there are too many */
    uint32_t word_count;
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

static void no_memory(struct parser *parser) {
    problems_no_memory(parser->problems);
    parser->status = PROBLEMS_SYSTEM;
}

/* Numbers. */

struct number {
    bool negative;
    uint64_t magnitude;
};

enum number_result { NUMBER_OK, NUMBER_NONE, NUMBER_TOO_LARGE };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads the exponent of a number, "" or "e-3", to its end. */
static bool read_exponent(const char *text, int *exponent) {
    *exponent = 0;
    if (!*text)
        return true;
    if (*text != 'e' && *text != 'E')
        return false;
    bool negative = *++text == '-';
    text += *text == '-' || *text == '+';
    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++)
        if (*exponent < EXPONENT_MAX)
            *exponent = *exponent * 10 + (*text - '0');
    if (negative)
        *exponent = -*exponent;
    return !*text;
}

/* number * 10^places, rounded to the nearest, halves away from 0: each digit has its place, and
 * the one right of the point decides how to round. */
static enum number_result read_number(const char *text, int places, uint64_t max,
                                      struct number *number) {
    *number = (struct number){.negative = *text == '-'};
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789");
    size_t fraction = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    const char *end = text + whole + (text[whole] == '.') + fraction;
    int exponent;
    if (whole + fraction == 0 || !read_exponent(end, &exponent))
        return NUMBER_NONE;
    int place = (int)whole + exponent + places; /* of the digit just read; 0: the ones' */
    uint64_t value = 0;
    for (; text < end && place >= 0; text++) {
        if (*text == '.')
            continue;
        unsigned digit = (unsigned)(*text - '0');
        if (place-- == 0) {
            value += digit >= 5;
            break;
        }
        if (value > (max - digit) / 10)
            return NUMBER_TOO_LARGE;
        value = value * 10 + digit;
    }
    for (; text == end && place > 0 && value; place--) {
        if (value > max / 10)
            return NUMBER_TOO_LARGE;
        value *= 10;
    }
    number->magnitude = value;
    return value > max ? NUMBER_TOO_LARGE : NUMBER_OK;
}

/* A number of the line, in the smallest unit. */
struct quantity {
    const char *name;
    int places;
    uint64_t max;
    bool may_be_negative;
    const char *limit;
};

enum { MICROMETRES = 1000 };

static const struct quantity time = {"time", 9, UNITS_DURATION_MAX_NS, false, "1281023 h"};
static const struct quantity coordinate = {"coordinate", 3, POSITION_MAX_MM, true, "1000 km"};
static const struct quantity speed = {"speed", 6, (uint64_t)UNITS_SPEED_MAX_MM_S *MICROMETRES,
                                      false, "10000 m/s"};

static bool read_quantity(struct parser *parser, const char *word, const struct quantity *quantity,
                          struct number *number) {
    enum number_result result = read_number(word, quantity->places, quantity->max, number);
    struct shown shown = problems_show(word);
    if (result == NUMBER_NONE)
        refuse(parser, "the %s '%s' is no number", quantity->name, shown.text);
    else if (number->negative && !quantity->may_be_negative && (result || number->magnitude))
        refuse(parser, "the %s '%s' is negative", quantity->name, shown.text);
    else if (result == NUMBER_TOO_LARGE)
        refuse(parser, "the %s '%s' is out of range (up to %s)", quantity->name, shown.text,
               quantity->limit);
    else
        return true;
    return false;
}

static bool read_coordinate(struct parser *parser, const char *word, int32_t *mm) {
    struct number number;
    if (!read_quantity(parser, word, &coordinate, &number))
        return false;
    *mm = number.negative ? -(int32_t)number.magnitude : (int32_t)number.magnitude;
    return true;
}

/* Lines. */

/* Cuts a line into words. Quotes and braces hold a command together, and this needs no such help.
 */
static void cut(struct parser *parser, const char *text, size_t size) {
    static const char blanks[] = " \t\r\v\f\"{};";
    parser->word_count = 0;
    memcpy(parser->line, text, size);
    parser->line[size] = 0;
    for (size_t i = 0; i < size; i++)
        if (!parser->line[i])
            parser->line[i] = '?';
    parser->line[strcspn(parser->line, "#")] = 0;
    char *at = parser->line + strspn(parser->line, blanks);
    while (*at && parser->word_count <= WORDS_MAX) {
        char *end = at + strcspn(at, blanks);
        parser->words[parser->word_count++] = at;
        at = end + strspn(end, blanks);
        *end = 0;
    }
}

static bool begins(const char *word, const char *with) {
    return strncmp(word, with, strlen(with)) == 0;
}

/* The node of "$node_(3)". */
static bool read_node(struct parser *parser, char *word, uint32_t *node) {
    char *open = strchr(word, '('), *close = open ? strchr(open, ')') : NULL;
    uint64_t index;
    struct shown shown = problems_show(word);
    if (!close || close[1]) {
        refuse(parser, "'%s' is no node (such as $node_(0))", shown.text);
        return false;
    }
    *close = 0;
    if (units_count(open + 1, &index) != UNITS_OK)
        refuse(parser, "'%s' is no node (such as $node_(0))", shown.text);
    else if (index >= parser->trace->node_count)
        refuse(parser, "there is no %s (the last is node_(%" PRIu32 "))", shown.text,
               parser->trace->node_count - 1);
    else {
        *node = (uint32_t)index;
        return true;
    }
    return false;
}

static bool grow(struct parser *parser) {
    uint32_t capacity = parser->capacity ? parser->capacity * 2 : 256;
    if (capacity > NS2_MOVES_MAX)
        capacity = NS2_MOVES_MAX;
    if (parser->count == capacity) {
        refuse(parser, "there are more than %d moves", NS2_MOVES_MAX);
        return false;
    }
    struct line_move *moves = realloc(parser->moves, capacity * sizeof *moves);
    if (!moves) {
        no_memory(parser);
        return false;
    }
    parser->moves = moves;
    parser->capacity = capacity;
    return true;
}

static void add_move(struct parser *parser, uint32_t node, struct ns2_move move) {
    if (move.at_ns < parser->last_ns[node]) {
        char text[UNITS_TEXT_SIZE];
        refuse(parser, "node_(%" PRIu32 ") goes back in time (its line before is at %s)", node,
               units_duration_text(parser->last_ns[node], text));
        return;
    }
    parser->last_ns[node] = move.at_ns;
    if (parser->count < parser->capacity || grow(parser))
        parser->moves[parser->count++] = (struct line_move){move, node};
}

/* $node_(I) set X_ M: where it is at first, or a jump. */
static void read_set(struct parser *parser, uint32_t node, uint64_t at_ns, char *const *words) {
    static const char *const axes[] = {"X_", "Y_", "Z_"};
    uint32_t axis = 0;
    int32_t mm;
    while (axis < 3 && strcmp(words[0], axes[axis]) != 0)
        axis++;
    if (axis == 3)
        refuse(parser, "'%s' cannot be set (known: X_, Y_, Z_)", problems_show(words[0]).text);
    else if (!read_coordinate(parser, words[1], &mm) || axis == 2)
        return;
    else if (at_ns == 0) {
        struct position *start = &parser->trace->starts[node];
        *(axis == 0 ? &start->x_mm : &start->y_mm) = mm;
        parser->placed[node] |= axis == 0 ? PLACED_X : PLACED_Y;
    } else {
        struct ns2_move jump = {at_ns, NS2_JUMP, NS2_SAME, NS2_SAME};
        *(axis == 0 ? &jump.x_mm : &jump.y_mm) = mm;
        add_move(parser, node, jump);
    }
}

/* $ns_ at T "$node_(I) setdest X Y SPEED" */
static void read_setdest(struct parser *parser, uint32_t node, uint64_t at_ns, char *const *words) {
    struct ns2_move move = {.at_ns = at_ns};
    struct number number;
    if (!read_coordinate(parser, words[0], &move.x_mm) ||
        !read_coordinate(parser, words[1], &move.y_mm) ||
        !read_quantity(parser, words[2], &speed, &number))
        return;
    move.speed_um_s = number.magnitude;
    add_move(parser, node, move);
}

static const struct command {
    const char *name;
    uint32_t arguments;
    void (*read)(struct parser *, uint32_t node, uint64_t at_ns, char *const *words);
    const char *example;
} commands[] = {
    {"set", 2, read_set, "set X_ 83.3"},
    {"setdest", 3, read_setdest, "setdest 250.0 90.0 15.0"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

/* words: from $node_(I) on. */
static void read_command(struct parser *parser, uint64_t at_ns, char *const *words,
                         uint32_t count) {
    uint32_t node;
    for (size_t i = 0; i < COMMANDS && count > 1; i++) {
        const struct command *command = &commands[i];
        if (strcmp(words[1], command->name) != 0)
            continue;
        if (count != 2 + command->arguments)
            refuse(parser, "%s takes %" PRIu32 " values (such as %s)", command->name,
                   command->arguments, command->example);
        else if (read_node(parser, words[0], &node))
            command->read(parser, node, at_ns, words + 2);
        return;
    }
    refuse(parser, "'%s' is nothing that a node does here (known: set, setdest)",
           problems_show(count > 1 ? words[1] : "").text);
}

static void read_line(struct parser *parser) {
    char *const *words = parser->words;
    uint32_t count = parser->word_count;
    struct number at = {0};
    if (count > 2 && begins(words[0], "$ns") && strcmp(words[1], "at") == 0) {
        if (!read_quantity(parser, words[2], &time, &at))
            return;
        words += 3;
        count -= 3;
    }
    if (count && begins(words[0], "$node"))
        read_command(parser, at.magnitude, words, count);
    else if (count != 0 && !begins(words[0], "$god") && strcmp(words[0], "set") != 0)
        refuse(parser, "'%s' begins no line of a trace (such as $node_(0) %s)",
               problems_show(words[0]).text, commands[0].example);
    else if (count == 0 && parser->word_count)
        refuse(parser, "nothing happens at this time (such as \"$node_(0) %s\")",
               commands[1].example);
}

static void read_lines(struct parser *parser, const char *text, size_t size) {
    const char *end = text + size;
    while (text < end && !parser->problems->more && parser->status != PROBLEMS_SYSTEM) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        parser->place.line++;
        if (length > NS2_LINE_MAX) {
            refuse(parser, "the line is longer than %d bytes", NS2_LINE_MAX);
        } else {
            cut(parser, text, length);
            read_line(parser);
        }
        text += length + 1;
    }
}

/* The moves of each node next to each other, in their order (a counting sort). */
static void sort(struct parser *parser, struct arena *arena) {
    struct ns2_trace *trace = parser->trace;
    trace->moves = arena_alloc(arena, parser->count * sizeof *trace->moves);
    trace->first = arena_alloc(arena, ((size_t)trace->node_count + 1) * sizeof *trace->first);
    if (!trace->moves || !trace->first) {
        no_memory(parser);
        return;
    }
    for (uint32_t i = 0; i < parser->count; i++)
        trace->first[parser->moves[i].node]++;
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= trace->node_count; i++) {
        sum += trace->first[i];
        trace->first[i] = sum; /* the end of its moves, which becomes their beginning below */
    }
    for (uint32_t i = parser->count; i-- > 0;)
        trace->moves[--trace->first[parser->moves[i].node]] = parser->moves[i].move;
}

static void check_starts(struct parser *parser) {
    parser->place.line = 0;
    for (uint32_t i = 0; i < parser->trace->node_count; i++) {
        parser->trace->placed[i] = parser->placed[i] != 0;
        if (parser->placed[i] == PLACED_X || parser->placed[i] == PLACED_Y)
            refuse(parser, "node_(%" PRIu32 ") has %s at first and no %s", i,
                   parser->placed[i] == PLACED_X ? "X_" : "Y_",
                   parser->placed[i] == PLACED_X ? "Y_" : "X_");
    }
}

int ns2_trace_parse(struct ns2_trace *trace, struct arena *arena, const struct source *source,
                    const char *text, size_t size, uint32_t node_count, struct problems *problems) {
    struct parser parser = {
        .trace = trace,
        .problems = problems,
        .place = {.source = source},
        .last_ns = calloc(node_count, sizeof *parser.last_ns),
        .placed = calloc(node_count, sizeof *parser.placed),
    };
    *trace = (struct ns2_trace){
        .node_count = node_count,
        .placed = arena_alloc(arena, node_count * sizeof *trace->placed),
        .starts = arena_alloc(arena, node_count * sizeof *trace->starts),
    };
    if (!parser.last_ns || !parser.placed || !trace->placed || !trace->starts)
        no_memory(&parser);
    else if (size > NS2_BYTES_MAX)
        refuse(&parser, "longer than %d bytes", NS2_BYTES_MAX);
    else
        read_lines(&parser, text, size);
    if (!parser.status)
        check_starts(&parser);
    if (!parser.status)
        sort(&parser, arena);
    free(parser.moves);
    free(parser.last_ns);
    free(parser.placed);
    return parser.status;
}
