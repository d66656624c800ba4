/* Asking ahead: the entries after a replica's front that a node has asked for and not got yet, each
 * with its own timeout. What the strategies window, batch and adaptive share.
 *
 * A window is open while its replica is known to be behind: once an entry came as an answer, that
 * is within the timeout of its request, and until the entry after the front was asked for in vain a
 * few times. A closed one asks for that entry once an interval, and once after each entry that its
 * author pushed, as strategy single does. At the start nothing is known: it asks for one entry, but
 * not once only. */
#ifndef TSSB_WINDOW_H
#define TSSB_WINDOW_H

#include "rtt.h"
#include "strategy.h"
#include "types.h"

struct tssb_node;

/* How often in a row the entry after the front is asked for before the window closes: where nothing
 * comes in, where nothing is known yet, and where something else comes in. */
enum { TSSB_TRIES_SILENT = 6, TSSB_TRIES_PROBING = 4, TSSB_TRIES_MAX = 24 };

/* A request for one entry. */
struct tssb_asked {
    uint64_t sent_ns; /* the last time */
    uint32_t times;
};

/* What adaptive keeps beside it. */
struct tssb_congestion {
    uint64_t least_ns;   /* the shortest round trip so far; 0: none */
    uint32_t window;     /* in parts of 1 / TSSB_CONGESTION_UNIT of a request */
    uint32_t threshold;  /* below it the window doubles each round trip, above it grows by one */
    uint32_t recovering; /* up to this entry, a loss is the one that was answered already */
};

enum { TSSB_CONGESTION_UNIT = 256 };

struct tssb_window {
    struct tssb_rtt rtt;
    struct tssb_congestion congestion;
    uint32_t asked;    /* the last entry asked for; at or below the front where none is ahead */
    uint32_t misses;   /* how often the entry after the front was asked for, and nothing came in */
    uint32_t patience; /* as the strategy has it */
    uint32_t capacity; /* slots */
    bool open;
    bool probing;              /* open, but nothing was answered yet */
    bool hesitating;           /* the timer is set to a moment's wait */
    struct tssb_asked slots[]; /* by sequence number modulo capacity */
};

/* How a strategy uses it. */
struct tssb_window_way {
    uint32_t ahead;      /* entries asked for and not here, at most */
    uint32_t per_packet; /* requests a packet, at most */
    bool fill;           /* waits until there are requests enough to fill a packet */
    uint32_t patience;   /* misses before the timeout doubles with each; 0: RFC 6298's way */
};

/* The replica_size of a strategy. */
size_t tssb_window_bytes(const struct tssb_strategy_settings *settings);

struct tssb_window *tssb_window_of(struct tssb_node *node, uint32_t replica);

/* Begins to probe. The strategy's `start`. */
void tssb_window_start(struct tssb_node *node, uint32_t replica, uint64_t now_ns);

/* The same, with nothing sent: for a strategy that starts in a way of its own. */
void tssb_window_probe(struct tssb_window *window);

/* The entry after the front was asked for at asked_ns, `times` times so far, and is still due.
 * Returns false where that was often enough. */
bool tssb_window_missed(const struct tssb_node *node, struct tssb_window *window,
                        const struct tssb_asked *request);

/* An entry was appended. Returns the round trip of its request, or 0 where that is not known: it
 * was not asked for, more than once (Karn's rule), or so long ago that it was no answer. */
uint64_t tssb_window_appended(struct tssb_node *node, uint32_t replica, uint64_t arrived_ns);

/* The same for an entry whose request the strategy kept account of. */
uint64_t tssb_window_answered(struct tssb_node *node, uint32_t replica,
                              const struct tssb_asked *request, uint64_t arrived_ns);

/* Whether a request that had a chance to be answered was not within its timeout. */
bool tssb_window_lost(struct tssb_node *node, uint32_t replica, uint64_t now_ns);

/* Asks for all that is due, and sets the timer. For `settled` and `timeout`. */
void tssb_window_settled(struct tssb_node *node, uint32_t replica, uint64_t now_ns,
                         const struct tssb_window_way *way);
void tssb_window_timeout(struct tssb_node *node, uint32_t replica, uint64_t now_ns,
                         const struct tssb_window_way *way);

/* After what time the request for what is due counts as lost: the timeout, or where enough came
 * early a round trip and a bit. The idea is TCP's fast retransmit (RFC 5681 3.2). */
uint64_t tssb_window_lost_after_ns(const struct tssb_node *node, const struct tssb_window *window);

/* The entries after the front, up to `last`, were asked for in another way before: what answers
 * them measures nothing. */
void tssb_window_asked_before(struct tssb_window *window, uint32_t front, uint32_t last);

/* Where there is a stash, early packets make room in the window, and tell what is lost. For
 * `early`.
 */
void tssb_window_early(struct tssb_node *node, uint32_t replica, uint64_t now_ns,
                       const struct tssb_window_way *way);

/* Asks for the entry after the front alone, and next time after an interval. */
void tssb_window_poll(struct tssb_node *node, uint32_t replica, uint64_t now_ns);

/* Closes it: the next request goes out after an interval. */
void tssb_window_close(struct tssb_node *node, uint32_t replica, uint64_t now_ns);

/* Requests in a packet of packet_size. */
uint32_t tssb_window_packed(const struct tssb_node *node);

#endif
