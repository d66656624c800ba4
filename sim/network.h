/* The built-in network: faces of nodes, links between them, a broadcast medium; what is lost and
 * how long it takes. */
#ifndef NETWORK_H
#define NETWORK_H

#include "sim/scenario/scenario.h"

/* One end of a link, or of the medium. A node's faces lie next to each other and count from 0. */
struct face {
    uint64_t key;       /* of the random stream of this direction; links only */
    uint32_t peer;      /* node at the other end; FACE_MEDIUM for the medium */
    uint32_t peer_face; /* its face, or the medium's index */
    uint32_t model;     /* index in network->models */
    uint32_t sent;      /* packets that left here */
};

enum { FACE_MEDIUM = UINT32_MAX };

/* A broadcast domain: what one member sends, all others receive. */
struct medium {
    uint32_t *members; /* nodes, ascending; each has the medium as its only face, 0 */
    uint32_t member_count;
    uint32_t model;
};

struct network {
    struct face *faces;
    uint32_t *first_face; /* of each node; one more at the end */
    struct medium *media;
    uint32_t medium_count;
    struct link_model *models; /* as the scenario has them; borrowed masks */
    uint32_t model_count;
    const struct fault *
        *changes; /* link changes that are in force, in the order in which they came */
    uint32_t change_count;
};

/* How a packet fares on its way. */
struct passage {
    uint64_t delay_ns;
    bool lost;
};

/* Builds the network of a scenario. node_keys: the random streams' keys of all nodes.
 * Returns 0 or TSSB_E_MEMORY; close it in any case. */
int network_init(struct network *network, const struct scenario *scenario,
                 const uint64_t *node_keys);
void network_close(struct network *network);

/* The model in force between two nodes: that of the index, and on it the changes that concern them.
 */
struct link_model network_model(const struct network *network, uint32_t model, uint32_t from,
                                uint32_t to);

/* How packet number n (from 1) of a direction fares under a model; key is the direction's. */
struct passage network_passage(const struct link_model *model, uint64_t key, uint32_t n);

/* Whether a model loses that packet. */
bool network_loses(const struct link_model *model, uint64_t key, uint32_t n);

/* Link changes come and go. fault: borrowed. */
void network_change(struct network *network, const struct fault *fault);
void network_restore(struct network *network, uint32_t id);

#endif
