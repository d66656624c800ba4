/* Private to player*.c: the node, its host, and what the host was told. */
#ifndef FUZZ_PLAYER_HOST_H
#define FUZZ_PLAYER_HOST_H

#include "core/node.h"
#include "core/pool.h"
#include "faulty_store.h"
#include "script.h"
#include "session.h"
#include "support.h"

enum { PLAYER_FACES = 4, PLAYER_LOG = 16, PLAYER_LIMIT = 6, PLAYER_SIGNED = 64 };

enum { OFF_SCRIPT = -1 };

/* A packet that went in or out. */
struct player_packet {
    uint8_t bytes[TSSB_PACKET_SIZE];
    size_t size;
};

/* An entry that was signed for the place after the front of then. */
struct player_signed {
    struct tssb_place place;
    uint8_t wire[TSSB_ENTRY_SIZE], mid[TSSB_MID_SIZE];
};

struct player {
    struct tssb_node node;
    struct tssb_node_config config;
    struct countdown_mem memory, disk_memory; /* the node's, the store's */
    struct tssb_pool pool;
    struct tssb_pool_view view;
    struct faulty_store store;
    uint64_t now_ns;
    /* What the node holds, as it was told. */
    uint8_t held[FEEDS][SCRIPT_ENTRIES][TSSB_ENTRY_SIZE];
    uint32_t fronts[FEEDS];
    int branches[SCRIPT_ENTRIES + 1]; /* of the followed feed, by its front; OFF_SCRIPT */
    struct tssb_replica replicas[SCRIPT_ENTRIES + 1]; /* of it, by its front */
    bool asked[SCRIPT_BLOBS];                         /* for, by the application */
    struct player_signed fresh[PLAYER_SIGNED];        /* what the author signed beside the script */
    uint32_t fresh_count;
    /* This step. */
    bool appends;
    uint32_t face; /* that a packet comes in by, or TSSB_ALL_FACES */
    uint32_t entries_answered, blobs_answered;
    /* The last packets, to come again. */
    struct player_packet log[PLAYER_LOG];
    uint32_t logged;
};

extern struct player player;
extern const struct tssb_host player_host;

void player_forked(void *context, const struct tssb_fork *fork);
void player_log(const uint8_t *bytes, size_t size);

#endif
