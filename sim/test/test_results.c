/* Which files are taken for results, and what is said of the others; nothing of those changes. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/record/results.h"
#include "fake_world.h"
#include "results_support.h"
#include "tight_disk.h"

static void make_database(const char *path, const char *sql) {
    sqlite3 *db;
    results_remove(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

static void expect_refused(const char *path, const char *why) {
    struct recorder *recorder;
    char *error;
    size_t before_size, after_size;
    char *before = results_bytes(path, &before_size);
    assert_int_equal(recorder_open(&recorder, path, &error), 3);
    assert_null(recorder);
    results_expect_part(error, path);
    results_expect_part(error, why);
    assert_null(strchr(error, '\n'));
    char *after = results_bytes(path, &after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, after_size);
    free(before);
    free(after);
    free(error);
}

static void test_other_files_are_refused(void **state) {
    const char *path = results_path("other.sqlite");
    (void)state;
    results_write(path, "name: transitive-sync\n", 22);
    expect_refused(path, "is not an SQLite database (choose another file with --out)");
    make_database(path, "CREATE TABLE t (x)");
    expect_refused(path, "is not a results database (choose another file with --out)");
    make_database(path, "PRAGMA application_id = 0x74737362; PRAGMA user_version = 7; "
                        "CREATE TABLE run (id)");
    expect_refused(path, "of version 7, and this is version 3 (choose another file with --out, or "
                         "use the tssb that made this one)");
    make_database(path, "PRAGMA application_id = 0x74737362; PRAGMA user_version = 1; "
                        "CREATE TABLE run (id)");
    expect_refused(path, "of version 1, and this is version 3 (choose another file with --out, or "
                         "use the tssb that made this one)");
    make_database(path, "PRAGMA journal_mode = wal; CREATE TABLE t (x)");
    expect_refused(path, "is not a results database");
}

/* The right mark at its head, and nothing else right. */
static void test_a_damaged_file_is_refused(void **state) {
    const char *path = results_path("damaged.sqlite");
    size_t size;
    (void)state;
    (void)results_record(path, fake_story, NULL);
    char *bytes = results_bytes(path, &size);
    memset(bytes + 100, 0xff, size - 100);
    results_write(path, bytes, size);
    free(bytes);
    expect_refused(path, "is damaged");
}

static void expect_no_way(const char *path, const char *why) {
    struct recorder *recorder;
    char *error;
    assert_int_equal(recorder_open(&recorder, path, &error), 3);
    results_expect_part(error, why);
    free(error);
}

static void test_places_that_cannot_be_written_are_refused(void **state) {
    (void)state;
    expect_no_way(results_path("none/x.sqlite"), "No such file or directory (make it, or choose");
    expect_no_way(results_path(""), "Is a directory (choose another file with --out)");
    expect_no_way("", "No such file or directory (choose another file with --out)");
}

static int refused_with(const char *path, const char *why) {
    struct recorder *recorder;
    char *error;
    return recorder_open(&recorder, path, &error) == 3 && error && strstr(error, why) ? 0 : 1;
}

static int read_of(const char *path) {
    sqlite3 *db;
    char *error;
    return results_open(&db, path, &error);
}

/* As a user for whom permissions count. why: NULL where the file is to be read and not written. */
static int without_rights(const char *path, const char *why) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(geteuid() == 0 && setuid(65534) != 0 ? 2
              : why                                ? refused_with(path, why)
                                                   : read_of(path));
    return results_wait_for(child);
}

static void test_read_only_places_are_refused(void **state) {
    const char *path = results_path("readonly.sqlite");
    (void)state;
    (void)results_record(path, fake_story, NULL);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(without_rights(path, "is read-only (make it writable"), 0);
    assert_int_equal(chmod(results_path(""), 0555), 0);
    assert_int_equal(without_rights(path, NULL), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(without_rights(path, "Permission denied (choose another file"), 0);
    assert_int_equal(without_rights(results_path("new.sqlite"), "Permission denied"), 0);
    assert_int_equal(chmod(results_path(""), 0777), 0);
    assert_string_equal(results_ask(path, "SELECT id, outcome FROM run"), "1|passed");
}

/* An empty file is a place for a new database. */
static void test_an_empty_file_becomes_a_database(void **state) {
    const char *path = results_path("empty.sqlite");
    (void)state;
    results_write(path, "", 0);
    assert_int_equal(results_record(path, fake_story, NULL), 1);
}

/* A disk that is full from the start leaves nothing behind that is in the way later. */
static void test_a_disk_without_room_for_the_tables(void **state) {
    const char *path = results_path("tiny.sqlite");
    int code = 3;
    (void)state;
    for (int64_t room = 0; code != 0; room += 3001) {
        struct recorder *recorder;
        char *error;
        tight_disk_set_room(room);
        code = recorder_open(&recorder, path, &error);
        tight_disk_set_room(-1);
        if (code)
            results_expect_part(error, "tiny.sqlite: the disk is full");
        free(error);
        recorder_close(recorder);
        assert_true(room < 1000000);
    }
    assert_int_equal(results_record(path, fake_story, NULL), 1);
}

/* The schema by itself makes the same database: so files can be merged with SQLite's own tools. */
static void test_the_schema_stands_alone(void **state) {
    const char *path = results_path("schema.sqlite");
    (void)state;
    make_database(path, results_schema);
    assert_int_equal(results_record(path, fake_story, NULL), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_files_are_refused),
        cmocka_unit_test(test_a_damaged_file_is_refused),
        cmocka_unit_test(test_places_that_cannot_be_written_are_refused),
        cmocka_unit_test(test_read_only_places_are_refused),
        cmocka_unit_test(test_an_empty_file_becomes_a_database),
        cmocka_unit_test(test_a_disk_without_room_for_the_tables),
        cmocka_unit_test(test_the_schema_stands_alone),
    };
    return cmocka_run_group_tests(tests, results_directory_make, results_directory_remove);
}
