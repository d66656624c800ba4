/* A node: what it follows, what it serves, what it asks for (PROTOCOL.md 4 and 5). Sans I/O: the
 * host (a real program, the simulator, a fuzzer) hands packets and time in, and gets packets out
 * through a table of callbacks.
 *
 * The host's loop: tssb_node_receive for each packet, tssb_node_append for what the application
 * writes, and tssb_node_wake when tssb_node_next_wake has come. Callbacks run inside these calls
 * and must not call back in. */
#ifndef TSSB_NODE_H
#define TSSB_NODE_H

#include "answers.h"
#include "dmx.h"
#include "fetch.h"
#include "forks.h"
#include "interests.h"
#include "mem.h"
#include "overheard.h"
#include "replica.h"
#include "scheme.h"
#include "stash.h"
#include "store.h"
#include "strategy.h"
#include "timers.h"
#include "types.h"

/* What a node did with a packet. */
/* clang-format off */
#define TSSB_FATE_TABLE(X) \
    X(UNMATCHED,  "unmatched")  /* no armed DMX or pointer: dropped, or kept in the stash */ \
    X(APPENDED,   "appended")   /* the entry that was due */ \
    X(ANSWERED,   "answered")   /* a request; at least one packet went back, or will */ \
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
    bool answer;                  /* it answers a request */
    const struct tssb_feed *feed; /* NULL for NEED and blob */
    uint32_t seq;                 /* of the entry or of the first request; 0 for NEED and blob */
};

/* Two entries that an author signed at one place: anyone can check it who knows the feed's ID. */
struct tssb_fork {
    const struct tssb_replica *replica; /* stays as it is: on the branch that it saw first */
    uint32_t seq;
    const uint8_t *prev;         /* 20 B, the MID that both follow */
    const uint8_t *held, *other; /* 120 B each; valid during the callback */
};

struct tssb_host {
    /* Sends on one face, or on every face where face is TSSB_ALL_FACES. */
    void (*send)(void *context, uint32_t face, const struct tssb_packet *packet);
    /* The replica's front has moved to seq: by a packet, or by tssb_node_append. */
    void (*appended)(void *context, const struct tssb_replica *replica,
                     const uint8_t wire[TSSB_ENTRY_SIZE]);
    /* A blob that was asked for is stored. */
    void (*blob_stored)(void *context, const uint8_t ptr[TSSB_PTR_SIZE]);
    /* How many faces there are, numbered from 0. Policies that treat one face apart want it: relay,
     * and the suppressing of requests. */
    uint32_t (*face_count)(void *context);
    /* 64 random bits: number nth of this node's own stream, where a host wants repeatable runs.
     * Only policies that wait a random time want it. */
    uint64_t (*random)(void *context, uint64_t nth);
    /* A side chain that was being fetched is whole, or was found to be shorter or longer than its
     * entry declares and is given up. NULL where the host need not know. */
    void (*chain_done)(void *context, uint32_t replica, uint32_t seq, bool whole);
};

/* Who sends an entry without being asked for it. */
enum tssb_forward {
    TSSB_FORWARD_AUTHOR,     /* its author, on every face: the protocol's way */
    TSSB_FORWARD_RELAY,      /* and each node that appends it, on every face but that it came by */
    TSSB_FORWARD_SUBSCRIBED, /* and each node that has been asked for it lately, where it was */
};

/* "author", "relay", "subscribed", by enum tssb_forward, ended by NULL. */
extern const char *const tssb_forward_names[];

/* What many nodes may share; not copied, outlives the node. */
struct tssb_node_config {
    const struct tssb_host *host;
    const struct tssb_strategy *strategy;
    const struct tssb_trust *trust;
    const struct tssb_mem *mem;
    struct tssb_strategy_settings asking;
    struct tssb_blob_settings blobs; /* side chains of what it follows */
    /* An answer waits for a random time below this, and is not sent at all where another node is
     * heard sending that very entry on the same face. 0: answers go out at once. */
    uint64_t backoff_ns;
    /* What somebody else was heard asking for on a face, this node does not ask for there until so
     * much time has passed. 0: it does not care. */
    uint64_t suppress_ns;
    enum tssb_forward forward;
    uint64_t subscription_ns; /* how long a subscribed request counts */
    uint16_t range_limit;     /* entries that answer one RANGE, whatever its credit */
    uint16_t need_limit;      /* blobs that answer one NEED packet, whatever the credits */
    bool serve;               /* false: never answers a request */
    bool count;               /* keep tssb_node_counts */
    /* A packet proves that a feed has forked: told once for each replica, in the host's context.
     * NULL: nobody looks for other entries at the places of those appended last. */
    void (*forked)(void *context, const struct tssb_fork *fork);
};

/* The protocol's defaults, with strategy single, ed25519 and libc's memory; host is NULL. */
extern const struct tssb_node_config tssb_node_defaults;

enum { TSSB_WANTED_BLOBS_MAX = 64 }; /* pointers that a node awaits at one time */

struct tssb_wanted_blob {
    uint8_t ptr[TSSB_PTR_SIZE];
    uint16_t credit; /* blobs of this chain that are still to come, this one included */
};

/* What a node does, in numbers. */
/* clang-format off */
#define TSSB_NODE_COUNT_TABLE(X) \
    X(want_packets) \
    X(want_requests)      /* in those packets */ \
    X(range_packets) \
    X(entries_answered) \
    X(answers_cancelled)  /* another node was heard giving the same answer */ \
    X(answers_dropped)    /* too many were waiting */ \
    X(requests_suppressed) /* somebody else had asked */ \
    X(entries_relayed) \
    X(subscriptions_served) \
    X(stash_hits)         /* early packets that were appended in the end */ \
    X(stash_overflows)    /* early packets that gave way to later ones */
