/* A tree as text. Scalars stay as they were written where that is plain in any context, and are put
 * in double quotes otherwise; lists and mappings are written in flow style. */
#include "tree.h"

#include <string.h>

/* Whether YAML reads the text as this scalar without quotes, alone and within [] and {}. */
static bool is_plain(const char *text) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               " _.%+-/~";
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    static const char sign[] = "+-.";
    size_t size = strlen(text);
    if (size == 0 || text[strspn(text, good)] || text[size - 1] == ' ')
        return false;
    return strchr(first, text[0]) || (strchr(sign, text[0]) && size > 1 && strchr(first, text[1]));
}

static void write_quoted(FILE *out, const char *text) {
    (void)fputc('"', out);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            (void)fprintf(out, "\\%c", byte);
        else if (byte < ' ' || byte == 0x7f)
            (void)fprintf(out, "\\x%02x", byte);
        else
            (void)fputc(byte, out);
    }
    (void)fputc('"', out);
}

static bool write_scalar(FILE *out, const struct tree *tree, size_t *room) {
    size_t size = 4 * strlen(tree->text) + 4;
    if (size > *room)
        return false;
    *room -= size;
    if (tree_is_null(tree))
        (void)fputc('~', out);
    else if (!tree->quoted && is_plain(tree->text))
        (void)fputs(tree->text, out);
    else
        write_quoted(out, tree->text);
    return true;
}

bool tree_write(FILE *out, const struct tree *tree, size_t *room) {
    enum { AROUND = 4 }; /* brackets, or what stands between two values */
    if (tree->kind == TREE_SCALAR)
        return write_scalar(out, tree, room);
    bool map = tree->kind == TREE_MAP;
    (void)fputc(map ? '{' : '[', out);
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct tree_child *child = &tree->children[i];
        if (*room < AROUND)
            return false;
        *room -= AROUND;
        (void)fputs(i ? ", " : "", out);
        if (map && !write_scalar(out, child->key, room))
            return false;
        (void)fputs(map ? ": " : "", out);
        if (!tree_write(out, child->value, room))
            return false;
    }
    (void)fputc(map ? '}' : ']', out);
    return true;
}
