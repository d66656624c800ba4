/* The bound: by hand where that can be done, and never beaten in any of many random worlds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/request.h"
#include "sim/stream.h"
#include "sim/world_state.h"

static const uint64_t US = 1000, MS = 1000000, S = 1000000000;

enum { ENTRY_US = 9600 }; /* 120 B at 100 kbit/s */

/* What an observer was told. */
struct told {
    struct observer observer;
    struct scenario scenario;
    struct world *world;
    struct arrival *arrivals;
    struct catchup *catchups;
    uint32_t arrival_count, arrival_capacity, catchup_count, catchup_capacity;
};

static void keep(void *array_of, uint32_t *count, uint32_t *capacity, const void *item,
                 size_t size) {
    void **array = array_of;
    assert_int_equal(tssb_mem_grow(&tssb_mem_libc, array, capacity, *count + 1, size), 0);
    memcpy((char *)*array + (*count)++ * size, item, size);
}

static void on_appended(struct observer *observer, const struct arrival *arrival) {
    struct told *told = (struct told *)observer;
    void *array = told->arrivals;
    keep(&array, &told->arrival_count, &told->arrival_capacity, arrival, sizeof *arrival);
    told->arrivals = array;
}

static void on_caught_up(struct observer *observer, const struct catchup *catchup) {
    struct told *told = (struct told *)observer;
    void *array = told->catchups;
    keep(&array, &told->catchup_count, &told->catchup_capacity, catchup, sizeof *catchup);
    told->catchups = array;
}

static void told_open(struct told *told, const char *yaml) {
    char *errors = NULL;
    *told = (struct told){
        .observer = {.wants_measures = true, .appended = on_appended, .caught_up = on_caught_up}};
    if (scenario_parse(&told->scenario, "story", yaml, strlen(yaml), NULL, 0, &errors) != 0)
        fail_msg("%s\n%s", errors, yaml);
    assert_int_equal(world_create(&told->world, &told->scenario), 0);
    world_watch(told->world, &told->observer);
}

static void told_run(struct told *told, const char *yaml) {
    enum world_end end;
    told_open(told, yaml);
    assert_int_equal(world_run(told->world, NULL, &end), 0);
}

static void told_close(struct told *told) {
    free(told->arrivals);
    free(told->catchups);
    world_close(told->world);
    scenario_close(&told->scenario);
}

static uint32_t node_named(const struct told *told, const char *wanted) {
    char name[NODE_NAME_SIZE];
    for (uint32_t i = 0; i < told->scenario.node_count; i++)
        if (strcmp(scenario_node_name(&told->scenario, i, name, sizeof name), wanted) == 0)
            return i;
    fail_msg("no node %s", wanted);
    return 0;
}

/* The bound of the last arrival of an entry at a node. */
static uint64_t bound_of(const struct told *told, const char *node, uint32_t seq) {
    uint32_t index = node_named(told, node);
    for (uint32_t i = told->arrival_count; i > 0; i--)
        if (told->arrivals[i - 1].node == index && told->arrivals[i - 1].seq == seq)
            return told->arrivals[i - 1].bound_ns;
    fail_msg("%s never got entry %" PRIu32, node, seq);
    return 0;
}

static void expect_bound(const struct told *told, const char *node, uint32_t seq, uint64_t ns) {
    uint64_t bound_ns = bound_of(told, node, seq);
    if (bound_ns != ns)
        fail_msg("entry %" PRIu32 " at %s: bound %" PRIu64 " ns, not %" PRIu64, seq, node, bound_ns,
                 ns);
}

static const struct catchup *only_catchup(const struct told *told) {
    assert_int_equal(told->catchup_count, 1);
    return told->catchups;
}

#define STORY(name) static void name(void **state)
#define TELL(yaml)    \
    struct told told; \
    (void)state;      \
    told_run(&told, yaml)

