/* tssb run: a scenario file in, a run in a results file and a summary out. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/posix/text.h"
#include "sim/engine.h"
#include "sim/gateway.h"
#include "sim/record/capture.h"
#include "sim/record/tally.h"
#include "sim/record/recorder.h"
#include "sim/record/replay.h"
#include "sim/scenario/scenario.h"
#include "sim/record/summary.h"
#include "sim/record/trace.h"
#include "sim/world.h"
#include "command.h"

static const char help[] =
    "Simulates the scenario and records the run.\n"
    "\n"
    "  --seed N           the seed, in place of the scenario's\n"
    "  --set PATH=VALUE   any other value of the scenario: --set 'network.link.loss=30 %'\n"
    "  --engine NAME      the network engine: builtin, or ns3, where the program was built with "
    "it\n"
    "  --out DB           the results file; results/<scenario name>.sqlite unless told, 'none' for "
    "none\n"
    "  --pcap DIR         write all packets into DIR/<scenario name>-<seed>.pcapng, for Wireshark; "
    "an\n"
    "                     older file of that name is overwritten; engine ns3 writes its own "
    "beside it,\n"
    "                     one a device\n"
    "  --anim FILE        engine ns3: write an animation for NetAnim\n"
    "  --trace            print what happens, a line an event, before the summary\n"
    "  --json             print the summary as one JSON object\n"
    "  --realtime         let simulated time pass as real time does; a scenario with real faces "
    "always\n"
    "                     does\n"
    "  --speed X          as --realtime, X times as fast: 2, 0.5\n"
    "  --replay DB RUN    repeat a recorded run, with what came in by its real faces then, and "
    "say\n"
    "                     whether the digest is the same; in place of a scenario\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0 every expectation was met, 1 one was not, 2 the scenario or the usage is "
    "wrong,\n"
    "3 the system failed. Ctrl-C ends the run early; it is recorded as interrupted.\n"
    "\n"
    "Examples: tssb run scenarios/transitive-sync.yaml --seed 7 --set 'network.link.loss=30 %'\n"
    "          tssb run --replay results/transitive-sync.sqlite 1 --out none\n";

enum { SETTINGS_MAX = 256 };

struct request {
    const char *scenario;
    const char *out;
    const char *pcap; /* the folder of captures; NULL for none */
    const char *anim; /* the animation's file; NULL for none */
    const struct engine *engine;
    const char *replay; /* a results file; NULL where a scenario is run */
    uint64_t replay_run;
    uint64_t speed_thousandths; /* 0: as fast as can be */
    bool trace, json;
    struct scenario_setting settings[SETTINGS_MAX];
    size_t setting_count;
    char seed[64];
};

/* One run, and all that it holds on to. */
struct session {
    const struct engine *engine;
    struct replay replay;
    struct scenario scenario;
    struct gateway *gateway;
    char *settings; /* as the results file has them */
    struct world *world;
    struct recorder *recorder;
    struct capture *capture;
    struct trace trace;
    struct tally tally;
    int64_t run;
    char *out; /* of the results file; NULL for none */
    bool tracing, progress_shown;
};

/* Signals: Ctrl-C ends the run, and on a terminal a timer asks for a line of progress. */

enum { PROGRESS_S = 1 };

static volatile sig_atomic_t attention, interrupted_by, progress_due;

static void on_interrupt(int number) {
    interrupted_by = number;
    attention = 1;
}

static void on_timer(int number) {
    (void)number;
    progress_due = 1;
    attention = 1;
}

static void catch_signals(void) {
    struct sigaction interrupt = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    if (!isatty(STDERR_FILENO))
        return;
    struct sigaction timer = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    struct itimerval each = {{PROGRESS_S, 0}, {PROGRESS_S, 0}};
    sigaction(SIGALRM, &timer, NULL);
    setitimer(ITIMER_REAL, &each, NULL);
}

static void end_progress(bool shown) {
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    if (shown)
        fputs("\r\033[K", stderr);
}

/* The world calls it between two events when `attention` is set, by a signal or by a recorder or
 * capture that failed. */
static bool look_up(void *context, const struct world *world) {
    struct session *session = context;
    attention = 0;
    if (progress_due) {
        progress_due = 0;
        session->progress_shown = true;
        fprintf(stderr, "\rsimulated %.1f of %.1f s ", (double)world_now_ns(world) / 1e9,
                (double)world_scenario(world)->duration_ns / 1e9);
    }
    return interrupted_by || (session->recorder && recorder_failed(session->recorder)) ||
           (session->capture && capture_failed(session->capture));
}

/* The command line. */

