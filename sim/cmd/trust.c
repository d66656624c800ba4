/* tssb trust: begins to follow a feed of somebody else, by its ID: an empty log with the feed's
 * anchor. */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/posix/directory.h"
#include "core/posix/text.h"
#include "command.h"

static const char help[] =
    "Makes a node trust a feed: an empty replica of it is put into the node's directory, and "
    "'tssb\n"
    "node' follows it from then on. FID is the feed's ID, 64 hexadecimal digits, which its author\n"
    "finds in config.json or is told by 'tssb init'.\n"
    "\n"
    "  --help   this text\n"
    "\n"
    "Exit status: 0 done, 2 the directory, the ID or the usage is wrong, 3 the system failed, or\n"
    "another process uses the directory.\n"
    "\n"
    "Example: tssb trust data/nodeB "
    "8e059aa40fec28e9d8085d3185cbaf9c7e3f6fda94b621baf37ca5f751b92aaa\n";

static void print_notice(void *context, const char *line) {
    (void)context;
    (void)fprintf(stderr, "%s\n", line);
}

static bool read_fid(const char *text, uint8_t fid[TSSB_FID_SIZE]) {
    size_t size = 0;
    return strlen(text) == 2 * (size_t)TSSB_FID_SIZE &&
           sodium_hex2bin(fid, TSSB_FID_SIZE, text, strlen(text), NULL, &size, NULL) == 0 &&
           size == TSSB_FID_SIZE;
}

static int trust(const char *path, const struct tssb_anchor *anchor, char **error) {
    struct tssb_directory_options options = {.sync = TSSB_SYNC_ALWAYS, .notice = print_notice};
    struct tssb_directory *directory;
    struct tssb_anchor held;
    int status = tssb_directory_open(&directory, path, &options, error);
    if (status)
        return status;
    bool known = memcmp(tssb_directory_key(directory)->fid, anchor->fid, TSSB_FID_SIZE) == 0;
    if (known)
        status = tssb_fail(error, EXIT_WRONG, "%s: this is the node's own feed", path);
    for (uint32_t i = 0; !known && tssb_directory_anchor(directory, i, &held); i++)
        known = memcmp(held.fid, anchor->fid, TSSB_FID_SIZE) == 0;
    if (!known)
        status = tssb_directory_add(directory, anchor, error);
    tssb_directory_close(directory);
    return status;
}

static int run_trust(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        return command_bad_option(command, option, argv);
    }
    uint8_t fid[TSSB_FID_SIZE];
    char *error = NULL;
    if (argc - optind != 2)
        return command_misused(command, "it takes a node's directory and the ID of a feed");
    if (!read_fid(argv[optind + 1], fid))
        return command_misused(command, "'%s' is no ID of a feed: 64 hexadecimal digits",
                               argv[optind + 1]);
    struct tssb_anchor anchor = tssb_anchor_whole(fid);
    if (tssb_scheme_init() != 0)
        return command_failed(tssb_text("%s", tssb_error_text(TSSB_E_CRYPTO)), EXIT_FAILED);
    int status = trust(argv[optind], &anchor, &error);
    return status ? command_failed(error, status) : EXIT_DONE;
}

const struct command command_trust = {
    .name = "trust",
    .arguments = "NODE-DIR FID",
    .purpose = "makes a node follow somebody else's feed",
    .help = help,
    .run = run_trust,
};