/* A consumer 200 entries behind comes up: they follow each other as fast as the link takes them. */
STORY(a_link_takes_one_entry_after_the_other) {
    TELL("name: link\n"
         "duration: 110 s\n"
         "nodes:\n"
         "  a: {produce: {at_start: 200}}\n"
         "  b: {follow: a}\n"
         "network: {topology: line, link: {delay: 100 ms, rate: 100 kbit/s}}\n"
         "timeline: [{at: 0 s, offline: b}, {at: 60 s, online: b}]\n");
    for (uint32_t k = 1; k <= 200; k++)
        expect_bound(&told, "b", k, 60 * S + k * ENTRY_US * US + 100 * MS);
    const struct catchup *catchup = only_catchup(&told);
    assert_int_equal(catchup->bound_ns, 200 * ENTRY_US * US + 100 * MS);
    /* The strategy single waits for each: a request of 43 B, its way, an entry, its way back. */
    uint64_t round_ns = 3440 * US + 100 * MS + ENTRY_US * US + 100 * MS;
    assert_int_equal(catchup->until_ns - catchup->since_ns, 200 * round_ns);
    assert_int_equal(catchup->costs.want_packets, 200);
    assert_int_equal(catchup->costs.want_requests, 200);
    assert_int_equal(catchup->costs.received_entries, 200);
    assert_int_equal(catchup->costs.useful_entries, 200);
    assert_int_equal(catchup->costs.duplicate_entries, 0);
    assert_int_equal(catchup->costs.sent_bytes, 200 * 43);
    assert_int_equal(catchup->costs.received_bytes, 200 * 120);
    assert_int_equal(catchup->costs.airtime_ns, 200 * 3440 * US);
    told_close(&told);
}

/* 500 ms between two packets, as on a serial line. */
STORY(a_pace_counts_from_the_second_entry_on) {
    TELL("name: pace\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {at_start: 4}}\n"
         "  b: {follow: a}\n"
         "network: {topology: line, link: {delay: 10 ms, pace: [500 ms, 549 ms]}}\n");
    for (uint32_t k = 1; k <= 4; k++)
        expect_bound(&told, "b", k, (k - 1) * 500 * MS + 10 * MS);
    told_close(&told);
}

/* The hops overlap: while c gets entry 1, b gets entry 2. */
STORY(a_line_is_a_pipe) {
    TELL("name: line\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {every: 5 s, entries: 1, at_start: 10}}\n"
         "  b: {follow: a}\n"
         "  c: {follow: a}\n"
         "  d: {follow: a}\n"
         "strategy: {interval: 1 s}\n"
         "network: {topology: line, link: {delay: 10 ms, rate: 100 kbit/s}}\n");
    for (uint32_t k = 1; k <= 10; k++) {
        expect_bound(&told, "b", k, k * ENTRY_US * US + 10 * MS);
        expect_bound(&told, "c", k, (k + 1) * ENTRY_US * US + 20 * MS);
        expect_bound(&told, "d", k, (k + 2) * ENTRY_US * US + 30 * MS);
    }
    expect_bound(&told, "d", 11, 5 * S + 3 * (ENTRY_US * US + 10 * MS));
    told_close(&told);
}

STORY(a_medium_tells_all_at_once) {
    TELL("name: medium\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {at_start: 5}}\n"
         "  b: {count: 3, follow: a}\n"
         "network: {link: {delay: 10 ms, rate: 100 kbit/s}}\n");
    for (uint32_t k = 1; k <= 5; k++) {
        expect_bound(&told, "b-0", k, k * ENTRY_US * US + 10 * MS);
        expect_bound(&told, "b-2", k, k * ENTRY_US * US + 10 * MS);
    }
    told_close(&told);
}

/* What was written behind the wall comes when it falls. */
STORY(a_partition_holds_entries_up) {
    TELL("name: wall\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {every: 2 s, entries: 6}}\n"
         "  b: {follow: a}\n"
         "network: {link: {delay: 10 ms}}\n"
         "timeline: [{at: 3 s, partition: [[a], [b]], for: 6 s}]\n");
    expect_bound(&told, "b", 1, 2 * S + 10 * MS);
    for (uint32_t k = 2; k <= 4; k++)
        expect_bound(&told, "b", k, 9 * S + 10 * MS);
    expect_bound(&told, "b", 5, 10 * S + 10 * MS);
    assert_int_equal(told.catchups[told.catchup_count - 1].since_ns, 6 * S); /* two behind */
    told_close(&told);
}

/* What a wall stops that is shorter than the way, a protocol could have sent again, to arrive when
 * it falls; what stops it for longer has it begin anew. */
