/* What goes by a clock, and what happens to nodes over time, by stories: each is a scenario of a
 * few lines and what must stand in its trace. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "sim/world_state.h"
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

/* Crash, wipe, join. */

/* After a crash, b goes on where it was. */
STORY(a_crashed_node_goes_on_where_it_was) {
    struct story story;
    (void)state;
    story_run(&story, "name: crash\n"
                      "duration: 30 s\n"
                      "nodes: {a: {produce: {every: 2 s, entries: 5}}, b: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline: [{at: 5 s, crash: b, for: 8 s}]\n");
    expect_trace(&story, "[   4.005000] b > WANT a 3 to all");
    expect_trace(&story, "[   5.000000] -- crash b");
    expect_trace(&story, "[   6.005000] b < entry a 3 from a: offline");
    expect_trace(&story, "[  13.000000] -- online b");
    expect_trace(&story, "[  13.000000] b > WANT a 3 to all");
    expect_trace(&story, "[  13.030000] b is level with a: 3 entries in 0.030000 s");
    expect_trace(&story, "[  23.030000] b > WANT a 6 to all"); /* one timer, and no other */
    expect_held(&story, "b", "a", 5);
    assert_int_equal(world_node_counts(story.world, 1).appended, 5);
    assert_int_equal(world_node_counts(story.world, 1).verifications, 5);
    story_close(&story);
}

static volatile sig_atomic_t looking;

static const uint8_t awaited[TSSB_PTR_SIZE] = {7}, held[TSSB_PTR_SIZE] = {8};
static const uint8_t blob[TSSB_BLOB_SIZE] = {9};

/* At 1 s, b stores a blob and asks for another. */
static bool give_b_a_blob(void *context, const struct world *world) {
    struct tssb_node *core = &world->nodes[1].core;
    (void)context;
    if (world->now_ns < 1000000000)
        return false;
    looking = 0;
    assert_int_equal(core->store->ops->write_blob(core->store, held, blob), 0);
    assert_int_equal(tssb_node_need(core, awaited, 3), 0);
    return false;
}

/* Who is off keeps what it awaits; a crash forgets that, and a wipe what is stored, too. */
STORY(what_a_crash_forgets_and_what_a_wipe_loses) {
    static const struct {
        const char *what;
        uint32_t entries, awaited;
        int error; /* of reading the blob */
    } cases[] = {{"offline", 2, 1, 0}, {"crash", 2, 0, 0}, {"wipe", 0, 0, TSSB_E_NOT_FOUND}};
    struct world_interrupt interrupt = {&looking, give_b_a_blob, NULL};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario scenario;
        struct world *world;
        char yaml[256], *errors;
        const uint8_t *read;
        enum world_end end;
        int size = snprintf(yaml, sizeof yaml,
                            "name: disk\nduration: 10 s\nstrategy: {interval: 2 s}\n"
                            "nodes: {a: {produce: {at_start: 2}}, b: {follow: a}}\n"
                            "timeline: [{at: 5 s, %s: b}]\n",
                            cases[i].what);
        assert_int_equal(scenario_parse(&scenario, "-", yaml, (size_t)size, NULL, 0, &errors), 0);
        assert_int_equal(world_create(&world, &scenario), 0);
        looking = 1;
        assert_int_equal(world_run(world, &interrupt, &end), 0);
        struct tssb_node *core = &world->nodes[1].core;
        assert_int_equal(looking, 0);
        assert_int_equal(core->wanted_count, cases[i].awaited);
        assert_int_equal(core->replicas[0].front_seq, cases[i].entries);
        assert_int_equal(core->store->ops->read_blob(core->store, held, &read), cases[i].error);
        assert_int_equal(core->timers.count, cases[i].awaited); /* its own, which is not due */
        world_close(world);
        scenario_close(&scenario);
    }
}

