/* Scenarios that are good, and what they resolve to. */
#include "sim/scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define SECOND_NS ((uint64_t)1000000000)
#define MILLISECOND_NS ((uint64_t)1000000)

/* A scenario out of a text; what is wrong with it ends the test. */
static void parse(struct scenario *scenario, const char *text) {
    char *errors;
    int status = scenario_parse(scenario, "t", text, strlen(text), NULL, 0, &errors);
    if (status)
        print_error("%s", errors);
    assert_int_equal(status, 0);
    assert_null(errors);
}

/* The same of one value: a document that holds it, and nothing else of note. */
static void parse_with(struct scenario *scenario, const char *rest) {
    char text[2000];
    snprintf(text, sizeof text,
             "name: t\nduration: 100 s\n"
             "nodes:\n"
             "  nodeA: {produce: {at_start: 1}}\n"
             "  nodeB: {follow: [nodeA]}\n"
             "  peer: {count: 3, follow: nodeA}\n"
             "%s",
             rest);
    parse(scenario, text);
}

static void expect_nodes(const struct node_set *set, uint32_t count, const uint32_t *nodes) {
    assert_int_equal(set->count, count);
    assert_memory_equal(set->nodes, nodes, count * sizeof *nodes);
}

#define EXPECT_NODES(set, ...)                            \
    do {                                                  \
        const uint32_t due[] = {__VA_ARGS__};             \
        expect_nodes(set, sizeof due / sizeof *due, due); \
    } while (0)

static void test_defaults(void **state) {
    (void)state;
    static const char text[] = "name: small\nduration: 1 s\nnodes: {nodeA: }";
    struct scenario scenario;
    parse(&scenario, text);
    assert_string_equal(scenario.name, "small");
    assert_string_equal(scenario.text, text);
    assert_int_equal(scenario.text_size, strlen(text));
    assert_int_equal(scenario.seed, 1);
    assert_true(scenario.duration_ns == SECOND_NS);
    assert_int_equal(scenario.stop, STOP_AT_DURATION);
    assert_int_equal(scenario.record, RECORD_PROGRESS);
    assert_string_equal(scenario.scheme->name, "ed25519");
    assert_int_equal(scenario.group_count, 1);
    assert_int_equal(scenario.node_count, 1);
    const struct node_group *group = &scenario.groups[0];
    assert_string_equal(group->name, "nodeA");
    assert_int_equal(group->count, 1);
    assert_false(group->numbered);
    assert_true(group->serve);
    assert_int_equal(group->follow.count, 0);
    assert_int_equal(group->produce.at_start, 0);
    assert_true(group->produce.every_ns == 0);
    assert_string_equal(group->strategy.strategy->name, "single");
    assert_true(group->strategy.asking.interval_ns == 10 * SECOND_NS);
    assert_false(group->strategy.spread);
    assert_int_equal(scenario.networks[0].topology, TOPOLOGY_BROADCAST);
    assert_true(scenario.networks[0].link.delay_ns == MILLISECOND_NS);
    assert_true(scenario.networks[0].link.jitter_ns == 0);
    assert_int_equal(scenario.networks[0].link.loss.good_ppb, 0);
    assert_int_equal(scenario.networks[0].link.drop_count, 0);
    assert_int_equal(scenario.fault_count, 0);
    assert_int_equal(scenario.expectation_count, 0);
    scenario_close(&scenario);
}

static void test_top_level(void **state) {
    (void)state;
    struct scenario scenario;
    parse(&scenario, "name: a-b_c.d\nseed: 9223372036854775807\nduration: 2 min\nstop: level\n"
                     "record: packets\nscheme: hmac-sha512\nnodes: {n: {}}\n"
                     "strategy: {name: single, interval: 1 ms, first: spread}\n"
                     "sweep: {seeds: 20, network.link.loss: [0 %, 5 %], strategy: [{}]}\n");
    assert_true(scenario.seed == INT64_MAX);
    assert_int_equal(scenario.stop, STOP_WHEN_LEVEL);
    assert_int_equal(scenario.record, RECORD_PACKETS);
    assert_string_equal(scenario.scheme->name, "hmac-sha512");
    assert_true(scenario.groups[0].strategy.asking.interval_ns == MILLISECOND_NS);
    assert_true(scenario.groups[0].strategy.spread);
    scenario_close(&scenario);
}

