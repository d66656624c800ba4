/* Where two runs part, at each level of recording. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "sim/record/diff.h"
#include "results_support.h"

/* What diff prints of two runs; malloc'ed. */
static char *diff_text(const struct diff_request *request, int expected) {
    char *text = NULL, *error = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    int code = diff_runs(request, out, &error);
    assert_int_equal(fclose(out), 0);
    if (code != expected)
        fail_msg("%d and not %d: %s\n%s", code, expected, text, error ? error : "");
    free(error);
    return text;
}

static void expect_diff(const char *path, int64_t second, int expected, const char *part) {
    char *text = diff_text(&(struct diff_request){path, 1, second, false}, expected);
    results_expect_part(text, part);
    free(text);
}

/* Two runs of one story, the second with a twist, at this level. */
static const char *two_runs(const char *record, const struct fake_twist *twist) {
    const char *path = results_path("diff.sqlite");
    char *story = results_story(record);
    results_remove(path);
    (void)results_record(path, story, NULL);
    (void)results_record(path, story, twist);
    free(story);
    return path;
}

static void test_the_same_digest_is_the_same_run(void **state) {
    (void)state;
    const char *path = two_runs("packets", NULL);
    expect_diff(path, 1, 0, "The digests are the same");
    expect_diff(path, 2, 0, "The digests are the same");
}

/* The third entry is lost in one of them. */
static void test_the_first_event_that_differs_is_shown(void **state) {
    (void)state;
    expect_diff(two_runs("packets", &(struct fake_twist){.lost_seq = 3}), 2, 1,
                "\n\nThey part here (compared: record packets)\n"
                "  [  60.020000] nodeC < entry nodeA 2 from nodeB: appended\n"
                "  [  60.025000] nodeA < WANT nodeA 3 from nodeC: offline\n"
                "  [  60.025000] nodeB < WANT nodeA 3 from nodeC: answered\n"
                "- [  60.030000] nodeC < entry nodeA 3 from nodeB: appended\n"
                "+ [  60.030000] nodeC < entry nodeA 3 from nodeB: lost\n"
                "- [  60.035000] nodeA < WANT nodeA 4 from nodeC: offline\n"
                "- [  60.035000] nodeB < WANT nodeA 4 from nodeC: answered\n"
                "- [  60.040000] nodeC < entry nodeA 4 from nodeB: appended\n"
                "- [  60.045000] nodeA < WANT nodeA 5 from nodeC: offline\n"
                "- [  60.045000] nodeB < WANT nodeA 5 from nodeC: answered\n"
                "- ...\n"
                "+ [  70.025000] nodeA < WANT nodeA 3 from nodeC: offline\n"
                "+ [  70.025000] nodeB < WANT nodeA 3 from nodeC: answered\n"
                "+ [  70.030000] nodeC < entry nodeA 3 from nodeB: appended\n"
                "+ [  70.035000] nodeA < WANT nodeA 4 from nodeC: offline\n"
                "+ [  70.035000] nodeB < WANT nodeA 4 from nodeC: answered\n"
                "\n"
                "Digests differ on 3 of 3 nodes: nodeA, nodeB, nodeC\n"
                "\n"
                "Counts of the whole run that differ\n"
                "              run 1  run 2\n"
                "  sent_bytes  2089   2295\n"
                "  sent_wants  20     22\n"
                "  deliveries  31     33\n");
}

/* Less than a microsecond apart: all nine digits are shown; what is the same later has no sign. */
static void test_a_nanosecond_is_shown(void **state) {
    (void)state;
    expect_diff(two_runs("packets", &(struct fake_twist){.late_by_ns = 1}), 2, 1,
                "- [  60.010000000] nodeC < entry nodeA 1 from nodeB: appended\n"
                "+ [  60.010000001] nodeC < entry nodeA 1 from nodeB: appended\n"
                "  [  60.015000000] nodeA < WANT nodeA 2 from nodeC: offline\n");
}

static void test_what_a_line_leaves_out_is_added_where_it_differs(void **state) {
    (void)state;
    expect_diff(two_runs("packets", &(struct fake_twist){.more_bytes = 7}), 2, 1,
                "nodeC < entry nodeA 1 from nodeB: appended (sent 60005000000 ns, 120 B, face 0)\n"
                "+ [  60.010000] nodeC < entry nodeA 1 from nodeB: appended (sent 60005000000 ns,"
                " 127 B, face 0)\n");
}

/* The order in which rows were written is nothing that happened. The runs are given different
 * digests so that their events are compared. */
