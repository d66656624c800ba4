/* tssb check: verifies a data directory. */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/posix/check.h"
#include "core/scheme.h"
#include "command.h"

static const char help[] =
    "Verifies every entry of every log and every blob, on all cores, and lists what is wrong. "
    "Blobs\n"
    "that side chains lack are counted and noted: they may not have come yet.\n"
    "\n"
    "  --repair   first roll logs forward over whole entries and cut off a torn or bad last one.\n"
    "             Should an entry of the node's own that is cut have been sent to anybody, then\n"
    "             the feed forks there: get the file back from a copy where there is one\n"
    "  --json     print one JSON object\n"
    "  --help     this text\n"
    "\n"
    "Exit status: 0 all is well, 1 something is wrong, 2 this is no data directory or the usage "
    "is\n"
    "wrong, 3 the system failed.\n"
    "\n"
    "Example: tssb check data/nodeA\n";

static const char *const kinds[] = {
    [TSSB_CHECK_WRONG] = "wrong", [TSSB_CHECK_REPAIRED] = "repaired", [TSSB_CHECK_NOTE] = "note"};

static void print_progress(void *context, uint64_t done, uint64_t entries) {
    (void)context;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries%s", done, entries,
            done == entries ? "\r\033[K" : "");
}

static void print_text(const struct tssb_check_report *report) {
    for (size_t i = 0; i < report->count; i++)
        printf("%s: %s\n", kinds[report->findings[i].kind], report->findings[i].text);
    printf("%" PRIu64 " logs, %" PRIu64 " good entries, %" PRIu64 " good blobs, ", report->logs,
           report->entries, report->blobs);
    if (report->missing > 0)
        printf("%" PRIu64 " missing blobs, ", report->missing);
    printf("%" PRIu64 " things wrong\n", report->wrong);
}

/* Prints one object. Returns 0 or -1 where memory ran out. */
static int print_json(const struct tssb_check_report *report) {
    json_t *findings = json_array();
    for (size_t i = 0; findings && i < report->count; i++)
        json_array_append_new(findings,
                              json_pack("{ss ss}", "kind", kinds[report->findings[i].kind], "text",
                                        report->findings[i].text));
    json_t *root = json_pack("{sI sI sI sI sI so}", "logs", (json_int_t)report->logs, "entries",
                             (json_int_t)report->entries, "blobs", (json_int_t)report->blobs,
                             "missing_blobs", (json_int_t)report->missing, "wrong",
                             (json_int_t)report->wrong, "findings", findings);
    int result = root ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;
    printf("\n");
    json_decref(root);
    return result;
}

static int check(const char *path, bool repair, bool json) {
    struct tssb_check_options options = {.repair = repair};
    struct tssb_check_report report = {0};
    char *error = NULL;
    if (isatty(STDERR_FILENO))
        options.progress = print_progress;
    int status = tssb_scheme_init() == 0 ? tssb_check(&report, path, &options, &error)
                                         : EXIT_FAILED;
    if (!status && json && print_json(&report) != 0)
        status = EXIT_FAILED;
    if (!status && !json)
        print_text(&report);
    if (!status && report.wrong > 0)
        status = EXIT_NOT_MET;
    tssb_check_report_close(&report);
    if (status > EXIT_NOT_MET)
        return command_failed(error, status);
    return command_end_output(status);
}

static int run_check(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {{"repair", no_argument, NULL, 'r'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    bool repair = false, json = false;
    for (int option; (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        if (option != 'r' && option != 'j')
            return command_bad_option(command, option, argv);
        repair |= option == 'r';
        json |= option == 'j';
    }
    if (argc - optind != 1)
        return command_misused(command, "it takes one node's directory");
    return check(argv[optind], repair, json);
}

const struct command command_check = {
    .name = "check",
    .arguments = "NODE-DIR [--repair] [--json]",
    .purpose = "verifies every entry and blob of a node",
    .help = help,
    .run = run_check,
};
