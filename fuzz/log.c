/* A log file through opening, repair and check. The file is one of a few entries, damaged as the
 * input says, or all of it the input. What opens holds nothing but what its author signed, opens
 * again unrepaired, passes a check, and takes the next entry; what is refused is left as it is. */
#include "fuzz.h"

#include <stdlib.h>

#include "core/check.h"
#include "core/entry.h"
#include "core/posix/check_log.h"
#include "core/posix/log_walk.h"
#include "fake_disk.h"
#include "support.h"

enum { ENTRIES = 6, FILE_MAX = 2048, PATH_SIZE = 5 };
enum { UNCLEAN = 1, CUT_DAMAGE = 2, READ_ONLY = 4, RAW = 8 };

static const char path[] = "a.log";

static struct feed {
    struct tssb_key key;
    struct tssb_trust trust;
    uint8_t wires[ENTRIES + 1][TSSB_ENTRY_SIZE], mids[ENTRIES + 2][TSSB_MID_SIZE];
} feed;

static void write_feed(void) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = {1}, payload[TSSB_PAYLOAD_SIZE] = "entry";
    TSSB_CHECK(tssb_scheme_init() == 0);
    tssb_key_init(&feed.key, &tssb_scheme_hmac_sha512, secret, secret);
    feed.trust.scheme = feed.key.scheme;
    memcpy(feed.trust.shared_secret, secret, sizeof secret);
    struct tssb_place place = tssb_entry_genesis(feed.key.fid);
    for (int i = 0; i <= ENTRIES; i++, place.seq++) {
        memcpy(feed.mids[i], place.prev, TSSB_MID_SIZE);
        tssb_entry_sign(&feed.key, &place, TSSB_PLAIN48, payload, feed.wires[i]);
        tssb_entry_mid(&place, feed.wires[i], place.prev);
    }
    memcpy(feed.mids[ENTRIES + 1], place.prev, TSSB_MID_SIZE);
}

/* A file of so many entries, with a front that may be another's, then some bytes changed, the end
 * cut off, and something else behind it. */
static size_t make_file(struct fuzz_input *input, uint8_t *bytes) {
    uint8_t entries = fuzz_byte(input) % (ENTRIES + 1u), front = fuzz_byte(input) % (ENTRIES + 1u);
    uint8_t cut = fuzz_byte(input), edits = fuzz_byte(input) % 8;
    struct tssb_log_header header = {.front_seq = front};
    size_t size = TSSB_LOG_BLOCK_SIZE * (1u + entries);
    memcpy(header.fid, feed.key.fid, TSSB_FID_SIZE);
    memcpy(header.anchor_mid, feed.mids[0], TSSB_MID_SIZE);
    memcpy(header.front_mid, feed.mids[front], TSSB_MID_SIZE);
    memset(bytes, 0, FILE_MAX);
    tssb_log_header_encode(&header, bytes);
    for (int i = 0; i < entries; i++)
        memcpy(bytes + TSSB_LOG_BLOCK_SIZE * (1 + i) + TSSB_LOG_PREFIX_SIZE, feed.wires[i],
               TSSB_ENTRY_SIZE);
    for (int i = 0; i < edits; i++) {
        size_t at = fuzz_number(input) % size;
        bytes[at] ^= fuzz_byte(input);
    }
    size = cut < size ? size - cut : 0;
    size_t more = input->left < FILE_MAX - size ? input->left : FILE_MAX - size;
    fuzz_fill(input, bytes + size, more);
    return size + more;
}

static void expect_checked(const struct tssb_disk *disk) {
    static struct tssb_check_batch batch;
    struct tssb_check_log check = {0};
    struct tssb_check_report report = {0};
    tssb_check_log_open(&check, disk, path, feed.key.fid);
    while (tssb_check_log_read(&check, &batch)) {
        int error;
        TSSB_CHECK(tssb_check_batch_verify(&batch, &feed.trust, &error) == 0);
    }
    TSSB_CHECK(tssb_check_log_report(&check, &feed.trust, &report));
    TSSB_CHECK(report.wrong == (check.marked != 0));
    tssb_check_report_close(&report);
    tssb_check_log_close(&check);
}

