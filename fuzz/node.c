/* Sessions of a node, with each strategy and policy: entries in and out of order, of a fork, signed
 * at will, damaged, cut; requests, blobs, garbage, all of it again; time, appends, restarts, memory
 * that runs out and a disk that fails. What is in a session says shared/session.h, what must hold
 * shared/player.h. */
#include "fuzz.h"

#include "shared/player.h"

enum { STEPS = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct session_step step;
    uint8_t head[SESSION_HEAD];
    fuzz_fill(&input, head, sizeof head);
    player_start(head);
    for (int steps = 0; steps < STEPS && session_next(&input, &step); steps++)
        player_step(&step);
    player_end();
    return 0;
}