STORY(a_short_wall_could_be_sent_past) {
    for (int longer = 0; longer < 2; longer++) {
        char yaml[400];
        snprintf(yaml, sizeof yaml,
                 "name: wall\n"
                 "duration: 60 s\n"
                 "nodes:\n"
                 "  a: {produce: {every: 4 s, entries: 1}}\n"
                 "  b: {follow: a}\n"
                 "network: {topology: line, link: {delay: 2 s}}\n"
                 "timeline: [{at: 5900 ms, partition: [[a], [b]], for: %s}]\n",
                 longer ? "3 s" : "200 ms");
        TELL(yaml);
        expect_bound(&told, "b", 1, longer ? 8900 * MS + 2 * S : 6100 * MS);
        told_close(&told);
    }
}

/* c gets from b what a wrote while c was away; a is away by then. */
STORY(news_travels_through_whoever_is_there) {
    TELL("name: transitive\n"
         "duration: 100 s\n"
         "nodes:\n"
         "  a: {produce: {at_start: 3}}\n"
         "  b: {follow: a}\n"
         "  c: {follow: a}\n"
         "network: {link: {delay: 5 ms}}\n"
         "timeline:\n"
         "  - {at: 0 s, offline: [c]}\n"
         "  - {at: 55 s, offline: [a]}\n"
         "  - {at: 60 s, online: [c]}\n");
    expect_bound(&told, "b", 3, 5 * MS);
    expect_bound(&told, "c", 1, 60 * S + 5 * MS);
    expect_bound(&told, "c", 3, 60 * S + 5 * MS);
    assert_int_equal(told.catchups[1].bound_ns, 5 * MS);
    told_close(&told);
}

/* A node that keeps what it has for itself is no way to others. */
STORY(who_does_not_serve_passes_nothing_on) {
    TELL("name: selfish\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {at_start: 1}}\n"
         "  b: {follow: a, serve: false}\n"
         "  c: {follow: a}\n"
         "network:\n"
         "  topology: edges\n"
         "  edges:\n"
         "    - {between: [a, b], delay: 1 ms}\n"
         "    - {between: [b, c], delay: 1 ms}\n"
         "    - {between: [a, c], delay: 1 s}\n");
    expect_bound(&told, "b", 1, 1 * MS);
    expect_bound(&told, "c", 1, 1 * S);
    told_close(&told);
}

/* The slow way is open first; the fast one overtakes it. */
STORY(of_two_ways_the_sooner_counts) {
    TELL("name: ways\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {at_start: 1, every: 10 s, entries: 1}}\n"
         "  b: {follow: a}\n"
         "  c: {follow: a}\n"
         "strategy: {interval: 1 s}\n"
         "network:\n"
         "  topology: edges\n"
         "  edges:\n"
         "    - {between: [a, c], delay: 4 s}\n"
         "    - {between: [a, b], delay: 10 ms}\n"
         "    - {between: [b, c], delay: 10 ms}\n"
         "timeline: [{at: 0 s, offline: b}, {at: 1 s, online: b}]\n");
    expect_bound(&told, "c", 1, 1 * S + 20 * MS);
    expect_bound(&told, "c", 2, 10 * S + 20 * MS);
    told_close(&told);
}

/* By two ways of the same rate, entries could come twice as fast. */
STORY(two_ways_could_share_the_entries) {
    TELL("name: ring\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {at_start: 10}}\n"
         "  b: {follow: a}\n"
         "  c: {follow: a}\n"
         "network: {topology: ring, link: {delay: 10 ms, rate: 100 kbit/s}}\n");
    expect_bound(&told, "b", 1, ENTRY_US * US + 10 * MS);
    /* Six from a, and from c, which is a hop behind, the other four. */
    expect_bound(&told, "b", 10, 5 * ENTRY_US * US + 20 * MS);
    told_close(&told);
}

STORY(a_radio_takes_its_airtime_a_hop) {
    TELL("name: radio\n"
         "duration: 10 min\n"
         "nodes:\n"
         "  a: {position: [0 m, 0 m], produce: {every: 60 s, entries: 2}}\n"
         "  b: {position: [1.5 km, 0 m], follow: a}\n"
         "  c: {position: [3 km, 0 m], follow: a}\n"
         "network:\n"
         "  topology: radio\n"
         "  radio: {preset: lora-poc}\n");
    uint64_t air_ns = lora_airtime_ns(&told.scenario.networks[0].radio.lora, TSSB_ENTRY_SIZE);
    expect_bound(&told, "b", 1, 60 * S + air_ns);
    expect_bound(&told, "c", 1, 60 * S + 2 * air_ns);
    expect_bound(&told, "c", 2, 120 * S + 2 * air_ns);
    told_close(&told);
}

