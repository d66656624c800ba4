/* How fast a consumer catches up with a producer in another process over loopback multicast, with
 * data directories on disk and --sync batch: with 5 000 entries, by strategies single and range,
 * beside libsodium's rate of verifications; and with a side chain of 20 MiB in packs, beside the
 * rate of hashing and sending packets of 120 B alone. CPU times are those of each process.
 *
 *     catch_up [ENTRIES [MIB [FOLDER]]]    the data directories are made in FOLDER and removed */
#define _XOPEN_SOURCE 700 /* nftw */
#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/posix/directory.h"
#include "core/posix/loop.h"

enum {
    ENTRIES = 5000,
    MIB = 20,
    PATH_SIZE = 256,
    SYNC_AFTER_MS = 500,
    GIVE_UP_S = 600,
    LOOK_EACH_MS = 5,
    ALONE = 200000, /* packets that are only hashed and sent */
    VERIFIED = 5000,
};

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
    uint32_t due; /* the front at which it stops; 0: once a chain is complete */
    uv_timer_t looker;
};

static double cpu_s(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void on_look(uv_timer_t *timer) {
    struct party *party = timer->data;
    if (tssb_node_fetch_counts(&party->loop.node).chains_complete == 0)
        return;
    tssb_loop_stop(&party->loop);
    uv_close((uv_handle_t *)timer, NULL);
}

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

static void party_open(struct party *party, const char *path, enum tssb_sync sync,
                       const char *strategy) {
    static const struct tssb_loop_events events = {.appended = on_appended};
    const struct tssb_directory_options options = {.sync = sync};
    struct tssb_anchor anchor;
    char *error = NULL;
    uint32_t replica;
    check(tssb_directory_open(&party->directory, path, &options, &error) == 0, path);
    party->config = tssb_node_defaults;
    party->config.trust = tssb_directory_trust(party->directory);
    party->config.strategy = tssb_strategy_find(strategy);
    party->config.asking.size = 64;
    party->config.blobs.policy = tssb_blob_policy_find("eager");
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
    config.packed = true;
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

/* Content that has no two equal blobs. */
static int read_content(void *context, uint64_t offset, uint8_t *bytes, size_t count) {
    (void)context;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)((offset + i) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
    memcpy(bytes, &offset, count < sizeof offset ? count : sizeof offset);
    return 0;
}

/* A feed of so many entries at one directory, or of one that holds a chain of so many bytes, and
 * its anchor at the other. */
static void prepare(const char *producer, const char *consumer, uint32_t entries,
                    uint64_t chain_bytes) {
    struct tssb_anchor anchor = {.seq = UINT32_MAX};
    const struct tssb_content chain = {chain_bytes, read_content, NULL};
    struct party author = {0};
    create(producer, "producer");
    create(consumer, "consumer");
    add_log(producer, &anchor);
    add_log(consumer, &anchor);
    party_open(&author, producer, TSSB_SYNC_OFF, "single");
    for (uint32_t i = 1; i <= entries && chain_bytes == 0; i++) {
        char text[TSSB_PAYLOAD_SIZE + 1];
        snprintf(text, sizeof text, "%-*u", TSSB_PAYLOAD_SIZE, i);
        check(tssb_loop_append(&author.loop, text, TSSB_PAYLOAD_SIZE) == 0, "an append");
    }
    if (chain_bytes > 0)
        check(tssb_node_append_from(&author.loop.node, &chain) == 0, "a chain");
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
        struct party producer = {0};
        alarm(GIVE_UP_S);
        party_open(&producer, path, TSSB_SYNC_BATCH, "single");
        party_join(&producer);
        check(write(ready[1], "r", 1) == 1, "write");
        uv_run(&producer.uv, UV_RUN_DEFAULT);
        _exit(0);
    }
    check(read(ready[0], &byte, 1) == 1, "the producer");
    return child;
}

/* What was measured, in seconds. */
struct figures {
    double wall, consumer_cpu, producer_cpu;
};

static struct figures measure(const char *parent, uint32_t entries, uint64_t chain_bytes,
                              const char *strategy) {
    char folder[PATH_SIZE], producer_path[PATH_SIZE + 16], consumer_path[PATH_SIZE + 16];
    struct party consumer = {.due = chain_bytes ? 0 : entries};
    snprintf(folder, sizeof folder, "%s/catch_up.XXXXXX", parent);
    check(mkdtemp(folder) != NULL, folder);
    snprintf(producer_path, sizeof producer_path, "%s/producer", folder);
    snprintf(consumer_path, sizeof consumer_path, "%s/consumer", folder);
    prepare(producer_path, consumer_path, entries, chain_bytes);

    double children_s = cpu_s(RUSAGE_CHILDREN);
    pid_t producer = start_producer(producer_path);
    alarm(GIVE_UP_S);
    party_open(&consumer, consumer_path, TSSB_SYNC_BATCH, strategy);
    party_join(&consumer);
    uv_timer_init(&consumer.uv, &consumer.looker);
    consumer.looker.data = &consumer;
    if (chain_bytes > 0)
        uv_timer_start(&consumer.looker, on_look, LOOK_EACH_MS, LOOK_EACH_MS);
    double own_s = cpu_s(RUSAGE_SELF);
    uint64_t start_ns = uv_hrtime();
    tssb_loop_start(&consumer.loop);
    uv_run(&consumer.uv, UV_RUN_DEFAULT);
    check(tssb_directory_sync(consumer.directory) == 0, "a sync");
    struct figures figures = {.wall = (double)(uv_hrtime() - start_ns) / 1e9,
                              .consumer_cpu = cpu_s(RUSAGE_SELF) - own_s};
    if (chain_bytes == 0)
        uv_close((uv_handle_t *)&consumer.looker, NULL);
    party_close(&consumer);
    kill(producer, SIGTERM);
    waitpid(producer, NULL, 0);
    figures.producer_cpu = cpu_s(RUSAGE_CHILDREN) - children_s;
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return figures;
}

/* Seconds of CPU time for one packet of 120 B that is hashed and sent to a group that nobody has
 * joined. */
static double alone_s(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(20000)};
    struct in_addr loopback = {.s_addr = htonl(INADDR_LOOPBACK)};
    uint8_t packet[TSSB_BLOB_SIZE] = {0}, ptr[TSSB_PTR_SIZE];
    int file = socket(AF_INET, SOCK_DGRAM, 0);
    inet_pton(AF_INET, "239.254.255.254", &to.sin_addr);
    check(file >= 0 &&
              setsockopt(file, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback) == 0,
          "a socket");
    double begin = cpu_s(RUSAGE_SELF);
    for (uint32_t i = 0; i < ALONE; i++) {
        tssb_blob_ptr(packet, ptr);
        memcpy(packet, ptr, sizeof ptr);
        check(sendto(file, packet, sizeof packet, 0, (const struct sockaddr *)&to, sizeof to) > 0,
              "sendto");
    }
    close(file);
    return (cpu_s(RUSAGE_SELF) - begin) / ALONE;
}

