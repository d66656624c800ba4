/* The built-in network: which faces nodes have, and what these lead to: links, broadcast media,
 * radio stations. How packets fare there is for link/ and radio/. */
#ifndef NETWORK_H
#define NETWORK_H

#include "sim/link/transmitter.h"
#include "sim/scenario/scenario.h"

/* One end of a link, of a medium or of the ether. A node's faces lie next to each other and count
 * from 0, in the order of the scenario's networks. */
struct face {
    uint64_t key;       /* of the random streams of this direction; links only */
    uint32_t peer;      /* node at the other end; FACE_MEDIUM, FACE_RADIO */
    uint32_t peer_face; /* its face, or the index of the medium or of the station */
    uint32_t model;     /* index in network->models */
    uint32_t sent;      /* packets that left here */
};

enum { FACE_MEDIUM = UINT32_MAX, FACE_RADIO = UINT32_MAX - 1 };

/* What only few links need of a face: kept apart, so that the others stay small. */
struct face_state {
    struct transmitter transmitter;
    uint64_t up_since_ns; /* of the node, when it queued last: an outage empties the queue */
    uint64_t free_ns;     /* of a link: when it is free to send on */
    bool bad;             /* of a link: its loss chain */
};

/* A broadcast domain: what one member sends, all others receive. */
struct medium {
    uint64_t key;      /* of the network; 0 for the first */
    uint32_t *members; /* nodes, ascending */
    uint32_t *faces;   /* which of its faces each member has here; NULL where all are 0 */
    uint32_t member_count;
    uint32_t model;
    uint64_t free_ns; /* when nobody sends any more, where the medium has a rate */
    bool **bad;       /* by sender and receiver, as members: loss chains, made when needed */
};

/* A node's face on a radio network. */
struct station_place {
    uint32_t node, face, network;
};

struct network {
    struct face *faces;
    struct face_state *states; /* by face; NULL until one is needed */
    uint32_t *first_face;      /* of each node; one more at the end */
    uint32_t node_count;
    struct medium *media;
    uint32_t medium_count;
    struct station_place *stations; /* by network, then by node */
    uint32_t station_count;
    struct link_model *models; /* as the scenario has them; borrowed masks and profiles */
    uint32_t model_count;
    const struct fault *
        *changes; /* link changes that are in force, in the order in which they came */
    uint32_t change_count;
};

/* Builds the network of a scenario. node_keys: the random streams' keys of all nodes.
 * Returns 0 or TSSB_E_MEMORY; close it in any case. */
int network_init(struct network *network, const struct scenario *scenario,
                 const uint64_t *node_keys);
void network_close(struct network *network);

/* The state of a face; NULL where memory ran out. */
struct face_state *network_state(struct network *network, const struct face *face);

/* The states of the chains from one member of a medium to all, by member; NULL where memory ran
 * out. */
bool *network_chains(struct medium *medium, uint32_t from_member);

/* Whether a model may be other than it stands in the scenario. */
static inline bool network_varies(const struct network *network, const struct link_model *model) {
    return network->change_count || model->profile;
}

/* The model in force between two nodes: that of the index, on it the phase that it is in, and on
 * that the changes that concern the two. Sealed. */
struct link_model network_model(const struct network *network, uint32_t model, uint32_t from,
                                uint32_t to, uint64_t now_ns);

/* Which of the scenario's networks a model is of. */
uint32_t network_of_model(const struct scenario *scenario, uint32_t model);

/* Link changes come and go. fault: borrowed. */
void network_change(struct network *network, const struct fault *fault);
void network_restore(struct network *network, uint32_t id);

#endif
