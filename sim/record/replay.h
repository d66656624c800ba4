/* A recorded run as one that can be run again: its scenario, what --set changed, and what came in
 * by real faces. */
#ifndef REPLAY_H
#define REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "sim/engine.h"
#include "sim/scenario/scenario.h"
#include "sim/world.h"

struct replay {
    char *scenario_text;
    size_t scenario_size;
    struct scenario_setting *settings;
    size_t setting_count;
    char **setting_texts;  /* what the settings point to */
    char *digest;          /* that the run came to; NULL where it did not end */
    uint64_t simulated_ns; /* when it ended */
    char *path;            /* of the results file */
    char *scenario_path; /* of the scenario, where it read files beside it; NULL where it did not */
    json_t *files;       /* those files, as the results file has them; NULL for none */
    int64_t run;
    const struct engine *engine; /* that ran it */
};

/* Reads a run. Returns 0; 2 where there is no such run, or it did not end; or 3; with *error, a
 * line for the user that the caller frees, NULL where memory ran out. Close it in any case. */
int replay_open(struct replay *replay, const char *path, int64_t run, char **error);
void replay_close(struct replay *replay);

/* Whether the scenario, made anew, has read the same files. Returns 0; or 2 with *error, as above.
 */
int replay_check_files(const struct replay *replay, const struct scenario *scenario, char **error);

/* Injects all that came in into the run's world, and ends it when the recorded run ended. As above.
 */
int replay_inject(const struct replay *replay, struct world *world, char **error);

#endif
