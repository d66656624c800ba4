/* A scenario: what a world is to be, read from a YAML file and checked (scenarios/README.md has the
 * format). After a successful load everything is resolved: names are indices, quantities are
 * integers (nanoseconds, parts per billion), groups are expanded, the timeline is sorted. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/arena.h"
#include "core/node.h"
#include "core/scheme.h"
#include "sim/link/model.h"
#include "sim/ns3/model.h"
#include "sim/radio/model.h"
#include "movement.h"

enum scenario_stop { STOP_AT_DURATION, STOP_WHEN_LEVEL };
enum scenario_record { RECORD_SUMMARY, RECORD_PROGRESS, RECORD_PACKETS };
enum scenario_bound { BOUND_OFF, BOUND_ON, BOUND_IF_SMALL };
enum scenario_topology {
    TOPOLOGY_BROADCAST,
    TOPOLOGY_LINE,
    TOPOLOGY_RING,
    TOPOLOGY_STAR,
    TOPOLOGY_GRID,
    TOPOLOGY_COMPLETE,
    TOPOLOGY_RANDOM,
    TOPOLOGY_GEOMETRIC,
    TOPOLOGY_EDGES,
    TOPOLOGY_RADIO,
    TOPOLOGIES
};

/* Nodes by index, ascending, each once. */
struct node_set {
    uint32_t *nodes;
    uint32_t count;
};

/* The content of an entry, in bytes: drawn for each, from `least` to `most`. */
struct content_size {
    uint64_t least, most; /* both 0: a word or two */
};

enum { CONTENT_SIZE_MAX = 10000000 };

/* What an author writes. Nothing at all where `at_start` and `every_ns` are both 0. */
struct produce {
    uint32_t at_start; /* entries that exist when the world begins */
    uint64_t every_ns; /* then one each time this passes; 0: none */
    uint64_t start_ns; /* moment of the first of those; default every_ns */
    uint32_t entries;  /* how many of those at most; UINT32_MAX where the scenario does not say */
    struct content_size size; /* of all of them; over 48 B an entry has a side chain */
};

/* How a node asks, answers and passes on. The numbers are as the core takes them (core/strategy.h,
 * core/node.h). */
struct strategy_settings {
    const struct tssb_strategy *strategy;
    struct tssb_strategy_settings asking;
    bool spread; /* the first request comes at a random moment of the first interval, not at once */
    uint64_t backoff_ns;  /* of answers; 0: they are immediate */
    uint64_t suppress_ns; /* 0: requests of others do not matter */
    enum tssb_forward forward;
    uint64_t subscription_ns;        /* 0: one and a half intervals */
    struct tssb_blob_settings blobs; /* without a policy: eager, where anybody writes chains */
};

/* How long a bridge takes until it has forwarded a packet. */
struct bridge_times {
    uint64_t radio_ns; /* to a radio */
    uint64_t other_ns; /* to any other face */
};

/* A value that each node draws for itself, from low to high. */
struct clock_range {
    int64_t low, high;
};

/* How the clocks of nodes differ from the world's. */
struct clock_settings {
    bool own;                     /* false: they do not */
    struct clock_range drift_ppb; /* positive: fast */
    struct clock_range offset_ns; /* what it shows beyond the world's time, when the world begins */
};

enum { CLOCK_DRIFT_MAX_PPB = 99999999 }; /* below 10 % */
#define CLOCK_OFFSET_MAX_NS ((uint64_t)24 * 3600 * 1000000000)

/* One node, or `count` nodes that are alike. Node indices are first .. first + count - 1. */
struct node_group {
    const char *name; /* the node's name, or what comes before "-0", "-1", ... where numbered */
    uint32_t first, count;
    bool numbered;
    struct node_set follow; /* authors it follows; may name the node itself, which is passed over */
    struct produce produce;
    bool streams; /* an end of a byte stream: it writes a feed */
    bool serve;   /* false: consumes and never answers a request */
    bool bridge;  /* forwards what comes in by one face to all others, and does nothing else */
    struct bridge_times processing; /* of a bridge */
    struct strategy_settings strategy;
    struct position_rule position;
    struct move_rule move;
    struct clock_settings clock;
};

struct scenario_edge {
    uint32_t a, b;          /* a < b */
    struct link_model link; /* from a to b */
    struct link_model back; /* from b to a */
};

