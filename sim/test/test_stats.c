/* Quantiles against hand-made ones, and intervals against what they promise. */
#include "sim/compare/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/compare/parameter.h"
#include "sim/quantile.h"
#include "sim/stream.h"

/* The least value that is not below q n of them. */
static void quantiles_by_definition(void **state) {
    struct stats_sample ten[10];
    (void)state;
    for (uint32_t i = 0; i < 10; i++)
        ten[i] = (struct stats_sample){(i * 7) % 10 + 1, i};
    stats_sort(ten, 10);
    static const struct {
        uint32_t permille;
        double value;
    } due[] = {{0, 1},   {1, 1},   {100, 1},  {101, 2},  {500, 5},
               {501, 6}, {900, 9}, {990, 10}, {1000, 10}};
    for (size_t i = 0; i < sizeof due / sizeof *due; i++)
        assert_true(stats_quantile(ten, 10, due[i].permille) == due[i].value);
    assert_true(stats_quantile(ten, 1, 500) == 1);
    assert_true(stats_quantile(ten, 5, 500) == 3); /* an odd number has one in the middle */
}

/* What never ended is longer than anything, and a median of it is infinite. */
static void never_counts_as_infinite(void **state) {
    struct stats_sample samples[] = {{HUGE_VAL, 0}, {1, 1}, {HUGE_VAL, 2}, {2, 3}, {3, 4}};
    const uint32_t permilles[] = {500, 900};
    struct stats_estimate estimates[2];
    (void)state;
    stats_sort(samples, 5);
    assert_int_equal(stats_estimate(&(struct stats_set){samples, 5, 5}, permilles, 2, estimates),
                     0);
    assert_true(estimates[0].value == 3 && estimates[0].low < 3 && isinf(estimates[0].high));
    assert_true(isinf(estimates[1].value));
}

/* A unit with one sample of 0, and one with nine of 1: only where the first is drawn twice, one
 * time in four, is the median 0. */
static void units_count_with_all_that_they_have(void **state) {
    struct stats_sample samples[10] = {{0, 0}};
    struct stats_estimate estimate;
    const uint32_t median = 500;
    (void)state;
    for (int i = 1; i < 10; i++)
        samples[i] = (struct stats_sample){1, 1};
    assert_int_equal(stats_estimate(&(struct stats_set){samples, 10, 2}, &median, 1, &estimate), 0);
    assert_true(estimate.value == 1 && estimate.low == 0 && estimate.high == 1);
}

static void ratios(void **state) {
    (void)state;
    assert_true(stats_ratio(3, 2) == 1.5);
    assert_true(stats_ratio(HUGE_VAL, HUGE_VAL) == 1);
    assert_true(stats_ratio(0, 0) == 1);
    assert_true(isinf(stats_ratio(1, 0)) && isinf(stats_ratio(HUGE_VAL, 2)));
    assert_true(stats_ratio(2, HUGE_VAL) == 0);
}

enum { REPETITIONS = 300, UNITS = 40, OF_A_UNIT = 4, SAMPLES = UNITS * OF_A_UNIT };

/* Units of exponential mean 1, whose samples all have nearly the unit's own value: as unlike
 * independent ones as can be. The same numbers for the same experiment. */
static void draw(struct stats_sample samples[SAMPLES], uint64_t experiment) {
    for (uint32_t i = 0; i < SAMPLES; i++) {
        uint32_t unit = i / OF_A_UNIT;
        uint64_t random = stream_draw(stream_mix(experiment), STREAM_SHAPE, unit);
        samples[i] = (struct stats_sample){
            (double)quantile_exponential(random, 1000000) / 1e6 + i % OF_A_UNIT * 1e-9, unit};
    }
    stats_sort(samples, SAMPLES);
}

/* How many of the experiments' intervals hold the true value. */
static unsigned count_hits(uint32_t permille, double truth) {
    struct stats_sample samples[SAMPLES];
    struct stats_estimate estimate;
    unsigned hits = 0;
    for (uint64_t experiment = 0; experiment < REPETITIONS; experiment++) {
        draw(samples, experiment);
        assert_int_equal(
            stats_estimate(&(struct stats_set){samples, SAMPLES, UNITS}, &permille, 1, &estimate),
            0);
        assert_true(estimate.low <= estimate.value && estimate.value <= estimate.high);
        hits += estimate.low <= truth && truth <= estimate.high;
    }
    print_message("%u of %d intervals of the %u permille quantile hold it\n", hits, REPETITIONS,
                  permille);
    return hits;
}

/* 95 % of 300 are 285; three standard deviations are 11. A bootstrap of few units is a little
 * narrow, the more so the further out. Were samples drawn, not units, the interval would be half as
 * wide, and hold the median in two of three. */
static void intervals_hold_what_they_promise(void **state) {
    (void)state;
    assert_in_range(count_hits(500, log(2)), 274, 296);
    assert_in_range(count_hits(900, log(10)), 255, 296);
}

static void the_same_samples_give_the_same_interval(void **state) {
    struct stats_sample samples[SAMPLES];
    struct stats_estimate first, second;
    const uint32_t median = 500;
    (void)state;
    draw(samples, 1);
    stats_estimate(&(struct stats_set){samples, SAMPLES, UNITS}, &median, 1, &first);
    stats_estimate(&(struct stats_set){samples, SAMPLES, UNITS}, &median, 1, &second);
    assert_memory_equal(&first, &second, sizeof first);
    assert_true(first.low < first.high);
}

/* Values of parameters, as a run has them. */
static void parameters_of_a_run(void **state) {
    json_t *parameters = json_loads(
        "{\"seed\": 3, \"strategy\": {\"name\": \"window\", \"size\": 4},"
        " \"network\": [{\"link\": {\"loss\": \"5 %\"}}]}",
        0, NULL);
    json_t *settings = json_loads("[\"strategy={name: window, size: 4}\", \"record=summary\"]", 0,
                                  NULL);
    static const char *const due[][2] = {
        {"seed", "3"},
        {"strategy.size", "4"},
        {"strategy.name", "window"},
        {"strategy", "window, size: 4"},
        {"network.0.link.loss", "5 %"},
        {"network.0.link", "{\"loss\":\"5 %\"}"},
        {"record", "summary"},
        {"network.1", NULL},
        {"network.x", NULL},
        {"strategy.size.more", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof due / sizeof *due; i++) {
        char *value = parameter_value(parameters, settings, due[i][0]);
        if (due[i][1])
            assert_string_equal(value, due[i][1]);
        else
            assert_null(value);
        free(value);
    }
    json_t *none = json_array();
    char *name = parameter_value(parameters, none, "strategy");
    assert_string_equal(name, "window"); /* it was not set: its name will do */
    free(name);
    assert_true(parameter_related("strategy", "strategy.size"));
    assert_true(parameter_related("strategy", "strategy"));
    assert_false(parameter_related("strategy", "strategy2"));
    json_decref(none);
    json_decref(parameters);
    json_decref(settings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_by_definition),
        cmocka_unit_test(never_counts_as_infinite),
        cmocka_unit_test(units_count_with_all_that_they_have),
        cmocka_unit_test(ratios),
        cmocka_unit_test(intervals_hold_what_they_promise),
        cmocka_unit_test(the_same_samples_give_the_same_interval),
        cmocka_unit_test(parameters_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
