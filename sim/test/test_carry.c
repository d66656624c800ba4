/* Links and media by stories: what a packet goes through, to the microsecond. A WANT is 43 bytes,
 * an entry 120: 344 and 960 bits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "story.h"

#define STORY(name) static void name(void **state)
#define MILLISECOND_NS ((uint64_t)1000000)

/* b wants three feeds at once: one request leaves, one waits, the third finds the queue full. */
STORY(a_link_with_a_rate_sends_one_after_the_other) {
    struct story story;
    (void)state;
    story_run(&story,
              "name: slow\n"
              "duration: 1306 ms\n"
              "nodes:\n"
              "  a: {produce: {at_start: 1}}\n"
              "  b: {follow: [a, c, d]}\n"
              "  c: {produce: {at_start: 1}}\n"
              "  d: {produce: {at_start: 1}}\n"
              "network:\n"
              "  topology: edges\n"
              "  edges: [{between: [a, b], delay: 1 ms, rate: 1 kbit/s, queue: 1}, [c, d]]\n");
    expect_trace(&story, "[   0.000000] b > WANT d 1 to all");
    expect_trace(&story, "[   0.000000] a < WANT d 1 from b: queue full");
    expect_trace(&story, "[   0.345000] a < WANT a 1 from b: answered");
    expect_trace(&story, "[   0.689000] a < WANT c 1 from b: unmatched");
    expect_trace(&story, "[   1.306000] b < entry a 1 from a: appended"); /* 345 + 960 + 1 */
    expect_trace(&story, "[   1.306000] a < WANT a 2 from b: in flight");
    assert_true(world_node_counts(story.world, 0).airtime_ns == 960 * MILLISECOND_NS);
    assert_true(world_node_counts(story.world, 1).airtime_ns == 3 * 344 * MILLISECOND_NS);
    story_close(&story);
}

/* The two directions of a link do not wait for each other; who sends on a medium does. */
STORY(a_medium_with_a_rate_is_shared) {
    struct story story;
    (void)state;
    story_run(&story, "name: shared\n"
                      "duration: 3 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}}\n"
                      "  b: {follow: a, serve: false}\n"
                      "  c: {follow: a, serve: false}\n"
                      "network: {link: {delay: 1 ms, rate: 1 kbit/s}}\n");
    expect_trace(&story, "[   0.345000] a < WANT a 1 from b: answered");
    expect_trace(&story, "[   0.689000] a < WANT a 1 from c: answered");
    expect_trace(&story, "[   1.649000] b < entry a 1 from a: appended"); /* after both requests */
    expect_trace(&story, "[   1.649000] c < entry a 1 from a: appended");
    expect_trace(&story, "[   2.609000] b < entry a 1 from a: duplicate");
    expect_trace(&story, "[   2.953000] a < WANT a 2 from b: not held"); /* asked at 1.649 */
    story_close(&story);
}

STORY(a_sender_keeps_its_pace) {
    struct story story;
    (void)state;
    story_run(&story, "name: pace\n"
                      "duration: 2 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}}\n"
                      "  b: {follow: [a, c, d]}\n"
                      "  c: {produce: {at_start: 1}}\n"
                      "  d: {produce: {at_start: 1}}\n"
                      "network:\n"
                      "  topology: edges\n"
                      "  edges: [{between: [a, b], delay: 5 ms, pace: 500 ms}, [c, d]]\n");
    expect_trace(&story, "[   0.005000] a < WANT a 1 from b: answered");
    expect_trace(&story, "[   0.010000] b < entry a 1 from a: appended");
    expect_trace(&story, "[   0.505000] a < WANT c 1 from b: unmatched");
    expect_trace(&story, "[   1.005000] a < WANT d 1 from b: unmatched");
    expect_trace(&story, "[   1.505000] a < WANT a 2 from b: not held");
    assert_true(world_node_counts(story.world, 1).airtime_ns == 0);
    story_close(&story);
}

