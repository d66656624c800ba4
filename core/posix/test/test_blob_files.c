/* Blobs: kept once, found by their pointer, never served when they are not what they are called. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/posix/blob_files.h"
#include "core/posix/text.h"
#include "fake_disk.h"
#include "support.h"

struct desk {
    struct fake_disk fake;
    struct tssb_blob_files blobs;
    uint8_t blob[TSSB_BLOB_SIZE], ptr[TSSB_PTR_SIZE];
    char *path; /* of that blob's file */
};

/* Fills in the blob that this number stands for. */
static void make_blob(struct desk *desk, uint32_t number) {
    char hex[2 * TSSB_PTR_SIZE + 1];
    memset(desk->blob, 0, sizeof desk->blob);
    memcpy(desk->blob, &number, sizeof number);
    tssb_blob_ptr(desk->blob, desk->ptr);
    tssb_hex(desk->ptr, TSSB_PTR_SIZE, hex);
    free(desk->path);
    desk->path = tssb_text("n/_blob/%.2s/%s", hex, hex + 2);
}

static int start(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    fake_disk_init(&desk->fake);
    assert_int_equal(desk->fake.disk.mkdir(&desk->fake, "n", 0755), 0);
    fake_disk_power_on(&desk->fake, 0);
    assert_int_equal(tssb_blob_files_init(&desk->blobs, &desk->fake.disk, "n"), 0);
    make_blob(desk, 1);
    *state = desk;
    return 0;
}

static int end(void **state) {
    struct desk *desk = *state;
    tssb_blob_files_close(&desk->blobs);
    fake_disk_close(&desk->fake);
    free(desk->path);
    free(desk);
    return 0;
}

static void expect_held(struct desk *desk) {
    uint8_t blob[TSSB_BLOB_SIZE];
    assert_int_equal(tssb_blob_files_read(&desk->blobs, desk->ptr, blob), 0);
    assert_memory_equal(blob, desk->blob, sizeof blob);
}

static void write_blob(struct desk *desk) {
    assert_int_equal(tssb_blob_files_write(&desk->blobs, desk->ptr, desk->blob), 0);
}

static void a_blob_is_a_file_of_its_name(void **state) {
    struct desk *desk = *state;
    uint8_t blob[TSSB_BLOB_SIZE];
    assert_int_equal(tssb_blob_files_read(&desk->blobs, desk->ptr, blob), TSSB_E_NOT_FOUND);
    write_blob(desk);
    expect_held(desk);
    assert_int_equal(fake_disk_file(&desk->fake, desk->path)->size, TSSB_BLOB_SIZE);
    assert_memory_equal(fake_disk_file(&desk->fake, desk->path)->bytes, desk->blob, TSSB_BLOB_SIZE);
    int64_t steps = desk->fake.steps;
    write_blob(desk);
    assert_int_equal(desk->fake.steps, steps);
}

/* Whatever the file holds, it is not served; the right blob replaces it. */
static void a_bad_blob_is_never_served(void **state) {
    struct desk *desk = *state;
    static const size_t sizes[] = {0, 1, 119, 121, 240, 120};
    write_blob(desk);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint8_t bytes[240] = {0}, blob[TSSB_BLOB_SIZE];
        memcpy(bytes, desk->blob, TSSB_BLOB_SIZE);
        bytes[119] ^= sizes[i] == 120; /* of the right length, and one bit is wrong */
        assert_int_equal(tssb_disk_save(&desk->fake.disk, desk->path, 0644, bytes, sizes[i], 0), 0);
        assert_int_equal(tssb_blob_files_read(&desk->blobs, desk->ptr, blob), TSSB_E_BLOB);
        write_blob(desk);
        expect_held(desk);
    }
}

static void few_and_many_are_durable_after_a_sync(void **state) {
    struct desk *desk = *state;
    static const uint32_t counts[] = {2, TSSB_BLOB_FILES_UNSYNCED_MAX + 1};
    uint32_t first = 0;
    for (size_t i = 0; i < COUNT_OF(counts); i++, first += 100) {
        for (uint32_t j = 0; j < counts[i]; j++) {
            make_blob(desk, first + j);
            write_blob(desk);
        }
        assert_int_equal(tssb_blob_files_sync(&desk->blobs), 0);
        fake_disk_power_on(&desk->fake, 1);
        for (uint32_t j = 0; j < counts[i]; j++) {
            make_blob(desk, first + j);
            expect_held(desk);
        }
    }
}

static void without_a_sync_the_power_takes_it(void **state) {
    struct desk *desk = *state;
    uint8_t blob[TSSB_BLOB_SIZE];
    write_blob(desk);
    fake_disk_power_on(&desk->fake, 1);
    assert_int_not_equal(tssb_blob_files_read(&desk->blobs, desk->ptr, blob), 0);
}

/* Each call fails once: no blob under its name but a whole one, and the next try works. */
static void any_call_can_fail(void **state) {
    struct desk *desk = *state;
    bool failed = true;
    for (int64_t call = 0; failed; call++) {
        struct fake_disk fake;
        struct desk other = *desk;
        fake_disk_clone(&fake, &desk->fake);
        assert_int_equal(tssb_blob_files_init(&other.blobs, &fake.disk, "n"), 0);
        fake.fail_at = call;
        fake.fail_until = call + 1;
        fake.fail_error = ENOSPC;
        int error = tssb_blob_files_write(&other.blobs, desk->ptr, desk->blob);
        if (!error)
            error = tssb_blob_files_sync(&other.blobs);
        failed = fake.calls > call;
        if (error) {
            assert_int_equal(error, TSSB_E_STORE);
            assert_int_equal(other.blobs.why, ENOSPC);
        }
        fake.fail_at = INT64_MAX;
        write_blob(&other);
        expect_held(&other);
        assert_int_equal(tssb_blob_files_sync(&other.blobs), 0);
        tssb_blob_files_close(&other.blobs);
        fake_disk_close(&fake);
    }
}

#define BLOBS_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        BLOBS_TEST(a_blob_is_a_file_of_its_name),
        BLOBS_TEST(a_bad_blob_is_never_served),
        BLOBS_TEST(few_and_many_are_durable_after_a_sync),
        BLOBS_TEST(without_a_sync_the_power_takes_it),
        BLOBS_TEST(any_call_can_fail),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
