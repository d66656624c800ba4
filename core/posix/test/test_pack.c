/* Packed blobs: kept once, found again after any crash once they were synced, and never served when
 * they are not what they are called. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/posix/check_pack.h"
#include "fake_disk.h"
#include "support.h"

enum { BLOBS = 12, SYNCED = 7 };

static const char records[] = "n/_pack/blobs", slots[] = "n/_pack/index";

static void make_blob(uint32_t number, uint8_t blob[TSSB_BLOB_SIZE], uint8_t ptr[TSSB_PTR_SIZE]) {
    memset(blob, 0, TSSB_BLOB_SIZE);
    memcpy(blob, &number, sizeof number);
    tssb_blob_ptr(blob, ptr);
}

static int start(void **state) {
    struct fake_disk *fake = malloc(sizeof *fake);
    assert_non_null(fake);
    fake_disk_init(fake);
    assert_int_equal(fake->disk.mkdir(fake, "n", 0755), 0);
    assert_int_equal(tssb_pack_create(&fake->disk, "n"), 0);
    fake_disk_power_on(fake, 0);
    *state = fake;
    return 0;
}

static int end(void **state) {
    fake_disk_close(*state);
    free(*state);
    return 0;
}

static int open_pack(struct tssb_pack *pack, const struct fake_disk *fake, bool read_only) {
    char *repaired = NULL, *error = NULL;
    int status = tssb_pack_open(pack, &fake->disk, "n", read_only, &repaired, &error);
    free(repaired);
    free(error);
    return status;
}

static int write_blob(struct tssb_pack *pack, uint32_t number) {
    uint8_t blob[TSSB_BLOB_SIZE], ptr[TSSB_PTR_SIZE];
    make_blob(number, blob, ptr);
    return tssb_pack_write(pack, ptr, blob);
}

/* Whether the blob of this number is held; never another in its place. */
static bool holds(struct tssb_pack *pack, uint32_t number) {
    uint8_t blob[TSSB_BLOB_SIZE], ptr[TSSB_PTR_SIZE], got[TSSB_BLOB_SIZE];
    make_blob(number, blob, ptr);
    int error = tssb_pack_read(pack, ptr, got);
    if (error) {
        assert_int_equal(error, TSSB_E_NOT_FOUND);
        return false;
    }
    assert_memory_equal(got, blob, sizeof blob);
    return true;
}

/* Writes blobs from 0 to before `to`, and has them synced and the pack closed. */
static void fill(const struct fake_disk *fake, uint32_t to) {
    struct tssb_pack pack;
    assert_int_equal(open_pack(&pack, fake, false), 0);
    for (uint32_t i = 0; i < to; i++)
        assert_int_equal(write_blob(&pack, i), 0);
    assert_int_equal(tssb_pack_sync(&pack), 0);
    assert_int_equal(tssb_pack_sync(&pack), 0);
    assert_int_equal(pack.index.covered, to);
    tssb_pack_close(&pack);
}

static void blobs_are_kept_once_and_found_from_either_end(void **state) {
    struct fake_disk *fake = *state;
    struct tssb_pack pack;
    fill(fake, 100);
    assert_int_equal(open_pack(&pack, fake, false), 0);
    assert_int_equal(pack.count, 100);
    for (uint32_t i = 0; i < 100; i++)
        assert_true(holds(&pack, i));
    for (uint32_t i = 100; i > 0; i--)
        assert_true(holds(&pack, i - 1));
    assert_false(holds(&pack, 100));
    assert_int_equal(write_blob(&pack, 5), 0);
    assert_int_equal(pack.count, 100);
    tssb_pack_close(&pack);
    assert_int_equal(fake_disk_file(fake, records)->size, 101 * TSSB_PACK_RECORD_SIZE);
}

/* The table doubles several times on the way. */
static void an_index_grows_with_its_pack(void **state) {
    struct fake_disk *fake = *state;
    struct tssb_pack pack;
    fill(fake, 2000);
    assert_int_equal(open_pack(&pack, fake, true), 0);
    assert_in_range(pack.index.bits, 4, 6);
    for (uint32_t i = 0; i < 2000; i += 7)
        assert_true(holds(&pack, i));
    tssb_pack_close(&pack);
}

static void a_lost_or_damaged_index_is_made_anew(void **state) {
    struct fake_disk *fake = *state;
    struct tssb_pack pack;
    fill(fake, 50);
    for (int damaged = 0; damaged < 2; damaged++) {
        if (damaged)
            fake_disk_file(fake, slots)->bytes[20] ^= 1;
        else
            assert_int_equal(fake->disk.unlink(fake, slots), 0);
        assert_int_equal(open_pack(&pack, fake, true), 2);
        assert_int_equal(open_pack(&pack, fake, false), 0);
        for (uint32_t i = 0; i < 50; i++)
            assert_true(holds(&pack, i));
        assert_int_equal(tssb_pack_sync(&pack), 0);
        tssb_pack_close(&pack);
    }
}

/* Every bit of a record, one at a time: the blob is not served, and a check says which record. */
static void a_flipped_bit_is_never_served(void **state) {
    struct fake_disk *fake = *state;
    fill(fake, 3);
    for (size_t bit = 0; bit < 8 * (size_t)TSSB_PACK_RECORD_SIZE; bit++) {
        struct tssb_check_report report = {0};
        struct tssb_pack pack;
        uint8_t *byte = &fake_disk_file(fake, records)->bytes[2 * TSSB_PACK_RECORD_SIZE + bit / 8];
        *byte ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(open_pack(&pack, fake, true), 0);
        assert_false(holds(&pack, 1));
        assert_true(holds(&pack, 0) && holds(&pack, 2));
        assert_true(tssb_check_pack(&pack, &report));
        assert_int_equal(report.wrong, 1);
        assert_non_null(strstr(report.findings[0].text, "record 1:"));
        assert_int_equal(report.blobs, 2);
        tssb_check_report_close(&report);
        tssb_pack_close(&pack);
        *byte ^= (uint8_t)(1 << bit % 8);
    }
}

