/* What a run came to, for a person and for a program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "sim/record/summary.h"
#include "results_support.h"

static char *text_of(int (*print)(const struct summary *, FILE *), const struct summary *summary) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(print(summary, out), 0);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* The story's counts, without a simulation. */
static void tell(struct world *world) {
    fake_world_open(world, fake_story);
    world->fronts[0] = 10;
    world->follows[1] = (struct follow_counts){.entries = 10};
    world->follows[2] = (struct follow_counts){
        .entries = 7, .catchups = 2, .catchup_ns = 105000000, .behind = true};
    world->counts[1] = (struct node_counts){.sent_bytes = 1200, .received_bytes = 459};
    world->counts[2] = (struct node_counts){
        .sent_bytes = 889, .received_bytes = 1200, .wants_sent = 20, .duplicates = 3};
    world->totals = (struct world_totals){.deliveries = 31, .simulated_ns = 120000000000};
    world->totals.nodes.sent_bytes = 2089;
    world->wall_ns = 3100000;
    world->digest[0] = 0xab;
}

static void test_a_small_world_is_shown_node_by_node(void **state) {
    struct world world;
    (void)state;
    tell(&world);
    char *text = text_of(
        summary_print,
        &(struct summary){&world, RUN_FAILED, "results/transitive-sync.sqlite", 3, NULL});
    assert_string_equal(
        text,
        "transitive-sync, seed 7: failed\n"
        "3 nodes, 1 feed, 120 s simulated in 3.1 ms, 31 deliveries\n"
        "\n"
        "node   feed      entries  times behind  catch-up  WANTs    sent  received  duplicates\n"
        "nodeA  nodeA  10 written                              0     0 B       0 B           0\n"
        "nodeB  nodeA    10 of 10             0         -      0  1.2 kB     459 B           0\n"
        "nodeC  nodeA     7 of 10             2    105 ms     20   889 B    1.2 kB           3\n"
        "behind: nodeC\n"
        "level: 1 of 2 replicas\n"
        "\n"
        "expectations\n"
        "  FAIL  converged nodeA on nodeB, nodeC by 90 s\n"
        "\n"
        "digest    ab000000000000000000000000000000\n"
        "recorded  results/transitive-sync.sqlite, run 3\n");
    free(text);
    world.met[0] = true;
    text = text_of(summary_print, &(struct summary){.world = &world, .outcome = RUN_PASSED});
    results_expect_part(text, "  pass  converged nodeA on nodeB, nodeC by 90 s\n");
    assert_null(strstr(text, "recorded"));
    free(text);
    fake_world_close(&world);
}

/* Everyone follows everyone: one line a node and feed, the node's own counts on the first. */
static void test_each_followed_feed_has_its_line(void **state) {
    struct world world;
    (void)state;
    fake_world_open(&world, "name: mutual\nseed: 1\nduration: 1 s\n"
                            "nodes:\n"
                            "  a: {produce: {at_start: 2}, follow: all}\n"
                            "  b: {produce: {at_start: 3}, follow: all}\n"
                            "  c: {produce: {at_start: 0, every: 1 s}, follow: all}\n"
                            "  d: {serve: false}\n"
                            "network: {topology: broadcast, link: {delay: 1 ms}}\n");
    for (uint32_t feed = 0; feed < 3; feed++)
        world.fronts[feed] = feed + 2;
    for (uint32_t i = 0; i < 9; i++)
        world.follows[i] = (struct follow_counts){.entries = 1, .behind = true};
    char *text = text_of(summary_print, &(struct summary){.world = &world, .outcome = RUN_PASSED});
    results_expect_part(
        text, "node  feed  entries  times behind  catch-up  WANTs  sent  received  duplicates\n"
              "a     b      1 of 3             0         -      0   0 B       0 B           0\n"
              "      c      1 of 4             0         -\n"
              "b     a      1 of 2             0         -      0   0 B       0 B           0\n"
              "      c      1 of 4             0         -\n"
              "c     a      1 of 2             0         -      0   0 B       0 B           0\n"
              "      b      1 of 3             0         -\n"
              "d     -                                          0   0 B       0 B           0\n"
              "behind: a on b, a on c, b on a, b on c, c on a and 1 more\n"
              "level: 0 of 6 replicas\n");
    free(text);
    fake_world_close(&world);
}

/* 1000 nodes on seven lines. */
static void test_a_large_world_is_shown_by_group(void **state) {
    struct world world;
    (void)state;
    fake_world_open(&world, "name: crowd\nseed: 1\nduration: 10 s\n"
                            "nodes:\n"
                            "  source: {produce: {at_start: 100}}\n"
                            "  peer: {count: 999, follow: [source]}\n"
                            "network: {topology: broadcast, link: {delay: 1 ms}}\n");
    world.fronts[0] = 100;
    for (uint32_t i = 1; i < 1000; i++) {
        world.follows[i] = (struct follow_counts){100, 1, UINT64_C(1000000) * (1000 - i), false};
        world.counts[i].wants_sent = 100 + i;
    }
    char *text = text_of(summary_print, &(struct summary){.world = &world, .outcome = RUN_PASSED});
    results_expect_part(text, "group                   entries  times behind  catch-up  WANTs  "
                              "sent  received  duplicates\n"
                              "source              100 written             -         -      0   0 "
                              "B       0 B           0\n"
                              "peer (999)  min             100             1      1 ms    101   0 "
                              "B       0 B           0\n"
                              "            median          100             1    500 ms    600   0 "
                              "B       0 B           0\n"
                              "            max             100             1    999 ms   1099   0 "
                              "B       0 B           0\n"
                              "level: 999 of 999 replicas\n");
    free(text);
    fake_world_close(&world);
}

