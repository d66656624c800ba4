/* tssb node: a data directory on real faces. Producer and consumer at once; its log reads like that
 * of the first proof of concept's demo. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/error.h"
#include "core/posix/directory.h"
#include "core/posix/loop.h"
#include "lines.h"
#include "node_options.h"
#include "service.h"
#include "tap.h"

enum { SYNC_AFTER_MS = 500, REFRESH_MS = 1000 };

#define TROUBLE_EACH_NS UINT64_C(10000000000)

/* What runs. */
struct live {
    struct service service;
    struct node_options options;
    struct tssb_directory *directory;
    struct tssb_loop loop;
    struct tap tap;
    bool looping;
    uv_timer_t producer, refresher;
    struct lines lines;
    uint64_t trouble_ns;   /* when the last one was told */
    char *refresh_trouble; /* what the last look into the directory found wrong; NULL for nothing */
};

/* The log. */

static const char *face_name(const struct live *live, uint32_t face) {
    return face == TSSB_ALL_FACES ? "all faces" : tssb_face_name(live->loop.ports[face].face);
}

static void on_sending(void *context, uint32_t face, const struct tssb_packet *packet) {
    const struct live *live = context;
    if (live->service.level < SERVICE_INFO)
        return;
    if (packet->kind == TSSB_PACKET_WANT)
        service_say(&live->service, SERVICE_INFO,
                    "SND want request to dmx=%014" PRIx64 " for [%" PRIu32 "]",
                    tssb_load_dmx(packet->bytes), packet->seq);
    else
        service_say(&live->service, SERVICE_DEBUG, "SND %s dmx=%014" PRIx64 " [%" PRIu32 "], %s",
                    tssb_packet_kind_name(packet->kind), tssb_load_dmx(packet->bytes), packet->seq,
                    face_name(live, face));
}

static void on_appended(void *context, const struct tssb_replica *replica,
                        const uint8_t wire[TSSB_ENTRY_SIZE]) {
    const struct live *live = context;
    const struct tssb_node *node = &live->loop.node;
    if (live->service.level < SERVICE_INFO)
        return;
    if (node->own != TSSB_NO_REPLICA && replica == &node->replicas[node->own]) {
        service_say(&live->service, SERVICE_INFO, "[%" PRIu32 "] enqueued for first time",
                    replica->front_seq);
        return;
    }
    service_say(&live->service, SERVICE_INFO, "RCV new packet@dmx=%014" PRIx64 ", try to append it",
                tssb_load_dmx(wire));
    service_say(&live->service, SERVICE_INFO, "     log now at [%" PRIu32 "]", replica->front_seq);
}

/* The node is as before and the entry will be asked for again: said now and then, not each time. */
static void tell_trouble(struct live *live) {
    uint64_t now_ns = uv_hrtime();
    if (live->trouble_ns && now_ns - live->trouble_ns < TROUBLE_EACH_NS)
        return;
    live->trouble_ns = now_ns;
    service_say(&live->service, SERVICE_QUIET, "not stored: %s",
                tssb_directory_trouble(live->directory));
}

static void on_received(void *context, uint32_t face, const uint8_t *bytes, size_t size,
                        enum tssb_fate fate) {
    struct live *live = context;
    tap_judged(&live->tap, tssb_fate_name(fate));
    if (fate == TSSB_FATE_FAILED)
        tell_trouble(live);
    if (live->service.level < SERVICE_DEBUG)
        return;
    uint64_t dmx = size >= TSSB_DMX_SIZE ? tssb_load_dmx(bytes) : 0;
    service_say(&live->service, SERVICE_DEBUG, "<< %zu B dmx=%014" PRIx64 " from %s: %s", size, dmx,
                face_name(live, face), tssb_fate_name(fate));
}

