/* A run in a database: complete, a part of it, on a full disk, killed, and with others. */
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/fate.h"
#include "sim/record/results.h"
#include "fake_world.h"
#include "results_support.h"
#include "tight_disk.h"

static const struct run_info info = {.engine = "builtin", .version = "1.2.3"};
static const struct fake_twist no_twist;

#define expect_answer(path, query, answer) assert_string_equal(results_ask(path, query), answer)

static void test_a_run_is_recorded_in_full(void **state) {
    const char *path = results_path("full.sqlite");
    (void)state;
    assert_int_equal(results_record(path, fake_story, NULL), 1);
    expect_answer(
        path,
        "SELECT id, scenario, seed, engine, version, record, outcome, error, wall_ns,"
        " simulated_ns, events, deliveries FROM run",
        "1|transitive-sync|7|builtin|1.2.3|packets|passed|NULL|3100000|120000000000|131|31");
    expect_answer(path, "SELECT scenario_text, length(scenario_sha256), length(digest) FROM run",
                  results_ask(path, "SELECT '%s', 64, 32", fake_story));
    expect_answer(path, "SELECT json_extract(parameters, '$.network.link.loss') FROM run", "10 %");
    expect_answer(path, "SELECT started_at LIKE '20__-__-__T__:__:__.___Z' FROM run", "1");
    expect_answer(
        path, "SELECT node, name, strategy, node_group, serve, length(digest) FROM node",
        "0|nodeA|single|nodeA|1|16\n1|nodeB|single|nodeB|1|16\n2|nodeC|single|nodeC|0|16");
    expect_answer(path, "SELECT feed, name, author, entries, substr(feed_id, 1, 6) FROM feed",
                  "0|nodeA|0|10|a0a0a0");
    expect_answer(path, "SELECT at_ns, what, detail FROM fault",
                  "0|offline|nodeC\n55000000000|offline|nodeA\n60000000000|online|nodeC");
    expect_answer(path, "SELECT * FROM append WHERE seq = 2",
                  "1|10000000000|0|0|2|0|10000000000\n1|10005000000|1|0|2|0|NULL\n"
                  "1|60020000000|2|0|2|1|60005000000");
    expect_answer(path,
                  "SELECT sent_ns, at_ns, kind, from_node, to_node, face, feed, seq,"
                  " size_bytes, fate FROM packet WHERE at_ns <= 60010000000",
                  "60000000000|60005000000|WANT|2|0|0|0|1|43|offline\n"
                  "60000000000|60005000000|WANT|2|1|0|0|1|43|answered\n"
                  "60005000000|60010000000|entry|1|2|0|0|1|120|appended");
    expect_answer(path, "SELECT kind, feed, seq, fate FROM packet WHERE feed IS NULL",
                  "NEED|NULL|NULL|not held");
    expect_answer(path, "SELECT node, feed, since_ns, until_ns, entries, bound_ns FROM catchup",
                  "2|0|60000000000|60100000000|10|5000000");
    expect_answer(path,
                  "SELECT want_packets, want_requests, range_packets, received_entries,"
                  " useful_entries, duplicate_entries, stash_hits, stash_overflows, sent_bytes,"
                  " received_bytes, airtime_ns FROM catchup",
                  "10|11|2|14|10|3|4|1|430|1680|7000000000");
    expect_answer(path, "SELECT node, name, value FROM metric WHERE name = 'sent_wants'",
                  "0|sent_wants|0\n1|sent_wants|0\n2|sent_wants|20\nNULL|sent_wants|20");
    expect_answer(path, "SELECT name, value FROM metric WHERE node = 2",
                  "sent_packets|21\nsent_bytes|889\nsent_wants|20\nsent_entries|0\n"
                  "received_packets|10\nreceived_bytes|1200\nappended_entries|0\n"
                  "duplicate_entries|0\ndropped_packets|0\nverifications|0\nairtime_ns|0\nenergy_"
                  "nj|0\nreceived_blobs|0\nstream_bytes|0\nstream_ns|0\nheld_entries|10\n"
                  "behind_feeds|0\ncatchups|1\nlongest_catchup_ns|100000000");
    expect_answer(path,
                  "SELECT value FROM metric WHERE node IS NULL AND name IN ('events',"
                  " 'deliveries', 'simulated_ns', 'computed_verifications')",
                  "131\n31\n120000000000\n10");
}

