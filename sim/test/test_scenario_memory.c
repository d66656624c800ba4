/* A scenario is loaded while the n-th allocation fails, for every n: it says so, and leaks nothing.
 * The program is linked with --wrap=malloc; allocations within libraries are not met. */
#include "sim/scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static size_t countdown; /* the allocation that fails, from 1; 0: none */

void *__wrap_malloc(size_t size) {
    if (countdown && --countdown == 0)
        return NULL;
    return __real_malloc(size);
}

/* Enough to come by every place that allocates. */
static const char text[] =
    "name: t\nduration: 100 s\nstrategy: {interval: 5 s}\n"
    "nodes:\n"
    "  a: &a {produce: {at_start: 1}, follow: [p]}\n"
    "  p: {count: 2, produce: {every: 2 s}, follow: [a, p-0, p-1]}\n"
    "  q: {follow: all, clock: {drift: 1 ppm}}\n"
    "  r: *a\n"
    "  s: {position: {list: [[1 m, 1 m]]}, move: {waypoints: [{at: 1 s, position: [1 m, 0 m]}]}}\n"
    "  u: {move: {visit: {stops: [[0 m, 0 m], [1 m, 0 m]], speed: 1 m/s}}}\n"
    "  b: {role: bridge, position: [1 m, 1 m], processing: {radio: 1 s}}\n"
    "mobility: {trace: " TSSB_SOURCE_DIR "/sim/test/traces/walk.tcl, nodes: [p]}\n"
    "network:\n"
    "  - name: lines\n"
    "    nodes: [a, b, p, q]\n"
    "    topology: edges\n"
    "    edges:\n"
    "      - [a, q]\n"
    "      - {between: [a, p-1], drop: [2], phases: [{for: 1 s, drop: [1]}, {for: 2 s}]}\n"
    "      - {between: [a, p-0], trace: {file: " TSSB_SOURCE_DIR "/sim/test/traces/link.csv}, "
    "back: {loss: {mean: 10 %, burst: 2}, phases: [{for: 1 s, rate: 1 bit/s}]}}\n"
    "      - {between: [b, q], preset: ble, jitter: {pareto: 1 ms}}\n"
    "  - {name: air, nodes: [b, s], topology: radio, radio: {preset: lora-poc, path_loss: {}}}\n"
    "  - {name: medium, nodes: [r, u, p]}\n"
    "timeline:\n"
    "  - {at: 1 s, offline: q, for: 1 s}\n"
    "  - {at: 2 s, partition: [a, p], name: x}\n"
    "  - {at: 3 s, heal: x}\n"
    "  - {at: 4 s, link: {loss: 1 %, between: [a, p]}}\n"
    "  - {at: 4 s, join: q}\n"
    "  - {at: 4 s, attack: {by: [q], with: forge, every: 1 s}, for: 3 s}\n"
    "  - {at: 5 s, flood: {by: [q], with: wants, every: 1 s}, for: 3 s, every: 5 s}\n"
    "  - {at: 6 s, churn: {nodes: p, up: 1 s, down: 2 s}, for: 1 s, every: {mean: 9 s}}\n"
    "expect: [{converged: a, on: q}, {holds: a, entries: 1}]\n";

static const struct scenario_setting settings[] = {{"timeline.0.at=2 s"}, {"nodes.z.follow=[a]"}};

/* How many allocations had to be let through, or the one that had to fail, until status came out.
 */
static void load_with_failures(const char *input, int success) {
    size_t n = 0;
    int status = 3;
    for (; status == 3; n++) {
        struct scenario scenario;
        char *errors;
        countdown = n + 1;
        status = scenario_parse(&scenario, "t", input, strlen(input), settings, 2, &errors);
        countdown = 0;
        if (status == 3) {
            assert_string_equal(errors, "t: memory ran out\n");
            assert_null(scenario.arena.blocks);
        } else if (status != success) {
            print_error("%s", errors ? errors : "all is well\n");
        }
        free(errors);
        scenario_close(&scenario);
    }
    assert_int_equal(status, success);
    assert_in_range(n, 3, 10000);
}

static void test_good(void **state) {
    (void)state;
    load_with_failures(text, 0);
}

static void test_bad(void **state) {
    (void)state;
    load_with_failures("name: t\nduration: 1\nnodes: {a: {x: 1}}\nsweep: {x.y: [1]}", 2);
}

static void test_file(void **state) {
    (void)state;
    struct scenario scenario;
    char *errors;
    countdown = 2; /* the first is of fopen in some C libraries; either way one fails */
    int status = scenario_load(&scenario, TSSB_SOURCE_DIR "/scenarios/transitive-sync.yaml", NULL,
                               0, &errors);
    countdown = 0;
    assert_int_equal(status, 3);
    free(errors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