/* What one sender leaves between its packets keeps no other from sending. */
STORY(on_a_medium_each_sender_has_its_own_pace) {
    struct story story;
    (void)state;
    story_run(&story, "name: paces\n"
                      "duration: 2 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}}\n"
                      "  b: {follow: a, serve: false}\n"
                      "  c: {follow: a, serve: false}\n"
                      "network: {link: {delay: 5 ms, pace: 500 ms}}\n");
    expect_trace(&story, "[   0.005000] a < WANT a 1 from b: answered");
    expect_trace(&story, "[   0.005000] a < WANT a 1 from c: answered");
    expect_trace(&story, "[   0.010000] b < entry a 1 from a: appended");
    expect_trace(&story, "[   0.505000] a < WANT a 2 from b: not held");
    expect_trace(&story, "[   0.510000] b < entry a 1 from a: duplicate");
    story_close(&story);
}

static const char waiting[] = "name: waiting\n"
                              "duration: 2 s\n"
                              "nodes:\n"
                              "  a: {produce: {at_start: 1}, serve: false}\n"
                              "  b: {follow: [a, c, d]}\n"
                              "  c: {produce: {at_start: 1}, serve: false}\n"
                              "  d: {produce: {at_start: 1}, serve: false}\n"
                              "network: {topology: %s, link: {delay: 1 ms, rate: 1 kbit/s}}\n"
                              "timeline: [{at: %s}]\n";

/* What waits when its sender goes off is never sent, also where that comes back before its turn: an
 * outage empties the queue, and what is new does not wait for what is gone. */
STORY(a_sender_that_goes_off_loses_its_queue) {
    struct story story;
    char yaml[800];
    (void)state;
    snprintf(yaml, sizeof yaml, waiting, "line", "100 ms, offline: b");
    story_run(&story, yaml);
    expect_trace(&story, "[   0.344000] a < WANT c 1 from b: not sent");
    expect_trace(&story, "[   0.345000] a < WANT a 1 from b: not served");
    expect_trace(&story, "[   0.688000] a < WANT d 1 from b: not sent");
    assert_true(world_node_counts(story.world, 1).airtime_ns ==
                2 * 344 * MILLISECOND_NS); /* to c */
    story_close(&story);
    snprintf(yaml, sizeof yaml, waiting, "line", "400 ms, offline: b, for: 10 ms");
    story_run(&story, yaml);
    expect_trace(&story, "[   0.410000] b > WANT a 1 to all");
    expect_trace(&story, "[   0.688000] a < WANT d 1 from b: not sent");
    expect_trace(&story, "[   0.755000] a < WANT a 1 from b: not served"); /* 410 + 344 + 1 */
    story_close(&story);
    snprintf(yaml, sizeof yaml, waiting, "broadcast", "100 ms, offline: b");
    story_run(&story, yaml);
    expect_trace(&story, "[   0.344000] a < WANT c 1 from b: not sent");
    expect_trace(&story, "[   0.344000] d < WANT c 1 from b: not sent");
    expect_trace(&story, "[   0.345000] a < WANT a 1 from b: not served");
    story_close(&story);
}

/* What counts is when a packet leaves, not when it began to wait. */
STORY(a_receiver_that_comes_up_meanwhile_gets_what_waited) {
    static const char *const topologies[] = {"line", "broadcast"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[800];
        snprintf(yaml, sizeof yaml, waiting, topologies[i], "0 s, offline: a, for: 500 ms");
        story_run(&story, yaml);
        expect_trace(&story, "[   0.345000] a < WANT a 1 from b: offline");
        expect_trace(&story, "[   0.689000] a < WANT c 1 from b: offline"); /* on its way then */
        expect_trace(&story, "[   1.033000] a < WANT d 1 from b: unmatched");
        story_close(&story);
    }
}

STORY(a_packet_may_come_twice) {
    struct story story;
    (void)state;
    story_run(&story, "name: twice\n"
                      "duration: 6 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 5 s, entries: 1}}\n"
                      "  b: {follow: a, serve: false, strategy: {first: spread}}\n"
                      "network: {topology: line, link: {delay: 5 ms, duplicate: 100 %}}\n");
    expect_trace(&story, "[   5.000000] a > entry a 1 to all");
    expect_trace(&story, "[   5.005000] b < entry a 1 from a: appended");
    assert_int_equal(times_in_trace(&story, "b < entry a 1 from a: duplicate"), 1);
    expect_held(&story, "b", "a", 1);
    story_close(&story);
}

