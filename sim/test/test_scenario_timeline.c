/* Items of the timeline that come again, and those that happen to nodes: what they resolve to. */
#include "sim/scenario/scenario.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/types.h"

#define SECOND_NS ((uint64_t)1000000000)

static void parse(struct scenario *scenario, const char *seed, const char *timeline) {
    char text[2000], *errors;
    int size = snprintf(text, sizeof text,
                        "name: t\nseed: %s\nduration: 100 s\n"
                        "nodes:\n"
                        "  nodeA: {produce: {at_start: 1}, clock: {drift: [-50 ppm, 0.5 ppm]}}\n"
                        "  nodeB: {follow: [nodeA], clock: {offset: -1.5 s}}\n"
                        "  peer: {count: 3, follow: nodeA}\n"
                        "timeline:\n%s",
                        seed, timeline);
    int status = scenario_parse(scenario, "t", text, (size_t)size, NULL, 0, &errors);
    if (status)
        print_error("%s", errors);
    assert_int_equal(status, 0);
}

static void expect_fault(const struct scenario *scenario, uint32_t index, uint64_t at_s,
                         enum fault_kind kind, const char *text) {
    const struct fault *fault = &scenario->faults[index];
    assert_string_equal(fault->text, text);
    assert_true(fault->at_ns == at_s * SECOND_NS);
    assert_int_equal(fault->kind, kind);
}

static void test_attacks(void **state) {
    (void)state;
    struct scenario scenario;
    parse(&scenario, "1",
          "  - {at: 1 s, attack: {by: peer, with: flip, every: 10 ms}, for: 6 s}\n"
          "  - {at: 2 s, attack: {by: [nodeB], with: lie}}\n");
    expect_fault(&scenario, 0, 1, FAULT_ATTACK, "attack by peer with flip every 10 ms");
    expect_fault(&scenario, 1, 2, FAULT_ATTACK, "attack by nodeB with lie");
    expect_fault(&scenario, 2, 7, FAULT_ATTACK_END, "end of attack by peer with flip every 10 ms");
    assert_int_equal(scenario.faults[0].attack->with, ATTACK_FLIP);
    assert_true(scenario.faults[0].attack->for_ns == 6 * SECOND_NS);
    assert_true(scenario.faults[1].attack->for_ns == TSSB_NEVER);
    assert_true(scenario.faults[1].attack->every_ns == 0);
    scenario_close(&scenario);
}

static void test_kinds(void **state) {
    (void)state;
    struct scenario scenario;
    parse(&scenario, "1",
          "  - {at: 1 s, crash: [nodeA, peer], for: 9 s}\n"
          "  - {at: 2 s, wipe: peer-1, for: 7 s}\n"
          "  - {at: 3 s, join: [nodeB, peer-0]}\n"
          "  - {at: 4 s, join: peer-1}\n"
          "  - {at: 5 s, flood: {by: peer, with: wants, every: 10 ms}, for: 6 s}\n"
          "  - {at: 6 s, flood: {by: [nodeA], with: garbage, every: 1 us}}\n"
          "  - {at: 7 s, churn: {nodes: peer, up: 10 min, down: 90 s}, for: 5 s}\n");
    expect_fault(&scenario, 0, 1, FAULT_CRASH, "crash nodeA, peer");
    expect_fault(&scenario, 1, 2, FAULT_WIPE, "wipe peer-1");
    expect_fault(&scenario, 2, 3, FAULT_JOIN, "join nodeB, peer-0");
    expect_fault(&scenario, 3, 4, FAULT_JOIN, "join peer-1");
    expect_fault(&scenario, 4, 5, FAULT_FLOOD, "flood by peer with wants every 10 ms");
    expect_fault(&scenario, 5, 6, FAULT_FLOOD, "flood by nodeA with garbage every 1 us");
    expect_fault(&scenario, 6, 7, FAULT_CHURN, "churn peer, up 10 min, down 90 s");
    expect_fault(&scenario, 7, 9, FAULT_ONLINE, "online peer-1");
    expect_fault(&scenario, 8, 10, FAULT_ONLINE, "online nodeA, peer");
    expect_fault(&scenario, 9, 11, FAULT_FLOOD_END, "end of flood by peer with wants every 10 ms");
    expect_fault(&scenario, 10, 12, FAULT_CHURN_END, "end of churn peer, up 10 min, down 90 s");
    assert_int_equal(scenario.fault_count, 11);
    assert_int_equal(scenario.faults[0].nodes.count, 4);
    assert_int_equal(scenario.faults[4].flood->with, FLOOD_WANTS);
    assert_true(scenario.faults[4].flood->for_ns == 6 * SECOND_NS);
    assert_true(scenario.faults[5].flood->for_ns == TSSB_NEVER);
    assert_int_not_equal(scenario.faults[4].id, scenario.faults[5].id);
    assert_true(scenario.faults[6].churn->down_ns == 90 * SECOND_NS);
    assert_int_equal(scenario.faults[7].began, 1);
    assert_int_equal(scenario.faults[8].began, 0);
    assert_int_equal(scenario.faults[10].began, 6);
    scenario_close(&scenario);
}

/* Up to `until`, which counts; what ends, ends before the next begins; what would end after the run
 * has no end. */