/* What is not said does not stand among the parameters either. */
static void test_the_bound(void **state) {
    static const struct {
        const char *line;
        enum scenario_bound bound;
        bool stands;
    } cases[] = {{"", BOUND_IF_SMALL, false},
                 {"bound: true\n", BOUND_ON, true},
                 {"bound: false\n", BOUND_OFF, true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario scenario;
        char yaml[100];
        snprintf(yaml, sizeof yaml, "name: t\nduration: 1 s\nnodes: {n: {}}\n%s", cases[i].line);
        parse(&scenario, yaml);
        assert_int_equal(scenario.bound, cases[i].bound);
        char *text = scenario_parameters_json(&scenario);
        assert_int_equal(strstr(text, "\"bound\"") != NULL, cases[i].stands);
        free(text);
        scenario_close(&scenario);
    }
}

static void test_nodes(void **state) {
    (void)state;
    struct scenario scenario;
    char name[NODE_NAME_SIZE];
    parse(&scenario, "name: t\nduration: 1 s\nstrategy: {interval: 3 s, first: spread}\nnodes:\n"
                     "  late: {follow: [writer-1, nodeA]}\n"
                     "  writer: {count: 3, produce: {every: 5 s}, follow: [writer], serve: false}\n"
                     "  nodeA: {produce: {at_start: 2, every: 5 s, start: 0 s, entries: 4},\n"
                     "          strategy: {first: now}}\n"
                     "  all-of-them: {follow: all, strategy: {interval: 7 s}}\n"
                     "  silent: {produce: {at_start: 0}}\n"
                     "  one: {count: 1, follow: writer}\n");
    const struct node_group *groups = scenario.groups;
    assert_int_equal(scenario.node_count, 8);
    EXPECT_NODES(&groups[0].follow, 2, 4);
    EXPECT_NODES(&groups[1].follow, 1, 2, 3);
    EXPECT_NODES(&groups[3].follow, 1, 2, 3, 4);
    EXPECT_NODES(&groups[5].follow, 1, 2, 3);
    assert_int_equal(groups[1].first, 1);
    assert_true(groups[1].numbered);
    assert_false(groups[1].serve);
    assert_true(groups[1].produce.start_ns == 5 * SECOND_NS);
    assert_int_equal(groups[1].produce.entries, UINT32_MAX);
    assert_true(groups[2].produce.start_ns == 0);
    assert_int_equal(groups[2].produce.at_start, 2);
    assert_int_equal(groups[2].produce.entries, 4);
    assert_false(groups[2].strategy.spread);
    assert_true(groups[2].strategy.asking.interval_ns == 3 * SECOND_NS);
    assert_true(groups[3].strategy.spread);
    assert_true(groups[3].strategy.asking.interval_ns == 7 * SECOND_NS);
    static const char *const names[] = {"late",  "writer-0",    "writer-1", "writer-2",
                                        "nodeA", "all-of-them", "silent",   "one-0"};
    for (uint32_t i = 0; i < scenario.node_count; i++)
        assert_string_equal(scenario_node_name(&scenario, i, name, sizeof name), names[i]);
    assert_ptr_equal(scenario_group(&scenario, 3), &groups[1]);
    assert_ptr_equal(scenario_group(&scenario, 7), &groups[5]);
    scenario_close(&scenario);
}

static void test_network(void **state) {
    (void)state;
    static const char *const words[] = {"broadcast", "line", "ring", "star", "grid", "complete"};
    struct scenario scenario;
    char text[200];
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(text, sizeof text, "network: {topology: %s}", words[i]);
        parse_with(&scenario, text);
        assert_int_equal(scenario.networks[0].topology, i);
        assert_int_equal(scenario.networks[0].width, i == TOPOLOGY_GRID ? 3 : 0); /* of 5 nodes */
        scenario_close(&scenario);
    }
    parse_with(&scenario, "network: {topology: grid, width: 5}");
    assert_int_equal(scenario.networks[0].width, 5);
    scenario_close(&scenario);
    parse_with(&scenario, "network:\n  topology: random\n  degree: 4\n"
                          "  link: {delay: 1 ns, jitter: 2 us, loss: 100 %, drop: [5, 3]}\n");
    assert_int_equal(scenario.networks[0].topology, TOPOLOGY_RANDOM);
    assert_int_equal(scenario.networks[0].degree, 4);
    assert_true(scenario.networks[0].link.delay_ns == 1);
    assert_true(scenario.networks[0].link.jitter_ns == 2000);
    assert_int_equal(scenario.networks[0].link.loss.good_ppb, PPB);
    assert_int_equal(scenario.networks[0].link.drop_count, 2);
    assert_int_equal(scenario.networks[0].link.drops[0], 3);
    assert_int_equal(scenario.networks[0].link.drops[1], 5);
    scenario_close(&scenario);
}

