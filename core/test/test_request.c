/* WANT, NEED and RANGE: the vectors both ways, and packets that end in the middle of a request. */
#include "support.h"

#include <sodium.h>
#include <string.h>

#include "../bytes.h"
#include "../error.h"
#include "../request.h"

static void wants_are_as_the_vectors_have_them(void **state) {
    (void)state;
    json_t *requests = vectors_load("requests"), *vector, *request;
    size_t i, j;
    json_array_foreach(json_object_get(requests, "want"), i, vector) {
        uint8_t fid[TSSB_FID_SIZE], packet[TSSB_PACKET_SIZE];
        struct tssb_want wants[TSSB_WANTS_MAX], read;
        size_t count = 0;
        vector_exactly(vector, "feed_id", fid, sizeof fid);
        json_array_foreach(json_object_get(vector, "requests"), j, request) {
            vector_exactly(request, "feed_id", wants[count].fid, TSSB_FID_SIZE);
            wants[count++].seq = vector_number(request, "seq");
        }
        size_t size = tssb_want_encode(wants, count, tssb_want_dmx(fid), packet);
        expect_vector(vector, "wire", packet, size);
        assert_int_equal(tssb_want_count(size), count);
        for (size_t at = 0; at < count; at++) {
            tssb_want_decode(packet, at, &read);
            assert_memory_equal(read.fid, wants[at].fid, TSSB_FID_SIZE);
            assert_int_equal(read.seq, wants[at].seq);
        }
    }
    assert_int_equal(i, 4);
    json_decref(requests);
}

static void needs_are_as_the_vectors_have_them(void **state) {
    (void)state;
    json_t *requests = vectors_load("requests"), *vector, *request;
    size_t i, j;
    json_array_foreach(json_object_get(requests, "need"), i, vector) {
        uint8_t packet[TSSB_PACKET_SIZE];
        struct tssb_need needs[TSSB_NEEDS_MAX], read;
        size_t count = 0;
        json_array_foreach(json_object_get(vector, "requests"), j, request) {
            vector_exactly(request, "blob", needs[count].ptr, TSSB_PTR_SIZE);
            needs[count++].credit = (uint16_t)vector_number(request, "credit");
        }
        size_t size = tssb_need_encode(needs, count, packet);
        expect_vector(vector, "wire", packet, size);
        assert_int_equal(tssb_need_count(size), count);
        for (size_t at = 0; at < count; at++) {
            tssb_need_decode(packet, at, &read);
            assert_memory_equal(read.ptr, needs[at].ptr, TSSB_PTR_SIZE);
            assert_int_equal(read.credit, needs[at].credit);
        }
    }
    assert_int_equal(i, 4);
    json_decref(requests);
}

static void ranges_are_as_the_vectors_have_them(void **state) {
    (void)state;
    json_t *requests = vectors_load("requests"), *vector;
    size_t i;
    json_array_foreach(json_object_get(requests, "range"), i, vector) {
        uint8_t packet[TSSB_PACKET_SIZE];
        struct tssb_range range, read;
        vector_exactly(vector, "feed_id", range.fid, TSSB_FID_SIZE);
        range.seq = vector_number(vector, "seq");
        range.credit = (uint16_t)vector_number(vector, "credit");
        size_t size = tssb_range_encode(&range, tssb_range_dmx(range.fid), packet);
        expect_vector(vector, "wire", packet, size);
        assert_int_equal(size, 45);
        assert_int_equal(tssb_range_decode(packet, size, &read), 0);
        assert_memory_equal(read.fid, range.fid, TSSB_FID_SIZE);
        assert_int_equal(read.seq, range.seq);
        assert_int_equal(read.credit, range.credit);
    }
    assert_int_equal(i, 2);
    json_decref(requests);
}

/* NEED hashes with the prefix, WANT and RANGE without. */
static void request_dmx_values_are_hashes(void **state) {
    (void)state;
    uint8_t hash[crypto_hash_sha256_BYTES], named[TSSB_FID_SIZE + 5] = "somebody's feed";
    crypto_hash_sha256(hash, (const uint8_t *)"tinyssb-v0blobs", 15);
    assert_true(tssb_need_dmx() == tssb_load_dmx(hash));
    memcpy(named + TSSB_FID_SIZE, "want", 4);
    crypto_hash_sha256(hash, named, TSSB_FID_SIZE + 4);
    assert_true(tssb_want_dmx(named) == tssb_load_dmx(hash));
    memcpy(named + TSSB_FID_SIZE, "range", 5);
    crypto_hash_sha256(hash, named, TSSB_FID_SIZE + 5);
    assert_true(tssb_range_dmx(named) == tssb_load_dmx(hash));
}

