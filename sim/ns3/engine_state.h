/* The inside of the engine ns3: engine_ns3.c carries packets and time, attach.c makes the channels
 * and devices, and changes them. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "cuts.h"
#include "ns3_shim.h"
#include "sim/mobility.h"
#include "sim/network.h"
#include "sim/world_state.h"

/* A face, as ns-3 has it. */
struct end {
    uint32_t node, face;
    uint32_t member; /* of a medium, its place among the members */
    uint32_t network;
    struct ns3_device *device;
};

struct ns3_engine {
    const struct ns3_shim *shim;
    struct ns3_world *ns3;
    struct ns3_node **nodes;
    struct ns3_model *models; /* by network: which channel it is */
    struct end *ends;         /* by face, as network.faces */
    struct queue queue;
    struct network network;
    struct mobility mobility;
    struct cuts cuts;
    uint64_t phase_ns; /* when links next change by themselves; TSSB_NEVER */
    bool over;         /* the run has ended: what arrives now was in flight */
};

static inline struct ns3_engine *engine_of(const struct world *world) {
    return world->engine_state;
}

/* Makes ns-3's nodes, channels and devices. Returns 0, TSSB_E_MEMORY or ENGINE_FAILED. */
int attach_all(struct world *world);

/* Links have changed, by the timeline, or by phases: then only those that have some concern it.
 * What they are now goes to ns-3. */
void attach_renew(struct world *world, bool phases_only);

/* How long a packet may be on its way, at the most. */
uint64_t attach_longest_ns(const struct world *world);

/* The end of a face of a medium's member. */
struct end *attach_end_of(const struct ns3_engine *state, const struct medium *medium,
                          uint32_t member);

#endif
