/* The run as a narrative, one line an event:
 *
 *     [   5.000000] nodeA writes nodeA 1
 *     [   5.000000] nodeA > entry nodeA 1 to all
 *     [   5.005113] nodeB < entry nodeA 1 from nodeA: appended
 *     [   5.005113] nodeB > WANT nodeA 2 to all
 *     [   5.005242] nodeC < entry nodeA 1 from nodeA: offline
 *     [  55.000000] -- offline nodeA
 *
 * What a node sends on receiving a packet comes after the line of that packet. */
#ifndef TRACE_H
#define TRACE_H

#include <stdio.h>

#include "sim/observer.h"
#include "sim/world.h"

struct trace {
    struct observer observer; /* what world_watch is to be told */
    const struct world *world;
    FILE *out;  /* borrowed */
    FILE *held; /* what happens while a packet is being received */
    char *text;
    size_t size;
    bool holding;
};

/* Returns 0 or TSSB_E_MEMORY; close it in any case. Whether `out` took it all is for the caller to
 * ask. */
int trace_init(struct trace *trace, const struct world *world, FILE *out);
void trace_close(struct trace *trace);

#endif
