/* `mobility`: a movement trace, which is a file of its own. */
#include "scenario_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As it is written. */
struct written_mobility {
    const struct tree *trace, *nodes, *sha256;
};

static const struct field mobility_fields[] = {
    {"trace", reader_later, offsetof(struct written_mobility, trace), .required = true,
     .example = "village.tcl"},
    {"nodes", reader_later, offsetof(struct written_mobility, nodes), .example = "[nodeA, nodeB]"},
    {"sha256", reader_later, offsetof(struct written_mobility, sha256), .example = "9f86d0..."},
};

/* A path that is not absolute begins where the scenario is. */
static char *join(struct reader *reader, const char *path) {
    const char *slash = *path == '/' ? NULL : strrchr(reader->file, '/');
    size_t folder = slash ? (size_t)(slash - reader->file) + 1 : 0;
    char *joined = reader_scratch(reader, folder + strlen(path) + 1, 1);
    if (joined) {
        memcpy(joined, reader->file, folder);
        memcpy(joined + folder, path, strlen(path));
    }
    return joined;
}

/* What still names the file when the run is repeated from elsewhere. */
static const char *absolute(struct reader *reader, const char *path) {
    char folder[PATH_MAX];
    struct writing writing;
    bool relative = *path != '/';
    if (!writing_begin(reader, &writing))
        return NULL;
    fprintf(writing.out, "%s%s%s", relative && getcwd(folder, sizeof folder) ? folder : "",
            relative ? "/" : "", path);
    return writing_end(reader, &writing);
}

/* Reads up to `room` bytes; -1 with errno. */
static ssize_t read_bytes(int file, char *bytes, size_t room) {
    size_t size = 0;
    ssize_t got = 1;
    while (size < room && got != 0) {
        got = read(file, bytes + size, room - size);
        if (got < 0 && errno != EINTR)
            return -1;
        size += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)size;
}

/* The whole file in malloc'ed memory; NULL, and noted, where that does not work. What is no regular
 * file could keep one waiting for ever. */
