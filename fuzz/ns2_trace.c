/* The reader of movement traces: any text is read or refused with a message, and what is read is in
 * range. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "sim/scenario/ns2_trace.h"

enum { NODES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct source source = {.name = "fuzz"};
    struct ns2_trace trace;
    struct arena arena = {NULL};
    struct problems problems = {.count = 0};
    int status = ns2_trace_parse(&trace, &arena, &source, (const char *)data, size, NODES,
                                 &problems);
    TSSB_CHECK((status != 0) == (problems.count > 0));
    for (uint32_t node = 0; status == 0 && node < NODES; node++) {
        uint64_t last_ns = 0;
        for (uint32_t i = trace.first[node]; i < trace.first[node + 1]; i++) {
            const struct ns2_move *move = &trace.moves[i];
            TSSB_CHECK(move->at_ns >= last_ns);
            TSSB_CHECK(move->x_mm == NS2_SAME || abs(move->x_mm) <= POSITION_MAX_MM);
            TSSB_CHECK(move->y_mm == NS2_SAME || abs(move->y_mm) <= POSITION_MAX_MM);
            last_ns = move->at_ns;
        }
    }
    problems_close(&problems);
    arena_close(&arena);
    return 0;
}