/* Opens what was repaired again, and goes on with it. */
static void expect_whole(struct fake_disk *fake, const struct tssb_log_opening *opening,
                         uint32_t front) {
    struct tssb_log log;
    char *repaired = NULL, *error = NULL;
    const struct tssb_log_header *header = &log.header;
    TSSB_CHECK(tssb_log_open(&log, path, opening, &repaired, &error) == 0 && !repaired);
    TSSB_CHECK(header->front_seq == front);
    TSSB_CHECK(fake_disk_file(fake, path)->size ==
               TSSB_LOG_BLOCK_SIZE * (1 + front - header->anchor_seq));
    if (header->anchor_seq == 0) {
        TSSB_CHECK(
            tssb_log_append(&log, feed.wires[front], feed.mids[front + 1], TSSB_LOG_DURABLE) == 0);
        expect_checked(&fake->disk);
    }
    tssb_log_close(&log);
}

/* Every entry held is the author's own, when the log was hashed on opening. */
static void expect_authors(struct tssb_log *log) {
    static struct tssb_log_walk walk;
    tssb_log_walk_init(&walk, log);
    while (walk.seq < log->header.front_seq) {
        uint8_t wire[TSSB_ENTRY_SIZE];
        TSSB_CHECK(tssb_log_walk_next(&walk) == 1 && walk.seq <= ENTRIES);
        TSSB_CHECK(memcmp(walk.wire, feed.wires[walk.seq - 1], TSSB_ENTRY_SIZE) == 0);
        TSSB_CHECK(tssb_log_read(log, walk.seq, wire) == 0);
        TSSB_CHECK(memcmp(wire, walk.wire, sizeof wire) == 0);
    }
    TSSB_CHECK(memcmp(walk.mid, log->header.front_mid, TSSB_MID_SIZE) == 0);
}

static void expect_unchanged(const struct fake_disk *fake, const uint8_t *bytes, size_t size) {
    const struct fake_content *file = fake_disk_file(fake, path);
    TSSB_CHECK(file->size == size && memcmp(file->bytes, bytes, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fake_disk fake;
    struct fuzz_input input = {data, size};
    uint8_t bytes[FILE_MAX], how = fuzz_byte(&input);
    char *repaired = NULL, *error = NULL;
    struct tssb_log log;
    uint32_t budget = 1000;
    if (!feed.trust.scheme)
        write_feed();
    size_t file_size = input.left < FILE_MAX ? input.left : FILE_MAX;
    if (how & RAW)
        fuzz_fill(&input, bytes, file_size);
    else
        file_size = make_file(&input, bytes);
    struct tssb_log_opening opening = {.disk = &fake.disk,
                                       .trust = &feed.trust,
                                       .fid = feed.key.fid,
                                       .read_only = how & READ_ONLY,
                                       .cut_damage = how & CUT_DAMAGE,
                                       .unclean = how & UNCLEAN,
                                       .hash_budget = &budget};
    fake_disk_init(&fake);
    TSSB_CHECK(tssb_disk_save(&fake.disk, path, 0644, bytes, file_size, 1) == 0);
    int status = tssb_log_open(&log, path, &opening, &repaired, &error);
    TSSB_CHECK(status == 0 || (status == 2 && strncmp(error, path, PATH_SIZE) == 0));
    if (status != 0 || (how & READ_ONLY))
        expect_unchanged(&fake, bytes, file_size);
    if (status == 0) {
        uint32_t front = log.header.front_seq;
        expect_authors(&log);
        tssb_log_close(&log);
        if (!(how & READ_ONLY))
            expect_whole(&fake, &opening, front);
    }
    free(repaired);
    free(error);
    fake_disk_close(&fake);
    return 0;
}
