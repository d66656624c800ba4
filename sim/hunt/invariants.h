/* What holds in every world whatever happens in it, checked while it runs: an observer that keeps
 * its own account of what authors signed and of what each node holds, and believes nobody.
 *
 * - A replica is a prefix of what its author signed; of a forked feed, on the branch that it saw
 *   first. What is reported, stored and received is the same entry.
 * - A node sends no entries but those that it holds.
 * - An answer has at most the entries that its limit allows, a request the bytes of its packet
 * size.
 * - Stash, answers, interests, timers, the table of armed DMX values and awaited blobs keep within
 *   their bounds.
 * - Nothing reaches a node that is off, or that a partition cuts off from the sender.
 * - Who gets the second entry at a place that it remembers tells of the fork, and nobody else does.
 */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "finding.h"
#include "sim/observer.h"
#include "sim/world.h"

struct invariants; /* opaque */

/* Watches a world, before its run. Returns 0 or TSSB_E_MEMORY; close it in any case, before the
 * world. */
int invariants_open(struct invariants **invariants, struct world *world);
void invariants_close(struct invariants *invariants);

/* To hand to world_run: ends the run at the first finding. */
struct world_interrupt invariants_interrupt(struct invariants *invariants);

/* The run has ended: looks at all replicas once more. */
const struct finding *invariants_end(struct invariants *invariants);

/* How many forks were proved, to whom it may be told. */
uint64_t invariants_proofs(const struct invariants *invariants);

#endif
