/* Vectors by jansson, and the small machinery that several tests need. */
#include "support.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct tssb_trust trust_ed25519 = {.scheme = &tssb_scheme_ed25519};

const uint8_t twin_fids[2][TSSB_FID_SIZE] = {
    {0x07, 0x61, 0x62, 0x76, 'n', 'o', 'd', 'e', 'A'},
    {0x23, 0x3b, 0xbb, 0x82, 'n', 'o', 'd', 'e', 'B'},
};

json_t *vectors_load(const char *name) {
    char path[1024];
    json_error_t error;
    int size = snprintf(path, sizeof path, "%s/%s.json", TSSB_VECTORS, name);
    assert_in_range(size, 1, sizeof path - 1);
    json_t *vectors = json_load_file(path, 0, &error);
    if (!vectors)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return vectors;
}

const char *vector_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    if (!text)
        fail_msg("no text '%s' in this vector", key);
    return text;
}

uint32_t vector_number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        fail_msg("no number '%s' in this vector", key);
    return (uint32_t)json_integer_value(value);
}

size_t hex_decode(const char *hex, uint8_t *bytes, size_t capacity) {
    size_t size;
    const char *end;
    assert_int_equal(sodium_hex2bin(bytes, capacity, hex, strlen(hex), NULL, &size, &end), 0);
    assert_int_equal(*end, '\0');
    return size;
}

size_t vector_bytes(const json_t *object, const char *key, uint8_t *bytes, size_t capacity) {
    return hex_decode(vector_text(object, key), bytes, capacity);
}

void vector_exactly(const json_t *object, const char *key, uint8_t *bytes, size_t size) {
    assert_int_equal(vector_bytes(object, key, bytes, size), size);
}

void expect_vector(const json_t *object, const char *key, const uint8_t *bytes, size_t size) {
    uint8_t due[1024];
    assert_int_equal(vector_bytes(object, key, due, sizeof due), size);
    assert_memory_equal(bytes, due, size);
}

/* In front of each piece of counted memory: its size, which the core must tell right. */
union header {
    size_t size;
    max_align_t aligned;
};

static void *countdown_resize(void *context, void *memory, size_t old_size, size_t new_size) {
    struct countdown_mem *countdown = context;
    union header *old = memory ? (union header *)memory - 1 : NULL;
    assert_int_equal(old ? old->size : 0, old_size);
    if (new_size == 0) {
        countdown->outstanding_bytes -= old_size;
        free(old);
        return NULL;
    }
    if (countdown->calls++ == countdown->fail_at)
        return NULL;
    union header *fresh = malloc(sizeof *fresh + new_size);
    assert_non_null(fresh);
    memset(fresh + 1, 0xa5, new_size);
    if (old)
        memcpy(fresh + 1, memory, old_size < new_size ? old_size : new_size);
    fresh->size = new_size;
    countdown->outstanding_bytes += new_size - old_size;
    free(old);
    return fresh + 1;
}

void countdown_mem_init(struct countdown_mem *countdown, int64_t fail_at) {
    *countdown = (struct countdown_mem){.mem = {countdown_resize, countdown},
                                        .fail_at = (uint64_t)fail_at};
}

bool countdown_mem_failed(const struct countdown_mem *countdown) {
    return countdown->calls > countdown->fail_at;
}

uint64_t random_next(uint64_t *state) {
    uint64_t number = *state += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

void author_init(struct author *author, const char *name) {
    uint8_t secret[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(secret, (const uint8_t *)name, strlen(name));
    tssb_key_init(&author->key, &tssb_scheme_ed25519, secret, secret);
    author->place = tssb_entry_genesis(author->key.fid);
}

void author_write(struct author *author, const char *text, uint8_t wire[TSSB_ENTRY_SIZE]) {
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0};
    assert_in_range(strlen(text), 0, sizeof payload);
    memcpy(payload, text, strlen(text));
    tssb_entry_sign(&author->key, &author->place, TSSB_PLAIN48, payload, wire);
    tssb_entry_mid(&author->place, wire, author->place.prev);
    author->place.seq++;
}