/* Both entries, in full: with the feed's ID, number and MID before, a proof for anyone. */
static void on_forked(void *context, const struct tssb_fork *fork) {
    const struct live *live = context;
    char fid[2 * TSSB_FID_SIZE + 1], prev[2 * TSSB_MID_SIZE + 1];
    char held[2 * TSSB_ENTRY_SIZE + 1], other[2 * TSSB_ENTRY_SIZE + 1];
    sodium_bin2hex(fid, sizeof fid, fork->replica->feed->fid, TSSB_FID_SIZE);
    sodium_bin2hex(prev, sizeof prev, fork->prev, TSSB_MID_SIZE);
    sodium_bin2hex(held, sizeof held, fork->held, TSSB_ENTRY_SIZE);
    sodium_bin2hex(other, sizeof other, fork->other, TSSB_ENTRY_SIZE);
    service_say(&live->service, SERVICE_QUIET,
                "FORK of %s: two entries [%" PRIu32 "] after %s, kept %s, not kept %s", fid,
                fork->seq, prev, held, other);
}

static void on_notice(void *context, const char *line) {
    const struct live *live = context;
    service_say(&live->service, SERVICE_INFO, "%s", line);
}

/* Trouble that the node cannot go on with. */

static void end_failed(struct live *live, const char *what, int error) {
    fprintf(stderr, "tssb node: %s: %s\n", what,
            error == TSSB_E_STORE ? tssb_directory_trouble(live->directory)
                                  : tssb_error_text(error));
    service_stop(&live->service, EXIT_FAILED);
}

static void on_sync_failed(void *context, int error) {
    end_failed(context, "entries may not be durable", error);
}

static int on_sync(void *context) {
    const struct live *live = context;
    return tssb_directory_sync(live->directory);
}

/* Logs. */

/* Opens the logs that are there and are not open yet. */
static int open_logs(struct live *live) {
    struct tssb_anchor anchor;
    uint32_t replica;
    uint32_t known = live->loop.node.replica_count;
    for (uint32_t i = 0; tssb_directory_anchor(live->directory, i, &anchor); i++) {
        int error = tssb_node_open(&live->loop.node, &anchor, true, &replica);
        if (error) {
            end_failed(live, "cannot open a log", error);
            return EXIT_FAILED;
        }
        if (replica >= known)
            service_say(&live->service, SERVICE_INFO, "install want callback @dmx=%014" PRIx64,
                        live->loop.node.replicas[replica].feed->want_dmx);
    }
    return EXIT_DONE;
}

/* A log that somebody is just writing is not whole yet: said once, and looked at again the next
 * time. NULL: all is well again. Takes the text over. */
static void tell_once(struct live *live, char *trouble) {
    if (trouble && (!live->refresh_trouble || strcmp(trouble, live->refresh_trouble) != 0))
        fprintf(stderr, "%s\n", trouble);
    free(live->refresh_trouble);
    live->refresh_trouble = trouble;
}

/* A neighbour that has its genesis puts an empty log into the directories of those who trust it. */
static void on_refresh(uv_timer_t *timer) {
    struct live *live = timer->data;
    uint32_t known = live->loop.node.replica_count;
    char *error = NULL;
    if (tssb_directory_refresh(live->directory, &error) != 0) {
        tell_once(live, error);
        return;
    }
    tell_once(live, NULL);
    int status = open_logs(live);
    if (status)
        service_stop(&live->service, status);
    else if (live->loop.node.replica_count > known)
        tssb_loop_start(&live->loop);
}

/* Producing. */

static void produce(struct live *live, const char *text, size_t size) {
    int error = tssb_loop_append(&live->loop, text, size);
    if (error)
        end_failed(live, "cannot append", error);
}

static void produce_time(struct live *live) {
    char text[32];
    service_time(text);
    produce(live, text, strlen(text));
}

static void on_produce(uv_timer_t *timer) {
    produce_time(timer->data);
}

static void on_line(void *context, const char *text, size_t size) {
    produce(context, text, size);
}

