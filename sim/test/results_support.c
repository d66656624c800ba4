/* See results_support.h. */
#include "results_support.h"

#include <dirent.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tight_disk.h"

static char directory[64];

int results_directory_make(void **state) {
    (void)state;
    tight_disk_install();
    (void)snprintf(directory, sizeof directory, "/tmp/tssb-results-XXXXXX");
    return mkdtemp(directory) && chmod(directory, 0777) == 0 ? 0 : -1;
}

int results_directory_remove(void **state) {
    (void)state;
    DIR *listing = opendir(directory);
    struct dirent *entry;
    char path[512];
    while (listing && (entry = readdir(listing))) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)remove(path);
    }
    if (listing)
        (void)closedir(listing);
    return rmdir(directory);
}

const char *results_path(const char *name) {
    static char paths[16][128];
    static unsigned next;
    char *path = paths[next++ % 16];
    (void)snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

void results_remove(const char *path) {
    char journal[160];
    (void)snprintf(journal, sizeof journal, "%s-journal", path);
    (void)remove(path);
    (void)remove(journal);
}

char *results_story(const char *record) {
    size_t length = strlen(fake_story) - strlen("packets\n");
    char *story = malloc(length + strlen(record) + 2);
    assert_non_null(story);
    (void)sprintf(story, "%.*s%s\n", (int)length, fake_story, record);
    return story;
}

int64_t results_record(const char *path, const char *yaml, const struct fake_twist *twist) {
    static const struct fake_twist none;
    struct world world;
    struct recorder *recorder;
    char *error;
    int64_t run = 0;
    fake_world_open(&world, yaml);
    if (recorder_open(&recorder, path, &error) ||
        recorder_begin(recorder, &world,
                       &(struct run_info){.engine = "builtin", .version = "1.2.3"}, &run, &error))
        fail_msg("%s", error);
    fake_world_run(&world, recorder_observer(recorder), twist ? twist : &none);
    if (recorder_finish(recorder, run_outcome_of(&world, WORLD_DONE), NULL, &error))
        fail_msg("%s", error);
    recorder_close(recorder);
    fake_world_close(&world);
    return run;
}

const char *results_ask(const char *path, const char *format, ...) {
    static char answer[65536], query[2048];
    sqlite3 *db;
    sqlite3_stmt *statement;
    va_list arguments;
    size_t used = 0;
    va_start(arguments, format);
    (void)vsnprintf(query, sizeof query, format, arguments);
    va_end(arguments);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", query, sqlite3_errmsg(db));
    answer[0] = 0;
    while (sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            const char *separator = used == 0 ? "" : i == 0 ? "\n" : "|";
            used += (size_t)snprintf(answer + used, sizeof answer - used, "%s%s", separator,
                                     text ? text : "NULL");
            assert_true(used < sizeof answer);
        }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    (void)sqlite3_close(db);
    return answer;
}

char *results_bytes(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    struct stat status;
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    *size = (size_t)status.st_size;
    char *bytes = calloc(1, *size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    (void)fclose(file);
    return bytes;
}

void results_write(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

int results_wait_for(pid_t child) {
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void results_expect_part(const char *text, const char *part) {
    if (!text || !strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text ? text : "(nothing)");
}
