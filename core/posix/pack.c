/* A pack of blobs: a header record, then a record a blob. The order of writes makes it safe: the
 * record, then its slot in the index; a sync of the pack, before an entry that points to its blobs
 * is announced; and now and then a sync of the index, which then says how many records it covers.
 * So after a crash only what lies behind these is looked through. */
#include "core/posix/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/posix/text.h"

enum {
    COUNT_MAX = UINT32_MAX - 1,
    NONE = UINT32_MAX,
    INDEX_EACH = 65536, /* records, from a sync of the index to the next: 0.2 s to look through */
};

static const uint8_t header[TSSB_PACK_RECORD_SIZE] = "tinyssb-pack-1";

static int trouble(struct tssb_pack *pack, const char *what) {
    pack->failed = what;
    pack->why = errno;
    return TSSB_E_STORE;
}

static off_t record_at(uint32_t place) {
    return (off_t)TSSB_PACK_RECORD_SIZE * ((off_t)place + 1);
}

/* Records. */

static enum tssb_pack_record judge(const uint8_t record[TSSB_PACK_RECORD_SIZE],
                                   uint8_t ptr[TSSB_PTR_SIZE]) {
    tssb_blob_ptr(record + TSSB_PACK_MARK_SIZE, ptr);
    if (memcmp(record, ptr, TSSB_PACK_MARK_SIZE) == 0)
        return TSSB_PACK_GOOD;
    return sodium_is_zero(record, TSSB_PACK_RECORD_SIZE) ? TSSB_PACK_HOLE : TSSB_PACK_TORN;
}

/* Reads the records around a place, so that one call serves its neighbours. Returns NULL where they
 * cannot be read. */
static const uint8_t *record_of(struct tssb_pack *pack, uint32_t place) {
    if (place - pack->window_first >= pack->window_count) {
        uint32_t first = place - place % TSSB_PACK_WINDOW;
        uint32_t count = pack->count - first < TSSB_PACK_WINDOW ? pack->count - first
                                                                : TSSB_PACK_WINDOW;
        pack->window_count = 0;
        ssize_t got = tssb_disk_read(pack->disk, pack->file, pack->window,
                                     (size_t)count * TSSB_PACK_RECORD_SIZE, record_at(first));
        if (got >= 0 && got / TSSB_PACK_RECORD_SIZE <= place - first)
            errno = EIO; /* somebody has cut the file */
        if (got < 0 || got / TSSB_PACK_RECORD_SIZE <= place - first)
            return NULL;
        pack->window_first = first;
        pack->window_count = (uint32_t)got / TSSB_PACK_RECORD_SIZE;
    }
    return pack->window + (size_t)(place - pack->window_first) * TSSB_PACK_RECORD_SIZE;
}

static bool is_blob(const uint8_t record[TSSB_PACK_RECORD_SIZE], const uint8_t ptr[TSSB_PTR_SIZE]) {
    uint8_t hashed[TSSB_PTR_SIZE];
    if (memcmp(record, ptr, TSSB_PACK_MARK_SIZE) != 0)
        return false;
    tssb_blob_ptr(record + TSSB_PACK_MARK_SIZE, hashed);
    return memcmp(hashed, ptr, TSSB_PTR_SIZE) == 0;
}

/* Looks at the neighbours of the record found last, as far as they are in memory. */
static const uint8_t *find_beside(struct tssb_pack *pack, const uint8_t ptr[TSSB_PTR_SIZE]) {
    const uint32_t beside[] = {pack->last + 1, pack->last - 1};
    for (int i = 0; i < 2; i++) {
        if (beside[i] - pack->window_first >= pack->window_count)
            continue;
        const uint8_t *record = record_of(pack, beside[i]);
        if (is_blob(record, ptr)) {
            pack->last = beside[i];
            return record;
        }
    }
    return NULL;
}

/* Finds a blob's record, *record; NULL where it is not held. Returns 0 or TSSB_E_STORE. */
static int find(struct tssb_pack *pack, const uint8_t ptr[TSSB_PTR_SIZE], const uint8_t **record) {
    struct tssb_pack_places places;
    uint32_t place;
    *record = find_beside(pack, ptr);
    if (*record)
        return 0;
    if (pack->index.file < 0) /* of an empty pack */
        return 0;
    if (tssb_pack_index_find(&pack->index, ptr, &places) != 0)
        return trouble(pack, "read the index of blobs");
    while (tssb_pack_index_next(&pack->index, &places, &place)) {
        if (place >= pack->count)
            continue;
        *record = record_of(pack, place);
        if (!*record)
            return trouble(pack, "read a blob");
        if (is_blob(*record, ptr)) {
            pack->last = place;
            return 0;
        }
    }
    *record = NULL;
    return 0;
}

