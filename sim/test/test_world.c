/* The world by its stories: each is a scenario of a few lines and what must stand in its trace. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "story.h"

#define STORY(name) static void name(void **state)

/* A new entry is pushed once, and asked for when it was missed. */
STORY(a_producer_pushes_and_a_consumer_asks) {
    struct story story;
    (void)state;
    story_run(&story, "name: pair\n"
                      "duration: 12 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 5 s, entries: 2}}\n"
                      "  b: {follow: a}\n"
                      "network: {link: {delay: 5 ms, drop: [1]}}\n");
    expect_trace(&story, "[   0.000000] b > WANT a 1 to all");
    expect_trace(&story, "[   0.005000] a < WANT a 1 from b: lost");
    expect_trace(&story, "[   5.000000] a writes a 1");
    expect_trace(&story, "[   5.000000] a > entry a 1 to all");
    expect_trace(&story, "[   5.005000] b < entry a 1 from a: lost");
    expect_trace(&story, "[  10.005000] a < WANT a 1 from b: answered");
    expect_trace(&story, "[  10.005000] a > entry a 1 to all");
    /* Entry 2 came first, and matched nothing: its DMX depends on entry 1. */
    expect_trace(&story, "[  10.010000] b < entry a 1 from a: appended");
    expect_trace(&story, "[  10.010000] b > WANT a 2 to all");
    expect_trace(&story, "[  10.020000] b < entry a 2 from a: appended");
    expect_trace(&story, "[  10.020000] b > WANT a 3 to all");
    expect_trace(&story, "[  10.025000] a < WANT a 3 from b: not held");
    expect_held(&story, "b", "a", 2);
    story_close(&story);
}

/* c missed everything; b alone brings it up to date. */
STORY(news_travels_through_whoever_is_there) {
    struct story story;
    (void)state;
    story_run(&story, "name: transitive\n"
                      "duration: 100 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 3}}\n"
                      "  b: {follow: a}\n"
                      "  c: {follow: a}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 0 s, offline: [c]}\n"
                      "  - {at: 55 s, offline: [a]}\n"
                      "  - {at: 60 s, online: [c]}\n"
                      "expect:\n"
                      "  - {converged: a, on: [c], by: 61 s}\n"
                      "  - {converged: a, on: [c], by: 60 s}\n");
    expect_trace(&story, "[   0.000000] -- offline c");
    expect_trace(&story, "[   0.005000] c < WANT a 1 from b: offline");
    expect_trace(&story, "[  55.000000] -- offline a");
    expect_trace(&story, "[  60.000000] -- online c");
    expect_trace(&story, "[  60.000000] c > WANT a 1 to all");
    expect_trace(&story, "[  60.005000] a < WANT a 1 from c: offline");
    expect_trace(&story, "[  60.005000] b < WANT a 1 from c: answered");
    expect_trace(&story, "[  60.005000] b > entry a 1 to all");
    expect_trace(&story, "[  60.010000] c < entry a 1 from b: appended");
    expect_trace(&story, "[  60.030000] c is level with a: 3 entries in 0.030000 s");
    assert_true(world_expectation_met(story.world, 0));
    assert_false(world_expectation_met(story.world, 1));
    story_close(&story);
}

STORY(a_node_that_does_not_serve_only_consumes) {
    struct story story;
    (void)state;
    story_run(&story, "name: selfish\n"
                      "duration: 30 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}}\n"
                      "  b: {follow: a, serve: false}\n"
                      "  c: {follow: a}\n"
                      "network: {topology: line, link: {delay: 5 ms}}\n");
    expect_trace(&story, "[   0.010000] b < entry a 1 from a: appended");
    expect_trace(&story, "[  10.005000] b < WANT a 1 from c: not served");
    expect_held(&story, "b", "a", 1);
    expect_held(&story, "c", "a", 0);
    story_close(&story);
}

