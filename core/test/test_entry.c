/* Entries against the vectors: of both schemes made and checked, to the byte; and all that must be
 * refused. */
#include "support.h"

#include <string.h>

#include "../bytes.h"
#include "../error.h"

struct feed {
    struct tssb_key key;
    struct tssb_trust trust;
};

static void feed_from(const json_t *vector, struct feed *feed) {
    uint8_t secret[TSSB_SECRET_SIZE], fid[TSSB_FID_SIZE];
    feed->trust.scheme = tssb_scheme_find(vector_text(vector, "signature_scheme"));
    assert_non_null(feed->trust.scheme);
    vector_exactly(vector, "secret", secret, sizeof secret);
    vector_exactly(vector, "feed_id", fid, sizeof fid);
    memcpy(feed->trust.shared_secret, secret, sizeof secret);
    tssb_key_init(&feed->key, feed->trust.scheme, secret, fid);
    assert_memory_equal(feed->key.fid, fid, sizeof fid);
}

/* Makes the entry of a vector, compares every part of it, and steps to the following place. */
static void entry_is_as_due(const struct feed *feed, const json_t *vector,
                            struct tssb_place *place) {
    uint8_t wire[TSSB_ENTRY_SIZE], payload[TSSB_PAYLOAD_SIZE], mid[TSSB_MID_SIZE];
    uint8_t dmx[TSSB_DMX_SIZE];
    assert_int_equal(place->seq, vector_number(vector, "seq"));
    expect_vector(vector, "prev", place->prev, TSSB_MID_SIZE);
    tssb_store_dmx(dmx, tssb_entry_dmx(place));
    expect_vector(vector, "dmx", dmx, sizeof dmx);

    uint8_t type = (uint8_t)vector_number(vector, "type");
    vector_exactly(vector, "payload", payload, sizeof payload);
    tssb_entry_sign(&feed->key, place, type, payload, wire);
    expect_vector(vector, "wire", wire, sizeof wire);
    expect_vector(vector, "signature", wire + sizeof wire - TSSB_SIGNATURE_SIZE,
                  TSSB_SIGNATURE_SIZE);
    assert_int_equal(tssb_entry_type(wire), type);
    assert_memory_equal(tssb_entry_payload(wire), payload, sizeof payload);

    assert_int_equal(tssb_entry_check(&feed->trust, place, wire, sizeof wire), 0);
    tssb_entry_mid(place, wire, mid);
    expect_vector(vector, "mid", mid, sizeof mid);
    memcpy(place->prev, mid, sizeof mid);
    place->seq++;
}

static void entries_are_as_the_vectors_have_them(void **state) {
    (void)state;
    json_t *feeds = vectors_load("entries"), *vector, *entry;
    size_t i, j, entries = 0;
    json_array_foreach(feeds, i, vector) {
        struct feed feed;
        feed_from(vector, &feed);
        struct tssb_place place = tssb_entry_genesis(feed.key.fid);
        expect_vector(vector, "genesis_prev", place.prev, sizeof place.prev);
        json_array_foreach(json_object_get(vector, "entries"), j, entry) {
            entry_is_as_due(&feed, entry, &place);
            entries++;
        }
    }
    assert_int_equal(entries, 30);
    json_decref(feeds);
}

static void what_must_be_refused_is(void **state) {
    (void)state;
    static const struct {
        const char *what;
        int error;
    } due[] = {
        {"one payload bit flipped", TSSB_E_SIGNATURE},
        {"one signature bit flipped", TSSB_E_SIGNATURE},
        {"one dmx bit flipped", TSSB_E_DMX},
        {"type byte changed", TSSB_E_SIGNATURE},
        {"an entry out of sequence (entry 3 where 2 is due)", TSSB_E_DMX},
        {"another feed's entry", TSSB_E_DMX},
        {"119 bytes", TSSB_E_SIZE},
        {"121 bytes", TSSB_E_SIZE},
        {"empty", TSSB_E_SIZE},
        {"signature with S not reduced (S + L)", TSSB_E_SIGNATURE},
        {"genesis with all-zero prev (the feed id's first 20 bytes are due)", TSSB_E_DMX},
    };
    json_t *refused = vectors_load("refused"), *vector;
    size_t i;
    assert_int_equal(json_array_size(refused), COUNT_OF(due));
    json_array_foreach(refused, i, vector) {
        uint8_t fid[TSSB_FID_SIZE], packet[TSSB_PACKET_SIZE];
        struct tssb_place place = {.fid = fid, .seq = vector_number(vector, "expected_seq")};
        vector_exactly(vector, "feed_id", fid, sizeof fid);
        vector_exactly(vector, "expected_prev", place.prev, sizeof place.prev);
        size_t size = vector_bytes(vector, "wire", packet, sizeof packet);
        assert_string_equal(vector_text(vector, "what"), due[i].what);
        assert_int_equal(tssb_entry_check(&trust_ed25519, &place, packet, size), due[i].error);
    }
    json_decref(refused);
}

/* Name, DMX, type and payload are all signed, and the MID covers the signature as well. */
static void no_bit_of_an_entry_can_change(void **state) {
    (void)state;
    struct author author;
    uint8_t wire[TSSB_ENTRY_SIZE], mid[TSSB_MID_SIZE], other[TSSB_MID_SIZE];
    author_init(&author, "nodeA");
    struct tssb_place place = author.place;
    author_write(&author, "hello", wire);
    tssb_entry_mid(&place, wire, mid);
    assert_int_equal(tssb_entry_check(&trust_ed25519, &place, wire, sizeof wire), 0);
    for (size_t bit = 0; bit < 8 * sizeof wire; bit++) {
        wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int due = bit < 8 * TSSB_DMX_SIZE ? TSSB_E_DMX : TSSB_E_SIGNATURE;
        assert_int_equal(tssb_entry_check(&trust_ed25519, &place, wire, sizeof wire), due);
        tssb_entry_mid(&place, wire, other);
        assert_memory_not_equal(mid, other, sizeof mid);
        wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    place.seq++;
    assert_int_equal(tssb_entry_check(&trust_ed25519, &place, wire, sizeof wire), TSSB_E_DMX);
    place.seq--;
    place.prev[19] ^= 1;
    assert_int_equal(tssb_entry_check(&trust_ed25519, &place, wire, sizeof wire), TSSB_E_DMX);
}

static int start(void **state) {
    (void)state;
    return tssb_scheme_init();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_as_the_vectors_have_them),
        cmocka_unit_test(what_must_be_refused_is),
        cmocka_unit_test(no_bit_of_an_entry_can_change),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
