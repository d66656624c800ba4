/* What carries packets and keeps time for a world: a const table of functions. The built-in engine
 * is the default; nodes, timeline, recorder, expectations and digest do not know which one runs. */
#ifndef ENGINE_H
#define ENGINE_H

#include "queue.h"

struct world;
struct world_interrupt;
struct flight;
struct fault;

struct engine {
    const char *name;
    /* Builds the scenario's network as world->engine_state. Returns 0 or a core error; close in any
     * case. */
    int (*open)(struct world *world);
    void (*close)(struct world *world);
    /* Calls world_handle with the event when its time has come. */
    void (*schedule)(struct world *world, const struct event *event);
    /* Carries a packet from a face of a node, or from all of them (TSSB_ALL_FACES), and calls
     * world_deliver at each receiver. The flight is referenced by its index for as long as it
     * takes. */
    void (*send)(struct world *world, uint32_t node, uint32_t face, uint32_t flight);
    /* How many faces a node has. */
    uint32_t (*face_count)(const struct world *world, uint32_t node);
    /* The node at the other end of a face; NODE_NONE where there may be several. */
    uint32_t (*peer)(const struct world *world, uint32_t node, uint32_t face);
    /* Whether a face is a radio: slow, and shared. */
    bool (*is_radio)(const struct world *world, uint32_t node, uint32_t face);
    /* A link change begins or ends (FAULT_LINK, FAULT_LINK_RESTORE). */
    void (*link_changed)(struct world *world, const struct fault *fault);
    /* Runs until world->end_ns or an error. Calls the interrupt's handler when its flag is set.
     * Returns false where that said to stop. */
    bool (*run)(struct world *world, const struct world_interrupt *interrupt);
};

extern const struct engine engine_builtin;

#endif
