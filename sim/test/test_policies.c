/* Strategies and policies in whole worlds: what asking ahead, backing off, and passing on bring
 * where there are many. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "story.h"

static void run(struct story *story, const char *yaml) {
    story_run(story, yaml);
    for (uint32_t i = 0; i < story->scenario.expectation_count; i++)
        assert_true(world_expectation_met(story->world, i));
}

/* The example of the design: a window of four, and a stash of eight. */
static void a_window_asks_ahead(void **state) {
    struct story story;
    (void)state;
    run(&story, "name: ahead\nduration: 2 s\n"
                "nodes: {a: {produce: {at_start: 6}}, b: {follow: [a]}}\n"
                "strategy: {name: window, size: 4, stash: 8, interval: 10 s}\n"
                "network: {link: {delay: 5 ms, drop: [3]}}\n"
                "expect: [{converged: a, by: 500 ms}]\n");
    expect_trace(&story, "[   0.000000] b > WANT a 1 to all");
    expect_trace(&story, "[   0.010000] b < entry a 1 from a: appended");
    expect_trace(&story, "[   0.010000] b > WANT a 2 to all");
    expect_trace(&story, "[   0.010000] b > WANT a 5 to all");
    expect_trace(&story, "[   0.015000] a < WANT a 3 from b: lost");
    story_close(&story);
}

#define MEDIUM_OF_20(strategy)                       \
    "name: medium\nduration: 2 min\nstop: level\n"   \
    "nodes:\n"                                       \
    "  source: {produce: {at_start: 200}}\n"         \
    "  peer: {count: 19, follow: [source]}\n"        \
    "network: {link: {delay: 5 ms, jitter: 1 ms}}\n" \
    "strategy: " strategy "\n"                       \
    "expect: [{converged: source, by: 15 s}]\n"

/* Copies of entries that a node has already, for each entry that it could use, in parts per
 * hundred. */
static uint64_t copies(const char *yaml) {
    struct story story;
    run(&story, yaml);
    const struct node_counts *sum = &world_totals(story.world)->nodes;
    uint64_t percent = (uint64_t)sum->duplicates * 100 / sum->appended;
    story_close(&story);
    return percent;
}

/* All 19 begin with nothing. Without backoff each entry is sent by everybody who has it. */
static void a_medium_of_twenty_does_not_drown_in_answers(void **state) {
    (void)state;
    assert_in_range(copies(MEDIUM_OF_20("{first: spread}")), 1000, 2000);
    assert_in_range(
        copies(MEDIUM_OF_20("{first: spread, answer: {backoff: 50 ms}, suppress: 50 ms}")), 0, 99);
    assert_in_range(copies(MEDIUM_OF_20("{name: window, stash: 64, first: spread, "
                                        "answer: {backoff: 100 ms}, suppress: 100 ms}")),
                    0, 99);
}

#define LATE_COMER(strategy)                         \
    "name: late\nduration: 2 min\nstop: level\n"     \
    "nodes:\n"                                       \
    "  source: {produce: {at_start: 200}}\n"         \
    "  peer: {count: 18, follow: [source]}\n"        \
    "  late: {follow: [source]}\n"                   \
    "timeline:\n"                                    \
    "  - {at: 0 s, offline: late}\n"                 \
    "  - {at: 60 s, online: late}\n"                 \
    "network: {link: {delay: 5 ms, jitter: 1 ms}}\n" \
    "strategy: " strategy "\n"                       \
    "expect: [{converged: source, by: 80 s}]\n"

/* One comes late, and 19 could answer. Who asks for several entries at once gives them time to hear
 * of each other: over 20 seeds, 200 ms mean at most 0.11 copies an entry, 50 ms up to 1.6. */
static uint64_t copies_for_the_late_comer(const char *yaml) {
    struct story story;
    run(&story, yaml);
    struct node_counts late = world_node_counts(story.world, 19);
    uint64_t percent = (uint64_t)late.duplicates * 100 / late.appended;
    assert_int_equal(late.appended, 200);
    story_close(&story);
    return percent;
}

static void one_who_comes_late_is_answered_once(void **state) {
    (void)state;
    assert_in_range(copies_for_the_late_comer(LATE_COMER("{first: spread}")), 1000, 2000);
    assert_in_range(copies_for_the_late_comer(
                        LATE_COMER("{first: spread, answer: {backoff: 50 ms}, suppress: 50 ms}")),
                    0, 50);
    assert_in_range(
        copies_for_the_late_comer(LATE_COMER("{name: window, stash: 64, first: spread, answer: "
                                             "{backoff: 200 ms}, suppress: 50 ms}")),
        0, 50);
}

#define LINE_OF_TEN(forward)                            \
    "name: line\nduration: 3 min\n"                     \
    "nodes:\n"                                          \
    "  source: {produce: {every: 30 s, entries: 1}}\n"  \
    "  hop: {count: 9, follow: [source]}\n"             \
    "network: {topology: line, link: {delay: 20 ms}}\n" \
    "strategy: {first: spread, forward: " forward "}\n" \
    "expect: [{holds: source, entries: 1, on: hop-8, by: "

/* News at one end of a line: hop by hop as each asks, or at once as each passes it on. */
static void news_travels_a_line_of_ten(void **state) {
    struct story story;
    (void)state;
    run(&story, LINE_OF_TEN("relay") "30.2 s}]\n");
    expect_trace(&story, "[  30.180000] hop-8 < entry source 1 from hop-7: appended");
    expect_no_trace(&story, "duplicate");
    story_close(&story);
    run(&story, LINE_OF_TEN("subscribed") "30.2 s}]\n");
    story_close(&story);
    run(&story, LINE_OF_TEN("author") "2 min}]\n");
    expect_no_trace(&story, "[  30.180000] hop-8 < entry source 1 from hop-7: appended");
    story_close(&story);
}

/* The same seed, the same run, whatever draws random numbers. */
static void policies_are_repeatable(void **state) {
    static const char yaml[] = MEDIUM_OF_20(
        "{name: adaptive, stash: 16, first: spread, answer: {backoff: 50 ms}, suppress: 50 ms}");
    struct story first, second;
    (void)state;
    run(&first, yaml);
    run(&second, yaml);
    assert_memory_equal(first.digest, second.digest, DIGEST_SIZE);
    story_close(&first);
    story_close(&second);
}

/* A timeout that was measured anew may be over before it is looked at: the node is woken at once.
 */
static void timeouts_that_shrink_are_due_at_once(void **state) {
    struct story story;
    (void)state;
    for (int seed = 1; seed <= 5; seed++) {
        char yaml[600];
        snprintf(yaml, sizeof yaml,
                 "name: fair\nseed: %d\nduration: 2 h\nstop: level\n"
                 "nodes: {source: {produce: {at_start: 200}}, consumer: {follow: [source]}}\n"
                 "strategy: {name: fair, size: 16, stash: 128, timeout: {first: 2 s}}\n"
                 "network: {topology: line, link: {delay: 5 ms, loss: 5 %%, rate: 100 kbit/s}}\n",
                 seed);
        run(&story, yaml);
        expect_held(&story, "consumer", "source", 200);
        story_close(&story);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_asks_ahead),
        cmocka_unit_test(a_medium_of_twenty_does_not_drown_in_answers),
        cmocka_unit_test(timeouts_that_shrink_are_due_at_once),
        cmocka_unit_test(one_who_comes_late_is_answered_once),
        cmocka_unit_test(news_travels_a_line_of_ten),
        cmocka_unit_test(policies_are_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
