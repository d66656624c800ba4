/* The data directory as a store: logs by their feed, blobs by their pointer. Nothing of a log but
 * its header is kept in memory. */
#include "core/posix/directory.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/posix/lock.h"
#include "core/posix/names.h"
#include "core/posix/text.h"
#include "core/request.h"

enum {
    NONE = UINT32_MAX,
    HASH_BUDGET = 8192, /* entries, over all logs: about 20 ms */
};

/* A log and the feed object that replicas point to. */
struct held {
    struct tssb_feed feed;
    struct tssb_log log;
};

struct tssb_directory {
    struct tssb_store store; /* first, so that a store is its directory */
    const struct tssb_disk *disk;
    struct tssb_directory_options options;
    char *path;
    struct tssb_config config;
    struct tssb_key key;
    struct tssb_trust trust;
    struct tssb_lock lock;
    struct tssb_blobs blobs;
    struct held **logs;
    uint32_t log_count, log_capacity;
    uint32_t own; /* index in logs, or NONE */
    uint32_t hash_budget;
    char *trouble;
    uint8_t entry[TSSB_ENTRY_SIZE], blob[TSSB_BLOB_SIZE]; /* what was read last */
};

static struct tssb_directory *directory_of(struct tssb_store *store) {
    return (struct tssb_directory *)(void *)store;
}

static void notice(const struct tssb_directory *directory, const char *line) {
    if (line && directory->options.notice)
        directory->options.notice(directory->options.context, line);
}

/* Logs. */

static uint32_t find_log(const struct tssb_directory *directory, const uint8_t fid[TSSB_FID_SIZE]) {
    for (uint32_t i = 0; i < directory->log_count; i++)
        if (memcmp(directory->logs[i]->feed.fid, fid, TSSB_FID_SIZE) == 0)
            return i;
    return NONE;
}

static int open_file(struct tssb_directory *directory, struct tssb_log *log,
                     const uint8_t fid[TSSB_FID_SIZE], char **error) {
    char hex[2 * TSSB_FID_SIZE + 1], *repaired = NULL;
    struct tssb_log_opening opening = {.disk = directory->disk,
                                       .trust = &directory->trust,
                                       .fid = fid,
                                       .read_only = directory->options.read_only,
                                       .cut_damage = directory->options.cut_damage,
                                       .unclean = directory->lock.unclean,
                                       .hash_budget = &directory->hash_budget};
    tssb_hex(fid, TSSB_FID_SIZE, hex);
    char *path = tssb_text("%s/_logs/%s.log", directory->path, hex);
    int status = path ? tssb_log_open(log, path, &opening, &repaired, error)
                      : tssb_fail(error, 3, "out of memory");
    notice(directory, repaired);
    free(repaired);
    free(path);
    return status;
}

/* Opens the log of a feed that is not open yet. */
static int take_log(struct tssb_directory *directory, const uint8_t fid[TSSB_FID_SIZE],
                    char **error) {
    void *logs = directory->logs;
    struct held *held = calloc(1, sizeof *held);
    int grown = tssb_mem_grow(&tssb_mem_libc, &logs, &directory->log_capacity,
                              directory->log_count + 1, sizeof *directory->logs);
    directory->logs = logs;
    if (!held || grown) {
        free(held);
        return tssb_fail(error, 3, "out of memory");
    }
    int status = open_file(directory, &held->log, fid, error);
    if (status) {
        free(held);
        return status;
    }
    memcpy(held->feed.fid, fid, TSSB_FID_SIZE);
    held->feed.want_dmx = tssb_want_dmx(fid);
    held->feed.range_dmx = tssb_range_dmx(fid);
    held->feed.index = directory->log_count;
    if (memcmp(fid, directory->key.fid, TSSB_FID_SIZE) == 0)
        directory->own = directory->log_count;
    directory->logs[directory->log_count++] = held;
    return 0;
}

int tssb_directory_refresh(struct tssb_directory *directory, char **error) {
    struct tssb_names names = {0};
    int status = 0;
    char *folder = tssb_text("%s/_logs", directory->path);
    if (!folder)
        return tssb_fail(error, 3, "out of memory");
    if (tssb_names_list(&names, directory->disk, folder) != 0 && errno != ENOENT)
        status = tssb_fail(error, 3, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < names.count && !status; i++) {
        uint8_t fid[TSSB_FID_SIZE];
        if (tssb_log_feed_of_name(names.name[i], fid) && find_log(directory, fid) == NONE)
            status = take_log(directory, fid, error);
    }
    tssb_names_close(&names);
    free(folder);
    return status;
}

