/* Byte streams as a workload: delivered as they were sent, through faults; and told where they are
 * not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "sim/flow.h"
#include "story.h"

#define TWO_NODES(more)                                                  \
    "name: flow\nduration: 10 min\n"                                     \
    "nodes: {a: {follow: [b]}, b: {follow: [a]}}\n"                      \
    "stream: {from: a, to: b, bytes: 20 kB, both: true, window: 4 kB}\n" \
    "strategy: {name: range, interval: 1 s}\n"                           \
    "network: {link: {delay: 5 ms, rate: 100 kbit/s, queue: 100}}\n" more

static void both_ways(void **state) {
    struct story story;
    (void)state;
    story_run(&story, TWO_NODES("stop: level\nexpect: [{stream-delivered: a, on: [b]}, "
                                "{stream-delivered: b}]\n"));
    assert_true(world_expectation_met(story.world, 0));
    assert_true(world_expectation_met(story.world, 1));
    struct node_counts counts = world_node_counts(story.world, 1);
    assert_int_equal(counts.stream_bytes, 20000);
    /* 240 blobs of 120 B at 100 kbit/s, half duplex it is not: 2 s is what the bytes alone take. */
    assert_in_range(counts.stream_ns, UINT64_C(2000000000), UINT64_C(60000000000));
    assert_in_range(world_totals(story.world)->simulated_ns, counts.stream_ns,
                    UINT64_C(60000000000));
    story_close(&story);
}

/* At five seconds it cannot be there yet, and is not said to be. */
static void not_before_its_time(void **state) {
    struct story story;
    (void)state;
    story_run(&story, TWO_NODES("expect: [{stream-delivered: a, by: 1 s}, {stream-delivered: a}]"));
    assert_false(world_expectation_met(story.world, 0));
    assert_true(world_expectation_met(story.world, 1));
    story_close(&story);
}

/* Each crashes twice, and the link is cut for a while. */
static void through_faults(void **state) {
    struct story story;
    (void)state;
    story_run(&story, TWO_NODES("timeline:\n"
                                "  - {at: 500 ms, crash: [b], for: 3 s}\n"
                                "  - {at: 4 s, crash: [a], for: 2 s}\n"
                                "  - {at: 7 s, partition: [[a], [b]], for: 20 s}\n"
                                "  - {at: 28 s, crash: [a, b], for: 1 s}\n"
                                "expect: [{stream-delivered: a}, {stream-delivered: b}]\n"));
    assert_true(world_expectation_met(story.world, 0));
    assert_true(world_expectation_met(story.world, 1));
    assert_int_equal(world_totals(story.world)->nodes.stream_bytes, 40000);
    story_close(&story);
}

/* Nobody reads: the writer stops at its window, and nothing is delivered. */
static void a_reader_that_is_away(void **state) {
    struct story story;
    (void)state;
    story_run(&story, TWO_NODES("timeline: [{at: 0 s, offline: [b]}]\n"
                                "expect: [{stream-delivered: a}]\n"));
    assert_false(world_expectation_met(story.world, 0));
    assert_in_range(world_feed_front(story.world, 0), 4, 12); /* 4 kB in frames of 501 B */
    story_close(&story);
}

/* It begins when the scenario says. */
static void a_start(void **state) {
    struct story story;
    (void)state;
    story_run(&story, "name: flow\nduration: 10 min\n"
                      "nodes: {a: {follow: [b]}, b: {follow: [a]}}\n"
                      "stream: [{from: a, to: b, bytes: 10 B, start: 100 s}]\n"
                      "expect: [{stream-delivered: a, by: 99 s}, {stream-delivered: a}]\n");
    assert_false(world_expectation_met(story.world, 0));
    assert_true(world_expectation_met(story.world, 1));
    expect_trace(&story, "[ 100.000000] a > entry a 1 to all");
    story_close(&story);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),      cmocka_unit_test(not_before_its_time),
        cmocka_unit_test(through_faults), cmocka_unit_test(a_reader_that_is_away),
        cmocka_unit_test(a_start),
    };
    return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
