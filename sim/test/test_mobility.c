/* Where nodes are: exact places at exact moments, and what theory says of random ones. */
#include "sim/mobility.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/stream.h"

#define SECOND_NS ((uint64_t)1000000000)

enum { NODES_MAX = 20000 };

struct world {
    struct scenario scenario;
    struct mobility mobility;
};

static void start_at(struct world *world, const char *path, const char *nodes) {
    static uint64_t keys[NODES_MAX];
    char text[4000], *errors;
    snprintf(text, sizeof text, "name: t\nduration: 1 h\nnodes:\n%s", nodes);
    int status = scenario_parse(&world->scenario, path, text, strlen(text), NULL, 0, &errors);
    if (status)
        print_error("%s", errors);
    assert_int_equal(status, 0);
    assert_in_range(world->scenario.node_count, 1, NODES_MAX);
    for (uint32_t i = 0; i < world->scenario.node_count; i++)
        keys[i] = stream_mix(i + 1);
    assert_int_equal(mobility_init(&world->mobility, &world->scenario, keys), 0);
}

static void start(struct world *world, const char *nodes) {
    start_at(world, "t", nodes);
}

static void stop(struct world *world) {
    mobility_close(&world->mobility);
    scenario_close(&world->scenario);
}

static void expect_at(struct world *world, uint32_t node, uint64_t at_ns, int64_t x_mm,
                      int64_t y_mm) {
    struct position position = mobility_at(&world->mobility, node, at_ns);
    if (position.x_mm != x_mm || position.y_mm != y_mm)
        fail_msg("node %u is at [%lld, %lld] mm at %llu ns", node, (long long)position.x_mm,
                 (long long)position.y_mm, (unsigned long long)at_ns);
}

static void distances(void **state) {
    const int64_t end = POSITION_MAX_MM;
    (void)state;
    assert_int_equal(mobility_distance_mm((struct position){0, 0}, (struct position){3, -4}), 5);
    assert_int_equal(mobility_distance_mm((struct position){1, 1}, (struct position){2, 2}), 1);
    assert_true(mobility_distance_mm((struct position){-end, -end}, (struct position){end, end}) ==
                2828427124); /* sqrt(8) * 10^9 = 2828427124.7 */
}

static void who_is_placed(void **state) {
    struct world w;
    (void)state;
    start(&w, "  a: {position: [-1 m, 2 km]}\n  b: {}\n"
              "  c: {move: {waypoints: [{at: 0 s, position: [5 m, 6 m]}]}}\n"
              "  d: {move: {visit: {stops: [[1 m, 1 m], [2 m, 2 m]], speed: 1 m/s}}}\n");
    assert_true(scenario_has_position(&w.scenario, 0));
    assert_false(scenario_has_position(&w.scenario, 1));
    assert_true(scenario_has_position(&w.scenario, 2));
    assert_true(scenario_has_position(&w.scenario, 3));
    expect_at(&w, 0, 0, -1000, 2000000);
    expect_at(&w, 1, 0, 0, 0);
    expect_at(&w, 2, 0, 5000, 6000);
    expect_at(&w, 3, 0, 1000, 1000);
    assert_false(mobility_moves(&w.mobility, 0));
    assert_true(mobility_moves(&w.mobility, 3));
    stop(&w);
}

static void lists_and_grids(void **state) {
    struct world w;
    (void)state;
    start(&w, "  same: {count: 2, position: [1 m, 2 m]}\n"
              "  each: {count: 2, position: {list: [[1 m, 0 m], [2 m, 0 m]]}}\n"
              "  grid: {count: 5, position: {grid: 10 m, origin: [-5 m, 1 m]}}\n"
              "  row: {count: 3, position: {grid: 1 km, width: 2}}\n");
    expect_at(&w, 0, 0, 1000, 2000);
    expect_at(&w, 1, 0, 1000, 2000);
    expect_at(&w, 2, 0, 1000, 0);
    expect_at(&w, 3, 0, 2000, 0);
    expect_at(&w, 4, 0, -5000, 1000); /* three a row: the least square's */
    expect_at(&w, 6, 0, 15000, 1000);
    expect_at(&w, 7, 0, -5000, 11000);
    expect_at(&w, 9, 0, 0, 0);
    expect_at(&w, 10, 0, 1000000, 0);
    expect_at(&w, 11, 0, 0, 1000000);
    assert_int_equal(mobility_speed_mm_s(&w.mobility), 0);
    stop(&w);
}

