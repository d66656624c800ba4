/* Reads the command line of tssb node. Single dashes do for long options too, as the first proof of
 * concept has them: -mc, -udp, -kiss. */
#include "node_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/request.h"

#define WAIT_MAX_NS (UINT64_C(3600) * 1000000000)

enum { PACKET_MIN = TSSB_DMX_SIZE + TSSB_RANGE_SIZE, KNOWN = 23 };

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
    "  --strategy NAME    how to ask for entries: single, window, batch, range, adaptive, fair\n"
    "  --interval TIME    how long to wait before asking again for what may not exist yet: 10s\n"
    "  --window N         entries to ask for ahead, at most; not with single\n"
    "  --stash N          packets to keep that come before their turn: 0\n"
    "  --packet-size N    bytes of a request, at most; with batch, range and adaptive: 120\n"
    "  --answer WHEN      immediate, or backoff=TIME: wait a random time below it, and leave the\n"
    "                     answer to whoever is heard giving it first\n"
    "  --suppress TIME    do not ask for what somebody else was heard asking for so long ago: 0s\n"
    "  --forward WHO      who sends entries unasked: author, relay (each node, on the faces that "
    "an\n"
    "                     entry did not come by) or subscribed (each node, where it was asked for\n"
    "                     the entry lately)\n"
    "  --blobs WHEN       side chains of others are fetched: eager (as their entries come), lazy\n"
    "                     (when an application reads them; this command has none) or never.\n"
    "                     Unless told: eager\n"
    "  --credit N         blobs to ask for at one time; unless told, what the network takes\n"
    "  --sync WHEN        entries of others are made durable: always (before anything is sent\n"
    "                     because of them), batch (within half a second), off; own entries are\n"
    "                     before they are announced, unless off. Unless told: batch\n"
    "  --log LEVEL        quiet, info or debug, on standard error\n"
    "  --status FILE      each second a line of JSON: the front of each feed, counts of each "
    "face;\n"
    "                     '-' is standard output\n"
    "  --pcap FILE        all packets, for Wireshark; an older file is overwritten\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0 stopped by Ctrl-C or SIGTERM, 2 the directory or the usage is wrong, 3 the\n"
    "system failed.\n"
    "\n"
    "Examples: tssb node data/nodeA --produce 5s\n"
    "          tssb node data/nodeB --kiss /dev/ttyUSB0 --mc 224.1.1.1/5000\n"
    "          tssb node data/nodeC --strategy window --window 16 --stash 16\n";

static int set_time(const struct command *command, const char *option, const char *text,
                    uint64_t *ns) {
    if (face_spec_duration(text, ns) && *ns > 0)
        return 0;
    return command_misused(command, "%s takes a time such as 5s, not '%s'", option, text);
}

/* A time that a node may wait before each packet: an hour is a mistake. */
static int set_wait(const struct command *command, const char *option, const char *text,
                    uint64_t *ns) {
    if (face_spec_duration(text, ns) && *ns <= WAIT_MAX_NS)
        return 0;
    return command_misused(command, "%s takes a time such as 50ms, up to 1h, not '%s'", option,
                           text);
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
    const struct tssb_strategy *found = tssb_strategy_find(name);
    if (found) {
        options->config.strategy = found;
        return 0;
    }
    for (size_t i = 0, at = 0; tssb_strategies[i] && at < sizeof names; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "",
                               tssb_strategies[i]->name);
    return command_misused(command, "there is no strategy '%s' (there is: %s)", name, names);
}

/* A count from `least` to `most`. */
static int set_count(const struct command *command, const char *option, const char *text,
                     uint32_t least, uint32_t most, uint32_t *count) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < least || value > most)
        return command_misused(command, "%s takes a number from %u to %u, not '%s'", option, least,
                               most, text);
    *count = (uint32_t)value;
    return 0;
}

static int set_packet_size(struct node_options *options, const struct command *command,
                           const char *text) {
    uint32_t size = 0;
    int error = set_count(command, "--packet-size", text, PACKET_MIN, TSSB_PACKET_SIZE, &size);
    if (!error)
        options->config.asking.packet_size = (uint16_t)size;
    return error;
}

static int set_answer(struct node_options *options, const struct command *command,
                      const char *text) {
    static const char backoff[] = "backoff=";
    options->config.backoff_ns = 0;
    if (strcmp(text, "immediate") == 0)
        return 0;
    if (strncmp(text, backoff, sizeof backoff - 1) != 0)
        return command_misused(command, "--answer takes immediate or backoff=50ms, not '%s'", text);
    return set_wait(command, "--answer backoff", text + sizeof backoff - 1,
                    &options->config.backoff_ns);
}

static int set_forward(struct node_options *options, const struct command *command,
                       const char *text) {
    for (size_t i = 0; tssb_forward_names[i]; i++)
        if (strcmp(text, tssb_forward_names[i]) == 0) {
            options->config.forward = (enum tssb_forward)i;
            return 0;
        }
    return command_misused(command, "--forward takes author, relay or subscribed, not '%s'", text);
}

static int set_blobs(struct node_options *options, const struct command *command,
                     const char *text) {
    options->config.blobs.policy = tssb_blob_policy_find(text);
    if (options->config.blobs.policy)
        return 0;
    return command_misused(command, "--blobs takes eager, lazy or never, not '%s'", text);
}