static void test_edges(void **state) {
    (void)state;
    struct scenario scenario;
    parse_with(&scenario, "network:\n  topology: edges\n  link: {delay: 2 ms, loss: 1 %}\n"
                          "  edges:\n    - [peer-1, nodeA]\n"
                          "    - {between: [nodeA, nodeB], delay: 3 ms, drop: [1]}\n");
    const struct scenario_edge *edges = scenario.networks[0].edges;
    assert_int_equal(scenario.networks[0].edge_count, 2);
    assert_int_equal(edges[0].a, 0);
    assert_int_equal(edges[0].b, 3);
    assert_true(edges[0].link.delay_ns == 2 * MILLISECOND_NS);
    assert_int_equal(edges[0].link.loss.good_ppb, PPB / 100);
    assert_int_equal(edges[1].a, 0);
    assert_int_equal(edges[1].b, 1);
    assert_true(edges[1].link.delay_ns == 3 * MILLISECOND_NS);
    assert_int_equal(edges[1].link.loss.good_ppb, PPB / 100);
    assert_int_equal(edges[1].link.drop_count, 1);
    scenario_close(&scenario);
}

static void expect_fault(const struct scenario *scenario, uint32_t index, uint64_t at_ns,
                         enum fault_kind kind, const char *text) {
    const struct fault *fault = &scenario->faults[index];
    assert_string_equal(fault->text, text);
    assert_true(fault->at_ns == at_ns * SECOND_NS);
    assert_int_equal(fault->kind, kind);
}

static void test_timeline(void **state) {
    (void)state;
    struct scenario scenario;
    parse_with(&scenario,
               "timeline:\n"
               "  - {at: 50 s, heal: wall}\n"
               "  - {at: 10 s, offline: [nodeB, peer], for: 10 s}\n"
               "  - {at: 20 s, partition: [nodeA, [nodeB, peer-2]], one_way: true, name: wall}\n"
               "  - {at: 0 s, online: nodeA}\n"
               "  - {at: 20 s, partition: [nodeA, nodeB], for: 10 s}\n"
               "  - {at: 90 s, offline: nodeA, for: 11 s}\n"
               "  - {at: 90 s, offline: nodeB, for: 10 s}\n"
               "  - {at: 60 s, heal: all}\n");
    expect_fault(&scenario, 0, 0, FAULT_ONLINE, "online nodeA");
    expect_fault(&scenario, 1, 10, FAULT_OFFLINE, "offline nodeB, peer");
    expect_fault(&scenario, 2, 20, FAULT_ONLINE, "online nodeB, peer"); /* ends come first */
    expect_fault(&scenario, 3, 20, FAULT_PARTITION,
                 "partition nodeA | nodeB, peer-2, one way (wall)");
    expect_fault(&scenario, 4, 20, FAULT_PARTITION, "partition nodeA | nodeB");
    expect_fault(&scenario, 5, 30, FAULT_HEAL, "heal nodeA | nodeB");
    expect_fault(&scenario, 6, 50, FAULT_HEAL, "heal wall");
    expect_fault(&scenario, 7, 60, FAULT_HEAL, "heal all");
    expect_fault(&scenario, 8, 90, FAULT_OFFLINE, "offline nodeA");
    expect_fault(&scenario, 9, 90, FAULT_OFFLINE, "offline nodeB");
    expect_fault(&scenario, 10, 100, FAULT_ONLINE, "online nodeB");
    assert_int_equal(scenario.fault_count, 11); /* the end of nodeA's absence is past the run's */
    EXPECT_NODES(&scenario.faults[1].nodes, 1, 2, 3, 4);
    EXPECT_NODES(&scenario.faults[2].nodes, 1, 2, 3, 4);
    assert_true(scenario.faults[3].one_way);
    assert_int_equal(scenario.faults[3].id, 0);
    assert_int_equal(scenario.faults[3].set_count, 2);
    EXPECT_NODES(&scenario.faults[3].sets[0], 0);
    EXPECT_NODES(&scenario.faults[3].sets[1], 1, 4);
    assert_int_equal(scenario.faults[4].id, 1);
    assert_false(scenario.faults[4].one_way);
    assert_int_equal(scenario.faults[5].id, 1);
    assert_int_equal(scenario.faults[6].id, 0);
    assert_int_equal(scenario.faults[7].id, FAULT_ALL);
    assert_int_equal(scenario.partition_count, 2);
    scenario_close(&scenario);
}

