/* The pool of packets under way. */
#include "flight.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "stream.h"

/* Eight bytes as one word, the first lowest: a single load where the machine is little endian. */
static uint64_t load_word(const uint8_t bytes[8]) {
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
           (uint64_t)bytes[3] << 24 | (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 |
           (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

/* For digests, which need to tell packets apart and not to resist an attacker. */
static uint64_t hash_bytes(const uint8_t *bytes, size_t size) {
    uint64_t hash = size;
    for (size_t at = 0; at < size; at += 8) {
        uint8_t last[8] = {0};
        if (size - at < sizeof last)
            memcpy(last, bytes + at, size - at);
        uint64_t word = load_word(size - at < sizeof last ? last : bytes + at);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return stream_mix(hash);
}

static int add_chunk(struct flights *flights) {
    uint32_t first = flights->chunk_count * FLIGHT_CHUNK;
    struct flight **chunks = realloc(flights->chunks, (flights->chunk_count + 1) * sizeof *chunks);
    if (!chunks)
        return -1;
    flights->chunks = chunks;
    uint32_t *spare = realloc(flights->spare, (first + FLIGHT_CHUNK) * sizeof *spare);
    if (!spare)
        return -1;
    flights->spare = spare;
    struct flight *chunk = calloc(FLIGHT_CHUNK, sizeof *chunk);
    if (!chunk)
        return -1;
    flights->chunks[flights->chunk_count++] = chunk;
    for (uint32_t i = FLIGHT_CHUNK; i > 0; i--)
        flights->spare[flights->spare_count++] = first + i - 1;
    return 0;
}

uint32_t flight_take(struct flights *flights, const uint8_t *bytes, uint16_t size) {
    TSSB_CHECK(size <= TSSB_PACKET_SIZE);
    if (flights->spare_count == 0 && add_chunk(flights) != 0)
        return FLIGHT_NONE;
    uint32_t index = flights->spare[--flights->spare_count];
    struct flight *flight = flight_at(flights, index);
    memcpy(flight->bytes, bytes, size);
    flight->size = size;
    flight->hash = hash_bytes(bytes, size);
    flight->references = 1;
    flight->waited_ns = 0;
    return index;
}

uint32_t flight_copy(struct flights *flights, uint32_t index, const uint8_t *bytes) {
    uint32_t taken = flight_take(flights, bytes, flight_at(flights, index)->size);
    if (taken == FLIGHT_NONE)
        return taken;
    const struct flight *source = flight_at(flights, index);
    struct flight *copy = flight_at(flights, taken);
    copy->sent_ns = source->sent_ns;
    copy->waited_ns = source->waited_ns;
    copy->feed = source->feed;
    copy->seq = source->seq;
    copy->from = source->from;
    copy->kind = source->kind;
    return taken;
}

void flight_release(struct flights *flights, uint32_t index) {
    struct flight *flight = flight_at(flights, index);
    TSSB_CHECK(flight->references > 0);
    if (--flight->references == 0)
        flights->spare[flights->spare_count++] = index;
}

void flights_close(struct flights *flights) {
    for (uint32_t i = 0; i < flights->chunk_count; i++)
        free(flights->chunks[i]);
    free(flights->chunks);
    free(flights->spare);
    *flights = (struct flights){0};
}