/* Names and seconds, without a join. */
static void test_views_speak_for_themselves(void **state) {
    const char *path = results_path("views.sqlite");
    (void)state;
    (void)results_record(path, fake_story, NULL);
    expect_answer(path, "SELECT run, scenario, outcome, nodes, simulated_s, wall_s FROM runs",
                  "1|transitive-sync|passed|3|120.0|0.0031");
    expect_answer(path, "SELECT node, sent_wants, held_entries, longest_catchup_s FROM nodes",
                  "nodeA|0|0|0.0\nnodeB|0|10|0.0\nnodeC|20|10|0.1");
    expect_answer(path, "SELECT feed, author, entries FROM feeds", "nodeA|nodeA|10");
    expect_answer(path, "SELECT at_s, what, detail FROM faults WHERE what = 'online'",
                  "60.0|online|nodeC");
    expect_answer(path,
                  "SELECT at_s, node, feed, seq, from_node FROM appends WHERE node = 'nodeC'"
                  " AND seq = 1",
                  "60.01|nodeC|nodeA|1|nodeB");
    expect_answer(path,
                  "SELECT sent_s, at_s, kind, from_node, to_node, feed, seq, fate FROM packets"
                  " WHERE seq = 1 AND fate = 'appended'",
                  "60.005|60.01|entry|nodeB|nodeC|nodeA|1|appended");
    expect_answer(path, "SELECT count(*) FROM packets", "31");
    expect_answer(path, "SELECT node, feed, since_s, until_s, latency_s FROM catchups",
                  "nodeC|nodeA|60.0|60.1|0.1");
    expect_answer(path, "SELECT node, feed, seq, blobs, since_s, until_s, latency_s FROM chains",
                  "nodeC|nodeA|1|40|60.0|61.0|1.0\nnodeC|nodeA|2|40|60.0|NULL|NULL");
    expect_answer(path, "SELECT bound_s, ratio, want_packets, airtime_s FROM catchups",
                  "0.005|20.0|10|7.0");
    expect_answer(path,
                  "SELECT bound_s, latency_s / bound_s = ratio FROM latencies WHERE seq = 10 AND"
                  " node = 'nodeC'",
                  "10.005|1");
    expect_answer(path, "SELECT DISTINCT bound_s, ratio FROM latencies WHERE node = 'nodeB'",
                  "NULL|NULL");
    expect_answer(path, "SELECT node, value FROM metrics WHERE name = 'sent_bytes'",
                  "nodeA|0\nnodeB|1200\nnodeC|889\nNULL|2089");
    expect_answer(path,
                  "SELECT feed, seq, node, written_s, latency_s FROM latencies WHERE seq = 10",
                  "nodeA|10|nodeB|50.0|0.005\nnodeA|10|nodeC|50.0|10.1");
}

static void test_a_second_run_adds_to_the_first(void **state) {
    const char *path = results_path("two.sqlite");
    (void)state;
    assert_int_equal(results_record(path, fake_story, NULL), 1);
    assert_int_equal(results_record(path, fake_story, NULL), 2);
    expect_answer(path, "SELECT run_id, count(*) FROM packet GROUP BY 1", "1|31\n2|31");
    expect_answer(path, "SELECT count(DISTINCT digest) FROM run", "1");
}

