/* Looking a path up in the two JSON texts that a run has. */
#include "parameter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record/results.h"

/* What is at a path in a JSON value; NULL for nothing. */
static const json_t *find(const json_t *value, const char *path) {
    char part[256];
    while (value && *path) {
        size_t size = strcspn(path, ".");
        if (size >= sizeof part)
            return NULL;
        memcpy(part, path, size);
        part[size] = 0;
        if (json_is_array(value))
            value = part[strspn(part, "0123456789")] || size == 0
                        ? NULL
                        : json_array_get(value, strtoul(part, NULL, 10));
        else
            value = json_object_get(value, part);
        path += size + (path[size] == '.');
    }
    return value;
}

/* What a setting of this path says last; NULL for none. */
static const char *set_to(const json_t *settings, const char *path) {
    size_t size = strlen(path), i;
    const char *found = NULL;
    json_t *setting;
    json_array_foreach(settings, i, setting) {
        const char *text = json_string_value(setting);
        if (text && strncmp(text, path, size) == 0 && text[size] == '=')
            found = text + size + 1;
    }
    return found;
}

char *parameter_text(const char *text) {
    static const char name[] = "{name: ";
    size_t size = strlen(text);
    bool named = strncmp(text, name, sizeof name - 1) == 0 && text[size - 1] == '}';
    if (!named)
        return results_text("%s", text);
    return results_text("%.*s", (int)(size - sizeof name), text + sizeof name - 1);
}

char *parameter_value(const json_t *parameters, const json_t *settings, const char *path) {
    const json_t *value = find(parameters, path);
    const char *set = set_to(settings, path);
    if (json_is_string(value))
        return results_text("%s", json_string_value(value));
    bool plain = value && !json_is_object(value) && !json_is_array(value);
    if (set && !plain)
        return parameter_text(set);
    const char *name = json_string_value(json_object_get(value, "name"));
    if (name)
        return results_text("%s", name);
    return value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
}

bool parameter_related(const char *a, const char *b) {
    size_t a_size = strlen(a), b_size = strlen(b);
    size_t size = a_size < b_size ? a_size : b_size;
    const char *rest = a_size < b_size ? b + size : a + size;
    return strncmp(a, b, size) == 0 && (*rest == 0 || *rest == '.');
}