STORY(a_bridge_takes_its_processing_time) {
    TELL("name: bridge\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {every: 20 s, entries: 2}}\n"
         "  x: {role: bridge, processing: {other: 7 ms}}\n"
         "  b: {follow: a}\n"
         "network:\n"
         "  - {name: left, nodes: [a, x], topology: line, link: {delay: 10 ms}}\n"
         "  - {name: right, nodes: [x, b], topology: line, link: {delay: 20 ms}}\n");
    expect_bound(&told, "b", 1, 20 * S + 37 * MS);
    expect_bound(&told, "b", 2, 40 * S + 37 * MS);
    told_close(&told);
}

STORY(a_wiped_node_starts_anew) {
    TELL("name: wiped\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {at_start: 3}}\n"
         "  b: {follow: a}\n"
         "network: {topology: line, link: {delay: 10 ms, rate: 100 kbit/s}}\n"
         "timeline: [{at: 20 s, wipe: b, for: 5 s}]\n");
    for (uint32_t k = 1; k <= 3; k++)
        expect_bound(&told, "b", k, 25 * S + k * ENTRY_US * US + 10 * MS);
    told_close(&told);
}

/* b lost entries 1 to 3 before it went off: its catch-up has to get them too. */
STORY(a_catch_up_counts_from_what_was_really_held) {
    TELL("name: real\n"
         "duration: 120 s\n"
         "nodes:\n"
         "  a: {produce: {every: 1 s, entries: 4}}\n"
         "  b: {follow: a, strategy: {interval: 30 s}}\n"
         "network: {topology: line, link: {delay: 10 ms, rate: 100 kbit/s, drop: [1, 2, 3]}}\n"
         "timeline: [{at: 3500 ms, offline: b}, {at: 5 s, online: b}]\n");
    expect_bound(&told, "b", 3, 3 * S + ENTRY_US * US + 10 * MS);
    expect_bound(&told, "b", 4, 5 * S + ENTRY_US * US + 10 * MS);
    const struct catchup *last = &told.catchups[told.catchup_count - 1];
    assert_int_equal(last->since_ns, 2 * S); /* it was two behind before it went off */
    assert_int_equal(last->bound_ns, 3 * S + ENTRY_US * US + 10 * MS);
    told_close(&told);
}

/* The same with one entry lost: the catch-up begins with coming back, and needs two entries. */
STORY(an_entry_that_was_lost_before_is_needed_too) {
    TELL("name: real\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {every: 1 s, entries: 2}}\n"
         "  b: {follow: a, strategy: {interval: 30 s}}\n"
         "network: {topology: line, link: {delay: 10 ms, rate: 100 kbit/s, drop: [1]}}\n"
         "timeline: [{at: 1500 ms, offline: b}, {at: 5 s, online: b}]\n");
    expect_bound(&told, "b", 1, 1 * S + ENTRY_US * US + 10 * MS);
    expect_bound(&told, "b", 2, 5 * S + ENTRY_US * US + 10 * MS);
    const struct catchup *catchup = only_catchup(&told);
    assert_int_equal(catchup->since_ns, 5 * S);
    assert_int_equal(catchup->bound_ns, 2 * ENTRY_US * US + 10 * MS);
    told_close(&told);
}

/* What is on its way when a link gets faster could be sent again. */
STORY(a_link_that_gets_faster_is_used) {
    TELL("name: faster\n"
         "duration: 60 s\n"
         "nodes:\n"
         "  a: {produce: {every: 2 s, entries: 1}}\n"
         "  b: {follow: a}\n"
         "network: {topology: line, link: {delay: 5 s}}\n"
         "timeline: [{at: 3 s, link: {delay: 10 ms}}]\n");
    expect_bound(&told, "b", 1, 3 * S + 10 * MS);
    told_close(&told);
}

/* Nor is anything told where the scenario does not want it, or where stations move. */
STORY(there_may_be_no_bound) {
    static const char *const stories[] = {
        "name: off\nduration: 20 s\nbound: false\n"
        "nodes: {a: {produce: {at_start: 1}}, b: {follow: a}}\n",
        "name: moving\nduration: 20 s\nbound: true\n"
        "nodes:\n"
        "  a: {produce: {at_start: 1}, position: [0 m, 0 m]}\n"
        "  b: {follow: a, position: [0 m, 0 m],\n"
        "      move: {visit: {stops: [[0 m, 0 m], [1 m, 0 m]], speed: 1 m/s}}}\n"
        "network: {topology: radio, radio: {preset: lora-poc}}\n"};
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        TELL(stories[i]);
        assert_true(bound_of(&told, "b", 1) == TSSB_NEVER);
        assert_true(only_catchup(&told)->bound_ns == TSSB_NEVER);
        assert_int_equal(only_catchup(&told)->costs.useful_entries, 1);
        told_close(&told);
    }
}

