/* tssb compare: what a parameter does to catching up, over the runs of a results file. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "sim/compare/compare.h"
#include "command.h"

static const char help[] =
    "Compares the runs of a results file, such as tssb sweep writes, by their parameters: how long "
    "nodes\n"
    "took to catch up (median, 90 and 99 percent quantiles) and what that cost.\n"
    "\n"
    "  --by PARAM               group runs by this parameter, a path such as network.link.loss; "
    "more\n"
    "                           than once for several. All that differ between runs unless told\n"
    "  --baseline PARAM=VALUE   compare all with these: the ratio to the run with the same seed "
    "and\n"
    "                           the same other parameters\n"
    "  --where PARAM=VALUE      only runs with this value; more than once for several\n"
    "  --full                   the table of quantiles for each quantity, not for the latency "
    "alone\n"
    "  --json, --csv            print all numbers for a program\n"
    "  --svg FILE               also draw the median latency against a parameter (needs gnuplot)\n"
    "  --any-version            even where the runs are of several versions of tssb,\n"
    "  --any-scenario           of several scenarios, or of one that was changed in between\n"
    "  --skip-unfinished        leave out runs that did not come to an end\n"
    "  --help                   this text\n"
    "\n"
    "The q-quantile of n values is the least that is not below q n of them. A catch-up that never "
    "ended\n"
    "counts as longer than any other. Intervals are of 95 %, by the bootstrap: seeds are drawn "
    "1000 times\n"
    "with replacement, each with all of its catch-ups. A ratio is the median over pairs of runs, "
    "of one\n"
    "run's median to that of its partner.\n"
    "\n"
    "Exit status: 0 done, 2 the runs cannot be compared so or the usage is wrong, 3 the system "
    "failed.\n"
    "\n"
    "Examples: tssb compare results/catch-up.sqlite --baseline strategy=single\n"
    "          tssb compare results/catch-up.sqlite --by network.link.loss --by strategy --svg "
    "loss.svg\n";

struct request {
    struct dataset_request runs;
    const char *svg;
    bool full, json, csv;
};

/* Adds the value of an option that may be there several times. */
static int add(const struct command *command, const char **list, uint32_t *count,
               const char *option) {
    if (*count == DATASET_OPTIONS_MAX)
        return command_misused(command, "more than %d %s", DATASET_OPTIONS_MAX, option);
    list[(*count)++] = optarg;
    return 0;
}

/* PARAM=VALUE. */
static int check_pair(const struct command *command, const char *option) {
    const char *equals = strchr(optarg, '=');
    if (equals && equals > optarg && equals[1])
        return 0;
    return command_misused(command, "%s takes PARAM=VALUE, not '%s'", option, optarg);
}

static int take(const struct command *command, int option, char **argv, struct request *request) {
    struct dataset_request *runs = &request->runs;
    int error = 0;
    switch (option) {
    case 'b':
        return add(command, runs->by, &runs->by_count, "--by");
    case 'w':
        error = check_pair(command, "--where");
        return error ? error : add(command, runs->where, &runs->where_count, "--where");
    case 'B':
        runs->baseline = optarg;
        return check_pair(command, "--baseline");
    case 's':
        request->svg = optarg;
        return 0;
    case 'f':
        request->full = true;
        return 0;
    case 'j':
        request->json = true;
        return 0;
    case 'c':
        request->csv = true;
        return 0;
    case 'v':
        runs->any_version = true;
        return 0;
    case 'S':
        runs->any_scenario = true;
        return 0;
    case 'u':
        runs->skip_unfinished = true;
        return 0;
    default:
        return command_bad_option(command, option, argv);
    }
}

/* Returns -1 to go on, or an exit status. */
static int read_options(const struct command *command, int argc, char **argv,
                        struct request *request) {
    static const struct option options[] = {
        {"by", required_argument, NULL, 'b'},     {"baseline", required_argument, NULL, 'B'},
        {"where", required_argument, NULL, 'w'},  {"svg", required_argument, NULL, 's'},
        {"full", no_argument, NULL, 'f'},         {"json", no_argument, NULL, 'j'},
        {"csv", no_argument, NULL, 'c'},          {"any-version", no_argument, NULL, 'v'},
        {"any-scenario", no_argument, NULL, 'S'}, {"skip-unfinished", no_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        int error = take(command, option, argv, request);
        if (error)
            return error;
    }
    if (request->json && request->csv)
        return command_misused(command, "--json and --csv both want standard output");
    if (argc - optind != 1)
        return command_misused(command, "it takes one results file");
    request->runs.path = argv[optind];
    return -1;
}

static int print(const struct request *request, const json_t *report) {
    if (request->csv)
        compare_print_csv(report, stdout);
    else if (request->json) {
        json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        putchar('\n');
    } else if (compare_print(report, request->full, stdout))
        return command_failed(NULL, EXIT_FAILED);
    return command_end_output(EXIT_DONE);
}

static int run_compare(const struct command *command, int argc, char **argv) {
    struct request request = {.svg = NULL};
    json_t *report = NULL;
    char *error = NULL;
    int status = read_options(command, argc, argv, &request);
    if (status >= 0)
        return status;
    status = compare_runs(&request.runs, &report, &error);
    if (!status && request.svg)
        status = compare_plot(report, request.svg, &error);
    status = status ? command_failed(error, status) : print(&request, report);
    json_decref(report);
    return status;
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "DB [--by PARAM]... [--baseline PARAM=VALUE] [--where PARAM=VALUE]...\n"
                 "                    [--full | --json | --csv] [--svg FILE]",
    .purpose = "compares the runs of a sweep by their parameters",
    .help = help,
    .run = run_compare,
};
