/* The table-driven reader: what is the same for every mapping, and the readers of plain values. */
#include "scenario_reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

void reader_refuse(struct reader *reader, const struct tree *at, const char *format, ...) {
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    problems_add(reader->problems, at->place, "%s%s%s", reader->path, reader->path_size ? ": " : "",
                 message);
}

static size_t extend_path(struct reader *reader, const char *text) {
    size_t mark = reader->path_size;
    size_t room = sizeof reader->path - mark;
    int written = snprintf(reader->path + mark, room, "%s%s", mark ? "." : "", text);
    reader->path_size = (size_t)written < room ? mark + (size_t)written : sizeof reader->path - 1;
    return mark;
}

size_t reader_enter(struct reader *reader, const char *key) {
    return extend_path(reader, problems_show(key).text);
}

size_t reader_enter_item(struct reader *reader, uint32_t index) {
    char text[16];
    snprintf(text, sizeof text, "%" PRIu32, index);
    return extend_path(reader, text);
}

void reader_leave(struct reader *reader, size_t mark) {
    reader->path_size = mark;
    reader->path[mark] = 0;
}

static void *alloc(struct reader *reader, struct arena *arena, size_t count, size_t size) {
    void *memory = count > SIZE_MAX / size ? NULL : arena_alloc(arena, count * size);
    if (!memory)
        problems_no_memory(reader->problems);
    return memory;
}

void *reader_alloc(struct reader *reader, size_t count, size_t size) {
    return alloc(reader, &reader->scenario->arena, count, size);
}

void *reader_scratch(struct reader *reader, size_t count, size_t size) {
    return alloc(reader, reader->scratch, count, size);
}

bool reader_spend(struct reader *reader, const struct tree *at, uint64_t members) {
    if (members <= reader->work_left) {
        reader->work_left -= members;
        return true;
    }
    reader_refuse(reader, at, "the lists of nodes up to here have too many members to keep");
    return false;
}

bool writing_begin(struct reader *reader, struct writing *writing) {
    writing->bytes = NULL;
    writing->out = open_memstream(&writing->bytes, &writing->size);
    if (!writing->out)
        problems_no_memory(reader->problems);
    return writing->out != NULL;
}

const char *writing_end(struct reader *reader, struct writing *writing) {
    const char *text = NULL;
    if (fclose(writing->out) == 0)
        text = arena_text(&reader->scenario->arena, writing->bytes, writing->size);
    free(writing->bytes);
    if (!text)
        problems_no_memory(reader->problems);
    return text;
}

void writing_names(FILE *out, const struct tree *names) {
    if (names->kind == TREE_SCALAR)
        fputs(names->text, out);
    for (uint32_t i = 0; i < names->count; i++)
        fprintf(out, "%s%s", i ? ", " : "", names->children[i].value->text);
}

const char *reader_near(struct reader *reader, const char *unknown,
                        const struct suggest_words *words) {
    return reader->problems->count < PROBLEMS_MAX ? suggest(unknown, words) : NULL;
}

static const char *word_of_field(const void *context, size_t index) {
    return ((const struct field *)context)[index].key;
}

static void refuse_key(struct reader *reader, const struct tree *key, const struct field *fields,
                       size_t field_count) {
    char known[300] = "";
    size_t size = 0;
    const struct suggest_words words = {word_of_field, fields, field_count};
    const char *near = reader_near(reader, key->text, &words);
    for (size_t i = 0; i < field_count && size < sizeof known; i++)
        size += (size_t)snprintf(known + size, sizeof known - size, "%s%s", i ? ", " : "",
                                 fields[i].key);
    problems_add(reader->problems, key->place, "unknown key '%s'%s%s (%s%s%s)",
                 problems_show(key->text).text, reader->path_size ? " in " : "", reader->path,
                 near ? "did you mean '" : "known: ", near ? near : known, near ? "'?" : "");
}

static const char *kind_name(const struct tree *tree) {
    static const char *const names[] = {"a text", "a list", "a mapping"};
    return tree_is_null(tree) ? "nothing" : names[tree->kind];
}

uint32_t reader_map(struct reader *reader, const struct tree *map, const struct field *fields,
                    size_t field_count, void *target) {
    if (map->kind != TREE_MAP && !tree_is_null(map)) {
        reader_refuse(reader, map, "this is %s, a mapping is due (such as {%s: %s})",
                      kind_name(map), fields[0].key, fields[0].example);
        return 0;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const struct tree *key = map->children[i].key;
        size_t f = 0;
        while (f < field_count && strcmp(fields[f].key, key->text) != 0)
            f++;
        if (f == field_count)
            refuse_key(reader, key, fields, field_count);
    }
    uint32_t seen = 0;
    for (size_t f = 0; f < field_count; f++) {
        const struct field *field = &fields[f];
        const struct tree *value = tree_find(map, field->key);
        if (value) {
            size_t mark = reader_enter(reader, field->key);
            field->read(reader, field, value, (char *)target + field->offset);
            reader_leave(reader, mark);
            seen |= (uint32_t)1 << f;
        } else if (field->required) {
            reader_refuse(reader, map, "'%s' is missing (such as %s: %s)", field->key, field->key,
                          field->example);
        }
    }
    return seen;
}