/* The index in logs of the log that stands at this place when the own feed comes first. */
static uint32_t nth_log(const struct tssb_directory *directory, uint32_t index) {
    if (index >= directory->log_count)
        return NONE;
    if (directory->own == NONE || index > directory->own)
        return index;
    return index == 0 ? directory->own : index - 1;
}

const struct tssb_log *tssb_directory_log(const struct tssb_directory *directory, uint32_t index) {
    uint32_t at = nth_log(directory, index);
    return at == NONE ? NULL : &directory->logs[at]->log;
}

bool tssb_directory_anchor(const struct tssb_directory *directory, uint32_t index,
                           struct tssb_anchor *anchor) {
    const struct tssb_log *log = tssb_directory_log(directory, index);
    if (!log)
        return false;
    anchor->seq = log->header.anchor_seq;
    memcpy(anchor->fid, log->header.fid, TSSB_FID_SIZE);
    memcpy(anchor->mid, log->header.anchor_mid, TSSB_MID_SIZE);
    return true;
}

/* Neighbours: as in the seed, who trusts a feed gets an empty replica before its genesis. */

static struct tssb_log_header header_of(const struct tssb_anchor *anchor) {
    struct tssb_log_header header = {.anchor_seq = anchor->seq};
    memcpy(header.fid, anchor->fid, TSSB_FID_SIZE);
    memcpy(header.anchor_mid, anchor->mid, TSSB_MID_SIZE);
    return header;
}

/* Gives a neighbour a replica of this directory's feed, if it is one that trusts it. What cannot be
 * read is none. */
static void plant(const struct tssb_directory *directory, const char *folder) {
    struct tssb_config config;
    char *error = NULL, *line = NULL;
    bool made = false;
    if (tssb_config_load(&config, directory->disk, folder, &error) != 0) {
        free(error);
        return;
    }
    for (uint32_t i = 0; i < config.trusted_count && !made && !error; i++) {
        struct tssb_log_header header = header_of(&config.trusted[i]);
        if (memcmp(header.fid, directory->key.fid, TSSB_FID_SIZE) != 0 ||
            config.scheme != directory->config.scheme)
            continue;
        if (tssb_log_create(directory->disk, folder, &header, &made, &error) == 0 && made)
            line = tssb_text("%s: trusts %s: got an empty replica of its log", folder,
                             directory->config.name);
    }
    notice(directory, line);
    notice(directory, error);
    free(error);
    free(line);
    tssb_config_close(&config);
}

static void plant_all(const struct tssb_directory *directory) {
    struct tssb_names names = {0};
    char *parent = tssb_names_parent(directory->path);
    if (parent)
        (void)tssb_names_list(&names, directory->disk, parent);
    for (size_t i = 0; i < names.count; i++) {
        char *folder = strcmp(parent, ".") == 0 ? tssb_text("%s", names.name[i])
                                                : tssb_text("%s/%s", parent, names.name[i]);
        if (folder)
            plant(directory, folder);
        free(folder);
    }
    tssb_names_close(&names);
    free(parent);
}

int tssb_directory_add(struct tssb_directory *directory, const struct tssb_anchor *anchor,
                       char **error) {
    struct tssb_log_header header = header_of(anchor);
    bool made;
    if (find_log(directory, anchor->fid) != NONE)
        return 0;
    if (directory->options.read_only)
        return tssb_fail(error, 3, "%s: is open for reading", directory->path);
    if (memcmp(anchor->fid, directory->key.fid, TSSB_FID_SIZE) == 0)
        plant_all(directory);
    int status = tssb_log_create(directory->disk, directory->path, &header, &made, error);
    return status ? status : take_log(directory, anchor->fid, error);
}

/* The store. */

static int trouble(struct tssb_directory *directory, char *line) {
    free(directory->trouble);
    directory->trouble = line;
    return TSSB_E_STORE;
}

static int log_trouble(struct tssb_directory *directory, const struct tssb_log *log) {
    return trouble(directory,
                   tssb_text("%s: cannot %s: %s", log->path, log->failed, strerror(log->why)));
}

/* What a blob's function returned, with the reason noted. */
static int after_blob(struct tssb_directory *directory, int error) {
    const struct tssb_blobs *blobs = &directory->blobs;
    if (error == TSSB_E_STORE)
        trouble(directory, tssb_text("%s: cannot %s: %s", directory->path, blobs->failed,
                                     strerror(blobs->why)));
    return error;
}

