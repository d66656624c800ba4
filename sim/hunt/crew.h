/* The processes of a hunt. Each takes one seed after the other; the first that finds something, or
 * dies of it, ends the search, once those that were at lower seeds are through. */
#ifndef CREW_H
#define CREW_H

#include "hunt.h"

/* Fills in what result says of the search, with found_seed the lowest seed that something is wrong
 * with. progress: called a few times a second. Returns 0, or 3 where there could be no process. */
int crew_search(const struct hunt *hunt, struct hunt_result *result,
                void (*progress)(const struct hunt *, const struct hunt_result *));

#endif
