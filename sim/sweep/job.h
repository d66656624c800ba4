/* One run of a sweep: what it is, and doing it. */
#ifndef JOB_H
#define JOB_H

#include "sim/engine.h"
#include "sim/record/recorder.h"
#include "sim/scenario/sweep.h"
#include "ledger.h"

struct job {
    const struct sweep *sweep; /* borrowed, as are version and engine */
    const char *version;       /* of tssb */
    const struct engine *engine;
    char scenario_sha256[65];
    uint64_t run; /* of the sweep */
    struct scenario_setting *settings;
    size_t setting_count;
    char *settings_json;
    char seed[SWEEP_SEED_SIZE];
};

/* Both return 0, or 3 where memory ran out. job_close in any case. */
int job_open(struct job *job, const struct sweep *sweep, const struct engine *engine,
             const char *version);
int job_choose(struct job *job, uint64_t run);
void job_close(struct job *job);

/* By which a results file knows the chosen run. */
struct ledger_key job_key(const struct job *job);

/* What distinguishes the chosen run, as a malloc'ed text: "network.link.loss=5 %, seed=3". NULL
 * where memory ran out. */
char *job_text(const struct job *job);

/* Simulates the chosen run and records it; one that fails is recorded with its error. Returns 0; or
 * 3 with *error, a line for the user that the caller frees, where it could not be recorded. */
int job_run(const struct job *job, struct recorder *recorder, char **error);

/* Records that the chosen run failed, and why; otherwise likewise. */
int job_fail(const struct job *job, const char *failure, struct recorder *recorder, char **error);

#endif
