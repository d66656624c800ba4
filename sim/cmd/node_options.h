/* The command line of tssb node. */
#ifndef NODE_OPTIONS_H
#define NODE_OPTIONS_H

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

/* What --help prints. */
extern const char node_help[];

/* Reads the command line into options, whatever they were. Returns -1 to go on, or an exit status,
 * having printed help or complained. */
int node_options_read(struct node_options *options, const struct command *command, int argc,
                      char **argv);

#endif
