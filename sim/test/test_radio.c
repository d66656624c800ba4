/* Radio networks by stories. With the settings that a radio has unless it says otherwise (SF7, 250
 * kHz, 4/7) a WANT is on the air for 56.960 ms and an entry for 135.808 ms; without shadowing, 14
 * dBm reach 1.9 km. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "story.h"

#define STORY(name) static void name(void **state)
#define MILLISECOND_NS ((uint64_t)1000000)

STORY(a_packet_takes_its_time_on_the_air) {
    struct story story;
    (void)state;
    story_run(&story, "name: pair\n"
                      "duration: 200 ms\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}, position: [0 m, 0 m]}\n"
                      "  b: {follow: a, position: [1.9 km, 0 m]}\n"
                      "  far: {follow: a, position: [1.95 km, 0 m], strategy: {interval: 60 s, "
                      "first: spread}}\n"
                      "network: {topology: radio}\n");
    expect_trace(&story, "[   0.000000] b > WANT a 1 to all");
    expect_trace(&story, "[   0.056960] a < WANT a 1 from b: answered");
    expect_trace(&story, "[   0.056960] far < WANT a 1 from b: not held");
    expect_trace(&story, "[   0.192768] b < entry a 1 from a: appended");
    expect_no_trace(&story, "far < entry a 1");
    assert_true(world_node_counts(story.world, 0).airtime_ns == 135808000);
    /* 14 dBm: 44 mA at 3 V. */
    assert_true(world_node_counts(story.world, 0).energy_nj == 135808 * 132);
    story_close(&story);
}

/* Two who ask at once drown each other at a, and hear nothing themselves; unless one is 6 dB
 * stronger and signals can be captured. */
