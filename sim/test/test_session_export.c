/* What a node went through, as steps of the fuzz target `node`: read back step by step. */
#include "sim/record/session_export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] =
    "name: lesson\n"
    "duration: 20 s\n"
    "nodes:\n"
    "  a: {produce: {every: 1 s, entries: 2}}\n"
    "  b: {follow: a, produce: {every: 7 s, entries: 1}, strategy: {stash: 3}}\n"
    "strategy: {name: window, size: 4, interval: 100 s}\n"
    "network: {link: {delay: 5 ms}}\n"
    "timeline:\n"
    "  - {at: 3 s, crash: b, for: 1 s}\n"
    "  - {at: 5 s, attack: {by: a, with: replay, every: 1 s}, for: 500 ms}\n";

static char folder[] = "/tmp/test_session_export_XXXXXX";

/* Runs the scenario, and reads the file of this name. */
static size_t export_file(const char *name, uint8_t *bytes, size_t capacity) {
    struct scenario scenario;
    struct world *world;
    struct session_export *sessions;
    enum world_end end;
    char *error, path[200];
    assert_int_equal(scenario_parse(&scenario, "lesson", text, strlen(text), NULL, 0, &error), 0);
    assert_int_equal(world_create(&world, &scenario), 0);
    assert_int_equal(session_export_open(&sessions, world, folder, &error), 0);
    world_watch(world, session_export_observer(sessions));
    assert_int_equal(world_run(world, NULL, &end), 0);
    assert_int_equal(session_export_write(sessions, &error), 0);
    session_export_close(sessions);
    world_close(world);
    scenario_close(&scenario);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, capacity, file);
    (void)fclose(file);
    return size;
}

/* As fuzz/shared/session.h has them. */
enum { ENTRY = 0, WANT = 2, APPEND = 8, TIME = 11, RESTART = 12 };

/* Fails unless the next step but for those of time is this. Returns where the one after it is. */
static size_t expect_step(const uint8_t *bytes, size_t size, size_t at, uint8_t op, uint8_t a,
                          uint8_t b) {
    while (at + 5 <= size && bytes[at] == TIME)
        at += 5U + bytes[at + 4];
    assert_in_range(at, 4, size - 5);
    assert_int_equal(bytes[at], op);
    assert_int_equal(bytes[at + 2], a);
    assert_int_equal(bytes[at + 3], b);
    return at + 5U + bytes[at + 4];
}

/* Where the next step of this kind is. */
static size_t find_step(const uint8_t *bytes, size_t size, size_t at, uint8_t op) {
    while (at + 5 <= size && bytes[at] != op)
        at += 5U + bytes[at + 4];
    return at;
}

static void a_follower_becomes_steps(void **state) {
    uint8_t bytes[4096];
    (void)state;
    size_t size = export_file("lesson-1-b", bytes, sizeof bytes);
    assert_int_equal(bytes[0], 1);      /* window */
    assert_int_equal(bytes[1], 4 | 32); /* size 4, a stash, serves */
    assert_int_equal(bytes[2] | bytes[3], 0);
    size_t at = expect_step(bytes, size, 4, ENTRY, 0, 0); /* a 1, which is due */
    at = find_step(bytes, size, at, RESTART);
    at = expect_step(bytes, size, at, RESTART, 0, 0);
    at = find_step(bytes, size, at, APPEND); /* after replays, as bytes */
    at = expect_step(bytes, size, at, APPEND, 0, 7);
    while (at < size)
        at += 5U + bytes[at + 4];
    assert_int_equal(at, size); /* whole steps, to the end */
}

static void an_author_becomes_steps(void **state) {
    uint8_t bytes[4096];
    (void)state;
    size_t size = export_file("lesson-1-a", bytes, sizeof bytes);
    size_t at = expect_step(bytes, size, 4, WANT, 0, 1); /* b asks for a 1: one past the front */
    at = find_step(bytes, size, at, APPEND);             /* b may ask several times */
    (void)expect_step(bytes, size, at, APPEND, 0, 7);
}

static void a_folder_that_cannot_be_made(void **state) {
    struct scenario scenario;
    struct world *world;
    struct session_export *sessions;
    char *error;
    (void)state;
    assert_int_equal(scenario_parse(&scenario, "lesson", text, strlen(text), NULL, 0, &error), 0);
    assert_int_equal(world_create(&world, &scenario), 0);
    assert_int_equal(session_export_open(&sessions, world, "/dev/null/x", &error), 3);
    assert_string_equal(error, "/dev/null/x: cannot be made: Not a directory");
    free(error);
    session_export_close(sessions);
    world_close(world);
    scenario_close(&scenario);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state) {
    static const char *const names[] = {"lesson-1-a", "lesson-1-b"};
    char path[200];
    (void)state;
    for (int i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_follower_becomes_steps),
        cmocka_unit_test(an_author_becomes_steps),
        cmocka_unit_test(a_folder_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