static int add_setting(const struct command *command, struct request *request, const char *text) {
    if (request->setting_count == SETTINGS_MAX)
        return command_misused(command, "more than %d --set", SETTINGS_MAX);
    request->settings[request->setting_count++].text = text;
    return 0;
}

static int set_seed(const struct command *command, struct request *request, const char *text) {
    uint64_t seed;
    if (!command_number(text, UINT64_MAX, &seed))
        return command_misused(command, "--seed takes a whole number, not '%s'", text);
    snprintf(request->seed, sizeof request->seed, "seed=%" PRIu64, seed);
    return add_setting(command, request, request->seed);
}

static int set_engine(const struct command *command, struct request *request, const char *name) {
    request->engine = engine_find(name);
    if (request->engine)
        return 0;
    return command_misused(command, "there is no engine '%s' (there are: %s)", name,
                           engine_names());
}

/* "2", "0.5": up to three decimals, from 0.001 to 1000000. */
static int set_speed(const struct command *command, struct request *request, const char *text) {
    uint64_t whole = 0, thousandths = 0;
    size_t digits = strspn(text, "0123456789"), decimals = 0;
    for (size_t i = 0; i < digits && whole <= 1000000; i++)
        whole = whole * 10 + (uint64_t)(text[i] - '0');
    if (text[digits] == '.') {
        decimals = strspn(text + digits + 1, "0123456789");
        for (size_t i = 0; i < 3; i++)
            thousandths = thousandths * 10 +
                          (i < decimals ? (uint64_t)(text[digits + 1 + i] - '0') : 0);
    }
    bool good = digits > 0 && decimals <= 3 && whole <= 1000000 &&
                text[digits + decimals + (text[digits] == '.')] == 0;
    request->speed_thousandths = whole * 1000 + thousandths;
    if (!good || request->speed_thousandths == 0)
        return command_misused(command, "--speed takes a number such as 2 or 0.5, not '%s'", text);
    return 0;
}

/* What is left of the command line after the options. */
static int read_operands(const struct command *command, int count, char **operands,
                         struct request *request) {
    if (request->trace && request->json)
        return command_misused(command, "--trace and --json both want standard output");
    if (request->replay &&
        (request->setting_count || request->speed_thousandths || request->engine))
        return command_misused(command, "--replay repeats a run as it was: no other value, no "
                                        "other speed, no other engine");
    if (!request->replay && !request->engine)
        request->engine = &engine_builtin;
    if (request->anim && (request->replay || !request->engine->write_files))
        return command_misused(command, "--anim is of the engine ns3 (--engine ns3)");
    if (request->speed_thousandths && !request->engine->keeps_real_time)
        return command_misused(command, "the engine %s does not keep real time",
                               request->engine->name);
    if (request->replay) {
        if (count != 1 || !command_number(operands[0], INT64_MAX, &request->replay_run))
            return command_misused(command,
                                   "--replay takes a results file and the number of a run");
        return -1;
    }
    if (count != 1)
        return command_misused(command, "it takes one scenario file");
    request->scenario = operands[0];
    return -1;
}

/* Returns -1 to go on, or an exit status. */
static int read_options(const struct command *command, int argc, char **argv,
                        struct request *request) {
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"set", required_argument, NULL, 'S'},
                                            {"engine", required_argument, NULL, 'e'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"pcap", required_argument, NULL, 'p'},
                                            {"trace", no_argument, NULL, 't'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"realtime", no_argument, NULL, 'r'},
                                            {"speed", required_argument, NULL, 'v'},
                                            {"replay", required_argument, NULL, 'R'},
                                            {"anim", required_argument, NULL, 'a'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int error = 0;
    for (int option; !error && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        else if (option == 's')
            error = set_seed(command, request, optarg);
        else if (option == 'S')
            error = add_setting(command, request, optarg);
        else if (option == 'e')
            error = set_engine(command, request, optarg);
        else if (option == 'o')
            request->out = optarg;
        else if (option == 'p')
            request->pcap = optarg;
        else if (option == 'a')
            request->anim = optarg;
        else if (option == 'r')
            request->speed_thousandths = 1000;
        else if (option == 'v')
            error = set_speed(command, request, optarg);
        else if (option == 'R')
            request->replay = optarg;
        else if (option == 't')
            request->trace = true;
        else if (option == 'j')
            request->json = true;
        else
            error = command_bad_option(command, option, argv);
    }
    return error ? error : read_operands(command, argc - optind, argv + optind, request);
}

/* The run. */

