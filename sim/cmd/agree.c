/* tssb agree: the same scenario and seeds on both engines, and whether they come to the same. */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "sim/engine.h"
#include "sim/record/agreement.h"
#include "sim/record/human.h"
#include "sim/record/table.h"
#include "command.h"

static const char help[] =
    "Runs the scenario on the built-in engine and on ns-3, with the same seeds, and compares how "
    "long\n"
    "each node takes to catch up with each feed: mean durations side by side, and their "
    "difference\n"
    "with its 95 % confidence interval (Student's t over the seeds; all intervals hold at once). "
    "The\n"
    "engines agree where each interval holds 0. With one seed there is none: they must be equal.\n"
    "A node that was never behind counts as 0 where it was under the other engine.\n"
    "\n"
    "  --seeds N          how many seeds, from the scenario's on; 20 unless told\n"
    "  --seed N           the first seed, in place of the scenario's\n"
    "  --set PATH=VALUE   any other value of the scenario\n"
    "  --json             print one JSON object, with all nodes and feeds\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0 they agree, 1 they do not, 2 the scenario or the usage is wrong, or ns-3 is "
    "not\n"
    "there or has no channel for the scenario, 3 the system failed.\n"
    "\n"
    "Example: tssb agree scenarios/lossy-broadcast.yaml --seeds 50\n";

enum { SETTINGS_MAX = 64, SEEDS_MAX = 100000, SEEDS = 20, LINES_MAX = 40 };

struct request {
    const char *path;
    struct scenario_setting settings[SETTINGS_MAX + 1]; /* the last one is the seed's */
    size_t setting_count;
    char seed_text[40];
    uint64_t seeds, first_seed;
    bool json, has_seed;
};

static const struct engine *const engines[2] = {&engine_builtin, &engine_ns3};

/* Returns -1 to go on, or an exit status. */
static int read_options(const struct command *command, int argc, char **argv,
                        struct request *request) {
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 'n'}, {"seed", required_argument, NULL, 's'},
        {"set", required_argument, NULL, 'S'},   {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        if (option == 'n' &&
            (!command_number(optarg, SEEDS_MAX, &request->seeds) || request->seeds == 0))
            return command_misused(command, "--seeds takes a number from 1 to %d, not '%s'",
                                   SEEDS_MAX, optarg);
        if (option == 's' && !command_number(optarg, INT64_MAX - SEEDS_MAX, &request->first_seed))
            return command_misused(command, "--seed takes a whole number, not '%s'", optarg);
        if (option == 'S' && request->setting_count == SETTINGS_MAX)
            return command_misused(command, "more than %d --set", SETTINGS_MAX);
        if (option == 'S')
            request->settings[request->setting_count++].text = optarg;
        else if (option == 'j')
            request->json = true;
        else if (option == 's')
            request->has_seed = true;
        else if (option != 'n')
            return command_bad_option(command, option, argv);
    }
    if (argc - optind != 1)
        return command_misused(command, "it takes one scenario file");
    request->path = argv[optind];
    return -1;
}

static int failed(const struct engine *engine, int error) {
    fprintf(stderr, "tssb agree: engine %s: %s\n", engine->name, engine_error_text(engine, error));
    return EXIT_FAILED;
}

/* One run of one engine. */
static int run_one(struct agreement *agreement, const struct scenario *scenario, int engine) {
    struct world *world;
    enum world_end end;
    int error = world_create_on(&world, scenario, engines[engine]);
    if (error)
        return failed(engines[engine], error);
    error = agreement_begin(agreement, world, engine);
    if (!error)
        error = world_run(world, NULL, &end);
    if (!error)
        agreement_end(agreement, world);
    int status = error ? failed(engines[engine], error) : EXIT_DONE;
    world_close(world);
    return status;
}

static int load(const struct request *request, struct scenario *scenario) {
    char *errors = NULL;
    int status = scenario_load(scenario, request->path, request->settings,
                               request->setting_count + request->has_seed, &errors);
    return status ? command_failed(errors, status) : EXIT_DONE;
}

/* Both engines with one seed. */
static int run_both(struct agreement *agreement, struct request *request, uint64_t seed) {
    struct scenario scenario;
    snprintf(request->seed_text, sizeof request->seed_text, "seed=%" PRIu64, seed);
    request->settings[request->setting_count].text = request->seed_text;
    request->has_seed = true;
    int status = load(request, &scenario);
    if (status)
        return status;
    status = run_one(agreement, &scenario, 0);
    if (!status)
        status = run_one(agreement, &scenario, 1);
    scenario_close(&scenario);
    return status;
}

static int run_all(struct agreement *agreement, struct request *request) {
    bool shown = isatty(STDERR_FILENO);
    int status = EXIT_DONE;
    for (uint64_t i = 0; i < request->seeds && !status; i++) {
        if (shown)
            fprintf(stderr, "\rseed %" PRIu64 " of %" PRIu64 " ", i + 1, request->seeds);
        status = run_both(agreement, request, request->first_seed + i);
    }
    if (shown)
        fputs("\r\033[K", stderr);
    return status;
}

/* What is told of it. */

static const char *node_name(const struct scenario *scenario, uint32_t node,
                             char name[NODE_NAME_SIZE]) {
    return scenario_node_name(scenario, node, name, NODE_NAME_SIZE);
}

static char *signed_text(double ns, char text[HUMAN_SIZE + 1]) {
    char amount[HUMAN_SIZE];
    snprintf(text, HUMAN_SIZE + 1, "%s%.31s", ns < 0 ? "-" : "",
             human_duration((uint64_t)llround(fabs(ns)), amount));
    return text;
}

