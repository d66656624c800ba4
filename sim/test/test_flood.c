/* Nodes that send what nobody needs, by stories. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "story.h"

#define STORY(name) static void name(void **state)

/* What mallory sends matches nothing: b computes no signature for it, and gets what it follows. */
STORY(garbage_costs_no_signature) {
    struct story story;
    (void)state;
    story_run(&story, "name: garbage\n"
                      "duration: 20 s\n"
                      "nodes: {a: {produce: {every: 1 s, entries: 9}}, b: {follow: a}, mallory: }\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 1500 ms, flood: {by: mallory, with: garbage, every: 10 ms}, for: "
                      "10 s}\n"
                      "expect: [{converged: a}]\n");
    expect_trace(&story, "[   1.500000] -- flood by mallory with garbage every 10 ms");
    expect_trace(&story, "[   1.500000] mallory > packet to all");
    expect_trace(&story, "[   1.505000] b < packet from mallory: unmatched");
    expect_trace(&story, "[  11.490000] mallory > packet to all");
    expect_trace(&story, "[  11.500000] -- end of flood by mallory with garbage every 10 ms");
    expect_no_trace(&story, "[  11.500000] mallory");
    assert_true(world_expectation_met(story.world, 0));
    assert_int_equal(world_node_counts(story.world, 2).sent_packets, 1000);
    assert_int_equal(world_node_counts(story.world, 1).verifications, 9);
    assert_int_equal(world_node_counts(story.world, 0).sent_packets, 9);
    story_close(&story);
}

/* A request is answered by one packet at most, to the one face that it came from. */
STORY(a_flood_of_wants_is_answered_one_for_one) {
    struct story story;
    (void)state;
    story_run(&story, "name: wants\n"
                      "duration: 20 s\n"
                      "nodes: {a: {produce: {at_start: 5}}, b: {follow: a}, mallory: }\n"
                      "network: {topology: line, link: {delay: 5 ms}}\n"
                      "timeline: [{at: 5 s, flood: {by: mallory, with: wants, every: 10 ms}}]\n"
                      "expect: [{converged: a}]\n");
    assert_true(world_expectation_met(story.world, 0));
    struct node_counts mallory = world_node_counts(story.world, 2);
    struct node_counts b = world_node_counts(story.world, 1);
    assert_int_equal(mallory.wants_sent, 1501);
    assert_in_range(b.entries_sent, 1501 * 5 / 8 - 95, 1501 * 5 / 8 + 95); /* 5 deviations of 19 */
    assert_int_equal(b.sent_packets, b.entries_sent + b.wants_sent);
    assert_int_equal(world_node_counts(story.world, 0).entries_sent, 5);
    story_close(&story);
}

/* It sends nothing while it is off; another time, it sends something else. */
STORY(a_flooder_that_is_off_is_silent) {
    struct story story;
    (void)state;
    story_run(&story, "name: silent\n"
                      "duration: 20 s\n"
                      "nodes: {m: {count: 2}}\n"
                      "timeline:\n"
                      "  - {at: 1 s, flood: {by: m, with: garbage, every: 1 s}}\n"
                      "  - {at: 4500 ms, crash: m-0, for: 2 s}\n");
    expect_trace(&story, "[   4.000000] m-0 > packet to all");
    expect_trace(&story, "[   5.000000] m-1 > packet to all");
    expect_trace(&story, "[   7.000000] m-0 > packet to all");
    expect_no_trace(&story, "[   5.000000] m-0 >");
    expect_no_trace(&story, "[   6.000000] m-0 >");
    assert_int_equal(world_node_counts(story.world, 0).sent_packets, 18);
    story_close(&story);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_costs_no_signature),
        cmocka_unit_test(a_flood_of_wants_is_answered_one_for_one),
        cmocka_unit_test(a_flooder_that_is_off_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
