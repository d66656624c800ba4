/* Nodes that go off, crash, are wiped, join and come back, by stories. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "core/error.h"
#include "sim/world_state.h"
#include "story.h"

#define STORY(name) static void name(void **state)

/* After a crash, b goes on where it was. */
STORY(a_crashed_node_goes_on_where_it_was) {
    struct story story;
    (void)state;
    story_run(&story, "name: crash\n"
                      "duration: 30 s\n"
                      "nodes: {a: {produce: {every: 2 s, entries: 5}}, b: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline: [{at: 5 s, crash: b, for: 8 s}]\n");
    expect_trace(&story, "[   4.005000] b > WANT a 3 to all");
    expect_trace(&story, "[   5.000000] -- crash b");
    expect_trace(&story, "[   6.005000] b < entry a 3 from a: offline");
    expect_trace(&story, "[  13.000000] -- online b");
    expect_trace(&story, "[  13.000000] b > WANT a 3 to all");
    expect_trace(&story, "[  13.030000] b is level with a: 3 entries in 0.030000 s");
    expect_trace(&story, "[  23.030000] b > WANT a 6 to all"); /* one timer, and no other */
    expect_held(&story, "b", "a", 5);
    assert_int_equal(world_node_counts(story.world, 1).appended, 5);
    assert_int_equal(world_node_counts(story.world, 1).verifications, 5);
    story_close(&story);
}

static volatile sig_atomic_t looking;

static const uint8_t awaited[TSSB_PTR_SIZE] = {7}, held[TSSB_PTR_SIZE] = {8};
static const uint8_t blob[TSSB_BLOB_SIZE] = {9};

/* At 1 s, b stores a blob and asks for another. */
static bool give_b_a_blob(void *context, const struct world *world) {
    struct tssb_node *core = &world->nodes[1].core;
    (void)context;
    if (world->now_ns < 1000000000)
        return false;
    looking = 0;
    assert_int_equal(core->store->ops->write_blob(core->store, held, blob), 0);
    assert_int_equal(tssb_node_need(core, awaited, 3), 0);
    return false;
}

/* Who is off keeps what it awaits; a crash forgets that, and a wipe what is stored, too. */
STORY(what_a_crash_forgets_and_what_a_wipe_loses) {
    static const struct {
        const char *what;
        uint32_t entries, awaited;
        int error; /* of reading the blob */
    } cases[] = {{"offline", 2, 1, 0}, {"crash", 2, 0, 0}, {"wipe", 0, 0, TSSB_E_NOT_FOUND}};
    struct world_interrupt interrupt = {&looking, give_b_a_blob, NULL};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario scenario;
        struct world *world;
        char yaml[256], *errors;
        const uint8_t *read;
        enum world_end end;
        int size = snprintf(yaml, sizeof yaml,
                            "name: disk\nduration: 10 s\nstrategy: {interval: 2 s}\n"
                            "nodes: {a: {produce: {at_start: 2}}, b: {follow: a}}\n"
                            "timeline: [{at: 5 s, %s: b}]\n",
                            cases[i].what);
        assert_int_equal(scenario_parse(&scenario, "-", yaml, (size_t)size, NULL, 0, &errors), 0);
        assert_int_equal(world_create(&world, &scenario), 0);
        looking = 1;
        assert_int_equal(world_run(world, &interrupt, &end), 0);
        struct tssb_node *core = &world->nodes[1].core;
        assert_int_equal(looking, 0);
        assert_int_equal(core->wanted_count, cases[i].awaited);
        assert_int_equal(core->replicas[0].front_seq, cases[i].entries);
        assert_int_equal(core->store->ops->read_blob(core->store, held, &read), cases[i].error);
        assert_int_equal(core->timers.count, cases[i].awaited); /* its own, which is not due */
        world_close(world);
        scenario_close(&scenario);
    }
}