/* Whatever the index's slots hold: a blob is found or not, and a check tells. */
static void a_wrong_slot_misleads_nobody(void **state) {
    struct fake_disk *fake = *state;
    fill(fake, 3);
    for (size_t at = 0; at < 3 * (size_t)TSSB_PACK_SLOT_SIZE; at++) {
        struct tssb_check_report report = {0};
        struct tssb_pack pack;
        uint8_t *byte = &fake_disk_file(fake, slots)->bytes[TSSB_PACK_PAGE_SIZE + at];
        *byte ^= 0x81;
        assert_int_equal(open_pack(&pack, fake, true), 0);
        int held = holds(&pack, 0);
        held += holds(&pack, 1);
        held += holds(&pack, 2);
        assert_in_range(held, 2, 3); /* a neighbour is found without the index */
        assert_true(tssb_check_pack(&pack, &report));
        assert_int_equal(report.wrong, 1);
        tssb_check_report_close(&report);
        tssb_pack_close(&pack);
        *byte ^= 0x81;
    }
}

static void a_file_that_is_no_pack_is_refused(void **state) {
    struct fake_disk *fake = *state;
    struct tssb_pack pack;
    fake_disk_file(fake, records)->bytes[3] ^= 1;
    assert_int_equal(open_pack(&pack, fake, false), 2);
    assert_int_equal(fake->disk.unlink(fake, records), 0);
    assert_int_equal(open_pack(&pack, fake, false), 1);
}

/* Returns how many blobs were durable when the power went, or a call failed. */
static uint32_t work(const struct fake_disk *fake) {
    struct tssb_pack pack;
    uint32_t durable = 0;
    if (open_pack(&pack, fake, false) != 0)
        return 0;
    for (uint32_t i = 0; i < BLOBS && write_blob(&pack, i) == 0; i++)
        if ((i + 1) % SYNCED == 0 && tssb_pack_sync(&pack) == 0)
            durable = i + 1;
    int error = tssb_pack_sync(&pack);
    if (!error)
        error = tssb_pack_sync(&pack); /* with nothing left to do */
    if (!error)
        durable = pack.count;
    tssb_pack_close(&pack);
    return durable;
}

static void expect_after(const struct fake_disk *fake, uint32_t durable) {
    struct tssb_pack pack;
    struct tssb_check_report report = {0};
    assert_int_equal(open_pack(&pack, fake, false), 0);
    for (uint32_t i = 0; i < BLOBS; i++)
        assert_true(holds(&pack, i) || i >= durable);
    for (uint32_t i = 0; i < BLOBS; i++)
        assert_int_equal(write_blob(&pack, i), 0);
    assert_int_equal(tssb_pack_sync(&pack), 0);
    assert_int_equal(tssb_pack_sync(&pack), 0);
    for (uint32_t i = 0; i < BLOBS; i++)
        assert_true(holds(&pack, i));
    assert_true(tssb_check_pack(&pack, &report));
    if (report.count > 0)
        fail_msg("%s", report.findings[0].text);
    tssb_check_report_close(&report);
    tssb_pack_close(&pack);
}

/* The power goes at every byte written; what was not synced is kept, lost, or torn. */
static void no_crash_loses_what_was_synced(void **state) {
    const struct fake_disk *made = *state;
    bool dead = true;
    int64_t step = 0;
    for (; dead; step++) {
        struct fake_disk running, after;
        fake_disk_clone(&running, made);
        running.power_until = step;
        uint32_t durable = work(&running);
        dead = fake_disk_dead(&running);
        for (uint64_t draw = 0; draw < 4; draw++) {
            fake_disk_clone(&after, &running);
            fake_disk_power_on(&after, draw < 2 ? draw : draw + (uint64_t)step * 4);
            expect_after(&after, durable);
            fake_disk_close(&after);
        }
        fake_disk_close(&running);
    }
    assert_in_range(step, 1000, 10000);
}

static void any_call_can_fail(void **state) {
    const struct fake_disk *made = *state;
    bool failed = true;
    for (int64_t call = 0; failed; call++) {
        struct fake_disk fake;
        fake_disk_clone(&fake, made);
        fake.fail_at = call;
        fake.fail_until = call + 1;
        fake.fail_error = ENOSPC;
        uint32_t durable = work(&fake);
        failed = fake.calls > call;
        fake.fail_at = INT64_MAX;
        fake_disk_power_on(&fake, 0);
        expect_after(&fake, durable);
        fake_disk_close(&fake);
    }
}

#define PACK_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        PACK_TEST(blobs_are_kept_once_and_found_from_either_end),
        PACK_TEST(an_index_grows_with_its_pack),
        PACK_TEST(a_lost_or_damaged_index_is_made_anew),
        PACK_TEST(a_flipped_bit_is_never_served),
        PACK_TEST(a_wrong_slot_misleads_nobody),
        PACK_TEST(a_file_that_is_no_pack_is_refused),
        PACK_TEST(no_crash_loses_what_was_synced),
        PACK_TEST(any_call_can_fail),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
