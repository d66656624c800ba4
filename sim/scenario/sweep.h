/* The grid of a scenario's `sweep:`: every combination of its values, each with the same seeds. A
 * run of the grid is the scenario with settings, as --set would make them. */
#ifndef SWEEP_H
#define SWEEP_H

#include "scenario.h"

enum { SWEEP_RUNS_MAX = 1000000, SWEEP_AXES_MAX = 64 };

/* A path, and the values to try. */
struct sweep_axis {
    const char *path;
    const char **settings; /* "network.link.loss=5 %", one a value */
    uint32_t count;
};

/* In sweep.axes' order the last one changes fastest, and the seed faster still. */
struct sweep {
    struct scenario scenario;          /* without any value of the grid */
    char *path;                        /* of the scenario file */
    struct scenario_setting *settings; /* of the command line, but for seed and sweep */
    size_t setting_count;
    struct sweep_axis axes[SWEEP_AXES_MAX];
    uint32_t axis_count;
    uint32_t seed_count; /* from the scenario's seed on */
    uint64_t run_count;
    struct arena arena;
};

/* Reads a scenario and its grid, and tries each value on its own. seeds: in place of the scenario's
 * sweep.seeds; 0: as it says, or 1. A scenario without `sweep:` has a grid of seeds alone, and is
 * refused without those. Returns and sets *errors as scenario_load does; on success the caller
 * closes the sweep. */
int sweep_load(struct sweep *sweep, const char *path, const struct scenario_setting *settings,
               size_t setting_count, uint32_t seeds, char **errors);
void sweep_close(struct sweep *sweep);

/* Room for the settings of a run, and for the text of its seed. */
size_t sweep_settings_max(const struct sweep *sweep);
enum { SWEEP_SEED_SIZE = 32 };

/* Fills in the settings of run number `run`, below run_count; seed holds the text of one of them.
 * Returns how many there are. */
size_t sweep_settings(const struct sweep *sweep, uint64_t run, struct scenario_setting *settings,
                      char seed[SWEEP_SEED_SIZE]);

/* The seed of that run. */
uint64_t sweep_seed(const struct sweep *sweep, uint64_t run);

#endif
