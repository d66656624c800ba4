/* Scenarios that are refused, with exactly these words: each scenarios-bad/NAME.yaml has its
 * NAME.errors beside it. And ones that are no scenarios at all: nothing that is read may crash,
 * leak or hang. */
#include "sim/scenario/scenario.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_MAX = 16 * 1024 };

static size_t read_whole(const char *path, char text[FILE_MAX]) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    size_t size = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    text[size] = 0;
    return size;
}

/* That the scenario is empty, and the text of what is wrong. */
static void expect_refused(int status, const struct scenario *scenario, char *errors,
                           const char *due) {
    static const struct scenario empty;
    assert_int_equal(status, 2);
    assert_non_null(errors);
    assert_string_equal(errors, due);
    assert_memory_equal(scenario, &empty, sizeof empty);
    free(errors);
}

static void test_files(void **state) {
    (void)state;
    unsigned count = 0;
    assert_int_equal(chdir(TSSB_SOURCE_DIR "/sim/test/scenarios-bad"), 0);
    DIR *folder = opendir(".");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char *end = strstr(entry->d_name, ".yaml");
        if (!end)
            continue;
        char due[FILE_MAX], path[300], *errors;
        struct scenario scenario;
        print_message("%s\n", entry->d_name);
        snprintf(path, sizeof path, "%.*s.errors", (int)(end - entry->d_name), entry->d_name);
        read_whole(path, due);
        int status = scenario_load(&scenario, entry->d_name, NULL, 0, &errors);
        expect_refused(status, &scenario, errors, due);
        count++;
    }
    closedir(folder);
    assert_in_range(count, 60, 1000);
}

static void test_files_that_cannot_be_read(void **state) {
    (void)state;
    struct scenario scenario;
    char *errors;
    assert_int_equal(chdir(TSSB_SOURCE_DIR), 0);
    int status = scenario_load(&scenario, "no-such.yaml", NULL, 0, &errors);
    expect_refused(status, &scenario, errors,
                   "no-such.yaml: cannot be opened: No such file or directory\n");
    status = scenario_load(&scenario, "sim", NULL, 0, &errors);
    expect_refused(status, &scenario, errors, "sim: cannot be read: Is a directory\n");
    status = scenario_load(&scenario, "README/x.yaml", NULL, 0, &errors);
    assert_int_equal(status, 2);
    free(errors);
    status = scenario_load(&scenario, "/proc/self/mem", NULL, 0, &errors); /* opens, then EIO */
    assert_int_equal(status, 3);
    free(errors);
}

static void test_too_long(void **state) {
    (void)state;
    struct scenario scenario;
    char *errors;
    int status = scenario_load(&scenario, "/dev/zero", NULL, 0, &errors);
    expect_refused(status, &scenario, errors, "/dev/zero: longer than 4194304 bytes\n");
}

static const char good[] = "name: t\nduration: 100 s\nnodes:\n  nodeA: {produce: {at_start: 1}}\n"
                           "  nodeB: {follow: [nodeA]}\ntimeline: [{at: 1 s, offline: nodeB}]\n";