int tssb_pack_read(struct tssb_pack *pack, const uint8_t ptr[TSSB_PTR_SIZE],
                   uint8_t blob[TSSB_BLOB_SIZE]) {
    const uint8_t *record;
    int error = find(pack, ptr, &record);
    if (error)
        return error;
    if (!record)
        return TSSB_E_NOT_FOUND;
    memcpy(blob, record + TSSB_PACK_MARK_SIZE, TSSB_BLOB_SIZE);
    return 0;
}

static int index_failed(struct tssb_pack *pack, int error) {
    return error == TSSB_E_STORE ? trouble(pack, "write the index of blobs") : error;
}

int tssb_pack_write(struct tssb_pack *pack, const uint8_t ptr[TSSB_PTR_SIZE],
                    const uint8_t blob[TSSB_BLOB_SIZE]) {
    uint8_t fresh[TSSB_PACK_RECORD_SIZE];
    const uint8_t *record;
    TSSB_CHECK(!pack->read_only);
    errno = EIO;
    if (pack->broken)
        return trouble(pack, "write a blob after a sync that failed");
    int error = find(pack, ptr, &record);
    if (error || record)
        return error;
    if (pack->count == COUNT_MAX)
        return TSSB_E_FULL;
    memcpy(fresh, ptr, TSSB_PACK_MARK_SIZE);
    memcpy(fresh + TSSB_PACK_MARK_SIZE, blob, TSSB_BLOB_SIZE);
    pack->unsynced = true;
    if (tssb_disk_write(pack->disk, pack->file, fresh, sizeof fresh, record_at(pack->count)) != 0)
        return trouble(pack, "write a blob");
    error = tssb_pack_index_add(&pack->index, ptr, pack->count);
    if (error)
        return index_failed(pack, error);
    pack->count++;
    return 0;
}

static int sync_index(struct tssb_pack *pack) {
    return index_failed(pack, tssb_pack_index_sync(&pack->index, pack->count));
}

int tssb_pack_sync(struct tssb_pack *pack) {
    errno = EIO;
    if (pack->broken)
        return trouble(pack, "make blobs durable after a sync that failed");
    if (!pack->unsynced)
        return pack->index.covered < pack->count && !pack->read_only ? sync_index(pack) : 0;
    if (pack->disk->sync(pack->disk->context, pack->file) != 0) {
        pack->broken = true;
        return trouble(pack, "make blobs durable");
    }
    pack->unsynced = false;
    return pack->count - pack->index.covered >= INDEX_EACH ? sync_index(pack) : 0;
}

int tssb_pack_look(struct tssb_pack *pack, uint32_t place, enum tssb_pack_record *is,
                   bool *indexed) {
    struct tssb_pack_places places;
    uint8_t ptr[TSSB_PTR_SIZE];
    uint32_t found;
    const uint8_t *record = record_of(pack, place);
    *indexed = false;
    if (!record)
        return trouble(pack, "read a blob");
    *is = judge(record, ptr);
    if (*is != TSSB_PACK_GOOD || pack->index.file < 0)
        return 0;
    if (tssb_pack_index_find(&pack->index, ptr, &places) != 0)
        return trouble(pack, "read the index of blobs");
    while (!*indexed && tssb_pack_index_next(&pack->index, &places, &found))
        *indexed = found == place;
    return 0;
}

/* Making one. */

int tssb_pack_create(const struct tssb_disk *disk, const char *folder) {
    char *own = tssb_text("%s/_pack", folder), *path = tssb_text("%s/_pack/blobs", folder);
    int result = -1;
    errno = ENOMEM;
    if (own && path) {
        result = disk->mkdir(disk->context, own, 0755);
        if (result != 0 && errno == EEXIST)
            result = 0;
        if (result == 0)
            result = tssb_disk_save(disk, path, 0644, header, sizeof header, 1);
        if (result == 0)
            result = tssb_disk_sync_folder(disk, own);
    }
    int failed = errno;
    free(own);
    free(path);
    errno = failed;
    return result;
}

/* Opening, and what a crash left. */

/* What is done to a record that the index does not cover. */
static int recover_record(struct tssb_pack *pack, uint32_t place, uint32_t *torn, uint32_t *good) {
    static const uint8_t hole[TSSB_PACK_RECORD_SIZE];
    uint8_t ptr[TSSB_PTR_SIZE];
    enum tssb_pack_record is;
    bool indexed;
    if (tssb_pack_look(pack, place, &is, &indexed) != 0)
        return TSSB_E_STORE;
    if (is == TSSB_PACK_GOOD) {
        *good = place + 1;
        tssb_blob_ptr(record_of(pack, place) + TSSB_PACK_MARK_SIZE, ptr);
        return indexed ? 0 : index_failed(pack, tssb_pack_index_add(&pack->index, ptr, place));
    }
    *torn += is == TSSB_PACK_TORN;
    pack->window_count = 0;
    if (is == TSSB_PACK_TORN &&
        tssb_disk_write(pack->disk, pack->file, hole, sizeof hole, record_at(place)) != 0)
        return trouble(pack, "write over a torn blob");
    return 0;
}

