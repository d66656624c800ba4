/* Runs a node on real faces: the host that core/node.h asks for, on a libuv loop. Time is
 * uv_hrtime, one timer wakes the node, and what was appended is made durable in batches.
 *
 *     tssb_loop_init(&loop, uv, &setup);           borrow store, key, callbacks
 *     tssb_loop_add_face(&loop, "mc", "224.1.1.1/5000", &options, &error);
 *     tssb_node_open(&loop.node, &anchor, true, &replica);     for each log
 *     tssb_loop_start(&loop);                      begin to ask
 *     uv_run(uv, UV_RUN_DEFAULT);                  until a callback calls tssb_loop_stop
 *     tssb_loop_close(&loop);
 */
#ifndef TSSB_LOOP_H
#define TSSB_LOOP_H

#include <uv.h>

#include "core/node.h"
#include "core/posix/face.h"

enum { TSSB_LOOP_FACES_MAX = 32 };

struct tssb_loop;

/* Told what happens; any may be NULL. They may call tssb_loop_stop, and nothing else of the loop or
 * the node. */
struct tssb_loop_events {
    /* The node sends, on one face or TSSB_ALL_FACES. */
    void (*sending)(void *context, uint32_t face, const struct tssb_packet *packet);
    /* A packet came in, and this is what the node did with it. */
    void (*received)(void *context, uint32_t face, const uint8_t *bytes, size_t size,
                     enum tssb_fate fate);
    void (*appended)(void *context, const struct tssb_replica *replica,
                     const uint8_t wire[TSSB_ENTRY_SIZE]);
    /* An author signed two entries at one place (core/node.h). */
    void (*forked)(void *context, const struct tssb_fork *fork);
    /* A line from a face. */
    void (*notice)(void *context, const char *line);
    /* The store could not make durable what it holds: an error of core/error.h. */
    void (*sync_failed)(void *context, int error);
};

struct tssb_loop_setup {
    const struct tssb_node_config *config; /* copied; its host becomes the loop */
    struct tssb_store *store;
    const struct tssb_key *key; /* NULL for a node that only consumes */
    /* Makes durable what was appended; called within sync_after_ms of an append. NULL: never. */
    int (*sync)(void *context);
    uint64_t sync_after_ms;
    const struct tssb_loop_events *events;
    void *context; /* of sync and events */
};

/* A face and the number that the node knows it by. */
struct tssb_loop_port {
    struct tssb_loop *loop;
    struct tssb_face *face;
    uint32_t index;
};

struct tssb_loop {
    struct tssb_node node;
    struct tssb_node_config config;
    struct tssb_loop_setup setup;
    uv_loop_t *uv;
    uv_timer_t wake_timer, sync_timer;
    uint64_t wake_at_ns; /* what wake_timer is set to; TSSB_NEVER where it is not */
    struct tssb_loop_port ports[TSSB_LOOP_FACES_MAX];
    uint32_t port_count;
    bool stopped;
};

/* uv and what setup points to is borrowed until tssb_loop_close; the loop must not move. */
void tssb_loop_init(struct tssb_loop *loop, uv_loop_t *uv, const struct tssb_loop_setup *setup);

/* As tssb_face_open; 2 where there are too many. */
int tssb_loop_add_face(struct tssb_loop *loop, const char *kind, const char *address,
                       const struct tssb_face_options *options, char **error);

/* Begins to ask for what each followed replica lacks. */
void tssb_loop_start(struct tssb_loop *loop);

/* As tssb_node_append. */
int tssb_loop_append(struct tssb_loop *loop, const void *content, size_t size);

/* Closes faces and timers, after which nothing of the loop keeps uv_run going. May be called again,
 * and from an event. */
void tssb_loop_stop(struct tssb_loop *loop);

/* Frees the node, after uv_run has returned and tssb_loop_stop. The store is left to its owner. */
void tssb_loop_close(struct tssb_loop *loop);

#endif
