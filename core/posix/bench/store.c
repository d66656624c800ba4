/* How fast a data directory is: opening a log of a million entries, and checking it, against what
 * libsodium alone needs for as many verifications on as many cores.
 *
 * Usage: bench-store [ENTRIES] [FOLDER]    1 000 000 unless told, in /tmp
 *
 * Opening is measured on a log of that many entries with hmac-sha512 signatures, which are quick to
 * make and open the same. The check is measured on a tenth of them with ed25519 ones. */
#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/posix/check.h"
#include "core/posix/directory.h"
#include "core/posix/text.h"
#include "core/replica.h"

enum { THREADS_MAX = 64, OPENINGS = 5, ENTRIES = 1000000 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void give_up(char *what) {
    fprintf(stderr, "%s\n", what ? what : "out of memory");
    exit(3);
}

static struct tssb_directory *open_directory(const char *path) {
    struct tssb_directory_options options = {.sync = TSSB_SYNC_OFF};
    struct tssb_directory *directory;
    char *error;
    if (tssb_directory_open(&directory, path, &options, &error) != 0)
        give_up(error);
    return directory;
}

static void open_own(struct tssb_directory *directory, struct tssb_replica *replica) {
    struct tssb_anchor whole = tssb_anchor_whole(tssb_directory_key(directory)->fid);
    struct tssb_store *store = tssb_directory_store(directory);
    if (store->ops->open(store, &whole, replica) != 0)
        give_up(tssb_text("%s", tssb_directory_trouble(directory)));
}

/* Makes a directory whose own log has so many entries. */
static void make(const char *path, const struct tssb_scheme *scheme, uint32_t entries) {
    static const uint8_t shared[TSSB_SECRET_SIZE];
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0}, wire[TSSB_ENTRY_SIZE];
    struct tssb_config config;
    struct tssb_replica own;
    char *error;
    if (tssb_config_init(&config, "bench", scheme, scheme == tssb_schemes[0] ? NULL : shared) != 0)
        give_up(NULL);
    if (tssb_directory_create(path, &config, NULL, &error) != 0)
        give_up(error);
    tssb_config_close(&config);
    struct tssb_directory *directory = open_directory(path);
    open_own(directory, &own);
    for (uint32_t i = 0; i < entries; i++)
        if (tssb_replica_author(&own, tssb_directory_store(directory),
                                tssb_directory_key(directory), TSSB_PLAIN48, payload, wire) != 0)
            give_up(tssb_text("%s", tssb_directory_trouble(directory)));
    tssb_directory_close(directory);
}

static long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void bench_open(const char *path, uint32_t entries) {
    double least = 1e9, most = 0;
    for (int i = 0; i < OPENINGS; i++) {
        struct tssb_replica own;
        double begin = seconds();
        struct tssb_directory *directory = open_directory(path);
        open_own(directory, &own);
        double took = seconds() - begin;
        if (own.front_seq != entries)
            give_up(tssb_text("front %" PRIu32, own.front_seq));
        tssb_directory_close(directory);
        least = took < least ? took : least;
        most = took > most ? took : most;
    }
    printf("open a log of %" PRIu32 " entries: %.3f to %.3f ms (goal 50), peak %ld KiB\n", entries,
           least * 1e3, most * 1e3, peak_kib());
}

/* As many verifications as one thread of several has to do, and nothing else. */
struct verifying {
    uint32_t count;
    uint8_t fid[32], message[122], signature[64];
};

static void *verify(void *context) {
    const struct verifying *verifying = context;
    for (uint32_t i = 0; i < verifying->count; i++)
        if (crypto_sign_verify_detached(verifying->signature, verifying->message,
                                        sizeof verifying->message, verifying->fid) != 0)
            give_up(NULL);
    return NULL;
}

static double bench_sodium(uint32_t entries) {
    pthread_t threads[THREADS_MAX];
    struct verifying verifying = {0};
    uint8_t secret[64];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores > THREADS_MAX)
        cores = THREADS_MAX;
    crypto_sign_keypair(verifying.fid, secret);
    crypto_sign_detached(verifying.signature, NULL, verifying.message, sizeof verifying.message,
                         secret);
    verifying.count = entries / (uint32_t)cores;
    double begin = seconds();
    for (long i = 0; i < cores; i++)
        if (pthread_create(&threads[i], NULL, verify, &verifying) != 0)
            give_up(NULL);
    for (long i = 0; i < cores; i++)
        pthread_join(threads[i], NULL);
    return seconds() - begin;
}

static double bench_check(const char *path, uint32_t entries) {
    struct tssb_check_options options = {0};
    struct tssb_check_report report;
    char *error;
    double begin = seconds();
    if (tssb_check(&report, path, &options, &error) != 0)
        give_up(error);
    double took = seconds() - begin;
    if (report.wrong > 0 || report.entries != entries)
        give_up(tssb_text("the check found %" PRIu64 " entries", report.entries));
    tssb_check_report_close(&report);
    return took;
}

int main(int argc, char **argv) {
    uint32_t entries = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : ENTRIES;
    uint32_t checked = entries / 10 / THREADS_MAX * THREADS_MAX;
    char *folder = tssb_text("%s/tssb-bench-%ld", argc > 2 ? argv[2] : "/tmp", (long)getpid());
    char *open_path = tssb_text("%s-open", folder), *check_path = tssb_text("%s-check", folder);
    char *clean = tssb_text("rm -r %s-open %s-check", folder, folder);
    if (!open_path || !check_path || !clean || tssb_scheme_init() != 0)
        give_up(NULL);
    make(open_path, &tssb_scheme_hmac_sha512, entries);
    bench_open(open_path, entries);
    make(check_path, &tssb_scheme_ed25519, checked);
    for (int i = 0; i < 3; i++) {
        double sodium = bench_sodium(checked), check = bench_check(check_path, checked);
        printf("check %" PRIu32 " entries: %.2f s, libsodium alone %.2f s: %.2f times (goal 1.3)\n",
               checked, check, sodium, check / sodium);
    }
    int status = system(clean);
    free(folder);
    free(open_path);
    free(check_path);
    free(clean);
    return status ? 3 : 0;
}
