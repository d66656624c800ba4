/* A YAML document as a tree that remembers where each value stands. */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/arena.h"
#include "problems.h"

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

/* Values that an alias stands for are shared: a tree is not changed in place (tree_set copies what
 * it changes). */
struct tree {
    enum tree_kind kind;
    bool quoted; /* a scalar in quotes, which is never null */
    struct place place;
    const char *text; /* of a scalar */
    struct tree_child *children;
    uint32_t count;
    uint32_t weight; /* values in this tree, those of aliases counted each time */
};

struct tree_child {
    const struct tree *key; /* NULL in a list */
    const struct tree *value;
};

/* Bounds: on how deep values nest, on the values of a tree, and on the aliases' anchors in a text.
 */
enum { TREE_DEPTH_MAX = 32, TREE_WEIGHT_MAX = 2000000, TREE_ANCHORS_MAX = 256 };

/* Parses one document. Tags, collections as keys, keys that appear twice in a mapping and what is
 * out of bounds are refused. An empty text is a null value at line 1, column 1. Returns NULL with
 * the problem noted in `problems`. source and arena outlive the tree. */
const struct tree *tree_parse(struct arena *arena, const struct source *source, const char *text,
                              size_t size, struct problems *problems);

/* Whether it is nothing: an empty value, ~ or null. */
bool tree_is_null(const struct tree *tree);

/* The value of a key; NULL where there is none, or no mapping. */
const struct tree *tree_find(const struct tree *map, const char *key);

/* A copy of the tree in which the value at a path ("network.link.loss", "timeline.0.at") is another
 * one. Keys that are not there are added, items of lists must exist. place is the path's, for what
 * is noted in `problems`. Returns NULL where that does not work. */
const struct tree *tree_set(struct arena *arena, const struct tree *tree, const char *path,
                            const struct tree *value, struct place place,
                            struct problems *problems);

/* Writes the tree as YAML on one line, which parses to the same values: "{name: window, size: 4}".
 * Takes what it writes from *room, in bytes or a little more; returns false where that is too
 * little, having written but a part. */
bool tree_write(FILE *out, const struct tree *tree, size_t *room);

#endif
