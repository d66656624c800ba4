/* A bounded list of messages, sorted by place at the end: the checks run in an order of their own.
 */
#include "problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_SIZE = 640 };

void problems_close(struct problems *problems) {
    arena_close(&problems->arena);
    memset(problems, 0, sizeof *problems);
}

void problems_no_memory(struct problems *problems) {
    problems->no_memory = true;
    problems->status = PROBLEMS_SYSTEM;
}

void problems_add(struct problems *problems, struct place place, const char *format, ...) {
    if (problems->status < PROBLEMS_INPUT)
        problems->status = PROBLEMS_INPUT;
    if (problems->count == PROBLEMS_MAX) {
        problems->more = true;
        return;
    }
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    char *text = arena_text(&problems->arena, message, strlen(message));
    if (!text) {
        problems_no_memory(problems);
        return;
    }
    problems->list[problems->count] = (struct problem){place, text, problems->count};
    problems->count++;
}

static int by_place(const void *left, const void *right) {
    const struct problem *a = left, *b = right;
    if (a->place.source->order != b->place.source->order)
        return a->place.source->order < b->place.source->order ? -1 : 1;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

/* A control character of the input must not make two lines of one, nor move a terminal's cursor. */
static void print_clean(FILE *out, const char *text) {
    for (; *text; text++)
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

static void print(FILE *out, const struct problem *problem) {
    print_clean(out, problem->place.source->name);
    if (problem->place.line)
        fprintf(out, ":%u", problem->place.line);
    if (problem->place.column)
        fprintf(out, ":%u", problem->place.column);
    fputs(": ", out);
    print_clean(out, problem->text);
    fputc('\n', out);
}

char *problems_text(struct problems *problems, const char *name) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    qsort(problems->list, problems->count, sizeof *problems->list, by_place);
    for (uint32_t i = 0; i < problems->count && !problems->no_memory; i++)
        print(out, &problems->list[i]);
    if (problems->no_memory || problems->more) {
        print_clean(out, name);
        fputs(problems->no_memory ? ": memory ran out\n"
                                  : ": there is more; these were the first problems\n",
              out);
    }
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

struct shown problems_show(const char *text) {
    struct shown shown;
    size_t size = strlen(text);
    if (size < sizeof shown.text) {
        memcpy(shown.text, text, size + 1);
        return shown;
    }
    size = sizeof shown.text - sizeof "...";
    while (size && ((unsigned char)text[size] & 0xc0) == 0x80) /* not within a UTF-8 character */
        size--;
    memcpy(shown.text, text, size);
    memcpy(shown.text + size, "...", sizeof "...");
    return shown;
}