/* A link that loses a packet has nothing to make a copy of. */
STORY(what_is_lost_comes_not_even_once) {
    struct story story;
    (void)state;
    story_run(&story, "name: never\n"
                      "duration: 30 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 5 s, entries: 5}}\n"
                      "  b: {follow: a}\n"
                      "network: {topology: line, link: {loss: 100 %, duplicate: 100 %}}\n");
    assert_int_equal(times_in_trace(&story, "b < entry"), 5);
    assert_int_equal(times_in_trace(&story, "b < entry a 1 from a: lost"), 1);
    expect_held(&story, "b", "a", 0);
    story_close(&story);
}

/* Half of all packets arrive with flipped bits. No entry is appended that its author did not write,
 * and in the end all are there. */
STORY(damaged_packets_are_rejected_and_asked_for_again) {
    static const char *const networks[] = {"topology: line, link: {bit_errors: 0.07 %}",
                                           "topology: broadcast, link: {bit_errors: 0.07 %}"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[400];
        snprintf(yaml, sizeof yaml,
                 "name: noise\n"
                 "duration: 100 s\n"
                 "nodes:\n"
                 "  a: {produce: {at_start: 20}}\n"
                 "  b: {follow: a}\n"
                 "strategy: {interval: 1 s}\n"
                 "network: {%s}\n"
                 "expect: [{converged: a}]\n",
                 networks[i]);
        story_run(&story, yaml);
        expect_trace(&story, "[   0.001000] a < WANT a 1 from b: answered");
        assert_in_range(times_in_trace(&story, "b < entry a"), 30, 60); /* 20 / 0.51 */
        assert_int_equal(times_in_trace(&story, "from a: appended"), 20);
        assert_in_range(times_in_trace(&story, "from a: damaged"), 10, 40);
        assert_true(world_expectation_met(story.world, 0));
        story_close(&story);
    }
}

/* `back` is from the second node of an edge to the first, whichever way round it is listed. */
STORY(the_two_ways_of_an_edge_differ) {
    static const char *const edges[] = {"{between: [a, b], delay: 7 ms, back: {delay: 20 ms}}",
                                        "{between: [b, a], delay: 20 ms, back: {delay: 7 ms}}"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[400];
        snprintf(yaml, sizeof yaml,
                 "name: ways\n"
                 "duration: 1 s\n"
                 "nodes:\n"
                 "  a: {produce: {at_start: 1}}\n"
                 "  b: {follow: a}\n"
                 "network: {topology: edges, edges: [%s]}\n",
                 edges[i]);
        story_run(&story, yaml);
        expect_trace(&story, "[   0.020000] a < WANT a 1 from b: answered");
        expect_trace(&story, "[   0.027000] b < entry a 1 from a: appended");
        story_close(&story);
    }
}

/* What the network says of its links is for each from its first end to its second. */
STORY(the_two_ways_of_all_links_differ) {
    struct story story;
    (void)state;
    story_run(&story, "name: ways\n"
                      "duration: 1 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}}\n"
                      "  b: {follow: a}\n"
                      "  c: {follow: a}\n"
                      "network:\n"
                      "  topology: edges\n"
                      "  link: {delay: 7 ms, back: {delay: 20 ms}}\n"
                      "  edges: [[a, b], [c, a]]\n");
    expect_trace(&story, "[   0.007000] a < WANT a 1 from c: answered");
    expect_trace(&story, "[   0.020000] a < WANT a 1 from b: answered");
    expect_trace(&story, "[   0.027000] c < entry a 1 from a: appended");
    expect_trace(&story, "[   0.027000] b < entry a 1 from a: appended");
    story_close(&story);
}

static const char over_time[] = "name: time\n"
                                "duration: 5 s\n"
                                "nodes:\n"
                                "  a: {produce: {every: 1 s, start: 500 ms, entries: 5}}\n"
                                "  b: {follow: a, strategy: {first: spread}}\n"
                                "network: {topology: %s, link: {%s}}\n";

