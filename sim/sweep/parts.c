/* Names and the lock of a sweep's files. The lock is the operating system's, which a killed process
 * loses: the file alone means nothing. */
#include "parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/record/results.h"

static int add(struct parts *parts, char *path) {
    char **paths = path ? realloc(parts->paths, (parts->count + 1) * sizeof *paths) : NULL;
    if (!paths) {
        free(path);
        return 3;
    }
    parts->paths = paths;
    paths[parts->count++] = path;
    return 0;
}

static void remove_file(const char *path) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *name = results_text("%s%s", path, endings[i]);
        if (name)
            (void)unlink(name);
        free(name);
    }
}

/* The number of a part by its file name; 0: it is none. */
static uint32_t number_of(const char *file, const char *results_name) {
    static const char middle[] = ".part-";
    size_t size = strlen(results_name);
    if (strncmp(file, results_name, size) != 0 ||
        strncmp(file + size, middle, sizeof middle - 1) != 0)
        return 0;
    const char *digits = file + size + sizeof middle - 1;
    size_t count = strspn(digits, "0123456789");
    return count > 0 && count < 9 && !digits[count] ? (uint32_t)strtoul(digits, NULL, 10) : 0;
}

static int by_number(const void *left, const void *right) {
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    size_t a_size = strlen(a), b_size = strlen(b);
    return a_size != b_size ? (a_size > b_size) - (a_size < b_size) : strcmp(a, b);
}

/* A part that a worker was killed over before it had a first byte is none. */
static int find(struct parts *parts) {
    const char *slash = strrchr(parts->results, '/');
    const char *name = slash ? slash + 1 : parts->results;
    char *folder_path = slash ? results_text("%.*s", (int)(slash - parts->results) + 1,
                                             parts->results)
                              : results_text(".");
    DIR *folder = folder_path ? opendir(folder_path) : NULL;
    int code = folder_path ? 0 : 3;
    for (struct dirent *file; folder && !code && (file = readdir(folder));) {
        uint32_t number = number_of(file->d_name, name);
        char *path = number ? results_text("%s.part-%u", parts->results, number) : NULL;
        struct stat about;
        if (number && !path)
            code = 3;
        else if (number && stat(path, &about) == 0 && about.st_size == 0)
            remove_file(path);
        else if (number) {
            code = add(parts, path);
            parts->last = number > parts->last ? number : parts->last;
            continue;
        }
        free(path);
    }
    if (folder)
        closedir(folder);
    free(folder_path);
    if (parts->count)
        qsort(parts->paths, parts->count, sizeof *parts->paths, by_number);
    return code;
}

static char *lock_path(const struct parts *parts) {
    return results_text("%s.sweep-lock", parts->results);
}

static int take_lock(struct parts *parts, char **error) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *path = lock_path(parts);
    if (!path)
        return 3;
    parts->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (parts->lock < 0)
        *error = results_text("%s: %s (choose another results file with --out)", path,
                              strerror(errno));
    else if (fcntl(parts->lock, F_SETLK, &whole) != 0)
        *error = results_text("%s: another tssb sweep writes to it (wait for it, or choose another "
                              "file with --out)",
                              parts->results);
    free(path);
    return parts->lock < 0 || *error ? 3 : 0;
}

int parts_open(struct parts *parts, const char *results, char **error) {
    *parts = (struct parts){.results = results, .lock = -1};
    *error = NULL;
    if (take_lock(parts, error)) {
        if (parts->lock >= 0)
            close(parts->lock);
        parts->lock = -1;
        return 3;
    }
    return find(parts);
}

const char *parts_add(struct parts *parts) {
    if (add(parts, results_text("%s.part-%u", parts->results, parts->last + 1)))
        return NULL;
    parts->last++;
    return parts->paths[parts->count - 1];
}

void parts_remove(struct parts *parts) {
    while (parts->count > 0) {
        char *path = parts->paths[--parts->count];
        remove_file(path);
        free(path);
    }
}

void parts_close(struct parts *parts) {
    if (parts->lock >= 0) {
        char *path = lock_path(parts);
        if (path)
            (void)unlink(path);
        free(path);
        close(parts->lock);
    }
    for (uint32_t i = 0; i < parts->count; i++)
        free(parts->paths[i]);
    free(parts->paths);
    *parts = (struct parts){.lock = -1};
}
