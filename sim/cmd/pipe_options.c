/* Reads the command line of tssb pipe: that of a node, and its own. */
#include "pipe_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS UINT64_C(1000000)

/* Answers are the stream itself, so that the usual limit of a face to them would be the stream's. A
 * serial line limits itself. */
#define ANSWERS_BYTES_PER_S UINT64_C(50000000)

enum { LINGER_MS = 5000, WINDOW_MIN = 1024 };

const char pipe_help[] =
    "A byte stream each way between this node and a peer that runs the same: standard input goes\n"
    "to the peer's standard output. It runs a node as 'tssb node' does, with the same options but\n"
    "--produce; the bytes travel as entries and side chains of the two feeds, so any node that\n"
    "follows both carries them, and the two need never be online at the same time.\n"
    "\n"
    "  --peer FID         the peer's feed: 64 hexadecimal digits, or the first few where the node\n"
    "                     knows it already\n"
    "  --receive-only     there is no input: standard input is not read\n"
    "  --no-wait          ends once all input is in the feed; another pipe goes on from there\n"
    "  --again            after a restart, standard output is somebody new, and gets all from the\n"
    "                     beginning\n"
    "  --continue         after a restart, standard input goes on where it was, instead of coming\n"
    "                     once more from its beginning\n"
    "  --fresh            gives up what an earlier pipe left unfinished\n"
    "  --ahead BYTES      how much the peer may have left unread before this side waits: 4M\n"
    "  --linger TIME      how long to stay for a peer that has not heard of the end: 5s\n"
    "  ...                all of 'tssb node --help'; unless told --strategy range --stash 64\n"
    "                     --interval 1s --log quiet, and --answers 50000000 but on KISS\n"
    "  --help             this text\n"
    "\n"
    "It ends when both inputs have ended and all has arrived. Stopped, or killed, before that, "
    "the\n"
    "same command goes on: input that was sent is passed over, output that was written does not\n"
    "come again. A regular file knows what was written: its size counts, so that nothing is lost\n"
    "and nothing comes twice, whenever the process was killed. With anything else, what was being\n"
    "written at that very moment, 64 KiB at most, comes again.\n"
    "\n"
    "Exit status: 0 all has arrived, or stopped by Ctrl-C or SIGTERM; 1 the peer gave up, 2 the\n"
    "directory or the usage is wrong, 3 the system failed.\n"
    "\n"
    "Examples: tar c . | tssb pipe data/nodeA --peer 5f3a\n"
    "          tssb pipe data/nodeB --peer 91c0 --receive-only | tar x\n"
    "          tssb pipe data/nodeB --peer 91c0 --receive-only --kiss /dev/ttyUSB0 >>backup.tar\n";

enum { PEER = NODE_EXTRA_FIRST, RECEIVE, NO_WAIT, AGAIN, GOES_ON, FRESH, AHEAD, LINGER };

/* A number of bytes, with k or M behind it for 2^10 or 2^20 of them. */
static int read_ahead(struct pipe_options *options, const struct command *command,
                      const char *text) {
    char *unit;
    errno = 0;
    unsigned long long value = strtoull(text, &unit, 10);
    unsigned shift = *unit == 'k' ? 10 : 0;
    if (*unit == 'M')
        shift = 20;
    bool well = *text >= '0' && *text <= '9' && !errno && unit[shift ? 1 : 0] == '\0';
    if (!well || value > UINT32_MAX >> shift || value << shift < WINDOW_MIN)
        return command_misused(command,
                               "--ahead takes bytes, such as 64k or 4M, from 1k to "
                               "4095M, not '%s'",
                               text);
    options->settings.window = (uint32_t)(value << shift);
    return 0;
}

static int read_option(void *context, const struct command *command, int option) {
    struct pipe_options *options = context;
    switch (option) {
    case PEER:
        options->peer_text = optarg;
        return 0;
    case AHEAD:
        return read_ahead(options, command, optarg);
    case LINGER:
        if (face_spec_duration(optarg, &options->linger_ns))
            return 0;
        return command_misused(command, "--linger takes a time such as 5s, not '%s'", optarg);
    default:
        options->receive_only |= option == RECEIVE;
        options->no_wait |= option == NO_WAIT;
        options->again |= option == AGAIN;
        options->goes_on |= option == GOES_ON;
        options->fresh |= option == FRESH;
        return 0;
    }
}

static void set_defaults(struct node_options *options) {
    options->config.strategy = tssb_strategy_find("range");
    options->config.asking.stash = 64;
    options->config.asking.interval_ns = 1000 * MS_NS;
    options->level = SERVICE_QUIET;
}

static void raise_answers(struct face_specs *faces) {
    for (size_t i = 0; i < faces->count; i++) {
        struct face_spec *face = &faces->items[i];
        if (face->options.answer_bytes_per_s == 0 && strcmp(face->kind, "kiss") != 0)
            face->options.answer_bytes_per_s = ANSWERS_BYTES_PER_S;
    }
}

int pipe_options_read(struct pipe_options *options, struct node_options *of_node,
                      const struct command *command, int argc, char **argv) {
    static const struct option own[] = {{"peer", required_argument, NULL, PEER},
                                        {"receive-only", no_argument, NULL, RECEIVE},
                                        {"no-wait", no_argument, NULL, NO_WAIT},
                                        {"again", no_argument, NULL, AGAIN},
                                        {"continue", no_argument, NULL, GOES_ON},
                                        {"fresh", no_argument, NULL, FRESH},
                                        {"ahead", required_argument, NULL, AHEAD},
                                        {"linger", required_argument, NULL, LINGER},
                                        {NULL, 0, NULL, 0}};
    const struct node_extra extra = {own, set_defaults, read_option, options};
    *options = (struct pipe_options){.settings = tssb_stream_defaults,
                                     .linger_ns = LINGER_MS * MS_NS};
    int status = node_options_read(of_node, command, &extra, argc, argv);
    if (status >= 0)
        return status;
    if (!options->peer_text)
        return command_misused(command, "it takes --peer, the ID of the peer's feed");
    if (of_node->status_path && strcmp(of_node->status_path, "-") == 0)
        return command_misused(command, "--status takes a file: standard output is the peer's");
    if (!of_node->config.blobs.policy || !of_node->config.blobs.policy->as_they_come)
        return command_misused(command, "--blobs must be eager: the stream comes in side chains");
    raise_answers(&of_node->faces);
    return -1;
}