static const char *verdict_of(const struct agreement_pair *pair) {
    if (!pair->judged)
        return "too few seeds";
    return pair->agrees ? "agree" : "DIFFER";
}

static void add_line(struct table *table, const struct scenario *scenario,
                     const struct agreement_pair *pair) {
    char name[NODE_NAME_SIZE], text[HUMAN_SIZE + 1];
    table_row(table);
    table_cell(table, 0, "%s", node_name(scenario, pair->node, name));
    table_cell(table, 1, "%s", node_name(scenario, pair->author, name));
    table_cell(table, 2, "%" PRIu32, pair->seeds);
    if (!pair->seeds)
        return;
    table_cell(table, 3, "%s", signed_text(pair->means_ns[0], text));
    table_cell(table, 4, "%s", signed_text(pair->means_ns[1], text));
    table_cell(table, 5, "%s", signed_text(pair->difference_ns, text));
    if (pair->seeds > 1)
        table_cell(table, 6, "+- %s", signed_text(pair->half_ns, text));
    table_cell(table, 7, "%s", verdict_of(pair));
}

/* Those that differ come first. */
static void print(const struct agreement *agreement, const struct scenario *scenario) {
    static const char *const titles[] = {"node", "feed",       "seeds",    "builtin",
                                         "ns3",  "difference", "interval", ""};
    static struct table table;
    table_init(&table, "llrrrrrl");
    table_row(&table);
    for (uint32_t i = 0; i < sizeof titles / sizeof *titles; i++)
        table_cell(&table, i, "%s", titles[i]);
    uint32_t shown = 0;
    for (int agrees = 0; agrees < 2; agrees++)
        for (uint32_t i = 0; i < agreement->pair_count && shown < LINES_MAX; i++)
            if (agreement->pairs[i].agrees == agrees) {
                add_line(&table, scenario, &agreement->pairs[i]);
                shown++;
            }
    printf("%s, %" PRIu32 " seed%s: mean catch-ups of each node and feed\n\n", scenario->name,
           agreement->seeds, agreement->seeds == 1 ? "" : "s");
    table_print(&table, 0, stdout);
    if (shown < agreement->pair_count)
        printf("and %" PRIu32 " more\n", agreement->pair_count - shown);
    printf("\nthe same to the bit: %" PRIu32 " of %" PRIu32 " seeds\n", agreement->identical,
           agreement->seeds);
    if (agreement->differing)
        printf("the engines differ: on %" PRIu32 " of %" PRIu32 " nodes and feeds\n",
               agreement->differing, agreement->pair_count);
    else
        printf("the engines agree\n");
}

static json_t *pair_object(const struct scenario *scenario, const struct agreement_pair *pair) {
    char node[NODE_NAME_SIZE], feed[NODE_NAME_SIZE];
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "node", node_name(scenario, pair->node, node),
        "feed", node_name(scenario, pair->author, feed), "seeds", (json_int_t)pair->seeds,
        "builtin_ns", (json_int_t)pair->means_ns[0], "ns3_ns", (json_int_t)pair->means_ns[1],
        "difference_ns", (json_int_t)pair->difference_ns, "interval_ns", (json_int_t)pair->half_ns,
        "agrees", pair->agrees);
}

static int print_json(const struct agreement *agreement, const struct scenario *scenario) {
    json_t *pairs = json_array();
    bool good = pairs != NULL;
    for (uint32_t i = 0; i < agreement->pair_count && good; i++)
        good = json_array_append_new(pairs, pair_object(scenario, &agreement->pairs[i])) == 0;
    json_t *all = json_pack("{s:s, s:I, s:I, s:b, s:o}", "scenario", scenario->name, "seeds",
                            (json_int_t)agreement->seeds, "identical",
                            (json_int_t)agreement->identical, "agrees", agreement->differing == 0,
                            "pairs", pairs);
    char *text = good && all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    if (!text)
        return command_failed(NULL, EXIT_FAILED);
    puts(text);
    free(text);
    return EXIT_DONE;
}

static int compare(const struct command *command, struct agreement *agreement,
                   struct request *request, const struct scenario *scenario) {
    char *why = NULL;
    int status = engine_ns3.check(scenario, &why);
    if (status)
        return command_failed(why, status);
    for (uint32_t i = 0; i < scenario->network_count; i++)
        if (scenario->networks[i].ns3.kind == NS3_WIFI_ADHOC)
            return command_misused(command,
                                   "the built-in engine has no 802.11 to compare ns-3's with");
    if (!request->has_seed)
        request->first_seed = scenario->seed;
    status = run_all(agreement, request);
    if (status)
        return status;
    bool agrees = agreement_judge(agreement);
    if (!request->json)
        print(agreement, scenario);
    else if ((status = print_json(agreement, scenario)) != EXIT_DONE)
        return status;
    return command_end_output(agrees ? EXIT_DONE : EXIT_NOT_MET);
}

static int run_agree(const struct command *command, int argc, char **argv) {
    struct request request = {.seeds = SEEDS};
    struct agreement agreement = {0};
    struct scenario scenario;
    int status = read_options(command, argc, argv, &request);
    if (status >= 0)
        return status;
    bool told = request.has_seed;
    request.has_seed = false;
    status = load(&request, &scenario);
    if (status)
        return status;
    request.has_seed = told;
    status = compare(command, &agreement, &request, &scenario);
    agreement_close(&agreement);
    scenario_close(&scenario);
    return status;
}

const struct command command_agree = {
    .name = "agree",
    .arguments = "SCENARIO [--seeds N] [--seed N] [--set PATH=VALUE]... [--json]",
    .purpose = "runs a scenario on both engines and compares them",
    .help = help,
    .run = run_agree,
};