/* One network of a world: a topology over all nodes or some. Each gives its members faces. */
struct scenario_network {
    const char *name; /* "" where it is the only one and has none */
    struct node_set members;
    enum scenario_topology topology;
    struct link_model link; /* from the earlier node to the later one; of a medium, any direction */
    struct link_model back; /* the other way */
    struct radio_model radio;    /* radio */
    uint32_t degree;             /* random: links a node, on average */
    uint32_t width;              /* grid: nodes a row */
    uint64_t range_mm;           /* geometric: how far apart linked nodes may be at the start */
    struct scenario_edge *edges; /* edges */
    uint32_t edge_count;
    bool has_ns3;         /* whether the scenario says what it is on the engine ns3 */
    struct ns3_model ns3; /* a simple channel unless it does */
};

enum { SCENARIO_NETWORKS_MAX = 16 };

enum fault_kind {
    FAULT_OFFLINE,
    FAULT_ONLINE,
    FAULT_PARTITION,
    FAULT_HEAL, /* ends partition `id`, or all where id is FAULT_ALL */
    FAULT_LINK,
    FAULT_LINK_RESTORE, /* ends the link change `id` */
    FAULT_CRASH,        /* off, and what was in memory is lost */
    FAULT_WIPE,         /* off, and all but the trust anchors is lost */
    FAULT_JOIN,
    FAULT_FLOOD,
    FAULT_FLOOD_END,
    FAULT_ATTACK,
    FAULT_ATTACK_END,
    FAULT_CHURN,
    FAULT_CHURN_END,
};

enum { FAULT_ALL = UINT32_MAX };

enum flood_with { FLOOD_GARBAGE, FLOOD_WANTS, FLOOD_RANGES, FLOOD_NEEDS };

/* What flooders send. */
struct flood {
    enum flood_with with;
    uint64_t every_ns; /* a packet */
    uint64_t for_ns;   /* from the fault on; TSSB_NEVER: without end */
};

enum attack_with {
    ATTACK_FORGE,  /* entries without a signature, or with somebody else's */
    ATTACK_FLIP,   /* what it heard, with bits flipped */
    ATTACK_REPLAY, /* what it heard, again */
    ATTACK_LIE,    /* answers requests with wrong entries */
    ATTACK_FORK,   /* signs further entries at numbers that its feed has already */
    ATTACKS
};

/* What adversaries do. */
struct attack {
    enum attack_with with;
    uint64_t every_ns; /* a packet; 0 of a liar, who answers each request */
    uint64_t for_ns;   /* from the fault on; TSSB_NEVER: without end */
};

/* Nodes come and go: means of exponential times. */
struct churn {
    uint64_t up_ns, down_ns;
};

/* How an item comes again. */
struct repeat {
    uint64_t every_ns; /* from one beginning to the next; 0: at random */
    uint64_t mean_ns;  /* of the exponential gaps between an end and the next beginning */
    uint64_t until_ns; /* the last moment at which it may begin */
};

/* One item of the timeline. An item with `for:` becomes two: the fault and its end; one with
 * `every:` these for each time that it comes. */
struct fault {
    uint64_t at_ns;
    enum fault_kind kind;
    uint32_t id;    /* of a partition or a link change: counts each from 0; of the one that ends, or
                       FAULT_ALL */
    bool is_end;    /* of an item with `for` */
    uint32_t began; /* of an end: the index of the fault that it ends */
    bool again;     /* not the first time that the item comes */
    const struct repeat *repeat; /* NULL for an item that comes once */
    struct node_set nodes;       /* all but partition, heal and link */
    const struct flood *flood;
    const struct attack *attack;
    const struct churn *churn;
    struct node_set
        *sets; /* partition: no node is in two of them; nodes in none are not concerned */
    uint32_t set_count;
    bool one_way;     /* partition: only packets from an earlier set to a later one are cut; link:
                         only those from sets[0] to sets[1] are concerned */
    bool everywhere;  /* link: on all links; otherwise on those between the nodes of sets[0] and of
                         sets[1] */
    unsigned changed; /* link: LINK_ bits that say which fields of `link` count */
    struct link_model link;
    const char
        *text; /* as a person reads it: "offline nodeC", "partition nodeA | nodeB, one way" */
};

/* A byte stream between two nodes that follow each other. */
struct scenario_stream {
    uint32_t from, to;
    uint32_t window;   /* bytes that may be unacknowledged */
    uint64_t bytes;    /* that are sent */
    uint64_t start_ns; /* when */
    bool both;         /* as many come back */
};

enum expect_kind {
    EXPECT_CONVERGED,
    EXPECT_HOLDS,
    EXPECT_CHAINS, /* converged, and every side chain is whole */
    EXPECT_STREAM, /* the author's streams arrived, as they were sent */
};

