/* The engines that there are. */
#include "engine.h"

#include <string.h>

#include "core/error.h"

static const struct engine *const engines[] = {&engine_builtin, &engine_ns3};

const struct engine *engine_find(const char *name) {
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (strcmp(engines[i]->name, name) == 0)
            return engines[i];
    return NULL;
}

const char *engine_names(void) {
    return "builtin, ns3";
}

const char *engine_error_text(const struct engine *engine, int error) {
    return error == ENGINE_FAILED && engine->trouble ? engine->trouble() : tssb_error_text(error);
}
