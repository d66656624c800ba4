/* The author signs once; the files are copies of that. */
#include "log_file.h"

#include "core/check.h"
#include "core/entry.h"
#include "core/posix/check_log.h"
#include "core/posix/log_walk.h"

const char log_path[] = "a.log";

struct log_feed log_feed;

void log_feed_write(void) {
    static const uint8_t secret[TSSB_SECRET_SIZE] = {1}, payload[TSSB_PAYLOAD_SIZE] = "entry";
    if (log_feed.trust.scheme)
        return;
    TSSB_CHECK(tssb_scheme_init() == 0);
    tssb_key_init(&log_feed.key, &tssb_scheme_hmac_sha512, secret, secret);
    log_feed.trust.scheme = log_feed.key.scheme;
    memcpy(log_feed.trust.shared_secret, secret, sizeof secret);
    struct tssb_place place = tssb_entry_genesis(log_feed.key.fid);
    for (int i = 0; i <= LOG_ENTRIES; i++, place.seq++) {
        memcpy(log_feed.mids[i], place.prev, TSSB_MID_SIZE);
        tssb_entry_sign(&log_feed.key, &place, TSSB_PLAIN48, payload, log_feed.wires[i]);
        tssb_entry_mid(&place, log_feed.wires[i], place.prev);
    }
    memcpy(log_feed.mids[LOG_ENTRIES + 1], place.prev, TSSB_MID_SIZE);
}

size_t log_file_damaged(struct fuzz_input *input, uint8_t bytes[LOG_FILE_MAX]) {
    uint8_t entries = fuzz_byte(input) % (LOG_ENTRIES + 1u),
            front = fuzz_byte(input) % (LOG_ENTRIES + 1u);
    uint8_t cut = fuzz_byte(input), edits = fuzz_byte(input) % 8;
    struct tssb_log_header header = {.front_seq = front};
    size_t size = TSSB_LOG_BLOCK_SIZE * (1u + entries);
    memcpy(header.fid, log_feed.key.fid, TSSB_FID_SIZE);
    memcpy(header.anchor_mid, log_feed.mids[0], TSSB_MID_SIZE);
    memcpy(header.front_mid, log_feed.mids[front], TSSB_MID_SIZE);
    memset(bytes, 0, LOG_FILE_MAX);
    tssb_log_header_encode(&header, bytes);
    for (int i = 0; i < entries; i++)
        memcpy(bytes + TSSB_LOG_BLOCK_SIZE * (1 + i) + TSSB_LOG_PREFIX_SIZE, log_feed.wires[i],
               TSSB_ENTRY_SIZE);
    for (int i = 0; i < edits; i++) {
        size_t at = fuzz_number(input) % size;
        bytes[at] ^= fuzz_byte(input);
    }
    size = cut < size ? size - cut : 0;
    size_t more = input->left < LOG_FILE_MAX - size ? input->left : LOG_FILE_MAX - size;
    fuzz_fill(input, bytes + size, more);
    return size + more;
}

static void expect_checked(const struct tssb_disk *disk) {
    static struct tssb_check_batch batch;
    struct tssb_check_log check = {0};
    struct tssb_check_report report = {0};
    tssb_check_log_open(&check, disk, log_path, log_feed.key.fid);
    while (tssb_check_log_read(&check, &batch)) {
        int error;
        TSSB_CHECK(tssb_check_batch_verify(&batch, &log_feed.trust, &error) == 0);
    }
    TSSB_CHECK(tssb_check_log_report(&check, &log_feed.trust, &report));
    TSSB_CHECK(report.wrong == (check.marked != 0));
    tssb_check_report_close(&report);
    tssb_check_log_close(&check);
}

static void expect_whole(struct fake_disk *fake, const struct tssb_log_opening *opening,
                         uint32_t front) {
    struct tssb_log log;
    char *repaired = NULL, *error = NULL;
    const struct tssb_log_header *header = &log.header;
    TSSB_CHECK(tssb_log_open(&log, log_path, opening, &repaired, &error) == 0 && !repaired);
    TSSB_CHECK(header->front_seq == front);
    TSSB_CHECK(fake_disk_file(fake, log_path)->size ==
               TSSB_LOG_BLOCK_SIZE * (1 + front - header->anchor_seq));
    if (header->anchor_seq == 0) {
        TSSB_CHECK(tssb_log_append(&log, log_feed.wires[front], log_feed.mids[front + 1],
                                   TSSB_LOG_DURABLE) == 0);
        expect_checked(&fake->disk);
    }
    tssb_log_close(&log);
}

static void expect_authors(struct tssb_log *log) {
    static struct tssb_log_walk walk;
    tssb_log_walk_init(&walk, log);
    while (walk.seq < log->header.front_seq) {
        uint8_t wire[TSSB_ENTRY_SIZE];
        TSSB_CHECK(tssb_log_walk_next(&walk) == 1 && walk.seq <= LOG_ENTRIES);
        TSSB_CHECK(memcmp(walk.wire, log_feed.wires[walk.seq - 1], TSSB_ENTRY_SIZE) == 0);
        TSSB_CHECK(tssb_log_read(log, walk.seq, wire) == 0);
        TSSB_CHECK(memcmp(wire, walk.wire, sizeof wire) == 0);
    }
    TSSB_CHECK(memcmp(walk.mid, log->header.front_mid, TSSB_MID_SIZE) == 0);
}

void log_expect_good(struct tssb_log *log, struct fake_disk *fake,
                     const struct tssb_log_opening *opening) {
    uint32_t front = log->header.front_seq;
    expect_authors(log);
    tssb_log_close(log);
    if (!opening->read_only)
        expect_whole(fake, opening, front);
}

void log_expect_unchanged(const struct fake_disk *fake, const uint8_t *bytes, size_t size) {
    const struct fake_content *file = fake_disk_file(fake, log_path);
    TSSB_CHECK(file->size == size && memcmp(file->bytes, bytes, size) == 0);
}