/* An author that crashed goes on with its feed, and serves what it wrote before. */
STORY(an_author_that_crashed_goes_on_with_its_feed) {
    struct story story;
    (void)state;
    story_run(&story, "name: author\n"
                      "duration: 60 s\n"
                      "stop: level\n"
                      "nodes: {a: {produce: {every: 2 s, entries: 4}}, b: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 3 s, offline: b, for: 8 s}\n"
                      "  - {at: 5 s, crash: a, for: 5 s}\n");
    expect_trace(&story, "[   4.000000] a writes a 2");
    expect_trace(&story, "[  10.000000] a writes a 3"); /* the first moment at which it is back */
    expect_trace(&story, "[  11.005000] a < WANT a 2 from b: answered");
    expect_trace(&story, "[  12.000000] a writes a 4");
    expect_held(&story, "b", "a", 4);
    story_close(&story);
}

/* A wipe takes the entries too: b begins at 1 again, is behind until it has them, and the run goes
 * on until then. */
STORY(a_wiped_node_starts_from_its_anchors) {
    struct story story;
    (void)state;
    story_run(&story, "name: wipe\n"
                      "duration: 1 h\n"
                      "stop: level\n"
                      "nodes: {a: {produce: {at_start: 3}}, b: {follow: a}, c: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5 s, offline: a}\n"
                      "  - {at: 12 s, wipe: b, for: 6 s}\n"
                      "expect:\n"
                      "  - {converged: a, on: b, by: 11 s}\n"
                      "  - {converged: a, on: b, by: 17 s}\n"
                      "  - {converged: a, on: b, by: 19 s}\n");
    expect_trace(&story, "[   0.030000] b is level with a: 3 entries in 0.030000 s");
    expect_trace(&story, "[  12.000000] -- wipe b");
    expect_trace(&story, "[  18.000000] -- online b");
    expect_trace(&story, "[  18.000000] b > WANT a 1 to all");
    expect_trace(&story, "[  18.005000] c < WANT a 1 from b: answered");
    expect_trace(&story, "[  18.010000] b < entry a 1 from c: appended");
    expect_trace(&story, "[  18.030000] b is level with a: 3 entries in 0.030000 s");
    assert_int_equal(world_totals(story.world)->simulated_ns, 18030000000);
    assert_int_equal(world_node_counts(story.world, 1).appended, 6);
    assert_true(world_expectation_met(story.world, 0));
    assert_false(world_expectation_met(story.world, 1));
    struct follow_counts counts;
    assert_true(world_follow_counts(story.world, 1, 0, &counts));
    assert_int_equal(counts.catchups, 2);
    assert_false(counts.behind);
    story_close(&story);
}

/* A node that is wiped while it catches up is still behind since then; what it gets twice, counts
 * twice. */
STORY(a_wipe_in_the_middle_of_a_catch_up) {
    struct story story;
    (void)state;
    story_run(&story, "name: middle\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {at_start: 4}}, b: {follow: a}}\n"
                      "network: {link: {delay: 500 ms}}\n"
                      "timeline: [{at: 2200 ms, wipe: b, for: 800 ms}]\n");
    expect_trace(&story, "[   2.000000] b < entry a 2 from a: appended");
    expect_trace(&story, "[   3.000000] b > WANT a 1 to all");
    expect_trace(&story, "[   7.000000] b is level with a: 6 entries in 7.000000 s");
    story_close(&story);
}

/* A partition stands while its node is wiped: it is back, and reaches nobody. */
STORY(a_node_wiped_behind_a_wall) {
    struct story story;
    (void)state;
    story_run(&story, "name: walled\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {at_start: 2}}, b: {follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5 s, partition: [[a], [b]], for: 20 s}\n"
                      "  - {at: 8 s, wipe: b, for: 4 s}\n");
    expect_trace(&story, "[  12.000000] b > WANT a 1 to all");
    expect_trace(&story, "[  12.005000] a < WANT a 1 from b: partitioned");
    expect_trace(&story, "[  25.000000] -- heal a | b");
    expect_trace(&story, "[  32.020000] b is level with a: 2 entries in 20.020000 s");
    story_close(&story);
}

/* Whoever joins is not there before: it gets nothing, sends nothing, and is not behind. An item
 * that would have it online before then changes nothing. */
