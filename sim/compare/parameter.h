/* Parameters of recorded runs, by their paths, as texts that can be compared. */
#ifndef PARAMETER_H
#define PARAMETER_H

#include <jansson.h>
#include <stdbool.h>

/* The value of a path, malloc'ed: as `parameters` has it where that is a plain value; as it was
 * set, where it was; otherwise the `name` of a mapping, or its JSON. NULL for none, or where memory
 * ran out. "{name: window, size: 4}" becomes "window, size: 4". */
char *parameter_value(const json_t *parameters, const json_t *settings, const char *path);

/* A value as parameter_value has it, of one as a person writes it; malloc'ed. */
char *parameter_text(const char *text);

/* Whether one path is the other, or within it. */
bool parameter_related(const char *a, const char *b);

#endif
