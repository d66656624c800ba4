/* Packets in words, the same in the trace and in captures:
 *
 *     WANT nodeA 7 to all
 *     WANT nodeA 7 from nodeC: answered */
#ifndef WORDS_H
#define WORDS_H

#include <stdio.h>

#include "sim/observer.h"

/* "nodeA", or "outside". */
void words_node(FILE *out, const struct world *world, uint32_t node);

/* A packet that leaves, and one at a receiver with its fate. */
void words_departure(FILE *out, const struct world *world, const struct departure *departure);
void words_sighting(FILE *out, const struct world *world, const struct sighting *sighting);

#endif