/* On a line, an answer goes back over the link that the request came from, and nowhere else. */
STORY(an_answer_goes_back_where_the_request_came_from) {
    struct story story;
    (void)state;
    story_run(&story, "name: line\n"
                      "duration: 15 s\n"
                      "nodes:\n"
                      "  x: {follow: a}\n"
                      "  a: {produce: {at_start: 1}}\n"
                      "  y: {follow: a, strategy: {interval: 60 s}}\n"
                      "network: {topology: line, link: {delay: 5 ms, drop: [1]}}\n");
    expect_trace(&story, "[  10.005000] a < WANT a 1 from x: answered");
    expect_trace(&story, "[  10.005000] a > entry a 1 to x");
    expect_trace(&story, "[  10.010000] x < entry a 1 from a: lost");
    expect_no_trace(&story, "y < entry");
    story_close(&story);
}

STORY(a_partition_cuts_both_ways_and_heals) {
    struct story story;
    (void)state;
    story_run(&story, "name: wall\n"
                      "duration: 40 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 5 s, entries: 2}}\n"
                      "  b: {follow: a}\n"
                      "  c: {follow: a}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 1 s, partition: [[a], [b]], for: 20 s}\n");
    expect_trace(&story, "[   5.005000] b < entry a 1 from a: partitioned");
    expect_trace(&story, "[   5.005000] c < entry a 1 from a: appended"); /* not concerned */
    expect_trace(&story, "[  10.005000] a < WANT a 1 from b: partitioned");
    expect_trace(&story, "[  10.010000] b < entry a 1 from c: appended"); /* by way of c */
    story_close(&story);
}

STORY(a_one_way_partition_cuts_one_way) {
    struct story story;
    (void)state;
    story_run(&story, "name: deaf\n"
                      "duration: 14 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 1}}\n"
                      "  b: {follow: a}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 0 s, partition: [[a], [b]], one_way: true, name: deaf}\n"
                      "  - {at: 9 s, heal: deaf}\n");
    expect_trace(&story, "[   0.005000] a < WANT a 1 from b: answered");
    expect_trace(&story, "[   0.010000] b < entry a 1 from a: partitioned");
    expect_trace(&story, "[  10.010000] b < entry a 1 from a: appended");
    story_close(&story);
}

/* A change of one link concerns that link alone, and is gone when it ends; on a medium, that pair
 * alone. */
STORY(a_link_changes_for_a_while) {
    static const char *const networks[] = {"complete", "broadcast"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[1024];
        snprintf(yaml, sizeof yaml,
                 "name: change\n"
                 "duration: 30 s\n"
                 "nodes:\n"
                 "  a: {produce: {every: 1 s}}\n"
                 "  b: {follow: a}\n"
                 "  c: {follow: a}\n"
                 "network: {topology: %s, link: {delay: 5 ms}}\n"
                 "timeline:\n"
                 "  - {at: 1500 ms, link: {between: [a, b], delay: 50 ms}, for: 1 s}\n"
                 "  - {at: 4500 ms, link: {drop: [5], jitter: 0 s}, for: 1 s}\n"
                 "  - {at: 6500 ms, link: {loss: 100 %%}, for: 1 s}\n",
                 networks[i]);
        story_run(&story, yaml);
        expect_trace(&story, "[   2.005000] c < entry a 2 from a: appended");
        expect_trace(&story, "[   2.050000] b < entry a 2 from a: appended");
        expect_trace(&story, "[   3.005000] b < entry a 3 from a: appended");
        expect_trace(&story, "[   7.005000] b < entry a 7 from a: lost");
        expect_trace(&story, "[   7.005000] c < entry a 7 from a: lost");
        expect_trace(&story, "[   8.005000] c < entry a 8 from a: unmatched");
        story_close(&story);
    }
}

/* The third packet overtakes the second somewhere: jitter is not forced into a queue. */
STORY(packets_overtake_each_other) {
    struct story story;
    (void)state;
    story_run(&story, "name: overtaking\n"
                      "duration: 20 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 1 ms, entries: 50}}\n"
                      "  b: {follow: a}\n"
                      "network: {topology: complete, link: {delay: 1 ms, jitter: 20 ms}}\n"
                      "expect: [{converged: a}]\n");
    assert_non_null(strstr(story.text, "b < entry a 3 from a: unmatched"));
    assert_true(world_expectation_met(story.world, 0));
    story_close(&story);
}