/* An author that crashed goes on with its feed, and serves what it wrote before. */
STORY(an_author_that_crashed_goes_on_with_its_feed) {
    struct story story;
    (void)state;
    story_run(&story, "name: author\n"
                      "duration: 60 s\n"
                      "stop: level\n"
                      "nodes: {a: {produce: {every: 2 s, entries: 4}}, b: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 3 s, offline: b, for: 8 s}\n"
                      "  - {at: 5 s, crash: a, for: 5 s}\n");
    expect_trace(&story, "[   4.000000] a writes a 2");
    expect_trace(&story, "[  10.000000] a writes a 3"); /* the first moment at which it is back */
    expect_trace(&story, "[  11.005000] a < WANT a 2 from b: answered");
    expect_trace(&story, "[  12.000000] a writes a 4");
    expect_held(&story, "b", "a", 4);
    story_close(&story);
}

/* A wipe takes the entries too: b begins at 1 again, is behind until it has them, and the run goes
 * on until then. */
STORY(a_wiped_node_starts_from_its_anchors) {
    struct story story;
    (void)state;
    story_run(&story, "name: wipe\n"
                      "duration: 1 h\n"
                      "stop: level\n"
                      "nodes: {a: {produce: {at_start: 3}}, b: {follow: a}, c: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5 s, offline: a}\n"
                      "  - {at: 12 s, wipe: b, for: 6 s}\n"
                      "expect:\n"
                      "  - {converged: a, on: b, by: 11 s}\n"
                      "  - {converged: a, on: b, by: 17 s}\n"
                      "  - {converged: a, on: b, by: 19 s}\n");
    expect_trace(&story, "[   0.030000] b is level with a: 3 entries in 0.030000 s");
    expect_trace(&story, "[  12.000000] -- wipe b");
    expect_trace(&story, "[  18.000000] -- online b");
    expect_trace(&story, "[  18.000000] b > WANT a 1 to all");
    expect_trace(&story, "[  18.005000] c < WANT a 1 from b: answered");
    expect_trace(&story, "[  18.010000] b < entry a 1 from c: appended");
    expect_trace(&story, "[  18.030000] b is level with a: 3 entries in 0.030000 s");
    assert_int_equal(world_totals(story.world)->simulated_ns, 18030000000);
    assert_int_equal(world_node_counts(story.world, 1).appended, 6);
    assert_true(world_expectation_met(story.world, 0));
    assert_false(world_expectation_met(story.world, 1));
    struct follow_counts counts;
    assert_true(world_follow_counts(story.world, 1, 0, &counts));
    assert_int_equal(counts.catchups, 2);
    assert_false(counts.behind);
    story_close(&story);
}

/* A node that is wiped while it catches up is still behind since then; what it gets twice, counts
 * twice. */
STORY(a_wipe_in_the_middle_of_a_catch_up) {
    struct story story;
    (void)state;
    story_run(&story, "name: middle\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {at_start: 4}}, b: {follow: a}}\n"
                      "network: {link: {delay: 500 ms}}\n"
                      "timeline: [{at: 2200 ms, wipe: b, for: 800 ms}]\n");
    expect_trace(&story, "[   2.000000] b < entry a 2 from a: appended");
    expect_trace(&story, "[   3.000000] b > WANT a 1 to all");
    expect_trace(&story, "[   7.000000] b is level with a: 6 entries in 7.000000 s");
    story_close(&story);
}

/* A partition stands while its node is wiped: it is back, and reaches nobody. */
STORY(a_node_wiped_behind_a_wall) {
    struct story story;
    (void)state;
    story_run(&story, "name: walled\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {at_start: 2}}, b: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5 s, partition: [[a], [b]], for: 20 s}\n"
                      "  - {at: 8 s, wipe: b, for: 4 s}\n");
    expect_trace(&story, "[  12.000000] b > WANT a 1 to all");
    expect_trace(&story, "[  12.005000] a < WANT a 1 from b: partitioned");
    expect_trace(&story, "[  25.000000] -- heal a | b");
    expect_trace(&story, "[  32.020000] b is level with a: 2 entries in 20.020000 s");
    story_close(&story);
}

/* Whoever joins is not there before: it gets nothing, sends nothing, and is not behind. An item
 * that would have it online before then changes nothing. */