static void want_dmx_is_that_of_the_feed_vectors(void **state) {
    (void)state;
    json_t *feeds = vectors_load("entries"), *vector;
    size_t i;
    json_array_foreach(feeds, i, vector) {
        uint8_t fid[TSSB_FID_SIZE], dmx[TSSB_DMX_SIZE];
        vector_exactly(vector, "feed_id", fid, sizeof fid);
        tssb_store_dmx(dmx, tssb_want_dmx(fid));
        expect_vector(vector, "want_dmx", dmx, sizeof dmx);
    }
    json_decref(feeds);
}

/* What trails the last whole request is ignored; PoC-01 reads no more than 250 B of a datagram. */
static void only_whole_requests_count(void **state) {
    (void)state;
    for (size_t size = 0; size <= 1500; size++) {
        size_t read = size < 250 ? size : 250;
        assert_int_equal(tssb_want_count(size), read < 7 ? 0 : (read - 7) / 36);
        assert_int_equal(tssb_need_count(size), read < 7 ? 0 : (read - 7) / 22);
    }
    assert_int_equal(tssb_want_count(42), 0);
    assert_int_equal(tssb_want_count(43), 1);
    assert_int_equal(tssb_want_count(120), 3);
    assert_int_equal(tssb_want_count(SIZE_MAX), TSSB_WANTS_MAX);
    assert_int_equal(tssb_need_count(28), 0);
    assert_int_equal(tssb_need_count(29), 1);
    assert_int_equal(tssb_need_count(SIZE_MAX), TSSB_NEEDS_MAX);
}

static void a_range_is_whole_or_refused(void **state) {
    (void)state;
    struct tssb_range range = {.seq = 3, .credit = 5}, read = {.seq = 77};
    uint8_t packet[TSSB_PACKET_SIZE] = {0};
    size_t whole = tssb_range_encode(&range, tssb_range_dmx(range.fid), packet);
    for (size_t size = 0; size < whole; size++)
        assert_int_equal(tssb_range_decode(packet, size, &read), TSSB_E_SIZE);
    assert_int_equal(read.seq, 77);
    for (size_t size = whole; size < sizeof packet; size++)
        assert_int_equal(tssb_range_decode(packet, size, &read), 0);
    assert_int_equal(read.seq, 3);
}

static void full_packets_fit_and_read_back(void **state) {
    (void)state;
    struct tssb_want wants[TSSB_WANTS_MAX] = {0}, want;
    struct tssb_need needs[TSSB_NEEDS_MAX] = {0}, need;
    uint8_t packet[TSSB_PACKET_SIZE];
    for (uint32_t i = 0; i < TSSB_WANTS_MAX; i++)
        wants[i].seq = UINT32_MAX - i;
    for (int i = 0; i < TSSB_NEEDS_MAX; i++)
        needs[i].credit = (uint16_t)(UINT16_MAX - i);
    assert_int_equal(tssb_want_encode(wants, TSSB_WANTS_MAX, 0, packet), 7 + 36 * 6);
    tssb_want_decode(packet, TSSB_WANTS_MAX - 1, &want);
    assert_int_equal(want.seq, UINT32_MAX - (TSSB_WANTS_MAX - 1));
    assert_int_equal(tssb_need_encode(needs, TSSB_NEEDS_MAX, packet), 7 + 22 * 11);
    tssb_need_decode(packet, TSSB_NEEDS_MAX - 1, &need);
    assert_int_equal(need.credit, UINT16_MAX - (TSSB_NEEDS_MAX - 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wants_are_as_the_vectors_have_them),
        cmocka_unit_test(needs_are_as_the_vectors_have_them),
        cmocka_unit_test(ranges_are_as_the_vectors_have_them),
        cmocka_unit_test(request_dmx_values_are_hashes),
        cmocka_unit_test(want_dmx_is_that_of_the_feed_vectors),
        cmocka_unit_test(only_whole_requests_count),
        cmocka_unit_test(a_range_is_whole_or_refused),
        cmocka_unit_test(full_packets_fit_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
