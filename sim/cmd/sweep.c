/* tssb sweep: the grid of a scenario in, a run for each of its points in a results file out. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/engine.h"
#include "sim/record/human.h"
#include "sim/sweep/campaign.h"
#include "sim/sweep/workers.h"
#include "command.h"

static const char help[] =
    "Runs a scenario once for each combination of the values under its key `sweep:`, and each of "
    "those\n"
    "with the same seeds, and records all runs in one results file. A sweep that was interrupted "
    "or\n"
    "killed, run again, does only what is missing.\n"
    "\n"
    "  -j, --jobs N       worker processes; as many as there are processors unless told\n"
    "  --out DB           the results file; results/<scenario name>.sqlite unless told\n"
    "  --engine NAME      the network engine: builtin, or ns3; to tssb compare it is the parameter "
    "engine\n"
    "  --seeds N          how many seeds, in place of the scenario's; the first is its `seed`\n"
    "  --set PATH=VALUE   a value of the scenario, for all runs; 'sweep={...}' is another grid\n"
    "  --help             this text\n"
    "\n"
    "What is recorded of each run is as the scenario's `record` says; `summary` is enough for\n"
    "tssb compare.\n"
    "\n"
    "Exit status: 0 every run met its expectations, 1 some did not or ended with an error, 2 the\n"
    "scenario or the usage is wrong, 3 the system failed.\n"
    "\n"
    "Examples: tssb sweep scenarios/transitive-sync.yaml --seeds 100\n"
    "          tssb sweep scenario.yaml -j 2 --set 'sweep={network.link.loss: [0 %, 9 %]}'\n";

enum { SETTINGS_MAX = 256 };

struct request {
    const char *scenario, *out;
    const struct engine *engine;
    uint64_t workers, seeds;
    struct scenario_setting settings[SETTINGS_MAX];
    size_t setting_count;
};

static uint64_t processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > WORKERS_MAX ? WORKERS_MAX : (uint64_t)count;
}

static int set_workers(const struct command *command, struct request *request, const char *text) {
    if (command_number(text, WORKERS_MAX, &request->workers) && request->workers > 0)
        return 0;
    return command_misused(command, "-j takes a number from 1 to %d, not '%s'", WORKERS_MAX, text);
}

static int set_seeds(const struct command *command, struct request *request, const char *text) {
    if (command_number(text, SWEEP_RUNS_MAX, &request->seeds) && request->seeds > 0)
        return 0;
    return command_misused(command, "--seeds takes a number from 1 to %d, not '%s'", SWEEP_RUNS_MAX,
                           text);
}

static int set_engine(const struct command *command, struct request *request, const char *name) {
    request->engine = engine_find(name);
    if (request->engine)
        return 0;
    return command_misused(command, "there is no engine '%s' (there are: %s)", name,
                           engine_names());
}

static int add_setting(const struct command *command, struct request *request, const char *text) {
    if (request->setting_count == SETTINGS_MAX)
        return command_misused(command, "more than %d --set", SETTINGS_MAX);
    request->settings[request->setting_count++].text = text;
    return 0;
}

/* Returns -1 to go on, or an exit status. */
static int read_options(const struct command *command, int argc, char **argv,
                        struct request *request) {
    static const struct option options[] = {
        {"jobs", required_argument, NULL, 'j'},   {"out", required_argument, NULL, 'o'},
        {"engine", required_argument, NULL, 'e'}, {"seeds", required_argument, NULL, 's'},
        {"set", required_argument, NULL, 'S'},    {"seed", required_argument, NULL, '1'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int error = 0;
    request->workers = processors();
    request->engine = &engine_builtin;
    for (int option; !error && (option = getopt_long(argc, argv, ":hj:", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        else if (option == 'j')
            error = set_workers(command, request, optarg);
        else if (option == 'o')
            request->out = optarg;
        else if (option == 'e')
            error = set_engine(command, request, optarg);
        else if (option == 's')
            error = set_seeds(command, request, optarg);
        else if (option == '1') /* else getopt would take it for --seeds */
            error = command_misused(command, "the first seed is given by --set seed=N, and how "
                                             "many there are by --seeds N");
        else if (option == 'S')
            error = add_setting(command, request, optarg);
        else
            error = command_bad_option(command, option, argv);
    }
    if (error)
        return error;
    if (argc - optind != 1)
        return command_misused(command, "it takes one scenario file");
    request->scenario = argv[optind];
    return -1;
}

static void print_count(uint64_t count, const char *what) {
    if (count)
        printf(", %" PRIu64 " %s", count, what);
}

static int report(const struct campaign *campaign, const struct campaign_result *result) {
    char wall[HUMAN_SIZE];
    uint64_t all = campaign->sweep->run_count;
    printf("%s: %" PRIu64 " run%s, %" PRIu64 " passed", campaign->sweep->scenario.name, all,
           all == 1 ? "" : "s", result->passed);
    print_count(result->failed, "failed an expectation");
    print_count(result->errors, result->errors == 1 ? "ended with an error" : "ended with errors");
    print_count(result->missing, "missing");
    putchar('\n');
    if (result->done_before)
        printf("there already: %" PRIu64 "\n", result->done_before);
    if (result->recovered)
        printf("taken over from a sweep that was killed: %" PRIu64 "\n", result->recovered);
    if (result->done_now)
        printf("done now: %" PRIu64 " in %s by %" PRIu32 " worker%s, %.0f runs/s\n",
               result->done_now, human_duration(result->wall_ns, wall), result->workers,
               result->workers == 1 ? "" : "s",
               (double)result->done_now * 1e9 / (double)result->wall_ns);
    if (result->first_error)
        printf("the first error: %s\n", result->first_error);
    printf("recorded in %s\n", campaign->out);
    bool good = result->failed == 0 && result->errors == 0 && result->missing == 0;
    return command_end_output(good ? EXIT_DONE : EXIT_NOT_MET);
}

static int run_campaign(const struct request *request, struct sweep *sweep, int *interrupted_by) {
    struct campaign_result result = {0};
    char *out = command_results_path(request->out, sweep->scenario.name);
    const struct campaign campaign = {.sweep = sweep,
                                      .version = TSSB_VERSION,
                                      .engine = request->engine,
                                      .out = out,
                                      .workers = (uint32_t)request->workers,
                                      .terminal = isatty(STDERR_FILENO)};
    int status = out ? campaign_run(&campaign, &result) : EXIT_FAILED;
    if (status == EXIT_DONE)
        status = report(&campaign, &result);
    *interrupted_by = result.interrupted_by;
    free(result.first_error);
    free(out);
    return status;
}

static int run_sweep(const struct command *command, int argc, char **argv) {
    struct request request = {0};
    struct sweep sweep;
    char *errors;
    int interrupted_by;
    int status = read_options(command, argc, argv, &request);
    if (status >= 0)
        return status;
    status = sweep_load(&sweep, request.scenario, request.settings, request.setting_count,
                        (uint32_t)request.seeds, &errors);
    if (status)
        return command_failed(errors, status);
    status = request.engine->check ? request.engine->check(&sweep.scenario, &errors) : EXIT_DONE;
    interrupted_by = 0;
    status = status ? command_failed(errors, status)
                    : run_campaign(&request, &sweep, &interrupted_by);
    sweep_close(&sweep);
    if (interrupted_by) {
        (void)signal(interrupted_by, SIG_DFL);
        (void)raise(interrupted_by); /* so that a shell's loop ends too */
    }
    return status;
}

const struct command command_sweep = {
    .name = "sweep",
    .arguments = "SCENARIO [-j N] [--engine NAME] [--out DB] [--seeds N] [--set PATH=VALUE]...",
    .purpose = "runs a scenario for each point of its grid",
    .help = help,
    .run = run_sweep,
};