STORY(a_node_joins) {
    struct story story;
    (void)state;
    story_run(&story, "name: join\n"
                      "duration: 30 s\n"
                      "nodes:\n"
                      "  a: {produce: {at_start: 2}}\n"
                      "  b: {follow: a}\n"
                      "  c: {follow: a}\n"
                      "  d: {produce: {every: 4 s}}\n"
                      "network: {topology: complete, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 0 s, join: c}\n"
                      "  - {at: 3 s, online: b}\n"
                      "  - {at: 12 s, join: [b, d]}\n");
    expect_trace(&story, "[   0.000000] -- join c");
    expect_trace(&story, "[   0.000000] c > WANT a 1 to all");
    expect_trace(&story, "[   0.005000] b < WANT a 1 from c: offline");
    expect_trace(&story, "[  12.000000] -- join b, d");
    expect_trace(&story, "[  12.000000] b > WANT a 1 to all");
    expect_trace(&story, "[  12.000000] d writes d 1");
    expect_trace(&story, "[  12.020000] b is level with a: 2 entries in 0.020000 s");
    expect_no_trace(&story, "[   3.000000] b");
    story_close(&story);
}

/* Reasons to be off add up: a node is there once it has joined and nothing keeps it off. */
STORY(an_outage_before_the_join_lasts_beyond_it) {
    struct story story;
    (void)state;
    story_run(&story, "name: early\n"
                      "duration: 30 s\n"
                      "nodes: {a: {produce: {at_start: 1}}, b: {follow: a}, c: {follow: a}}\n"
                      "network: {topology: star, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 2 s, offline: b, for: 10 s}\n"
                      "  - {at: 3 s, crash: c, for: 1 s}\n"
                      "  - {at: 5 s, join: [b, c]}\n");
    expect_trace(&story, "[   5.000000] -- join b, c");
    expect_trace(&story, "[   5.000000] c > WANT a 1 to all");
    expect_trace(&story, "[  12.000000] b > WANT a 1 to all");
    story_close(&story);
}

/* A crash within an absence: b is back when both are over, and has forgotten. */
STORY(a_crash_within_an_absence) {
    struct story story;
    (void)state;
    story_run(&story, "name: both\n"
                      "duration: 40 s\n"
                      "nodes: {a: {produce: {every: 2 s}}, b: {follow: a}}\n"
                      "network: {topology: line, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5 s, offline: b, for: 20 s}\n"
                      "  - {at: 10 s, crash: b, for: 5 s}\n"
                      "  - {at: 30 s, offline: b, for: 2 s}\n"
                      "  - {at: 31 s, wipe: b, for: 3 s}\n");
    expect_trace(&story, "[  25.000000] b > WANT a 3 to all");
    expect_trace(&story, "[  34.000000] b > WANT a 1 to all");
    expect_no_trace(&story, "[  15.000000] b");
    expect_no_trace(&story, "[  32.000000] b");
    story_close(&story);
}

/* To be told to go online ends what began before, and its end is nothing any more: not that of
 * another item that began since. */
STORY(the_end_of_an_item_that_is_over_ends_nothing) {
    struct story story;
    (void)state;
    story_run(&story, "name: over\n"
                      "duration: 60 s\n"
                      "nodes: {a: {produce: {every: 2 s}}, b: {follow: a}}\n"
                      "network: {topology: line, link: {delay: 5 ms}}\n"
                      "timeline:\n"
                      "  - {at: 5 s, offline: b, for: 20 s}\n"
                      "  - {at: 10 s, online: b}\n"
                      "  - {at: 15 s, offline: b, for: 20 s}\n");
    expect_trace(&story, "[  10.000000] b > WANT a 3 to all");
    expect_trace(&story, "[  25.000000] -- online b"); /* said, and without effect */
    expect_trace(&story, "[  26.005000] b < entry a 13 from a: offline");
    expect_trace(&story, "[  35.000000] b > WANT a 8 to all");
    story_close(&story);
}

/* Floods. */

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

/* Churn. */

enum { PEERS = 200, CYCLES = 40 };

/* What one peer has done so far, as the trace tells it. */
struct spells {
    double changed_s;
    unsigned count[2]; /* of complete times up, and down */
    bool down;
};

struct sum {
    double s;
    unsigned count, longer; /* than the mean */
};

