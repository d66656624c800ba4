/* Traces of links: CSV files that say how a link was at each moment, measured or made up.
 *
 *     time [s], delay [ms], loss [%], rate [kbit/s]
 *     0,        20,         0.5,      800
 *     1.5,      95,         12,       150
 *
 * The first line names the columns: time, and any of delay, jitter, loss and rate, in any order,
 * with a unit in brackets or with one in each cell ("20 ms"). Each further line is how the link is
 * from its time on, which begins at 0 and grows. Empty lines, and those that begin with #, are
 * passed over. */
#ifndef LINK_TRACE_H
#define LINK_TRACE_H

#include "problems.h"
#include "sim/link/model.h"

enum { LINK_TRACE_BYTES_MAX = 64 << 20, LINK_TRACE_LINE_MAX = 500, LINK_TRACE_ROWS_MAX = 250000 };

/* Reads a trace. text: `size` bytes, of any content; source names it in `problems`, as FILE:LINE.
 * Returns 0; 2, or 3 where memory ran out, with the problems noted. The phases live in the arena.
 */
int link_trace_parse(struct link_profile *profile, struct arena *arena, const struct source *source,
                     const char *text, size_t size, struct problems *problems);

#endif
