/* The topologies: how many links, between whom, each once, and everyone reachable. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/stream.h"
#include "sim/topology.h"

static void build(const char *network, uint32_t nodes, uint64_t seed, struct topology *topology) {
    struct scenario scenario;
    char yaml[512], *errors = NULL;
    snprintf(yaml, sizeof yaml,
             "name: t\nseed: %lu\nduration: 1 s\nnodes: {n: {count: %u, position: {grid: 100 m, "
             "width: 10}}}\nnetwork: %s\n",
             (unsigned long)seed, nodes, network);
    if (scenario_parse(&scenario, "t", yaml, strlen(yaml), NULL, 0, &errors) != 0)
        fail_msg("%s", errors);
    uint64_t keys[200];
    for (uint64_t i = 0; i < nodes; i++)
        keys[i] = stream_mix(i);
    assert_int_equal(topology_build(topology, &scenario, &scenario.networks[0], keys), 0);
    scenario_close(&scenario);
}

static uint32_t root(const uint32_t *parents, uint32_t node) {
    while (parents[node] != node)
        node = parents[node];
    return node;
}

static void expect_simple_and_connected(const struct topology *topology, uint32_t nodes) {
    uint32_t *parents = malloc(nodes * sizeof *parents), parts = nodes;
    bool *linked = calloc((size_t)nodes * nodes, sizeof *linked);
    for (uint32_t i = 0; i < nodes; i++)
        parents[i] = i;
    for (uint32_t i = 0; i < topology->count; i++) {
        uint32_t a = topology->links[i].a, b = topology->links[i].b;
        assert_true(a < b && b < nodes);
        assert_false(linked[a * nodes + b]);
        linked[a * nodes + b] = true;
        if (root(parents, a) != root(parents, b)) {
            parents[root(parents, a)] = root(parents, b);
            parts--;
        }
    }
    assert_int_equal(parts, 1);
    free(parents);
    free(linked);
}

static void each_has_its_links(void **state) {
    static const struct {
        const char *network;
        uint32_t nodes, links;
    } rows[] = {
        {"{topology: line}", 10, 9},
        {"{topology: line}", 1, 0},
        {"{topology: ring}", 10, 10},
        {"{topology: ring}", 2, 1},
        {"{topology: star}", 10, 9},
        {"{topology: grid}", 9, 12},
        {"{topology: grid, width: 4}", 10, 6 + 2 + 3 + 2},
        {"{topology: grid, width: 1}", 5, 4},
        {"{topology: complete}", 10, 45},
        {"{topology: random, degree: 6}", 200, 600},
        {"{topology: random, degree: 2}", 50, 50},
        {"{topology: random, degree: 9}", 10, 45},
        {"{topology: geometric, range: 100 m}", 100, 180},       /* a grid of ten by ten */
        {"{topology: geometric, range: 142 m}", 100, 180 + 162}, /* and its diagonals */
        {"{topology: edges, edges: [[n-0, n-1], [n-2, n-1]]}", 3, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct topology topology;
        build(rows[i].network, rows[i].nodes, 1, &topology);
        assert_int_equal(topology.count, rows[i].links);
        expect_simple_and_connected(&topology, rows[i].nodes);
        topology_close(&topology);
    }
}

static void a_medium_has_no_links(void **state) {
    struct topology topology;
    (void)state;
    build("{topology: broadcast}", 10, 1, &topology);
    assert_int_equal(topology.count, 0);
    topology_close(&topology);
}

static void a_random_graph_is_of_its_seed(void **state) {
    struct topology one, same, other;
    (void)state;
    build("{topology: random, degree: 4}", 100, 1, &one);
    build("{topology: random, degree: 4}", 100, 1, &same);
    build("{topology: random, degree: 4}", 100, 2, &other);
    assert_int_equal(one.count, same.count);
    assert_memory_equal(one.links, same.links, one.count * sizeof *one.links);
    assert_memory_not_equal(one.links, other.links, one.count * sizeof *one.links);
    topology_close(&one);
    topology_close(&same);
    topology_close(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_links),
        cmocka_unit_test(a_medium_has_no_links),
        cmocka_unit_test(a_random_graph_is_of_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
