/* A node: what it follows, what it serves, what it asks for (PROTOCOL.md 4 and 5). Sans I/O: the
 * host (a real program, the simulator, a fuzzer) hands packets and time in, and gets packets out
 * through a table of callbacks.
 *
 * The host's loop: tssb_node_receive for each packet, tssb_node_append for what the application
 * writes, and tssb_node_wake when tssb_node_next_wake has come. Callbacks run inside these calls
 * and must not call back in. */
#ifndef TSSB_NODE_H
#define TSSB_NODE_H

#include "dmx.h"
#include "mem.h"
#include "replica.h"
#include "scheme.h"
#include "store.h"
#include "strategy.h"
#include "timers.h"
#include "types.h"

/* What a node did with a packet. */
/* clang-format off */
#define TSSB_FATE_TABLE(X) \
    X(UNMATCHED,  "unmatched")  /* no armed DMX or pointer: dropped at once */ \
    X(APPENDED,   "appended")   /* the entry that was due */ \
    X(ANSWERED,   "answered")   /* a request; at least one packet went back */ \
    X(NOT_HELD,   "not held")   /* a request for what the node does not have (yet) */ \
    X(NOT_SERVED, "not served") /* a request to a node that does not serve */ \
    X(STORED,     "stored")     /* a blob that it asked for */ \
    X(REFUSED,    "refused")    /* matched, and then malformed or of bad signature */ \
    X(FAILED,     "failed")     /* the store or the memory failed; the node is as before */
/* clang-format on */

enum tssb_fate {
#define TSSB_FATE_ENUM(name, text) TSSB_FATE_##name,
    TSSB_FATE_TABLE(TSSB_FATE_ENUM)
#undef TSSB_FATE_ENUM
        TSSB_FATE_COUNT
};

/* "appended" and so on; static memory. */
const char *tssb_fate_name(enum tssb_fate fate);

enum tssb_packet_kind {
    TSSB_PACKET_ENTRY,
    TSSB_PACKET_WANT,
    TSSB_PACKET_RANGE,
    TSSB_PACKET_NEED,
    TSSB_PACKET_BLOB,
    TSSB_PACKET_KINDS
};

/* "entry", "WANT", ...; static memory. */
const char *tssb_packet_kind_name(enum tssb_packet_kind kind);

/* A packet on its way out. Only `bytes` travel; the rest tells the host what they are. */
struct tssb_packet {
    const uint8_t *bytes; /* valid during the callback */
    uint16_t size;
    uint8_t kind;                 /* enum tssb_packet_kind */
    const struct tssb_feed *feed; /* NULL for NEED and blob */
    uint32_t seq;                 /* of the entry or of the first request; 0 for NEED and blob */
};

struct tssb_host {
    /* Sends on one face, or on every face where face is TSSB_ALL_FACES. */
    void (*send)(void *context, uint32_t face, const struct tssb_packet *packet);
    /* The replica's front has moved to seq: by a packet, or by tssb_node_append. */
    void (*appended)(void *context, const struct tssb_replica *replica,
                     const uint8_t wire[TSSB_ENTRY_SIZE]);
    /* A blob that was asked for is stored. */
    void (*blob_stored)(void *context, const uint8_t ptr[TSSB_PTR_SIZE]);
};

/* What many nodes may share; not copied, outlives the node. */
struct tssb_node_config {
    const struct tssb_host *host;
    const struct tssb_strategy *strategy;
    const struct tssb_trust *trust;
    const struct tssb_mem *mem;
    uint64_t interval_ns; /* PROTOCOL.md 4: 10 s */
    uint16_t range_limit; /* entries that answer one RANGE, whatever its credit */
    uint16_t need_limit;  /* blobs that answer one NEED packet, whatever the credits */
    bool serve;           /* false: never answers a request */
};

/* The protocol's defaults, with strategy single, ed25519 and libc's memory; host is NULL. */
extern const struct tssb_node_config tssb_node_defaults;

enum { TSSB_WANTED_BLOBS_MAX = 64 }; /* pointers that a node awaits at one time */

struct tssb_wanted_blob {
    uint8_t ptr[TSSB_PTR_SIZE];
    uint16_t credit; /* blobs of this chain that are still to come, this one included */
};

/* What receiving a packet reads stands first, within one cache line. */
struct tssb_node {
    const struct tssb_node_config *config;
    void *host_context;
    struct tssb_store *store; /* borrowed */
    struct tssb_dmx_table armed;
    struct tssb_replica *replicas;
    uint32_t replica_count, replica_capacity;
    struct tssb_timers timers;  /* one a followed replica */
    const struct tssb_key *key; /* borrowed; NULL for a node that only consumes */
    struct tssb_wanted_blob *wanted;
    uint32_t wanted_count, wanted_capacity;
    uint32_t own;           /* index of the replica it authors, or TSSB_NO_REPLICA */
    uint32_t verifications; /* signatures that this node, alone, would have checked */
};

enum { TSSB_NO_REPLICA = UINT32_MAX };

/* A node with nothing in it. Everything passed is borrowed and outlives the node; key may be NULL.
 */
void tssb_node_init(struct tssb_node *node, const struct tssb_node_config *config,
                    void *host_context, struct tssb_store *store, const struct tssb_key *key);
void tssb_node_close(struct tssb_node *node);

/* Holds and serves the feed from this anchor on; where `follow`, also asks for what comes next. The
 * node's own feed is never followed. Opening one twice changes nothing but may begin to follow it.
 * *index is the replica's. Returns 0 or TSSB_E_MEMORY or what the store returned. */
int tssb_node_open(struct tssb_node *node, const struct tssb_anchor *anchor, bool follow,
                   uint32_t *index);

/* The replica of a feed, or TSSB_NO_REPLICA. */
uint32_t tssb_node_find(const struct tssb_node *node, const struct tssb_feed *feed);

/* Begins, or begins again, to ask: each followed replica's strategy starts at first_ns, which may
 * be now. */
void tssb_node_start(struct tssb_node *node, uint64_t now_ns, uint64_t first_ns);

/* Takes a packet of any size and content that came in through a face. */
enum tssb_fate tssb_node_receive(struct tssb_node *node, uint32_t face, const uint8_t *packet,
                                 size_t size, uint64_t now_ns);

/* Authors an entry: plain where it fits 48 B, else a side chain. Pushes it on every face.
 * Returns 0, TSSB_E_READ_ONLY, TSSB_E_LAST, TSSB_E_MEMORY or what the store returned (nothing is
 * then sent). */
int tssb_node_append(struct tssb_node *node, const void *content, size_t size);

/* Asks every face for a blob and those that follow it in its chain, `credit` in all, and awaits
 * them. Asking again for an awaited one sends the request again. Returns 0, TSSB_E_MEMORY or
 * TSSB_E_FULL. */
int tssb_node_need(struct tssb_node *node, const uint8_t ptr[TSSB_PTR_SIZE], uint16_t credit);

/* When tssb_node_wake is next due; TSSB_NEVER where it is not. */
uint64_t tssb_node_next_wake(const struct tssb_node *node);

/* Does all that is due by now. */
void tssb_node_wake(struct tssb_node *node, uint64_t now_ns);

/* For strategies. */

/* Sends a WANT for the entry after the replica's front, on every face. */
void tssb_node_want_next(struct tssb_node *node, uint32_t replica);

/* Sets when the strategy's timeout is due for this replica, in place of what was set before. */
void tssb_node_set_timer(struct tssb_node *node, uint32_t replica, uint64_t at_ns);

#endif