/* Random worlds. */

struct dice {
    uint64_t seed;
    uint32_t n;
};

static uint32_t throw(struct dice * dice, uint32_t sides) {
    return (uint32_t)stream_below(stream_draw(dice->seed, STREAM_LOSS, dice->n++), sides);
}

static const char *pick(struct dice *dice, const char *const *of, uint32_t count) {
    return of[throw(dice, count)];
}
#define PICK(dice, ...)                            \
    pick(dice, (const char *const[]){__VA_ARGS__}, \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void write_link(FILE *out, struct dice *dice) {
    (void)fprintf(
        out, "{delay: %s, loss: %s%s%s%s%s}", PICK(dice, "1 ms", "20 ms", "300 ms", "2 s"),
        PICK(dice, "0 %", "10 %", "40 %"),
        PICK(dice, "", ", jitter: 30 ms", ", jitter: {normal: 5 ms}", ", jitter: {pareto: 5 ms}"),
        PICK(dice, "", ", rate: 20 kbit/s", ", rate: 1 Mbit/s, queue: 3",
             ", rate: 5 kbit/s, pace: 100 ms"),
        PICK(dice, "", "", ", duplicate: 20 %"),
        PICK(dice, "", "",
             ", phases: [{for: 7 s}, {for: 3 s, delay: 3 ms, rate: 2 Mbit/s}, {for: 2 s, "
             "delay: 900 ms}]"));
}

/* Where all are on one medium or radio, a wire joins the bridges, so that they have something to
 * do. */
static void write_network(FILE *out, struct dice *dice) {
    static const char *const topologies[] = {"line", "ring", "star", "complete", "broadcast"};
    uint32_t kind = throw(dice, 7);
    if (kind < 4) {
        (void)fprintf(out, "network: {topology: %s, link: ", topologies[kind]);
        write_link(out, dice);
        (void)fputs("}\n", out);
        return;
    }
    (void)fputs("network:\n", out);
    if (kind == 4) {
        (void)fputs("  - {name: one, nodes: [a, b, x, c, d, y, e], link: ", out);
        write_link(out, dice);
        (void)fputs("}\n  - {name: wire, nodes: [x, y], topology: line}\n", out);
    } else if (kind == 5) {
        (void)fprintf(out,
                      "  - {name: air, nodes: [a, b, x, c, d, y, e], topology: radio, radio: "
                      "{preset: lora-poc%s, path_loss: "
                      "{exponent: 2.32, reference: 128.95 dB, at: 1 km, shadowing: 3 dB}}}\n"
                      "  - {name: wire, nodes: [x, y], topology: line}\n",
                      PICK(dice, "", ", listen: 500 ms", ", pace: 300 ms", ", capture: off"));
    } else {
        (void)fputs("  - {name: one, nodes: [a, b, x, y], topology: broadcast, link: ", out);
        write_link(out, dice);
        (void)fprintf(out, "}\n  - {name: two, nodes: [x, c, d, y, e], topology: %s, link: ",
                      topologies[throw(dice, 5)]);
        write_link(out, dice);
        (void)fputs("}\n", out);
    }
}

static void write_fault(FILE *out, struct dice *dice, uint32_t at_s) {
    static const char *const faults[] = {
        "offline: %s, for: 5 s",
        "crash: %s, for: 3 s",
        "wipe: %s, for: 2 s",
        "partition: [[a, %s], [c, e]], for: 6 s",
        "partition: [[a], [%s, c, d, e]], for: 100 ms",
        "partition: [[a, x], [%s]], one_way: true, for: 8 s",
        "link: {delay: 3 ms, rate: 500 kbit/s}, for: 4 s, every: 9 s",
        "link: {delay: 500 ms, rate: 10 kbit/s, between: [%s, [d, a]]}, for: 5 s",
        "churn: {nodes: [%s], up: 5 s, down: 3 s}, for: 20 s",
        "flood: {by: [y], with: wants, every: 500 ms}, for: 5 s",
    };
    static const char *const whom[] = {"b", "d", "e", "b"};
    (void)fprintf(out, "  - {at: %" PRIu32 " s, ", at_s);
    uint32_t kind = throw(dice, sizeof faults / sizeof *faults);
    const char *name = kind >= 3 && kind <= 4 ? "b" : whom[throw(dice, 4)];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
    (void)fprintf(out, faults[kind], name);
#pragma GCC diagnostic pop
    (void)fputs("}\n", out);
}

static char *random_story(uint32_t number) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct dice dice = {number + 1, 0};
    assert_non_null(out);
    (void)fprintf(out, "name: random\nseed: %" PRIu32 "\nduration: 60 s\nbound: true\nnodes:\n",
                  number);
    static const char *const names[] = {"a", "b", "x", "c", "d", "y", "e"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)fprintf(out, "  %s: {position: [%" PRIu32 " m, %" PRIu32 " m]%s", names[i],
                      throw(&dice, 4000), throw(&dice, 2500),
                      *names[i] == 'd' ? ", follow: a" : "");
        if (strchr("bce", *names[i]))
            (void)fputs(", follow: all", out);
        if (*names[i] == 'a')
            (void)fprintf(out, ", produce: {at_start: %" PRIu32 ", every: %s, entries: 15}",
                          throw(&dice, 20), PICK(&dice, "1 s", "3 s", "200 ms"));
        if (*names[i] == 'c')
            (void)fputs(", produce: {every: 4 s, entries: 5}", out);
        if (strchr("ab", *names[i]))
            (void)fputs(PICK(&dice, "", "", ", serve: false"), out);
        if (strchr("xy", *names[i]))
            (void)fputs(PICK(&dice, ", follow: all", ", follow: [a]", ", role: bridge",
                             ", role: bridge, processing: {radio: 50 ms, other: 20 ms}"),
                        out);
        (void)fputs("}\n", out);
    }
    write_network(out, &dice);
    (void)fprintf(out, "strategy: {%s, %s, interval: %s}\n",
                  PICK(&dice, "name: single", "name: single", "name: single",
                       "name: window, size: 8, stash: 16", "name: batch, size: 12, stash: 64",
                       "name: range, size: 32, stash: 64", "name: adaptive, size: 32, stash: 32",
                       "name: fair, size: 8"),
                  PICK(&dice, "forward: author", "forward: relay", "forward: subscribed"),
                  PICK(&dice, "500 ms", "2 s", "7 s"));
    (void)fputs("timeline:\n", out);
    for (uint32_t i = 0, count = throw(&dice, 6) + 1; i < count; i++)
        write_fault(out, &dice, throw(&dice, 40));
    (void)fclose(out);
    return text;
}

