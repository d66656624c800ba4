/* tssb dump: all entries of a directory's logs, in order, with side chains whole. Each entry is
 * hashed on the way, so that a changed one does not go unnoticed. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/chain.h"
#include "core/error.h"
#include "core/posix/directory.h"
#include "core/posix/log_walk.h"
#include "core/posix/text.h"
#include "command.h"

static const char help[] =
    "Prints all entries of the logs in a node's directory, in order, its own feed's first: text "
    "as\n"
    "it is, anything else in hexadecimal. Side chains are printed whole; where a blob is missing,\n"
    "its name is printed with what comes before it.\n"
    "\n"
    "  --feed FID      the log of this feed only\n"
    "  --json          print one JSON object\n"
    "  --content SEQ   write what this entry of a feed holds, and nothing else: all of a side "
    "chain,\n"
    "                  however long; the feed is the only one there is, or that of --feed\n"
    "  --help          this text\n"
    "\n"
    "Exit status: 0 done, 1 the content is not whole, 2 the directory, a log or the usage is "
    "wrong, 3 the system failed.\n"
    "\n"
    "Example: tssb dump data/nodeB --json | jq -r '.feeds[].entries[].text'\n";

struct request {
    const char *path;
    const uint8_t *fid; /* NULL: of all feeds */
    bool json;
    uint32_t content_seq; /* write the content of this entry; 0: dump */
};

/* What an entry holds. */
struct content {
    uint8_t *bytes;
    size_t size, capacity;
    int error;                      /* of its side chain, or 0 */
    uint8_t missing[TSSB_PTR_SIZE]; /* the blob at which that ended */
};

static void print_notice(void *context, const char *line) {
    (void)context;
    fprintf(stderr, "%s\n", line);
}

/* Contents. */

static int add(struct content *content, const uint8_t *bytes, size_t size) {
    if (content->capacity - content->size < size) {
        size_t capacity = 2 * content->capacity + size;
        uint8_t *grown = realloc(content->bytes, capacity);
        if (!grown)
            return TSSB_E_MEMORY;
        content->bytes = grown;
        content->capacity = capacity;
    }
    if (size > 0)
        memcpy(content->bytes + content->size, bytes, size);
    content->size += size;
    return 0;
}

/* Collects a side chain as far as it goes. */
static int read_chain(struct tssb_store *store, const uint8_t payload[TSSB_PAYLOAD_SIZE],
                      struct content *content) {
    struct tssb_chain_reader reader;
    const uint8_t *piece, *blob;
    size_t count;
    content->error = tssb_chain_reader_init(&reader, payload, &piece, &count);
    if (content->error)
        return add(content, payload, TSSB_PAYLOAD_SIZE);
    int error = add(content, piece, count);
    while (!error && reader.left > 0) {
        memcpy(content->missing, reader.next, TSSB_PTR_SIZE);
        content->error = store->ops->read_blob(store, reader.next, &blob);
        if (!content->error)
            content->error = tssb_chain_reader_take(&reader, blob, &piece, &count);
        if (content->error)
            return 0;
        error = add(content, piece, count);
    }
    return error;
}

/* Fills in what an entry holds. Returns 0 or TSSB_E_MEMORY. */
static int read_content(struct tssb_store *store, const uint8_t wire[TSSB_ENTRY_SIZE],
                        struct content *content) {
    const uint8_t *payload = tssb_entry_payload(wire);
    size_t size = TSSB_PAYLOAD_SIZE;
    content->size = 0;
    content->error = 0;
    if (tssb_entry_type(wire) == TSSB_CHAIN20)
        return read_chain(store, payload, content);
    if (tssb_entry_type(wire) == TSSB_PLAIN48)
        while (size > 0 && payload[size - 1] == 0)
            size--;
    return add(content, payload, size);
}

