/* What authors write: a few words, or content of the size that the scenario says, which is the same
 * in each run and unlike that of any other entry. */
#ifndef CONTENT_H
#define CONTENT_H

#include "world_state.h"

/* Appends the author's next entry: these words, at most 48 bytes, unless the scenario gives its
 * entries a size. Returns 0 or a core error. */
int content_append(struct world *world, const struct world_feed *feed, const char *words);

/* Whether anybody writes entries that have side chains. */
bool content_has_chains(const struct scenario *scenario);

/* Whether a node holds this replica's side chains whole. A chain that is broken never is. */
bool content_is_whole(const struct sim_node *node, const struct tssb_replica *replica);

#endif
