/* A world: the virtual nodes of a scenario, each running the core, on a network engine, in
 * simulated time. world_init, world_watch..., world_run, read the outcome, world_close. */
#ifndef WORLD_H
#define WORLD_H

#include <signal.h>

#include "observer.h"
#include "sim/scenario/scenario.h"

/* What a node counts. */
struct node_counts {
    uint64_t sent_packets, sent_bytes;         /* a packet counts once a face that it leaves on */
    uint64_t received_packets, received_bytes; /* that reached the node, duplicates included */
    uint32_t wants_sent;                       /* WANT packets, a face each */
    uint32_t entries_sent;
    uint32_t appended;      /* from others */
    uint32_t duplicates;    /* entries received that it held already */
    uint32_t dropped;       /* packets that the network did not deliver to it */
    uint32_t verifications; /* signatures that it alone would have checked */
    uint64_t airtime_ns;    /* that its packets took on radios, and on links with a rate */
    uint64_t energy_nj;     /* that its radios took to send */
    uint32_t blobs;         /* of side chains, stored */
    uint64_t stream_bytes;  /* of byte streams, delivered to it */
    uint64_t stream_ns;     /* from the beginning of a stream to its last byte, the longest; 0 where
                               none was delivered whole */
};

/* How a node stands with a feed that it follows. */
struct follow_counts {
    uint32_t entries;    /* held */
    uint32_t catchups;   /* times that it was behind */
    uint64_t catchup_ns; /* the longest catch-up that ended; 0 where there was none */
    bool behind;         /* at the end of the run */
};

/* Counts over the whole run. */
struct world_totals {
    uint64_t events;          /* all that the queue gave out */
    uint64_t deliveries;      /* packets that reached a node */
    uint64_t verifications;   /* signatures really checked: once an entry and world */
    uint64_t simulated_ns;    /* the run's end */
    struct node_counts nodes; /* the sums */
};

enum world_end { WORLD_DONE, WORLD_INTERRUPTED };

enum { DIGEST_SIZE = 16 };

struct engine;
struct world; /* opaque: sim/world_state.h for the simulator's own modules */

/* Builds the world of a scenario, which outlives it. Returns 0, TSSB_E_MEMORY, or another core
 * error. */
int world_create(struct world **world, const struct scenario *scenario);

/* The same on another engine than the built-in one, which has checked the scenario. */
int world_create_on(struct world **world, const struct scenario *scenario,
                    const struct engine *engine);
void world_close(struct world *world);

/* Tells the observer of all that happens from now on; before world_run. The caller keeps it. */
void world_watch(struct world *world, struct observer *observer);

/* How a run is interrupted, or just looked at: something (a signal handler) sets *flag, and between
 * two events the world calls handle, which sets it back and returns whether the run is to stop. */
struct world_interrupt {
    volatile sig_atomic_t *flag;
    bool (*handle)(void *context, const struct world *world);
    void *context;
};

/* The real world, for a scenario with real faces or one that runs in real time. Either may be NULL.
 */
struct world_outside {
    /* A packet leaves by the scenario's face of this index. answer: it answers a request. */
    void (*send)(void *context, uint32_t face, const uint8_t *bytes, size_t size, bool answer);
    /* Lets real time pass until the moment at_ns of the run has come, or something else has.
     * Returns whether the moment has come; if not, it is called again. It may call world_inject. */
    bool (*wait)(void *context, uint64_t at_ns);
    void *context;
};

/* Connects the world; before world_run. outside is borrowed. */
void world_connect(struct world *world, const struct world_outside *outside);

/* A packet comes in by the scenario's face of this index, at this moment or, where the run is past
 * it already, at once. Of longer packets the first TSSB_PACKET_SIZE bytes count, as a PoC-01 node
 * reads them. Returns 0 or TSSB_E_MEMORY. */
int world_inject(struct world *world, uint32_t face, uint64_t at_ns, const uint8_t *bytes,
                 size_t size);

/* Ends the run at this moment, where that is before the scenario's duration: for repeating a run
 * that was interrupted then. Before world_run. */
void world_end_at(struct world *world, uint64_t end_ns);

/* Runs to the end. interrupt: NULL where nothing will.
 * Returns 0 or a core error, with *end saying how it ended. */
int world_run(struct world *world, const struct world_interrupt *interrupt, enum world_end *end);

/* The moment that the run has reached. */
uint64_t world_now_ns(const struct world *world);

/* The outcome: any time after world_run. Indices as in the scenario; feeds count from 0. */
const struct scenario *world_scenario(const struct world *world);
const struct world_totals *world_totals(const struct world *world);
uint32_t world_feed_count(const struct world *world);
uint32_t world_feed_author(const struct world *world, uint32_t feed);
uint32_t world_face_count(const struct world *world, uint32_t node);    /* real ones come last */
const uint8_t *world_feed_id(const struct world *world, uint32_t feed); /* 32 B */
uint32_t world_feed_front(const struct world *world, uint32_t feed);    /* the author's */
struct node_counts world_node_counts(const struct world *world, uint32_t node);
/* False where the node does not follow the feed. */
bool world_follow_counts(const struct world *world, uint32_t node, uint32_t feed,
                         struct follow_counts *counts);
/* The n-th feed that a node follows, from 0; FEED_NONE past the last. */
uint32_t world_followed(const struct world *world, uint32_t node, uint32_t nth);
/* The running state of a node that the digest is made of. */
uint64_t world_node_digest(const struct world *world, uint32_t node);
/* Whether the expectation of this index was met. */
bool world_expectation_met(const struct world *world, uint32_t expectation);
void world_digest(const struct world *world, uint8_t digest[DIGEST_SIZE]);
/* Nanoseconds of real time that world_run took. */
uint64_t world_wall_ns(const struct world *world);

#endif
