/* What goes by a clock: timers, what authors write, items that come again. By stories. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "story.h"

#define STORY(name) static void name(void **state)

/* Clocks. */

/* What b asks for every 10 s, it asks for when its own clock says so: that loses 0.5 ms each time.
 */
STORY(a_slow_clock_makes_timers_late) {
    struct story story;
    (void)state;
    story_run(&story, "name: slow\n"
                      "duration: 40 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}}\n"
                      "  b: {follow: a, clock: {drift: -50 ppm}}\n"
                      "  c: {follow: a, clock: {drift: 50 ppm}, strategy: {interval: 9 s}}\n"
                      "  d: {follow: a}\n"
                      "network: {link: {delay: 1 s}}\n"
                      "timeline: [{at: 0 s, partition: [[a], [b, c, d]]}]\n");
    expect_trace(&story, "[   8.999550] c > WANT a 1 to all");
    expect_trace(&story, "[  10.000000] d > WANT a 1 to all");
    expect_trace(&story, "[  10.000500] b > WANT a 1 to all");
    expect_trace(&story, "[  17.999100] c > WANT a 1 to all");
    expect_trace(&story, "[  20.000000] d > WANT a 1 to all");
    expect_trace(&story, "[  20.001000] b > WANT a 1 to all");
    story_close(&story);
}

/* An author writes at 5 s, 10 s, ... of its own clock. Of what that shows as past when the world
 * begins, nothing is made up for. */
STORY(an_author_writes_by_its_own_clock) {
    struct story story;
    (void)state;
    story_run(&story, "name: offsets\n"
                      "duration: 20 s\n"
                      "nodes:\n"
                      "  early: {produce: {every: 5 s, entries: 2}, clock: {offset: 2 s}}\n"
                      "  late: {produce: {every: 5 s, entries: 2}, clock: {offset: -2 s}}\n"
                      "  ahead: {produce: {every: 5 s, entries: 2}, clock: {offset: 24 h}}\n"
                      "  behind: {produce: {every: 5 s}, clock: {offset: -24 h}}\n"
                      "  fast: {produce: {every: 1 s, entries: 9}, clock: {drift: 20000 ppm}}\n");
    expect_trace(&story, "[   0.000000] ahead writes ahead 1"); /* 24 h are a multiple of 5 s */
    expect_trace(&story, "[   0.980392] fast writes fast 1");
    expect_trace(&story, "[   3.000000] early writes early 1");
    expect_trace(&story, "[   5.000000] ahead writes ahead 2");
    expect_trace(&story, "[   7.000000] late writes late 1");
    expect_trace(&story, "[   8.000000] early writes early 2");
    expect_trace(&story, "[   8.823529] fast writes fast 9");
    expect_no_trace(&story, "behind writes");
    story_close(&story);
}

/* A clock changes when a node acts and nothing else: one that goes right is like none. */
STORY(a_right_clock_is_like_none) {
    static const char *const clocks[] = {"", ", clock: {drift: 0 ppm, offset: 0 s}",
                                         ", clock: {offset: [-1 h, 1 h]}"};
    uint8_t digests[3][DIGEST_SIZE];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct story story;
        char yaml[512];
        snprintf(yaml, sizeof yaml,
                 "name: right\nduration: 60 s\n"
                 "nodes: {a: {produce: {every: 1 s}}, b: {count: 9, follow: a%s}}\n"
                 "strategy: {first: spread}\n"
                 "network: {link: {delay: 5 ms, jitter: 3 ms, loss: 20 %%}}\n"
                 "timeline: [{at: 5 s, offline: b-2, for: 5 s}]\n",
                 clocks[i]);
        story_run(&story, yaml);
        memcpy(digests[i], story.digest, DIGEST_SIZE);
        story_close(&story);
    }
    assert_memory_equal(digests[0], digests[1], DIGEST_SIZE);
    assert_memory_equal(digests[0], digests[2], DIGEST_SIZE); /* timers know differences alone */
}

/* Items that come again. */