static void test_link_changes(void **state) {
    (void)state;
    struct scenario scenario;
    parse_with(&scenario,
               "timeline:\n"
               "  - {at: 10 s, link: {loss: 50 %, delay: 2 ms}, for: 5 s}\n"
               "  - {at: 30 s, link: {jitter: 0 s, drop: [], between: [nodeA, peer]}}\n"
               "  - {at: 40 s, link: {drop: [2, 1], between: [[nodeA, peer-0], peer]}}\n"
               "  - {at: 50 s, link: {loss: 1 %, delay: 3 ms, jitter: 1 us, drop: [1]}}\n");
    expect_fault(&scenario, 0, 10, FAULT_LINK, "link delay 2 ms, loss 50 %");
    expect_fault(&scenario, 1, 15, FAULT_LINK_RESTORE, "end of link delay 2 ms, loss 50 %");
    expect_fault(&scenario, 2, 30, FAULT_LINK, "link jitter 0 s, drop [] between nodeA and peer");
    expect_fault(&scenario, 3, 40, FAULT_LINK, "link drop [1, 2] between nodeA, peer-0 and peer");
    expect_fault(&scenario, 4, 50, FAULT_LINK, "link delay 3 ms, jitter 1 us, loss 1 %, drop [1]");
    assert_true(scenario.faults[0].everywhere);
    assert_int_equal(scenario.faults[0].changed, LINK_DELAY | LINK_LOSS);
    assert_int_equal(scenario.faults[0].link.loss.good_ppb, PPB / 2);
    assert_int_equal(scenario.faults[1].id, 0);
    assert_false(scenario.faults[2].everywhere);
    assert_int_equal(scenario.faults[2].changed, LINK_JITTER | LINK_DROP);
    assert_int_equal(scenario.faults[2].id, 1);
    EXPECT_NODES(&scenario.faults[2].sets[0], 0);
    EXPECT_NODES(&scenario.faults[2].sets[1], 2, 3, 4);
    EXPECT_NODES(&scenario.faults[3].sets[0], 0, 2);
    assert_int_equal(scenario.link_change_count, 4);
    scenario_close(&scenario);
}

static void test_expectations(void **state) {
    (void)state;
    struct scenario scenario;
    parse_with(&scenario, "expect:\n"
                          "  - {converged: nodeA}\n"
                          "  - {converged: nodeA, on: [peer, nodeA], by: 90 s}\n"
                          "  - {holds: nodeA, entries: 1, on: nodeB, by: 100 s}\n"
                          "  - {holds: nodeA, entries: 2}\n");
    const struct expectation *expectations = scenario.expectations;
    assert_int_equal(scenario.expectation_count, 4);
    assert_string_equal(expectations[0].text, "converged nodeA on all who follow");
    assert_string_equal(expectations[1].text, "converged nodeA on peer, nodeA by 90 s");
    assert_string_equal(expectations[2].text, "1 entry of nodeA on nodeB by 100 s");
    assert_string_equal(expectations[3].text, "2 entries of nodeA on all who follow");
    EXPECT_NODES(&expectations[0].on, 1, 2, 3, 4);
    EXPECT_NODES(&expectations[1].on, 0, 2, 3, 4);
    EXPECT_NODES(&expectations[2].on, 1);
    assert_int_equal(expectations[0].kind, EXPECT_CONVERGED);
    assert_int_equal(expectations[2].kind, EXPECT_HOLDS);
    assert_int_equal(expectations[3].entries, 2);
    assert_true(expectations[0].by_ns == 100 * SECOND_NS);
    assert_true(expectations[1].by_ns == 90 * SECOND_NS);
    assert_int_equal(expectations[0].author, 0);
    assert_int_equal(expectations[0].line, 8);
    scenario_close(&scenario);
}