static void add_spell(struct spells *spells, double at_s, const double mean_s[2],
                      struct sum sums[2]) {
    bool down = spells->down;
    if (spells->count[down]++ < CYCLES) {
        sums[down].s += at_s - spells->changed_s;
        sums[down].count++;
        sums[down].longer += at_s - spells->changed_s > mean_s[down];
    }
    spells->changed_s = at_s;
    spells->down = !down;
}

/* Times up and down have the means that were asked for, within 5 standard errors, and as many are
 * above the mean as of an exponential distribution: 1 in e. */
STORY(times_up_and_down_are_exponential) {
    static struct spells peers[PEERS];
    static const double mean_s[2] = {10, 2};
    struct sum sums[2] = {{0}};
    struct story story;
    (void)state;
    story_run(&story, "name: churn\n"
                      "duration: 1000 s\n"
                      "nodes: {peer: {count: 200}}\n"
                      "timeline: [{at: 0 s, churn: {nodes: peer, up: 10 s, down: 2 s}}]\n");
    for (const char *at = story.text; (at = strstr(at, "[")); at++) {
        double at_s;
        unsigned peer;
        char word[16];
        if (sscanf(at, "[%lf] -- %15s peer-%u", &at_s, word, &peer) != 3)
            continue;
        assert_int_equal(strcmp(word, "online") == 0, peers[peer].down); /* in turns */
        add_spell(&peers[peer], at_s, mean_s, sums);
    }
    for (int down = 0; down < 2; down++) {
        double n = PEERS * CYCLES, error = mean_s[down] / sqrt(n), e_th = exp(-1);
        assert_int_equal(sums[down].count, PEERS * CYCLES);
        assert_true(fabs(sums[down].s / n - mean_s[down]) < 5 * error);
        assert_true(fabs(sums[down].longer / n - e_th) < 5 * sqrt(e_th * (1 - e_th) / n));
    }
    story_close(&story);
}

/* Another node in the world, or another item, changes nobody's churn. */
STORY(churn_is_each_nodes_own) {
    static const char *const node[] = {"", "x: , ", "x: , "};
    static const char *const item[] = {"", "", "{at: 0 s, offline: x}, "};
    char *lines[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct story story;
        char yaml[400];
        snprintf(yaml, sizeof yaml,
                 "name: own\nduration: 60 s\nnodes: {%speer: {count: 3}}\n"
                 "timeline: [%s{at: 1 s, churn: {nodes: peer, up: 1 s, down: 1 s}}]\n",
                 node[i], item[i]);
        story_run(&story, yaml);
        const char *begin = strstr(story.text, "[   1.000000]");
        assert_non_null(begin);
        lines[i] = strdup(strchr(begin, '\n'));
        story_close(&story);
    }
    assert_true(strlen(lines[0]) > 1000);
    assert_string_equal(lines[0], lines[1]);
    assert_string_equal(lines[0], lines[2]);
    for (int i = 0; i < 3; i++)
        free(lines[i]);
}

/* When churn ends, whom it keeps down comes up; and all get what they missed. */
STORY(after_churn_all_are_up) {
    struct story story;
    (void)state;
    story_run(&story, "name: end\n"
                      "duration: 200 s\n"
                      "nodes: {a: {produce: {every: 1 s, entries: 90}}, b: {count: 8, follow: a}}\n"
                      "network: {link: {delay: 5 ms}}\n"
                      "timeline: [{at: 1 s, churn: {nodes: b, up: 5 s, down: 20 s}, for: 99 s}]\n"
                      "expect: [{converged: a}]\n");
    expect_trace(&story, "[ 100.000000] -- end of churn b, up 5 s, down 20 s");
    assert_true(world_expectation_met(story.world, 0));
    const char *end = strstr(story.text, "-- end of churn");
    unsigned online = 0;
    for (const char *at = end; (at = strstr(at, "[ 100.000000] -- online b-")); at++)
        online++;
    assert_in_range(online, 1, 8);
    assert_null(strstr(end, "-- offline"));
    story_close(&story);
}

/* An absence hides churn: neither going nor coming back shows while it lasts. To be told to go
 * online ends both, and churn goes on from there. */