struct expectation {
    enum expect_kind kind;
    uint32_t author; /* whose feed */
    struct node_set on;
    uint32_t entries; /* holds: at least so many */
    uint64_t by_ns;   /* judged at this moment, or at the end of a run that is over before; the
                         duration where the scenario does not say */
    const char *text; /* "converged nodeA on nodeB, nodeC by 90 s" */
    uint32_t line;
};

/* A real face of a virtual node, beside those that the network gives it. */
struct scenario_face {
    uint32_t node;
    const char *kind;    /* "mc", "udp", "listen", "kiss" */
    const char *address; /* as that kind takes it: "224.1.1.1/5000", "/dev/pts/3" */
};

enum { SCENARIO_FACES_MAX = 64 };

/* A file beside the scenario that it read. */
struct scenario_attachment {
    const char *path; /* absolute */
    char sha256[65];  /* of its bytes, in hex */
};

struct scenario {
    const char *name;
    const char *text; /* the file as it was read, without --set */
    size_t text_size;
    uint64_t seed;
    uint64_t duration_ns;
    enum scenario_stop stop;
    enum scenario_record record;
    enum scenario_bound bound; /* whether the bound is worked out, see sim/bound.h */
    const struct tssb_scheme *scheme;
    struct strategy_settings strategy; /* of nodes that say nothing else */
    struct node_group *groups;
    uint32_t group_count;
    uint32_t node_count;
    struct scenario_network *networks; /* at least one */
    uint32_t network_count;
    struct mobility_trace trace;
    struct fault *faults; /* by time; what ends before what begins; then by place in the file */
    uint32_t fault_count;
    uint32_t partition_count, link_change_count, flood_count, attack_count;
    struct scenario_stream *streams;
    uint32_t stream_count;
    struct expectation *expectations;
    uint32_t expectation_count;
    struct scenario_face *faces; /* by node, then by place in the file */
    uint32_t face_count;
    const char *path; /* absolute, of the file; NULL where it read no other file */
    struct scenario_attachment *attachments; /* in the order in which they were read */
    uint32_t attachment_count;
    struct arena arena; /* all of the above lives here */
};

/* One "PATH=VALUE" of the command line. */
struct scenario_setting {
    const char *text;
};

enum { SCENARIO_NODES_MAX = 1000000, SCENARIO_LINKS_MAX = 8000000, SCENARIO_BYTES_MAX = 4 << 20 };

/* Reads and checks a scenario. settings: applied in their order, under the same checks.
 * Returns 0; 2 where the file or a setting is wrong or there is no such file, or 3 where reading
 * failed or memory ran out. Then *errors is a malloc'ed text for the caller to free, a line an
 * error, "FILE:LINE:COLUMN: what is wrong" (NULL where there was no memory for that), and the
 * scenario is empty. On success *errors is NULL. */
int scenario_load(struct scenario *scenario, const char *path,
                  const struct scenario_setting *settings, size_t setting_count, char **errors);

/* The same from memory; path names it in messages, and is where files that it names are looked for.
 */
int scenario_parse(struct scenario *scenario, const char *path, const char *text, size_t size,
                   const struct scenario_setting *settings, size_t setting_count, char **errors);

void scenario_close(struct scenario *scenario);

/* Whether a set holds a node. */
bool node_set_has(const struct node_set *set, uint32_t node);

/* The place of a node in a set; SET_NONE where it is not in it. */
uint32_t node_set_index(const struct node_set *set, uint32_t node);
enum { SET_NONE = UINT32_MAX };

/* The stream between two nodes, whichever begins it; NULL where there is none. */
const struct scenario_stream *scenario_stream_between(const struct scenario *scenario, uint32_t a,
                                                      uint32_t b);

/* The group of a node. */
const struct node_group *scenario_group(const struct scenario *scenario, uint32_t node);

/* The name of a node, "nodeA" or "peer-17": at most `size` bytes with its NUL. Returns buffer. */
char *scenario_node_name(const struct scenario *scenario, uint32_t node, char *buffer, size_t size);

enum { NODE_NAME_SIZE = 80 };

/* Whether the scenario says where this node is at first. */
bool scenario_has_position(const struct scenario *scenario, uint32_t node);

/* How long a request counts with forward: subscribed. */
uint64_t scenario_subscription_ns(const struct strategy_settings *settings);

/* A malloc'ed JSON object of all values in effect (defaults and settings included), for the `run`
 * table; NULL where memory ran out. */
char *scenario_parameters_json(const struct scenario *scenario);

/* Settings as a malloc'ed JSON array of their texts, for the `run` table; NULL where memory ran
 * out. */
char *scenario_settings_json(const struct scenario_setting *settings, size_t count);

#endif
