/* Who watches a run: the recorder and the trace are observers, the world tells each what happens.
 * Watching changes nothing: the digest is the same with any observers or none. */
#ifndef OBSERVER_H
#define OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

struct world;
struct fault;

/* A packet at one receiver. Times are simulated nanoseconds. */
struct sighting {
    uint64_t sent_ns, at_ns;
    uint8_t kind; /* enum tssb_packet_kind */
    uint16_t size_bytes;
    uint32_t feed; /* index in world, or FEED_NONE where the packet is about none (NEED, blob) */
    uint32_t seq;  /* of the entry, or of the first request */
    uint32_t from_node, to_node;
    uint32_t face;        /* of the receiver */
    unsigned fate;        /* enum fate */
    bool reached;         /* the receiver; if not, its fate is why */
    const uint8_t *bytes; /* size_bytes of them, valid during the call */
};

/* A packet as it leaves a node. face is TSSB_ALL_FACES where it goes out on all. */
struct departure {
    uint64_t at_ns;
    uint8_t kind;
    uint16_t size_bytes;
    uint32_t feed, seq;
    uint32_t node, face;
    uint32_t to_node;     /* NODE_NONE where it goes to all on a medium, or on all faces */
    const uint8_t *bytes; /* size_bytes of them, valid during the call */
};

struct arrival {
    uint64_t at_ns;
    uint32_t node, feed, seq;
    uint32_t from_node; /* equals node where it authored the entry itself */
    uint64_t bound_ns;  /* when it could have come at the earliest (bound.h); TSSB_NEVER: unknown */
    const uint8_t *wire; /* the entry, 120 B, valid during the call */
};

/* What happened at a node for a feed during a catch-up. A packet counts once a face that it leaves
 * on. */
/* clang-format off */
#define CATCHUP_COST_TABLE(X) \
    X(uint32_t, want_packets)      /* sent */ \
    X(uint32_t, want_requests)     /* in WANT packets, which may ask for several entries */ \
    X(uint32_t, range_packets)     /* sent */ \
    X(uint32_t, received_entries)  /* entry packets that reached the node */ \
    X(uint32_t, useful_entries)    /* appended, from the stash as well */ \
    X(uint32_t, duplicate_entries) /* received though held already */ \
    X(uint32_t, stash_hits)        /* early entries whose turn came */ \
    X(uint32_t, stash_overflows)   /* early entries that found no place */ \
    X(uint64_t, sent_bytes)        /* of all packets of this feed */ \
    X(uint64_t, received_bytes)    /* of all packets of this feed that reached the node */ \
    X(uint64_t, airtime_ns)        /* that the node's packets took: radios, and links with a rate */
/* clang-format on */

struct catchup_costs {
#define CATCHUP_COST_FIELD(type, name) type name;
    CATCHUP_COST_TABLE(CATCHUP_COST_FIELD)
#undef CATCHUP_COST_FIELD
};

struct catchup {
    uint32_t node, feed;
    uint64_t since_ns;
    uint64_t until_ns; /* TSSB_NEVER where the run ended first */
    uint32_t entries;  /* appended meanwhile */
    uint64_t bound_ns; /* how long it would have taken at least (bound.h); TSSB_NEVER: unknown */
    struct catchup_costs costs; /* for observers that want measures */
};

/* A side chain that a node fetches, of an entry that it has appended. */
struct chain_fetch {
    uint32_t node, feed, seq;
    uint32_t blobs;    /* that the entry declares; UINT32_MAX: so many or more */
    uint64_t since_ns; /* when the entry came */
    uint64_t until_ns; /* when the chain was whole; TSSB_NEVER: it never was */
};

/* A node has found two entries that an author signed at one place. It keeps the one that it held.
 */
struct fork_proof {
    uint64_t at_ns;
    uint32_t node, feed, seq;
    const uint8_t *prev;         /* 20 B, the MID that both follow */
    const uint8_t *held, *other; /* 120 B each; valid during the call */
};

/* A packet that came in by a real face. */
struct injection {
    uint64_t at_ns;
    uint32_t face; /* index of the scenario's face */
    uint32_t size_bytes;
    const uint8_t *bytes; /* valid during the call */
};

/* A function that is NULL is not called. */
struct observer {
    bool wants_packets; /* sent, receiving and received are only called for observers that want them
                         */
    bool wants_measures; /* what catch-ups cost, and bounds: worked out where one wants them */
    void (*sent)(struct observer *observer, const struct departure *departure);
    /* Before and after the receiver acts: what it sends between the two is its answer. */
    void (*receiving)(struct observer *observer, const struct sighting *sighting);
    void (*received)(struct observer *observer, const struct sighting *sighting);
    void (*appended)(struct observer *observer, const struct arrival *arrival);
    void (*fault)(struct observer *observer, uint64_t at_ns, const struct fault *fault);
    void (*caught_up)(struct observer *observer, const struct catchup *catchup);
    void (*forked)(struct observer *observer, const struct fork_proof *proof);
    void (*injected)(struct observer *observer, const struct injection *injection);
    void (*fetched)(struct observer *observer, const struct chain_fetch *fetch);
    struct observer *next;
};

/* What is about no feed; what is to no single node; what comes from or goes to the real world. */
enum { FEED_NONE = UINT32_MAX, NODE_NONE = UINT32_MAX, NODE_OUTSIDE = UINT32_MAX - 1 };

/* The kind of a packet from outside, which nobody has told. */
enum { PACKET_UNKNOWN = 255 };

#endif