STORY(who_sends_at_once_collides) {
    static const struct {
        const char *place, *radio, *from_b, *from_c;
    } rows[] = {
        {"[500 m, 0 m]", "{}", "collided", "collided"},
        {"[270 m, 0 m]", "{}", "answered", "collided"}, /* 6.2 dB */
        {"[280 m, 0 m]", "{}", "collided", "collided"}, /* 5.8 dB */
        {"[270 m, 0 m]", "{capture: off}", "collided", "collided"},
        {"[280 m, 0 m]", "{capture: 5 dB}", "answered", "collided"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct story story;
        char yaml[500], line[100];
        snprintf(yaml, sizeof yaml,
                 "name: both\n"
                 "duration: 10 s\n"
                 "nodes:\n"
                 "  a: {produce: {at_start: 1}, position: [0 m, 0 m]}\n"
                 "  b: {follow: a, position: %s}\n"
                 "  c: {follow: a, position: [-500 m, 0 m]}\n"
                 "network: {topology: radio, radio: %s}\n",
                 rows[i].place, rows[i].radio);
        story_run(&story, yaml);
        snprintf(line, sizeof line, "[   0.056960] a < WANT a 1 from b: %s", rows[i].from_b);
        expect_trace(&story, line);
        expect_trace(&story, "[   0.056960] c < WANT a 1 from b: sending");
        snprintf(line, sizeof line, "[   0.056960] a < WANT a 1 from c: %s", rows[i].from_c);
        expect_trace(&story, line);
        expect_trace(&story, "[   0.056960] b < WANT a 1 from c: sending");
        story_close(&story);
    }
}

/* Who begins to send stops hearing what was being received. */
STORY(half_duplex) {
    struct story story;
    (void)state;
    story_run(&story, "name: half\n"
                      "duration: 10 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 5030 ms, entries: 1}, position: [0 m, 0 m]}\n"
                      "  b: {produce: {every: 5 s, entries: 1}, position: [100 m, 0 m]}\n"
                      "network: {topology: radio}\n");
    expect_trace(&story, "[   5.135808] a < entry b 1 from b: sending");
    expect_trace(&story, "[   5.165808] b < entry a 1 from a: sending");
    story_close(&story);
}

/* Twelve nodes that all hear each other, and all answer: where each listens first, nobody ever
 * drowns anybody. */
STORY(who_listens_before_talking_does_not_collide) {
    static const char *const radios[] = {"{listen: off}", "{listen: 300 ms}"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[500];
        snprintf(yaml, sizeof yaml,
                 "name: polite\n"
                 "duration: 1 h\n"
                 "nodes: {n: {count: 12, position: {uniform: [600 m, 600 m]}, follow: all, "
                 "produce: {every: 10 min, entries: 3}}}\n"
                 "strategy: {interval: 5 min, first: spread}\n"
                 "network: {topology: radio, radio: %s}\n"
                 "expect: [{converged: n-0}]\n",
                 radios[i]);
        story_run(&story, yaml);
        uint32_t spoilt = times_in_trace(&story, ": collided") +
                          times_in_trace(&story, ": sending");
        if (i == 0)
            assert_in_range(spoilt, 100, UINT32_MAX);
        else
            assert_int_equal(spoilt, 0);
        if (i == 1)
            assert_true(world_expectation_met(story.world, 0));
        story_close(&story);
    }
}

/* 300 ms in any three seconds: five requests of 57 ms, and the sixth when the first has left the
 * window by as much as it lacks. */
STORY(a_duty_cycle_delays) {
    struct story story;
    (void)state;
    story_run(&story, "name: duty\n"
                      "duration: 4 s\n"
                      "nodes:\n"
                      "  a: {count: 6, produce: {at_start: 1}, serve: false, "
                      "position: {grid: 100 m}}\n"
                      "  b: {follow: a, position: [50 m, 50 m]}\n"
                      "network: {topology: radio, radio: {duty_cycle: 10 %, duty_window: 3 s}}\n");
    expect_trace(&story, "[   0.056960] a-0 < WANT a-0 1 from b: not served");
    expect_trace(&story, "[   0.284800] a-4 < WANT a-4 1 from b: not served");
    /* 6 * 56.96 - 300 = 41.76 */
    expect_trace(&story, "[   3.041760] a-5 < WANT a-5 1 from b: not served");
    story_close(&story);
}

/* A station that was off begins with an empty queue, and does not exceed its budget for it. */
STORY(an_outage_empties_the_queue) {
    struct story story;
    (void)state;
    story_run(&story, "name: queue\n"
                      "duration: 5 s\n"
                      "nodes:\n"
                      "  a: {count: 4, produce: {at_start: 1}, serve: false, "
                      "position: {grid: 100 m}}\n"
                      "  b: {follow: a, position: [50 m, 50 m], produce: {every: 1700 ms, "
                      "entries: 1}, strategy: {interval: 100 s, first: spread}}\n"
                      "network: {topology: radio, radio: {queue: 1, pace: 3 s}}\n"
                      "timeline:\n"
                      "  - {at: 1 s, flood: {by: b, with: wants, every: 200 ms}, for: 350 ms}\n"
                      "  - {at: 1500 ms, offline: b, for: 100 ms}\n");
    /* The second waits for its pace, and with it goes down. */
    expect_trace(&story, "[   1.700000] b > entry b 1 to all");
    expect_trace(&story, "[   1.700000] a-0 < WANT a-3 1 from b: not sent");
    expect_no_trace(&story, "queue full");
    expect_trace(&story, "[   4.192768] a-0 < entry b 1 from b: unmatched");
    story_close(&story);
}

STORY(a_station_keeps_its_pace) {
    struct story story;
    (void)state;
    story_run(&story, "name: pace\n"
                      "duration: 3 s\n"
                      "nodes:\n"
                      "  a: {count: 3, produce: {at_start: 1}, serve: false, "
                      "position: {grid: 100 m}}\n"
                      "  b: {follow: a, position: [50 m, 50 m]}\n"
                      "network: {topology: radio, radio: {pace: 1 s, queue: 1}}\n");
    expect_trace(&story, "[   0.000000] a-0 < WANT a-2 1 from b: queue full");
    expect_trace(&story, "[   0.056960] a-0 < WANT a-0 1 from b: not served");
    expect_trace(&story, "[   1.113920] a-1 < WANT a-1 1 from b: not served");
    story_close(&story);
}

/* b asks for two feeds. Goes off while the first request is on the air, which cuts that short, and
 * what waits is not sent; to come back soon does not help. */
STORY(a_sender_that_goes_off) {
    static const char *const timelines[] = {"{at: 30 ms, offline: b}",
                                            "{at: 30 ms, offline: b, for: 10 ms}"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[500];
        snprintf(yaml, sizeof yaml,
                 "name: cut\n"
                 "duration: 1 s\n"
                 "nodes:\n"
                 "  a: {produce: {at_start: 1}, position: [0 m, 0 m]}\n"
                 "  b: {follow: [a, c], position: [100 m, 0 m]}\n"
                 "  c: {produce: {at_start: 1}, position: [0 m, 100 m]}\n"
                 "network: {topology: radio}\n"
                 "timeline: [%s]\n",
                 timelines[i]);
        story_run(&story, yaml);
        if (i == 1) { /* it asks anew when it is back: what waited before is gone at that moment */
            expect_trace(&story, "[   0.040000] b > WANT a 1 to all");
            expect_trace(&story, "[   0.040000] a < WANT c 1 from b: not sent");
            expect_trace(&story, "[   0.056960] a < WANT a 1 from b: lost");
            expect_trace(&story, "[   0.113920] a < WANT a 1 from b: answered");
        } else {
            expect_trace(&story, "[   0.056960] a < WANT a 1 from b: lost");
            expect_trace(&story, "[   0.056960] c < WANT a 1 from b: lost");
            expect_trace(&story, "[   0.056960] a < WANT c 1 from b: not sent");
            expect_trace(&story, "[   0.056960] c < WANT c 1 from b: not sent");
            expect_no_trace(&story, "answered");
        }
        assert_int_equal(times_in_trace(&story, "not sent"), 2);
        story_close(&story);
    }
}

/* Who was off when a packet began has missed its beginning. */
STORY(a_receiver_that_was_off_at_the_start) {
    struct story story;
    (void)state;
    story_run(&story, "name: late\n"
                      "duration: 11 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}, position: [0 m, 0 m]}\n"
                      "  b: {follow: a, position: [100 m, 0 m]}\n"
                      "network: {topology: radio}\n"
                      "timeline: [{at: 0 s, offline: a, for: 20 ms}]\n");
    expect_trace(&story, "[   0.056960] a < WANT a 1 from b: offline");
    expect_trace(&story, "[  10.056960] a < WANT a 1 from b: answered");
    story_close(&story);
}

STORY(a_partition_parts_stations) {
    struct story story;
    (void)state;
    story_run(&story, "name: wall\n"
                      "duration: 1 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}, position: [0 m, 0 m]}\n"
                      "  b: {follow: a, position: [100 m, 0 m]}\n"
                      "  c: {position: [0 m, 100 m]}\n"
                      "network: {topology: radio}\n"
                      "timeline: [{at: 0 s, partition: [a, b], for: 100 ms}]\n");
    expect_trace(&story, "[   0.056960] a < WANT a 1 from b: partitioned");
    expect_trace(&story, "[   0.056960] c < WANT a 1 from b: unmatched");
    story_close(&story);
}

/* c drives away at 25 m/s: at 1925 m, after 77 s, nothing reaches it any more. */
STORY(who_drives_away_hears_no_more) {
    struct story story;
    (void)state;
    story_run(&story, "name: away\n"
                      "duration: 150 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 10 s, entries: 14}, position: [0 m, 0 m]}\n"
                      "  c: {follow: a, strategy: {interval: 1000 s}, move: {waypoints: ["
                      "{at: 0 s, position: [0 m, 0 m]}, {at: 140 s, position: [3500 m, 0 m]}]}}\n"
                      "network: {topology: radio}\n");
    expect_trace(&story, "[  70.135808] c < entry a 7 from a: appended");
    expect_no_trace(&story, "c < entry a 8");
    assert_int_equal(times_in_trace(&story, "c < entry"), 7);
    story_close(&story);
}

/* What is on the air at the end, what waits, and what has just been refused: each once for each
 * receiver. */
STORY(a_run_that_ends_in_the_middle) {
    struct story story;
    (void)state;
    story_run(&story, "name: end\n"
                      "duration: 50 ms\n"
                      "nodes:\n"
                      "  a: {produce: {every: 10 ms}, position: [0 m, 0 m]}\n"
                      "  b: {count: 2, position: {grid: 100 m}}\n"
                      "network: {topology: radio, radio: {queue: 1}}\n");
    for (int to = 0; to < 2; to++) {
        char line[100];
        for (int seq = 1; seq <= 5; seq++) {
            snprintf(line, sizeof line, "b-%d < entry a %d from a: ", to, seq);
            assert_int_equal(times_in_trace(&story, line), 1);
        }
        snprintf(line, sizeof line, "b-%d < entry a 1 from a: in flight", to);
        assert_int_equal(times_in_trace(&story, line), 1);
        snprintf(line, sizeof line, "b-%d < entry a 2 from a: in flight", to);
        assert_int_equal(times_in_trace(&story, line), 1);
        snprintf(line, sizeof line, "b-%d < entry a 4 from a: queue full", to);
        assert_int_equal(times_in_trace(&story, line), 1);
        snprintf(line, sizeof line, "b-%d < entry a 5 from a: in flight", to); /* 1 ns too late */
        assert_int_equal(times_in_trace(&story, line), 1);
    }
    story_close(&story);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_takes_its_time_on_the_air),
        cmocka_unit_test(who_sends_at_once_collides),
        cmocka_unit_test(half_duplex),
        cmocka_unit_test(who_listens_before_talking_does_not_collide),
        cmocka_unit_test(a_duty_cycle_delays),
        cmocka_unit_test(an_outage_empties_the_queue),
        cmocka_unit_test(a_station_keeps_its_pace),
        cmocka_unit_test(a_sender_that_goes_off),
        cmocka_unit_test(a_receiver_that_was_off_at_the_start),
        cmocka_unit_test(a_partition_parts_stations),
        cmocka_unit_test(who_drives_away_hears_no_more),
        cmocka_unit_test(a_run_that_ends_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
