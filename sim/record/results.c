/* Opening and making the results file.
 *
 * Whose file it is, is read from its first 100 bytes before SQLite comes near it. SQLite would be
 * right to roll back what a killed writer left, or to fold a log in: but not in a file that is not
 * ours, which has to stay as it is to the last byte.
 *
 * The journal is SQLite's rollback journal, its default, and not the write-ahead log: between two
 * transactions the file is the whole database, so that it can be copied, mailed and read from a
 * read-only place by anything that knows SQLite, without the two files that a log keeps beside it.
 * A log would let others read while a transaction is written; ours are short enough to wait for. */
#include "results.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/bytes.h"

/* The database header (SQLite's file format, 1.3). */
enum { HEADER_SIZE = 100, HEADER_VERSION_AT = 60, HEADER_APPLICATION_AT = 68 };
static const uint8_t header_magic[16] = "SQLite format 3";

/* Why a file is opened, and what to do where that is refused. */
struct purpose {
    const char *advice;
    const char *version_advice;
    bool writes;
};

static const struct purpose writing = {
    .advice = "choose another file with --out",
    .version_advice = "choose another file with --out, or use the tssb that made this one",
    .writes = true,
};
static const struct purpose reading = {
    .advice = "name a file that tssb run has written",
    .version_advice = "use the tssb that made it, or run the scenario again",
};

static const struct trouble {
    int code;
    const char *text;
} troubles[] = {
    {SQLITE_FULL, "the disk is full (make room; what was complete before is intact)"},
    {SQLITE_BUSY, "another program keeps writing to it (wait for it, or choose another file)"},
    {SQLITE_LOCKED, "another program keeps writing to it (wait for it, or choose another file)"},
    {SQLITE_READONLY, "is read-only (make it writable, or choose another file)"},
    {SQLITE_NOTADB, "is not an SQLite database (choose another file)"},
    {SQLITE_CORRUPT, "is damaged (choose another file)"},
    {SQLITE_CONSTRAINT, "does not take what was recorded (choose another file)"},
};

char *results_text(const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

char *results_trouble(sqlite3 *db, const char *path) {
    int code = sqlite3_errcode(db) & 0xff;
    if (code == SQLITE_OK || code == SQLITE_NOMEM)
        return NULL;
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++)
        if (troubles[i].code == code)
            return results_text("%s: %s", path, troubles[i].text);
    int system_code = sqlite3_system_errno(db);
    bool of_system = (code == SQLITE_CANTOPEN || code == SQLITE_IOERR) && system_code != 0;
    return results_text("%s: %s (%s)", path,
                        code == SQLITE_IOERR ? "cannot be read or written" : "cannot be used",
                        of_system ? strerror(system_code) : sqlite3_errmsg(db));
}

static int refuse(char **error, const char *path, const char *what, const char *advice) {
    *error = results_text("%s: %s (%s)", path, what, advice);
    return 3;
}

/* Judges the header. size: bytes of it that the file has. */
static int judge(const uint8_t header[HEADER_SIZE], size_t size, const char *path,
                 const struct purpose *purpose, char **error) {
    if (size < HEADER_SIZE || memcmp(header, header_magic, sizeof header_magic) != 0)
        return refuse(error, path, "is not an SQLite database", purpose->advice);
    if (tssb_load32(header + HEADER_APPLICATION_AT) != RESULTS_APPLICATION_ID)
        return refuse(error, path, "is not a results database", purpose->advice);
    uint32_t version = tssb_load32(header + HEADER_VERSION_AT);
    if (version == RESULTS_VERSION)
        return 0;
    *error = results_text("%s: is a results database of version %u, and this is version %u (%s)",
                          path, version, (unsigned)RESULTS_VERSION, purpose->version_advice);
    return 3;
}

/* Looks at a file without changing it. *exists: there is one, and it is not empty. */
static int inspect(const char *path, const struct purpose *purpose, bool *exists, char **error) {
    uint8_t header[HEADER_SIZE];
    *exists = false;
    FILE *file = fopen(path, "rb");
    if (!file && errno == ENOENT && purpose->writes && path[0])
        return 0;
    if (!file)
        return refuse(error, path, strerror(errno), purpose->advice);
    errno = 0;
    size_t size = fread(header, 1, sizeof header, file);
    int code = ferror(file) ? errno : 0;
    (void)fclose(file);
    if (code)
        return refuse(error, path, strerror(code), purpose->advice);
    *exists = size > 0;
    if (!*exists && purpose->writes)
        return 0;
    return judge(header, size, path, purpose, error);
}

/* SQLite keeps its journal beside the file, so the directory has to be writable too. */
static int check_directory(const char *path, char **error) {
    const char *slash = strrchr(path, '/');
    char *directory = slash ? results_text("%.*s", (int)(slash - path) + 1, path)
                            : results_text(".");
    if (!directory) {
        *error = NULL;
        return 3;
    }
    int code = access(directory, W_OK) == 0 ? 0 : errno;
    if (code)
        *error = results_text("%s: directory %s: %s (%s)", path, directory, strerror(code),
                              code == ENOENT ? "make it, or choose another file with --out"
                                             : writing.advice);
    free(directory);
    return code ? 3 : 0;
}

/* Makes the tables, unless another program has done so since the file was inspected. */
static int make_schema(sqlite3 *db) {
    sqlite3_stmt *tables = NULL;
    int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_schema", -1, &tables, NULL);
    if (code != SQLITE_OK)
        return code;
    bool empty = sqlite3_step(tables) == SQLITE_ROW && sqlite3_column_int64(tables, 0) == 0;
    code = sqlite3_finalize(tables);
    if (code == SQLITE_OK && empty)
        code = sqlite3_exec(db, results_schema, NULL, NULL, NULL);
    return code == SQLITE_OK ? sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) : code;
}

/* Opened for writing even where it is only read: a transaction that a killed run left half done
 * must be rolled back before anyone can read. SQLite falls back to reading where it may not write.
 */
static int open_file(sqlite3 **db, const char *path, int flags, char **error) {
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | flags, NULL);
    if (*db)
        sqlite3_busy_timeout(*db, RESULTS_BUSY_MS);
    if (code == SQLITE_OK)
        return 0;
    *error = *db ? results_trouble(*db, path) : NULL;
    return 3;
}

static int close_failed(sqlite3 **db) {
    sqlite3_close(*db);
    *db = NULL;
    return 3;
}

int results_create(sqlite3 **db, const char *path, char **error) {
    bool exists;
    *db = NULL;
    *error = NULL;
    if (inspect(path, &writing, &exists, error) || check_directory(path, error))
        return 3;
    if (open_file(db, path, SQLITE_OPEN_CREATE, error))
        return close_failed(db);
    if (sqlite3_db_readonly(*db, "main")) {
        (void)refuse(error, path, "is read-only", "make it writable, or choose another with --out");
        return close_failed(db);
    }
    if (!exists && make_schema(*db) != SQLITE_OK) {
        *error = results_trouble(*db, path);
        return close_failed(db);
    }
    if (!exists && inspect(path, &writing, &exists, error))
        return close_failed(db);
    return 0;
}

int results_open(sqlite3 **db, const char *path, char **error) {
    bool exists;
    *db = NULL;
    *error = NULL;
    if (inspect(path, &reading, &exists, error))
        return 3;
    if (open_file(db, path, 0, error))
        return close_failed(db);
    if (sqlite3_exec(*db, "PRAGMA query_only = 1; SELECT count(*) FROM sqlite_schema", NULL, NULL,
                     NULL) != SQLITE_OK) {
        *error = results_trouble(*db, path);
        return close_failed(db);
    }
    return 0;
}
