/* The subcommands of tssb: one file each, one line in main.c's table. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdint.h>

/* Exit statuses, the same for every command. */
enum {
    EXIT_DONE = 0,
    EXIT_NOT_MET = 1, /* an expectation of the scenario, or a check */
    EXIT_WRONG = 2,   /* the input or the usage */
    EXIT_FAILED = 3,  /* the system */
};

struct command {
    const char *name;
    const char *arguments; /* as in "tssb run SCENARIO [--seed N]" */
    const char *purpose;   /* a few words, for the list of commands */
    const char *help;      /* what --help prints after the usage line */
    /* argv[0] is the command's name. Returns the exit status. */
    int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command command_init, command_trust, command_append, command_dump,
    command_check;
extern const struct command command_node, command_pipe, command_bridge, command_run, command_diff,
    command_sweep, command_compare, command_agree, command_hunt;

/* Prints the command's whole help on standard output. Returns EXIT_DONE. */
int command_help(const struct command *command);

/* Prints "tssb NAME: message" and a hint to --help on standard error. Returns EXIT_WRONG. */
int command_misused(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* After getopt_long gave '?' or ':': says what is wrong with that option. Returns EXIT_WRONG. */
int command_bad_option(const struct command *command, int result, char **argv);

/* Prints a malloc'ed error, one or more lines, on standard error and frees it; NULL is memory that
 * ran out. Returns status. */
int command_failed(char *error, int status);

/* Ends what was printed on standard output: returns status, or EXIT_FAILED where not all of it
 * arrived. */
int command_end_output(int status);

/* The results file to write, malloc'ed: as told by --out, or where that is NULL the scenario's in
 * results/, which is made. Returns NULL, having complained, where that fails. */
char *command_results_path(const char *out, const char *scenario_name);

/* Reads a whole number from 0 to max. False where the text is anything else. */
bool command_number(const char *text, uint64_t max, uint64_t *number);

#endif