static void test_every(void **state) {
    (void)state;
    struct scenario scenario;
    parse(&scenario, "1",
          "  - {at: 10 s, offline: nodeA, for: 20 s, every: 20 s, until: 50 s}\n"
          "  - {at: 95 s, offline: nodeB, for: 4 s, every: 4 s}\n");
    static const struct {
        uint64_t at_s;
        uint32_t began;
        bool is_end, again;
    } due[] = {
        {10, 0, false, false}, {30, 0, true, false}, {30, 0, false, true},
        {50, 2, true, true},   {50, 0, false, true}, {70, 4, true, true},
        {95, 0, false, false}, {99, 6, true, false}, {99, 0, false, true},
    };
    assert_int_equal(scenario.fault_count, sizeof due / sizeof *due);
    for (uint32_t i = 0; i < scenario.fault_count; i++) {
        const struct fault *fault = &scenario.faults[i];
        assert_true(fault->at_ns == due[i].at_s * SECOND_NS);
        assert_int_equal(fault->is_end, due[i].is_end);
        assert_int_equal(fault->again, due[i].again);
        assert_int_equal(fault->began, due[i].began);
    }
    scenario_close(&scenario);
    parse(&scenario, "1", "  - {at: 10 s, online: nodeA, every: 1 s, until: 2 h}\n");
    assert_int_equal(scenario.fault_count, 91);
    scenario_close(&scenario);
}

/* Gaps are exponential, between an end and the next beginning: their mean within 5 standard errors.
 * They follow from the seed and the place of the item. */
static void test_at_random(void **state) {
    (void)state;
    static const char timeline[] =
        "  - {at: 10 s, offline: nodeA, for: 10 ms, every: {mean: 20 ms}}\n"
        "  - {at: 10 s, offline: nodeB, for: 10 ms, every: {mean: 20 ms}}\n";
    struct scenario scenario, other;
    parse(&scenario, "1", timeline);
    parse(&other, "2", timeline);
    uint64_t last_end_ns[2] = {0}, sum_ns = 0;
    unsigned gaps = 0, alike = 0;
    for (uint32_t i = 0; i < scenario.fault_count; i++) {
        const struct fault *fault = &scenario.faults[i];
        uint32_t node = fault->nodes.nodes[0];
        alike += i < other.fault_count && i >= 8 && other.faults[i].at_ns == fault->at_ns;
        if (fault->is_end) {
            assert_true(fault->at_ns - scenario.faults[fault->began].at_ns == 10000000);
            last_end_ns[node] = fault->at_ns;
        } else if (last_end_ns[node]) {
            assert_true(fault->at_ns >= last_end_ns[node]);
            sum_ns += fault->at_ns - last_end_ns[node];
            gaps++;
        }
    }
    assert_in_range(gaps, 5600, 6400); /* 180 s of 30 ms */
    assert_int_equal(alike, 0);
    assert_true(fabs((double)sum_ns / gaps - 20e6) < 5 * 20e6 / sqrt(gaps));
    scenario_close(&scenario);
    scenario_close(&other);
}

/* As many as are allowed, and one more. */
static void test_at_most(void **state) {
    (void)state;
    struct scenario scenario;
    char *errors;
    parse(&scenario, "1", "  - {at: 0 s, offline: nodeA, every: 1 ms}\n");
    assert_int_equal(scenario.fault_count, 100001);
    char *text = scenario_parameters_json(&scenario);
    assert_in_range(strlen(text), 100, 2000);
    free(text);
    scenario_close(&scenario);
    static const char more[] = "name: t\nduration: 100 s\nnodes: {a: }\n"
                               "timeline: [{at: 0 s, offline: a, every: 999990 ns}]\n";
    assert_int_equal(scenario_parse(&scenario, "t", more, strlen(more), NULL, 0, &errors), 2);
    assert_string_equal(errors, "t:4:12: timeline: this comes 100001 times more, where 100000 of "
                                "100000 for all items are left (a longer 'every', an earlier "
                                "'until', or churn)\n");
    free(errors);
}

static void test_parameters(void **state) {
    (void)state;
    struct scenario scenario;
    parse(&scenario, "1",
          "  - {at: 10 s, offline: nodeA, for: 20 s, every: 20 s, until: 50 s}\n"
          "  - {at: 20 s, crash: nodeB, every: {mean: 1 s}}\n");
    char *text = scenario_parameters_json(&scenario);
    assert_non_null(strstr(text, "\"clock\":{\"drift\":[\"-50 ppm\",\"0.5 ppm\"],"
                                 "\"offset\":\"0 s\"}"));
    assert_non_null(strstr(text, "\"clock\":{\"drift\":\"0 ppm\",\"offset\":\"-1.5 s\"}"));
    assert_non_null(strstr(text, "\"timeline\":[{\"at\":\"10 s\",\"what\":\"offline nodeA\","
                                 "\"every\":\"20 s\",\"until\":\"50 s\"},"
                                 "{\"at\":\"20 s\",\"what\":\"crash nodeB\","
                                 "\"every\":{\"mean\":\"1 s\"},\"until\":\"100 s\"},"
                                 "{\"at\":\"30 s\",\"what\":\"online nodeA\"}]"));
    free(text);
    scenario_close(&scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_attacks),
        cmocka_unit_test(test_every),   cmocka_unit_test(test_at_random),
        cmocka_unit_test(test_at_most), cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
