/* What goes by a clock, and what happens to nodes over time, by stories: each is a scenario of a
 * few lines and what must stand in its trace. */
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_clock_makes_timers_late),
        cmocka_unit_test(an_author_writes_by_its_own_clock),
        cmocka_unit_test(a_right_clock_is_like_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