bool reader_list(struct reader *reader, const struct tree *value, const char *example) {
    if (value->kind == TREE_LIST || tree_is_null(value))
        return true;
    reader_refuse(reader, value, "this is %s, a list is due (such as %s)", kind_name(value),
                  example);
    return false;
}

const char *reader_text(struct reader *reader, const struct field *field, const struct tree *value,
                        const char *what) {
    if (value->kind == TREE_SCALAR && !tree_is_null(value))
        return value->text;
    reader_refuse(reader, value, "this is %s, %s is due (such as %s)", kind_name(value), what,
                  field->example);
    return NULL;
}

bool reader_choice(struct reader *reader, const struct tree *value, const char *const *words,
                   uint32_t *choice) {
    char known[200] = "";
    size_t size = 0, count = 0;
    bool text = value->kind == TREE_SCALAR && !tree_is_null(value);
    for (; words[count]; count++) {
        if (text && strcmp(words[count], value->text) == 0) {
            *choice = (uint32_t)count;
            return true;
        }
        if (size < sizeof known)
            size += (size_t)snprintf(known + size, sizeof known - size, "%s%s", count ? ", " : "",
                                     words[count]);
    }
    if (!text) {
        reader_refuse(reader, value, "this is %s, a word is due (known: %s)", kind_name(value),
                      known);
        return false;
    }
    const char *near = reader_near(reader, value->text,
                                   &(struct suggest_words){suggest_word_of_array, words, count});
    reader_refuse(reader, value, "'%s' is not known here (%s%s%sknown: %s)",
                  problems_show(value->text).text, near ? "did you mean '" : "", near ? near : "",
                  near ? "'? " : "", known);
    return false;
}

void reader_probability(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    const char *text = reader_text(reader, field, value, "a probability");
    if (!text)
        return;
    struct shown shown = problems_show(text);
    switch (units_probability(text, target)) {
    case UNITS_OK:
        break;
    case UNITS_TOO_LARGE:
        reader_refuse(reader, value, "probability %s is over 100 %%", shown.text);
        break;
    case UNITS_NEGATIVE:
        reader_refuse(reader, value, "'%s' is negative", shown.text);
        break;
    case UNITS_NO_UNIT:
        reader_refuse(reader, value, "'%s' has no unit (write %s %%)", shown.text, shown.text);
        break;
    case UNITS_UNKNOWN_UNIT:
        reader_refuse(reader, value, "'%s' has an unknown unit (known: %%)", shown.text);
        break;
    case UNITS_TOO_FINE:
        reader_refuse(reader, value, "'%s' is finer than 0.0000001 %%", shown.text);
        break;
    default:
        reader_refuse(reader, value, "'%s' is no probability (write 10 %%, 0.1 %%, ...)",
                      shown.text);
    }
}

static bool read_count(struct reader *reader, const struct field *field, const struct tree *value,
                       uint64_t *count) {
    const char *text = reader_text(reader, field, value, "a number");
    if (!text)
        return false;
    uint64_t number = 0;
    enum units_result result = units_count(text, &number);
    if (result == UNITS_NOT_A_NUMBER)
        reader_refuse(reader, value, "'%s' is no whole number (digits only)",
                      problems_show(text).text);
    else if (result != UNITS_OK || number < field->min || number > field->max)
        reader_refuse(reader, value, "'%s' is not from %" PRIu64 " to %" PRIu64,
                      problems_show(text).text, field->min, field->max);
    else
        *count = number;
    return result == UNITS_OK && number >= field->min && number <= field->max;
}

void reader_u32(struct reader *reader, const struct field *field, const struct tree *value,
                void *target) {
    uint64_t count = 0;
    if (read_count(reader, field, value, &count))
        *(uint32_t *)target = (uint32_t)count;
}

void reader_u64(struct reader *reader, const struct field *field, const struct tree *value,
                void *target) {
    read_count(reader, field, value, target);
}

void reader_bool(struct reader *reader, const struct field *field, const struct tree *value,
                 void *target) {
    static const char *const words[] = {"false", "true", NULL};
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, words, &choice))
        *(bool *)target = choice == 1;
}

void reader_later(struct reader *reader, const struct field *field, const struct tree *value,
                  void *target) {
    (void)reader;
    (void)field;
    *(const struct tree **)target = value;
}