static int choose_out(struct session *session, const struct request *request) {
    if (request->out && strcmp(request->out, "none") == 0)
        return EXIT_DONE;
    session->out = command_results_path(request->out, session->scenario.name);
    return session->out ? EXIT_DONE : EXIT_FAILED;
}

static int begin_recording(struct session *session) {
    char *error = NULL;
    struct run_info info = {.engine = session->engine->name,
                            .version = TSSB_VERSION,
                            .settings = session->settings,
                            .stop = &attention};
    if (!session->out)
        return EXIT_DONE;
    if (recorder_open(&session->recorder, session->out, &error) != 0 ||
        recorder_begin(session->recorder, session->world, &info, &session->run, &error) != 0)
        return command_failed(error, EXIT_FAILED);
    world_watch(session->world, recorder_observer(session->recorder));
    return EXIT_DONE;
}

static int begin_capture(struct session *session, const char *folder) {
    char *error = NULL;
    if (!folder)
        return EXIT_DONE;
    int status = capture_open(&session->capture, folder, session->world, TSSB_VERSION, &attention,
                              &error);
    if (status)
        return command_failed(error, status);
    world_watch(session->world, capture_observer(session->capture));
    return EXIT_DONE;
}

static int core_failed(const struct session *session, int error) {
    fprintf(stderr, "tssb run: %s\n", engine_error_text(session->engine, error));
    return EXIT_FAILED;
}

/* What the engine itself writes: captures beside ours, under the same name. */
static int write_engine_files(struct session *session, const struct request *request) {
    const struct scenario *scenario = &session->scenario;
    struct engine_files files = {.animation = request->anim};
    char *error = NULL, *prefix = NULL;
    if (!session->engine->write_files || (!request->pcap && !request->anim))
        return EXIT_DONE;
    if (request->pcap) {
        prefix = tssb_text("%s/%s-%" PRIu64, request->pcap, scenario->name, scenario->seed);
        if (!prefix)
            return command_failed(NULL, EXIT_FAILED);
        files.captures = prefix;
    }
    int status = session->engine->write_files(session->world, &files, &error);
    free(prefix);
    return status ? command_failed(error, status) : EXIT_DONE;
}

/* Real faces and real time; or what came in by them when the run was recorded. */
static int connect_to_outside(struct session *session, const struct request *request) {
    char *error = NULL;
    uint64_t speed = request->speed_thousandths;
    if (request->replay) {
        int status = replay_inject(&session->replay, session->world, &error);
        return status ? command_failed(error, status) : EXIT_DONE;
    }
    if (session->scenario.face_count > 0 && speed != 0 && speed != 1000) {
        fprintf(stderr,
                "%s: has real faces, and real peers know one speed only (without --speed)\n",
                request->scenario);
        return EXIT_WRONG;
    }
    if (session->scenario.face_count == 0 && speed == 0)
        return EXIT_DONE;
    int status = gateway_open(&session->gateway, session->world, speed ? speed : 1000, &error);
    if (status)
        return command_failed(error, status);
    world_connect(session->world, gateway_outside(session->gateway));
    return EXIT_DONE;
}

static int prepare(struct session *session, const struct request *request) {
    char *why = NULL;
    int status = session->engine->check ? session->engine->check(&session->scenario, &why) : 0;
    if (status)
        return command_failed(why, status);
    int error = world_create_on(&session->world, &session->scenario, session->engine);
    if (error)
        return core_failed(session, error);
    tally_init(&session->tally);
    world_watch(session->world, &session->tally.observer);
    session->tracing = request->trace;
    if (request->trace) {
        error = trace_init(&session->trace, session->world, stdout);
        if (error)
            return core_failed(session, error);
        world_watch(session->world, &session->trace.observer);
    }
    status = connect_to_outside(session, request);
    if (status == EXIT_DONE)
        status = begin_capture(session, request->pcap);
    if (status == EXIT_DONE)
        status = write_engine_files(session, request);
    return status == EXIT_DONE ? begin_recording(session) : status;
}

