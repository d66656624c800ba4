/* How one direction of a link, or of a broadcast medium, treats packets: what a scenario says of
 * it. All integers, all probabilities in parts per billion. */
#ifndef LINK_MODEL_H
#define LINK_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum { PPB = 1000000000 }; /* probabilities are integers out of this */

/* How what jitter adds to the delay is distributed. */
enum jitter_shape {
    JITTER_UNIFORM, /* from 0 to jitter_ns */
    JITTER_NORMAL,  /* mean 0, deviation jitter_ns; the sum is at least 1 ns */
    JITTER_PARETO,  /* heavy-tailed (Pareto II of shape 2), mean jitter_ns */
    JITTER_SHAPES
};

/* Loss by the chain of Gilbert (1960) and Elliott (1963): each packet finds the link in its good or
 * its bad state. Independent losses are a chain that never leaves the good one. */
struct loss_model {
    uint32_t good_ppb, bad_ppb;         /* that a packet is lost in this state */
    uint32_t worsens_ppb, recovers_ppb; /* that it finds the other state than the packet before */
};

enum {
    LINK_DELAY = 1,
    LINK_JITTER = 2,
    LINK_LOSS = 4,
    LINK_DROP = 8,
    LINK_DUPLICATE = 16,
    LINK_BIT_ERRORS = 32,
    LINK_RATE = 64,
    LINK_QUEUE = 128,
    LINK_PACE = 256,
    LINK_ALL = 511
};

struct link_profile;

struct link_model {
    uint64_t delay_ns;  /* at least 1 */
    uint64_t jitter_ns; /* packets may overtake each other */
    struct loss_model loss;
    uint32_t *drops; /* exact loss mask: the 1-based numbers of the packets, ascending, that a
                        sender loses */
    uint32_t drop_count;
    uint8_t jitter_shape; /* enum jitter_shape */
    bool rare;            /* set by link_seal: more than delay, uniform jitter, independent loss */
    bool slow;            /* set by link_seal: rate or pace; packets may have to wait */
    uint32_t duplicate_ppb;
    uint32_t bit_error_ppb;             /* for each bit on its own */
    uint32_t queue_packets;             /* that wait for a link with a rate or a pace, at most */
    uint64_t rate_bit_s;                /* 0: any */
    uint64_t pace_ns;                   /* that a sender leaves between two packets, and ... */
    uint64_t pace_jitter_ns;            /* ... up to so much more */
    const struct link_profile *profile; /* how values change over time; NULL where they do not */
};

/* From `from_ns` on (of the period), the values of these LINK_ bits are others. */
struct link_phase {
    uint64_t from_ns;
    unsigned changed;
    struct link_model values;
};

/* Phases, ascending, the first from 0. */
struct link_profile {
    bool is_trace; /* of a file: this is the scenario's attachment of that index */
    uint32_t attachment;
    uint64_t period_ns; /* after which it begins anew; 0: the last phase lasts for ever */
    uint32_t count;
    const struct link_phase *phases;
};

/* Whether losses come in bursts. */
static inline bool link_has_chain(const struct link_model *model) {
    return model->loss.worsens_ppb || model->loss.bad_ppb;
}

/* Takes over the values of these LINK_ bits, and seals. */
void link_override(struct link_model *model, const struct link_model *values, unsigned changed);

/* Sets what is derived of the other fields. */
void link_seal(struct link_model *model);

/* The phase that is in force; NULL without a profile. */
const struct link_phase *link_phase_at(const struct link_model *model, uint64_t now_ns);

/* When the phase that is in force ends; TSSB_NEVER where it does not. */
uint64_t link_phase_end_ns(const struct link_model *model, uint64_t now_ns);

#endif