/* An author of a group that follows itself is no follower of its own. */
static void test_followers_of_one_of_a_group(void **state) {
    (void)state;
    struct scenario scenario;
    parse(&scenario, "name: t\nduration: 1 s\nnodes: {peer: {count: 3, produce: {at_start: 1}, "
                     "follow: all}}\nexpect: [{converged: peer-1}]");
    EXPECT_NODES(&scenario.expectations[0].on, 0, 2);
    scenario_close(&scenario);
}

static void test_settings(void **state) {
    (void)state;
    static const char text[] = "name: t\nduration: 100 s\nnodes: {nodeA: {produce: {at_start: 1}}, "
                               "nodeB: }\ntimeline: [{at: 1 s, offline: nodeB}]";
    static const struct scenario_setting settings[] = {
        {"seed=7"},
        {"network.link.loss=5 %"},
        {"nodes.nodeB={follow: [nodeA]}"},
        {"nodes.nodeC.follow=all"},
        {"timeline.0.at=2 s"},
        {"seed=8"},
    };
    struct scenario scenario;
    char *errors;
    assert_int_equal(scenario_parse(&scenario, "t", text, strlen(text), settings,
                                    sizeof settings / sizeof *settings, &errors),
                     0);
    assert_int_equal(scenario.seed, 8);
    assert_int_equal(scenario.networks[0].link.loss.good_ppb, PPB / 20);
    EXPECT_NODES(&scenario.groups[1].follow, 0);
    assert_string_equal(scenario.groups[2].name, "nodeC");
    assert_true(scenario.faults[0].at_ns == 2 * SECOND_NS);
    assert_string_equal(scenario.text, text); /* what was read, not what was set */
    scenario_close(&scenario);
}

static void test_parameters(void **state) {
    (void)state;
    struct scenario scenario;
    parse(&scenario, "name: t\nduration: 100 s\nstop: level\nstrategy: {interval: 5 s}\n"
                     "nodes:\n"
                     "  a: {produce: {at_start: 1}, follow: [p]}\n"
                     "  p: {count: 2, produce: {every: 2 s, entries: 3}, follow: [a, p-1]}\n"
                     "  q: {follow: all, serve: false, strategy: {first: spread}}\n"
                     "network: {topology: edges, link: {loss: 12.5 %}, "
                     "edges: [{between: [a, p-1], drop: [2]}]}\n"
                     "timeline: [{at: 1 s, offline: q}]\n"
                     "expect: [{converged: a, on: q}]\n");
    char *text = scenario_parameters_json(&scenario);
    assert_string_equal(
        text,
        "{\"name\":\"t\",\"seed\":1,\"duration\":\"100 s\",\"stop\":\"level\","
        "\"record\":\"progress\",\"scheme\":\"ed25519\","
        "\"strategy\":{\"name\":\"single\",\"interval\":\"5 s\",\"first\":\"now\",\"stash\":0,"
        "\"answer\":\"immediate\",\"suppress\":\"0 s\",\"forward\":\"author\"},\"nodes\":{"
        "\"a\":{\"follow\":[\"p\"],\"produce\":{\"at_start\":1},\"serve\":true},"
        "\"p\":{\"count\":2,\"follow\":[\"a\",\"p-1\"],\"produce\":{\"at_start\":0,"
        "\"every\":\"2 s\",\"start\":\"2 s\",\"entries\":3},\"serve\":true},"
        "\"q\":{\"follow\":\"all\",\"serve\":false,"
        "\"strategy\":{\"name\":\"single\",\"interval\":\"5 s\",\"first\":\"spread\",\"stash\":0,"
        "\"answer\":\"immediate\",\"suppress\":\"0 s\",\"forward\":\"author\"}}},"
        "\"network\":{\"topology\":\"edges\","
        "\"link\":{\"delay\":\"1 ms\",\"jitter\":\"0 s\",\"loss\":\"12.5 %\",\"drop\":[]},"
        "\"edges\":[{\"delay\":\"1 ms\",\"jitter\":\"0 s\",\"loss\":\"12.5 %\",\"drop\":[2],"
        "\"between\":[\"a\",\"p-1\"]}]},"
        "\"timeline\":[{\"at\":\"1 s\",\"what\":\"offline q\"}],"
        "\"expect\":[\"converged a on q\"]}");
    free(text);
    scenario_close(&scenario);
    parse_with(&scenario, "network: {topology: random, degree: 2}");
    text = scenario_parameters_json(&scenario);
    assert_non_null(strstr(text, "\"degree\":2"));
    free(text);
    scenario_close(&scenario);
    parse_with(&scenario, "network: {topology: grid}");
    text = scenario_parameters_json(&scenario);
    assert_non_null(strstr(text, "\"width\":3"));
    free(text);
    scenario_close(&scenario);
}

