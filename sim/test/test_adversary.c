/* Nodes that attack, by stories. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sim/adversary/adversary.h"
#include "story.h"

#define STORY(name) static void name(void **state)

/* What mallory forges has the DMX that b waits for: b computes a signature, and appends nothing. */
STORY(a_forged_entry_is_refused) {
    struct story story;
    (void)state;
    story_run(&story, "name: forge\n"
                      "duration: 20 s\n"
                      "nodes: {a: {produce: {every: 5 s, entries: 2}}, b: {follow: a}, mallory: }\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 1 s, attack: {by: mallory, with: forge, every: 100 ms}, for: 1 s}\n"
                      "expect: [{converged: a}]\n");
    expect_trace(&story, "[   1.000000] -- attack by mallory with forge every 100 ms");
    assert_true(times_in_trace(&story, "b < packet from mallory: refused") > 0);
    expect_trace(&story, "[   2.000000] -- end of attack by mallory with forge every 100 ms");
    expect_no_trace(&story, "[   2.000000] mallory");
    expect_no_trace(&story, "packet from mallory: appended");
    assert_true(world_expectation_met(story.world, 0));
    assert_int_equal(world_node_counts(story.world, 2).sent_packets, 10);
    assert_true(world_node_counts(story.world, 1).verifications > 2);
    story_close(&story);
}

/* A bit that is flipped in an entry spoils it, wherever it is. */
STORY(a_flipped_packet_is_nothing) {
    struct story story;
    (void)state;
    story_run(&story, "name: flip\n"
                      "duration: 20 s\n"
                      "nodes: {a: {produce: {every: 1 s}}, b: {follow: a}, mallory: }\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline: [{at: 0 s, attack: {by: mallory, with: flip, every: 10 ms}}]\n"
                      "expect: [{holds: a, entries: 19}]\n");
    expect_trace(&story, "[   1.010000] mallory > packet to all");
    expect_no_trace(&story, "packet from mallory: appended");
    assert_true(world_expectation_met(story.world, 0));
    story_close(&story);
}

/* b was away when a wrote; mallory has heard it, and what it repeats is as good as the entry. */
STORY(a_replayed_entry_is_the_entry) {
    struct story story;
    (void)state;
    story_run(&story, "name: replay\n"
                      "duration: 9 s\n"
                      "nodes: {a: {produce: {every: 1 s, entries: 1}}, b: {follow: a}, mallory: }\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "strategy: {interval: 100 s}\n"
                      "timeline:\n"
                      "  - {at: 900 ms, offline: b, for: 1 s}\n"
                      "  - {at: 1500 ms, offline: a}\n"
                      "  - {at: 3 s, attack: {by: mallory, with: replay, every: 100 ms}}\n"
                      "expect: [{converged: a}]\n");
    assert_true(times_in_trace(&story, "b < packet from mallory: appended") > 0);
    assert_true(world_expectation_met(story.world, 0));
    story_close(&story);
}

/* Whoever asks is told something wrong first, and gets what it asked for all the same. */
STORY(a_lie_delays_nobody) {
    struct story story;
    (void)state;
    story_run(&story, "name: lie\n"
                      "duration: 200 s\n"
                      "nodes: {mallory: , a: {produce: {at_start: 9}}, b: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline: [{at: 0 s, attack: {by: mallory, with: lie}}]\n"
                      "expect: [{converged: a}]\n");
    assert_true(times_in_trace(&story, "b < packet from mallory: refused") > 0);
    assert_true(world_expectation_met(story.world, 0));
    story_close(&story);
}

/* a sends its first entry to b and c, and then another first entry, which d alone hears first. Each
 * stays where it is and goes on from there; who hears both has the proof. */
static const char forked[] =
    "name: fork\n"
    "duration: 30 s\n"
    "nodes: {a: {produce: {every: 1 s, entries: 3}}, b: {follow: a}, c: {follow: a}, d: {follow: "
    "a}}\n"
    "network: {link: {delay: 5 ms}}\n"
    "timeline:\n"
    "  - {at: 500 ms, partition: [[a, b, c], [d]], name: wall}\n"
    "  - {at: 1400 ms, heal: wall}\n"
    "  - {at: 1500 ms, attack: {by: a, with: fork, every: 1 s}, for: 5 s}\n";

STORY(each_keeps_the_branch_that_it_saw_first) {
    struct story story;
    (void)state;
    story_run(&story, forked);
    expect_trace(&story, "[   1.005000] b < entry a 1 from a: appended");
    expect_trace(&story, "[   1.500000] -- attack by a with fork every 1 s");
    expect_trace(&story, "[   1.505000] b has proof of a fork: a 1");
    expect_trace(&story, "[   1.505000] d < packet from a: appended");
    expect_trace(&story, "[   2.505000] d < packet from a: appended");
    assert_int_equal(times_in_trace(&story, "has proof of a fork"), 2);
    expect_held(&story, "b", "a", 3);
    expect_held(&story, "d", "a", 3);
    assert_non_null(adversary_second(story.world, 0, 3));
    assert_null(adversary_second(story.world, 0, 4)); /* never ahead of the feed */
    assert_null(adversary_second(story.world, 1, 1));
    story_close(&story);
}

/* The same world comes to the same end; nobody attacks while it is off. */
STORY(attacks_are_reproducible) {
    struct story first, second;
    (void)state;
    story_run(&first, forked);
    story_run(&second, forked);
    assert_memory_equal(first.digest, second.digest, DIGEST_SIZE);
    story_close(&first);
    story_close(&second);
    story_run(&first, "name: off\n"
                      "duration: 10 s\n"
                      "nodes: {a: {produce: {at_start: 3}}, m: }\n"
                      "timeline:\n"
                      "  - {at: 0 s, attack: {by: m, with: forge, every: 1 s}}\n"
                      "  - {at: 500 ms, offline: m, for: 5 s}\n");
    assert_int_equal(world_node_counts(first.world, 1).sent_packets, 6);
    story_close(&first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forged_entry_is_refused),
        cmocka_unit_test(a_flipped_packet_is_nothing),
        cmocka_unit_test(a_replayed_entry_is_the_entry),
        cmocka_unit_test(a_lie_delays_nobody),
        cmocka_unit_test(each_keeps_the_branch_that_it_saw_first),
        cmocka_unit_test(attacks_are_reproducible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