/* Adds to the index what it does not cover; makes holes of torn records, and cuts those at the end.
 * size: of the file. */
static int recover(struct tssb_pack *pack, off_t size, char **repaired) {
    uint32_t torn = 0, good = pack->index.covered < pack->count ? pack->index.covered : pack->count;
    for (uint32_t place = good; place < pack->count; place++)
        if (recover_record(pack, place, &torn, &good) != 0)
            return -1;
    if (size > record_at(good)) {
        if (pack->disk->truncate(pack->disk->context, pack->file, record_at(good)) != 0) {
            trouble(pack, "cut the torn end");
            return -1;
        }
        *repaired = tssb_text("%s: cut: %" PRIu64 " bytes of a torn end", pack->path,
                              (uint64_t)(size - record_at(good)));
    } else if (torn > 0) {
        *repaired = tssb_text("%s: %" PRIu32 " torn blobs cleared", pack->path, torn);
    }
    pack->unsynced = true;
    pack->count = good;
    pack->window_count = 0;
    pack->last = NONE;
    bool ahead = pack->index.covered > good; /* somebody has cut the pack */
    return ahead && sync_index(pack) != 0 ? -1 : 0;
}

/* Opens the file of records. Returns as tssb_pack_open. */
static int open_records(struct tssb_pack *pack, off_t *size, char **error) {
    const struct tssb_disk *disk = pack->disk;
    uint8_t found[TSSB_PACK_RECORD_SIZE];
    pack->file = disk->open(disk->context, pack->path, pack->read_only ? O_RDONLY : O_RDWR, 0);
    if (pack->file < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 1;
    *size = pack->file < 0 ? -1 : disk->size(disk->context, pack->file);
    ssize_t got = *size < 0 ? -1 : tssb_disk_read(disk, pack->file, found, sizeof found, 0);
    if (got < 0)
        return tssb_fail(error, 3, "%s: %s", pack->path, strerror(errno));
    if (got != sizeof found || memcmp(found, header, sizeof found) != 0)
        return tssb_fail(error, 2, "%s: is not a pack of blobs", pack->path);
    uint64_t records = (uint64_t)*size / TSSB_PACK_RECORD_SIZE - 1;
    if (records > COUNT_MAX)
        return tssb_fail(error, 2, "%s: has more records than a pack can have", pack->path);
    pack->count = (uint32_t)records;
    return 0;
}

static int open_index(struct tssb_pack *pack, const char *folder, char **error) {
    char *path = tssb_text("%s/_pack/index", folder);
    int failed = path ? tssb_pack_index_open(&pack->index, pack->disk, path, pack->count,
                                             pack->read_only)
                      : TSSB_E_MEMORY;
    int status = 0;
    if (failed)
        status = tssb_fail(error, 3, "%s: %s", path ? path : folder,
                           failed == TSSB_E_STORE ? strerror(errno) : tssb_error_text(failed));
    else if (pack->index.file < 0 && pack->count > 0)
        status = tssb_fail(error, 2,
                           "%s: is missing or damaged: 'tssb check --repair' makes it anew", path);
    free(path);
    return status;
}

int tssb_pack_open(struct tssb_pack *pack, const struct tssb_disk *disk, const char *folder,
                   bool read_only, char **repaired, char **error) {
    off_t size = 0;
    *pack = (struct tssb_pack){
        .disk = disk, .file = -1, .read_only = read_only, .last = NONE, .index = {.file = -1}};
    pack->path = tssb_text("%s/_pack/blobs", folder);
    int status = pack->path ? open_records(pack, &size, error)
                            : tssb_fail(error, 3, "out of memory");
    if (!status)
        status = open_index(pack, folder, error);
    bool behind = !status && (pack->index.covered != pack->count || size != record_at(pack->count));
    if (behind && !read_only && recover(pack, size, repaired) != 0)
        status = tssb_fail(error, 3, "%s: cannot %s: %s", pack->path, pack->failed,
                           strerror(pack->why));
    if (status)
        tssb_pack_close(pack);
    return status;
}

void tssb_pack_close(struct tssb_pack *pack) {
    if (pack->file >= 0)
        pack->disk->close(pack->disk->context, pack->file);
    pack->file = -1;
    tssb_pack_index_close(&pack->index);
    free(pack->path);
    pack->path = NULL;
}