STORY(a_node_joins) {
    struct story story;
    (void)state;
    story_run(&story, "name: join\n"
                      "duration: 30 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 2}}\n"
                      "  b: {follow: a}\n"
                      "  c: {follow: a}\n"
                      "  d: {produce: {every: 4 s}}\n"
                      "network: {topology: complete, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 0 s, join: c}\n"
                      "  - {at: 3 s, online: b}\n"
                      "  - {at: 12 s, join: [b, d]}\n");
    expect_trace(&story, "[   0.000000] -- join c");
    expect_trace(&story, "[   0.000000] c > WANT a 1 to all");
    expect_trace(&story, "[   0.005000] b < WANT a 1 from c: offline");
    expect_trace(&story, "[  12.000000] -- join b, d");
    expect_trace(&story, "[  12.000000] b > WANT a 1 to all");
    expect_trace(&story, "[  12.000000] d writes d 1");
    expect_trace(&story, "[  12.020000] b is level with a: 2 entries in 0.020000 s");
    expect_no_trace(&story, "[   3.000000] b");
    story_close(&story);
}

/* Reasons to be off add up: a node is there once it has joined and nothing keeps it off. */
STORY(an_outage_before_the_join_lasts_beyond_it) {
    struct story story;
    (void)state;
    story_run(&story, "name: early\n"
                      "duration: 30 s\n"
                      "nodes: {a: {produce: {at_start: 1}}, b: {follow: a}, c: {follow: a}}\n"
                      "network: {topology: star, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 2 s, offline: b, for: 10 s}\n"
                      "  - {at: 3 s, crash: c, for: 1 s}\n"
                      "  - {at: 5 s, join: [b, c]}\n");
    expect_trace(&story, "[   5.000000] -- join b, c");
    expect_trace(&story, "[   5.000000] c > WANT a 1 to all");
    expect_trace(&story, "[  12.000000] b > WANT a 1 to all");
    story_close(&story);
}

/* A crash within an absence: b is back when both are over, and has forgotten. */
STORY(a_crash_within_an_absence) {
    struct story story;
    (void)state;
    story_run(&story, "name: both\n"
                      "duration: 40 s\n"
                      "nodes: {a: {produce: {every: 2 s}}, b: {follow: a}}\n"
                      "network: {topology: line, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5 s, offline: b, for: 20 s}\n"
                      "  - {at: 10 s, crash: b, for: 5 s}\n"
                      "  - {at: 30 s, offline: b, for: 2 s}\n"
                      "  - {at: 31 s, wipe: b, for: 3 s}\n");
    expect_trace(&story, "[  25.000000] b > WANT a 3 to all");
    expect_trace(&story, "[  34.000000] b > WANT a 1 to all");
    expect_no_trace(&story, "[  15.000000] b");
    expect_no_trace(&story, "[  32.000000] b");
    story_close(&story);
}

/* To be told to go online ends what began before, and its end is nothing any more: not that of
 * another item that began since. */
STORY(the_end_of_an_item_that_is_over_ends_nothing) {
    struct story story;
    (void)state;
    story_run(&story, "name: over\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {every: 2 s}}, b: {follow: a}}\n"
                      "network: {topology: line, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5 s, offline: b, for: 20 s}\n"
                      "  - {at: 10 s, online: b}\n"
                      "  - {at: 15 s, offline: b, for: 20 s}\n");
    expect_trace(&story, "[  10.000000] b > WANT a 3 to all");
    expect_trace(&story, "[  25.000000] -- online b"); /* said, and without effect */
    expect_trace(&story, "[  26.005000] b < entry a 13 from a: offline");
    expect_trace(&story, "[  35.000000] b > WANT a 8 to all");
    story_close(&story);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crashed_node_goes_on_where_it_was),
        cmocka_unit_test(what_a_crash_forgets_and_what_a_wipe_loses),
        cmocka_unit_test(an_author_that_crashed_goes_on_with_its_feed),
        cmocka_unit_test(a_wiped_node_starts_from_its_anchors),
        cmocka_unit_test(a_wipe_in_the_middle_of_a_catch_up),
        cmocka_unit_test(a_node_wiped_behind_a_wall),
        cmocka_unit_test(a_node_joins),
        cmocka_unit_test(an_outage_before_the_join_lasts_beyond_it),
        cmocka_unit_test(a_crash_within_an_absence),
        cmocka_unit_test(the_end_of_an_item_that_is_over_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
