/* Side chains: the vectors written and read back, and every refusal that PROTOCOL.md 3 names. */
#include "support.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "../bytes.h"
#include "../chain.h"
#include "../error.h"

enum { LONGEST = 70000, BLOBS_MAX = LONGEST / TSSB_CHAIN_PIECE_SIZE + 1 };

/* Content and the chain that carries it. */
struct chain {
    uint8_t content[LONGEST];
    size_t size;
    uint8_t payload[TSSB_PAYLOAD_SIZE];
    uint8_t blobs[BLOBS_MAX][TSSB_BLOB_SIZE]; /* in chain order */
    uint8_t ptrs[BLOBS_MAX][TSSB_PTR_SIZE];
    size_t blob_count;
};

/* The content that all vectors of this length have: sha256(label | 0), sha256(label | 1), ... */
static void chain_fill(struct chain *chain, uint32_t length) {
    char text[32];
    uint8_t named[sizeof text + 4], hash[crypto_hash_sha256_BYTES];
    size_t label_size = (size_t)snprintf(text, sizeof text, "content %u", length);
    memcpy(named, text, label_size);
    chain->size = length;
    for (uint32_t i = 0; i * sizeof hash < length; i++) {
        size_t at = i * sizeof hash;
        tssb_store32(named + label_size, i);
        crypto_hash_sha256(hash, named, label_size + 4);
        memcpy(chain->content + at, hash, length - at < sizeof hash ? length - at : sizeof hash);
    }
}

static void chain_write(struct chain *chain) {
    struct tssb_chain_writer writer;
    uint64_t offset;
    size_t count;
    chain->blob_count = (size_t)tssb_chain_blobs(chain->size);
    memset(chain->blobs, 0xa5, sizeof chain->blobs); /* the padding must be written */
    tssb_chain_writer_init(&writer, chain->size);
    for (size_t at = chain->blob_count; tssb_chain_writer_next(&writer, &offset, &count);) {
        assert_in_range(at--, 1, chain->blob_count);
        tssb_chain_writer_blob(&writer, chain->content + offset, count, chain->blobs[at],
                               chain->ptrs[at]);
    }
    tssb_chain_writer_payload(&writer, chain->content, chain->payload);
}

/* Reads the chain back; returns the first error. */
static int chain_read(const struct chain *chain, uint8_t *content, size_t *size) {
    struct tssb_chain_reader reader;
    const uint8_t *piece;
    size_t count, at = 0;
    *size = 0;
    int error = tssb_chain_reader_init(&reader, chain->payload, &piece, &count);
    while (!error) {
        memcpy(content + *size, piece, count);
        *size += count;
        if (reader.left == 0)
            break;
        assert_in_range(at, 0, chain->blob_count - 1);
        error = tssb_chain_reader_take(&reader, chain->blobs[at++], &piece, &count);
    }
    return error;
}

static void blobs_are_as_due(const struct chain *chain, const json_t *vector) {
    uint8_t hash[crypto_hash_sha256_BYTES];
    const json_t *blobs = json_object_get(vector, "blobs");
    const json_t *ptrs = json_object_get(vector, "blob_pointers");
    assert_int_equal(chain->blob_count, vector_number(vector, "blob_count"));
    crypto_hash_sha256(hash, chain->blobs[0], chain->blob_count * TSSB_BLOB_SIZE);
    expect_vector(vector, "blobs_sha256", hash, sizeof hash);
    if (!blobs) /* the long ones have their hash only */
        return;
    assert_int_equal(json_array_size(blobs), chain->blob_count);
    for (size_t i = 0; i < chain->blob_count; i++) {
        uint8_t blob[TSSB_BLOB_SIZE], ptr[TSSB_PTR_SIZE];
        hex_decode(json_string_value(json_array_get(blobs, i)), blob, sizeof blob);
        hex_decode(json_string_value(json_array_get(ptrs, i)), ptr, sizeof ptr);
        assert_memory_equal(chain->blobs[i], blob, sizeof blob);
        assert_memory_equal(chain->ptrs[i], ptr, sizeof ptr);
    }
}