/* Pearson's statistic of counts that are due to be equal; its mean is cells - 1. */
static double chi_square(const uint32_t *counts, size_t cells, double due) {
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += (counts[i] - due) * (counts[i] - due) / due;
    return sum;
}

/* Chi-square with 99 degrees of freedom exceeds 149 with a chance of 0.001. */
static void evenly_within_a_rectangle(void **state) {
    struct world w;
    uint32_t cells[100] = {0};
    (void)state;
    start(&w, "  n: {count: 20000, position: {uniform: [2 km, 1 km], origin: [-1 km, 5 m]}}\n");
    for (uint32_t i = 0; i < NODES_MAX; i++) {
        struct position at = mobility_at(&w.mobility, i, 0);
        assert_in_range(at.x_mm + 1000000, 0, 2000000);
        assert_in_range(at.y_mm - 5000, 0, 1000000);
        cells[(at.x_mm + 1000000) * 10 / 2000001 * 10 + (at.y_mm - 5000) * 10 / 1000001]++;
    }
    assert_true(chi_square(cells, 100, NODES_MAX / 100.0) < 149);
    stop(&w);
}

/* By rings of equal area and by sectors: 40 cells, 39 degrees of freedom, 73 with 0.001. */
static void evenly_within_a_disc(void **state) {
    struct world w;
    uint32_t cells[40] = {0};
    (void)state;
    start(&w, "  n: {count: 20000, position: {disc: 500 m, origin: [1 km, 0 m]}}\n");
    for (uint32_t i = 0; i < NODES_MAX; i++) {
        struct position at = mobility_at(&w.mobility, i, 0), middle = {1000000, 0};
        double x = (double)(at.x_mm - middle.x_mm), y = (double)at.y_mm;
        assert_in_range(mobility_distance_mm(at, middle), 0, 500000);
        unsigned ring = (unsigned)((x * x + y * y) / (5e5 * 5e5 + 1) * 10);
        cells[ring * 4 + (unsigned)(x > 0) * 2 + (unsigned)(y > 0)]++;
    }
    assert_true(chi_square(cells, 40, NODES_MAX / 40.0) < 73);
    stop(&w);
}

static void waypoints(void **state) {
    struct world w;
    (void)state;
    start(&w, "  n: {position: [0 m, 0 m], move: {waypoints: [{at: 10 s, position: [100 m, -7 m]},"
              " {at: 20 s, position: [100 m, -7 m]}, {at: 21 s, position: [0 m, 0 m]}]}}\n"
              "  late: {move: {waypoints: [{at: 0 s, position: [1 m, 1 m]}, "
              "{at: 3 s, position: [2 m, 1 m]}]}}\n");
    assert_int_equal(mobility_speed_mm_s(&w.mobility), 100245); /* sqrt(100^2 + 7^2) in 1 s */
    expect_at(&w, 0, 0, 0, 0);
    expect_at(&w, 0, 99999, 0, 0);
    expect_at(&w, 0, 100000, 1, 0); /* 10 m/s: a millimetre in 100 us */
    expect_at(&w, 0, 5 * SECOND_NS, 50000, -3500);
    expect_at(&w, 0, 10 * SECOND_NS - 1, 99999, -6999);
    expect_at(&w, 0, 10 * SECOND_NS, 100000, -7000);
    expect_at(&w, 0, 20 * SECOND_NS, 100000, -7000);
    expect_at(&w, 0, 20 * SECOND_NS + SECOND_NS / 4, 75000, -5250);
    expect_at(&w, 0, 21 * SECOND_NS, 0, 0);
    expect_at(&w, 0, 3600 * SECOND_NS, 0, 0);
    expect_at(&w, 0, UINT64_MAX, 0, 0);
    expect_at(&w, 1, SECOND_NS, 1333, 1000);
    expect_at(&w, 1, 4 * SECOND_NS, 2000, 1000);
    stop(&w);
}