static void on_lines_end(void *context, const char *why) {
    const struct live *live = context;
    service_say(&live->service, SERVICE_INFO, "standard input: %s", why ? why : "the end");
}

/* The first time that a node produces, its log is made. */
static int found_feed(struct live *live) {
    struct tssb_anchor anchor = tssb_anchor_whole(tssb_directory_key(live->directory)->fid);
    char *error = NULL;
    int status = tssb_directory_add(live->directory, &anchor, &error);
    return status ? command_failed(error, status) : open_logs(live);
}

static int start_producing(struct live *live) {
    if (live->options.produce_ns == 0 && !live->options.produce_lines)
        return EXIT_DONE;
    bool first = live->loop.node.own == TSSB_NO_REPLICA;
    int status = first ? found_feed(live) : EXIT_DONE;
    if (status)
        return status;
    if (live->options.produce_ns > 0) {
        uint64_t each_ms = (live->options.produce_ns + 999999) / 1000000;
        if (first)
            produce_time(live);
        uv_timer_start(&live->producer, on_produce, each_ms, each_ms);
    }
    if (!live->options.produce_lines)
        return EXIT_DONE;
    live->lines.line = on_line;
    live->lines.end = on_lines_end;
    live->lines.context = live;
    int error = lines_start(&live->lines, &live->service.uv);
    if (error)
        fprintf(stderr, "tssb node: standard input: %s\n", uv_strerror(error));
    return error ? EXIT_FAILED : EXIT_DONE;
}

/* The status. */

static json_t *feed_status(const struct live *live, uint32_t index) {
    const struct tssb_replica *replica = &live->loop.node.replicas[index];
    char fid[2 * TSSB_FID_SIZE + 1];
    for (int i = 0; i < TSSB_FID_SIZE; i++)
        snprintf(fid + 2 * i, 3, "%02x", replica->feed->fid[i]);
    return json_pack("{s:s, s:b, s:I, s:I}", "feed", fid, "own", index == live->loop.node.own,
                     "anchor", (json_int_t)replica->anchor_seq, "front",
                     (json_int_t)replica->front_seq);
}