static void entry_is_as_due(const struct chain *chain, const json_t *vector) {
    uint8_t secret[TSSB_SECRET_SIZE], wire[TSSB_ENTRY_SIZE], mid[TSSB_MID_SIZE];
    struct tssb_key key;
    vector_exactly(vector, "secret", secret, sizeof secret);
    tssb_key_init(&key, &tssb_scheme_ed25519, secret, secret);
    expect_vector(vector, "feed_id", key.fid, sizeof key.fid);
    struct tssb_place first = tssb_entry_genesis(key.fid);
    tssb_entry_sign(&key, &first, TSSB_CHAIN20, chain->payload, wire);
    expect_vector(vector, "wire", wire, sizeof wire);
    tssb_entry_mid(&first, wire, mid);
    expect_vector(vector, "mid", mid, sizeof mid);
}

static struct chain chain;
static uint8_t content[LONGEST + TSSB_CHAIN_PIECE_SIZE];

static void chains_are_as_the_vectors_have_them(void **state) {
    (void)state;
    json_t *vectors = vectors_load("chains"), *vector;
    size_t i, size;
    json_array_foreach(vectors, i, vector) {
        uint8_t hash[crypto_hash_sha256_BYTES];
        chain_fill(&chain, vector_number(vector, "length"));
        crypto_hash_sha256(hash, chain.content, chain.size);
        expect_vector(vector, "content_sha256", hash, sizeof hash);
        chain_write(&chain);
        expect_vector(vector, "payload", chain.payload, sizeof chain.payload);
        blobs_are_as_due(&chain, vector);
        entry_is_as_due(&chain, vector);
        assert_int_equal(chain_read(&chain, content, &size), 0);
        assert_int_equal(size, chain.size);
        assert_memory_equal(content, chain.content, size);
    }
    assert_int_equal(i, 19);
    json_decref(vectors);
}

static void every_length_reads_back(void **state) {
    (void)state;
    size_t size;
    for (uint32_t length = 0; length < 1200; length++) {
        chain_fill(&chain, length);
        chain_write(&chain);
        assert_int_equal(chain_read(&chain, content, &size), 0);
        assert_int_equal(size, length);
        assert_memory_equal(content, chain.content, size);
    }
}

static void varints_are_minimal_and_little_endian(void **state) {
    (void)state;
    static const struct {
        uint64_t value;
        const char *bytes;
    } forms[] = {
        {0, "00"},
        {252, "fc"},
        {253, "fdfd00"},
        {0x1234, "fd3412"},
        {0xffff, "fdffff"},
        {0x10000, "fe00000100"},
        {0xffffffff, "feffffffff"},
        {0x100000000, "ff0000000001000000"},
        {UINT64_MAX, "ffffffffffffffffff"},
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        uint8_t bytes[TSSB_VARINT_SIZE], due[TSSB_VARINT_SIZE];
        uint64_t value;
        size_t size = hex_decode(forms[i].bytes, due, sizeof due);
        assert_int_equal(tssb_varint_encode(forms[i].value, bytes), size);
        assert_memory_equal(bytes, due, size);
        assert_int_equal(tssb_varint_decode(bytes, size, &value), size);
        assert_true(value == forms[i].value);
        for (size_t shorter = 0; shorter < size; shorter++)
            assert_int_equal(tssb_varint_decode(bytes, shorter, &value), TSSB_E_SIZE);
    }
}

static void a_varint_that_is_not_minimal_is_refused(void **state) {
    (void)state;
    static const char *const longer_than_needed[] = {
        "fd0000", "fdfc00", "fe00000000", "feffff0000", "ff0000000000000000", "ffffffffff00000000",
    };
    for (size_t i = 0; i < COUNT_OF(longer_than_needed); i++) {
        struct tssb_chain_reader reader;
        uint8_t payload[TSSB_PAYLOAD_SIZE] = {0};
        const uint8_t *head;
        uint64_t value;
        size_t count, size = hex_decode(longer_than_needed[i], payload, sizeof payload);
        assert_int_equal(tssb_varint_decode(payload, size, &value), TSSB_E_VARINT);
        assert_int_equal(tssb_chain_reader_init(&reader, payload, &head, &count), TSSB_E_VARINT);
    }
}

