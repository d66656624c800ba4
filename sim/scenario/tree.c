/* Composes a tree of libyaml's events. libyaml has a composer of its own, yaml_parser_load, but it
 * looks through all anchors for each new one, has no bound on what aliases multiply, and leaves
 * duplicate keys in. Here an alias costs a pointer, and the weights keep what a later reader will
 * visit in bounds. */
#include "tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
    const char *name;
    const struct tree *tree;
};

struct composer {
    yaml_parser_t parser;
    struct arena *arena;
    const struct source *source;
    struct problems *problems;
    const char *text;
    size_t size;
    struct anchor anchors[TREE_ANCHORS_MAX];
    uint32_t anchor_count;
    uint32_t weight; /* of all that was composed so far */
};

static struct place place_at(const struct composer *composer, yaml_mark_t mark) {
    uint32_t shift = mark.line == 0 ? composer->source->first_column : 0;
    return (struct place){composer->source, (uint32_t)mark.line + 1,
                          (uint32_t)mark.column + 1 + shift};
}

/* The reader knows no mark, only how many bytes it has read. */
static struct place place_of_byte(const struct composer *composer, size_t offset) {
    yaml_mark_t mark = {0, 0, 0};
    for (size_t i = 0; i < offset && i < composer->size; i++) {
        unsigned char byte = (unsigned char)composer->text[i];
        if (byte == '\n') {
            mark.line++;
            mark.column = 0;
        } else if ((byte & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return place_at(composer, mark);
}

/* Where the parser stopped. It puts the end of a text that has no last newline on a line of its
 * own. */
static struct place place_of_problem(const struct composer *composer) {
    struct place end = place_of_byte(composer, composer->size);
    struct place place = place_at(composer, composer->parser.problem_mark);
    return place.line > end.line ? end : place;
}

static void refuse_syntax(struct composer *composer) {
    const yaml_parser_t *parser = &composer->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        problems_no_memory(composer->problems);
    else if (parser->error == YAML_READER_ERROR)
        problems_add(composer->problems, place_of_byte(composer, parser->problem_offset),
                     "this is not UTF-8 text: %s", parser->problem);
    else if (parser->context)
        problems_add(composer->problems, place_of_problem(composer),
                     "this is not YAML: %s %s that begins at line %zu", parser->problem,
                     parser->context, parser->context_mark.line + 1);
    else
        problems_add(composer->problems, place_of_problem(composer), "this is not YAML: %s",
                     parser->problem);
}

static bool next_event(struct composer *composer, yaml_event_t *event) {
    if (yaml_parser_parse(&composer->parser, event))
        return true;
    refuse_syntax(composer);
    return false;
}

static bool add_weight(struct composer *composer, uint32_t weight, struct place place) {
    if (weight <= TREE_WEIGHT_MAX - composer->weight) {
        composer->weight += weight;
        return true;
    }
    problems_add(composer->problems, place, "more than %d values, those of aliases included",
                 TREE_WEIGHT_MAX);
    return false;
}

/* Makes room for one more child; what outgrows its place leaves it unused in the arena. */
static bool grow(struct composer *composer, struct tree *tree) {
    if (tree->count & (tree->count - 1)) /* full only where the count is 0 or a power of 2 */
        return true;
    size_t capacity = tree->count ? (size_t)tree->count * 2 : 1;
    struct tree_child *children = arena_alloc(composer->arena, capacity * sizeof *children);
    if (!children) {
        problems_no_memory(composer->problems);
        return false;
    }
    if (tree->count)
        memcpy(children, tree->children, tree->count * sizeof *children);
    tree->children = children;
    return true;
}

static int by_key(const void *left, const void *right) {
    const struct tree *a = *(const struct tree *const *)left;
    const struct tree *b = *(const struct tree *const *)right;
    int order = strcmp(a->text, b->text);
    if (order)
        return order;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    return a->place.column < b->place.column ? -1 : a->place.column > b->place.column;
}

static bool check_duplicates(struct composer *composer, const struct tree *map) {
    if (map->count < 2)
        return true;
    const struct tree **keys = malloc(map->count * sizeof *keys);
    if (!keys) {
        problems_no_memory(composer->problems);
        return false;
    }
    for (uint32_t i = 0; i < map->count; i++)
        keys[i] = map->children[i].key;
    qsort(keys, map->count, sizeof(const struct tree *), by_key);
    bool good = true;
    for (uint32_t i = 1; i < map->count; i++)
        if (strcmp(keys[i - 1]->text, keys[i]->text) == 0) {
            problems_add(composer->problems, keys[i]->place,
                         "key '%s' is there already, at line %" PRIu32,
                         problems_show(keys[i]->text).text, keys[i - 1]->place.line);
            good = false;
        }
    free(keys);
    return good;
}

static struct tree *compose(struct composer *composer, const yaml_event_t *event, unsigned depth);

static bool compose_key(struct composer *composer, const yaml_event_t *event, unsigned depth,
                        struct tree_child *child) {
    if (event->type != YAML_SCALAR_EVENT) {
        problems_add(composer->problems, place_at(composer, event->start_mark),
                     "a key must be plain text");
        return false;
    }
    child->key = compose(composer, event, depth);
    return child->key != NULL;
}

static bool compose_children(struct composer *composer, struct tree *tree, unsigned depth) {
    yaml_event_type_t end = tree->kind == TREE_MAP ? YAML_MAPPING_END_EVENT
                                                   : YAML_SEQUENCE_END_EVENT;
    for (;;) {
        yaml_event_t event;
        struct tree_child child = {NULL, NULL};
        if (!next_event(composer, &event))
            return false;
        bool done = event.type == end;
        bool good = done || tree->kind == TREE_LIST ||
                    compose_key(composer, &event, depth + 1, &child);
        if (good && !done && tree->kind == TREE_MAP) {
            yaml_event_delete(&event);
            if (!next_event(composer, &event))
                return false;
        }
        if (good && !done)
            child.value = compose(composer, &event, depth + 1);
        yaml_event_delete(&event);
        if (done)
            return tree->kind == TREE_LIST || check_duplicates(composer, tree);
        if (!child.value || !grow(composer, tree))
            return false;
        tree->children[tree->count++] = child;
        tree->weight += child.value->weight + (child.key ? 1 : 0);
    }
}

static struct tree *resolve_alias(struct composer *composer, const yaml_event_t *event,
                                  struct place place) {
    const char *name = (const char *)event->data.alias.anchor;
    for (uint32_t i = composer->anchor_count; i-- > 0;) {
        const struct anchor *anchor = &composer->anchors[i];
        if (strcmp(anchor->name, name) != 0)
            continue;
        struct tree *copy = arena_alloc(composer->arena, sizeof *copy);
        if (!copy)
            problems_no_memory(composer->problems);
        if (!copy || !add_weight(composer, anchor->tree->weight, place))
            return NULL;
        *copy = *anchor->tree;
        return copy;
    }
    problems_add(composer->problems, place,
                 "alias '*%s' stands for nothing that ends before it (anchors are written &%s)",
                 problems_show(name).text, problems_show(name).text);
    return NULL;
}

static bool remember_anchor(struct composer *composer, const char *name, const struct tree *tree) {
    if (composer->anchor_count == TREE_ANCHORS_MAX) {
        problems_add(composer->problems, tree->place, "more than %d anchors", TREE_ANCHORS_MAX);
        return false;
    }
    char *copy = arena_text(composer->arena, name, strlen(name));
    if (!copy) {
        problems_no_memory(composer->problems);
        return false;
    }
    composer->anchors[composer->anchor_count++] = (struct anchor){copy, tree};
    return true;
}

/* What an event says about the value that it begins. */
struct begun {
    enum tree_kind kind;
    const yaml_char_t *anchor, *tag;
};

static struct begun begun_by(const yaml_event_t *event) {
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return (struct begun){TREE_LIST, event->data.sequence_start.anchor,
                              event->data.sequence_start.tag};
    if (event->type == YAML_MAPPING_START_EVENT)
        return (struct begun){TREE_MAP, event->data.mapping_start.anchor,
                              event->data.mapping_start.tag};
    return (struct begun){TREE_SCALAR, event->data.scalar.anchor, event->data.scalar.tag};
}

static bool take_text(struct composer *composer, const yaml_event_t *event, struct tree *tree) {
    const char *text = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    if (memchr(text, 0, size)) {
        problems_add(composer->problems, tree->place, "a zero byte in a text");
        return false;
    }
    tree->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    tree->text = arena_text(composer->arena, text, size);
    if (!tree->text)
        problems_no_memory(composer->problems);
    return tree->text != NULL;
}

static struct tree *compose(struct composer *composer, const yaml_event_t *event, unsigned depth) {
    struct place place = place_at(composer, event->start_mark);
    if (event->type == YAML_ALIAS_EVENT)
        return resolve_alias(composer, event, place);
    struct begun begun = begun_by(event);
    if (depth > TREE_DEPTH_MAX || begun.tag) {
        if (begun.tag)
            problems_add(composer->problems, place, "tags such as '%s' mean nothing here",
                         problems_show((const char *)begun.tag).text);
        else
            problems_add(composer->problems, place, "values nest deeper than %d", TREE_DEPTH_MAX);
        return NULL;
    }
    struct tree *tree = arena_alloc(composer->arena, sizeof *tree);
    if (!tree)
        problems_no_memory(composer->problems);
    if (!tree || !add_weight(composer, 1, place))
        return NULL;
    tree->kind = begun.kind;
    tree->place = place;
    tree->weight = 1;
    bool good = begun.kind == TREE_SCALAR ? take_text(composer, event, tree)
                                          : compose_children(composer, tree, depth);
    if (!good || (begun.anchor && !remember_anchor(composer, (const char *)begun.anchor, tree)))
        return NULL;
    return tree;
}

static struct tree *empty_document(struct composer *composer) {
    struct tree *tree = arena_alloc(composer->arena, sizeof *tree);
    if (!tree) {
        problems_no_memory(composer->problems);
        return NULL;
    }
    yaml_mark_t start = {0, 0, 0};
    *tree = (struct tree){.place = place_at(composer, start), .text = "", .weight = 1};
    return tree;
}

/* The stream: its start, at most one document, its end. */
static struct tree *compose_stream(struct composer *composer) {
    struct tree *tree = NULL;
    for (;;) {
        yaml_event_t event;
        if (!next_event(composer, &event))
            return NULL;
        yaml_event_type_t type = event.type;
        bool good = true;
        if (type == YAML_DOCUMENT_START_EVENT && tree) {
            problems_add(composer->problems, place_at(composer, event.start_mark),
                         "a second document (one a file)");
            good = false;
        } else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT ||
                   type == YAML_MAPPING_START_EVENT || type == YAML_ALIAS_EVENT) {
            tree = compose(composer, &event, 1);
            good = tree != NULL;
        }
        yaml_event_delete(&event);
        if (!good)
            return NULL;
        if (type == YAML_STREAM_END_EVENT)
            return tree ? tree : empty_document(composer);
    }
}

const struct tree *tree_parse(struct arena *arena, const struct source *source, const char *text,
                              size_t size, struct problems *problems) {
    struct composer composer = {.arena = arena, .source = source, .problems = problems};
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        text += 3;
        size -= 3;
    }
    if (!yaml_parser_initialize(&composer.parser)) {
        problems_no_memory(problems);
        return NULL;
    }
    composer.text = text;
    composer.size = size;
    yaml_parser_set_encoding(&composer.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&composer.parser, (const unsigned char *)text, size);
    const struct tree *tree = compose_stream(&composer);
    yaml_parser_delete(&composer.parser);
    return tree;
}

bool tree_is_null(const struct tree *tree) {
    return tree->kind == TREE_SCALAR && !tree->quoted &&
           (strcmp(tree->text, "") == 0 || strcmp(tree->text, "~") == 0 ||
            strcmp(tree->text, "null") == 0);
}

const struct tree *tree_find(const struct tree *map, const char *key) {
    for (uint32_t i = 0; map->kind == TREE_MAP && i < map->count; i++)
        if (strcmp(map->children[i].key->text, key) == 0)
            return map->children[i].value;
    return NULL;
}