static int store_open(struct tssb_store *store, const struct tssb_anchor *anchor,
                      struct tssb_replica *replica) {
    struct tssb_directory *directory = directory_of(store);
    char *error = NULL;
    if (tssb_directory_add(directory, anchor, &error) != 0)
        return trouble(directory, error);
    uint32_t at = find_log(directory, anchor->fid);
    const struct tssb_log *log = &directory->logs[at]->log;
    const struct tssb_log_header *header = &log->header;
    if (header->anchor_seq != anchor->seq ||
        memcmp(header->anchor_mid, anchor->mid, TSSB_MID_SIZE) != 0)
        return trouble(directory, tssb_text("%s: begins at another anchor", log->path));
    *replica = (struct tssb_replica){.feed = &directory->logs[at]->feed,
                                     .anchor_seq = header->anchor_seq,
                                     .front_seq = header->front_seq,
                                     .branch = at};
    memcpy(replica->front_mid, header->front_mid, TSSB_MID_SIZE);
    struct tssb_place next = {.fid = header->fid, .seq = header->front_seq + 1};
    memcpy(next.prev, header->front_mid, TSSB_MID_SIZE);
    replica->next_dmx = tssb_entry_dmx(&next);
    return 0;
}

static int store_advance(struct tssb_store *store, struct tssb_replica *replica,
                         const uint8_t wire[TSSB_ENTRY_SIZE]) {
    (void)store;
    (void)replica;
    (void)wire;
    return 0;
}

static enum tssb_log_append_mode mode_of(const struct tssb_directory *directory, bool own) {
    if (directory->options.sync == TSSB_SYNC_OFF)
        return TSSB_LOG_NEVER;
    return own || directory->options.sync == TSSB_SYNC_ALWAYS ? TSSB_LOG_DURABLE : TSSB_LOG_LATER;
}

static int store_append(struct tssb_store *store, struct tssb_replica *replica,
                        const uint8_t wire[TSSB_ENTRY_SIZE], const uint8_t mid[TSSB_MID_SIZE],
                        tssb_dmx next_dmx, bool verified) {
    struct tssb_directory *directory = directory_of(store);
    struct tssb_log *log = &directory->logs[replica->branch]->log;
    enum tssb_log_append_mode mode = mode_of(directory, !verified);
    TSSB_CHECK(replica->front_seq == log->header.front_seq);
    if (directory->options.read_only)
        return trouble(directory, tssb_text("%s: is open for reading", directory->path));
    if (!verified && mode == TSSB_LOG_DURABLE) { /* its side chain first */
        int error = after_blob(directory, tssb_blobs_sync(&directory->blobs));
        if (error)
            return error;
    }
    if (tssb_log_append(log, wire, mid, mode) != 0)
        return log_trouble(directory, log);
    replica->front_seq++;
    replica->next_dmx = next_dmx;
    memcpy(replica->front_mid, mid, TSSB_MID_SIZE);
    return 0;
}

static int store_read(struct tssb_store *store, const struct tssb_replica *replica, uint32_t seq,
                      const uint8_t **wire) {
    struct tssb_directory *directory = directory_of(store);
    struct tssb_log *log = &directory->logs[replica->branch]->log;
    if (seq <= replica->anchor_seq || seq > replica->front_seq)
        return TSSB_E_NOT_FOUND;
    if (tssb_log_read(log, seq, directory->entry) != 0)
        return log_trouble(directory, log);
    *wire = directory->entry;
    return 0;
}

static int store_read_blob(struct tssb_store *store, const uint8_t ptr[TSSB_PTR_SIZE],
                           const uint8_t **blob) {
    struct tssb_directory *directory = directory_of(store);
    int error = tssb_blobs_read(&directory->blobs, ptr, directory->blob);
    *blob = directory->blob;
    return after_blob(directory, error == TSSB_E_BLOB ? TSSB_E_NOT_FOUND : error);
}

static int store_write_blob(struct tssb_store *store, const uint8_t ptr[TSSB_PTR_SIZE],
                            const uint8_t blob[TSSB_BLOB_SIZE]) {
    struct tssb_directory *directory = directory_of(store);
    if (directory->options.read_only)
        return trouble(directory, tssb_text("%s: is open for reading", directory->path));
    return after_blob(directory, tssb_blobs_write(&directory->blobs, ptr, blob));
}