STORY(phases_follow_each_other_and_begin_anew) {
    static const char *const topologies[] = {"line", "broadcast"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[500];
        snprintf(yaml, sizeof yaml, over_time, topologies[i],
                 "delay: 5 ms, phases: [{for: 1 s}, {for: 2 s, delay: 200 ms}]");
        story_run(&story, yaml);
        expect_trace(&story, "[   0.505000] b < entry a 1 from a: appended");
        expect_trace(&story, "[   1.700000] b < entry a 2 from a: appended");
        expect_trace(&story, "[   2.700000] b < entry a 3 from a: appended");
        expect_trace(&story, "[   3.505000] b < entry a 4 from a: appended");
        expect_trace(&story, "[   4.700000] b < entry a 5 from a: appended");
        story_close(&story);
    }
}

STORY(a_link_follows_its_trace) {
    struct story story;
    char yaml[600];
    (void)state;
    /* 120 bytes take 0.96 ms. */
    snprintf(yaml, sizeof yaml, over_time, "line",
             "trace: " TSSB_SOURCE_DIR "/sim/test/traces/link.csv");
    story_run(&story, yaml);
    expect_trace(&story, "[   0.520960] b < entry a 1 from a: appended");
    expect_trace(&story, "[   1.700960] b < entry a 2 from a: appended"); /* of this very moment */
    expect_trace(&story, "[   2.700960] b < entry a 3 from a: appended");
    expect_trace(&story, "[   3.521920] b < entry a 4 from a: lost"); /* at half of the rate */
    story_close(&story);
}

STORY(a_link_is_changed_for_a_while_and_one_way) {
    struct story story;
    (void)state;
    story_run(&story,
              "name: change\n"
              "duration: 31 s\n"
              "nodes:\n"
              "  a: {produce: {every: 10 s, entries: 3}}\n"
              "  b: {follow: a}\n"
              "  c: {follow: a, strategy: {interval: 100 s}}\n"
              "network: {topology: star, link: {delay: 5 ms}}\n"
              "timeline:\n"
              "  - {at: 9 s, link: {loss: 100 %, between: [a, b]}, one_way: true, for: 12 s}\n");
    expect_trace(&story, "[   9.000000] -- link loss 100 % between a and b, one way");
    expect_trace(&story, "[  10.005000] b < entry a 1 from a: lost");
    expect_trace(&story, "[  10.005000] c < entry a 1 from a: appended");
    expect_trace(&story, "[  10.005000] a < WANT a 1 from b: answered"); /* the other way is good */
    expect_trace(&story, "[  10.010000] b < entry a 1 from a: lost");
    expect_trace(&story, "[  21.000000] -- end of link loss 100 % between a and b");
    expect_trace(&story, "[  30.005000] a < WANT a 1 from b: answered");
    expect_trace(&story, "[  30.010000] b < entry a 1 from a: appended");
    story_close(&story);
}

/* A chain that changes its state with each packet loses every other one: in each direction, and for
 * each receiver, on its own. */
STORY(bursts_are_of_a_direction_and_of_a_receiver) {
    static const char *const topologies[] = {"star", "broadcast"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[500];
        snprintf(yaml, sizeof yaml,
                 "name: every-other\n"
                 "duration: 200 s\n"
                 "nodes:\n"
                 "  a: {produce: {every: 10 s, entries: 16}}\n"
                 "  b: {count: 6, follow: a, serve: false, strategy: {interval: 1000 s, first: "
                 "spread}}\n"
                 "network: {topology: %s, link: {loss: {worsens: 100 %%, recovers: 100 %%}}}\n",
                 topologies[i]);
        story_run(&story, yaml);
        uint32_t first_lost = 0;
        for (int peer = 0; peer < 6; peer++) {
            char line[80];
            uint32_t lost = 0;
            bool before = false;
            for (int seq = 1; seq <= 16; seq++) {
                snprintf(line, sizeof line, "b-%d < entry a %d from a: lost", peer, seq);
                bool now = strstr(story.text, line) != NULL;
                if (seq > 1 && now == before)
                    fail_msg("%s", line);
                first_lost += seq == 1 && now;
                before = now;
                lost += now;
            }
            assert_int_equal(lost, 8);
        }
        assert_in_range(first_lost, 1, 5); /* not all are in step */
        story_close(&story);
    }
}

