/* tssb diff: where two runs of a results file part. */
#include <getopt.h>
#include <stdio.h>

#include "sim/record/diff.h"
#include "command.h"

static const char help[] =
    "Says whether two runs are the same, and where not, shows the first event at which they part.\n"
    "What is compared is what both runs recorded: run them with --set record=packets to see "
    "packets.\n"
    "\n"
    "  --json   print one JSON object\n"
    "  --help   this text\n"
    "\n"
    "Exit status: 0 the same, 1 they part, 2 there is no such run, 3 the file cannot be used.\n"
    "\n"
    "Example: tssb diff results/transitive-sync.sqlite 1 2\n";

static int run_diff(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct diff_request request = {0};
    for (int option; (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        if (option != 'j')
            return command_bad_option(command, option, argv);
        request.json = true;
    }
    uint64_t first, second;
    if (argc - optind != 3)
        return command_misused(command, "it takes a results file and the numbers of two runs");
    if (!command_number(argv[optind + 1], INT64_MAX, &first))
        return command_misused(command, "'%s' is not the number of a run", argv[optind + 1]);
    if (!command_number(argv[optind + 2], INT64_MAX, &second))
        return command_misused(command, "'%s' is not the number of a run", argv[optind + 2]);
    request.path = argv[optind];
    request.first = (int64_t)first;
    request.second = (int64_t)second;
    char *error = NULL;
    int status = diff_runs(&request, stdout, &error);
    if (status > EXIT_NOT_MET)
        return command_failed(error, status);
    return command_end_output(status);
}

const struct command command_diff = {
    .name = "diff",
    .arguments = "DB RUN RUN [--json]",
    .purpose = "shows where two recorded runs part",
    .help = help,
    .run = run_diff,
};
