/* A recorded run as one that can be run again: its scenario, what --set changed, and what came in
 * by real faces. */
#ifndef REPLAY_H
#define REPLAY_H

#include <stddef.h>
#include <stdint.h>

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
    int64_t run;
};

/* Reads a run. Returns 0; 2 where there is no such run, or it did not end; or 3; with *error, a
 * line for the user that the caller frees, NULL where memory ran out. Close it in any case. */
int replay_open(struct replay *replay, const char *path, int64_t run, char **error);
void replay_close(struct replay *replay);

/* Injects all that came in into the run's world, and ends it when the recorded run ended. As above.
 */
int replay_inject(const struct replay *replay, struct world *world, char **error);

#endif
