/* The grid of a scenario: which runs there are, with which settings, and what is no grid. */
#include "sim/scenario/sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "results_support.h"
#include "sim/scenario/tree.h"

#define HEAD                                                                          \
    "name: t\nduration: 60 s\nnodes: {a: {produce: {at_start: 2}}, b: {follow: a}}\n" \
    "strategy: {name: single}\nnetwork: {topology: line}\n"

enum { SETTINGS = 8 };

/* Writes a scenario and reads its grid. */
static int load(struct sweep *sweep, const char *yaml, const struct scenario_setting *settings,
                size_t count, uint32_t seeds, char **errors) {
    results_write(results_path("grid.yaml"), yaml, strlen(yaml));
    assert_int_equal(chdir(results_path("")), 0);
    return sweep_load(sweep, "grid.yaml", settings, count, seeds, errors);
}

/* The settings of a run, with a blank between two. */
static const char *settings_of(const struct sweep *sweep, uint64_t run) {
    static char text[1000];
    struct scenario_setting settings[SETTINGS];
    char seed[SWEEP_SEED_SIZE];
    assert_in_range(sweep_settings_max(sweep), 1, SETTINGS);
    size_t count = sweep_settings(sweep, run, settings, seed), size = 0;
    for (size_t i = 0; i < count; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", i ? "; " : "",
                                 settings[i].text);
    return text;
}

static void all_combinations_with_the_same_seeds(void **state) {
    struct sweep sweep;
    char *errors;
    (void)state;
    assert_int_equal(load(&sweep,
                          HEAD "seed: 5\nsweep:\n  network.link.loss: [0 %, 5 %]\n"
                               "  strategy.interval: [1 s, 2 s, 3 s]\n  seeds: 2\n",
                          NULL, 0, 0, &errors),
                     0);
    assert_int_equal(sweep.run_count, 2 * 3 * 2);
    assert_string_equal(settings_of(&sweep, 0),
                        "network.link.loss=0 %; strategy.interval=1 s; seed=5");
    assert_string_equal(settings_of(&sweep, 1),
                        "network.link.loss=0 %; strategy.interval=1 s; seed=6");
    assert_string_equal(settings_of(&sweep, 2),
                        "network.link.loss=0 %; strategy.interval=2 s; seed=5");
    assert_string_equal(settings_of(&sweep, 11),
                        "network.link.loss=5 %; strategy.interval=3 s; seed=6");
    assert_int_equal(sweep_seed(&sweep, 11), 6);
    sweep_close(&sweep);
}

/* What --set changed comes first; what says which runs there are, is no setting of a run. */
static void settings_of_the_command_line(void **state) {
    const struct scenario_setting settings[] = {
        {"seed=9"}, {"network.link.delay=7 ms"}, {"sweep={strategy.interval: [4 s]}"}};
    struct sweep sweep;
    char *errors;
    (void)state;
    assert_int_equal(load(&sweep, HEAD, settings, 3, 3, &errors), 0);
    assert_int_equal(sweep.run_count, 3);
    assert_string_equal(settings_of(&sweep, 2),
                        "network.link.delay=7 ms; strategy.interval=4 s; seed=11");
    sweep_close(&sweep);
    assert_int_equal(load(&sweep, HEAD, NULL, 0, 4, &errors), 0); /* a grid of seeds alone */
    assert_int_equal(sweep.run_count, 4);
    sweep_close(&sweep);
}

/* Mappings, lists and texts that are not plain arrive as they were. */
static void values_of_any_kind(void **state) {
    static const char yaml[] = HEAD "sweep:\n  strategy:\n    - {name: single, interval: 2 s}\n"
                                    "    - name: 'single'\n      interval: \"3 s\"\n"
                                    "  network: [{topology: line, link: {drop: [1, 2]}}, ~]\n";
    struct sweep sweep;
    char *errors;
    (void)state;
    assert_int_equal(load(&sweep, yaml, NULL, 0, 0, &errors), 0);
    assert_int_equal(sweep.run_count, 4);
    assert_string_equal(settings_of(&sweep, 0),
                        "strategy={name: single, interval: 2 s}; "
                        "network={topology: line, link: {drop: [1, 2]}}; seed=1");
    assert_string_equal(settings_of(&sweep, 3),
                        "strategy={name: \"single\", interval: \"3 s\"}; network=~; seed=1");
    for (uint64_t run = 0; run < 4; run++) {
        struct scenario_setting settings[SETTINGS];
        struct scenario scenario;
        char seed[SWEEP_SEED_SIZE];
        size_t count = sweep_settings(&sweep, run, settings, seed);
        assert_int_equal(scenario_parse(&scenario, "t", sweep.scenario.text,
                                        sweep.scenario.text_size, settings, count, &errors),
                         0);
        assert_int_equal(scenario.strategy.asking.interval_ns,
                         (run < 2 ? 2 : 3) * UINT64_C(1000000000));
        assert_int_equal(scenario.networks[0].link.drop_count, run % 2 ? 0 : 2);
        scenario_close(&scenario);
    }
    sweep_close(&sweep);
}

