/* The inside of a world, for the modules of the simulator that make it up: world.c (nodes and what
 * happens to them), follow.c (who is behind), timeline.c (faults, production, judgement), outage.c,
 * churn.c and flood.c (what faults do to nodes, and nodes to others), adversary/ and the engines.
 */
#ifndef WORLD_STATE_H
#define WORLD_STATE_H

#include <stdalign.h>

#include "bound.h"
#include "core/node.h"
#include "core/pool.h"
#include "cost.h"
#include "engine.h"
#include "fate.h"
#include "flight.h"
#include "local_clock.h"
#include "partition.h"
#include "slab.h"
#include "world.h"

/* How a node stands with a replica that it follows. */
struct follow {
    uint64_t since_ns;   /* of the catch-up that is going on; TSSB_NEVER where none is */
    uint64_t longest_ns; /* of those that ended */
    uint32_t catchups;
    uint32_t front_then; /* where the replica stood when the catch-up began */
};

enum { CACHE_LINE = 64 };

/* What keeps a node off: bits. */
enum outage_reason { OFF_BY_ITEM = 1, OFF_BY_CHURN = 2, OFF_BEFORE_JOINING = 4 };

/* What each delivery touches stands first: one cache line, and the first one of the core. */
struct sim_node {
    alignas(CACHE_LINE) uint64_t digest; /* of all that has happened to it */
    uint64_t up_since_ns;                /* when it last came up */
    uint64_t wake_ns; /* what its clock shows at the wake event that counts; TSSB_NEVER for none */
    uint64_t received_packets, received_bytes;
    struct world *world;
    uint32_t duplicates, dropped;
    uint32_t caused;  /* events so far: the counter that orders them */
    uint16_t offline; /* why it is off: enum outage_reason; 0: it is up */
    uint8_t real_faces;
    bool is_bridge;
    struct tssb_node core;
    struct follow *follows; /* by the index of the replica */
    uint64_t sent_packets, sent_bytes;
    uint32_t wants_sent, entries_sent, appended, blobs;
    uint32_t starts;           /* how often it came up */
    uint8_t first_real_face;   /* index in the scenario */
    struct chain_list *chains; /* that it fetches (chains.h); NULL before the first */
    uint64_t airtime_ns;       /* that its packets took on radios, and on links with a rate */
    uint64_t energy_nj;        /* that its radios took to send */
    struct bridge *bridge;     /* NULL for a node of the protocol */
    uint32_t outages;          /* items of the timeline that keep it off */
    uint32_t outages_from;     /* index of the first fault that may be one of them */
    struct tssb_pool_view store;
    struct flow_end *flows;           /* ends of streams; NULL for none */
    uint64_t stream_bytes, stream_ns; /* as in struct node_counts */
};

struct world_feed {
    struct tssb_key key;
    uint64_t *authored_ns; /* when the author wrote entry i + 1 */
    uint32_t author;       /* node */
    uint32_t front, capacity;
    uint32_t produced; /* of produce.entries */
    uint64_t due_ns;   /* when the next one is to be written, by the author's clock */
    uint32_t followers;
    uint32_t level; /* of them, who hold all that there is */
};

struct world {
    const struct scenario *scenario;
    const struct engine *engine;
    void *engine_state;
    const struct world_outside *outside; /* NULL for none */
    uint64_t now_ns;
    uint64_t end_ns; /* nothing after this moment happens */
    struct sim_node *nodes;
    uint64_t *node_keys;        /* of random streams */
    struct local_clock *clocks; /* of all nodes; NULL where none has one of its own */
    struct partitions partitions;
    struct flights flights;
    uint32_t from;     /* sender of the packet that is being received */
    uint32_t caused;   /* events of the world itself */
    uint32_t injected; /* packets from outside */
    bool watched;      /* an observer wants packets */
    bool measured;     /* an observer wants measures */
    bool running;      /* packets go out; false while what exists at the start is made */
    int error;         /* the first that happened inside a callback; ends the run */
    struct observer *observers;
    struct world_feed *feeds;
    uint32_t feed_count;
    uint32_t behind_feeds; /* feeds that some follower does not hold to the end */
    uint32_t open_chains;  /* side chains that are being fetched, over all nodes */
    uint32_t unfinished_authors;
    uint32_t unfinished_flows; /* ends of streams that are not over */
    uint32_t faults_left;
    struct tssb_node_config *configs; /* one a group */
    struct tssb_trust trust;
    struct tssb_pool pool;
    struct slab slab;
    struct churning *churning;       /* by node; NULL before the first churn */
    struct adversaries *adversaries; /* NULL where nobody attacks */
    struct arena notes;              /* faults that no item of the timeline is, for observers */
    struct costs *costs;             /* of catch-ups; NULL where nobody wants to know, as is ... */
    struct bound *bound;             /* ... what could have been */
    bool *met, *judged;              /* by expectation */
    struct world_totals totals;
    uint64_t wall_ns;
};

static inline uint32_t node_index(const struct sim_node *node) {
    return (uint32_t)(node - node->world->nodes);
}