STORY(an_author_that_is_off_writes_later) {
    struct story story;
    (void)state;
    story_run(&story, "name: pause\n"
                      "duration: 60 s\n"
                      "stop: level\n"
                      "nodes:\n"
                      "  a: {produce: {every: 5 s, entries: 3, start: 1 s}}\n"
                      "  b: {follow: a}\n"
                      "timeline: [{at: 2 s, offline: a, for: 20 s}]\n");
    expect_trace(&story, "[   1.000000] a writes a 1");
    expect_trace(&story, "[  22.000000] -- online a");
    expect_trace(&story, "[  26.000000] a writes a 2");
    expect_trace(&story, "[  31.000000] a writes a 3");
    expect_trace(&story, "[  31.001000] b < entry a 3 from a: appended");
    /* That was the last: the run is over, and says what is still on its way. */
    expect_trace(&story, "[  31.001000] a < WANT a 4 from b: in flight");
    assert_int_equal(world_totals(story.world)->simulated_ns, 31001000000);
    story_close(&story);
}

/* A node that was off loses what was under way to it, though it is back when the packet comes. */
STORY(what_is_in_flight_to_an_offline_node_is_lost) {
    struct story story;
    (void)state;
    story_run(&story, "name: slow\n"
                      "duration: 19 s\n"
                      "nodes: {a: {produce: {every: 12 s}}, b: {follow: a}}\n"
                      "network: {topology: line, link: {delay: 5 s}}\n"
                      "timeline: [{at: 13 s, offline: b, for: 2 s}]\n");
    expect_trace(&story, "[  12.000000] a > entry a 1 to all");
    expect_trace(&story, "[  17.000000] b < entry a 1 from a: offline");
    story_close(&story);
}

/* So is what was sent through a wall, though the wall is down when it would arrive; on links and on
 * a medium. */
STORY(what_is_sent_through_a_partition_is_lost) {
    static const char *const networks[] = {"line", "broadcast"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct story story;
        char yaml[512];
        snprintf(yaml, sizeof yaml,
                 "name: wall\nduration: 19 s\n"
                 "nodes: {a: {produce: {every: 12 s}}, b: {follow: a}}\n"
                 "network: {topology: %s, link: {delay: 5 s}}\n"
                 "timeline: [{at: 11 s, partition: [[a], [b]], for: 2 s}]\n",
                 networks[i]);
        story_run(&story, yaml);
        expect_trace(&story, "[  17.000000] b < entry a 1 from a: partitioned");
        story_close(&story);
    }
}

/* Two items keep a node off until the last of them ends; an item that says online ends both. */
STORY(reasons_to_be_off_add_up) {
    struct story story;
    (void)state;
    story_run(&story, "name: off\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {every: 1 s}}, b: {follow: a}}\n"
                      "network: {link: {delay: 1 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5500 ms, offline: b, for: 10 s}\n"
                      "  - {at: 8500 ms, offline: b, for: 20 s}\n"
                      "  - {at: 40500 ms, offline: b}\n"
                      "  - {at: 41500 ms, offline: b}\n"
                      "  - {at: 43500 ms, online: b}\n");
    expect_trace(&story, "[  16.001000] b < entry a 16 from a: offline");
    expect_trace(&story, "[  28.500000] b > WANT a 6 to all");
    expect_trace(&story, "[  42.001000] b < entry a 42 from a: offline");
    expect_trace(&story, "[  43.500000] b > WANT a 41 to all");
    story_close(&story);
}

/* A node that a wall cut off fell behind when the author was two ahead, not when the wall came
 * down. */
STORY(who_is_cut_off_falls_behind_at_once) {
    struct story story;
    (void)state;
    story_run(&story, "name: behind\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {every: 5 s, entries: 6}}, b: {follow: a}}\n"
                      "network: {topology: line, link: {delay: 5 ms}}\n"
                      "timeline: [{at: 11 s, partition: [[a], [b]], for: 30 s}]\n");
    /* Entries 3 and 4 at 15 s and 20 s were missed; the WANT at 50 s gets through. */
    expect_trace(&story, "[  20.005000] b < entry a 4 from a: partitioned");
    expect_trace(&story, "[  50.045000] b is level with a: 4 entries in 30.045000 s");
    story_close(&story);
}