/* clang-format on */

struct tssb_node_counts {
#define TSSB_NODE_COUNT_FIELD(name) uint64_t name;
    TSSB_NODE_COUNT_TABLE(TSSB_NODE_COUNT_FIELD)
#undef TSSB_NODE_COUNT_FIELD
};

/* What only a node needs that asks ahead, keeps early packets, or has a policy of its own. */
struct tssb_extras {
    struct tssb_node_counts counts;
    struct tssb_stash stash;
    struct tssb_answers answers;
    struct tssb_interests interests;
    struct tssb_overheard *overheard; /* NULL where nothing is suppressed */
    struct tssb_forks *forks;         /* NULL where nobody looks for them */
    uint8_t *asking;                  /* the strategy's state: of the node, then of each replica */
    uint32_t asking_capacity;
    uint32_t asker;    /* the replica that asked last */
    uint64_t heard_ns; /* when an entry, or what may be one, last came in */
    uint64_t draws;    /* random numbers so far */
};

/* What receiving a packet reads stands first, within one cache line. */
struct tssb_node {
    const struct tssb_node_config *config;
    void *host_context;
    struct tssb_store *store; /* borrowed */
    struct tssb_dmx_table armed;
    struct tssb_extras *extras; /* NULL where nothing of it is configured */
    struct tssb_fetch *fetch;   /* NULL where side chains are not fetched */
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
 * be now. Answers that waited are not given any more: who asked has waited longer. */
void tssb_node_start(struct tssb_node *node, uint64_t now_ns, uint64_t first_ns);

/* Takes a packet of any size and content that came in through a face. */
enum tssb_fate tssb_node_receive(struct tssb_node *node, uint32_t face, const uint8_t *packet,
                                 size_t size, uint64_t now_ns);

/* Authors an entry: plain where it fits 48 B, else a side chain. Pushes it on every face.
 * Returns 0, TSSB_E_READ_ONLY, TSSB_E_LAST, TSSB_E_MEMORY or what the store returned (nothing is
 * then sent). */
int tssb_node_append(struct tssb_node *node, const void *content, size_t size);

/* Content that is read piece by piece, from its end to its beginning. */
struct tssb_content {
    uint64_t size;
    /* Reads `count` bytes at `offset`, at most TSSB_CHAIN_PIECE_SIZE of them. Returns 0 or a
     * negative code, with which the append then ends. */
    int (*read)(void *context, uint64_t offset, uint8_t *bytes, size_t count);
    void *context;
};

/* As tssb_node_append, of content that need not be in memory. */
int tssb_node_append_from(struct tssb_node *node, const struct tssb_content *content);

/* Asks every face for a blob and those that follow it in its chain, `credit` in all, and awaits
 * them. Asking again for an awaited one sends the request again. Returns 0, TSSB_E_MEMORY or
 * TSSB_E_FULL. */
int tssb_node_need(struct tssb_node *node, const uint8_t ptr[TSSB_PTR_SIZE], uint16_t credit);

/* The application reads an entry: where it is a side chain that lacks blobs, fetches them, unless
 * the policy is never. It is asked again after a restart. Blobs are told by blob_stored.
 * Returns 0; TSSB_E_NOT_FOUND where the replica does not hold the entry or the policy is never;
 * TSSB_E_FULL where too many chains are in progress; TSSB_E_VARINT or TSSB_E_CHAIN_END where the
 * entry is no chain. */
int tssb_node_fetch(struct tssb_node *node, uint32_t replica, uint32_t seq, uint64_t now_ns);

/* What fetching has done; all zero where the node does not. */
struct tssb_fetch_counts tssb_node_fetch_counts(const struct tssb_node *node);

/* When tssb_node_wake is next due, which may be past already; TSSB_NEVER where it is not. */
uint64_t tssb_node_next_wake(const struct tssb_node *node);

/* Does all that is due by now. */
void tssb_node_wake(struct tssb_node *node, uint64_t now_ns);

/* The node's counts; all zero where its configuration neither asks for them nor needs extras. */
struct tssb_node_counts tssb_node_counts(const struct tssb_node *node);

/* For strategies (node_ask.c). */

/* Asks for these entries of the replica's feed, at most TSSB_WANTS_MAX, in one WANT on every face.
 * Those that somebody else was just heard asking for are left out. Returns whether anything was
 * sent. */
bool tssb_node_want(struct tssb_node *node, uint32_t replica, const uint32_t *seqs, size_t count,
                    uint64_t now_ns);

/* Asks for `credit` entries from seq on, in one RANGE on every face. except_stash: but for what
 * lies in the stash, as far as packet_size leaves room to say so. */
void tssb_node_range(struct tssb_node *node, uint32_t replica, uint32_t seq, uint16_t credit,
                     bool except_stash);

/* How long to hesitate before asking where others ask for the same feed: a random time below
 * suppress_ns, 0 where nobody was heard. */
uint64_t tssb_node_hesitation(struct tssb_node *node, uint32_t replica, uint64_t now_ns);

/* Sets when the strategy's timeout is due for this replica, in place of what was set before. */
void tssb_node_set_timer(struct tssb_node *node, uint32_t replica, uint64_t at_ns);

/* The setting of that name, or the strategy's default. */
uint32_t tssb_node_window_size(const struct tssb_node *node);

/* The strategy's own state: of the node (shared_size bytes), of a replica (replica_size bytes).
 * Zeroed at first. */
void *tssb_node_shared_state(struct tssb_node *node);
void *tssb_node_replica_state(struct tssb_node *node, uint32_t replica);

#endif