/* Says on standard error whether a repeated run came to what the recorded one had come to. */
static bool same_digest(const struct session *session) {
    uint8_t digest[DIGEST_SIZE];
    char text[2 * DIGEST_SIZE + 1];
    world_digest(session->world, digest);
    for (int i = 0; i < DIGEST_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    const char *recorded = session->replay.digest;
    bool same = recorded && strcmp(recorded, text) == 0;
    fprintf(stderr, "%s, run %lld: %s\n", session->replay.path, (long long)session->replay.run,
            same ? "repeated, the digest is the same" : "another digest: it was another version");
    return same;
}

static int report(struct session *session, const struct request *request,
                  enum run_outcome outcome) {
    struct summary summary = {session->world, outcome, session->out, session->run, &session->tally};
    if (request->trace)
        putchar('\n');
    int error = (request->json ? summary_json : summary_print)(&summary, stdout);
    if (error)
        return core_failed(session, error);
    if (request->replay && !same_digest(session))
        return command_end_output(EXIT_NOT_MET);
    return command_end_output(outcome == RUN_FAILED ? EXIT_NOT_MET : EXIT_DONE);
}

/* Ends what was written of the run. error: of the world, or 0. Returns EXIT_FAILED, having
 * complained, where the world or a file failed; the run is then recorded as unfinished. */
static int finish_files(struct session *session, int error, enum run_outcome outcome) {
    char *capture_trouble = NULL, *recorder_trouble = NULL;
    const char *failure = error ? engine_error_text(session->engine, error) : NULL;
    int status = error ? core_failed(session, error) : EXIT_DONE;
    if (session->capture && capture_finish(session->capture, &capture_trouble) != 0) {
        failure = capture_trouble ? capture_trouble : tssb_error_text(TSSB_E_MEMORY);
        status = EXIT_FAILED;
    }
    if (session->recorder && recorder_finish(session->recorder, failure ? RUN_UNFINISHED : outcome,
                                             failure, &recorder_trouble) != 0)
        status = command_failed(recorder_trouble, EXIT_FAILED);
    if (capture_trouble)
        (void)command_failed(capture_trouble, EXIT_FAILED);
    return status;
}

static int simulate(struct session *session, const struct request *request) {
    struct world_interrupt interrupt = {&attention, look_up, session};
    enum world_end end;
    catch_signals();
    int error = world_run(session->world, &interrupt, &end);
    end_progress(session->progress_shown);
    enum run_outcome outcome = error ? RUN_UNFINISHED : run_outcome_of(session->world, end);
    int status = finish_files(session, error, outcome);
    return status == EXIT_DONE ? report(session, request, outcome) : status;
}

/* For the results file. */
static int keep_settings(struct session *session, const struct scenario_setting *settings,
                         size_t count) {
    session->settings = scenario_settings_json(settings, count);
    return session->settings ? EXIT_DONE : command_failed(NULL, EXIT_FAILED);
}

static int load(struct session *session, const struct request *request) {
    char *errors = NULL;
    struct replay *replay = &session->replay;
    int status;
    session->engine = request->engine;
    if (!request->replay) {
        status = scenario_load(&session->scenario, request->scenario, request->settings,
                               request->setting_count, &errors);
        return status ? command_failed(errors, status)
                      : keep_settings(session, request->settings, request->setting_count);
    }
    status = replay_open(replay, request->replay, (int64_t)request->replay_run, &errors);
    if (!status)
        status = scenario_parse(&session->scenario,
                                replay->scenario_path ? replay->scenario_path : request->replay,
                                replay->scenario_text, replay->scenario_size, replay->settings,
                                replay->setting_count, &errors);
    if (!status)
        status = replay_check_files(replay, &session->scenario, &errors);
    session->engine = replay->engine;
    return status ? command_failed(errors, status)
                  : keep_settings(session, replay->settings, replay->setting_count);
}

static int run_session(struct session *session, const struct request *request) {
    int status = load(session, request);
    if (status == EXIT_DONE)
        status = choose_out(session, request);
    if (status == EXIT_DONE)
        status = prepare(session, request);
    return status == EXIT_DONE ? simulate(session, request) : status;
}

static void close_session(struct session *session) {
    recorder_close(session->recorder);
    capture_close(session->capture);
    gateway_close(session->gateway);
    if (session->tracing)
        trace_close(&session->trace);
    world_close(session->world);
    tally_close(&session->tally);
    scenario_close(&session->scenario);
    replay_close(&session->replay);
    free(session->settings);
    free(session->out);
}

static int run_run(const struct command *command, int argc, char **argv) {
    struct request request = {0};
    struct session session = {0};
    int status = read_options(command, argc, argv, &request);
    if (status >= 0)
        return status;
    status = run_session(&session, &request);
    close_session(&session);
    if (interrupted_by) {
        signal(interrupted_by, SIG_DFL);
        raise(interrupted_by); /* so that a shell's loop ends too */
    }
    return status;
}

const struct command command_run = {
    .name = "run",
    .arguments = "SCENARIO [--seed N] [--set PATH=VALUE]... [--engine NAME] [--out DB] [--pcap "
                 "DIR] [--trace | "
                 "--json]",
    .purpose = "simulates a scenario and records the run",
    .help = help,
    .run = run_run,
};
