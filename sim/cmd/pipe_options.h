/* The command line of tssb pipe. */
#ifndef PIPE_OPTIONS_H
#define PIPE_OPTIONS_H

#include "core/stream.h"
#include "node_options.h"

struct pipe_options {
    const char *peer_text; /* the peer's feed ID, or its beginning */
    struct tssb_stream_settings settings;
    bool receive_only; /* there is no input */
    bool no_wait;      /* ends once the input is in the feed */
    bool again;        /* the output gets all from the beginning */
    bool goes_on;      /* the input does not begin again */
    bool fresh;        /* an unfinished session is given up */
    uint64_t linger_ns;
};

/* What --help prints. */
extern const char pipe_help[];

/* Reads the command line into both, whatever they were. Returns as node_options_read. */
int pipe_options_read(struct pipe_options *options, struct node_options *of_node,
                      const struct command *command, int argc, char **argv);

#endif