static const struct tssb_store_ops directory_ops = {
    .name = "directory",
    .open = store_open,
    .advance = store_advance,
    .append = store_append,
    .read = store_read,
    .read_blob = store_read_blob,
    .write_blob = store_write_blob,
};

int tssb_directory_sync(struct tssb_directory *directory) {
    bool off = directory->options.sync == TSSB_SYNC_OFF;
    int error = 0;
    if (directory->options.read_only)
        return 0;
    if (!off && after_blob(directory, tssb_blobs_sync(&directory->blobs)) != 0)
        error = TSSB_E_STORE;
    for (uint32_t i = 0; i < directory->log_count; i++) {
        struct tssb_log *log = &directory->logs[i]->log;
        if (!off ? tssb_log_sync(log) != 0 : log->stale && tssb_log_write_front(log) != 0)
            error = log_trouble(directory, log);
    }
    return error;
}

const char *tssb_directory_trouble(const struct tssb_directory *directory) {
    return directory->trouble ? directory->trouble : "out of memory";
}

const char *tssb_directory_name(const struct tssb_directory *directory) {
    return directory->config.name;
}

const struct tssb_key *tssb_directory_key(const struct tssb_directory *directory) {
    return &directory->key;
}

const struct tssb_trust *tssb_directory_trust(const struct tssb_directory *directory) {
    return &directory->trust;
}

struct tssb_store *tssb_directory_store(struct tssb_directory *directory) {
    return &directory->store;
}

/* Opening and closing. */

static int open_blobs(struct tssb_directory *directory, char **error) {
    char *repaired = NULL;
    int status = tssb_blobs_open(&directory->blobs, directory->disk, directory->path,
                                 directory->options.read_only, &repaired, error);
    notice(directory, repaired);
    free(repaired);
    return status;
}

static int open_all(struct tssb_directory *directory, char **error) {
    const struct tssb_directory_options *options = &directory->options;
    int status = tssb_config_load(&directory->config, directory->disk, directory->path, error);
    if (status)
        return status;
    tssb_config_key(&directory->config, &directory->key);
    directory->trust.scheme = directory->config.scheme;
    memcpy(directory->trust.shared_secret, directory->config.secret, TSSB_SECRET_SIZE);
    sodium_memzero(directory->config.secret, TSSB_SECRET_SIZE);
    status = options->read_only ? tssb_lock_look(&directory->lock, directory->disk, directory->path)
                                : tssb_lock_take(&directory->lock, directory->disk, directory->path,
                                                 options->sync != TSSB_SYNC_OFF, error);
    if (!status)
        status = open_blobs(directory, error);
    return status ? status : tssb_directory_refresh(directory, error);
}

static void free_all(struct tssb_directory *directory) {
    for (uint32_t i = 0; i < directory->log_count; i++) {
        tssb_log_close(&directory->logs[i]->log);
        free(directory->logs[i]);
    }
    free(directory->logs);
    tssb_blobs_close(&directory->blobs);
    tssb_config_close(&directory->config);
    tssb_key_wipe(&directory->key);
    sodium_memzero(&directory->trust, sizeof directory->trust);
    free(directory->path);
    free(directory->trouble);
    free(directory);
}

int tssb_directory_open(struct tssb_directory **directory, const char *path,
                        const struct tssb_directory_options *options, char **error) {
    struct tssb_directory *opened = calloc(1, sizeof *opened);
    char *copy = tssb_text("%s", path);
    *directory = NULL;
    *error = NULL;
    if (!opened || !copy) {
        free(opened);
        free(copy);
        return 3;
    }
    opened->store.ops = &directory_ops;
    opened->options = *options;
    opened->disk = options->disk ? options->disk : &tssb_disk_system;
    opened->path = copy;
    opened->lock.file = -1;
    opened->own = NONE;
    opened->hash_budget = HASH_BUDGET;
    int status = open_all(opened, error);
    if (status) {
        tssb_lock_release(&opened->lock, opened->disk, !opened->lock.unclean);
        free_all(opened);
        return status;
    }
    *directory = opened;
    return 0;
}

void tssb_directory_close(struct tssb_directory *directory) {
    if (!directory)
        return;
    bool well = tssb_directory_sync(directory) == 0;
    if (well) /* fronts were written: now they become durable as well */
        well = tssb_directory_sync(directory) == 0;
    tssb_lock_release(&directory->lock, directory->disk, well);
    free_all(directory);
}
