/* Log files: the vectors, to the byte; what opening takes, repairs and refuses. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/error.h"
#include "core/posix/log.h"
#include "core/posix/log_walk.h"
#include "core/posix/text.h"
#include "fake_disk.h"
#include "support.h"

enum { FILE_MAX = 4096, FRONT_AT = 104 };

/* A disk with one log of an author's, and the log opened. */
struct desk {
    struct fake_disk fake;
    struct author author;
    char *path;
    struct tssb_log log;
    char *repaired, *error;
};

static int start(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    char hex[2 * TSSB_FID_SIZE + 1];
    assert_non_null(desk);
    fake_disk_init(&desk->fake);
    author_init(&desk->author, "nodeA");
    assert_int_equal(desk->fake.disk.mkdir(&desk->fake, "n", 0755), 0);
    tssb_hex(desk->author.key.fid, TSSB_FID_SIZE, hex);
    desk->path = tssb_text("n/_logs/%s.log", hex);
    *state = desk;
    return 0;
}

static int end(void **state) {
    struct desk *desk = *state;
    fake_disk_close(&desk->fake);
    free(desk->path);
    free(desk->repaired);
    free(desk->error);
    free(desk);
    return 0;
}

static struct tssb_log_header whole_feed(const struct desk *desk) {
    struct tssb_log_header header = {0};
    memcpy(header.fid, desk->author.key.fid, TSSB_FID_SIZE);
    memcpy(header.anchor_mid, header.fid, TSSB_MID_SIZE);
    return header;
}

static int open_log(struct desk *desk, bool unclean) {
    struct tssb_log_opening opening = {.disk = &desk->fake.disk,
                                       .trust = &trust_ed25519,
                                       .fid = desk->author.key.fid,
                                       .unclean = unclean};
    free(desk->repaired);
    free(desk->error);
    desk->error = desk->repaired = NULL;
    return tssb_log_open(&desk->log, desk->path, &opening, &desk->repaired, &desk->error);
}

static void make_log(struct desk *desk) {
    struct tssb_log_header header = whole_feed(desk);
    bool made = false;
    assert_int_equal(tssb_log_create(&desk->fake.disk, "n", &header, &made, &desk->error), 0);
    assert_true(made);
}

/* Writes the author's next entries, the last of which is left without a front. */
static void append(struct desk *desk, uint32_t count, enum tssb_log_append_mode last) {
    for (uint32_t i = 1; i <= count; i++) {
        uint8_t wire[TSSB_ENTRY_SIZE];
        author_write(&desk->author, "entry", wire);
        assert_int_equal(tssb_log_append(&desk->log, wire, desk->author.place.prev,
                                         i == count ? last : TSSB_LOG_DURABLE),
                         0);
    }
}

static void make_entries(struct desk *desk, uint32_t count) {
    make_log(desk);
    assert_int_equal(open_log(desk, false), 0);
    append(desk, count, TSSB_LOG_DURABLE);
    tssb_log_close(&desk->log);
}

static void put(struct desk *desk, const char *path, const uint8_t *bytes, size_t size) {
    assert_int_equal(tssb_disk_save(&desk->fake.disk, path, 0644, bytes, size, 1), 0);
}

/* Changes one byte of the file. */
static void damage(struct desk *desk, size_t at) {
    uint8_t *byte = &fake_disk_file(&desk->fake, desk->path)->bytes[at];
    *byte ^= 0x40;
}

static void cut_to(struct desk *desk, size_t size) {
    const struct tssb_disk *disk = &desk->fake.disk;
    int file = disk->open(disk->context, desk->path, O_RDWR, 0);
    assert_int_equal(disk->truncate(disk->context, file, (off_t)size), 0);
    disk->close(disk->context, file);
}

static void expect_refused(struct desk *desk, const char *why) {
    struct fake_content before = {malloc(FILE_MAX), 0};
    const struct fake_content *file = fake_disk_file(&desk->fake, desk->path);
    assert_non_null(before.bytes);
    before.size = file->size;
    memcpy(before.bytes, file->bytes, file->size);
    assert_int_equal(open_log(desk, false), 2);
    assert_non_null(strstr(desk->error, why));
    assert_non_null(strstr(desk->error, desk->path));
    assert_int_equal(file->size, before.size);
    assert_memory_equal(file->bytes, before.bytes, before.size);
    free(before.bytes);
}

