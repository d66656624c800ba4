/* Private to the bound: bound.c (what happens), bound_send.c (what is sent), bound_state.c (what is
 * kept). */
#ifndef BOUND_STATE_H
#define BOUND_STATE_H

#include "builtin.h"
#include "ways.h"

/* How far one feed has come by one inlet of a holding. */
struct inlet {
    uint64_t free_ns;       /* when the next entry can begin to leave */
    uint64_t looks_ns;      /* when it is free, and there is more to be sent; TSSB_NEVER for none */
    uint64_t lands_ns;      /* when `sent` arrives; TSSB_NEVER where that is not sure any more */
    uint32_t sent;          /* up to this entry */
    uint32_t arrived;       /* up to this one */
    uint32_t announced;     /* up to this one, to the holding */
    uint32_t queued;        /* up to this one, with a sender who may be gone since; 0: none */
    uint32_t queued_at;     /* whose way this is */
    uint32_t keep;          /* of those that wait, so many keep the times that were */
    struct way_times times; /* of the last one, and the least of those that came since */
    uint32_t blocked;       /* up to this one, by a partition when it arrived */
    uint32_t flying;        /* events */
    uint32_t rests;         /* of the holding, as far as this inlet knows */
    bool renews;            /* an event is due when its times change */
    bool alone;             /* a single way matters */
};

/* What a node could have of a feed. */
struct holding {
    struct inlet *inlets; /* by face; NULL where the node neither holds the feed nor forwards it */
    struct holding *shadow; /* of a catch-up; NULL for none */
    uint64_t *times;        /* when each entry could have come that has not come yet, up to front */
    uint64_t reported_ns;   /* when the last one could have that has come */
    uint32_t taken;         /* entries that have come, or were there from the beginning */
    uint32_t capacity, skipped; /* times: of the first ones, so many have been taken */
    uint32_t front;             /* what it could have */
    uint32_t announced;         /* what it could have, were it for the inlets' queues */
    uint32_t count;           /* what could have come by all inlets; only where there are several */
    uint32_t flying, waiting; /* the sums over its inlets */
    uint32_t rests, rested;   /* how often nothing was on its way, and what it had then */
    uint32_t life;            /* events of others are void */
    uint32_t inlets_that_matter;
    bool up;
    bool passes_through; /* of a bridge: nobody asks when what could have come */
};

struct bound_feed {
    struct holding *holdings; /* by node */
    bool *useful;             /* by way */
};

struct bound {
    struct queue queue;
    uint64_t now_ns;
    uint64_t cut_ns, healed_ns; /* when a partition last began, and ended; TSSB_NEVER before */
    struct ways ways;
    struct bound_feed *feeds;
    uint32_t feed_count, node_count;
    uint32_t posted, lives;
};

/* A holding of a node for a feed, or its shadow. */
struct spot {
    uint32_t feed, node;
    struct holding *holding;
    bool is_shadow;
};

static inline struct inlet *bound_inlet(const struct bound *bound, const struct spot *spot,
                                        uint32_t inlet) {
    return &spot->holding->inlets[inlet - bound->ways.first_inlet[spot->node]];
}

enum bound_event {
    ARRIVES,   /* target: the way; face: the last entry */
    ANNOUNCED, /* the same, but for what stands before it in the inlet's queue */
    LOOK,      /* target: the inlet, which is free again */
    RENEW      /* target: the inlet, whose times have changed */
};

/* The holding begins anew with what it has; what is on its way to it is void. */
void bound_restart(struct bound *bound, const struct spot *spot, bool up);

/* The holding has nothing any more. */
void bound_forget(struct holding *holding);

/* Where nothing is on its way to a holding, there is no use in what its neighbours may still bring
 * of what it has. An inlet that was not looked at since then begins from there. */
void bound_let_rest(const struct bound *bound, const struct spot *spot, struct inlet *inlet);

/* Times change: what waits was queued with those that were. */
void bound_keep_times(struct inlet *inlet);

/* Each time becomes that of others where it is less. */
void bound_keep_least(struct way_times *times, const struct way_times *others);

/* How long an entry travels that leaves now by this way's inlet, at the least. */
uint64_t bound_travel_ns(const struct world *world, const struct spot *spot, const struct way *way,
                         const struct way_times *times);

/* Notes that entries up to seq could have come now. Returns 0 or TSSB_E_MEMORY. */
int bound_note(struct holding *holding, uint32_t seq, uint64_t now_ns);

/* When the entry could have come, which has now; TSSB_NEVER where it is not known. */
uint64_t bound_take(struct holding *holding, uint32_t seq);

/* Gives a holding a shadow that holds up to seq. Returns 0 or TSSB_E_MEMORY. */
int bound_add_shadow(struct bound *bound, const struct spot *spot, uint32_t seq);
void bound_drop_shadow(struct holding *holding);

/* Offers by all ways into an inlet; or what a node has, to all its neighbours and their shadows. */
void bound_offer_into(struct world *world, const struct spot *spot, uint32_t inlet);
void bound_offer_out(struct world *world, uint32_t feed, uint32_t node);

/* Whether an inlet is a radio's. */
bool bound_is_radio(const struct world *world, uint32_t inlet);

#endif
