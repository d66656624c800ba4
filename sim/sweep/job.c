/* From the number of a run to its rows. */
#include "job.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "sim/world.h"

int job_open(struct job *job, const struct sweep *sweep, const struct engine *engine,
             const char *version) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    *job = (struct job){.sweep = sweep, .engine = engine, .version = version};
    crypto_hash_sha256(hash, (const unsigned char *)sweep->scenario.text,
                       sweep->scenario.text_size);
    (void)sodium_bin2hex(job->scenario_sha256, sizeof job->scenario_sha256, hash, sizeof hash);
    job->settings = calloc(sweep_settings_max(sweep), sizeof *job->settings);
    return job->settings ? 0 : 3;
}

void job_close(struct job *job) {
    free(job->settings);
    free(job->settings_json);
    *job = (struct job){0};
}

int job_choose(struct job *job, uint64_t run) {
    job->run = run;
    job->setting_count = sweep_settings(job->sweep, run, job->settings, job->seed);
    free(job->settings_json);
    job->settings_json = scenario_settings_json(job->settings, job->setting_count);
    return job->settings_json ? 0 : 3;
}

struct ledger_key job_key(const struct job *job) {
    struct ledger_identity identity = {.scenario_sha256 = job->scenario_sha256,
                                       .version = job->version,
                                       .engine = job->engine->name,
                                       .settings = job->settings_json,
                                       .seed = sweep_seed(job->sweep, job->run)};
    return ledger_key(&identity);
}

char *job_text(const struct job *job) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (size_t i = job->sweep->setting_count; i < job->setting_count; i++)
        (void)fprintf(out, "%s%s", i > job->sweep->setting_count ? ", " : "",
                      job->settings[i].text);
    (void)fclose(out);
    return text;
}

static struct run_info info_of(const struct job *job) {
    return (struct run_info){
        .engine = job->engine->name, .version = job->version, .settings = job->settings_json};
}

int job_fail(const struct job *job, const char *failure, struct recorder *recorder, char **error) {
    struct run_info info = info_of(job);
    struct scenario scenario = job->sweep->scenario; /* borrows what the sweep's own has */
    scenario.seed = sweep_seed(job->sweep, job->run);
    return recorder_refuse(recorder, &scenario, &info, failure, error);
}

static int simulate(const struct job *job, struct world *world, struct recorder *recorder,
                    char **error) {
    struct run_info info = info_of(job);
    int64_t number;
    enum world_end end;
    if (recorder_hold(recorder, error) || recorder_begin(recorder, world, &info, &number, error))
        return 3;
    world_watch(world, recorder_observer(recorder));
    int code = world_run(world, NULL, &end);
    enum run_outcome outcome = code ? RUN_UNFINISHED : run_outcome_of(world, end);
    if (recorder_finish(recorder, outcome, code ? engine_error_text(job->engine, code) : NULL,
                        error))
        return 3;
    return recorder_release(recorder, error);
}

/* Records that the run could not begin; says the first line of why. */
static int refuse(const struct job *job, char *errors, struct recorder *recorder, char **error) {
    if (errors)
        errors[strcspn(errors, "\n")] = 0;
    int status = job_fail(job, errors ? errors : tssb_error_text(TSSB_E_MEMORY), recorder, error);
    free(errors);
    return status;
}

/* Whether the engine can. */
static int check(const struct job *job, const struct scenario *scenario, char **errors) {
    return job->engine->check ? job->engine->check(scenario, errors) : 0;
}

int job_run(const struct job *job, struct recorder *recorder, char **error) {
    const struct scenario *base = &job->sweep->scenario;
    struct scenario scenario;
    struct world *world = NULL;
    char *errors;
    *error = NULL;
    if (scenario_parse(&scenario, job->sweep->path, base->text, base->text_size, job->settings,
                       job->setting_count, &errors) != 0)
        return refuse(job, errors, recorder, error);
    if (check(job, &scenario, &errors) != 0) {
        scenario_close(&scenario);
        return refuse(job, errors, recorder, error);
    }
    int code = world_create_on(&world, &scenario, job->engine);
    int status = code ? job_fail(job, engine_error_text(job->engine, code), recorder, error)
                      : simulate(job, world, recorder, error);
    world_close(world);
    scenario_close(&scenario);
    return status;
}