static int set_credit(struct node_options *options, const struct command *command,
                      const char *text) {
    uint32_t credit = 0;
    int error = set_count(command, "--credit", text, 1, UINT16_MAX, &credit);
    options->config.blobs.credit = (uint16_t)credit;
    return error;
}

/* Options that apply to all faces, once all faces are known, and those that not every strategy
 * makes use of. */
struct general {
    const char *pace, *answers, *interface, *window, *packet_size;
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
        return set_time(command, "--interval", optarg, &options->config.asking.interval_ns);
    case 'w':
        general->window = optarg;
        return set_count(command, "--window", optarg, 1, TSSB_SIZE_MAX,
                         &options->config.asking.size);
    case 'c':
        return set_count(command, "--stash", optarg, 0, TSSB_STASH_MAX,
                         &options->config.asking.stash);
    case 'z':
        general->packet_size = optarg;
        return set_packet_size(options, command, optarg);
    case 'A':
        return set_answer(options, command, optarg);
    case 'U':
        return set_wait(command, "--suppress", optarg, &options->config.suppress_ns);
    case 'f':
        return set_forward(options, command, optarg);
    case 'b':
        return set_blobs(options, command, optarg);
    case 'r':
        return set_credit(options, command, optarg);
    case 'y':
        return set_sync(options, command, optarg);
    case 'L':
        return service_set_level(command, optarg, &options->level);
    case 'S':
        options->status_path = optarg;
        return 0;
    case 'C':
        options->pcap_path = optarg;
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

/* What the strategy makes no use of is refused; and a subscription lasts one and a half intervals.
 */
static int complete_policies(struct node_options *options, const struct command *command,
                             const struct general *general) {
    struct tssb_node_config *config = &options->config;
    const char *name = config->strategy->name;
    config->subscription_ns = config->asking.interval_ns + config->asking.interval_ns / 2;
    if (general->window && !(config->strategy->uses & TSSB_USES_SIZE))
        return command_misused(command, "strategy '%s' makes no use of --window", name);
    if (general->packet_size && !(config->strategy->uses & TSSB_USES_PACKET_SIZE))
        return command_misused(command, "strategy '%s' makes no use of --packet-size", name);
    return 0;
}

/* The command's own options behind those that all have; the end of known is taken by theirs. */
static void add_options(struct option known[], const struct node_extra *extra) {
    size_t count = 0, more = 0;
    while (known[count].name)
        count++;
    for (; extra && extra->options[more].name; more++)
        known[count + more] = extra->options[more];
    TSSB_CHECK(more <= NODE_EXTRA_MAX);
}

int node_options_read(struct node_options *options, const struct command *command,
                      const struct node_extra *extra, int argc, char **argv) {
    struct option known[] = {{"mc", required_argument, NULL, 'm'},
                             {"udp", required_argument, NULL, 'u'},
                             {"listen", required_argument, NULL, 'l'},
                             {"kiss", required_argument, NULL, 'k'},
                             {"mc-if", required_argument, NULL, 'i'},
                             {"pace", required_argument, NULL, 'p'},
                             {"answers", required_argument, NULL, 'a'},
                             {"produce", required_argument, NULL, 'P'},
                             {"strategy", required_argument, NULL, 's'},
                             {"interval", required_argument, NULL, 'I'},
                             {"window", required_argument, NULL, 'w'},
                             {"stash", required_argument, NULL, 'c'},
                             {"packet-size", required_argument, NULL, 'z'},
                             {"answer", required_argument, NULL, 'A'},
                             {"suppress", required_argument, NULL, 'U'},
                             {"forward", required_argument, NULL, 'f'},
                             {"blobs", required_argument, NULL, 'b'},
                             {"credit", required_argument, NULL, 'r'},
                             {"sync", required_argument, NULL, 'y'},
                             {"log", required_argument, NULL, 'L'},
                             {"status", required_argument, NULL, 'S'},
                             {"pcap", required_argument, NULL, 'C'},
                             {"help", no_argument, NULL, 'h'},
                             [KNOWN + NODE_EXTRA_MAX] = {NULL, 0, NULL, 0}};
    struct general general = {0};
    int error = 0;
    *options = (struct node_options){
        .config = tssb_node_defaults, .sync = TSSB_SYNC_BATCH, .level = SERVICE_INFO};
    options->config.count = true;
    options->config.blobs.policy = tssb_blob_policy_find("eager");
    if (extra)
        extra->defaults(options);
    add_options(known, extra);
    for (int option; !error && (option = getopt_long_only(argc, argv, ":h", known, NULL)) != -1;) {
        if (option == 'h')
            return command_help(command);
        error = extra && option >= NODE_EXTRA_FIRST
                    ? extra->read(extra->context, command, option)
                    : read_option(options, command, &general, option, argv);
    }
    if (!error && extra && (options->produce_ns > 0 || options->produce_lines))
        error = command_misused(command, "--produce is for tssb node");
    if (!error)
        error = complete_policies(options, command, &general);
    if (!error)
        error = complete_faces(options, command, &general);
    if (error)
        return error;
    if (argc - optind != 1)
        return command_misused(command, "it takes one data directory");
    options->path = argv[optind];
    return -1;
}
