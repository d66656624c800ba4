/* Packets under way: the bytes once, however many receivers they are on their way to. */
#ifndef FLIGHT_H
#define FLIGHT_H

#include <stdint.h>

#include "core/types.h"

struct flight {
    uint64_t sent_ns;
    uint64_t waited_ns; /* for its turn, where it had to */
    uint64_t taken_ns;  /* of a packet that waits: how long it will occupy the channel */
    uint64_t hash;      /* of the bytes, for digests */
    uint32_t feed;      /* index, or FEED_NONE */
    uint32_t seq;
    uint32_t from; /* node */
    uint32_t references;
    uint32_t number; /* of a packet that waits: among those that left by its face */
    uint16_t size;
    uint8_t kind; /* enum tssb_packet_kind */
    uint8_t bytes[TSSB_PACKET_SIZE];
};

struct flights {
    struct flight **chunks; /* packets stay where they are while others are sent */
    uint32_t chunk_count;
    uint32_t *spare; /* indices that are free */
    uint32_t spare_count;
};

enum { FLIGHT_NONE = UINT32_MAX };

enum { FLIGHT_CHUNK = 256 };

static inline struct flight *flight_at(const struct flights *flights, uint32_t index) {
    return &flights->chunks[index / FLIGHT_CHUNK][index % FLIGHT_CHUNK];
}

/* A packet with one reference, its bytes copied and hashed, that has not waited; the other fields
 * are the caller's to fill in. size: at most TSSB_PACKET_SIZE. FLIGHT_NONE where memory ran out. */
uint32_t flight_take(struct flights *flights, const uint8_t *bytes, uint16_t size);

/* Another packet like it, with these bytes. */
uint32_t flight_copy(struct flights *flights, uint32_t index, const uint8_t *bytes);

/* Gives a reference back; the last one frees the packet. */
void flight_release(struct flights *flights, uint32_t index);

/* A zeroed struct flights is an empty one. */
void flights_close(struct flights *flights);

#endif
