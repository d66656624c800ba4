/* A little network for stories about nodes: a few of them on one medium, each 5 ms from every
 * other, or what a test makes of it: further apart, with a rate, with loss. What happens is written
 * down as a narrative, one line an event, which expect_trace compares:
 *
 *     [60.000] nodeC > WANT nodeA 1             sent on every face
 *     [60.000] nodeC > WANT nodeA 1 2 3         three requests in one packet
 *     [60.000] nodeC > RANGE nodeA 1 x16 but 2  of 16 entries, two are held
 *     [60.000] nodeC > NEED x16                 of 16 blobs
 *     [60.005] nodeB > entry nodeA 1 to nodeC   sent on one face
 *     [60.010] nodeC appends nodeA 1
 *     [60.005] nodeD: WANT nodeA 1: not held    received, to no avail; packets that match nothing
 * leave no line
 *
 * A node's face number n leads to node number n; or, on a medium, all have one face, number 0, and
 * hear everything. All nodes share a pool, and memory that can run out. */
#ifndef TEST_NET_H
#define TEST_NET_H

#include "support.h"

#include "../node.h"
#include "../pool.h"

enum { A, B, C, D, NET_NODES, NET_FLIGHTS_MAX = 2048, NET_TRACE_SIZE = 32768 };

#define MS_NS UINT64_C(1000000)

struct net;

struct net_node {
    struct net *net;
    const char *name;
    struct author author;
    struct tssb_node_config config; /* a test may change it before net_open */
    struct tssb_pool_view view;
    struct tssb_node node;
    bool offline;
};

/* A packet on its way. */
struct net_flight {
    uint64_t at_ns;
    uint32_t from, to;
    struct tssb_packet packet; /* its bytes are those here */
    uint8_t bytes[TSSB_PACKET_SIZE];
};

/* What a node sent and got, whether or not there is a trace of it. */
struct net_counts {
    uint32_t sent[TSSB_PACKET_KINDS];
    uint32_t got_entries, appended;
};

struct net {
    struct countdown_mem countdown;
    struct tssb_pool pool;
    struct net_node nodes[NET_NODES];
    uint64_t now_ns;
    uint64_t delay_ns;   /* at least 1 */
    uint64_t bits_per_s; /* from each node to each other; 0: no limit */
    uint64_t busy_until_ns[NET_NODES][NET_NODES];
    uint32_t loss_percent; /* of each packet at each receiver */
    uint64_t random;       /* state of what is lost */
    const uint32_t *lost;  /* numbers, from 1, of entries to nodeB; ended by 0, NULL for none */
    uint32_t entries_to_b;
    bool medium;
    bool quiet; /* no trace is kept */
    struct net_counts counts[NET_NODES];
    struct net_flight flights[NET_FLIGHTS_MAX]; /* by arrival */
    uint32_t first_flight, flight_count;
    char trace[NET_TRACE_SIZE];
    size_t trace_size;
};

/* Set-up and tear-down of a cmocka test: *state is a network of nodes that hold and follow nothing.
 */
int net_start(void **state);
int net_end(void **state);

/* The same where memory runs out once, see countdown_mem_init. */
void net_init(struct net *net, int64_t fail_at);
void net_close(struct net *net);

/* The node holds, and serves, the whole feed of an author; it follows it where that is not itself.
 */
uint32_t net_open(struct net *net, uint32_t who, uint32_t author);

/* The replica that the node has of an author's feed. */
const struct tssb_replica *net_replica(struct net *net, uint32_t who, uint32_t author);

/* Appends text, which must succeed. */
void net_append(struct net *net, uint32_t who, const char *text);

/* Appends many texts before anybody listens, and leaves no trace of it. */
void net_append_quietly(struct net *net, uint32_t who, uint32_t count);

/* nodeB alone follows nodeA, which has so many entries, and asks by this strategy; 0 is the default
 * of size and stash. Of the entries that go to nodeB from now on these are lost, as net.lost. */
void net_behind(struct net *net, const struct tssb_strategy *strategy, uint32_t size,
                uint32_t stash, uint32_t entries, const uint32_t *lost);

/* The node begins to ask, now. */
void net_ask(struct net *net, uint32_t who);

/* For a node's configuration: a proof of a fork becomes a line of the trace. */
void net_on_forked(void *context, const struct tssb_fork *fork);

/* Hands a packet to a node as if it came from another, now. */
enum tssb_fate net_receive(struct net *net, uint32_t who, uint32_t from, const uint8_t *packet,
                           size_t size);

/* Goes on until this moment: packets arrive, timers run out. */
void net_run(struct net *net, uint64_t until_ms);

/* Fails unless exactly these lines were written since the last call. */
#define expect_trace(net, ...) \
    expect_lines((net), (const char *const[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)
#define expect_silence(net) expect_lines((net), (const char *const[]){NULL}, __FILE__, __LINE__)

void expect_lines(struct net *net, const char *const *lines, const char *file, int line);

#endif