STORY(to_hold_all_of_nothing_is_not_converged) {
    struct story story;
    (void)state;
    story_run(&story, "name: nothing\n"
                      "duration: 3 s\n"
                      "nodes: {a: {produce: {every: 10 s}}, b: {follow: a}}\n"
                      "expect: [{converged: a}]\n");
    assert_false(world_expectation_met(story.world, 0));
    story_close(&story);
}

/* All are level at once; the run goes on until the timeline is through. */
STORY(a_run_does_not_end_before_its_timeline) {
    struct story story;
    (void)state;
    story_run(&story, "name: patient\n"
                      "duration: 1 h\n"
                      "stop: level\n"
                      "nodes: {a: {produce: {at_start: 1}}, b: {follow: a}}\n"
                      "timeline: [{at: 30 s, link: {loss: 1 %}, for: 5 s}]\n");
    assert_int_equal(world_totals(story.world)->simulated_ns, 35000000000);
    story_close(&story);
}

STORY(every_node_follows_every_other) {
    struct story story;
    (void)state;
    story_run(&story, "name: mutual\n"
                      "duration: 1 h\n"
                      "stop: level\n"
                      "nodes:\n"
                      "  n: {count: 12, follow: all, produce: {at_start: 3}}\n"
                      "strategy: {first: spread}\n"
                      "network: {topology: random, degree: 3, link: {delay: 2 ms, loss: 20 %}}\n"
                      "expect: [{converged: n-0}, {holds: n-11, entries: 3, on: n-5}]\n");
    for (uint32_t node = 0; node < 12; node++)
        for (uint32_t nth = 0; nth < 11; nth++)
            assert_true(world_followed(story.world, node, nth) != FEED_NONE);
    assert_int_equal(world_followed(story.world, 0, 11), FEED_NONE);
    assert_true(world_expectation_met(story.world, 0) && world_expectation_met(story.world, 1));
    /* Twelve feeds of three entries: each was checked once for the world, and would have been by
     * each node alone. */
    assert_int_equal(world_totals(story.world)->verifications, 36);
    assert_int_equal(world_totals(story.world)->nodes.verifications, 36 * 11);
    story_close(&story);
}

STORY(a_world_of_hmac_nodes_is_no_different) {
    struct story story;
    (void)state;
    story_run(&story, "name: hmac\n"
                      "scheme: hmac-sha512\n"
                      "duration: 10 s\n"
                      "nodes: {a: {produce: {at_start: 4}}, b: {follow: a}}\n");
    expect_held(&story, "b", "a", 4);
    story_close(&story);
}

/* Each packet has exactly one fate at each receiver. */
STORY(no_packet_is_forgotten) {
    struct story story;
    (void)state;
    story_run(&story, "name: account\n"
                      "duration: 20 s\n"
                      "nodes:\n"
                      "  a: {produce: {every: 100 ms}}\n"
                      "  b: {count: 5, follow: a}\n"
                      "network: {link: {delay: 30 ms, jitter: 20 ms, loss: 10 %}}\n"
                      "timeline: [{at: 5 s, offline: b-2, for: 5 s}]\n");
    size_t sent = 0, fates = 0;
    for (const char *at = story.text; (at = strchr(at, '\n')); at++) {
        sent += at - story.text > 7 && strncmp(at - 7, " to all", 7) == 0;
    }
    for (const char *at = story.text; (at = strstr(at, " < ")); at++)
        fates++;
    assert_true(sent > 200);
    assert_int_equal(fates, 5 * sent);
    story_close(&story);
}

/* Adding a node changes nothing for the others but by what it sends. */
STORY(a_silent_node_disturbs_nobody) {
    static const char *const yaml[] = {
        "name: few\nduration: 60 s\nnetwork: {link: {delay: 5 ms, jitter: 3 ms, loss: 30 %}}\n"
        "nodes: {a: {produce: {every: 1 s}}, b: {follow: a}}\n",
        "name: few\nduration: 60 s\nnetwork: {link: {delay: 5 ms, jitter: 3 ms, loss: 30 %}}\n"
        "nodes: {a: {produce: {every: 1 s}}, b: {follow: a}, silent: }\n"};
    struct story few, more;
    (void)state;
    story_run(&few, yaml[0]);
    story_run(&more, yaml[1]);
    for (uint32_t node = 0; node < 2; node++)
        assert_true(world_node_digest(few.world, node) == world_node_digest(more.world, node));
    assert_memory_not_equal(few.digest, more.digest, DIGEST_SIZE);
    story_close(&few);
    story_close(&more);
}