/* A text of the tree, and whether it reads as the same again. */
static void written_trees_read_as_they_were(void **state) {
    static const char *const texts[][2] = {
        {"5 %", "5 %"},
        {"'~'", "\"~\""},
        {"null", "~"},
        {"{a: [], b: {}, c: [x, -1.5]}", "{a: [], b: {}, c: [x, -1.5]}"},
        {"'a: b, [c] #d'", "\"a: b, [c] #d\""},
        {"\"tab\\t\\\"quote\\\"\"", "\"tab\\x09\\\"quote\\\"\""},
        {"'z\xc3\xbcrich'", "\"z\xc3\xbcrich\""},
        {"- multi\n- {line: yes}", "[multi, {line: yes}]"},
        {"'-'", "\"-\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = texts[i][0];
        char *again = NULL;
        for (int round = 0; round < 2; round++) {
            struct problems problems = {.count = 0};
            struct source source = {.name = "t"};
            struct arena arena = {NULL};
            size_t room = 1000, size;
            const struct tree *tree = tree_parse(&arena, &source, text, strlen(text), &problems);
            assert_non_null(tree);
            char *written;
            FILE *out = open_memstream(&written, &size);
            assert_true(tree_write(out, tree, &room));
            fclose(out);
            assert_string_equal(written, texts[i][1]);
            arena_close(&arena);
            problems_close(&problems);
            free(again);
            text = again = written;
        }
        free(again);
    }
}

/* What cannot be, and what is said of it. */
static const struct {
    const char *sweep, *error;
} bad[] = {
    {"sweep: {network.link.dely: [5 ms]}",
     "grid.yaml:6:22: sweep: unknown key 'dely' in network.link (did you mean 'delay'?)\n"},
    {"sweep: {netwrk.link.loss: [0 %]}",
     "grid.yaml:6:9: sweep: 'netwrk.link.loss' is no path of a value (did you mean 'network'?)\n"},
    {"sweep: {network.link.loss: []}",
     "grid.yaml:6:28: sweep.network.link.loss: there is no value to try (such as [0 %, 10 %])\n"},
    {"sweep: {network.link.loss: [0 %, 120 %, 5]}",
     "grid.yaml:6:34: sweep: network.link.loss: probability 120 % is over 100 %\n"
     "grid.yaml:6:41: sweep: network.link.loss: '5' has no unit (write 5 %)\n"},
    {"sweep: {network.link.loss: [1 %, 2 %, 1 %]}",
     "grid.yaml:6:39: sweep.network.link.loss: '1 %' is there twice\n"},
    {"sweep: {seed: [1, 2]}", "grid.yaml:6:9: sweep: 'seed' cannot be swept: seeds are counted "
                              "(such as seeds: 20)\n"},
    {"sweep: {strategy: [{name: sinlge}]}", "grid.yaml:6:27: sweep: strategy.name: 'sinlge' is not "
                                            "known here (did you mean 'single'? known: "},
    {"sweep: {network.link.loss: [1 %, 2 %], seeds: 600000}",
     "grid.yaml:6:8: sweep: 1200000 runs, 2 combinations of values with 600000 seeds each (1000000 "
     "at most: leave out values or seeds)\n"},
    {"sweep: {nodes.c.serve: [true]}", NULL}, /* a further node is fine */
    {"# nothing", "grid.yaml:1:1: there is no sweep: (such as sweep: "},
};

static void grids_that_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char yaml[1000], *errors;
        struct sweep sweep;
        snprintf(yaml, sizeof yaml, "%s%s\n", HEAD, bad[i].sweep);
        print_message("%s\n", bad[i].sweep);
        int status = load(&sweep, yaml, NULL, 0, 0, &errors);
        assert_int_equal(status, bad[i].error ? 2 : 0);
        if (!bad[i].error)
            sweep_close(&sweep);
        else if (strchr(bad[i].error, '\n'))
            assert_string_equal(errors, bad[i].error);
        else
            results_expect_part(errors, bad[i].error);
        free(errors);
    }
}

/* A product that no number holds. */
static void a_grid_beyond_counting(void **state) {
    char yaml[20000] = HEAD "sweep:\n", *errors;
    size_t size = strlen(yaml);
    struct sweep sweep;
    (void)state;
    for (int axis = 0; axis < 40; axis++)
        size += (size_t)snprintf(yaml + size, sizeof yaml - size,
                                 "  nodes.n%d.count: [1, 2, 3, 4, 5]\n", axis);
    assert_int_equal(load(&sweep, yaml, NULL, 0, 0, &errors), 2);
    results_expect_part(errors, "over 10^18 runs");
    free(errors);
}

/* Half of a pair of values makes no scenario, and both together do. */
static void values_that_need_company(void **state) {
    struct sweep sweep;
    char *errors;
    (void)state;
    assert_int_equal(load(&sweep,
                          HEAD "sweep:\n  network.topology: [line, grid]\n"
                               "  network.width: [2]\n",
                          NULL, 0, 0, &errors),
                     0);
    sweep_close(&sweep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_combinations_with_the_same_seeds),
        cmocka_unit_test(settings_of_the_command_line),
        cmocka_unit_test(values_of_any_kind),
        cmocka_unit_test(written_trees_read_as_they_were),
        cmocka_unit_test(grids_that_are_refused),
        cmocka_unit_test(a_grid_beyond_counting),
        cmocka_unit_test(values_that_need_company),
    };
    return cmocka_run_group_tests(tests, results_directory_make, results_directory_remove);
}