/* A ferry: 300 m at 5 m/s, 60 s at each pier and 10 s at the buoy, and back again. */
static void visits(void **state) {
    struct world w;
    (void)state;
    start(&w, "  ferry: {position: [0 m, 10 m], move: {visit: {speed: 5 m/s, stay: 1 min, stops: "
              "[[0 m, 0 m], [300 m, 0 m], {position: [300 m, 400 m], stay: 10 s}]}}}\n");
    assert_int_equal(mobility_speed_mm_s(&w.mobility), 5000);
    uint64_t round_ns = (60 + 60 + 60 + 80 + 10 + 100) * SECOND_NS;
    for (uint64_t n = 0; n < 5; n++) {
        uint64_t at_ns = 2 * SECOND_NS + n * round_ns; /* at the first pier */
        expect_at(&w, 0, at_ns - 1, n > 0, 1);         /* from the buoy, or where it was at first */
        expect_at(&w, 0, at_ns, 0, 0);
        expect_at(&w, 0, at_ns + 60 * SECOND_NS + 199999, 0, 0);
        expect_at(&w, 0, at_ns + 60 * SECOND_NS + 200000, 1, 0);
        expect_at(&w, 0, at_ns + 120 * SECOND_NS - 1, 299999, 0);
        expect_at(&w, 0, at_ns + 120 * SECOND_NS, 300000, 0);
        expect_at(&w, 0, at_ns + 180 * SECOND_NS, 300000, 0);
        expect_at(&w, 0, at_ns + 260 * SECOND_NS, 300000, 400000);
        expect_at(&w, 0, at_ns + 270 * SECOND_NS, 300000, 400000);
        expect_at(&w, 0, at_ns + 320 * SECOND_NS, 150000, 200000);
    }
    stop(&w);
}

static uint64_t distance_up(struct position a, struct position b) {
    uint64_t mm = mobility_distance_mm(a, b);
    int64_t x = a.x_mm - b.x_mm, y = a.y_mm - b.y_mm;
    return mm + (mm * mm < (uint64_t)(x * x + y * y));
}

/* Destinations are even over the area, and a leg takes as long as its length at 1 m/s, to the ns:
 * 0.5214 of the side of a square on average, with a deviation of 0.2479 (Ghosh, "Random distances
 * within a rectangle and between two rectangles", 1951). Three standard errors. A second world
 * shows where a leg leads: a pause of 2000 s is longer than any leg, so that 1500 s after it set
 * out the node is there. */
static void random_waypoint(void **state) {
    enum { LEGS = 20000, SIDE_MM = 1000000, MS_NS = 1000000 };
    static const char nodes[] =
        "  n: {position: {uniform: [1 km, 1 km], origin: [-5 km, 3 km]}, move: {random_waypoint: "
        "{area: [1 km, 1 km], origin: [-5 km, 3 km], speed: 1 m/s, pause: 2000 s}}}\n";
    struct world w, ahead;
    uint32_t cells[100] = {0};
    uint64_t start_ns = 0, travel_ns = 0;
    (void)state;
    start(&w, nodes);
    start(&ahead, nodes);
    struct position from = mobility_at(&w.mobility, 0, 0);
    for (uint32_t leg = 0; leg < LEGS; leg++) {
        struct position to = mobility_at(&ahead.mobility, 0, start_ns + 1500 * SECOND_NS);
        assert_in_range(to.x_mm + 5 * SIDE_MM, 0, SIDE_MM);
        assert_in_range(to.y_mm - 3 * SIDE_MM, 0, SIDE_MM);
        cells[(to.x_mm + 5 * SIDE_MM) * 10 / (SIDE_MM + 1) * 10 +
              (to.y_mm - 3 * SIDE_MM) * 10 / (SIDE_MM + 1)]++;
        uint64_t leg_ns = distance_up(from, to) * MS_NS;
        struct position before = mobility_at(&w.mobility, 0, start_ns + leg_ns - 1);
        assert_in_range(distance_up(before, to), 1, 2);
        expect_at(&w, 0, start_ns + leg_ns, to.x_mm, to.y_mm);
        start_ns += leg_ns + 2000 * SECOND_NS;
        expect_at(&w, 0, start_ns, to.x_mm, to.y_mm);
        travel_ns += leg_ns;
        from = to;
    }
    double mean = (double)travel_ns / LEGS / MS_NS / SIDE_MM;
    assert_true(fabs(mean - 0.5214) < 3 * 0.2479 / sqrt(LEGS));
    assert_true(chi_square(cells, 100, LEGS / 100.0) < 149);
    stop(&w);
    stop(&ahead);
}