static void test_settings(void **state) {
    (void)state;
    static const struct {
        const char *setting, *due;
    } cases[] = {
        {"network.link.loss=120 %", "--set network.link.loss=120 %:1:19: network.link.loss: "
                                    "probability 120 % is over 100 %\n"},
        {"netwrk.link.loss=1 %",
         "--set netwrk.link.loss=1 %:1:1: unknown key 'netwrk' (did you mean 'network'?)\n"},
        {"network.link.los=1 %", "--set network.link.los=1 %:1:14: unknown key 'los' in "
                                 "network.link (did you mean 'loss'?)\n"},
        {"nodes.nodeB={follow: [nodeX]}",
         "--set nodes.nodeB={follow: [nodeX]}:1:23: nodes.nodeB.follow: "
         "no node is called 'nodeX' (did you mean 'nodeA'?)\n"},
        {"timeline.1.at=1 s", "--set timeline.1.at=1 s:1:10: there is no item '1' in timeline (its "
                              "items are 0 to 0)\n"},
        {"timeline.0.at=101 s", "--set timeline.0.at=101 s:1:15: timeline.0: at 101 s the run is "
                                "over (its duration is 100 s)\n"},
        {"duration.x=1", "--set duration.x=1:1:10: duration is '100 s', which has nothing in it\n"},
        {"seed", "--set seed:1:1: this is not PATH=VALUE (such as network.link.loss=10 %)\n"},
        {"=1", "--set =1:1:1: a part of the path is empty (write keys with one dot between "
               "them)\n"},
        {"seed=", "--set seed=:1:6: seed: this is nothing, a number is due (such as 1)\n"},
        {"seed=[1", "--set seed=[1:1:8: this is not YAML: did not find expected ',' or ']' while "
                    "parsing a flow sequence that begins at line 1\n"},
        {"seed=1\n---\n2", "--set seed=1?---?2:2:1: a second document (one a file)\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario scenario;
        char *errors;
        const struct scenario_setting setting = {cases[i].setting};
        int status = scenario_parse(&scenario, "t", good, strlen(good), &setting, 1, &errors);
        expect_refused(status, &scenario, errors, cases[i].due);
    }
}

/* Problems of the file come first, then those of each setting in their order. */
static void test_problems_of_two_settings(void **state) {
    (void)state;
    static const struct scenario_setting settings[] = {{"seed=x"}, {"stop=y"}, {"nodes.nodeA={}"}};
    struct scenario scenario;
    char *errors;
    int status = scenario_parse(&scenario, "t", good, strlen(good), settings, 3, &errors);
    expect_refused(status, &scenario, errors,
                   "t:5:20: nodes.nodeB.follow: 'nodeA' produces nothing to follow (give it "
                   "produce: {every: 5 s})\n"
                   "--set seed=x:1:6: seed: 'x' is no whole number (digits only)\n"
                   "--set stop=y:1:6: stop: 'y' is not known here (known: duration, level)\n");
}

static uint64_t random_state;

static uint32_t random_below(uint32_t limit) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

/* Pieces that lead somewhere more often than random bytes do. */
static const char *const pieces[] = {
    "0",       "-1",      "999999999999999999999",
    "1000000", " %",      " s",
    "null",    "~",       "[",
    "]",       "{",       "}",
    ": ",      ", ",      "- ",
    "\n",      "  ",      "&a ",
    "*a",      "all",     "!x ",
    "'",       "\"",      "nodeA",
    "peer-0",  "count: ", "\xff",
    "\t",      "---\n",   "complete",
    "random",  "#",       " m",
    " m/s",    "-",       " dB",
    " bit/s",  "radio",   "{mean: 10 %, burst: 3}",
};

/* Removes, overwrites, repeats or inserts somewhere. */
static size_t mutate(char *text, size_t size) {
    char piece[64];
    size_t at = random_below((uint32_t)size + 1), length = random_below(12);
    size_t rest = size - at;
    if (length > rest)
        length = rest;
    switch (random_below(4)) {
    case 0:
        memmove(text + at, text + at + length, rest - length);
        return size - length;
    case 1:
        if (rest)
            text[at] = (char)random_below(256);
        return size;
    case 2:
        memcpy(piece, text + at, length);
        break;
    default:
        strcpy(piece, pieces[random_below(sizeof pieces / sizeof *pieces)]);
        length = strlen(piece);
    }
    if (size + length >= FILE_MAX)
        return size;
    at = random_below((uint32_t)size + 1);
    memmove(text + at + length, text + at, size - at);
    memcpy(text + at, piece, length);
    return size + length;
}

static void test_mutations(void **state) {
    (void)state;
    static const char *const seeds[] = {
        "scenarios/transitive-sync.yaml",
        "scenarios/partition-and-heal.yaml",
        "scenarios/three-producers.yaml",
        "scenarios/bench/w3.yaml",
        "sim/test/scenarios-bad/edges.yaml",
        "sim/test/scenarios-bad/timeline.yaml",
        "sim/test/scenarios-bad/expect.yaml",
        "sim/test/scenarios-bad/partition.yaml",
        "sim/test/traces/ways.yaml",
        "scenarios/coming-and-going.yaml",
        "scenarios/flooded.yaml",
        "scenarios/serial-bridge.yaml",
        "scenarios/bursty-wifi.yaml",
        "scenarios/island-ferry.yaml",
        "sim/test/scenarios-bad/networks.yaml",
        "sim/test/scenarios-bad/link-values.yaml",
        "sim/test/scenarios-bad/link-time.yaml",
        "sim/test/scenarios-bad/radio-values.yaml",
    };
    unsigned accepted = 0, refused = 0;
    for (uint32_t i = 0; i < 3000; i++) {
        char text[FILE_MAX], path[300], *errors;
        struct scenario scenario;
        random_state = i;
        snprintf(path, sizeof path, "%s/%s", TSSB_SOURCE_DIR,
                 seeds[i % (sizeof seeds / sizeof *seeds)]);
        size_t size = read_whole(path, text);
        for (uint32_t k = random_below(6); k-- > 0;)
            size = mutate(text, size);
        int status = scenario_parse(&scenario, "mutant", text, size, NULL, 0, &errors);
        if (status == 0) {
            free(scenario_parameters_json(&scenario));
            scenario_close(&scenario);
            accepted++;
        } else {
            assert_int_equal(status, 2);
            assert_memory_equal(errors, "mutant", 6);
            free(errors);
            refused++;
        }
    }
    assert_in_range(accepted, 300, 3000);
    assert_in_range(refused, 1000, 3000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_problems_of_two_settings),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
