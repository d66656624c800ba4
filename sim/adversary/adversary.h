/* Nodes that attack, beside what they do as nodes of the protocol: they forge entries, flip bits of
 * what they hear, replay it, answer requests with wrong entries, or sign two entries at one number
 * of their feed. `attack` in a scenario's timeline says who, what and how long. */
#ifndef ADVERSARY_H
#define ADVERSARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct fault;
struct flight;
struct scenario;
struct world;

/* Whether somebody in this scenario forks a feed. */
bool adversary_forks(const struct scenario *scenario);

/* Makes world->adversaries where the scenario has any. Returns 0 or TSSB_E_MEMORY; close it in any
 * case. */
int adversary_open(struct world *world);
void adversary_close(struct world *world);

/* An attack begins; its next packet is due; a packet has reached a node, which may attack. */
void adversary_begin(struct world *world, const struct fault *fault);
void adversary_act(struct world *world, const struct event *event);
void adversary_heard(struct world *world, uint32_t node, uint32_t face,
                     const struct flight *flight);

/* The entry (120 B) that an author signed as the second one at this number of its feed; NULL where
 * there is none. */
const uint8_t *adversary_second(const struct world *world, uint32_t author, uint32_t seq);

#endif
