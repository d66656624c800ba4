/* Side chains that are being fetched, and how many blobs to have under way (PROTOCOL.md 3 and 4).
 *
 * A chain can only be asked for from its first missing blob on: what comes behind a blob stands in
 * that blob. So a chain is fetched in rounds: a request with a credit, that many blobs, the next
 * request. The credit is the length of a round; where it is adaptive, it grows while all of it
 * arrives and shrinks to what did where it does not, be it for loss or for the limit of who
 * answers.
 *
 * State and arithmetic alone; node_fetch.c reads, asks and stores. */
#ifndef TSSB_FETCH_H
#define TSSB_FETCH_H

#include "blob_stash.h"
#include "chain.h"
#include "rtt.h"
#include "types.h"

/* When a node fetches the side chains of the feeds that it follows. */
struct tssb_blob_policy {
    const char *name;
    bool as_they_come; /* as soon as the entry is there, or found incomplete after a restart */
    bool when_they_are_read; /* tssb_node_fetch */
};

/* "eager", "lazy", "never", ended by a NULL name. */
extern const struct tssb_blob_policy tssb_blob_policies[];

/* NULL where there is no such policy. */
const struct tssb_blob_policy *tssb_blob_policy_find(const char *name);

struct tssb_blob_settings {
    const struct tssb_blob_policy *policy; /* NULL: never */
    uint16_t credit;                       /* blobs a round; 0: adaptive */
};

enum {
    TSSB_FETCHES_MAX = 16,   /* chains in progress at one time */
    TSSB_CREDIT_FIRST = 128, /* of the adaptive credit */
    TSSB_CREDIT_MAX = 1024,
    TSSB_FETCH_STALLED = 4,   /* so many requests in vain, and a chain gives way to others */
    TSSB_FETCH_OVERTAKEN = 3, /* blobs ahead of the one that is due say that it is lost */
    TSSB_FETCH_DENSE = 8,     /* gaps as close as that are asked for together */
};

enum tssb_fetch_state {
    TSSB_FETCH_WALKS, /* past blobs that are held, a few at a time */
    TSSB_FETCH_READY, /* is to ask */
    TSSB_FETCH_WAITS, /* for an answer, until due_ns */
};

/* A chain in progress. */
struct tssb_fetch_chain {
    struct tssb_chain_reader reader; /* at the first blob that is missing, as far as is known */
    uint64_t asked_ns, heard_ns;     /* the last request, and the last blob */
    uint64_t due_ns;
    uint32_t replica, seq;
    uint16_t awaited; /* blobs of the last request that are still to come */
    uint16_t came;    /* blobs of it that have */
    uint8_t misses;   /* requests in a row that brought nothing */
    uint8_t state;    /* enum tssb_fetch_state */
    bool repairs;     /* the last request was for a blob that others have overtaken */
    bool dense;       /* the last gap was close behind the one before */
    uint32_t kept;    /* what fetch.kept was when its last blob came */
};

/* The credit. */
struct tssb_credit {
    uint16_t size;     /* blobs under way at one time */
    bool fixed, lossy; /* lossy: it has been too large once, and grows with care since */
    uint8_t patience;  /* full rounds before it grows; doubles each time that it was too large */
    uint8_t full;      /* full rounds so far */
};

void tssb_credit_init(struct tssb_credit *credit, uint16_t fixed);

/* All of a request has come, so many blobs. Where it was about as large as it could be: eight times
 * as much the next time, until the first loss; from then on a little more after each `patience` of
 * these. */
void tssb_credit_full(struct tssb_credit *credit, uint16_t came);

/* A part of it came, and then nothing more. */
void tssb_credit_short(struct tssb_credit *credit, uint16_t came);

/* How many blobs to ask for, of a chain that lacks `left`, while `under_way` blobs are awaited in
 * all; 0: better wait. */
uint16_t tssb_credit_room(const struct tssb_credit *credit, uint64_t left, uint32_t under_way);

