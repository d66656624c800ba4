/* state.json: places of streams are kept beside whatever else stands there, whole or not at all. */
#include <stdlib.h>
#include <string.h>

#include "core/posix/places.h"
#include "fake_disk.h"
#include "support.h"

static const uint8_t peer[TSSB_FID_SIZE] = {0xab, 1}, other[TSSB_FID_SIZE] = {0xab, 2};

static const struct tssb_kept_stream some = {.place = {.session = 3,
                                                       .own_seq = 70,
                                                       .peer_from = 60,
                                                       .peer_seq = UINT32_MAX,
                                                       .delivered = UINT64_C(1) << 40,
                                                       .acked = 12345,
                                                       .ended = true,
                                                       .closed = true},
                                             .output_from = 17};

static void expect_kept(const struct tssb_kept_stream *kept, const struct tssb_kept_stream *due) {
    const struct tssb_stream_place *a = &kept->place, *b = &due->place;
    assert_true(a->session == b->session && a->own_seq == b->own_seq);
    assert_true(a->peer_from == b->peer_from && a->peer_seq == b->peer_seq);
    assert_true(a->delivered == b->delivered && a->acked == b->acked);
    assert_true(a->ended == b->ended && a->end_acked == b->end_acked && a->closed == b->closed);
    assert_true(kept->output_from == due->output_from);
}

static void write_state(struct fake_disk *fake, const char *text) {
    assert_int_equal(tssb_disk_save(&fake->disk, "n/state.json", 0644, text, strlen(text), 0), 0);
}

static void open_places(struct tssb_places *places, struct fake_disk *fake) {
    char *error = NULL;
    if (tssb_places_open(places, &fake->disk, "n", &error) != 0)
        fail_msg("%s", error);
}

static void what_is_kept_is_found(void **state) {
    struct fake_disk fake;
    struct tssb_places places;
    static const struct tssb_kept_stream none;
    (void)state;
    fake_disk_init(&fake);
    assert_int_equal(fake.disk.mkdir(&fake, "n", 0755), 0);
    write_state(&fake, "{\"mine\": 7}");
    open_places(&places, &fake);
    struct tssb_kept_stream kept = tssb_places_of(&places, peer);
    expect_kept(&kept, &none);
    assert_int_equal(tssb_places_keep(&places, peer, &some, false), 0);
    assert_int_equal(tssb_places_keep(&places, other, &none, true), 0);
    tssb_places_close(&places);
    open_places(&places, &fake);
    kept = tssb_places_of(&places, peer);
    expect_kept(&kept, &some);
    kept = tssb_places_of(&places, other);
    expect_kept(&kept, &none);
    assert_int_equal(json_integer_value(json_object_get(places.state, "mine")), 7);
    tssb_places_close(&places);
    fake_disk_close(&fake);
}

/* PoC-01's {} and files that are gone or empty hold nothing; what makes no sense counts as nothing;
 * what is no JSON is refused with its line. */
static void other_files(void **state) {
    static const char *const holding_nothing[] = {
        "{}", "", "{\"streams\": 7}",
        ("{\"streams\": {\"ab01000000000000000000000000000000000000000000000000000000000000\": "
         "{\"session\": -1, \"peerSeq\": 4294967296, \"delivered\": \"x\", \"ended\": 1}}}")};
    static const struct tssb_kept_stream none;
    struct fake_disk fake;
    struct tssb_places places;
    char *error = NULL;
    (void)state;
    fake_disk_init(&fake);
    assert_int_equal(fake.disk.mkdir(&fake, "n", 0755), 0);
    open_places(&places, &fake); /* there is no file */
    tssb_places_close(&places);
    for (size_t i = 0; i < COUNT_OF(holding_nothing); i++) {
        write_state(&fake, holding_nothing[i]);
        open_places(&places, &fake);
        struct tssb_kept_stream kept = tssb_places_of(&places, peer);
        expect_kept(&kept, &none);
        assert_int_equal(tssb_places_keep(&places, peer, &some, false), 0);
        kept = tssb_places_of(&places, peer);
        expect_kept(&kept, &some);
        tssb_places_close(&places);
    }
    write_state(&fake, "{\n\"a\":}");
    assert_int_equal(tssb_places_open(&places, &fake.disk, "n", &error), 2);
    assert_non_null(strstr(error, "n/state.json:2: "));
    free(error);
    tssb_places_close(&places);
    write_state(&fake, "[]");
    assert_int_equal(tssb_places_open(&places, &fake.disk, "n", &error), 2);
    free(error);
    tssb_places_close(&places);
    fake_disk_close(&fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_found),
        cmocka_unit_test(other_files),
    };
    return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