static json_t *counts_status(const struct live *live) {
    const struct tssb_node_counts counts = tssb_node_counts(&live->loop.node);
    json_t *object = json_object();
#define COUNT_STATUS(name) \
    json_object_set_new(object, #name, json_integer((json_int_t)counts.name));
    TSSB_NODE_COUNT_TABLE(COUNT_STATUS)
    const struct tssb_fetch_counts fetched = tssb_node_fetch_counts(&live->loop.node);
#define FETCH_STATUS(name) \
    json_object_set_new(object, #name, json_integer((json_int_t)fetched.name));
    TSSB_FETCH_COUNT_TABLE(FETCH_STATUS)
#undef COUNT_STATUS
#undef FETCH_STATUS
    return object;
}

static json_t *live_status(void *context) {
    const struct live *live = context;
    char now[32];
    service_time(now);
    json_t *feeds = json_array(), *faces = json_array();
    for (uint32_t i = 0; i < live->loop.node.replica_count; i++)
        json_array_append_new(feeds, feed_status(live, i));
    for (uint32_t i = 0; i < live->loop.port_count; i++)
        json_array_append_new(faces, service_face(live->loop.ports[i].face));
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "time", now, "node",
                     tssb_directory_name(live->directory), "feeds", feeds, "faces", faces, "counts",
                     counts_status(live));
}

/* The node's life. */

static void on_repair(void *context, const char *line) {
    (void)context;
    fprintf(stderr, "%s\n", line);
}

static int open_directory(struct live *live) {
    char *error = NULL;
    const struct tssb_directory_options options = {.sync = live->options.sync, .notice = on_repair};
    int status = tssb_directory_open(&live->directory, live->options.path, &options, &error);
    return status ? command_failed(error, status) : EXIT_DONE;
}

static int open_faces(struct live *live) {
    for (size_t i = 0; i < live->options.faces.count; i++) {
        const struct face_spec *spec = &live->options.faces.items[i];
        char *error = NULL;
        int status = tssb_loop_add_face(&live->loop, spec->kind, spec->address, &spec->options,
                                        &error);
        if (status)
            return command_failed(error, status);
        tap_add(&live->tap, live->loop.ports[i].face);
        service_say(&live->service, SERVICE_INFO, "face %s %s", spec->kind, spec->address);
    }
    return EXIT_DONE;
}

static void stop_live(void *context) {
    struct live *live = context;
    if (!live->looping)
        return;
    tssb_loop_stop(&live->loop);
    uv_close((uv_handle_t *)&live->producer, NULL);
    uv_close((uv_handle_t *)&live->refresher, NULL);
    lines_stop(&live->lines);
}

static int start_live(struct live *live) {
    static const struct tssb_loop_events events = {on_sending, on_received, on_appended,
                                                   on_forked,  on_notice,   on_sync_failed};
    struct tssb_node_config config = live->options.config;
    config.trust = tssb_directory_trust(live->directory);
    const struct tssb_loop_setup setup = {
        .config = &config,
        .store = tssb_directory_store(live->directory),
        .key = tssb_directory_key(live->directory),
        .sync = live->options.sync == TSSB_SYNC_BATCH ? on_sync : NULL,
        .sync_after_ms = SYNC_AFTER_MS,
        .events = &events,
        .context = live,
    };
    tssb_loop_init(&live->loop, &live->service.uv, &setup);
    uv_timer_init(&live->service.uv, &live->producer);
    uv_timer_init(&live->service.uv, &live->refresher);
    live->producer.data = live->refresher.data = live;
    live->looping = true;
    int status = open_faces(live);
    if (!status)
        status = open_logs(live);
    if (!status)
        status = start_producing(live);
    if (status)
        return status;
    tssb_loop_start(&live->loop);
    uv_timer_start(&live->refresher, on_refresh, REFRESH_MS, REFRESH_MS);
    return EXIT_DONE;
}

static int run_live(struct live *live) {
    int status = open_directory(live);
    if (!status)
        status = service_open(&live->service);
    if (!status)
        status = tap_open(&live->tap);
    if (!status)
        status = start_live(live);
    if (!status)
        status = service_run(&live->service);
    if (status || live->options.sync == TSSB_SYNC_OFF)
        return status;
    int error = tssb_directory_sync(live->directory);
    if (error)
        end_failed(live, "entries may not be durable", error);
    return error ? EXIT_FAILED : EXIT_DONE;
}

static void close_live(struct live *live) {
    free(live->refresh_trouble);
    service_close(&live->service);
    if (live->looping)
        tssb_loop_close(&live->loop);
    tssb_directory_close(live->directory);
    free(live);
}

static int run_node(const struct command *command, int argc, char **argv) {
    struct live *live = calloc(1, sizeof *live);
    if (!live || tssb_scheme_init() != 0) {
        free(live);
        return command_failed(NULL, EXIT_FAILED);
    }
    int status = node_options_read(&live->options, command, argc, argv);
    live->service = (struct service){.command = command,
                                     .level = live->options.level,
                                     .status_path = live->options.status_path,
                                     .status = live_status,
                                     .stop = stop_live,
                                     .context = live};
    live->tap = (struct tap){
        .path = live->options.pcap_path, .judges = true, .service = &live->service};
    if (status < 0)
        status = tap_close(&live->tap, run_live(live));
    close_live(live);
    return status;
}

const struct command command_node = {
    .name = "node",
    .arguments = "NODE-DIR [--mc G/P] [--udp H/P] [--listen P] [--kiss DEV]... [--produce TIME]",
    .purpose = "replicates a data directory with real peers",
    .help = node_help,
    .run = run_node,
};