/* Asks for many entries at once: the sooner to beat the bound, were it wrong. */
static void ask_eagerly(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    enum { WINDOW = 12 };
    const struct tssb_replica *at = &node->replicas[replica];
    for (uint32_t i = 1; i <= WINDOW; i++) {
        struct tssb_want want = {.seq = at->front_seq + i};
        uint8_t packet[TSSB_PACKET_SIZE];
        memcpy(want.fid, at->feed->fid, TSSB_FID_SIZE);
        size_t size = tssb_want_encode(&want, 1, at->feed->want_dmx, packet);
        node->config->host->send(node->host_context, TSSB_ALL_FACES,
                                 &(struct tssb_packet){.bytes = packet,
                                                       .size = (uint16_t)size,
                                                       .kind = TSSB_PACKET_WANT,
                                                       .feed = at->feed,
                                                       .seq = want.seq});
    }
    tssb_node_set_timer(node, replica, now_ns + node->config->asking.interval_ns);
}

static void wait_eagerly(struct tssb_node *node, uint32_t replica, uint64_t now_ns) {
    if (node->replicas[replica].front_seq % 4 == 0)
        ask_eagerly(node, replica, now_ns);
}

static const struct tssb_strategy eager = {
    .name = "eager", .start = ask_eagerly, .settled = wait_eagerly, .timeout = ask_eagerly};

