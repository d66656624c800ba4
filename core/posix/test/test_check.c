/* A check finds each kind of damage, names it, and repairs ends of logs, and those alone. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/posix/check.h"
#include "core/posix/text.h"
#include "fake_disk.h"
#include "node_story.h"

/* data/nodeA after the whole story. */
struct desk {
    struct fake_disk fake;
    struct story story;
    char *own; /* path of its own log */
};

static int start(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    struct progress progress;
    char hex[2 * TSSB_FID_SIZE + 1];
    assert_non_null(desk);
    fake_disk_init(&desk->fake);
    story_init(&desk->story);
    story_make(&desk->story, &desk->fake.disk);
    assert_true(story_tell(&desk->story, &desk->fake.disk, TSSB_SYNC_ALWAYS, &progress));
    fake_disk_power_on(&desk->fake, 1);
    tssb_hex(desk->story.config.fid, TSSB_FID_SIZE, hex);
    desk->own = tssb_text("data/nodeA/_logs/%s.log", hex);
    *state = desk;
    return 0;
}

static int end(void **state) {
    struct desk *desk = *state;
    story_close(&desk->story);
    fake_disk_close(&desk->fake);
    free(desk->own);
    free(desk);
    return 0;
}

/* Checks data/nodeA and returns how much is wrong, and what was found first. */
static uint64_t check(struct desk *desk, bool repair, char found[512]) {
    struct tssb_check_options options = {.disk = &desk->fake.disk, .threads = 1, .repair = repair};
    struct tssb_check_report report;
    char *error = NULL;
    if (tssb_check(&report, "data/nodeA", &options, &error) != 0)
        fail_msg("%s", error);
    found[0] = 0;
    if (report.count > 0)
        strncat(found, report.findings[0].text, 511);
    uint64_t wrong = report.wrong;
    tssb_check_report_close(&report);
    return wrong;
}

static void expect(struct desk *desk, bool repair, uint64_t wrong, const char *what) {
    char found[512];
    uint64_t got = check(desk, repair, found);
    if (got != wrong || !strstr(found, what))
        fail_msg("%d wrong: %s", (int)got, found);
}

static uint8_t *byte_of(struct desk *desk, const char *path, size_t at) {
    return &fake_disk_file(&desk->fake, path)->bytes[at];
}

static void cut(struct desk *desk, const char *path, size_t size) {
    const struct tssb_disk *disk = &desk->fake.disk;
    int file = disk->open(disk->context, path, O_RDWR, 0);
    assert_int_equal(disk->truncate(disk->context, file, (off_t)size), 0);
    disk->close(disk->context, file);
}

static void a_good_directory_is_counted(void **state) {
    struct desk *desk = *state;
    struct tssb_check_options options = {.disk = &desk->fake.disk, .threads = 1};
    struct tssb_check_report report;
    char *error;
    assert_int_equal(tssb_check(&report, "data/nodeA", &options, &error), 0);
    assert_int_equal(report.logs, 2);
    assert_int_equal(report.entries, STORY_OWN + STORY_OTHERS);
    assert_int_equal(report.blobs, 3);
    assert_int_equal(report.wrong, 0);
    assert_int_equal(report.count, 0);
    tssb_check_report_close(&report);
}

