/* What others were heard asking for. */
#include "support.h"

#include "../overheard.h"

static void requests_are_known_by_replica_entry_face_and_time(void **state) {
    struct tssb_overheard overheard = {0};
    (void)state;
    assert_false(tssb_overheard_asks(&overheard, 0, 0, 0, 0));
    assert_false(tssb_overheard_any(&overheard, 0, 0));
    tssb_overheard_note(&overheard, &(struct tssb_overheard_request){100, 1, 7, 3, 2});
    assert_true(tssb_overheard_asks(&overheard, 1, 7, 2, 100));
    assert_true(tssb_overheard_asks(&overheard, 1, 9, 2, 0));
    assert_true(tssb_overheard_asks(&overheard, 1, 9, TSSB_ALL_FACES, 0));
    assert_false(tssb_overheard_asks(&overheard, 1, 6, 2, 0));
    assert_false(tssb_overheard_asks(&overheard, 1, 10, 2, 0));
    assert_false(tssb_overheard_asks(&overheard, 2, 7, 2, 0));
    assert_false(tssb_overheard_asks(&overheard, 1, 7, 3, 0));
    assert_false(tssb_overheard_asks(&overheard, 1, 7, 2, 101));
    assert_true(tssb_overheard_any(&overheard, 1, 100));
    assert_false(tssb_overheard_any(&overheard, 1, 101));
    assert_false(tssb_overheard_any(&overheard, 2, 0));
}

static void only_the_last_ones_are_kept(void **state) {
    struct tssb_overheard overheard = {0};
    (void)state;
    for (uint32_t seq = 1; seq <= TSSB_OVERHEARD_MAX + 1; seq++)
        tssb_overheard_note(&overheard, &(struct tssb_overheard_request){seq, 1, seq, 1, 2});
    assert_false(tssb_overheard_asks(&overheard, 1, 1, 2, 0));
    assert_true(tssb_overheard_asks(&overheard, 1, 2, 2, 0));
    assert_true(tssb_overheard_asks(&overheard, 1, TSSB_OVERHEARD_MAX + 1, 2, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_known_by_replica_entry_face_and_time),
        cmocka_unit_test(only_the_last_ones_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