STORY(an_item_comes_again) {
    struct story story;
    (void)state;
    story_run(&story, "name: again\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {every: 3 s}}, b: {follow: a}}\n"
                      "network: {topology: line, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 10 s, partition: [a, b], for: 5 s, every: 20 s, until: 30 s}\n"
                      "  - {at: 5 s, link: {delay: 50 ms}, for: 10 s, every: 10 s}\n");
    expect_trace(&story, "[   6.050000] b < entry a 2 from a: appended");
    expect_trace(&story, "[  12.050000] b < entry a 4 from a: partitioned");
    expect_trace(&story, "[  15.000000] -- heal a | b"); /* ends come first */
    expect_trace(&story, "[  15.000000] -- end of link delay 50 ms");
    expect_trace(&story, "[  15.000000] -- link delay 50 ms");
    expect_trace(&story, "[  33.050000] b < entry a 11 from a: partitioned");
    expect_no_trace(&story, "[  50.000000] -- partition");
    story_close(&story);
}

/* A partition that comes again while it stands goes on; one heal ends it. */
STORY(a_wall_that_stands_goes_on) {
    struct story story;
    (void)state;
    story_run(&story, "name: standing\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {at_start: 1}}, b: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 0 s, partition: [a, b], name: wall, every: 1 s, until: 25 s}\n"
                      "  - {at: 28 s, heal: wall}\n");
    expect_trace(&story, "[  20.005000] a < WANT a 1 from b: partitioned");
    expect_trace(&story, "[  30.005000] a < WANT a 1 from b: answered");
    story_close(&story);
}

/* All of it. */

/* Whatever happens to nodes, each packet has one fate at each receiver, all who are back catch up,
 * and the same scenario gives the same digest. */
STORY(all_at_once) {
    static const char yaml[] =
        "name: all\n"
        "duration: 400 s\n"
        "nodes:\n"
        "  a: {count: 3, produce: {every: 2 s, entries: 60}, follow: all, clock: {drift: "
        "[-9 ppm, 9 ppm]}}\n"
        "  b: {count: 9, follow: all}\n"
        "  mallory:\n"
        "network: {topology: random, degree: 4, link: {delay: 5 ms, jitter: 4 ms, loss: 5 %}}\n"
        "timeline:\n"
        "  - {at: 20 s, join: [b-7, b-8]}\n"
        "  - {at: 0 s, churn: {nodes: [a, b], up: 20 s, down: 5 s}, for: 200 s}\n"
        "  - {at: 5 s, crash: [a-0, b-0, b-1], for: 2 s, every: {mean: 10 s}, until: 190 s}\n"
        "  - {at: 7 s, wipe: [b-1, b-2, b-7], for: 1 s, every: {mean: 30 s}, until: 190 s}\n"
        "  - {at: 9 s, partition: [a, b], for: 3 s, every: 20 s, until: 190 s}\n"
        "  - {at: 9 s, online: [a, b], every: 50 s}\n"
        "  - {at: 9 s, flood: {by: mallory, with: wants, every: 50 ms}, for: 20 s, every: 40 s}\n"
        "  - {at: 9 s, flood: {by: mallory, with: garbage, every: 50 ms}}\n"
        "expect: [{converged: a-0}, {converged: a-1}, {converged: a-2}]\n";
    struct story story, again;
    (void)state;
    story_run(&story, yaml);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(world_expectation_met(story.world, i));
    uint64_t received = 0, sent = 0;
    for (uint32_t i = 0; i < 13; i++) {
        struct node_counts counts = world_node_counts(story.world, i);
        received += counts.received_packets + counts.dropped;
        sent += counts.sent_packets;
    }
    for (const char *at = story.text; (at = strstr(at, ": in flight\n")); at++)
        received++;
    assert_true(sent == received);
    story_run(&again, yaml);
    assert_memory_equal(story.digest, again.digest, DIGEST_SIZE);
    story_close(&again);
    story_close(&story);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_clock_makes_timers_late),
        cmocka_unit_test(an_author_writes_by_its_own_clock),
        cmocka_unit_test(a_right_clock_is_like_none),
        cmocka_unit_test(an_item_comes_again),
        cmocka_unit_test(a_wall_that_stands_goes_on),
        cmocka_unit_test(all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
