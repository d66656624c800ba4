/* Two ends of a stream on the little network of net.h, each with a host that can crash between any
 * two things that it does: its node and stream are then made anew from what a disk would hold. */
#ifndef TEST_STREAM_PAIR_H
#define TEST_STREAM_PAIR_H

#include "net.h"

#include "../stream.h"

enum { PAIR_BYTES_MAX = 1 << 20 };

struct pair_end {
    uint32_t who, peer; /* nodes of the network */
    struct tssb_stream stream;
    struct tssb_stream_place kept; /* on disk */
    const uint8_t *input;
    size_t input_size;
    uint8_t output[PAIR_BYTES_MAX]; /* a file: it survives */
    size_t output_size;
    bool down;
    uint64_t back_ns;
    bool idle; /* its application neither writes nor reads */
};

struct pair {
    struct net *net;
    struct tssb_stream_settings settings;
    struct pair_end ends[2];
    uint64_t random;
    uint32_t crash_one_in; /* of the moments at which a crash is possible; 0: none */
    uint32_t crashes;
};

/* nodeA and nodeB follow each other, eagerly, and ask again after 100 ms. */
void pair_init(struct pair *pair, struct net *net, const struct tssb_stream_settings *settings);
void pair_close(struct pair *pair);

/* Both begin the next session; what they are to say, and nothing said yet. */
void pair_begin(struct pair *pair, const uint8_t *from_a, size_t a_size, const uint8_t *from_b,
                size_t b_size);

/* One end's node and stream are made anew. lose_place: what was kept is lost as well. */
void pair_restart(struct pair *pair, struct pair_end *end, bool lose_place);

/* Goes on until this moment. */
void pair_run(struct pair *pair, uint64_t until_ms);

/* Goes on until the session is over at both ends; fails after so long. */
void pair_run_until_over(struct pair *pair, uint64_t most_ms);

/* Fails unless each end's output is the other's input, to the byte. */
void pair_expect_delivered(const struct pair *pair);

#endif