static void a_chain_that_ends_early_is_refused(void **state) {
    (void)state;
    static const uint8_t end[TSSB_PTR_SIZE];
    size_t size;
    chain_fill(&chain, 300);
    chain_write(&chain);
    memcpy(chain.payload + TSSB_CHAIN_HEAD_SIZE, end, sizeof end);
    assert_int_equal(chain_read(&chain, content, &size), TSSB_E_CHAIN_END);

    /* The second of three blobs ends the chain, and the first one points to it rightly. */
    chain_write(&chain);
    memcpy(chain.blobs[1] + TSSB_CHAIN_PIECE_SIZE, end, sizeof end);
    tssb_blob_ptr(chain.blobs[1], chain.blobs[0] + TSSB_CHAIN_PIECE_SIZE);
    tssb_blob_ptr(chain.blobs[0], chain.payload + TSSB_CHAIN_HEAD_SIZE);
    assert_int_equal(chain_read(&chain, content, &size), TSSB_E_CHAIN_END);
    assert_int_equal(size, 25 + 100);
}

static void a_blob_that_is_not_due_is_refused(void **state) {
    (void)state;
    struct tssb_chain_reader reader, before;
    const uint8_t *piece;
    size_t count;
    chain_fill(&chain, 300);
    chain_write(&chain);
    assert_int_equal(tssb_chain_reader_init(&reader, chain.payload, &piece, &count), 0);
    before = reader;
    assert_int_equal(tssb_chain_reader_take(&reader, chain.blobs[1], &piece, &count), TSSB_E_BLOB);
    chain.blobs[0][99] ^= 1;
    assert_int_equal(tssb_chain_reader_take(&reader, chain.blobs[0], &piece, &count), TSSB_E_BLOB);
    chain.blobs[0][99] ^= 1;
    assert_true(reader.left == before.left);
    assert_memory_equal(reader.next, before.next, TSSB_PTR_SIZE);
    assert_int_equal(tssb_chain_reader_take(&reader, chain.blobs[0], &piece, &count), 0);
    assert_int_equal(count, 100);
}

/* A reader takes no more than the length says, whatever the last pointer names. */
static void what_follows_the_declared_length_is_ignored(void **state) {
    (void)state;
    size_t size;
    chain_fill(&chain, 127);
    chain_write(&chain);
    assert_int_equal(chain.blob_count, 1);
    memset(chain.blobs[0] + TSSB_CHAIN_PIECE_SIZE, 0x77, TSSB_PTR_SIZE);
    tssb_blob_ptr(chain.blobs[0], chain.payload + TSSB_CHAIN_HEAD_SIZE);
    assert_int_equal(chain_read(&chain, content, &size), 0);
    assert_int_equal(size, 127);

    chain_fill(&chain, 20);
    chain_write(&chain);
    memset(chain.payload + TSSB_CHAIN_HEAD_SIZE, 0x77, TSSB_PTR_SIZE);
    assert_int_equal(chain_read(&chain, content, &size), 0);
    assert_int_equal(size, 20);
}

/* A hostile length costs nothing before its blobs come. */
static void the_longest_length_overflows_nothing(void **state) {
    (void)state;
    struct tssb_chain_reader reader;
    uint8_t payload[TSSB_PAYLOAD_SIZE];
    const uint8_t *head;
    size_t count;
    memset(payload, 0xff, sizeof payload);
    assert_int_equal(tssb_chain_reader_init(&reader, payload, &head, &count), 0);
    assert_int_equal(count, TSSB_CHAIN_HEAD_SIZE - TSSB_VARINT_SIZE);
    assert_true(reader.left == UINT64_MAX - count);
    assert_true(tssb_chain_blobs(UINT64_MAX) == UINT64_MAX / 100);
}

static void the_zero_pointer_ends_a_chain(void **state) {
    (void)state;
    uint8_t ptr[TSSB_PTR_SIZE] = {0};
    assert_true(tssb_ptr_is_end(ptr));
    ptr[19] = 1;
    assert_false(tssb_ptr_is_end(ptr));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_are_as_the_vectors_have_them),
        cmocka_unit_test(every_length_reads_back),
        cmocka_unit_test(varints_are_minimal_and_little_endian),
        cmocka_unit_test(a_varint_that_is_not_minimal_is_refused),
        cmocka_unit_test(a_chain_that_ends_early_is_refused),
        cmocka_unit_test(a_blob_that_is_not_due_is_refused),
        cmocka_unit_test(what_follows_the_declared_length_is_ignored),
        cmocka_unit_test(the_longest_length_overflows_nothing),
        cmocka_unit_test(the_zero_pointer_ends_a_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
