/* tssb init: data directories of some nodes that trust each other, as in the seed's demos. */
#include <errno.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/posix/directory.h"
#include "core/posix/text.h"
#include "command.h"

static const char help[] =
    "Makes a data directory for each node in DIR, which is ./data unless told: nodeA, nodeB and\n"
    "nodeC. Each holds the node's name, feed and secret (config.json), no logs and no blobs, and\n"
    "trusts the others: it gets an empty replica of a feed when that feed's first entry is made.\n"
    "A directory that exists is left alone.\n"
    "\n"
    "  --node NAME...   these nodes instead; may be repeated\n"
    "  --scheme NAME    ed25519 (default), or hmac-sha512, where all nodes share one secret\n"
    "  --blobs LAYOUT   how side chains are kept: files (default), one of 120 bytes a blob, as "
    "the\n"
    "                   first proof of concept has them, or packed into one file, for long chains\n"
    "  --help           this text\n"
    "\n"
    "Exit status: 0 done, 2 one exists already or the usage is wrong, 3 the system failed.\n"
    "\n"
    "Example: tssb init; tssb append data/nodeA hello; tssb dump data/nodeA\n";

enum { NODES_MAX = 1000 };

struct request {
    const char *folder;
    const struct tssb_scheme *scheme;
    bool packed; /* their blobs */
    const char *names[NODES_MAX];
    size_t count;
};

/* Takes one more name; false where it is none, is there already, or is one too many. */
static bool take_name(struct request *request, const char *name) {
    if (!tssb_config_is_name(name) || request->count == NODES_MAX)
        return false;
    for (size_t i = 0; i < request->count; i++)
        if (strcmp(request->names[i], name) == 0)
            return false;
    request->names[request->count++] = name;
    return true;
}

/* Draws keys and trust of all nodes. */
static int draw(const struct request *request, struct tssb_config *configs) {
    uint8_t secret[TSSB_SECRET_SIZE];
    int failed = 0;
    randombytes_buf(secret, sizeof secret);
    const uint8_t *shared = request->scheme == tssb_schemes[0] ? NULL : secret;
    for (size_t i = 0; i < request->count && !failed; i++)
        failed = tssb_config_init(&configs[i], request->names[i], request->scheme, shared);
    for (size_t i = 0; i < request->count; i++)
        configs[i].packed = request->packed;
    sodium_memzero(secret, sizeof secret);
    for (size_t i = 0; i < request->count; i++)
        for (size_t j = 0; j < request->count && !failed; j++) {
            struct tssb_anchor whole = tssb_anchor_whole(configs[j].fid);
            failed = i == j ? 0 : tssb_config_trust(&configs[i], &whole);
        }
    return failed;
}

static bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

static char *path_of(const struct request *request, size_t index) {
    return tssb_text("%s/%s", request->folder, request->names[index]);
}

/* Looks before anything is made. */
static int refuse_existing(const struct request *request, char **error) {
    for (size_t i = 0; i < request->count; i++) {
        char *path = path_of(request, i);
        bool there = path && exists(path);
        if (there)
            tssb_fail(error, EXIT_WRONG, "tssb init: %s: exists already; remove it to begin anew",
                      path);
        free(path);
        if (there || !path)
            return EXIT_WRONG;
    }
    return 0;
}

static int make(const struct request *request, const struct tssb_config *configs, char **error) {
    int status = refuse_existing(request, error);
    if (!status && mkdir(request->folder, 0755) != 0 && errno != EEXIST)
        status = tssb_fail(error, EXIT_FAILED, "tssb init: %s: %s", request->folder,
                           strerror(errno));
    for (size_t i = 0; i < request->count && !status; i++) {
        char hex[2 * TSSB_FID_SIZE + 1];
        char *path = path_of(request, i);
        status = path ? tssb_directory_create(path, &configs[i], NULL, error) : EXIT_FAILED;
        tssb_hex(configs[i].fid, TSSB_FID_SIZE, hex);
        if (!status)
            printf("%s: feed %s\n", path, hex);
        free(path);
    }
    return status;
}

static int init(const struct request *request) {
    char *error = NULL;
    int status = EXIT_FAILED;
    struct tssb_config *configs = calloc(request->count, sizeof *configs);
    if (configs && tssb_scheme_init() == 0 && draw(request, configs) == 0)
        status = make(request, configs, &error);
    for (size_t i = 0; configs && i < request->count; i++)
        tssb_config_close(&configs[i]);
    free(configs);
    return status ? command_failed(error, status) : command_end_output(EXIT_DONE);
}

/* A word without a dash: DIR, or after DIR and --node, one more name. */
static bool take_word(struct request *request, const char *word, bool *folder_told) {
    if (*folder_told)
        return request->count > 0 && take_name(request, word);
    request->folder = word;
    return *folder_told = true;
}

static bool take_layout(struct request *request, const char *name) {
    request->packed = strcmp(name, "packed") == 0;
    return request->packed || strcmp(name, "files") == 0;
}

static int run_init(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {{"node", required_argument, NULL, 'n'},
                                            {"scheme", required_argument, NULL, 's'},
                                            {"blobs", required_argument, NULL, 'b'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static const char *const seed[] = {"nodeA", "nodeB", "nodeC"};
    struct request request = {.folder = "data", .scheme = tssb_schemes[0]};
    bool folder_told = false;
    for (int option; (option = getopt_long(argc, argv, "-:h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        if (option == 1 && !take_word(&request, optarg, &folder_told))
            return command_misused(command, "'%s' is one directory, or one name, too many", optarg);
        if (option == 'n' && !take_name(&request, optarg))
            return command_misused(command, "'%s' cannot be the name of a node, or is one already",
                                   optarg);
        if (option == 's' && !(request.scheme = tssb_scheme_find(optarg)))
            return command_misused(command, "'%s' is no scheme: ed25519 or hmac-sha512", optarg);
        if (option == 'b' && !take_layout(&request, optarg))
            return command_misused(command, "--blobs takes files or packed, not '%s'", optarg);
        if (option == '?' || option == ':')
            return command_bad_option(command, option, argv);
    }
    for (; optind < argc; optind++)
        if (!take_word(&request, argv[optind], &folder_told))
            return command_misused(command, "'%s' is one directory, or one name, too many",
                                   argv[optind]);
    if (request.count == 0)
        for (size_t i = 0; i < sizeof seed / sizeof *seed; i++)
            request.names[request.count++] = seed[i];
    return init(&request);
}

const struct command command_init = {
    .name = "init",
    .arguments = "[DIR] [--node NAME...] [--scheme SCHEME] [--blobs LAYOUT]",
    .purpose = "makes the data directories of some nodes",
    .help = help,
    .run = run_init,
};