/* Where even the groups are many, all nodes are one. */
static void test_many_groups_are_shown_as_one(void **state) {
    struct world world;
    char yaml[4096];
    int used = snprintf(yaml, sizeof yaml, "name: many\nseed: 1\nduration: 10 s\nnodes:\n");
    (void)state;
    for (int i = 0; i < 25; i++)
        used += snprintf(yaml + used, sizeof yaml - (size_t)used,
                         "  n%c: {produce: {at_start: 1}, follow: all}\n", 'a' + i);
    (void)snprintf(yaml + used, sizeof yaml - (size_t)used,
                   "network: {topology: broadcast, link: {delay: 1 ms}}\n");
    fake_world_open(&world, yaml);
    for (uint32_t i = 0; i < 25 * 25; i++)
        world.follows[i].entries = i % 26 == 0 ? 999 : 1; /* none follows itself */
    char *text = text_of(summary_print, &(struct summary){.world = &world, .outcome = RUN_PASSED});
    results_expect_part(text, "\nall nodes (25)  min           1 ");
    results_expect_part(text, "\n                max           1 ");
    results_expect_part(text, "level: 600 of 600 replicas\n");
    free(text);
    fake_world_close(&world);
}

static void test_json_has_everything(void **state) {
    struct world world;
    const char *text, *outcome, *digest;
    json_int_t run, wall_ns, by_ns, held, longest_ns, bytes, wants, total;
    int met, behind;
    (void)state;
    tell(&world);
    char *json = text_of(summary_json, &(struct summary){&world, RUN_FAILED, "x.sqlite", 3, NULL});
    json_t *report = json_loads(json, 0, NULL);
    assert_non_null(report);
    assert_int_equal(json_unpack(report,
                                 "{s:s, s:s, s:I, s:I, s:{s:I}, s:[{s:s, s:b, s:I}],"
                                 " s:[{}, {}, {s:I, s:I, s:[{s:I, s:I, s:b}]}]}",
                                 "outcome", &outcome, "digest", &digest, "run", &run, "wall_ns",
                                 &wall_ns, "totals", "sent_bytes", &total, "expectations", "text",
                                 &text, "met", &met, "by_ns", &by_ns, "nodes", "sent_bytes", &bytes,
                                 "sent_wants", &wants, "follows", "held_entries", &held,
                                 "longest_catchup_ns", &longest_ns, "behind", &behind),
                     0);
    assert_string_equal(outcome, "failed");
    assert_string_equal(digest, "ab000000000000000000000000000000");
    assert_string_equal(text, "converged nodeA on nodeB, nodeC by 90 s");
    assert_int_equal(run, 3);
    assert_int_equal(wall_ns, 3100000);
    assert_int_equal(total, 2089);
    assert_false(met);
    assert_int_equal(by_ns, 90000000000);
    assert_int_equal(bytes, 889);
    assert_int_equal(wants, 20);
    assert_int_equal(held, 7);
    assert_int_equal(longest_ns, 105000000);
    assert_true(behind);
    json_decref(report);
    free(json);
    json = text_of(summary_json, &(struct summary){.world = &world, .outcome = RUN_PASSED});
    results_expect_part(json, "\"database\": null, \"run\": null");
    results_expect_part(json, "\"bound_ratio\": null");
    free(json);
    fake_world_close(&world);
}

/* How near the catch-ups came to what was possible, where that is known. */
static void test_the_ratio_is_told(void **state) {
    struct world world;
    struct tally tally;
    (void)state;
    tell(&world);
    tally_init(&tally);
    tally.observer.caught_up(&tally.observer, &(struct catchup){.until_ns = 4219, .bound_ns = 200});
    tally.observer.fetched(&tally.observer, &(struct chain_fetch){.until_ns = 20000000});
    tally.observer.fetched(&tally.observer, &(struct chain_fetch){.until_ns = TSSB_NEVER});
    struct summary summary = {.world = &world, .outcome = RUN_PASSED, .tally = &tally};
    char *text = text_of(summary_print, &summary);
    results_expect_part(text, "\nside chains: 1 of 2 whole, median 20 ms, longest 20 ms\n"
                              "bound: median ratio 21.09 of 1 catch-up\n");
    free(text);
    text = text_of(summary_json, &summary);
    json_t *report = json_loads(text, 0, NULL), *ratio = json_object_get(report, "bound_ratio");
    assert_int_equal(json_integer_value(json_object_get(ratio, "catchups")), 1);
    assert_true(json_real_value(json_object_get(ratio, "median")) == 21.095);
    json_decref(report);
    free(text);
    tally_close(&tally);
    fake_world_close(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_world_is_shown_node_by_node),
        cmocka_unit_test(test_each_followed_feed_has_its_line),
        cmocka_unit_test(test_a_large_world_is_shown_by_group),
        cmocka_unit_test(test_many_groups_are_shown_as_one),
        cmocka_unit_test(test_json_has_everything),
        cmocka_unit_test(test_the_ratio_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