/* What a node's clock shows now. */
static inline uint64_t world_local_ns(const struct world *world, uint32_t node) {
    return world->clocks ? local_clock_shows(&world->clocks[node], world->now_ns) : world->now_ns;
}

/* The moment at which a node's clock shows this, or now where it does already. */
static inline uint64_t world_when(const struct world *world, uint32_t node, uint64_t local_ns) {
    if (!world->clocks)
        return local_ns;
    uint64_t at_ns = local_clock_when(&world->clocks[node], local_ns);
    return at_ns > world->now_ns ? at_ns : world->now_ns;
}

/* Folds a word into a node's digest. */
static inline void digest_fold(uint64_t *digest, uint64_t word) {
    uint64_t mixed = (*digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    *digest = mixed ^ mixed >> 32;
}

/* Hands an event of a node (or of the world: node TSSB_NO_REPLICA) to the engine. */
void world_schedule(struct world *world, uint32_t node, uint64_t at_ns, enum event_kind kind,
                    uint32_t target);

/* The same for an event that says more: its time, kind and what goes with that are filled in. Fills
 * in the rest. */
void world_schedule_event(struct world *world, uint32_t node, struct event *event);

/* A packet has come to the end of its way: the node gets it, or the network's fate for it is noted.
 * since_ns: when it left its sender; a receiver that was off at any time since then does not get
 * it. The engine keeps its reference. */
void world_deliver(struct world *world, uint32_t to, uint32_t face, const struct flight *flight,
                   enum event_bar barred, uint64_t since_ns);

/* Sends a packet of a node, on a face or on all. packet->feed: of the world's pool. */
void world_send(struct world *world, uint32_t node, uint32_t face,
                const struct tssb_packet *packet);

/* The run ended while this packet was on its way. */
void world_leave_in_flight(struct world *world, uint32_t to, uint32_t face,
                           const struct flight *flight);

/* What is not a packet: dispatches all kinds of events but deliveries. */
void world_handle(struct world *world, const struct event *event);

/* What the cores of a world call. */
extern const struct tssb_host world_host;

/* What they call where somebody forks a feed in this world. */
void world_forked(void *context, const struct tssb_fork *fork);

/* Notes the first error; the run ends after this event. */
void world_fail(struct world *world, int error);

/* A node comes up: begins to ask, at once or at a random moment of its first interval. */
void world_start_node(struct world *world, uint32_t node);

/* Asks the engine for a wake event, if the node wants to be woken before the one that it has. */
void world_reschedule(struct world *world, struct sim_node *node);

/* follow.c */

/* Ends the run where the scenario says so, everyone is level, and nothing is left to happen. */
void follow_end_if_level(struct world *world);

/* The author has written one more entry. */
void follow_authored(struct world *world, struct world_feed *feed);

/* A replica's front has moved by one entry. */
void follow_advanced(struct world *world, struct sim_node *node, uint32_t replica);

/* The node has come up or been reconnected: where it is behind, a catch-up begins. */
void follow_reconnected(struct world *world, struct sim_node *node);

/* The node goes off, or the run ends: notes the catch-ups that have begun and that no entry has
 * shown yet. */
void follow_settle(struct world *world, struct sim_node *node);

/* The node is about to lose all that it holds of others. A catch-up that is going on goes on. */
void follow_lost(struct world *world, struct sim_node *node);

/* The run has ended: reports the catch-ups that have not. */
void follow_end(struct world *world, struct sim_node *node);

/* timeline.c */
void timeline_schedule(struct world *world);
void timeline_fault(struct world *world, const struct fault *fault);
void timeline_produce(struct world *world, uint32_t author);
void timeline_judge(struct world *world, uint32_t expectation);
/* Whether the author has entries still to write. */
bool timeline_unfinished(const struct world *world, const struct world_feed *feed);
/* Whether a run that stops when all are level goes on until this fault has come. */
bool timeline_awaited(const struct fault *fault);
/* Tells observers of a fault, now. It lives as long as the world. */
void timeline_tell(struct world *world, const struct fault *fault);

/* outage.c */

/* Nodes that join are off from the beginning. */
void outage_schedule(struct world *world);

/* There is one more reason for a node to be off, or some less. */
void outage_begin(struct world *world, uint32_t node, enum outage_reason reason);
void outage_end(struct world *world, uint32_t node, unsigned reasons);

void outage_offline(struct world *world, const struct fault *fault);
void outage_online(struct world *world, const struct fault *fault);
void outage_crash(struct world *world, const struct fault *fault);
void outage_wipe(struct world *world, const struct fault *fault);
void outage_join(struct world *world, const struct fault *fault);

/* churn.c */
void churn_begin(struct world *world, const struct fault *fault);
void churn_end(struct world *world, const struct fault *fault);
void churn_turn(struct world *world, const struct event *event);
/* Draws how long a node that churn concerns stays as it is, in place of what was drawn before. */
void churn_draw(struct world *world, uint32_t node);

/* flood.c */
void flood_begin(struct world *world, const struct fault *fault);
void flood_send(struct world *world, const struct event *event);

#endif