static void test_the_order_of_rows_does_not_count(void **state) {
    (void)state;
    const char *path = two_runs("packets", &(struct fake_twist){.backwards = true});
    (void)results_ask(path, "UPDATE run SET digest = id");
    expect_diff(path, 2, 1, "Nothing that both recorded (record: packets) differs.\n");
    (void)results_ask(path, "INSERT INTO packet SELECT run_id, at_ns, to_node,"
                            " ordinal + 1000 * (3 - 2 * run_id), sent_ns, 'NEED', from_node, face,"
                            " feed, seq, size_bytes, fate FROM packet");
    (void)results_ask(path, "INSERT INTO packet SELECT run_id, at_ns, to_node,"
                            " ordinal + 3000 * (3 - 2 * run_id), sent_ns, kind, from_node, face,"
                            " feed, seq, size_bytes, 'lost' FROM packet");
    expect_diff(path, 2, 1, "Nothing that both recorded (record: packets) differs.\n");
}

/* Of what happens at one moment, the node comes first, and then what it is: always. */
static void test_one_moment_has_an_order(void **state) {
    (void)state;
    const char *path = two_runs("packets", NULL);
    (void)results_ask(path, "UPDATE run SET digest = id");
    (void)results_ask(path,
                      "INSERT INTO append SELECT id, 60005000000, 2, 0, 99, 2, NULL FROM run");
    (void)results_ask(path, "DELETE FROM packet WHERE run_id = 2 AND at_ns = 60005000000");
    expect_diff(path, 2, 1,
                "- [  60.005000] nodeA < WANT nodeA 1 from nodeC: offline\n"
                "- [  60.005000] nodeB < WANT nodeA 1 from nodeC: answered\n"
                "  [  60.005000] nodeC writes nodeA 99\n");
}

static void test_coarser_records_ask_for_packets(void **state) {
    static const char advice[] = "To see more: run both again with --set record=packets.\n";
    (void)state;
    const struct fake_twist twist = {.lost_seq = 3};
    const char *path = two_runs("progress", &twist);
    expect_diff(path, 2, 1,
                "  [  60.020000] nodeC appends nodeA 2 from nodeB\n"
                "- [  60.030000] nodeC appends nodeA 3 from nodeB\n");
    expect_diff(path, 2, 1, advice);
    path = two_runs("summary", &twist);
    expect_diff(path, 2, 1,
                "  [  60.000000] -- online nodeC\n"
                "- [  60.100000] nodeC is level with nodeA: 10 entries in 0.100000 s\n"
                "+ [  70.100000] nodeC is level with nodeA: 10 entries in 10.100000 s\n");
    expect_diff(path, 2, 1, advice);
    path = two_runs("summary", &(struct fake_twist){.more_bytes = 1});
    expect_diff(path, 2, 1, "Nothing that both recorded (record: summary) differs.\n");
    expect_diff(path, 2, 1, "Digests differ on 1 of 3 nodes: nodeC\n");
    expect_diff(path, 2, 1, advice);
}

/* Runs of different levels are compared at the coarser one. */
static void test_levels_may_differ(void **state) {
    (void)state;
    const char *path = two_runs("packets", NULL);
    char *story = results_story("progress");
    assert_int_equal(results_record(path, story, &(struct fake_twist){.lost_seq = 3}), 3);
    free(story);
    expect_diff(path, 3, 1, "They part here (compared: record progress)\n");
    expect_diff(path, 3, 1, "  record           packets                           progress\n");
}

static void test_what_the_runs_were_given_comes_first(void **state) {
    (void)state;
    const char *path = two_runs("packets", NULL);
    (void)results_ask(path, "UPDATE run SET seed = 8, version = '2.0', digest = 'f00', parameters ="
                            " json_set(json_remove(parameters, '$.scheme'), '$.network.link.loss',"
                            " '30 %%', '$.timeline[3]', 'x', '$.new', 1) WHERE id = 2");
    expect_diff(path, 2, 1,
                "\n\nWhat they were given differs\n"
                "                     run 1    run 2\n"
                "  seed               7        8\n"
                "  version            1.2.3    2.0\n"
                "  scheme             ed25519  -\n"
                "  network.link.loss  10 %     30 %\n"
                "  timeline.3         -        x\n"
                "  new                -        1\n"
                "\nNothing that both recorded (record: packets) differs.\n");
    expect_diff(path, 2, 1, "+ run 2  transitive-sync, seed 8, builtin 2.0: passed, digest f00\n");
}

/* A run that was killed is the beginning of the one that was not. */
static void test_an_unfinished_run_is_compared_too(void **state) {
    (void)state;
    const char *path = two_runs("packets", NULL);
    (void)results_ask(path, "UPDATE run SET outcome = 'unfinished', digest = NULL WHERE id = 2");
    expect_diff(path, 2, 0, "seed 7, builtin 1.2.3: unfinished, without a digest\n");
    expect_diff(path, 2, 0, "Nothing that both recorded (record: packets) differs.\n");
    (void)results_ask(path, "DELETE FROM packet WHERE run_id = 2 AND at_ns > 60090000000");
    expect_diff(path, 2, 1,
                "  [  60.090000] nodeC < entry nodeA 9 from nodeB: appended\n"
                "- [  60.095000] nodeA < WANT nodeA 10 from nodeC: offline\n");
    expect_diff(path, 2, 1, "- [  60.105000] nodeB < NEED from nodeC: not held\n");
}

