/* How a packet fares on its way: a function of the model in force, the direction's key and the
 * packet's number, and, for bursts of losses, of the direction's state before. Nothing else, so
 * that strategies can be compared on the same losses.
 *
 * Each effect is a function in a file of its own and a line in passage.c's table. */
#ifndef LINK_PASSAGE_H
#define LINK_PASSAGE_H

#include "model.h"

/* A packet that enters one direction of a link. */
struct crossing {
    uint64_t key;  /* of the direction's random streams */
    uint32_t n;    /* the packet's number among its sender's, from 1 */
    uint16_t size; /* bytes */
    bool *bad;     /* the state of the direction's loss chain; NULL where there is none to keep */
};

struct passage {
    uint64_t delay_ns;
    uint64_t copy_delay_ns; /* of the second copy that the link makes of it; 0: none */
    bool lost;
    bool damaged; /* link_damage says which bits */
};

/* The model must be sealed. */
struct passage link_passage(const struct link_model *model, const struct crossing *crossing);

/* Whether the packet is lost under a model without a chain. */
bool link_loses(const struct link_model *model, uint64_t key, uint32_t n);

/* Flips those bits of a damaged packet that do not get through; at least one. */
void link_damage(const struct link_model *model, const struct crossing *crossing, uint8_t *bytes);

/* Effects. */
typedef void link_effect(const struct link_model *model, const struct crossing *crossing,
                         struct passage *passage);
link_effect link_jitter, link_chain, link_duplicate, link_bit_errors;

#endif
