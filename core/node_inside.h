/* Private to node*.c: what the parts of a node share. node.c receives and appends, node_serve.c
 * answers and passes on, node_ask.c asks, node_fetch.c has what concerns blobs. */
#ifndef TSSB_NODE_INSIDE_H
#define TSSB_NODE_INSIDE_H

#include "node.h"

/* A packet that came in. */
struct incoming {
    const uint8_t *bytes;
    size_t size;
    uint32_t face;
    uint64_t now_ns;
};

/* A packet that is to go out; seq as in struct tssb_packet. */
struct outgoing {
    uint32_t face;
    enum tssb_packet_kind kind;
    bool answer;
    const uint8_t *bytes;
    size_t size;
    const struct tssb_feed *feed;
    uint32_t seq;
};

static inline void node_send(struct tssb_node *node, const struct outgoing *out) {
    struct tssb_packet packet = {.bytes = out->bytes,
                                 .size = (uint16_t)out->size,
                                 .kind = (uint8_t)out->kind,
                                 .answer = out->answer,
                                 .feed = out->feed,
                                 .seq = out->seq};
    node->config->host->send(node->host_context, out->face, &packet);
}

/* Adds to one of the node's counts, where it has any. */
#define NODE_COUNT(node, name, by)               \
    do {                                         \
        if ((node)->extras)                      \
            (node)->extras->counts.name += (by); \
    } while (0)

/* node.c */

/* The replica of a feed, by the DMX of its WANTs; TSSB_NO_REPLICA where it is not open. */
uint32_t node_find_served(const struct tssb_node *node, tssb_dmx want_dmx,
                          const uint8_t fid[TSSB_FID_SIZE]);

/* node_extras.c */

/* Makes the extras that the configuration asks for, with room for so many replicas. Returns 0 or
 * TSSB_E_MEMORY. */
int node_extras_reserve(struct tssb_node *node, uint32_t replicas);
void node_extras_close(struct tssb_node *node);

/* The place of the replica's next entry; and that the entry there is held now, which is noted where
 * forks are looked for. */
struct tssb_fork_place node_place_due(const struct tssb_node *node, uint32_t replica);
void node_note_place(struct tssb_node *node, const struct tssb_fork_place *place);

/* A packet of an entry's size and this DMX matched nothing: whether it is another entry at a place
 * of those appended last. Tells the host. */
void node_prove_fork(struct tssb_node *node, const struct incoming *packet, tssb_dmx dmx);

/* 64 bits of the host's stream. */
uint64_t node_random(struct tssb_node *node);

/* node_fetch.c */

/* Makes what the configuration's blob policy needs, with room for so many replicas. Returns 0 or
 * TSSB_E_MEMORY. */
int node_fetch_reserve(struct tssb_node *node, uint32_t replicas);
void node_fetch_close(struct tssb_node *node);

/* Takes a packet of a blob's size, if it is one that is awaited. */
enum tssb_fate node_take_blob(struct tssb_node *node, const uint8_t blob[TSSB_BLOB_SIZE],
                              uint64_t now_ns);
bool node_awaits_blobs(const struct tssb_node *node);

/* The rest is for a node that fetches chains. As tssb_node_start; a replica got an entry; time. */
void node_fetch_start(struct tssb_node *node, uint64_t now_ns, uint64_t first_ns);
void node_fetch_appended(struct tssb_node *node, uint32_t replica, uint64_t now_ns);
void node_fetch_due(struct tssb_node *node, uint64_t now_ns);

/* node_serve.c */

enum tssb_fate node_answer_want(struct tssb_node *, uint32_t replica, const struct incoming *);
enum tssb_fate node_answer_range(struct tssb_node *, uint32_t replica, const struct incoming *);
enum tssb_fate node_answer_need(struct tssb_node *, const struct incoming *);

/* Sends the answers whose time has come. */
void node_answer_due(struct tssb_node *node, uint64_t now_ns);

/* The entry at the replica's front came in by a face: passes it on as the configuration says. */
void node_forward(struct tssb_node *node, uint32_t replica, uint32_t face, uint64_t now_ns);

#endif
