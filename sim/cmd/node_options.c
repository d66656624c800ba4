/* Reads the command line of tssb node. Single dashes do for long options too, as the first proof of
 * concept has them: -mc, -udp, -kiss. */
#include "node_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/node.h"

const char node_help[] =
    "Replicates what is in a data directory: follows every log but its own, serves all it holds.\n"
    "\n"
    "  --mc GROUP/PORT    a multicast group; without any face, 224.1.1.1/5000\n"
    "  --udp HOST/PORT    a peer over UDP\n"
    "  --listen PORT      whoever is heard on a UDP port, and answered there from then on\n"
    "  --kiss DEVICE      a serial line\n"
    "                     any number of each; after a face, options of it alone: ,pace=500ms\n"
    "                     ,answers=20000 ,queue=64 ,baud=9600 ,if=eth0\n"
    "  --mc-if IF         the network interface of multicast groups, a name or an address\n"
    "  --pace TIME        least time between two packets on a face; unless told 500ms on KISS\n"
    "  --answers N        most bytes a second that answers to requests may take on a face\n"
    "  --produce TIME     append an entry each TIME: 5s\n"
    "  --produce -        append each line of standard input; at its end the node goes on\n"
    "  --strategy NAME    how to ask for entries: single\n"
    "  --interval TIME    how long to wait before asking again: 10s\n"
    "  --sync WHEN        entries of others are made durable: always (before anything is sent\n"
    "                     because of them), batch (within half a second), off; own entries are\n"
    "                     before they are announced, unless off. Unless told: batch\n"
    "  --log LEVEL        quiet, info or debug, on standard error\n"
    "  --status FILE      each second a line of JSON: the front of each feed, counts of each "
    "face;\n"
    "                     '-' is standard output\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0 stopped by Ctrl-C or SIGTERM, 2 the directory or the usage is wrong, 3 the\n"
    "system failed.\n"
    "\n"
    "Examples: tssb node data/nodeA --produce 5s\n"
    "          tssb node data/nodeB -kiss /dev/ttyUSB0 -mc 224.1.1.1/5000\n";

static int set_time(const struct command *command, const char *option, const char *text,
                    uint64_t *ns) {
    if (face_spec_duration(text, ns) && *ns > 0)
        return 0;
    return command_misused(command, "%s takes a time such as 5s, not '%s'", option, text);
}

static int set_produce(struct node_options *options, const struct command *command,
                       const char *text) {
    options->produce_lines = strcmp(text, "-") == 0;
    if (options->produce_lines)
        return 0;
    return set_time(command, "--produce", text, &options->produce_ns);
}

static int set_sync(struct node_options *options, const struct command *command, const char *text) {
    static const struct {
        const char *name;
        enum tssb_sync sync;
    } ways[] = {{"always", TSSB_SYNC_ALWAYS}, {"batch", TSSB_SYNC_BATCH}, {"off", TSSB_SYNC_OFF}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(text, ways[i].name) == 0) {
            options->sync = ways[i].sync;
            return 0;
        }
    return command_misused(command, "--sync takes always, batch or off, not '%s'", text);
}

static int set_strategy(struct node_options *options, const struct command *command,
                        const char *name) {
    char names[256] = "";
    options->strategy = tssb_strategy_find(name);
    if (options->strategy)
        return 0;
    for (size_t i = 0, at = 0; tssb_strategies[i] && at < sizeof names; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "",
                               tssb_strategies[i]->name);
    return command_misused(command, "there is no strategy '%s' (there is: %s)", name, names);
}

/* Options that apply to all faces, once all faces are known. */
struct general {
    const char *pace, *answers, *interface;
};

static int read_option(struct node_options *options, const struct command *command,
                       struct general *general, int option, char **argv) {
    switch (option) {
    case 'm':
        return face_specs_add(&options->faces, command, "mc", optarg);
    case 'u':
        return face_specs_add(&options->faces, command, "udp", optarg);
    case 'l':
        return face_specs_add(&options->faces, command, "listen", optarg);
    case 'k':
        return face_specs_add(&options->faces, command, "kiss", optarg);
    case 'i':
        general->interface = optarg;
        return 0;
    case 'p':
        general->pace = optarg;
        return 0;
    case 'a':
        general->answers = optarg;
        return 0;
    case 'P':
        return set_produce(options, command, optarg);
    case 's':
        return set_strategy(options, command, optarg);
    case 'I':
        return set_time(command, "--interval", optarg, &options->interval_ns);
    case 'y':
        return set_sync(options, command, optarg);
    case 'L':
        return service_set_level(command, optarg, &options->level);
    case 'S':
        options->status_path = optarg;
        return 0;
    default:
        return command_bad_option(command, option, argv);
    }
}

static int complete_faces(struct node_options *options, const struct command *command,
                          const struct general *general) {
    struct face_specs *faces = &options->faces;
    int error = 0;
    if (faces->count == 0)
        error = face_specs_add(faces, command, "mc", "224.1.1.1/5000");
    if (!error && general->interface)
        error = face_specs_default(faces, command, "if", general->interface);
    if (!error && general->pace)
        error = face_specs_default(faces, command, "pace", general->pace);
    if (!error && general->answers)
        error = face_specs_default(faces, command, "answers", general->answers);
    return error;
}

int node_options_read(struct node_options *options, const struct command *command, int argc,
                      char **argv) {
    static const struct option known[] = {{"mc", required_argument, NULL, 'm'},
                                          {"udp", required_argument, NULL, 'u'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"kiss", required_argument, NULL, 'k'},
                                          {"mc-if", required_argument, NULL, 'i'},
                                          {"pace", required_argument, NULL, 'p'},
                                          {"answers", required_argument, NULL, 'a'},
                                          {"produce", required_argument, NULL, 'P'},
                                          {"strategy", required_argument, NULL, 's'},
                                          {"interval", required_argument, NULL, 'I'},
                                          {"sync", required_argument, NULL, 'y'},
                                          {"log", required_argument, NULL, 'L'},
                                          {"status", required_argument, NULL, 'S'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct general general = {0};
    int error = 0;
    *options = (struct node_options){.strategy = tssb_node_defaults.strategy,
                                     .interval_ns = tssb_node_defaults.asking.interval_ns,
                                     .sync = TSSB_SYNC_BATCH,
                                     .level = SERVICE_INFO};
    for (int option; !error && (option = getopt_long_only(argc, argv, ":h", known, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        error = read_option(options, command, &general, option, argv);
    }
    if (!error)
        error = complete_faces(options, command, &general);
    if (error)
        return error;
    if (argc - optind != 1)
        return command_misused(command, "it takes one data directory");
    options->path = argv[optind];
    return -1;
}
