/* tssb append: one entry of the directory's own feed. The node does it, with nobody to send to. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/posix/directory.h"
#include "core/posix/text.h"
#include "command.h"

static const char help[] =
    "Appends one entry to the node's own feed and prints its sequence number. Content of over 48\n"
    "bytes becomes a side chain. Without TEXT and --file, the content is read from standard "
    "input.\n"
    "The entry is durable when its number is printed.\n"
    "\n"
    "  --file FILE   the content is that of this file\n"
    "  --help        this text\n"
    "\n"
    "Exit status: 0 done, 2 the directory is wrong or the usage, 3 the system failed, or another\n"
    "process uses the directory.\n"
    "\n"
    "Example: tssb append data/nodeA 'hello, first log entry'\n";

struct content {
    char *bytes;
    size_t size, capacity;
};

/* Reads all that comes. Returns 0 or -1 with errno. */
static int read_all(int file, struct content *content) {
    for (;;) {
        if (content->size == content->capacity) {
            size_t capacity = content->capacity ? content->capacity * 2 : 4096;
            char *grown = realloc(content->bytes, capacity);
            if (!grown)
                return -1;
            content->bytes = grown;
            content->capacity = capacity;
        }
        ssize_t got = read(file, content->bytes + content->size, content->capacity - content->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return (int)got;
        content->size += (size_t)got;
    }
}

static int read_content(const char *path, struct content *content, char **error) {
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    int failed = file < 0 || read_all(file, content) != 0 ? errno : 0;
    if (path && file >= 0)
        close(file);
    if (!failed)
        return 0;
    int status = failed == ENOENT || failed == EISDIR ? EXIT_WRONG : EXIT_FAILED;
    return tssb_fail(error, status, "tssb append: %s: %s", path ? path : "standard input",
                     strerror(failed));
}

static void print_notice(void *context, const char *line) {
    (void)context;
    fprintf(stderr, "%s\n", line);
}

static void send_nowhere(void *context, uint32_t face, const struct tssb_packet *packet) {
    (void)context;
    (void)face;
    (void)packet;
}

static void note_seq(void *context, const struct tssb_replica *replica,
                     const uint8_t wire[TSSB_ENTRY_SIZE]) {
    (void)wire;
    *(uint32_t *)context = replica->front_seq;
}

/* Appends through a node that has no faces. */
static int author(struct tssb_directory *directory, const struct content *content, uint32_t *seq) {
    static const struct tssb_host host = {.send = send_nowhere, .appended = note_seq};
    struct tssb_node_config config = tssb_node_defaults;
    struct tssb_node node;
    uint32_t index;
    config.host = &host;
    config.trust = tssb_directory_trust(directory);
    const struct tssb_key *key = tssb_directory_key(directory);
    struct tssb_anchor own = tssb_anchor_whole(key->fid), held;
    if (tssb_directory_anchor(directory, 0, &held) && memcmp(held.fid, own.fid, TSSB_FID_SIZE) == 0)
        own = held;
    tssb_node_init(&node, &config, seq, tssb_directory_store(directory), key);
    int error = tssb_node_open(&node, &own, false, &index);
    if (!error)
        error = tssb_node_append(&node, content->bytes, content->size);
    tssb_node_close(&node);
    return error;
}

static int append(const char *path, const struct content *content, char **error) {
    struct tssb_directory_options options = {.sync = TSSB_SYNC_ALWAYS, .notice = print_notice};
    struct tssb_directory *directory;
    uint32_t seq = 0;
    if (tssb_scheme_init() != 0)
        return tssb_fail(error, EXIT_FAILED, "tssb append: %s", tssb_error_text(TSSB_E_CRYPTO));
    int status = tssb_directory_open(&directory, path, &options, error);
    if (status)
        return status;
    int failed = author(directory, content, &seq);
    if (failed)
        status = tssb_fail(error, EXIT_FAILED, "tssb append: %s",
                           failed == TSSB_E_STORE ? tssb_directory_trouble(directory)
                                                  : tssb_error_text(failed));
    tssb_directory_close(directory);
    if (!status)
        printf("%" PRIu32 "\n", seq);
    return status;
}

static int run_append(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {{"file", required_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *file = NULL;
    for (int option; (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        if (option != 'f')
            return command_bad_option(command, option, argv);
        file = optarg;
    }
    int words = argc - optind;
    if (words < 1 || words > 2)
        return command_misused(command, "it takes a node's directory, and at most one text: quote "
                                        "it");
    if (words == 2 && file)
        return command_misused(command, "it takes a text or a file, not both");
    struct content content = {0};
    char *error = NULL;
    int status = 0;
    if (words == 2) {
        content.bytes = tssb_text("%s", argv[optind + 1]);
        content.size = strlen(argv[optind + 1]);
        status = content.bytes ? 0 : EXIT_FAILED;
    } else {
        status = read_content(file, &content, &error);
    }
    if (!status)
        status = append(argv[optind], &content, &error);
    free(content.bytes);
    return status ? command_failed(error, status) : command_end_output(EXIT_DONE);
}

const struct command command_append = {
    .name = "append",
    .arguments = "NODE-DIR [TEXT | --file FILE]",
    .purpose = "appends an entry to a node's own feed",
    .help = help,
    .run = run_append,
};
