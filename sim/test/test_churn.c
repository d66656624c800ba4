/* Nodes that come and go at random, by stories; and whether they do so as often as is said. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

#define STORY(name) static void name(void **state)

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_up_and_down_are_exponential),
        cmocka_unit_test(churn_is_each_nodes_own),
        cmocka_unit_test(after_churn_all_are_up),
        cmocka_unit_test(churn_and_other_absences),
        cmocka_unit_test(a_later_churn_takes_over),
        cmocka_unit_test(churn_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