static void test_json_says_the_same(void **state) {
    (void)state;
    const char *path = two_runs("packets", &(struct fake_twist){.lost_seq = 3});
    char *text = diff_text(&(struct diff_request){path, 1, 2, true}, 1);
    json_t *report = json_loads(text, 0, NULL), *event;
    assert_non_null(report);
    assert_true(json_is_false(json_object_get(report, "same")));
    assert_int_equal(json_integer_value(json_object_get(report, "parts_at_ns")), 60030000000);
    event = json_array_get(json_object_get(report, "events"), 4);
    assert_string_equal(json_string_value(json_object_get(event, "run")), "second");
    assert_string_equal(json_string_value(json_object_get(event, "text")),
                        "[  60.030000] nodeC < entry nodeA 3 from nodeB: lost");
    json_decref(report);
    free(text);
    text = diff_text(&(struct diff_request){path, 1, 1, true}, 0);
    results_expect_part(text, "\"same\": true");
    free(text);
}

static void expect_error(const char *path, int expected, const char *why) {
    char *error = NULL, *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(diff_runs(&(struct diff_request){path, 1, 99, false}, out, &error), expected);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "");
    results_expect_part(error, why);
    free(error);
    free(text);
}

static void test_what_cannot_be_compared(void **state) {
    (void)state;
    const char *path = two_runs("packets", NULL);
    expect_error(path, 2, "diff.sqlite: has no run 99 (tssb run prints the numbers");
    expect_error(results_path("none.sqlite"), 3,
                 "No such file or directory (name a file that tssb run has written)");
    expect_error(results_path(""), 3, "Is a directory (name a file");
    results_write(results_path("text.sqlite"), "text", 4);
    expect_error(results_path("text.sqlite"), 3, "is not an SQLite database (name a file");
}

/* A table that went missing, or what else SQLite may have to say. */
static void test_a_broken_database_is_an_error(void **state) {
    static const char *const tables[] = {"run", "packet", "node", "metric"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        const char *path = two_runs("packets", &(struct fake_twist){.lost_seq = 3});
        char *error = NULL, *text = NULL;
        size_t size;
        (void)results_ask(path, "DROP TABLE %s", tables[i]);
        FILE *out = open_memstream(&text, &size);
        assert_int_equal(diff_runs(&(struct diff_request){path, 1, 2, false}, out, &error), 3);
        assert_int_equal(fclose(out), 0);
        results_expect_part(error, "diff.sqlite: cannot be used (no such table: ");
        free(error);
        free(text);
    }
}

/* Whatever page is damaged: an answer, or an error that says something; never a crash. */
static void test_a_damaged_page_is_an_error(void **state) {
    (void)state;
    const char *path = two_runs("packets", &(struct fake_twist){.lost_seq = 3});
    size_t size;
    int errors = 0;
    char *bytes = results_bytes(path, &size), *page = malloc(4096);
    assert_non_null(page);
    for (size_t at = 4096; at < size; at += 4096) {
        char *error = NULL, *text = NULL;
        size_t text_size;
        memcpy(page, bytes + at, 4096);
        memset(bytes + at, 0x5a, 4096);
        results_write(path, bytes, size);
        memcpy(bytes + at, page, 4096);
        FILE *out = open_memstream(&text, &text_size);
        int code = diff_runs(&(struct diff_request){path, 1, 2, false}, out, &error);
        assert_int_equal(fclose(out), 0);
        assert_true(code == 1 || code == 3);
        if (code == 3)
            results_expect_part(error, "diff.sqlite: is damaged");
        errors += code == 3;
        free(error);
        free(text);
    }
    assert_true(errors > 3);
    free(bytes);
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_digest_is_the_same_run),
        cmocka_unit_test(test_the_first_event_that_differs_is_shown),
        cmocka_unit_test(test_a_nanosecond_is_shown),
        cmocka_unit_test(test_what_a_line_leaves_out_is_added_where_it_differs),
        cmocka_unit_test(test_the_order_of_rows_does_not_count),
        cmocka_unit_test(test_one_moment_has_an_order),
        cmocka_unit_test(test_coarser_records_ask_for_packets),
        cmocka_unit_test(test_levels_may_differ),
        cmocka_unit_test(test_what_the_runs_were_given_comes_first),
        cmocka_unit_test(test_an_unfinished_run_is_compared_too),
        cmocka_unit_test(test_json_says_the_same),
        cmocka_unit_test(test_what_cannot_be_compared),
        cmocka_unit_test(test_a_broken_database_is_an_error),
        cmocka_unit_test(test_a_damaged_page_is_an_error),
    };
    return cmocka_run_group_tests(tests, results_directory_make, results_directory_remove);
}