/* How many bytes of UTF-8 stand for the character there; 0 where it is none that can be printed. */
static size_t printable(const uint8_t *bytes, size_t size) {
    static const uint32_t least[] = {0, ' ', 0xa0, 0x800, 0x10000};
    uint8_t first = bytes[0];
    if (first == '\n' || first == '\t')
        return 1;
    size_t length = first < 0x7f ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : 4;
    if (length > size || (first >= 0x7f && first < 0xc0) || first >= 0xf8)
        return 0;
    uint32_t code = length == 1 ? first : first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if (bytes[i] >> 6 != 2)
            return 0;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

static bool is_text(const struct content *content) {
    for (size_t at = 0, length; at < content->size; at += length) {
        length = printable(content->bytes + at, content->size - at);
        if (length == 0)
            return false;
    }
    return true;
}

static bool as_text(const uint8_t wire[TSSB_ENTRY_SIZE], const struct content *content) {
    return tssb_entry_type(wire) <= TSSB_CHAIN20 && is_text(content);
}

/* Output as text. */

/* Further lines of a text are set in, so that none can pass for an entry of its own. */
static void print_lines(const struct content *content) {
    for (size_t i = 0; i < content->size; i++) {
        putchar(content->bytes[i]);
        if (content->bytes[i] == '\n')
            printf("    ");
    }
}

static void print_bytes(const struct content *content) {
    printf("0x");
    for (size_t i = 0; i < content->size; i++)
        printf("%02x", content->bytes[i]);
}

static void print_entry(uint32_t seq, const uint8_t wire[TSSB_ENTRY_SIZE],
                        const struct content *content) {
    printf("[%" PRIu32 "] ", seq);
    if (tssb_entry_type(wire) > TSSB_CHAIN20)
        printf("type %d: ", tssb_entry_type(wire));
    if (content->error == TSSB_E_NOT_FOUND) {
        char hex[2 * TSSB_PTR_SIZE + 1];
        tssb_hex(content->missing, TSSB_PTR_SIZE, hex);
        printf("(blob %s is missing) ", hex);
    } else if (content->error) {
        printf("(%s) ", tssb_error_text(content->error));
    }
    if (as_text(wire, content))
        print_lines(content);
    else
        print_bytes(content);
    printf("\n");
}

static void print_feed(const struct tssb_log_header *header, const char *own_name) {
    char hex[2 * TSSB_FID_SIZE + 1];
    tssb_hex(header->fid, TSSB_FID_SIZE, hex);
    printf("feed %s%s%s: ", hex, own_name ? " of " : "", own_name ? own_name : "");
    if (header->front_seq == header->anchor_seq)
        printf("no entries after %" PRIu32 "\n", header->anchor_seq);
    else
        printf("entries %" PRIu32 " to %" PRIu32 "\n", header->anchor_seq + 1, header->front_seq);
}

/* Output as JSON: one object, written as it goes, since logs are long. */

static json_t *hex_json(const uint8_t *bytes, size_t size) {
    char *hex = malloc(2 * size + 1);
    if (hex)
        tssb_hex(bytes, size, hex);
    json_t *text = hex ? json_string(hex) : NULL;
    free(hex);
    return text;
}

static int print_entry_json(const struct tssb_log_walk *walk, const struct content *content) {
    const uint8_t *wire = walk->wire;
    bool text = as_text(wire, content);
    json_t *entry = json_pack("{sI si so}", "seq", (json_int_t)walk->seq, "type",
                              tssb_entry_type(wire), "mid", hex_json(walk->mid, TSSB_MID_SIZE));
    int failed = json_object_set_new(entry, text ? "text" : "hex",
                                     text
                                         ? json_stringn((const char *)content->bytes, content->size)
                                         : hex_json(content->bytes, content->size));
    if (content->error)
        failed |= json_object_set_new(entry, "error", json_string(tssb_error_text(content->error)));
    if (content->error == TSSB_E_NOT_FOUND)
        failed |= json_object_set_new(entry, "missing_blob",
                                      hex_json(content->missing, TSSB_PTR_SIZE));
    if (!failed)
        failed = json_dumpf(entry, stdout, 0);
    json_decref(entry);
    return failed ? TSSB_E_MEMORY : 0;
}

static int print_feed_json(const struct tssb_log_header *header, bool own) {
    json_t *feed = json_pack("{so sb sI sI}", "feed", hex_json(header->fid, TSSB_FID_SIZE), "own",
                             own, "anchor", (json_int_t)header->anchor_seq, "front",
                             (json_int_t)header->front_seq);
    char *text = feed ? json_dumps(feed, 0) : NULL;
    if (text) /* its entries follow within the same object */
        printf("%.*s, \"entries\": [", (int)strlen(text) - 1, text);
    free(text);
    json_decref(feed);
    return text ? 0 : TSSB_E_MEMORY;
}

/* Dumping. */

static int print_entries(const struct request *request, struct tssb_directory *directory,
                         struct tssb_log_walk *walk) {
    struct content content = {0};
    const struct tssb_log_header *header = &walk->log->header;
    int error = 0;
    while (!error && walk->seq < header->front_seq && tssb_log_walk_next(walk) > 0) {
        error = read_content(tssb_directory_store(directory), walk->wire, &content);
        if (error)
            break;
        if (!request->json) {
            print_entry(walk->seq, walk->wire, &content);
            continue;
        }
        printf("%s\n  ", walk->seq == header->anchor_seq + 1 ? "" : ",");
        error = print_entry_json(walk, &content);
    }
    free(content.bytes);
    return error;
}

static int dump_log(const struct request *request, struct tssb_directory *directory,
                    const struct tssb_log *log, bool first, char **failure) {
    const struct tssb_log_header *header = &log->header;
    bool own = memcmp(header->fid, tssb_directory_key(directory)->fid, TSSB_FID_SIZE) == 0;
    struct tssb_log_walk walk;
    int error = 0;
    if (request->json) {
        printf("%s\n ", first ? "" : ",");
        error = print_feed_json(header, own);
    } else {
        print_feed(header, own ? tssb_directory_name(directory) : NULL);
    }
    tssb_log_walk_init(&walk, log);
    if (!error)
        error = print_entries(request, directory, &walk);
    if (request->json)
        printf("]}");
    if (error)
        return EXIT_FAILED;
    if (walk.seq == header->front_seq && memcmp(walk.mid, header->front_mid, TSSB_MID_SIZE) == 0)
        return 0;
    return tssb_fail(failure, EXIT_WRONG, "%s: damaged at entry %" PRIu32 ", see 'tssb check'",
                     log->path, walk.seq == header->front_seq ? walk.seq : walk.seq + 1);
}

static int dump_logs(const struct request *request, struct tssb_directory *directory,
                     char **error) {
    const struct tssb_log *log;
    int status = 0;
    bool found = false;
    if (request->json) {
        json_t *name = json_string(tssb_directory_name(directory));
        printf("{\"node\": ");
        if (!name || json_dumpf(name, stdout, JSON_ENCODE_ANY) != 0)
            status = EXIT_FAILED;
        printf(", \"feeds\": [");
        json_decref(name);
    }
    for (uint32_t i = 0; !status && (log = tssb_directory_log(directory, i)); i++) {
        if (request->fid && memcmp(log->header.fid, request->fid, TSSB_FID_SIZE) != 0)
            continue;
        status = dump_log(request, directory, log, !found, error);
        found = true;
    }
    if (request->json)
        printf("]}\n");
    if (!status && request->fid && !found)
        status = tssb_fail(error, EXIT_WRONG, "%s: holds no log of this feed", request->path);
    return status;
}

/* One content, as it is. */

static int write_out(const uint8_t *bytes, size_t size) {
    return fwrite(bytes, 1, size, stdout) == size ? 0 : -1;
}

/* Writes a side chain as far as it goes. */
static int write_chain(const struct request *request, struct tssb_store *store,
                       const uint8_t payload[TSSB_PAYLOAD_SIZE], char **error) {
    struct tssb_chain_reader reader;
    const uint8_t *piece, *blob;
    size_t count;
    uint8_t head[TSSB_PAYLOAD_SIZE];
    memcpy(head, payload, sizeof head); /* reading a blob may overwrite it */
    int failed = tssb_chain_reader_init(&reader, head, &piece, &count);
    if (failed)
        return tssb_fail(error, EXIT_NOT_MET, "%s: entry %" PRIu32 ": %s", request->path,
                         request->content_seq, tssb_error_text(failed));
    bool written = write_out(piece, count) == 0;
    while (written && reader.left > 0) {
        char hex[2 * TSSB_PTR_SIZE + 1];
        uint64_t at = reader.content_size - reader.left;
        tssb_hex(reader.next, TSSB_PTR_SIZE, hex);
        failed = store->ops->read_blob(store, reader.next, &blob);
        if (!failed)
            failed = tssb_chain_reader_take(&reader, blob, &piece, &count);
        if (failed)
            return tssb_fail(error, EXIT_NOT_MET,
                             "%s: entry %" PRIu32 " ends after %" PRIu64 " of %" PRIu64
                             " bytes: blob %s: %s",
                             request->path, request->content_seq, at, reader.content_size, hex,
                             failed == TSSB_E_NOT_FOUND ? "is missing" : tssb_error_text(failed));
        written = write_out(piece, count) == 0;
    }
    return written ? EXIT_DONE : EXIT_FAILED;
}

/* The anchor of the log that holds the entry. */
static int find_anchor(const struct request *request, const struct tssb_directory *directory,
                       struct tssb_anchor *found, char **error) {
    struct tssb_anchor anchor;
    uint32_t count = 0;
    for (uint32_t i = 0; tssb_directory_anchor(directory, i, &anchor); i++) {
        if (request->fid && memcmp(anchor.fid, request->fid, TSSB_FID_SIZE) != 0)
            continue;
        *found = anchor;
        count++;
    }
    if (count == 0)
        return tssb_fail(error, EXIT_WRONG, "%s: holds no log of this feed", request->path);
    if (count > 1)
        return tssb_fail(error, EXIT_WRONG, "%s: holds several feeds: say which one by --feed",
                         request->path);
    return 0;
}

static int dump_content(const struct request *request, struct tssb_directory *directory,
                        char **error) {
    struct tssb_store *store = tssb_directory_store(directory);
    struct tssb_anchor anchor;
    struct tssb_replica replica;
    const uint8_t *wire;
    struct content content = {0};
    int status = find_anchor(request, directory, &anchor, error);
    if (status)
        return status;
    int failed = store->ops->open(store, &anchor, &replica);
    if (!failed)
        failed = store->ops->read(store, &replica, request->content_seq, &wire);
    if (failed)
        return tssb_fail(error, failed == TSSB_E_NOT_FOUND ? EXIT_WRONG : EXIT_FAILED,
                         "%s: entry %" PRIu32 ": %s", request->path, request->content_seq,
                         failed == TSSB_E_NOT_FOUND ? tssb_error_text(failed)
                                                    : tssb_directory_trouble(directory));
    if (tssb_entry_type(wire) == TSSB_CHAIN20)
        return write_chain(request, store, tssb_entry_payload(wire), error);
    failed = read_content(store, wire, &content);
    if (!failed)
        failed = write_out(content.bytes, content.size);
    free(content.bytes);
    return failed ? EXIT_FAILED : EXIT_DONE;
}

static int dump(const struct request *request) {
    struct tssb_directory_options options = {.read_only = true, .notice = print_notice};
    struct tssb_directory *directory;
    char *error = NULL;
    int status = tssb_scheme_init() == 0
                     ? tssb_directory_open(&directory, request->path, &options, &error)
                     : EXIT_FAILED;
    if (!status) {
        status = (request->content_seq ? dump_content : dump_logs)(request, directory, &error);
        tssb_directory_close(directory);
    }
    return status ? command_failed(error, status) : command_end_output(EXIT_DONE);
}

static bool read_seq(const char *text, uint32_t *seq) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *seq = (uint32_t)value;
    return *text >= '0' && *text <= '9' && !*end && !errno && value > 0 && value <= UINT32_MAX;
}

static int run_dump(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {{"feed", required_argument, NULL, 'f'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"content", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct request request = {0};
    uint8_t fid[TSSB_FID_SIZE];
    for (int option; (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        if (option != 'f' && option != 'j' && option != 'c')
            return command_bad_option(command, option, argv);
        if (option == 'j')
            request.json = true;
        else if (option == 'c' && read_seq(optarg, &request.content_seq))
            continue;
        else if (option == 'c')
            return command_misused(command, "--content takes an entry's number, from 1, not '%s'",
                                   optarg);
        else if (tssb_unhex(optarg, fid, sizeof fid) == 0)
            request.fid = fid;
        else
            return command_misused(command, "'%s' is not a feed: 64 hexadecimal digits", optarg);
    }
    if (argc - optind != 1)
        return command_misused(command, "it takes one node's directory");
    if (request.content_seq && request.json)
        return command_misused(command, "--content writes bytes as they are, not JSON");
    request.path = argv[optind];
    return dump(&request);
}

const struct command command_dump = {
    .name = "dump",
    .arguments = "NODE-DIR [--feed FID] [--json | --content SEQ]",
    .purpose = "prints all entries of a node's logs",
    .help = help,
    .run = run_dump,
};