/* A number is not given out again, and what belongs to a run goes with it. */
static void test_a_run_can_be_deleted(void **state) {
    const char *path = results_path("deleted.sqlite");
    sqlite3 *db;
    (void)state;
    (void)results_record(path, fake_story, NULL);
    (void)results_record(path, fake_story, NULL);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA foreign_keys = 1; DELETE FROM run WHERE id = 2", NULL, NULL, NULL),
        SQLITE_OK);
    (void)sqlite3_close(db);
    expect_answer(path, "SELECT count(*) FROM packet", "31");
    expect_answer(path, "SELECT count(*) FROM metric WHERE run_id = 2", "0");
    assert_int_equal(results_record(path, fake_story, NULL), 3);
}

static void test_the_level_says_what_is_recorded(void **state) {
    static const char *const levels[][2] = {
        {"summary", "0|0"}, {"progress", "30|0"}, {"packets", "30|31"}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        const char *path = results_path("level.sqlite");
        char *story = results_story(levels[i][0]);
        results_remove(path);
        (void)results_record(path, story, NULL);
        expect_answer(path, "SELECT (SELECT count(*) FROM append), (SELECT count(*) FROM packet)",
                      levels[i][1]);
        expect_answer(path,
                      "SELECT (SELECT count(*) FROM fault), (SELECT count(*) FROM catchup),"
                      " (SELECT count(*) FROM metric)",
                      "3|1|76");
        expect_answer(path, "SELECT record FROM run", levels[i][0]);
        free(story);
    }
}

/* A run that is told up to some event, in batches. */
static struct recorder *begin(const char *path, struct world *world, uint32_t batch) {
    struct recorder *recorder;
    char *error;
    int64_t run;
    fake_world_open(world, fake_story);
    if (recorder_open(&recorder, path, &error))
        fail_msg("%s", error);
    recorder_set_batch(recorder, batch);
    recorder_set_patience(recorder, 50);
    if (recorder_begin(recorder, world, &info, &run, &error))
        fail_msg("%s", error);
    return recorder;
}

static void test_batches_change_nothing(void **state) {
    const char *path = results_path("batches.sqlite");
    char all[8192];
    (void)state;
    (void)results_record(path, fake_story, NULL);
    (void)snprintf(all, sizeof all, "%s", results_ask(path, "SELECT * FROM packets"));
    for (uint32_t batch = 1; batch <= 100; batch = batch * 3 + 1) {
        struct world world;
        char *error;
        results_remove(path);
        struct recorder *recorder = begin(path, &world, batch);
        fake_world_run(&world, recorder_observer(recorder), &no_twist);
        assert_int_equal(recorder_finish(recorder, RUN_FAILED, NULL, &error), 0);
        recorder_close(recorder);
        fake_world_close(&world);
        expect_answer(path, "SELECT * FROM packets", all);
        expect_answer(path, "SELECT outcome FROM run", "failed");
        expect_answer(path, "SELECT count(*) FROM metric", "76");
    }
}

/* What happens twice at one moment is two rows, also when they are written in different batches. */
static void test_the_same_packet_twice_is_two_rows(void **state) {
    const char *path = results_path("twice.sqlite");
    const struct sighting sighting = {.sent_ns = 1, .at_ns = 2, .kind = TSSB_PACKET_WANT};
    struct world world;
    char *error;
    (void)state;
    struct recorder *recorder = begin(path, &world, 2);
    struct observer *observer = recorder_observer(recorder);
    for (int i = 0; i < 5; i++)
        observer->received(observer, &sighting);
    assert_int_equal(recorder_finish(recorder, RUN_PASSED, NULL, &error), 0);
    recorder_close(recorder);
    fake_world_close(&world);
    expect_answer(path, "SELECT count(*) FROM packet", "5");
}

static void test_interrupted_and_unfinished_runs_say_so(void **state) {
    const char *path = results_path("ended.sqlite");
    struct world world;
    char *error;
    (void)state;
    struct recorder *recorder = begin(path, &world, 10);
    assert_int_equal(recorder_finish(recorder, RUN_INTERRUPTED, NULL, &error), 0);
    int64_t run;
    assert_int_equal(recorder_begin(recorder, &world, &info, &run, &error), 0);
    assert_int_equal(run, 2);
    assert_int_equal(recorder_finish(recorder, RUN_UNFINISHED, "out of memory", &error), 0);
    assert_int_equal(recorder_begin(recorder, &world, &info, &run, &error), 0);
    recorder_close(recorder);
    fake_world_close(&world);
    expect_answer(path, "SELECT outcome, error, digest IS NULL FROM run",
                  "interrupted|NULL|0\nunfinished|out of memory|1\nunfinished|NULL|1");
}

