/* Names are sorted, so that what a directory says and does is the same on every system. */
#include "core/posix/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/posix/text.h"

static void add(void *of_each, const char *name) {
    struct tssb_names *names = of_each;
    if (names->count == names->capacity) {
        size_t capacity = names->capacity ? names->capacity * 2 : 16;
        char **grown = realloc(names->name, capacity * sizeof *grown);
        if (!grown) {
            names->failed = 1;
            return;
        }
        names->name = grown;
        names->capacity = capacity;
    }
    names->name[names->count] = tssb_text("%s", name);
    if (names->name[names->count])
        names->count++;
    else
        names->failed = 1;
}

static int compare(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

int tssb_names_list(struct tssb_names *names, const struct tssb_disk *disk, const char *path) {
    *names = (struct tssb_names){0};
    int result = disk->list(disk->context, path, add, names);
    if (result == 0 && names->failed) {
        errno = ENOMEM;
        result = -1;
    }
    if (result != 0) {
        int failed = errno;
        tssb_names_close(names);
        errno = failed;
    } else if (names->count > 0) {
        qsort(names->name, names->count, sizeof *names->name, compare);
    }
    return result;
}

void tssb_names_close(struct tssb_names *names) {
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
    free(names->name);
    *names = (struct tssb_names){0};
}

char *tssb_names_parent(const char *path) {
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    size_t end = size;
    while (size > 0 && path[size - 1] != '/')
        size--;
    if (path[size] == '.') /* ".", ".." and hidden ones, for which it is as good */
        return tssb_text("%.*s/..", (int)end, path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    return size ? tssb_text("%.*s", (int)size, path) : tssb_text(".");
}