/* Speeds are even over their interval: what was covered in the first second. 20 cells, 19 degrees
 * of freedom, 44 with a chance of 0.001. */
static void random_speeds(void **state) {
    struct world w;
    uint32_t cells[20] = {0};
    (void)state;
    start(&w, "  n: {count: 20000, position: [-50 km, 0 m], move: {random_waypoint: "
              "{area: [1 km, 0 m], speed: [1 m/s, 3 m/s]}}}\n");
    assert_int_equal(mobility_speed_mm_s(&w.mobility), 3000);
    for (uint32_t i = 0; i < NODES_MAX; i++) {
        int64_t mm = mobility_at(&w.mobility, i, SECOND_NS).x_mm + 50000000;
        assert_in_range(mm, 999, 3000); /* down to the whole mm that its way has had */
        cells[mm > 1000 ? (mm - 1000) * 20 / 2001 : 0]++;
    }
    assert_true(chi_square(cells, 20, NODES_MAX / 20.0) < 44);
    stop(&w);
}

/* An interval has both its ends. */
static void the_least_and_the_most(void **state) {
    struct world w;
    uint32_t slow = 0, fast = 0;
    (void)state;
    start(&w, "  n: {count: 1000, position: [-1 km, 0 m], move: {random_waypoint: "
              "{area: [1 km, 0 m], speed: [1 mm/s, 2 mm/s]}}}\n");
    for (uint32_t i = 0; i < 1000; i++) {
        int64_t mm = mobility_at(&w.mobility, i, 100 * SECOND_NS).x_mm + 1000000;
        slow += mm == 100 || mm == 99;
        fast += mm == 200 || mm == 199;
    }
    assert_int_equal(slow + fast, 1000);
    assert_in_range(slow, 420, 580); /* five deviations */
    stop(&w);
}

/* Legs of no time to speak of, and 1 to 3 s between them: renewals each 2 s, with a deviation of
 * sqrt(n) * 0.577 / 2. */
static void random_pauses(void **state) {
    struct world w;
    uint32_t moves = 0;
    (void)state;
    start(&w, "  n: {position: [0 m, 0 m], move: {random_waypoint: {area: [9 m, 9 m], "
              "speed: 10000 m/s, pause: [1 s, 3 s]}}}\n");
    struct position last = mobility_at(&w.mobility, 0, SECOND_NS / 2);
    for (uint64_t n = 2; n <= 20000; n++) {
        struct position here = mobility_at(&w.mobility, 0, n * SECOND_NS / 2);
        moves += mobility_distance_mm(last, here) > 0;
        last = here;
    }
    assert_in_range(moves, 5000 - 100, 5000 + 100);
    stop(&w);
}

/* A draw of one node has nothing to do with another's: a node is where it was without the others.
 */
static void nodes_move_independently(void **state) {
    static const char *const move = "move: {random_waypoint: {area: [1 km, 1 km], speed: 1 m/s}}";
    struct world alone, together;
    char text[400];
    (void)state;
    snprintf(text, sizeof text, "  a: {position: {disc: 1 km}, %s}\n", move);
    start(&alone, text);
    snprintf(text, sizeof text,
             "  a: {position: {disc: 1 km}, %s}\n"
             "  b: {position: {disc: 1 km}, %s}\n",
             move, move);
    start(&together, text);
    for (uint64_t n = 0; n < 100; n++) {
        uint64_t at_ns = n * 100 * SECOND_NS;
        struct position due = mobility_at(&alone.mobility, 0, at_ns);
        struct position other = mobility_at(&together.mobility, 1, at_ns);
        assert_true(mobility_distance_mm(due, other) > 0);
        expect_at(&together, 0, at_ns, due.x_mm, due.y_mm);
    }
    stop(&alone);
    stop(&together);
}

static const char trace_folder[] = TSSB_SOURCE_DIR "/sim/test/traces/none.yaml";