static char *read_trace(struct reader *reader, const struct tree *at, const char *path,
                        size_t *size) {
    struct stat status;
    char *bytes = NULL;
    ssize_t got = -1;
    struct shown shown = problems_show(path);
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (file < 0 || fstat(file, &status) != 0) {
        reader_refuse(reader, at, "'%s' cannot be opened: %s", shown.text, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        reader_refuse(reader, at, "'%s' is %s, a file is due", shown.text,
                      S_ISDIR(status.st_mode) ? "a directory" : "a device");
    } else if (status.st_size > NS2_BYTES_MAX) {
        reader_refuse(reader, at, "'%s' is longer than %d bytes", shown.text, NS2_BYTES_MAX);
    } else {
        bytes = malloc((size_t)status.st_size + 1);
        if (!bytes)
            problems_no_memory(reader->problems);
        else if ((got = read_bytes(file, bytes, (size_t)status.st_size)) < 0)
            reader_refuse(reader, at, "'%s' cannot be read: %s", shown.text, strerror(errno));
    }
    if (file >= 0)
        close(file);
    if (got < 0) {
        free(bytes);
        return NULL;
    }
    *size = (size_t)got;
    return bytes;
}

static void check_hash(struct reader *reader, const struct tree *due, const char *path,
                       const char *found) {
    static const struct field example = {.example = "9f86d0..."};
    const char *text = due ? reader_text(reader, &example, due, "a SHA-256 in hex") : NULL;
    if (text && strcmp(text, found) != 0)
        reader_refuse(reader, due,
                      "'%s' is another trace than the one that is due: its SHA-256 is %s",
                      problems_show(path).text, found);
}

/* Which nodes the trace means: all, or those that are named, in this order. */
static bool choose_nodes(struct reader *reader, const struct tree *names,
                         struct mobility_trace *trace, uint32_t *count) {
    struct ranges ranges = {0};
    struct range all = {.count = reader->scenario->node_count};
    if (!names)
        ranges = (struct ranges){&all, 1, 1};
    else if (!names_read(reader, names, &ranges) || !names_distinct(reader, &ranges, "this list"))
        return false;
    *count = 0;
    for (uint32_t i = 0; i < ranges.count; i++)
        *count += ranges.list[i].count;
    trace->nodes = reader_alloc(reader, *count, sizeof *trace->nodes);
    trace->index_of = reader_alloc(reader, reader->scenario->node_count, sizeof *trace->index_of);
    if (!trace->nodes || !trace->index_of)
        return false;
    memset(trace->index_of, 0xff, reader->scenario->node_count * sizeof *trace->index_of);
    uint32_t index = 0;
    for (uint32_t i = 0; i < ranges.count; i++)
        for (uint32_t k = 0; k < ranges.list[i].count; k++) {
            trace->nodes[index] = ranges.list[i].first + k;
            trace->index_of[ranges.list[i].first + k] = index++;
        }
    return true;
}

/* A node is moved by one of the two, from a place that is known. */
static void check_nodes(struct reader *reader, const struct source *source,
                        const struct mobility_trace *trace) {
    const struct ns2_trace *movements = &trace->movements;
    struct place place = {.source = source};
    for (uint32_t i = 0; i < movements->node_count; i++) {
        const struct node_group *group = scenario_group(reader->scenario, trace->nodes[i]);
        bool moves = movements->first[i] < movements->first[i + 1];
        if ((moves || movements->placed[i]) && group->move.kind != MOVE_NONE)
            problems_add(reader->problems, place,
                         "node_(%" PRIu32 ") is of '%s', which has a 'move' of its own", i,
                         group->name);
        else if (moves && !movements->placed[i] && group->position.kind == POSITION_NONE)
            problems_add(reader->problems, place,
                         "node_(%" PRIu32 ") moves, but nothing says where it begins (such as "
                         "$node_(%" PRIu32 ") set X_ 83.3)",
                         i, i);
    }
}

static void load_trace(struct reader *reader, const struct written_mobility *written,
                       struct mobility_trace *trace) {
    uint32_t node_count;
    const char *text = reader_text(reader, &mobility_fields[0], written->trace, "a path");
    char *path = text ? join(reader, text) : NULL;
    struct source *source = reader_scratch(reader, 1, sizeof *source);
    if (!path || !source || !choose_nodes(reader, written->nodes, trace, &node_count))
        return;
    *source = (struct source){.name = path, .order = UINT32_MAX};
    size_t size, mark = reader_enter(reader, "trace");
    char *bytes = read_trace(reader, written->trace, path, &size);
    reader_leave(reader, mark);
    if (!bytes)
        return;
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)bytes, size);
    sodium_bin2hex(trace->sha256, sizeof trace->sha256, hash, sizeof hash);
    check_hash(reader, written->sha256, path, trace->sha256);
    if (ns2_trace_parse(&trace->movements, &reader->scenario->arena, source, bytes, size,
                        node_count, reader->problems) == 0)
        check_nodes(reader, source, trace);
    free(bytes);
    trace->path = absolute(reader, path);
}

void scenario_read_mobility(struct reader *reader, const struct field *field,
                            const struct tree *value, void *target) {
    struct scenario *scenario = target;
    struct written_mobility written = {NULL};
    (void)field;
    uint32_t seen = reader_map(reader, value, mobility_fields,
                               sizeof mobility_fields / sizeof *mobility_fields, &written);
    if (seen & 1 && scenario->node_count)
        load_trace(reader, &written, &scenario->trace);
}

bool scenario_has_position(const struct scenario *scenario, uint32_t node) {
    const struct node_group *group = scenario_group(scenario, node);
    const struct mobility_trace *trace = &scenario->trace;
    if (group->position.kind != POSITION_NONE || move_places(&group->move))
        return true;
    return trace->path && trace->index_of[node] != UINT32_MAX &&
           trace->movements.placed[trace->index_of[node]];
}