STORY(churn_and_other_absences) {
    struct story story;
    (void)state;
    story_run(&story, "name: hidden\n"
                      "duration: 300 s\n"
                      "nodes: {b: {count: 50}}\n"
                      "timeline:\n"
                      "  - {at: 0 s, churn: {nodes: b, up: 5 s, down: 5 s}}\n"
                      "  - {at: 100 s, offline: b, for: 50 s}\n"
                      "  - {at: 200 s, online: b}\n");
    const char *hidden = strstr(story.text, "[ 100.000000] -- offline b\n");
    assert_non_null(hidden);
    assert_true(strncmp(strchr(hidden, '\n'), "\n[ 150.000000] -- online b\n[ 15", 30) == 0);
    /* At 200 s half of them were down: they are up, so each goes down before it comes back. */
    const char *told = strchr(strstr(story.text, "[ 200.000000] -- online b\n"), '\n');
    for (int i = 0; i < 50; i++) {
        char down[40], up[40];
        snprintf(down, sizeof down, "-- offline b-%d\n", i);
        snprintf(up, sizeof up, "-- online b-%d\n", i);
        assert_non_null(strstr(told, down));
        assert_true(!strstr(told, up) || strstr(told, down) < strstr(told, up));
    }
    story_close(&story);
}

/* A churn that comes later takes over. */
STORY(a_later_churn_takes_over) {
    struct story story;
    (void)state;
    story_run(&story, "name: later\n"
                      "duration: 1000 s\n"
                      "nodes: {b: }\n"
                      "timeline:\n"
                      "  - {at: 0 s, churn: {nodes: b, up: 1 ms, down: 40000 h}, for: 500 s}\n"
                      "  - {at: 100 s, churn: {nodes: b, up: 40000 h, down: 1 ms}}\n");
    expect_trace(&story, "[ 100.000000] -- churn b, up 40000 h, down 1 ms");
    expect_trace(&story, "[ 100.000000] -- online b");
    expect_trace(&story, "[ 500.000000] -- end of churn b, up 1 ms, down 40000 h");
    expect_no_trace(&story, "[ 500.000000] -- online b");
    story_close(&story);
}

/* A run that stops when all are level does not wait for churn to end. */
STORY(churn_is_not_waited_for) {
    struct story story;
    (void)state;
    story_run(&story, "name: level\n"
                      "duration: 1000 h\n"
                      "stop: level\n"
                      "nodes: {a: {produce: {every: 1 s, entries: 60}}, b: {count: 5, follow: a}}\n"
                      "timeline:\n"
                      "  - {at: 0 s, churn: {nodes: b, up: 5 s, down: 5 s}, for: 900 h}\n");
    assert_in_range(world_totals(story.world)->simulated_ns, 60000000000, 600000000000);
    for (int i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "b-%d", i);
        expect_held(&story, name, "a", 60);
    }
    story_close(&story);
}

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
        cmocka_unit_test(a_crashed_node_goes_on_where_it_was),
        cmocka_unit_test(what_a_crash_forgets_and_what_a_wipe_loses),
        cmocka_unit_test(an_author_that_crashed_goes_on_with_its_feed),
        cmocka_unit_test(a_wiped_node_starts_from_its_anchors),
        cmocka_unit_test(a_wipe_in_the_middle_of_a_catch_up),
        cmocka_unit_test(a_node_wiped_behind_a_wall),
        cmocka_unit_test(a_node_joins),
        cmocka_unit_test(an_outage_before_the_join_lasts_beyond_it),
        cmocka_unit_test(a_crash_within_an_absence),
        cmocka_unit_test(the_end_of_an_item_that_is_over_ends_nothing),
        cmocka_unit_test(garbage_costs_no_signature),
        cmocka_unit_test(a_flood_of_wants_is_answered_one_for_one),
        cmocka_unit_test(a_flooder_that_is_off_is_silent),
        cmocka_unit_test(an_item_comes_again),
        cmocka_unit_test(a_wall_that_stands_goes_on),
        cmocka_unit_test(times_up_and_down_are_exponential),
        cmocka_unit_test(churn_is_each_nodes_own),
        cmocka_unit_test(after_churn_all_are_up),
        cmocka_unit_test(churn_and_other_absences),
        cmocka_unit_test(a_later_churn_takes_over),
        cmocka_unit_test(churn_is_not_waited_for),
        cmocka_unit_test(all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
