/* ns-3 3.37 behind a C interface: nodes, channels, devices, packets and simulated time.
 *
 * The implementation is C++ in a module of its own (libtssb-ns3.so), which the program loads when
 * it is asked for ns-3, so that all else neither needs nor loads it. The module has one symbol:
 * the table `ns3_shim`. No C++ type, exception or header of ns-3 crosses it.
 *
 * Functions that return int return 0, or NS3_FAILED; those that return a handle return it or NULL.
 * After a failure trouble() is its text. Where ns-3 gives up by itself (NS_FATAL_ERROR,
 * NS_ABORT_MSG, an assert), the process ends with NS3_EXIT_STATUS, after a message that says in
 * what. Debian builds ns-3 without its asserts, so a broken assumption may be a crash: that ends
 * the process as crashes do, after the same message.
 *
 * ns-3 keeps its state in global variables: one world at a time; after it is closed, the next one
 * begins anew and gives the same results as it would in a process of its own. Times are nanoseconds
 * from the start; handles live as long as their world. */
#ifndef NS3_SHIM_H
#define NS3_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "sim/link/model.h"

struct ns3_world;
struct ns3_node;
struct ns3_channel;
struct ns3_device;

enum { NS3_OK = 0, NS3_FAILED = -1, NS3_FULL = -2, NS3_EXIT_STATUS = 3 };

/* What travels with a packet, beside it: the receiver gets it back, it is not on the air. */
enum { NS3_LABEL_SIZE = 40 };

/* The protocol number of packets on CSMA and 802.11: IEEE 802's for local experiments. */
enum { NS3_ETHERTYPE = 0x88b5 };

/* Jitter without bounds is cut: normal at so many deviations, heavy-tailed at so many times its
 * mean. */
enum { NS3_NORMAL_TAIL = 5, NS3_PARETO_TAIL = 65536 };

/* What became of a packet at a receiver. */
enum ns3_fate {
    NS3_RECEIVED,
    NS3_LOST,     /* by the link's errors, or too weak to decode */
    NS3_COLLIDED, /* the receiver was busy with another one */
    NS3_SENDING,  /* the receiver was sending */
    NS3_UNSENT,   /* the sender's device gave up: told of the sending device */
};

struct ns3_packet {
    const uint8_t *bytes; /* valid during the call, as is label */
    const void *label;    /* NS3_LABEL_SIZE bytes */
    uint16_t size;
};

struct ns3_place {
    double x_m, y_m;
};

/* What a world is told when it is opened. */
struct ns3_setup {
    const char *what; /* it simulates, for messages: "scenario wifi-adhoc"; copied */
    uint64_t seed;    /* ns-3's run number */
    void *context;    /* of the callbacks */
    /* A packet has come to a device, or to the end of its way. */
    void (*arrived)(void *context, uint32_t device, enum ns3_fate fate,
                    const struct ns3_packet *packet);
    /* A device begins to send a packet, which takes the air, or the line, for so long: frames,
     * preambles and all. NULL: nobody wants to know. */
    void (*sending)(void *context, uint32_t device, uint64_t airtime_ns,
                    const struct ns3_packet *packet);
    /* Where a node is; at_ns never goes back. NULL: all are at the origin. */
    struct ns3_place (*place)(void *context, uint32_t node, uint64_t at_ns);
};

/* A link as a device has it. What a channel has no place for is passed over: all have loss, drop,
 * duplicate and bit_errors but 802.11; only simple has jitter, only csma and p2p a pace. csma and
 * p2p have one delay a channel, csma one rate a channel. */
struct ns3_link {
    /* What it sends. rate_bit_s: of simple and p2p; 0: simple takes no time, p2p is at 100 Mbit/s.
     * pace_ns. queue_packets, at least 1. */
    struct link_model out;
    /* What it receives: all else. drops: borrowed, as long as the world. */
    struct link_model in;
};

/* What is scheduled; cancel before it acts. */
struct ns3_timer {
    uint64_t id;
};

struct ns3_shim {
    /* Opens a world. Close it with close, NULL is allowed. */
    struct ns3_world *(*open)(const struct ns3_setup *setup);
    void (*close)(struct ns3_world *world);
    /* The text of the last failure; "" before the first. */
    const char *(*trouble)(void);

    /* number: what `place` calls it. */
    struct ns3_node *(*add_node)(struct ns3_world *world, uint32_t number);
    struct ns3_channel *(*add_channel)(struct ns3_world *world, const struct ns3_model *model);
    /* Connects a node to a channel; to a p2p channel the first two. number: what `arrived` calls
     * the device. */
    struct ns3_device *(*add_device)(struct ns3_node *node, struct ns3_channel *channel,
                                     uint32_t number, const struct ns3_link *link);

    /* Sends to all others on the channel. size: up to 1500. label: NS3_LABEL_SIZE bytes.
     * NS3_FULL where it found the device's queue full, or the device is down. */
    int (*send)(struct ns3_device *device, const uint8_t *bytes, uint16_t size, const void *label);

    /* From now on the link is so, all but its queue; not of 802.11. */
    int (*set_link)(struct ns3_device *device, const struct ns3_link *link);
    /* A device that is down neither sends nor receives; what it was sending goes on. */
    int (*set_up)(struct ns3_device *device, bool up);
    bool (*is_up)(const struct ns3_device *device);

    /* Calls act when the time has come; a moment that is past is now. timer: NULL where it will
     * not be cancelled. */
    int (*schedule)(struct ns3_world *world, uint64_t at_ns, void (*act)(void *context),
                    void *context, struct ns3_timer *timer);
    void (*cancel)(struct ns3_world *world, struct ns3_timer timer);

    /* Runs until this moment, what is scheduled for it included, or until stop() was called from a
     * callback: then to the end of that instant. */
    int (*run)(struct ns3_world *world, uint64_t until_ns);
    void (*stop)(struct ns3_world *world);
    uint64_t (*now_ns)(const struct ns3_world *world);

    /* Captures of all devices by ns-3's own writer, PREFIX-NODE-DEVICE.pcap: frames as they are on
     * the channel; of simple ones, which have no frames, packets alone (link type USER0). And an
     * animation for NetAnim. Both once all devices are there. */
    int (*write_pcap)(struct ns3_world *world, const char *prefix);
    int (*write_anim)(struct ns3_world *world, const char *path);
};

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ns3_shim ns3_shim; /* of the module itself: others call ns3_load */

/* The table of the module, which is loaded first; NULL, and *why (static memory), where it cannot
 * be. */
const struct ns3_shim *ns3_load(const char **why);

#ifdef __cplusplus
}
#endif

#endif
