/* tssb hunt: worlds drawn at random, or scenario files, under the invariants. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "sim/hunt/hunt.h"
#include "sim/hunt/trial.h"
#include "sim/record/human.h"
#include "sim/scenario/scenario_reader.h"
#include "sim/scenario/units.h"

static const char help[] =
    "Draws whole worlds from seeds - nodes, networks, strategies, what authors write, faults,\n"
    "adversaries - and runs each under invariants: what replicas hold is what their authors "
    "signed,\n"
    "nothing else is served, everything stays within its bounds. Then all faults end, and "
    "everyone\n"
    "has to catch up. The first world that fails is made as small as it can be, and written as a\n"
    "scenario. With FILEs, checks those scenarios in the same way instead.\n"
    "\n"
    "  --seed N           the seed of the first world; the next has the next one (1)\n"
    "  --runs N           how many worlds (1000)\n"
    "  --for DURATION     for so long instead: 10min\n"
    "  -j, --jobs N       worker processes; as many as there are processors unless told\n"
    "  --nodes N          nodes of each world, 3 to 12; drawn unless told\n"
    "  --out DIR          where a scenario is written; results unless told\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0 nothing was found, 1 something was, 2 a scenario or the usage is wrong, 3 the\n"
    "system failed. Ctrl-C ends the hunt with what it knows.\n"
    "\n"
    "Examples: tssb hunt --for 10min\n"
    "          tssb hunt --seed 4711 --runs 1\n"
    "          tssb hunt results/hunt-4711.yaml\n";

enum { RUNS = 1000, NODES_MIN = 3 };

static uint32_t processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > HUNT_WORKERS_MAX ? HUNT_WORKERS_MAX : (uint32_t)count;
}

static int set_number(const struct command *command, const char *option, const char *text,
                      uint64_t least, uint64_t most, uint64_t *number) {
    if (command_number(text, most, number) && *number >= least)
        return 0;
    return command_misused(command, "%s takes a number from %" PRIu64 " to %" PRIu64 ", not '%s'",
                           option, least, most, text);
}

static int set_for(const struct command *command, const char *text, struct hunt *hunt) {
    if (units_duration(text, &hunt->for_ns) != UNITS_OK || hunt->for_ns == 0)
        return command_misused(command, "--for takes a duration such as 10min, not '%s'", text);
    hunt->runs = INT64_MAX;
    return 0;
}

static int set_option(const struct command *command, int option, char **argv, struct hunt *hunt) {
    uint64_t number = 0;
    int error;
    switch (option) {
    case 's':
        return set_number(command, "--seed", optarg, 0, INT64_MAX / 2, &hunt->seed);
    case 'r':
        return set_number(command, "--runs", optarg, 1, INT64_MAX / 2, &hunt->runs);
    case 'f':
        return set_for(command, optarg, hunt);
    case 'j':
        error = set_number(command, "-j", optarg, 1, HUNT_WORKERS_MAX, &number);
        hunt->workers = (uint32_t)number;
        return error;
    case 'n':
        error = set_number(command, "--nodes", optarg, NODES_MIN, DRAFT_NODES_MAX, &number);
        hunt->nodes = (uint32_t)number;
        return error;
    case 'o':
        hunt->folder = optarg;
        return 0;
    default:
        return command_bad_option(command, option, argv);
    }
}

/* Returns -1 to go on, or an exit status. */
static int read_options(const struct command *command, int argc, char **argv, struct hunt *hunt) {
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},  {"runs", required_argument, NULL, 'r'},
        {"for", required_argument, NULL, 'f'},   {"jobs", required_argument, NULL, 'j'},
        {"nodes", required_argument, NULL, 'n'}, {"out", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    int error = 0;
    for (int option; !error && (option = getopt_long(argc, argv, ":hj:", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        error = set_option(command, option, argv, hunt);
    }
    return error ? error : -1;
}

/* Scenario files. */

static int check_file(const char *path) {
    struct trial trial = {.path = path};
    struct finding finding = {.kind = FINDING_NOTHING};
    char *text = NULL, *error = NULL;
    int status = scenario_read_file(path, &text, &trial.size, &error);
    trial.text = text;
    if (!status)
        status = trial_isolated(&trial, &finding, &error);
    free(text);
    if (status)
        return command_failed(error, status);
    if (finding.kind == FINDING_NOTHING) {
        printf("%s: nothing found\n", path);
        return EXIT_DONE;
    }
    printf("%s: at %.6f s, %s: %s\n", path, (double)finding.at_ns / 1e9, finding_text(finding.kind),
           finding.what);
    return EXIT_NOT_MET;
}

static int check_files(char **paths, int count) {
    int worst = EXIT_DONE;
    for (int i = 0; i < count; i++) {
        int status = check_file(paths[i]);
        worst = status > worst ? status : worst;
    }
    return command_end_output(worst);
}

/* Worlds. */

static void report(const struct hunt_result *result) {
    char simulated[HUMAN_SIZE], wall[HUMAN_SIZE], deliveries[HUMAN_SIZE];
    double cpu_s = (double)result->cpu_ns / 1e9;
    printf("%" PRIu64
           " world%s in %s, %.0f a second and core: %s simulated, %s deliveries, %" PRIu64
           " proofs of forks\n",
           result->worlds, result->worlds == 1 ? "" : "s", human_duration(result->wall_ns, wall),
           cpu_s > 0 ? (double)result->worlds / cpu_s : 0.0,
           human_duration(result->simulated_ns, simulated),
           human_count(result->deliveries, deliveries), result->proofs);
    if (!result->found) {
        puts("nothing found");
        return;
    }
    printf("seed %" PRIu64 ": %s: %s\n", result->found_seed, finding_text(result->finding.kind),
           result->finding.what);
    printf("made smaller in %" PRIu32 " tries: %" PRIu32 " node%s, %" PRIu32 " event%s\n",
           result->tries, result->smallest.node_count, result->smallest.node_count == 1 ? "" : "s",
           result->smallest.item_count, result->smallest.item_count == 1 ? "" : "s");
    printf("written to %s; to repeat it: tssb hunt %s\n", result->path, result->path);
}

static int hunt_worlds(const struct hunt *hunt, int *interrupted_by) {
    struct hunt_result result;
    char *error;
    if (mkdir(hunt->folder, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "%s: cannot be made: %s (choose a folder with --out)\n", hunt->folder,
                strerror(errno));
        return EXIT_FAILED;
    }
    int status = hunt_run(hunt, &result, &error);
    *interrupted_by = result.interrupted_by;
    if (status)
        status = command_failed(error, EXIT_FAILED);
    else
        report(&result);
    free(result.path);
    return status ? status : command_end_output(result.found ? EXIT_NOT_MET : EXIT_DONE);
}

static int run_hunt(const struct command *command, int argc, char **argv) {
    struct hunt hunt = {.seed = 1,
                        .runs = RUNS,
                        .for_ns = UINT64_MAX,
                        .workers = processors(),
                        .folder = "results",
                        .terminal = isatty(STDERR_FILENO)};
    int interrupted_by = 0;
    int status = read_options(command, argc, argv, &hunt);
    if (status >= 0)
        return status;
    if (optind < argc)
        return check_files(argv + optind, argc - optind);
    status = hunt_worlds(&hunt, &interrupted_by);
    if (interrupted_by) {
        (void)signal(interrupted_by, SIG_DFL);
        (void)raise(interrupted_by); /* so that a shell's loop ends too */
    }
    return status;
}

const struct command command_hunt = {
    .name = "hunt",
    .arguments = "[--seed N] [--runs N | --for DURATION] [-j N] [--nodes N] [--out DIR] | FILE...",
    .purpose = "looks for worlds that break an invariant",
    .help = help,
    .run = run_hunt,
};
