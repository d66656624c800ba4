/* Reading files that a scenario names. */
#include "attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
static char *read_whole(struct reader *reader, const struct tree *at, const char *path,
                        size_t max_bytes, size_t *size) {
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
    } else if ((uint64_t)status.st_size > max_bytes) {
        reader_refuse(reader, at, "'%s' is longer than %zu bytes", shown.text, max_bytes);
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
                      "'%s' is another file than the one that is due: its SHA-256 is %s",
                      problems_show(path).text, found);
}

/* Notes the file in the scenario; the list doubles. */
static bool note(struct reader *reader, const char *path, const char *sha256) {
    struct scenario *scenario = reader->scenario;
    uint32_t count = scenario->attachment_count;
    if ((count & (count - 1)) == 0) {
        struct scenario_attachment *list = reader_alloc(reader, count ? 2 * (size_t)count : 1,
                                                        sizeof *list);
        if (!list)
            return false;
        if (count)
            memcpy(list, scenario->attachments, count * sizeof *list);
        scenario->attachments = list;
    }
    struct scenario_attachment *added = &scenario->attachments[count];
    added->path = absolute(reader, path);
    if (!scenario->path)
        scenario->path = absolute(reader, reader->file);
    memcpy(added->sha256, sha256, sizeof added->sha256);
    scenario->attachment_count++;
    return added->path && scenario->path;
}

bool attachment_read(struct reader *reader, const struct tree *name, const struct tree *due,
                     size_t max_bytes, struct attachment *attachment) {
    static const struct field example = {.example = "trace.csv"};
    const char *text = reader_text(reader, &example, name, "a path");
    char *path = text ? join(reader, text) : NULL;
    struct source *source = reader_scratch(reader, 1, sizeof *source);
    if (!path || !source)
        return false;
    *source = (struct source){.name = path, .order = UINT32_MAX};
    attachment->source = source;
    attachment->bytes = read_whole(reader, name, path, max_bytes, &attachment->size);
    if (!attachment->bytes)
        return false;
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof hash + 1];
    crypto_hash_sha256(hash, (const unsigned char *)attachment->bytes, attachment->size);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    check_hash(reader, due, path, hex);
    if (note(reader, path, hex))
        return true;
    free(attachment->bytes);
    return false;
}
