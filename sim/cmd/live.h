/* A node on real faces, for commands that do something with it (node, pipe): opens the directory
 * and the faces, follows every log, says in the log and the status what happens. */
#ifndef LIVE_H
#define LIVE_H

#include "core/posix/directory.h"
#include "core/posix/loop.h"
#include "node_options.h"
#include "service.h"
#include "tap.h"

struct live;

/* What the command does with it. */
struct live_work {
    void (*init)(struct live *live); /* its handles of the loop */
    int (*start)(struct live *live); /* the logs are open; returns an exit status */
    void (*stop)(struct live *live); /* closes what init made */
    void (*status)(const struct live *live, json_t *object); /* adds to the status; may be NULL */
};

struct live {
    struct node_options options; /* set before live_run */
    const struct live_work *work;
    struct service service;
    struct tssb_directory *directory;
    struct tssb_loop loop;
    struct tap tap;
    bool looping;
    uv_timer_t refresher;
    uint64_t trouble_ns;   /* when the last one was told */
    char *refresh_trouble; /* what the last look into the directory found wrong; NULL for nothing */
};

/* Runs until it is told to stop. live: zeroed but for its options, as the first member of what the
 * command has. Returns the exit status, all being closed. */
int live_run(struct live *live, const struct command *command, const struct live_work *work);

/* Makes the node's own feed, which is not there yet. Returns an exit status, having complained. */
int live_found_feed(struct live *live);

/* The node cannot go on: says why, with an error of core/error.h, and ends. */
void live_failed(struct live *live, const char *what, int error);

#endif