static void test_the_outcome_follows_the_expectations(void **state) {
    struct world world;
    (void)state;
    fake_world_open(&world, fake_story);
    assert_int_equal(run_outcome_of(&world, WORLD_DONE), RUN_FAILED);
    world.met[0] = true;
    assert_int_equal(run_outcome_of(&world, WORLD_DONE), RUN_PASSED);
    assert_int_equal(run_outcome_of(&world, WORLD_INTERRUPTED), RUN_INTERRUPTED);
    assert_string_equal(run_outcome_name(RUN_INTERRUPTED), "interrupted");
    fake_world_close(&world);
}

/* Disks and crashes. */

/* The earlier run is all there, and the file is sound. */
static void expect_first_run_intact(const char *path) {
    expect_answer(path, "SELECT outcome, digest IS NULL FROM run WHERE id = 1", "passed|0");
    expect_answer(path, "SELECT count(*) FROM packet WHERE run_id = 1", "31");
    expect_answer(path, "SELECT count(*) FROM metric WHERE run_id = 1", "76");
    expect_answer(path, "PRAGMA integrity_check", "ok");
}

/* Returns 0 where all could be written, else 3, and *error. */
static int record_second(const char *path, volatile sig_atomic_t *stop, char **error) {
    struct world world;
    struct recorder *recorder;
    int64_t run;
    struct run_info stopping = {.engine = "builtin", .version = "1.2.3", .stop = stop};
    fake_world_open(&world, fake_story);
    int code = recorder_open(&recorder, path, error);
    if (!code) {
        recorder_set_batch(recorder, 10);
        code = recorder_begin(recorder, &world, &stopping, &run, error);
    }
    if (!code) {
        fake_world_run(&world, recorder_observer(recorder), &no_twist);
        assert_int_equal(recorder_failed(recorder), *stop);
        code = recorder_finish(recorder, RUN_PASSED, NULL, error);
    }
    recorder_close(recorder);
    fake_world_close(&world);
    return code;
}

/* At whatever byte the disk gets full: the user is told, and the run before is intact. */
static void test_a_full_disk_costs_only_this_run(void **state) {
    const char *path = results_path("tight.sqlite");
    int code = 3, stopped = 0;
    size_t size;
    (void)state;
    (void)results_record(path, fake_story, NULL);
    char *before = results_bytes(path, &size);
    for (int64_t room = 0; code != 0; room += 3001) {
        volatile sig_atomic_t stop = 0;
        char *error = NULL;
        results_write(path, before, size);
        tight_disk_set_room(room);
        code = record_second(path, &stop, &error);
        tight_disk_set_room(-1);
        stopped += stop != 0;
        if (code) {
            assert_int_equal(code, 3);
            results_expect_part(error, "tight.sqlite: the disk is full (make room");
        }
        free(error);
        expect_first_run_intact(path);
        expect_answer(path, "SELECT count(*) FROM run WHERE id > 1 AND outcome = 'passed'",
                      code ? "0" : "1");
        assert_true(room < 1000000);
    }
    assert_true(stopped > 0);
    free(before);
}

static void expect_readable(const char *path) {
    sqlite3 *db;
    char *error;
    if (results_open(&db, path, &error))
        fail_msg("%s", error);
    (void)sqlite3_close(db);
}

