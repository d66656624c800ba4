/* How far chains go is known from wherever an entry points to, and no blob is read twice for it but
 * for a few. */
#include <stdlib.h>
#include <string.h>

#include "core/posix/chain_runs.h"
#include "fake_disk.h"
#include "support.h"

enum { BLOBS = 3000, MISSING = 2000 };

struct desk {
    struct fake_disk fake;
    struct tssb_blobs blobs;
    uint8_t ptrs[BLOBS][TSSB_PTR_SIZE];
};

/* Makes a chain, from its end; one blob of it is not kept. */
static void make_chain(struct desk *desk, uint32_t missing) {
    uint8_t blob[TSSB_BLOB_SIZE] = {0};
    for (uint32_t i = BLOBS; i-- > 0;) {
        tssb_blob_ptr(blob, desk->ptrs[i]);
        if (i != missing)
            assert_int_equal(tssb_blobs_write(&desk->blobs, desk->ptrs[i], blob), 0);
        memcpy(blob + TSSB_CHAIN_PIECE_SIZE, desk->ptrs[i], TSSB_PTR_SIZE);
    }
}

static int start(void **state) {
    struct desk *desk = calloc(1, sizeof *desk);
    char *repaired = NULL, *error = NULL;
    assert_non_null(desk);
    fake_disk_init(&desk->fake);
    assert_int_equal(desk->fake.disk.mkdir(&desk->fake, "n", 0755), 0);
    assert_int_equal(tssb_pack_create(&desk->fake.disk, "n"), 0);
    fake_disk_power_on(&desk->fake, 0);
    assert_int_equal(tssb_blobs_open(&desk->blobs, &desk->fake.disk, "n", false, &repaired, &error),
                     0);
    *state = desk;
    return 0;
}

static int end(void **state) {
    struct desk *desk = *state;
    tssb_blobs_close(&desk->blobs);
    fake_disk_close(&desk->fake);
    free(desk);
    return 0;
}

static void runs_are_known_from_every_place(void **state) {
    struct desk *desk = *state;
    static const uint8_t zero[TSSB_PTR_SIZE];
    struct tssb_chain_runs runs;
    struct tssb_chain_run run;
    make_chain(desk, MISSING);
    tssb_chain_runs_init(&runs, &desk->blobs);
    for (uint32_t i = 0; i < BLOBS; i++) {
        bool before = i <= MISSING;
        assert_int_equal(tssb_chain_runs_find(&runs, desk->ptrs[i], &run), 0);
        assert_int_equal(run.held, (before ? MISSING : BLOBS) - i);
        assert_memory_equal(run.end, before ? desk->ptrs[MISSING] : zero, TSSB_PTR_SIZE);
    }
    assert_in_range(runs.count, BLOBS / 64 / 4, BLOBS / 64 * 4);
    tssb_chain_runs_close(&runs);
}

/* Walking all of it from each blob would take 4.5 million steps. */
static void a_chain_that_is_used_again_is_not_walked_again(void **state) {
    struct desk *desk = *state;
    struct tssb_chain_runs runs;
    struct tssb_chain_run run;
    make_chain(desk, BLOBS);
    tssb_chain_runs_init(&runs, &desk->blobs);
    int64_t calls = desk->fake.calls;
    for (uint32_t i = 0; i < BLOBS; i++)
        assert_int_equal(tssb_chain_runs_find(&runs, desk->ptrs[i], &run), 0);
    assert_in_range(desk->fake.calls - calls, BLOBS / 32, 20 * BLOBS);
    tssb_chain_runs_close(&runs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(runs_are_known_from_every_place, start, end),
        cmocka_unit_test_setup_teardown(a_chain_that_is_used_again_is_not_walked_again, start, end),
    };
    return tssb_scheme_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
