/* Changing one value of a tree: the mappings and lists on the way to it are copied, the rest is
 * shared. */
#include "tree.h"

#include <inttypes.h>
#include <string.h>

#include "units.h"

struct setter {
    struct arena *arena;
    const char *path; /* the whole, for messages */
    const struct tree *value;
    struct place place;
    struct problems *problems;
};

/* What the path names up to `end`. */
static struct shown walked(const struct setter *setter, const char *end) {
    char text[sizeof(struct shown) * 2];
    size_t size = (size_t)(end - setter->path);
    if (size == 0)
        return problems_show("the scenario");
    if (size >= sizeof text)
        size = sizeof text - 1;
    memcpy(text, setter->path, size);
    text[size] = 0;
    return problems_show(text);
}

/* Where in the path a part stands. */
static struct place place_of(const struct setter *setter, const char *part) {
    struct place place = setter->place;
    place.column += (uint32_t)(part - setter->path);
    return place;
}

static struct tree *copy_with_room(struct setter *setter, const struct tree *tree) {
    struct tree *copy = arena_alloc(setter->arena, sizeof *copy);
    struct tree_child *children = arena_alloc(setter->arena,
                                              ((size_t)tree->count + 1) * sizeof *children);
    if (!copy || !children) {
        problems_no_memory(setter->problems);
        return NULL;
    }
    *copy = *tree;
    if (tree->count)
        memcpy(children, tree->children, tree->count * sizeof *children);
    copy->children = children;
    return copy;
}

static const struct tree *set(struct setter *setter, const struct tree *tree, const char *part);

/* The value for a child that has this value now (NULL: it is not there yet). */
static const struct tree *set_child(struct setter *setter, const struct tree *now,
                                    const char *end) {
    if (!*end)
        return setter->value;
    struct tree nothing = {.kind = TREE_MAP, .place = setter->place, .weight = 1};
    return set(setter, now ? now : &nothing, end + 1);
}

static const struct tree *set_item(struct setter *setter, struct tree *list, const char *part,
                                   const char *end, const char *name) {
    uint64_t index;
    if (units_count(name, &index) != UNITS_OK || index >= list->count) {
        struct shown before = walked(setter, part - (part > setter->path));
        if (list->count == 0)
            problems_add(setter->problems, place_of(setter, part),
                         "there is no item '%s' in %s, which is empty", problems_show(name).text,
                         before.text);
        else
            problems_add(setter->problems, place_of(setter, part),
                         "there is no item '%s' in %s (its items are 0 to %" PRIu32 ")",
                         problems_show(name).text, before.text, list->count - 1);
        return NULL;
    }
    struct tree_child *child = &list->children[index];
    child->value = set_child(setter, child->value, end);
    return child->value ? list : NULL;
}

static const struct tree *set_key(struct setter *setter, struct tree *map, const char *part,
                                  const char *end, const char *name) {
    struct tree_child *child = map->children;
    while (child < map->children + map->count && strcmp(child->key->text, name) != 0)
        child++;
    if (child == map->children + map->count) {
        struct tree *key = arena_alloc(setter->arena, sizeof *key);
        if (!key) {
            problems_no_memory(setter->problems);
            return NULL;
        }
        *key = (struct tree){.place = place_of(setter, part), .text = name, .weight = 1};
        child->key = key;
        map->count++;
    }
    child->value = set_child(setter, child->value, end);
    return child->value ? map : NULL;
}

/* Sets the value at the part of the path that begins here, in a copy of `tree`. */
static const struct tree *set(struct setter *setter, const struct tree *tree, const char *part) {
    const char *end = strchr(part, '.');
    if (!end)
        end = part + strlen(part);
    if (end == part) {
        problems_add(setter->problems, place_of(setter, part),
                     "a part of the path is empty (write keys with one dot between them)");
        return NULL;
    }
    bool null = tree_is_null(tree);
    if (tree->kind == TREE_SCALAR && !null) {
        struct shown before = walked(setter, part - (part > setter->path));
        problems_add(setter->problems, place_of(setter, part),
                     "%s is '%s', which has nothing in it", before.text,
                     problems_show(tree->text).text);
        return NULL;
    }
    char *name = arena_text(setter->arena, part, (size_t)(end - part));
    struct tree *copy = name ? copy_with_room(setter, tree) : NULL;
    if (!name)
        problems_no_memory(setter->problems);
    if (!copy)
        return NULL;
    if (null)
        copy->kind = TREE_MAP;
    return copy->kind == TREE_LIST ? set_item(setter, copy, part, end, name)
                                   : set_key(setter, copy, part, end, name);
}

const struct tree *tree_set(struct arena *arena, const struct tree *tree, const char *path,
                            const struct tree *value, struct place place,
                            struct problems *problems) {
    struct setter setter = {arena, path, value, place, problems};
    unsigned parts = 1;
    for (const char *dot = path; (dot = strchr(dot, '.')); dot++)
        parts++;
    if (parts > TREE_DEPTH_MAX) {
        problems_add(problems, place, "values nest deeper than %d", TREE_DEPTH_MAX);
        return NULL;
    }
    return set(&setter, tree, path);
}