/* At whatever write the process is killed: the database opens, the run before is intact. */
static void test_a_killed_run_leaves_a_database_that_opens(void **state) {
    const char *path = results_path("killed.sqlite");
    int killed = 0, unfinished = 0, result = -1;
    size_t size;
    (void)state;
    (void)results_record(path, fake_story, NULL);
    char *before = results_bytes(path, &size);
    for (uint64_t writes = 1; result != 0; writes += writes < 24 ? 1 : 7) {
        results_write(path, before, size);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            volatile sig_atomic_t stop = 0;
            char *error;
            tight_disk_set_kill(writes);
            _exit(record_second(path, &stop, &error));
        }
        result = results_wait_for(child);
        assert_true(result == 0 || result == 128 + SIGKILL);
        killed += result != 0;
        expect_readable(path);
        unfinished += atoi(results_ask(path, "SELECT count(*) FROM run WHERE outcome = 'unfinished'"
                                             " AND digest IS NULL"));
        expect_first_run_intact(path);
        expect_answer(path, "SELECT count(*) FROM run WHERE id = 2 AND outcome = 'passed'",
                      result ? "0" : "1");
        assert_true(writes < 1000);
    }
    assert_true(killed > 20);
    assert_true(unfinished > 5);
    free(before);
}

/* Company. */

static void test_another_writer_is_waited_for_and_then_reported(void **state) {
    const char *path = results_path("busy.sqlite");
    struct world world;
    struct recorder *recorder;
    char *error;
    int64_t run;
    sqlite3 *db;
    (void)state;
    (void)results_record(path, fake_story, NULL);
    fake_world_open(&world, fake_story);
    assert_int_equal(recorder_open(&recorder, path, &error), 0);
    recorder_set_patience(recorder, 20);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(recorder_begin(recorder, &world, &info, &run, &error), 3);
    results_expect_part(error, "busy.sqlite: another program keeps writing to it (wait for it");
    (void)sqlite3_close(db);
    free(error);
    recorder_close(recorder);
    fake_world_close(&world);
    expect_first_run_intact(path);
}

/* Programs that record into one file at one time: each run gets a number and its own rows. */
static void test_several_programs_share_a_file(void **state) {
    enum { PROGRAMS = 4, RUNS = 3 };
    const char *path = results_path("shared.sqlite");
    pid_t children[PROGRAMS];
    (void)state;
    for (int i = 0; i < PROGRAMS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            int code = 0;
            for (int run = 0; run < RUNS && !code; run++) {
                volatile sig_atomic_t stop = 0;
                char *error;
                code = record_second(path, &stop, &error);
            }
            _exit(code);
        }
    }
    for (int i = 0; i < PROGRAMS; i++)
        assert_int_equal(results_wait_for(children[i]), 0);
    expect_answer(path, "SELECT count(DISTINCT id), min(id), max(id) FROM run", "12|1|12");
    expect_answer(path, "SELECT DISTINCT outcome FROM run", "passed");
    expect_answer(path, "SELECT DISTINCT count(*) FROM packet GROUP BY run_id", "31");
    expect_answer(path, "SELECT DISTINCT count(*) FROM metric GROUP BY run_id", "76");
    expect_answer(path, "PRAGMA integrity_check", "ok");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_is_recorded_in_full),
        cmocka_unit_test(test_views_speak_for_themselves),
        cmocka_unit_test(test_a_second_run_adds_to_the_first),
        cmocka_unit_test(test_a_run_can_be_deleted),
        cmocka_unit_test(test_the_level_says_what_is_recorded),
        cmocka_unit_test(test_batches_change_nothing),
        cmocka_unit_test(test_the_same_packet_twice_is_two_rows),
        cmocka_unit_test(test_interrupted_and_unfinished_runs_say_so),
        cmocka_unit_test(test_the_outcome_follows_the_expectations),
        cmocka_unit_test(test_a_full_disk_costs_only_this_run),
        cmocka_unit_test(test_a_killed_run_leaves_a_database_that_opens),
        cmocka_unit_test(test_another_writer_is_waited_for_and_then_reported),
        cmocka_unit_test(test_several_programs_share_a_file),
    };
    return cmocka_run_group_tests(tests, results_directory_make, results_directory_remove);
}