/* What a node's fetching has done, in numbers. */
/* clang-format off */
#define TSSB_FETCH_COUNT_TABLE(X) \
    X(need_packets) \
    X(need_timeouts)    /* requests that were not answered, or not to their end */ \
    X(need_repairs)     /* requests for a blob that others had overtaken */ \
    X(blobs_fetched) \
    X(chains_complete)  /* that were incomplete when they were looked at */ \
    X(chains_broken)    /* shorter or longer than they declare; given up */ \
    X(chains_put_off)   /* in favour of others, since nobody answered */
/* clang-format on */

struct tssb_fetch_counts {
#define TSSB_FETCH_COUNT_FIELD(name) uint64_t name;
    TSSB_FETCH_COUNT_TABLE(TSSB_FETCH_COUNT_FIELD)
#undef TSSB_FETCH_COUNT_FIELD
};

/* How far the entries of a replica have been looked at, for chains. */
struct tssb_fetch_place {
    uint32_t looked_seq; /* up to and with this one, but for ... */
    uint32_t back_seq;  /* ... those that were there at the start, from the anchor up to this one */
    uint32_t again_seq; /* the first one that was put off since; 0 for none */
    uint32_t retry_seq; /* of those put off before, the next one to look at again; 0 for none */
};

struct tssb_fetch {
    struct tssb_fetch_chain chains[TSSB_FETCHES_MAX];
    uint32_t count;
    uint32_t turn;                   /* the replica to look at first */
    bool looks;                      /* there may be entries that have not been looked at */
    struct tssb_fetch_place *places; /* by replica */
    uint32_t place_capacity;
    struct tssb_rtt rtt; /* from a request to its first blob */
    uint64_t gap_ns;     /* smoothed, from a blob to the next */
    struct tssb_credit credit;
    struct tssb_blob_stash stash; /* blobs that came ahead of one that is missing */
    uint8_t ahead;                /* so many, since the last one that was due; up to 255 */
    uint32_t kept;                /* so many in all */
    uint64_t next_ns;             /* when something is due; TSSB_NEVER */
    uint64_t again_ns;            /* when to go back to what was put off; TSSB_NEVER */
    struct tssb_fetch_counts counts;
};

/* The chain of an entry, where it is in progress, or NULL. */
struct tssb_fetch_chain *tssb_fetch_find(struct tssb_fetch *fetch, uint32_t replica, uint32_t seq);

/* Whether any chain is at this blob. */
bool tssb_fetch_awaits(const struct tssb_fetch *fetch, const uint8_t ptr[TSSB_PTR_SIZE]);

/* Blobs awaited, but for those of chains that nobody answers. */
uint32_t tssb_fetch_under_way(const struct tssb_fetch *fetch);

/* A chain that nobody answers, the longest such one; NULL where all get on. */
struct tssb_fetch_chain *tssb_fetch_stalled(struct tssb_fetch *fetch);

/* Notes a request, or a blob, at this moment. bounds: of timeouts. */
void tssb_fetch_asked(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain, uint16_t credit,
                      const struct tssb_rtt_bounds *bounds, uint64_t now_ns);
void tssb_fetch_came(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain,
                     const struct tssb_rtt_bounds *bounds, uint64_t now_ns);

/* Notes a request for a blob that others have overtaken; those of the last request are still
 * awaited. */
void tssb_fetch_repairs(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain,
                        const struct tssb_rtt_bounds *bounds, uint64_t now_ns);

/* The chain that awaits blobs, where there is one and no more; NULL. */
struct tssb_fetch_chain *tssb_fetch_only(struct tssb_fetch *fetch);

/* A blob has come that no chain is at. Returns the chain whose blob it says is lost, and that is to
 * ask for it again; NULL: none yet, or nobody knows whose. */
struct tssb_fetch_chain *tssb_fetch_overtaken(struct tssb_fetch *fetch);

/* The chain's due_ns has come without what it waited for: it is to ask again. */
void tssb_fetch_timed_out(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain);

#endif
