/* tssb append: one entry of the directory's own feed. The node does it, with nobody to send to. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/posix/directory.h"
#include "core/posix/text.h"
#include "command.h"

static const char help[] =
    "Appends one entry to the node's own feed and prints its sequence number. Content of over 48\n"
    "bytes becomes a side chain. Without TEXT and --file, the content is read from standard "
    "input.\n"
    "A file is read from its end, a piece at a time, so it may be larger than memory; what cannot "
    "be\n"
    "read so, such as a pipe, is kept in NODE-DIR in the meantime.\n"
    "The entry is durable when its number is printed.\n"
    "\n"
    "  --file FILE   the content is that of this file\n"
    "  --help        this text\n"
    "\n"
    "Exit status: 0 done, 2 the directory is wrong or the usage, 3 the system failed, or another\n"
    "process uses the directory.\n"
    "\n"
    "Example: tssb append data/nodeA 'hello, first log entry'\n";

enum { COPY_SIZE = 65536 };

/* What is appended: bytes in memory, or a file that is read from its end, since a side chain is
 * built from there. */
struct content {
    uint64_t size;
    const char *text; /* NULL: of the file */
    int file;
    bool is_mine; /* the file, to close */
    int failed;   /* an errno: it could not be read; ESTALE: it has become shorter */
};

static int read_piece(void *context, uint64_t offset, uint8_t *bytes, size_t count) {
    struct content *content = context;
    if (content->text) {
        memcpy(bytes, content->text + offset, count);
        return 0;
    }
    ssize_t got = tssb_disk_read(&tssb_disk_system, content->file, bytes, count, (off_t)offset);
    if (got == (ssize_t)count)
        return 0;
    content->failed = got < 0 ? errno : ESTALE;
    return TSSB_E_STORE;
}

/* Copies all that comes to a file at its beginning. Returns 0 or -1 with errno. */
static int copy_all(int from, int to, uint64_t *size) {
    static char bytes[COPY_SIZE];
    for (;;) {
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return (int)got;
        if (tssb_disk_write(&tssb_disk_system, to, bytes, (size_t)got, (off_t)*size) != 0)
            return -1;
        *size += (uint64_t)got;
    }
}

/* Keeps what cannot be read backwards in a file of the directory that has no name. */
static int spool(const char *folder, struct content *content) {
    char *path = tssb_text("%s/append.XXXXXX", folder); /* of mode 0600 */
    int file = path ? mkstemp(path) : -1, source = content->file;
    int result = -1;
    if (file >= 0) {
        (void)unlink(path);
        result = copy_all(source, file, &content->size);
    }
    int failed = errno;
    free(path);
    if (content->is_mine)
        close(source);
    content->file = file;
    content->is_mine = file >= 0;
    errno = failed;
    return result;
}

/* folder: where what cannot be read backwards is kept in the meantime. */
static int open_content(const char *folder, const char *path, struct content *content,
                        char **error) {
    struct stat status = {0};
    content->file = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    content->is_mine = path && content->file >= 0;
    int failed = content->file < 0 || fstat(content->file, &status) != 0 ? errno : 0;
    bool at_start = !failed && S_ISREG(status.st_mode) && lseek(content->file, 0, SEEK_CUR) == 0;
    if (at_start)
        content->size = (uint64_t)status.st_size;
    else if (!failed && S_ISDIR(status.st_mode))
        failed = EISDIR;
    else if (!failed && spool(folder, content) != 0)
        failed = errno;
    if (!failed)
        return 0;
    return tssb_fail(error, failed == ENOENT || failed == EISDIR ? EXIT_WRONG : EXIT_FAILED,
                     "tssb append: %s: %s", path ? path : "standard input", strerror(failed));
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
static int author(struct tssb_directory *directory, struct content *content, uint32_t *seq) {
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
        error = tssb_node_append_from(&node,
                                      &(struct tssb_content){content->size, read_piece, content});
    tssb_node_close(&node);
    return error;
}

static const char *why_failed(const struct tssb_directory *directory, const struct content *content,
                              int failed) {
    if (content->failed)
        return content->failed == ESTALE ? "the file became shorter while it was read"
                                         : strerror(content->failed);
    return failed == TSSB_E_STORE ? tssb_directory_trouble(directory) : tssb_error_text(failed);
}

static int append(const char *path, struct content *content, char **error) {
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
                           why_failed(directory, content, failed));
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
        content.text = argv[optind + 1];
        content.size = strlen(content.text);
    } else {
        status = open_content(argv[optind], file, &content, &error);
    }
    if (!status)
        status = append(argv[optind], &content, &error);
    if (content.is_mine)
        close(content.file);
    return status ? command_failed(error, status) : command_end_output(EXIT_DONE);
}

const struct command command_append = {
    .name = "append",
    .arguments = "NODE-DIR [TEXT | --file FILE]",
    .purpose = "appends an entry to a node's own feed",
    .help = help,
    .run = run_append,
};
