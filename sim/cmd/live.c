/* The node behind tssb node and tssb pipe: its directory, faces and log, and what it says of
 * itself.
 */
#include "live.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/error.h"

enum { SYNC_AFTER_MS = 500, REFRESH_MS = 1000 };

#define TROUBLE_EACH_NS UINT64_C(10000000000)

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

void live_failed(struct live *live, const char *what, int error) {
    fprintf(stderr, "tssb %s: %s: %s\n", live->service.command->name, what,
            error == TSSB_E_STORE ? tssb_directory_trouble(live->directory)
                                  : tssb_error_text(error));
    service_stop(&live->service, EXIT_FAILED);
}

static void on_sync_failed(void *context, int error) {
    live_failed(context, "entries may not be durable", error);
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
            live_failed(live, "cannot open a log", error);
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

int live_found_feed(struct live *live) {
    struct tssb_anchor anchor = tssb_anchor_whole(tssb_directory_key(live->directory)->fid);
    char *error = NULL;
    int status = tssb_directory_add(live->directory, &anchor, &error);
    return status ? command_failed(error, status) : open_logs(live);
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
    json_t *status = json_pack("{s:s, s:s, s:o, s:o, s:o}", "time", now, "node",
                               tssb_directory_name(live->directory), "feeds", feeds, "faces", faces,
                               "counts", counts_status(live));
    if (live->work->status)
        live->work->status(live, status);
    return status;
}

/* Its life. */

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
    uv_close((uv_handle_t *)&live->refresher, NULL);
    live->work->stop(live);
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
    uv_timer_init(&live->service.uv, &live->refresher);
    live->refresher.data = live;
    live->looping = true;
    live->work->init(live);
    int status = open_faces(live);
    if (!status)
        status = open_logs(live);
    if (!status)
        status = live->work->start(live);
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
        live_failed(live, "entries may not be durable", error);
    return error ? EXIT_FAILED : EXIT_DONE;
}

static void close_live(struct live *live) {
    free(live->refresh_trouble);
    service_close(&live->service);
    if (live->looping)
        tssb_loop_close(&live->loop);
    tssb_directory_close(live->directory);
}

int live_run(struct live *live, const struct command *command, const struct live_work *work) {
    live->work = work;
    live->service = (struct service){.command = command,
                                     .level = live->options.level,
                                     .status_path = live->options.status_path,
                                     .status = live_status,
                                     .stop = stop_live,
                                     .context = live};
    live->tap = (struct tap){
        .path = live->options.pcap_path, .judges = true, .service = &live->service};
    int status = tssb_scheme_init() == 0 ? tap_close(&live->tap, run_live(live))
                                         : command_failed(NULL, EXIT_FAILED);
    close_live(live);
    return status;
}
