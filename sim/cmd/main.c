/* tssb: finds the subcommand and runs it. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/scenario/suggest.h"
#include "command.h"

static const struct command *const commands[] = {
    &command_init,    &command_trust, &command_append, &command_dump, &command_check,
    &command_node,    &command_pipe,  &command_bridge, &command_run,  &command_sweep,
    &command_compare, &command_agree, &command_diff,   &command_hunt,
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static int help(void) {
    printf("Usage: tssb COMMAND ...\n\n"
           "tinySSB, append-only logs that replicate over radios: real nodes, and simulated "
           "ones.\n\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  tssb %-7s %s\n", commands[i]->name, commands[i]->purpose);
    printf(
        "\nEach has --help. Exit status: 0 done, 1 an expectation was not met, 2 the input or the\n"
        "usage is wrong, 3 the system failed.\n\n"
        "Example: tssb run scenarios/transitive-sync.yaml\n");
    return command_end_output(EXIT_DONE);
}

static const char *name_of(const void *context, size_t index) {
    (void)context;
    return commands[index]->name;
}

static int unknown(const char *name) {
    const struct suggest_words names = {.word = name_of, .count = COMMANDS};
    const char *nearest = suggest(name, &names);
    fprintf(stderr, "tssb: unknown command '%s' (", name);
    if (nearest)
        fprintf(stderr, "did you mean '%s'? ", nearest);
    fprintf(stderr, "see 'tssb --help')\n");
    return EXIT_WRONG;
}

/* A file that is opened where a standard stream should be would get what is meant for that. What is
 * put there instead cannot be read or written. */
static bool hold_standard_files(void) {
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0 &&
            open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY) != file)
            return false;
    return true;
}

int main(int argc, char **argv) {
    if (!hold_standard_files())
        return EXIT_FAILED;
    if (argc < 2) {
        fprintf(stderr, "tssb: which command? (see 'tssb --help')\n");
        return EXIT_WRONG;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help();
    if (strcmp(argv[1], "--version") == 0) {
        printf("tssb %s\n", TSSB_VERSION);
        return command_end_output(EXIT_DONE);
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
    return unknown(argv[1]);
}