static void expect_repaired(struct desk *desk, uint32_t front, const char *how) {
    assert_int_equal(open_log(desk, true), 0);
    assert_non_null(desk->repaired);
    assert_non_null(strstr(desk->repaired, how));
    assert_int_equal(desk->log.header.front_seq, front);
    tssb_log_close(&desk->log);
    assert_int_equal(fake_disk_file(&desk->fake, desk->path)->size, 128 * (1 + front));
    assert_int_equal(open_log(desk, true), 0);
    assert_null(desk->repaired);
    tssb_log_close(&desk->log);
}

/* Makes a log again of what another holds: its header, then its entries. */
static void rewrite(struct desk *desk, const struct tssb_log *from, const char *folder,
                    const char *path) {
    struct tssb_log_walk walk;
    struct tssb_log to;
    struct tssb_log_opening opening = {
        .disk = &desk->fake.disk, .trust = &trust_ed25519, .fid = from->header.fid};
    bool made = false;
    assert_int_equal(desk->fake.disk.mkdir(&desk->fake, folder, 0755), 0);
    assert_int_equal(tssb_log_create(&desk->fake.disk, folder, &from->header, &made, &desk->error),
                     0);
    assert_int_equal(tssb_log_open(&to, path, &opening, &desk->repaired, &desk->error), 0);
    tssb_log_walk_init(&walk, from);
    while (tssb_log_walk_next(&walk) > 0)
        assert_int_equal(tssb_log_append(&to, walk.wire, walk.mid, TSSB_LOG_DURABLE), 0);
    assert_int_equal(walk.seq, from->header.front_seq);
    tssb_log_close(&to);
}

static void the_vectors_written_again_are_the_same_to_the_byte(void **state) {
    struct desk *desk = *state;
    json_t *vectors = vectors_load("logs"), *item;
    size_t i;
    assert_int_equal(desk->fake.disk.mkdir(&desk->fake, "v", 0755), 0);
    json_array_foreach(json_object_get(vectors, "files"), i, item) {
        uint8_t bytes[FILE_MAX];
        char hex[2 * TSSB_FID_SIZE + 1];
        size_t size = vector_bytes(item, "file", bytes, sizeof bytes);
        struct tssb_log log;
        struct tssb_log_opening opening = {
            .disk = &desk->fake.disk, .trust = &trust_ed25519, .fid = bytes + 12, .unclean = true};
        put(desk, "v/file", bytes, size);
        if (tssb_log_open(&log, "v/file", &opening, &desk->repaired, &desk->error) != 0)
            fail_msg("%s: %s", vector_text(item, "what"), desk->error);
        assert_null(desk->repaired);
        tssb_hex(bytes + 12, TSSB_FID_SIZE, hex);
        char *folder = tssb_text("w%zu", i), *path = tssb_text("w%zu/_logs/%s.log", i, hex);
        rewrite(desk, &log, folder, path);
        tssb_log_close(&log);
        assert_int_equal(fake_disk_file(&desk->fake, path)->size, size);
        assert_memory_equal(fake_disk_file(&desk->fake, path)->bytes, bytes, size);
        free(folder);
        free(path);
    }
    assert_int_equal(i, 4);
    json_decref(vectors);
}

static void a_log_that_is_there_is_not_made_again(void **state) {
    struct desk *desk = *state;
    struct tssb_log_header header = whole_feed(desk);
    bool made = true;
    make_entries(desk, 2);
    assert_int_equal(tssb_log_create(&desk->fake.disk, "n", &header, &made, &desk->error), 0);
    assert_false(made);
    assert_int_equal(fake_disk_file(&desk->fake, desk->path)->size, 3 * 128);
}