static void expect_unbeaten(const struct told *told, const char *yaml) {
    for (uint32_t i = 0; i < told->arrival_count; i++) {
        const struct arrival *arrival = &told->arrivals[i];
        if (arrival->bound_ns > arrival->at_ns)
            fail_msg("entry %" PRIu32 " of feed %" PRIu32 " at node %" PRIu32 " at %" PRIu64
                     " ns, before its bound %" PRIu64 "\n%s",
                     arrival->seq, arrival->feed, arrival->node, arrival->at_ns, arrival->bound_ns,
                     yaml);
    }
    for (uint32_t i = 0; i < told->catchup_count; i++) {
        const struct catchup *catchup = &told->catchups[i];
        bool known = catchup->bound_ns != TSSB_NEVER && catchup->until_ns != TSSB_NEVER;
        if (known &&
            (catchup->bound_ns == 0 || catchup->until_ns - catchup->since_ns < catchup->bound_ns))
            fail_msg("feed %" PRIu32 " at node %" PRIu32 " since %" PRIu64 ": in %" PRIu64
                     " ns, less than the bound %" PRIu64 "\n%s",
                     catchup->feed, catchup->node, catchup->since_ns,
                     catchup->until_ns - catchup->since_ns, catchup->bound_ns, yaml);
    }
}

struct tally {
    uint32_t arrivals, tight; /* tight: at the very moment of their bound */
};

static void run_world(uint32_t number, struct tally *tally) {
    struct told told;
    enum world_end end;
    char *yaml = random_story(number);
    told_open(&told, yaml);
    /* Only in place of one that keeps no state: the nodes are there already. */
    for (uint32_t g = 0; number % 2 && g < told.scenario.group_count; g++)
        if (told.world->configs[g].strategy == &tssb_strategy_single)
            told.world->configs[g].strategy = &eager;
    assert_int_equal(world_run(told.world, NULL, &end), 0);
    expect_unbeaten(&told, yaml);
    for (uint32_t i = 0; i < told.arrival_count; i++) {
        const struct arrival *arrival = &told.arrivals[i];
        bool own = arrival->node == arrival->from_node;
        tally->arrivals += !own;
        tally->tight += !own && arrival->bound_ns == arrival->at_ns;
    }
    told_close(&told);
    free(yaml);
}

/* TSSB_BOUND_WORLDS says how many, for a longer search. */
STORY(no_arrival_is_before_its_bound) {
    const char *wanted = getenv("TSSB_BOUND_WORLDS");
    uint32_t worlds = wanted ? (uint32_t)strtoul(wanted, NULL, 10) : 300;
    struct tally tally = {0};
    (void)state;
    for (uint32_t number = 0; number < worlds; number++)
        run_world(number, &tally);
    assert_true(tally.arrivals > worlds * 20);
    /* What is pushed and not lost is as soon as can be. */
    assert_true(tally.tight > tally.arrivals / 50);
}

/* Worlds whose entries came before their bound while it was wrong: partitions shorter than a delay,
 * queues that outlive their sender or the link's values, senders that stand in for others. */
STORY(what_once_beat_the_bound_does_not_any_more) {
    static const uint32_t worlds[] = {20, 139, 384, 669, 833, 1745, 1937, 14839, 29813};
    struct tally tally = {0};
    (void)state;
    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++)
        run_world(worlds[i], &tally);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_takes_one_entry_after_the_other),
        cmocka_unit_test(a_pace_counts_from_the_second_entry_on),
        cmocka_unit_test(a_line_is_a_pipe),
        cmocka_unit_test(a_medium_tells_all_at_once),
        cmocka_unit_test(a_partition_holds_entries_up),
        cmocka_unit_test(a_short_wall_could_be_sent_past),
        cmocka_unit_test(news_travels_through_whoever_is_there),
        cmocka_unit_test(who_does_not_serve_passes_nothing_on),
        cmocka_unit_test(of_two_ways_the_sooner_counts),
        cmocka_unit_test(two_ways_could_share_the_entries),
        cmocka_unit_test(a_radio_takes_its_airtime_a_hop),
        cmocka_unit_test(a_bridge_takes_its_processing_time),
        cmocka_unit_test(a_wiped_node_starts_anew),
        cmocka_unit_test(a_catch_up_counts_from_what_was_really_held),
        cmocka_unit_test(an_entry_that_was_lost_before_is_needed_too),
        cmocka_unit_test(a_link_that_gets_faster_is_used),
        cmocka_unit_test(there_may_be_no_bound),
        cmocka_unit_test(no_arrival_is_before_its_bound),
        cmocka_unit_test(what_once_beat_the_bound_does_not_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
