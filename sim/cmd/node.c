/* tssb node: a data directory on real faces. Producer and consumer at once; its log reads like that
 * of the first proof of concept's demo. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "live.h"

struct node {
    struct live live;
    uv_timer_t producer;
    struct lines lines;
};

static struct node *node_of(struct live *live) {
    return (struct node *)(void *)live;
}

/* Producing. */

static void produce(struct node *node, const char *text, size_t size) {
    int error = tssb_loop_append(&node->live.loop, text, size);
    if (error)
        live_failed(&node->live, "cannot append", error);
}

static void produce_time(struct node *node) {
    char text[32];
    service_time(text);
    produce(node, text, strlen(text));
}

static void on_produce(uv_timer_t *timer) {
    produce_time(timer->data);
}

static void on_line(void *context, const char *text, size_t size) {
    produce(context, text, size);
}

static void on_lines_end(void *context, const char *why) {
    const struct node *node = context;
    service_say(&node->live.service, SERVICE_INFO, "standard input: %s", why ? why : "the end");
}

static int start_producing(struct live *live) {
    struct node *node = node_of(live);
    if (live->options.produce_ns == 0 && !live->options.produce_lines)
        return EXIT_DONE;
    bool first = live->loop.node.own == TSSB_NO_REPLICA;
    int status = first ? live_found_feed(live) : EXIT_DONE;
    if (status)
        return status;
    if (live->options.produce_ns > 0) {
        uint64_t each_ms = (live->options.produce_ns + 999999) / 1000000;
        if (first)
            produce_time(node);
        uv_timer_start(&node->producer, on_produce, each_ms, each_ms);
    }
    if (!live->options.produce_lines)
        return EXIT_DONE;
    node->lines.line = on_line;
    node->lines.end = on_lines_end;
    node->lines.context = node;
    int error = lines_start(&node->lines, &live->service.uv);
    if (error)
        fprintf(stderr, "tssb node: standard input: %s\n", uv_strerror(error));
    return error ? EXIT_FAILED : EXIT_DONE;
}

static void init_producing(struct live *live) {
    struct node *node = node_of(live);
    uv_timer_init(&live->service.uv, &node->producer);
    node->producer.data = node;
}

static void stop_producing(struct live *live) {
    struct node *node = node_of(live);
    uv_close((uv_handle_t *)&node->producer, NULL);
    lines_stop(&node->lines);
}

static int run_node(const struct command *command, int argc, char **argv) {
    static const struct live_work work = {init_producing, start_producing, stop_producing, NULL};
    struct node *node = calloc(1, sizeof *node);
    if (!node)
        return command_failed(NULL, EXIT_FAILED);
    int status = node_options_read(&node->live.options, command, NULL, argc, argv);
    if (status < 0)
        status = live_run(&node->live, command, &work);
    free(node);
    return status;
}

const struct command command_node = {
    .name = "node",
    .arguments = "NODE-DIR [--mc G/P] [--udp H/P] [--listen P] [--kiss DEV]... [--produce TIME]",
    .purpose = "replicates a data directory with real peers",
    .help = node_help,
    .run = run_node,
};