/* Seconds of CPU time for one verification by libsodium. */
static double verification_s(void) {
    uint8_t fid[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    uint8_t message[122] = {0}, signature[crypto_sign_BYTES];
    crypto_sign_keypair(fid, secret);
    crypto_sign_detached(signature, NULL, message, sizeof message, secret);
    double begin = cpu_s(RUSAGE_SELF);
    for (uint32_t i = 0; i < VERIFIED; i++)
        check(crypto_sign_verify_detached(signature, message, sizeof message, fid) == 0,
              "libsodium");
    return (cpu_s(RUSAGE_SELF) - begin) / VERIFIED;
}

static void report_entries(const char *parent, uint32_t entries, const char *strategy) {
    struct figures took = measure(parent, entries, 0, strategy);
    double rate = 1 / verification_s();
    printf("%u entries, strategy %s: %.3f s, %.0f entries/s; CPU %.3f s consumer, %.3f s producer: "
           "%.0f entries/s of a core, %.2f of libsodium's %.0f verifications/s\n",
           entries, strategy, took.wall, entries / took.wall, took.consumer_cpu, took.producer_cpu,
           entries / took.consumer_cpu, entries / took.consumer_cpu / rate, rate);
}

static void report_chain(const char *parent, uint64_t bytes) {
    struct figures took = measure(parent, 1, bytes, "single");
    double mb = (double)bytes / 1e6, alone = TSSB_CHAIN_PIECE_SIZE / alone_s() / 1e6;
    double most = took.consumer_cpu > took.producer_cpu ? took.consumer_cpu : took.producer_cpu;
    printf("a chain of %.1f MB: %.3f s, %.2f MB/s; CPU %.3f s consumer, %.3f s producer: %.2f MB/s "
           "with a core each, %.2f of the %.2f MB/s of hashing and sending alone\n",
           mb, took.wall, mb / took.wall, took.consumer_cpu, took.producer_cpu, mb / most,
           mb / most / alone, alone);
}

int main(int argc, char **argv) {
    uint32_t entries = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : ENTRIES;
    uint64_t mib = argc > 2 ? strtoull(argv[2], NULL, 10) : MIB;
    const char *parent = argc > 3 ? argv[3] : ".";
    check(entries > 0 && mib > 0 && tssb_scheme_init() == 0, "the number of entries");
    report_entries(parent, entries, "single");
    report_entries(parent, entries, "range");
    report_chain(parent, mib << 20);
    return 0;
}