/* What a network is on ns-3, with the channel's defaults; without `ns3` nothing is said. */
static void test_parameters_of_ns3(void **state) {
    static const struct {
        const char *written, *due;
    } examples[] = {
        {"ns3: {channel: csma, rate: 10 Mbit/s}",
         "\"ns3\":{\"channel\":\"csma\",\"rate\":\"10 Mbit/s\"}"},
        {"topology: line, ns3: {channel: p2p}", "\"ns3\":{\"channel\":\"p2p\"}"},
        {"ns3: {channel: wifi-adhoc}",
         "\"ns3\":{\"channel\":\"wifi-adhoc\",\"standard\":\"802.11a\","
         "\"propagation\":\"log-distance\",\"exponent\":\"3\",\"power\":\"16 dBm\"}"},
        {"ns3: {channel: wifi-adhoc, standard: 802.11b, propagation: range, range: 5 m}",
         "\"ns3\":{\"channel\":\"wifi-adhoc\",\"standard\":\"802.11b\","
         "\"propagation\":\"range\",\"range\":\"5 m\",\"power\":\"16 dBm\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct scenario scenario;
        char yaml[400];
        snprintf(yaml, sizeof yaml,
                 "name: t\nduration: 1 s\n"
                 "nodes: {a: {count: 2, produce: {at_start: 1}, position: {grid: 9 m}}}\n"
                 "network: {%s}\n",
                 examples[i].written);
        parse(&scenario, yaml);
        char *text = scenario_parameters_json(&scenario);
        assert_non_null(strstr(text, examples[i].due));
        free(text);
        scenario_close(&scenario);
    }
}

/* These are in the parameters, and a scenario that is read from these has the same. Closes it. */
static void expect_read_back(struct scenario *scenario, const char *const *due, size_t count) {
    char *text = scenario_parameters_json(scenario);
    for (size_t i = 0; i < count; i++)
        if (!strstr(text, due[i]))
            fail_msg("no %s in %s", due[i], text);
    scenario_close(scenario);
    json_t *all = json_loads(text, 0, NULL);
    json_object_del(all, "timeline"); /* written as prose */
    json_object_del(all, "attachments");
    char *again = json_dumps(all, 0);
    parse(scenario, again);
    free(again);
    again = scenario_parameters_json(scenario);
    json_t *second = json_loads(again, 0, NULL);
    json_object_del(second, "timeline");
    json_object_del(second, "attachments"); /* the scenario itself was another file */
    if (!json_equal(all, second))
        fail_msg("%s\nreads back as\n%s", text, again);
    json_decref(second);
    free(again);
    free(text);
    json_decref(all);
    scenario_close(scenario);
}

/* Positions and movement read back as the same, from what is written of them. */
static void test_parameters_of_movement(void **state) {
    (void)state;
    struct scenario scenario;
    char *errors;
    static const char yaml[] =
        "name: t\nduration: 100 s\nnodes:\n"
        "  a: {position: [-1 m, 2.5 km]}\n"
        "  b: {count: 2, position: {list: [[0 m, 1 mm], [1 km, 1 cm]]}}\n"
        "  c: {count: 5, position: {grid: 100 m}, move: {waypoints: "
        "[{at: 90 s, position: [1 m, 1 m]}]}}\n"
        "  d: {position: {uniform: [2 km, 1 km], origin: [5 m, -5 m]}, move: {random_waypoint: "
        "{area: [2 km, 1 km], speed: [1 m/s, 36 km/h], pause: 5 s}}}\n"
        "  e: {position: {disc: 500 m}, move: {visit: "
        "{stops: [[0 m, 0 m], {position: [1 m, 1 m], stay: 5 s}], stay: 1 min, speed: 1 m/s}}}\n"
        "  f: {count: 3}\n"
        "mobility: {trace: walk.tcl, nodes: [f-1, f-2, f-0, a]}\n";
    int status = scenario_parse(&scenario, TSSB_SOURCE_DIR "/sim/test/traces/none.yaml", yaml,
                                strlen(yaml), NULL, 0, &errors);
    if (status)
        print_error("%s", errors);
    assert_int_equal(status, 0);
    static const char *const due[] = {
        "\"a\":{\"serve\":true,\"position\":[\"-1 m\",\"2500 m\"]}",
        "\"position\":{\"list\":[[\"0 m\",\"1 mm\"],[\"1 km\",\"10 mm\"]]}",
        "\"position\":{\"grid\":\"100 m\",\"width\":3,\"origin\":[\"0 m\",\"0 m\"]},"
        "\"move\":{\"waypoints\":[{\"at\":\"90 s\",\"position\":[\"1 m\",\"1 m\"]}]}",
        "\"position\":{\"uniform\":[\"2 km\",\"1 km\"],\"origin\":[\"5 m\",\"-5 m\"]},"
        "\"move\":{\"random_waypoint\":{\"area\":[\"2 km\",\"1 km\"],"
        "\"origin\":[\"0 m\",\"0 m\"],\"speed\":[\"1 m/s\",\"10 m/s\"],"
        "\"pause\":[\"5 s\",\"5 s\"]}}",
        "\"position\":{\"disc\":\"500 m\",\"origin\":[\"0 m\",\"0 m\"]},"
        "\"move\":{\"visit\":{\"stops\":[{\"position\":[\"0 m\",\"0 m\"],"
        "\"stay\":\"1 min\"},{\"position\":[\"1 m\",\"1 m\"],\"stay\":\"5 s\"}],"
        "\"speed\":\"1 m/s\"}}",
        "\"mobility\":{\"trace\":\"" TSSB_SOURCE_DIR "/sim/test/traces/walk.tcl\","
        "\"nodes\":[\"f-1\",\"f-2\",\"f-0\",\"a\"],\"sha256\":\"",
    };
    expect_read_back(&scenario, due, sizeof due / sizeof *due);
}

/* Links, media, bridges and radios as well: what a run notes of them would make the same world. */
static void test_parameters_of_networks(void **state) {
    (void)state;
    struct scenario scenario;
    static const char yaml[] =
        "name: t\nduration: 100 s\nnodes:\n"
        "  a: {produce: {at_start: 1}, position: [0 m, 0 m]}\n"
        "  b: {role: bridge, position: [1 m, 0 m], processing: {radio: 1 s}}\n"
        "  c: {follow: a}\n"
        "  d: {follow: a}\n"
        "network:\n"
        "  - {name: air, nodes: [a, b], topology: radio, radio: {preset: lora-poc, frequency: "
        "868.1 "
        "MHz, bandwidth: 125 kHz, spreading: 9, coding: 4/5, preamble: 12, power: -1.5 dBm, "
        "path_loss: {exponent: 2.7, reference: 40.25 dB, at: 1500 mm, shadowing: 3.5 dB}, capture: "
        "off, listen: 20 ms, duty_cycle: 10 %, duty_window: 30 min, queue: 3, pace: 1 s}}\n"
        "  - {name: medium, nodes: [b, c, d], link: {loss: {mean: 10 %, burst: 4}, duplicate: 2 %, "
        "jitter: {pareto: 1 ms}, queue: 5, phases: [{for: 1 s, rate: 9.6 kbit/s}, "
        "{for: 2 s, duplicate: 0 %, bit_errors: 0.01 %, pace: 0 s, loss: 1 %}]}}\n"
        "  - name: lines\n"
        "    nodes: [a, c, d]\n"
        "    topology: edges\n"
        "    link: {duplicate: 1 %, bit_errors: 0.1 %, pace: [1 s, 2 s], back: {duplicate: 0 %, "
        "pace: 0 s, delay: 9 ms}}\n"
        "    edges:\n"
        "      - [a, c]\n"
        "      - {between: [d, a], bit_errors: 0 %, rate: 1 Mbit/s, trace: {file: link.csv, "
        "repeat: true}}\n"
        "      - {between: [c, d], preset: ble, jitter: {normal: 2 ms}, loss: {worsens: 1 %, "
        "recovers: 50 %, good: 1 %, bad: 90 %}, back: {drop: [1, 2]}}\n";
    char *errors;
    int status = scenario_parse(&scenario, TSSB_SOURCE_DIR "/sim/test/traces/none.yaml", yaml,
                                strlen(yaml), NULL, 0, &errors);
    if (status)
        print_error("%s", errors);
    assert_int_equal(status, 0);
    static const char *const due[] = {
        "\"b\":{\"role\":\"bridge\",\"processing\":{\"radio\":\"1 s\",\"other\":\"1 ms\"},"
        "\"position\":",
        "\"radio\":{\"frequency\":\"868100 kHz\",\"bandwidth\":\"125 kHz\",\"spreading\":9,"
        "\"coding\":\"4/5\",\"preamble\":12,\"power\":\"-1.5 dBm\",\"path_loss\":{"
        "\"exponent\":\"2.7\",\"reference\":\"40.25 dB\",\"at\":\"1.5 m\","
        "\"shadowing\":\"3.5 dB\"},\"capture\":\"off\",\"listen\":\"20 ms\","
        "\"duty_cycle\":\"10 %\",\"duty_window\":\"30 min\",\"queue\":3,\"pace\":\"1 s\"}",
        "\"jitter\":{\"pareto\":\"1 ms\"}",
        "\"queue\":5,\"phases\":[{\"rate\":\"9.6 kbit/s\",\"for\":\"1 s\"},",
        "\"back\":{\"delay\":\"9 ms\",\"jitter\":\"0 s\",\"loss\":\"0 %\",\"drop\":[],"
        "\"duplicate\":\"0 %\",\"bit_errors\":\"0.1 %\",\"queue\":64,\"pace\":\"0 s\"}",
        "\"trace\":{\"file\":\"" TSSB_SOURCE_DIR "/sim/test/traces/link.csv\",\"sha256\":\"",
        "\"loss\":{\"worsens\":\"1 %\",\"recovers\":\"50 %\",\"good\":\"1 %\",\"bad\":\"90 %\"}",
    };
    expect_read_back(&scenario, due, sizeof due / sizeof *due);
}

static size_t allocations_left;

static void *scarce_malloc(size_t size) {
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return malloc(size);
}

/* Whichever allocation fails, there is no text, and nothing leaks or crashes. */
static void test_parameters_without_memory(void **state) {
    (void)state;
    struct scenario scenario;
    char *text = NULL;
    parse_with(&scenario, "  m: {position: [1 m, 1 m]}\n"
                          "  v: {move: {visit: {stops: [[0 m, 0 m], [1 m, 0 m]], speed: 1 m/s}}}\n"
                          "network: {link: {drop: [1]}}\n"
                          "timeline: [{at: 1 s, offline: peer-1, every: {mean: 40 s}}]\n"
                          "expect: [{converged: nodeA}]");
    json_set_alloc_funcs(scarce_malloc, free);
    for (size_t n = 0; !text; n++) {
        allocations_left = n;
        text = scenario_parameters_json(&scenario);
        assert_in_range(n, 0, 1000);
    }
    json_set_alloc_funcs(malloc, free);
    char *due = scenario_parameters_json(&scenario);
    assert_string_equal(text, due);
    free(due);
    free(text);
    scenario_close(&scenario);
}

/* All that the folder of examples holds can be loaded. */
static void test_examples(void **state) {
    (void)state;
    static const char *const names[] = {
        "transitive-sync",  "lossy-broadcast", "line-of-ten",   "partition-and-heal",
        "three-producers",  "bench/w1",        "bench/w2",      "bench/w3",
        "lora-village",     "island-ferry",    "serial-bridge", "bursty-wifi",
        "coming-and-going", "flooded",         "forked",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct scenario scenario;
        char path[300], *errors;
        snprintf(path, sizeof path, "%s/scenarios/%s.yaml", TSSB_SOURCE_DIR, names[i]);
        int status = scenario_load(&scenario, path, NULL, 0, &errors);
        if (status)
            print_error("%s", errors);
        assert_int_equal(status, 0);
        const char *base = strrchr(names[i], '/');
        assert_string_equal(scenario.name, base ? base + 1 : names[i]);
        assert_true(scenario.expectation_count > 0);
        scenario_close(&scenario);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_top_level),
        cmocka_unit_test(test_the_bound),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_timeline),
        cmocka_unit_test(test_link_changes),
        cmocka_unit_test(test_expectations),
        cmocka_unit_test(test_followers_of_one_of_a_group),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_parameters_of_ns3),
        cmocka_unit_test(test_parameters_of_movement),
        cmocka_unit_test(test_parameters_of_networks),
        cmocka_unit_test(test_parameters_without_memory),
        cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
