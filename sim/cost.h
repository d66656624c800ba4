/* What catch-ups cost: counted at a node and for a feed while the node is behind, and for as long
 * as somebody watches who wants to know (observer.h: wants_measures). Otherwise nothing is kept,
 * and nothing counted. */
#ifndef COST_H
#define COST_H

#include "observer.h"

struct world;
struct flight;
struct tssb_packet;
struct costs;

/* Begins to count in this world. Returns 0 or TSSB_E_MEMORY; close it in any case. */
int costs_open(struct world *world);
void costs_close(struct world *world);

/* A packet left the node on so many faces. */
void cost_sent(struct world *world, uint32_t node, const struct tssb_packet *packet,
               uint32_t faces);

/* A packet of the node took so long on links with a rate, or on the air. */
void cost_airtime(struct world *world, uint32_t node, uint32_t feed, uint64_t airtime_ns);

/* A packet reached the node, which has not acted on it yet. */
void cost_received(struct world *world, uint32_t node, const struct flight *flight);

/* It was an entry that the node holds already. */
void cost_duplicate(struct world *world, uint32_t node, const struct flight *flight);

/* The front of the node's replica has moved by an entry. */
void cost_appended(struct world *world, uint32_t node, uint32_t replica);

/* What the catch-up of this replica has cost; counting ends. */
struct catchup_costs cost_take(struct world *world, uint32_t node, uint32_t replica);

#endif