/* One bit anywhere in a log is found. */
static void every_changed_bit_of_a_log_is_found(void **state) {
    struct desk *desk = *state;
    char found[512];
    size_t size = fake_disk_file(&desk->fake, desk->own)->size;
    for (size_t bit = 0; bit < size * 8; bit += 3) {
        if (bit / 8 >= 44 && bit / 8 < 80)
            continue; /* the parent, which nothing vouches for */
        *byte_of(desk, desk->own, bit / 8) ^= (uint8_t)(1 << bit % 8);
        if (check(desk, false, found) == 0)
            fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        *byte_of(desk, desk->own, bit / 8) ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(check(desk, false, found), 0);
}

static void damage_is_named(void **state) {
    struct desk *desk = *state;
    static const struct {
        size_t at;
        const char *what;
    } cases[] = {
        {128 + 20, "entry 1: no good hmac-sha512 signature"},
        {2 * 128 + 20, "entry 2: bad signature"},
        {2 * 128 + 9, "entry 2: not the entry that is due"},
        {3 * 128 + 3, "entry 3: the 8 bytes before it are not zero"},
        {110, "has not the message ID"},
        {20, "anchor"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        *byte_of(desk, desk->own, cases[i].at) ^= 1;
        expect(desk, false, 1, cases[i].what);
        *byte_of(desk, desk->own, cases[i].at) ^= 1;
    }
}

static void a_bad_blob_is_named(void **state) {
    struct desk *desk = *state;
    char hex[2 * TSSB_PTR_SIZE + 1];
    tssb_hex(tssb_entry_payload(desk->story.own_wires[STORY_CHAIN - 1]) + 28, TSSB_PTR_SIZE, hex);
    char *path = tssb_text("data/nodeA/_blob/%.2s/%s", hex, hex + 2);
    *byte_of(desk, path, 119) ^= 1;
    expect(desk, false, 1, path);
    *byte_of(desk, path, 119) ^= 1;
    cut(desk, path, 119);
    expect(desk, true, 1, path);
    free(path);
}

static void a_torn_end_is_cut(void **state) {
    struct desk *desk = *state;
    uint32_t whole = 1 + STORY_OWN;
    cut(desk, desk->own, 128 * whole - 57);
    expect(desk, false, 1, "ends behind entry 4, and its front is entry 5");
    expect(desk, true, 0, "cut: 71 bytes of a torn entry 5");
    expect(desk, false, 0, "");
    assert_int_equal(fake_disk_file(&desk->fake, desk->own)->size, 128 * (whole - 1));
    cut(desk, desk->own, 128 * (whole - 1) + 5);
    expect(desk, false, 1, "5 bytes behind entry 4 are no good entry");
    expect(desk, true, 0, "cut: 5 bytes");
    *byte_of(desk, desk->own, 128 * (whole - 2) + 30) ^= 1;
    expect(desk, false, 1, "entry 4: bad signature");
    expect(desk, true, 0, "cut: 128 bytes");
    expect(desk, false, 0, "");
}

/* Entries behind a bad one may be all there is of them. */
static void damage_in_the_middle_is_left(void **state) {
    struct desk *desk = *state;
    *byte_of(desk, desk->own, 2 * 128 + 30) ^= 1;
    expect(desk, true, 1, "entry 2: bad signature; what is behind it cannot be verified");
    assert_int_equal(fake_disk_file(&desk->fake, desk->own)->size, 128 * (1 + STORY_OWN));
    *byte_of(desk, desk->own, 2 * 128 + 30) ^= 1;
    expect(desk, false, 0, "");
}

static void strange_files_are_named(void **state) {
    struct desk *desk = *state;
    const struct tssb_disk *disk = &desk->fake.disk;
    assert_int_equal(tssb_disk_save(disk, "data/nodeA/_logs/x.log", 0644, "", 0, 0), 0);
    expect(desk, false, 1, "x.log: is not named like a log");
    assert_int_equal(disk->unlink(disk->context, "data/nodeA/_logs/x.log"), 0);
    assert_int_equal(disk->mkdir(disk->context, "data/nodeA/_blob/zz", 0755), 0);
    assert_int_equal(tssb_disk_save(disk, "data/nodeA/_blob/zz/x", 0644, "", 0, 0), 0);
    expect(desk, false, 1, "_blob/zz/x: is not named like a blob");
}

static void what_the_next_opening_takes_is_no_damage(void **state) {
    struct desk *desk = *state;
    struct progress progress;
    struct fake_disk fake;
    char found[512];
    fake_disk_init(&fake);
    story_make(&desk->story, &fake.disk);
    fake_disk_power_on(&fake, 0);
    fake.power_until = 1900; /* others' entries wait for their sync */
    assert_false(story_tell(&desk->story, &fake.disk, TSSB_SYNC_BATCH, &progress));
    fake_disk_power_on(&fake, 0);
    struct tssb_check_options options = {.disk = &fake.disk, .threads = 1};
    struct tssb_check_report report;
    char *error;
    assert_int_equal(tssb_check(&report, "data/nodeA", &options, &error), 0);
    for (size_t i = 0; i < report.count; i++)
        assert_true(report.findings[i].kind == TSSB_CHECK_NOTE ||
                    strstr(report.findings[i].text, "--repair cuts"));
    tssb_check_report_close(&report);
    fake_disk_close(&fake);
    assert_int_equal(check(desk, false, found), 0);
}

#define CHECK_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CHECK_TEST(a_good_directory_is_counted),
        CHECK_TEST(every_changed_bit_of_a_log_is_found),
        CHECK_TEST(damage_is_named),
        CHECK_TEST(a_bad_blob_is_named),
        CHECK_TEST(a_torn_end_is_cut),
        CHECK_TEST(damage_in_the_middle_is_left),
        CHECK_TEST(strange_files_are_named),
        CHECK_TEST(what_the_next_opening_takes_is_no_damage),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