static void trace(void **state) {
    struct world w;
    (void)state;
    start_at(&w, trace_folder,
             "  a: {position: [7 m, 8 m]}\n  b: {}\n  c: {}\n"
             "mobility: {trace: walk.tcl, nodes: [c, a]}\n");
    assert_string_equal(w.scenario.trace.path, TSSB_SOURCE_DIR "/sim/test/traces/walk.tcl");
    assert_true(scenario_has_position(&w.scenario, 0));
    assert_false(scenario_has_position(&w.scenario, 1));
    assert_true(scenario_has_position(&w.scenario, 2));
    assert_true(mobility_moves(&w.mobility, 2));
    assert_false(mobility_moves(&w.mobility, 0));
    expect_at(&w, 0, 0, 83300, -5000); /* the trace places it anew */
    expect_at(&w, 2, 0, 10000, 0);
    expect_at(&w, 2, 10 * SECOND_NS, 10000, 0);
    expect_at(&w, 2, 12 * SECOND_NS, 30000, 0);
    expect_at(&w, 2, 12500000000, 35000, 0); /* on its way to x = 110 m, it turns */
    expect_at(&w, 2, 22500000000 - 1, 35000, 4999);
    expect_at(&w, 2, 22500000000, 35000, 5000); /* and stops */
    expect_at(&w, 2, 30 * SECOND_NS - 1, 35000, 5000);
    expect_at(&w, 2, 30 * SECOND_NS, 1000000, 2000000);
    expect_at(&w, 2, 31 * SECOND_NS, 1000000, 2000333);
    /* 1 m at 333333 um/s: 3000003000.003 ns */
    expect_at(&w, 2, 33 * SECOND_NS + 3000, 1000000, 2000999);
    expect_at(&w, 2, 33 * SECOND_NS + 3001, 1000000, 2001000);
    expect_at(&w, 2, 3600 * SECOND_NS, 1000000, 2001000);
    stop(&w);
}

/* At random moments of all kinds of movement: nobody is faster than the bound, and somebody comes
 * near it. */
static void nobody_is_faster(void **state) {
    static const char *const nodes[] = {
        "  a: {position: [0 m, 0 m], move: {waypoints: [{at: 7 s, position: [90 m, -7 m]}, "
        "{at: 20 s, position: [100 m, 1 km]}, {at: 100 s, position: [-2 km, 0 m]}]}}\n",
        "  b: {count: 5, position: {disc: 2 km}, move: {random_waypoint: {area: [2 km, 300 m], "
        "speed: [1 m/s, 50 m/s], pause: [0 s, 1 s]}}}\n",
        "  c: {move: {visit: {speed: 90 km/h, stops: [[0 m, 0 m], [7 m, 3 m], [1 m, 11 m]]}}}\n",
        "  d: {}\n  e: {}\nmobility: {trace: walk.tcl}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        struct world w;
        start_at(&w, trace_folder, nodes[i]);
        double bound = (double)mobility_speed_mm_s(&w.mobility), fastest = 0;
        for (uint32_t node = 0; node < w.scenario.node_count; node++) {
            uint64_t at_ns = 0;
            struct position last = mobility_at(&w.mobility, node, 0);
            for (uint64_t n = 0; n < 20000; n++) {
                uint64_t step_ns = stream_mix(n) % (SECOND_NS / 100);
                struct position here = mobility_at(&w.mobility, node, at_ns += step_ns);
                double mm = (double)mobility_distance_mm(last, here);
                assert_true(mm <= bound * (double)step_ns / 1e9 + 2);
                if (step_ns > SECOND_NS / 200)
                    fastest = fmax(fastest, (mm + 2) * 1e9 / (double)step_ns);
                last = here;
            }
        }
        assert_true(i == 3 || fastest > bound * 0.95); /* the jump of the trace counts as 1 ns */
        stop(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(who_is_placed),
        cmocka_unit_test(lists_and_grids),
        cmocka_unit_test(evenly_within_a_rectangle),
        cmocka_unit_test(evenly_within_a_disc),
        cmocka_unit_test(waypoints),
        cmocka_unit_test(visits),
        cmocka_unit_test(random_waypoint),
        cmocka_unit_test(random_speeds),
        cmocka_unit_test(the_least_and_the_most),
        cmocka_unit_test(random_pauses),
        cmocka_unit_test(nodes_move_independently),
        cmocka_unit_test(trace),
        cmocka_unit_test(nobody_is_faster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