/* A broadcast as one event, and as one event a receiver, are the same to every node. */
STORY(broadcasting_at_once_changes_nothing) {
    static const char *const yaml[] = {"name: once\nduration: 60 s\nnodes: {a: {produce: {every: 2 "
                                       "s}}, b: {count: 9, follow: a}}\n"
                                       "network: {link: {delay: 5 ms, loss: 20 %}}\n",
                                       "name: each\nduration: 60 s\nnodes: {a: {produce: {every: 2 "
                                       "s}}, b: {count: 9, follow: a}}\n"
                                       "network: {link: {delay: 5 ms, loss: 20 %}}\n"
                                       "timeline: [{at: 0 s, link: {delay: 5 ms}}]\n"};
    struct story once, each;
    (void)state;
    story_run(&once, yaml[0]);
    story_run(&each, yaml[1]);
    assert_memory_equal(once.digest, each.digest, DIGEST_SIZE);
    assert_true(world_totals(once.world)->events < world_totals(each.world)->events);
    story_close(&once);
    story_close(&each);
}

static volatile sig_atomic_t flag;

static bool stop_at_the_third_look(void *context, const struct world *world) {
    int *looks = context;
    assert_true(world_now_ns(world) < 10000000000);
    return ++*looks == 3;
}

STORY(a_run_can_be_looked_at_and_interrupted) {
    static const char yaml[] =
        "name: long\nduration: 10 s\nnodes: {a: {produce: {every: 1 s}}, b: {follow: a}}\n"
        "expect: [{holds: a, entries: 9}]\n";
    struct scenario scenario;
    struct world *world;
    char *errors;
    int looks = 0;
    struct world_interrupt interrupt = {&flag, stop_at_the_third_look, &looks};
    enum world_end end;
    (void)state;
    flag = 1;
    assert_int_equal(scenario_parse(&scenario, "-", yaml, strlen(yaml), NULL, 0, &errors), 0);
    assert_int_equal(world_create(&world, &scenario), 0);
    assert_int_equal(world_run(world, &interrupt, &end), 0);
    assert_int_equal(end, WORLD_INTERRUPTED);
    assert_int_equal(looks, 3);
    assert_false(world_expectation_met(world, 0));
    world_close(world);
    scenario_close(&scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_producer_pushes_and_a_consumer_asks),
        cmocka_unit_test(news_travels_through_whoever_is_there),
        cmocka_unit_test(a_node_that_does_not_serve_only_consumes),
        cmocka_unit_test(an_answer_goes_back_where_the_request_came_from),
        cmocka_unit_test(a_partition_cuts_both_ways_and_heals),
        cmocka_unit_test(a_one_way_partition_cuts_one_way),
        cmocka_unit_test(a_link_changes_for_a_while),
        cmocka_unit_test(packets_overtake_each_other),
        cmocka_unit_test(an_author_that_is_off_writes_later),
        cmocka_unit_test(what_is_in_flight_to_an_offline_node_is_lost),
        cmocka_unit_test(what_is_sent_through_a_partition_is_lost),
        cmocka_unit_test(reasons_to_be_off_add_up),
        cmocka_unit_test(who_is_cut_off_falls_behind_at_once),
        cmocka_unit_test(to_hold_all_of_nothing_is_not_converged),
        cmocka_unit_test(a_run_does_not_end_before_its_timeline),
        cmocka_unit_test(every_node_follows_every_other),
        cmocka_unit_test(a_world_of_hmac_nodes_is_no_different),
        cmocka_unit_test(no_packet_is_forgotten),
        cmocka_unit_test(a_silent_node_disturbs_nobody),
        cmocka_unit_test(broadcasting_at_once_changes_nothing),
        cmocka_unit_test(a_run_can_be_looked_at_and_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