/* b is in two networks. */
static const char joined[] =
    "name: joined\n"
    "duration: 12 s\n"
    "nodes:\n"
    "  a: {produce: {every: 5 s, entries: 1}}\n"
    "  b: {follow: a, produce: {every: 11 s, entries: 1}}\n"
    "  c: {follow: [a, b], strategy: {interval: 6 s}}\n"
    "  d: {follow: b, strategy: {interval: 100 s}}\n"
    "network:\n"
    "  - {name: left, nodes: [a, b], topology: line, link: {delay: 5 ms}}\n"
    "  - {name: right, nodes: [b, c, d], topology: broadcast, link: {delay: 2 ms}}\n";

STORY(a_node_of_two_networks_hands_on_what_it_is_asked_for) {
    struct story story;
    (void)state;
    story_run(&story, joined);
    expect_trace(&story, "[   5.005000] b < entry a 1 from a: appended");
    expect_trace(&story, "[   6.002000] b < WANT a 1 from c: answered");
    expect_trace(&story, "[   6.004000] c < entry a 1 from b: appended");
    expect_trace(&story, "[   6.004000] d < entry a 1 from b: unmatched"); /* on the same medium */
    expect_no_trace(&story, "a < entry a 1"); /* the answer goes out by one face */
    expect_trace(&story, "[  11.000000] b > entry b 1 to all");
    expect_trace(&story, "[  11.002000] c < entry b 1 from b: appended");
    expect_trace(&story, "[  11.002000] d < entry b 1 from b: appended");
    expect_trace(&story,
                 "[  11.005000] a < entry b 1 from b: unmatched"); /* news goes everywhere */
    story_close(&story);
}

/* Times that no run reaches are times all the same. */
STORY(delays_may_be_as_long_as_durations_go) {
    static const struct {
        const char *link;
        uint64_t arrive; /* of all packets */
    } rows[] = {
        {"delay: 1281023 h, jitter: 1281023 h, duplicate: 100 %", 0},
        {"delay: 1281023 h, jitter: {pareto: 1281023 h}, duplicate: 100 %", 0},
        {"pace: [1281023 h, 1281023 h]", 3 * 2}, /* the first of each sender */
        {"delay: 1281023 h, jitter: {normal: 1 ms}, rate: 1 bit/s, pace: 1281023 h", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct story story;
        char yaml[400];
        snprintf(yaml, sizeof yaml,
                 "name: long\n"
                 "duration: 100 s\n"
                 "nodes:\n"
                 "  a: {produce: {every: 1 s}}\n"
                 "  b: {count: 2, follow: a}\n"
                 "strategy: {interval: 1 s}\n"
                 "network: {topology: %s, link: {%s}}\n",
                 i % 2 ? "star" : "broadcast", rows[i].link);
        story_run(&story, yaml);
        assert_true(world_totals(story.world)->deliveries == rows[i].arrive);
        story_close(&story);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_with_a_rate_sends_one_after_the_other),
        cmocka_unit_test(a_medium_with_a_rate_is_shared),
        cmocka_unit_test(a_sender_keeps_its_pace),
        cmocka_unit_test(on_a_medium_each_sender_has_its_own_pace),
        cmocka_unit_test(a_sender_that_goes_off_loses_its_queue),
        cmocka_unit_test(a_receiver_that_comes_up_meanwhile_gets_what_waited),
        cmocka_unit_test(a_packet_may_come_twice),
        cmocka_unit_test(what_is_lost_comes_not_even_once),
        cmocka_unit_test(damaged_packets_are_rejected_and_asked_for_again),
        cmocka_unit_test(the_two_ways_of_an_edge_differ),
        cmocka_unit_test(the_two_ways_of_all_links_differ),
        cmocka_unit_test(phases_follow_each_other_and_begin_anew),
        cmocka_unit_test(a_link_follows_its_trace),
        cmocka_unit_test(a_link_is_changed_for_a_while_and_one_way),
        cmocka_unit_test(bursts_are_of_a_direction_and_of_a_receiver),
        cmocka_unit_test(a_node_of_two_networks_hands_on_what_it_is_asked_for),
        cmocka_unit_test(delays_may_be_as_long_as_durations_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
