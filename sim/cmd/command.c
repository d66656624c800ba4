/* What the subcommands share: help, complaints, the end of output. */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int command_help(const struct command *command) {
    printf("Usage: tssb %s %s\n\n%s", command->name, command->arguments, command->help);
    return command_end_output(EXIT_DONE);
}

int command_misused(const struct command *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "tssb %s: ", command->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, " (see 'tssb %s --help')\n", command->name);
    va_end(arguments);
    return EXIT_WRONG;
}

int command_bad_option(const struct command *command, int result, char **argv) {
    const char *option = argv[optind - 1];
    if (result == ':')
        return command_misused(command, "%s needs a value", option);
    return command_misused(command, "unknown option %s", option);
}

int command_failed(char *error, int status) {
    if (!error) {
        fputs("tssb: out of memory\n", stderr);
        return EXIT_FAILED;
    }
    size_t size = strlen(error);
    fprintf(stderr, "%s%s", error, size > 0 && error[size - 1] == '\n' ? "" : "\n");
    free(error);
    return status;
}

int command_end_output(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "tssb: standard output: %s\n", strerror(errno));
    return EXIT_FAILED;
}

char *command_results_path(const char *out, const char *scenario_name) {
    size_t size = strlen(scenario_name) + sizeof "results/.sqlite";
    char *path = out ? strdup(out) : malloc(size);
    if (!path) {
        (void)command_failed(NULL, EXIT_FAILED);
        return NULL;
    }
    if (out)
        return path;
    snprintf(path, size, "results/%s.sqlite", scenario_name);
    if (mkdir("results", 0777) == 0 || errno == EEXIST)
        return path;
    fprintf(stderr, "results: cannot be made: %s (choose a file with --out)\n", strerror(errno));
    free(path);
    return NULL;
}

bool command_number(const char *text, uint64_t max, uint64_t *number) {
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *number = value;
    return errno == 0 && *end == 0 && value <= max;
}