/* What is refused stays as it was. */
static void damage_is_refused_and_left(void **state) {
    struct desk *desk = *state;
    make_entries(desk, 4);
    static const struct {
        size_t at;
        const char *why;
    } cases[] = {
        {0, "its first 12 bytes are not zero"},
        {12, "anchor"},          /* the feed is another, and its anchor is not */
        {84, "anchor"},          /* the anchor's MID */
        {128 + 8, "its front"},  /* entries that the header promises do not fit */
        {3 * 128 + 70, "front"}, /* in a signature */
        {FRONT_AT, "front"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        damage(desk, cases[i].at);
        fake_disk_power_on(&desk->fake, 0);
        uint32_t budget = 100;
        struct tssb_log_opening opening = {.disk = &desk->fake.disk,
                                           .trust = &trust_ed25519,
                                           .fid = desk->author.key.fid,
                                           .hash_budget = &budget};
        char *error = NULL, *repaired = NULL;
        int status = tssb_log_open(&desk->log, desk->path, &opening, &repaired, &error);
        if (status != 2 || !strstr(error, cases[i].why))
            fail_msg("byte %zu: %d, %s", cases[i].at, status, error ? error : repaired);
        free(error);
        damage(desk, cases[i].at);
    }
    assert_int_equal(open_log(desk, false), 0);
    tssb_log_close(&desk->log);
}

static void a_log_cut_within_what_was_held_is_refused(void **state) {
    struct desk *desk = *state;
    make_entries(desk, 4);
    cut_to(desk, 5 * 128 - 57);
    expect_refused(desk, "its front is entry 4, but whole are only those to 3");
    cut_to(desk, 100);
    expect_refused(desk, "is 100 bytes long");
    cut_to(desk, 0);
    expect_refused(desk, "is 0 bytes long");
}

static void the_log_of_another_feed_is_refused(void **state) {
    struct desk *desk = *state;
    struct author bob;
    make_entries(desk, 1);
    author_init(&bob, "nodeB");
    desk->author = bob;
    expect_refused(desk, "another feed");
}

static void entries_of_another_scheme_are_refused(void **state) {
    struct desk *desk = *state;
    static const struct tssb_trust hmac = {&tssb_scheme_hmac_sha512, "secret"};
    struct tssb_log_opening opening = {
        .disk = &desk->fake.disk, .trust = &hmac, .fid = desk->author.key.fid};
    make_entries(desk, 1);
    assert_int_equal(tssb_log_open(&desk->log, desk->path, &opening, &desk->repaired, &desk->error),
                     2);
    assert_non_null(strstr(desk->error, "no good hmac-sha512 signature"));
}

static void whole_entries_behind_the_front_are_taken(void **state) {
    struct desk *desk = *state;
    make_entries(desk, 2);
    assert_int_equal(open_log(desk, false), 0);
    append(desk, 1, TSSB_LOG_LATER);
    tssb_log_close(&desk->log); /* without a sync */
    expect_repaired(desk, 3, "rolled forward from entry 2 to 3");
}

static void a_torn_entry_is_cut(void **state) {
    struct desk *desk = *state;
    make_entries(desk, 2);
    for (size_t size = 1; size < 128; size++) {
        uint8_t wire[TSSB_ENTRY_SIZE];
        struct author copy = desk->author;
        copy.place.fid = copy.key.fid;
        author_write(&copy, "torn", wire);
        assert_int_equal(open_log(desk, false), 0);
        assert_int_equal(tssb_log_append(&desk->log, wire, copy.place.prev, TSSB_LOG_LATER), 0);
        tssb_log_close(&desk->log);
        cut_to(desk, 3 * 128 + size);
        expect_repaired(desk, 2, "of a torn entry 3");
    }
}

static void what_no_author_signed_is_not_taken(void **state) {
    struct desk *desk = *state;
    make_entries(desk, 2);
    assert_int_equal(open_log(desk, false), 0);
    append(desk, 1, TSSB_LOG_LATER);
    tssb_log_close(&desk->log);
    damage(desk, 3 * 128 + 127); /* the last byte of its signature */
    expect_repaired(desk, 2, "128 bytes of a torn entry 3");
}

/* Every mixture of first bytes and last bytes of two fronts. */
static void a_torn_front_is_found(void **state) {
    struct desk *desk = *state;
    uint8_t old[24], fresh[24];
    make_entries(desk, 255); /* from 0x000000ff to 0x00000100 */
    const struct fake_content *file = fake_disk_file(&desk->fake, desk->path);
    memcpy(old, file->bytes + FRONT_AT, sizeof old);
    assert_int_equal(open_log(desk, false), 0);
    append(desk, 1, TSSB_LOG_DURABLE);
    tssb_log_close(&desk->log);
    memcpy(fresh, file->bytes + FRONT_AT, sizeof fresh);
    for (size_t cut = 1; cut < sizeof old; cut++) {
        memcpy(file->bytes + FRONT_AT, fresh, cut);
        memcpy(file->bytes + FRONT_AT + cut, old + cut, sizeof old - cut);
        if (memcmp(file->bytes + FRONT_AT, fresh, sizeof fresh) == 0)
            continue;
        bool whole = memcmp(file->bytes + FRONT_AT, old, sizeof old) == 0;
        expect_repaired(desk, 256, whole ? "rolled forward from entry 255" : "rolled forward");
        assert_memory_equal(file->bytes + FRONT_AT, fresh, sizeof fresh);
    }
}

static void reading_changes_nothing(void **state) {
    struct desk *desk = *state;
    struct tssb_log_opening opening = {.disk = &desk->fake.disk,
                                       .trust = &trust_ed25519,
                                       .fid = desk->author.key.fid,
                                       .read_only = true};
    make_entries(desk, 2);
    assert_int_equal(open_log(desk, false), 0);
    append(desk, 1, TSSB_LOG_LATER);
    tssb_log_close(&desk->log);
    int64_t steps = desk->fake.steps;
    assert_int_equal(tssb_log_open(&desk->log, desk->path, &opening, &desk->repaired, &desk->error),
                     0);
    assert_int_equal(desk->log.header.front_seq, 3);
    assert_non_null(strstr(desk->repaired, "needs to be rolled forward"));
    tssb_log_close(&desk->log);
    assert_int_equal(desk->fake.steps, steps);
}

/* After a sync that failed, nobody knows what is on the disk: the log takes nothing any more. */
static void after_a_failed_sync_nothing_is_appended(void **state) {
    struct desk *desk = *state;
    uint8_t wire[TSSB_ENTRY_SIZE];
    make_entries(desk, 1);
    assert_int_equal(open_log(desk, false), 0);
    author_write(&desk->author, "lost", wire);
    desk->fake.fail_at = desk->fake.calls + 1;
    desk->fake.fail_until = desk->fake.fail_at + 1;
    const uint8_t *mid = desk->author.place.prev;
    assert_int_equal(tssb_log_append(&desk->log, wire, mid, TSSB_LOG_DURABLE), TSSB_E_STORE);
    assert_int_equal(desk->log.header.front_seq, 1);
    assert_int_equal(fake_disk_file(&desk->fake, desk->path)->size, 2 * 128);
    assert_int_equal(tssb_log_append(&desk->log, wire, mid, TSSB_LOG_DURABLE), TSSB_E_STORE);
    assert_int_equal(tssb_log_sync(&desk->log), TSSB_E_STORE);
    tssb_log_close(&desk->log);
}

/* A front is written in part and the write fails; then the power goes while the next entry is
 * appended. Returns whether it went. */
static bool cut_after_a_torn_front(struct desk *desk, int64_t step) {
    uint8_t wire[TSSB_ENTRY_SIZE];
    make_entries(desk, 1);
    assert_int_equal(open_log(desk, false), 0);
    desk->fake.fail_at = desk->fake.calls + 2;
    desk->fake.fail_until = desk->fake.fail_at + 1;
    append(desk, 1, TSSB_LOG_DURABLE);
    author_write(&desk->author, "next", wire);
    desk->fake.power_until = desk->fake.steps + step;
    (void)tssb_log_append(&desk->log, wire, desk->author.place.prev, TSSB_LOG_DURABLE);
    bool dead = fake_disk_dead(&desk->fake);
    tssb_log_close(&desk->log);
    fake_disk_power_on(&desk->fake, 2 + (uint64_t)step);
    return dead;
}

/* Never are three fronts mixed: opening would know none of them. */
static void a_front_written_in_part_is_made_whole_before_the_next_one(void **state) {
    bool dead = true;
    (void)state;
    for (int64_t step = 0; dead; step++) {
        void *fresh;
        assert_int_equal(start(&fresh), 0);
        struct desk *desk = fresh;
        dead = cut_after_a_torn_front(desk, step);
        assert_int_equal(open_log(desk, true), 0);
        assert_in_range(desk->log.header.front_seq, 2, 3);
        tssb_log_close(&desk->log);
        end(&fresh);
    }
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        LOG_TEST(the_vectors_written_again_are_the_same_to_the_byte),
        LOG_TEST(a_log_that_is_there_is_not_made_again),
        LOG_TEST(damage_is_refused_and_left),
        LOG_TEST(a_log_cut_within_what_was_held_is_refused),
        LOG_TEST(the_log_of_another_feed_is_refused),
        LOG_TEST(entries_of_another_scheme_are_refused),
        LOG_TEST(whole_entries_behind_the_front_are_taken),
        LOG_TEST(a_torn_entry_is_cut),
        LOG_TEST(what_no_author_signed_is_not_taken),
        LOG_TEST(a_torn_front_is_found),
        LOG_TEST(reading_changes_nothing),
        LOG_TEST(after_a_failed_sync_nothing_is_appended),
        cmocka_unit_test(a_front_written_in_part_is_made_whole_before_the_next_one),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
