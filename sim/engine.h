/* What carries packets and keeps time for a world: a const table of functions. The built-in engine
 * is the default; nodes, timeline, recorder, expectations and digest do not know which one runs. */
#ifndef ENGINE_H
#define ENGINE_H

#include "queue.h"

struct scenario;
struct world;
struct world_interrupt;
struct flight;
struct network;
struct fault;

/* What an engine writes of a run for other programs; NULL for nothing. */
struct engine_files {
    const char *captures;  /* what the names of its captures begin with */
    const char *animation; /* a file */
};

struct engine {
    const char *name;
    bool keeps_real_time;
    /* Whether it is there and can run the scenario; NULL: any. Returns 0; 2 where it cannot, with
     * *error, a line a reason, which the caller frees; or 3. */
    int (*check)(const struct scenario *scenario, char **error);
    /* After `open`, before `run`; NULL where it writes none. Returns 0; or 3 with *error, as above.
     */
    int (*write_files)(struct world *world, const struct engine_files *files, char **error);
    /* The network by whose links bounds (bound.h) are worked out; NULL where packets may come
     * sooner than they allow, or where it changes by what moves. */
    const struct network *(*bounding)(const struct world *world);
    /* What ENGINE_FAILED was about. NULL where it never is. */
    const char *(*trouble)(void);
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

/* An error beside the core's: something in the engine, which its trouble() tells. */
enum { ENGINE_FAILED = -100 };

extern const struct engine engine_builtin, engine_ns3;

/* By name; NULL where there is none. */
const struct engine *engine_find(const char *name);

/* "builtin, ns3". */
const char *engine_names(void);

/* The text of an error of a world's functions: the core's, or the engine's. */
const char *engine_error_text(const struct engine *engine, int error);

#endif
