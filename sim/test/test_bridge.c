/* Bridges by stories: what they forward, how long that takes, and what they do not forward. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "story.h"

#define STORY(name) static void name(void **state)

/* To a radio a bridge takes 137 ms, and the air 136 for an entry and 57 for a request; to all else
 * 1 ms. */
STORY(a_bridge_takes_its_time_to_the_radio) {
    struct story story;
    (void)state;
    story_run(&story, "name: slow\n"
                      "duration: 12 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 5 s, entries: 1}}\n"
                      "  p: {role: bridge, position: [0 m, 0 m]}\n"
                      "  b: {follow: a, position: [1 km, 0 m]}\n"
                      "network:\n"
                      "  - {name: wire, nodes: [a, p], topology: line, link: {delay: 5 ms}}\n"
                      "  - {name: air, nodes: [p, b], topology: radio}\n");
    expect_trace(&story, "[   0.056960] p < WANT a 1 from b: forwarded");
    expect_trace(&story, "[   0.057960] p > WANT a 1 to a");
    expect_trace(&story, "[   0.062960] a < WANT a 1 from p: not held");
    expect_trace(&story, "[   5.005000] p < entry a 1 from a: forwarded");
    expect_trace(&story, "[   5.142000] p > entry a 1 to all");
    expect_trace(&story, "[   5.277808] b < entry a 1 from p: appended");
    story_close(&story);
}

/* It sends a packet out by all faces but the one by which it came in. */
STORY(a_bridge_forwards_to_all_other_faces) {
    struct story story;
    (void)state;
    story_run(&story, "name: hub\n"
                      "duration: 12 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 5 s, entries: 1}}\n"
                      "  b: {follow: a}\n"
                      "  c: {follow: a}\n"
                      "  hub: {role: bridge, processing: {other: 30 ms}}\n"
                      "network: {topology: edges, link: {delay: 5 ms}, "
                      "edges: [[a, hub], [b, hub], [c, hub]]}\n");
    expect_trace(&story, "[   5.005000] hub < entry a 1 from a: forwarded");
    expect_trace(&story, "[   5.035000] hub > entry a 1 to b");
    expect_trace(&story, "[   5.035000] hub > entry a 1 to c");
    expect_trace(&story, "[   5.040000] b < entry a 1 from hub: appended");
    expect_trace(&story, "[   5.040000] c < entry a 1 from hub: appended");
    expect_no_trace(&story, "a < entry");
    expect_no_trace(&story, "hub writes");
    story_close(&story);
}

static const char two_bridges[] = "name: loop\n"
                                  "duration: 14 s\n"
                                  "nodes:\n"
                                  "  a: {produce: {every: 5 s, entries: 1}}\n"
                                  "  b: {follow: a}\n"
                                  "  p: {role: bridge}\n"
                                  "  q: {role: bridge}\n"
                                  "network:\n"
                                  "  - {name: left, nodes: [a, p, q], link: {delay: 5 ms}}\n"
                                  "  - {name: right, nodes: [b, p, q], link: {delay: 5 ms}}\n";

/* Each of two bridges hears what the other has forwarded, and knows it. */
STORY(two_bridges_make_no_loop) {
    struct story story;
    (void)state;
    story_run(&story, two_bridges);
    expect_trace(&story, "[   5.005000] p < entry a 1 from a: forwarded");
    expect_trace(&story, "[   5.005000] q < entry a 1 from a: forwarded");
    expect_trace(&story, "[   5.011000] b < entry a 1 from p: appended");
    expect_trace(&story, "[   5.011000] q < entry a 1 from p: seen");
    expect_trace(&story, "[   5.011000] b < entry a 1 from q: duplicate");
    expect_trace(&story, "[   5.011000] p < entry a 1 from q: seen");
    assert_int_equal(times_in_trace(&story, " > entry"), 3);
    expect_no_trace(&story, "a < entry");
    /* A request that comes again after its interval is no loop. */
    assert_int_equal(times_in_trace(&story, "p < WANT a 1 from b: forwarded"), 1);
    assert_int_equal(times_in_trace(&story, "p < WANT a 2 from b: forwarded"), 1);
    story_close(&story);
}

STORY(a_bridge_that_is_off_forwards_nothing) {
    struct story story;
    char yaml[1000];
    (void)state;
    snprintf(yaml, sizeof yaml, "%s%s", two_bridges,
             "timeline: [{at: 1 s, offline: p}, {at: 4 s, offline: q, for: 3 s}]\n");
    story_run(&story, yaml);
    expect_trace(&story, "[   5.005000] p < entry a 1 from a: offline");
    expect_trace(&story, "[   5.005000] q < entry a 1 from a: offline");
    expect_no_trace(&story, "p > entry");
    expect_trace(&story, "[  10.005000] q < WANT a 1 from b: forwarded"); /* it is back */
    expect_trace(&story, "[  10.011000] a < WANT a 1 from q: answered");
    expect_trace(&story, "[  10.022000] b < entry a 1 from q: appended");
    story_close(&story);
}

/* What it has taken in and not yet sent on is lost, also where it is back before that is due. */
STORY(a_bridge_that_goes_off_loses_what_is_under_way) {
    static const char *const timelines[] = {"{at: 5050 ms, offline: p}",
                                            "{at: 5050 ms, offline: p, for: 10 ms}"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[800];
        snprintf(yaml, sizeof yaml,
                 "name: lossy\n"
                 "duration: 8 s\n"
                 "nodes:\n"
                 "  a: {produce: {every: 5 s, entries: 1}}\n"
                 "  p: {role: bridge, processing: {other: 100 ms}}\n"
                 "  b: {follow: a}\n"
                 "network: {topology: line, link: {delay: 5 ms}}\n"
                 "timeline: [%s]\n",
                 timelines[i]);
        story_run(&story, yaml);
        expect_trace(&story, "[   5.005000] p < entry a 1 from a: forwarded");
        expect_no_trace(&story, "p > entry");
        expect_no_trace(&story, "b < entry");
        story_close(&story);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bridge_takes_its_time_to_the_radio),
        cmocka_unit_test(a_bridge_forwards_to_all_other_faces),
        cmocka_unit_test(two_bridges_make_no_loop),
        cmocka_unit_test(a_bridge_that_is_off_forwards_nothing),
        cmocka_unit_test(a_bridge_that_goes_off_loses_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
