/* The command line of tssb node, and of what else runs a node. */
#ifndef NODE_OPTIONS_H
#define NODE_OPTIONS_H

#include <getopt.h>

#include "core/posix/directory.h"
#include "core/node.h"
#include "face_spec.h"
#include "service.h"

struct node_options {
    const char *path; /* of the data directory */
    struct face_specs faces;
    struct tssb_node_config config; /* strategy and policies; the rest as by default */
    enum tssb_sync sync;
    uint64_t produce_ns; /* 0: not by time */
    bool produce_lines;  /* of standard input */
    enum service_level level;
    const char *status_path; /* NULL: none */
    const char *pcap_path;   /* NULL: none */
};

/* What --help of tssb node prints. */
extern const char node_help[];

enum { NODE_EXTRA_MAX = 12, NODE_EXTRA_FIRST = 256 };

/* What another command that runs a node has beside these, instead of --produce. */
struct node_extra {
    const struct option *options; /* ended by a NULL name; their values begin at NODE_EXTRA_FIRST */
    void (*defaults)(struct node_options *options); /* where they are not tssb node's */
    /* Reads optarg. Returns 0 or an exit status, having complained. */
    int (*read)(void *context, const struct command *command, int option);
    void *context;
};

/* Reads the command line into options, whatever they were. extra: NULL for none. Returns -1 to go
 * on, or an exit status, having printed help or complained. */
int node_options_read(struct node_options *options, const struct command *command,
                      const struct node_extra *extra, int argc, char **argv);

#endif
