/* How fast a consumer that is 5 000 entries behind catches up with a producer in another process,
 * over loopback multicast, with data directories on disk, strategy single and --sync batch.
 *
 *     catch_up [ENTRIES [FOLDER]]          the data directories are made in FOLDER and removed */
#define _XOPEN_SOURCE 700 /* nftw */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/posix/directory.h"
#include "core/posix/loop.h"

enum { ENTRIES = 5000, PATH_SIZE = 256, SYNC_AFTER_MS = 500, GIVE_UP_S = 120 };

static void check(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "catch_up: %s failed\n", what);
    exit(1);
}

/* A node on its data directory. */
struct party {
    struct tssb_directory *directory;
    struct tssb_node_config config;
    struct tssb_loop loop;
    uv_loop_t uv;
    uint32_t due; /* the front at which it stops */
};

static void on_appended(void *context, const struct tssb_replica *replica,
                        const uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct party *party = context;
    (void)wire;
    if (replica->front_seq == party->due)
        tssb_loop_stop(&party->loop);
}

static int on_sync(void *context) {
    const struct party *party = context;
    return tssb_directory_sync(party->directory);
}

static void party_open(struct party *party, const char *path, enum tssb_sync sync, uint32_t due) {
    static const struct tssb_loop_events events = {.appended = on_appended};
    const struct tssb_directory_options options = {.sync = sync};
    struct tssb_anchor anchor;
    char *error = NULL;
    uint32_t replica;
    check(tssb_directory_open(&party->directory, path, &options, &error) == 0, path);
    party->config = tssb_node_defaults;
    party->config.trust = tssb_directory_trust(party->directory);
    party->due = due;
    const struct tssb_loop_setup setup = {.config = &party->config,
                                          .store = tssb_directory_store(party->directory),
                                          .key = tssb_directory_key(party->directory),
                                          .sync = on_sync,
                                          .sync_after_ms = SYNC_AFTER_MS,
                                          .events = &events,
                                          .context = party};
    check(uv_loop_init(&party->uv) == 0, "libuv");
    tssb_loop_init(&party->loop, &party->uv, &setup);
    for (uint32_t i = 0; tssb_directory_anchor(party->directory, i, &anchor); i++)
        check(tssb_node_open(&party->loop.node, &anchor, true, &replica) == 0, "tssb_node_open");
}

static void party_close(struct party *party) {
    tssb_loop_stop(&party->loop);
    uv_run(&party->uv, UV_RUN_DEFAULT);
    tssb_loop_close(&party->loop);
    uv_loop_close(&party->uv);
    tssb_directory_close(party->directory);
}

static void party_join(struct party *party) {
    struct tssb_face_options options = tssb_face_defaults;
    char group[64], *error = NULL;
    unsigned process = (unsigned)getpgrp();
    snprintf(group, sizeof group, "239.254.%u.%u/%u", process >> 8 & 255, process & 255,
             20000 + process % 20000);
    options.multicast_interface = "127.0.0.1";
    if (tssb_loop_add_face(&party->loop, "mc", group, &options, &error) != 0)
        check(false, error ? error : "multicast");
}

static void create(const char *path, const char *name) {
    struct tssb_config config;
    char *error = NULL;
    check(tssb_config_init(&config, name, &tssb_scheme_ed25519, NULL) == 0, name);
    check(tssb_directory_create(path, &config, NULL, &error) == 0, path);
    tssb_config_close(&config);
}

/* Makes a log with this anchor, or with that of the directory's own feed where it has none yet. */
static void add_log(const char *path, struct tssb_anchor *anchor) {
    const struct tssb_directory_options options = {.sync = TSSB_SYNC_OFF};
    struct tssb_directory *directory;
    char *error = NULL;
    check(tssb_directory_open(&directory, path, &options, &error) == 0, path);
    if (anchor->seq == UINT32_MAX)
        *anchor = tssb_anchor_whole(tssb_directory_key(directory)->fid);
    check(tssb_directory_add(directory, anchor, &error) == 0, path);
    tssb_directory_close(directory);
}

/* A feed of so many entries at one directory, and its anchor at the other. */
static void prepare(const char *producer, const char *consumer, uint32_t entries) {
    struct tssb_anchor anchor = {.seq = UINT32_MAX};
    struct party author;
    create(producer, "producer");
    create(consumer, "consumer");
    add_log(producer, &anchor);
    add_log(consumer, &anchor);
    party_open(&author, producer, TSSB_SYNC_OFF, 0);
    for (uint32_t i = 1; i <= entries; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "entry %u", i);
        check(tssb_loop_append(&author.loop, text, (size_t)size) == 0, "an append");
    }
    party_close(&author);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at) {
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static pid_t start_producer(const char *path) {
    int ready[2];
    char byte;
    check(pipe(ready) == 0, "pipe");
    pid_t child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        struct party producer;
        alarm(GIVE_UP_S);
        party_open(&producer, path, TSSB_SYNC_BATCH, 0);
        party_join(&producer);
        check(write(ready[1], "r", 1) == 1, "write");
        uv_run(&producer.uv, UV_RUN_DEFAULT);
        _exit(0);
    }
    check(read(ready[0], &byte, 1) == 1, "the producer");
    return child;
}

int main(int argc, char **argv) {
    uint32_t entries = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : ENTRIES;
    char folder[PATH_SIZE], producer_path[PATH_SIZE + 16], consumer_path[PATH_SIZE + 16];
    struct party consumer;
    snprintf(folder, sizeof folder, "%s/catch_up.XXXXXX", argc > 2 ? argv[2] : ".");
    check(entries > 0 && tssb_scheme_init() == 0, "the number of entries");
    check(mkdtemp(folder) != NULL, folder);
    snprintf(producer_path, sizeof producer_path, "%s/producer", folder);
    snprintf(consumer_path, sizeof consumer_path, "%s/consumer", folder);
    prepare(producer_path, consumer_path, entries);

    pid_t producer = start_producer(producer_path);
    alarm(GIVE_UP_S);
    party_open(&consumer, consumer_path, TSSB_SYNC_BATCH, entries);
    party_join(&consumer);
    uint64_t start_ns = uv_hrtime();
    tssb_loop_start(&consumer.loop);
    uv_run(&consumer.uv, UV_RUN_DEFAULT);
    double seconds = (double)(uv_hrtime() - start_ns) / 1e9;
    party_close(&consumer);
    kill(producer, SIGTERM);
    waitpid(producer, NULL, 0);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    printf("catch-up of %u entries over loopback multicast, strategy single, --sync batch: "
           "%.3f s, %.0f entries/s\n",
           entries, seconds, entries / seconds);
    return 0;
}
