/* Movement traces of ns-2, which ns-3 reads too: what setdest, BonnMotion (NSFile) and SUMO's
 * traceExporter write. In metres, seconds and metres per second:
 *
 *     $node_(0) set X_ 83.3                              where it is at first (Y_, Z_ likewise)
 *     $ns_ at 10.0 "$node_(0) setdest 250.0 90.0 15.0"   it sets out for (250, 90) at 15 m/s
 *     $ns_ at 20.0 "$node_(0) set X_ 5.0"                it jumps
 *
 * Lines about $god_, lines that set a variable and comments (#) are passed over, and so is the
 * height Z_. */
#ifndef NS2_TRACE_H
#define NS2_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "position.h"
#include "problems.h"

/* What a node is told at a moment: to go somewhere, to stop (speed 0), or to be somewhere else. */
struct ns2_move {
    uint64_t at_ns;
    uint64_t speed_um_s; /* NS2_JUMP: at once */
    int32_t x_mm, y_mm;  /* NS2_SAME, of a jump: as it is then */
};

#define NS2_JUMP UINT64_MAX
enum { NS2_SAME = INT32_MIN };

struct ns2_trace {
    uint32_t node_count;
    bool *placed; /* whether the trace says where the node is at first */
    struct position *starts;
    struct ns2_move *moves; /* those of node i are first[i] to first[i + 1] - 1, none earlier than
                               the one before */
    uint32_t *first;
};

enum { NS2_BYTES_MAX = 256 << 20, NS2_LINE_MAX = 1000, NS2_MOVES_MAX = 4000000 };

/* Reads a trace for nodes 0 to node_count - 1, at least one. text: `size` bytes, of any content;
 * source names it in `problems`, as FILE:LINE. Numbers are rounded to the nearest nanosecond,
 * millimetre and um/s. Returns 0; 2, or 3 where memory ran out, with the problems noted. The trace
 * lives in the arena.
 */
int ns2_trace_parse(struct ns2_trace *trace, struct arena *arena, const struct source *source,
                    const char *text, size_t size, uint32_t node_count, struct problems *problems);

#endif
