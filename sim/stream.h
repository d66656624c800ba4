/* Random numbers from counter-based streams: the n-th number of a stream is a function of its key
 * and n, and a key is a function of the seed, a purpose and the names of the parties. So a further
 * node or link disturbs no other stream. The mixing is that of SplitMix64 (Steele, Lea, Flood:
 * "Fast splittable pseudorandom number generators", 2014). */
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h>

/* A bijection in which each bit of the input changes half of the output. */
static inline uint64_t stream_mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* The key of what has a name: a node ("node", "peer-7"), the topology ("topology", ""). */
uint64_t stream_key(uint64_t seed, const char *purpose, const char *name);

/* The key of what goes from one party to another, of their own keys; the other way is another
 * stream. */
static inline uint64_t stream_key_pair(uint64_t from, uint64_t to) {
    return stream_mix(stream_mix(from) + to);
}

/* What the numbers of one party or pair are for. */
enum stream_purpose {
    STREAM_LOSS = 1,
    STREAM_JITTER,
    STREAM_FIRST_REQUEST,
    STREAM_SHAPE,
    STREAM_BURST,
    STREAM_DUPLICATE,
    STREAM_DAMAGE,
    STREAM_PACE,
    STREAM_SHADOWING,
    STREAM_BACKOFF,
    STREAM_PLACE,
    STREAM_MOVE,
    STREAM_CLOCK_DRIFT = 32,
    STREAM_CLOCK_OFFSET,
    STREAM_REPEAT,  /* gaps between the occurrences of an item of the timeline */
    STREAM_CHURN,   /* how long a node stays up, or down */
    STREAM_FLOOD,   /* what a flooder sends */
    STREAM_CORE,    /* what the core of a node draws */
    STREAM_CONTENT, /* what an author writes */
    STREAM_CONTENT_SIZE,
    STREAM_ATTACK, /* what an adversary sends */
    STREAM_DRAFT,  /* worlds that are drawn */
    STREAM_RESAMPLE = 64,
};

/* Number n of a stream: 64 random bits. */
static inline uint64_t stream_draw(uint64_t key, enum stream_purpose purpose, uint64_t n) {
    return stream_mix(stream_mix(key + (uint64_t)purpose * UINT64_C(0xd1342543de82ef95)) +
                      n * UINT64_C(0x9e3779b97f4a7c15));
}

/* Maps 64 random bits to 0 .. bound - 1, evenly but for less than bound / 2^64. */
static inline uint64_t stream_below(uint64_t draw, uint64_t bound) {
    return (uint64_t)((unsigned __int128)draw * bound >> 64);
}

#endif
