/* The scenario loader: any file is loaded or refused with a message, in bounded time and memory. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "sim/scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct scenario scenario;
    char *errors = NULL;
    int status = scenario_parse(&scenario, "fuzz", (const char *)data, size, NULL, 0, &errors);
    if (status != 0) {
        TSSB_CHECK(errors && strncmp(errors, "fuzz", 4) == 0);
        free(errors);
        return 0;
    }
    TSSB_CHECK(scenario.node_count > 0 && scenario.duration_ns > 0);
    char *parameters = scenario_parameters_json(&scenario);
    TSSB_CHECK(parameters);
    free(parameters);
    scenario_close(&scenario);
    return 0;
}
