/* What became of a packet at a receiver: exactly one fate for each. The core's own fates
 * (core/node.h) come first with the same numbers; the network adds what happens before a node sees
 * the packet. */
#ifndef FATE_H
#define FATE_H

#include "core/node.h"

/* clang-format off */
#define FATE_TABLE(X) \
    X(LOST,        "lost")        /* the link lost it */ \
    X(OFFLINE,     "offline")     /* the receiver was off when it arrived */ \
    X(PARTITIONED, "partitioned") /* a partition stood between the two */ \
    X(DUPLICATE,   "duplicate")   /* an entry that the receiver holds already */ \
    X(OVERFLOW,    "queue full")  /* the sender's queue had no place for it */ \
    X(UNSENT,      "not sent")    /* the sender went off before its turn came */ \
    X(COLLIDED,    "collided")    /* on the radio: another signal drowned it */ \
    X(DEAF,        "sending")     /* on the radio: the receiver was sending itself */ \
    X(DAMAGED,     "damaged")     /* bits were flipped, and the receiver dropped it */ \
    X(FORWARDED,   "forwarded")   /* by a bridge */ \
    X(SEEN,        "seen")        /* a bridge had forwarded it of late */ \
    X(IN_FLIGHT,   "in flight")   /* the run ended first */
/* clang-format on */

enum fate {
    FATE_CORE_LAST = TSSB_FATE_COUNT - 1,
#define FATE_ENUM(name, text) FATE_##name,
    FATE_TABLE(FATE_ENUM)
#undef FATE_ENUM
        FATE_COUNT
};

/* "WANT", "entry", ... or "packet" where the kind is PACKET_UNKNOWN: static memory. */
const char *packet_name(uint8_t kind);

/* "appended", "lost", ...: static memory. */
const char *fate_name(unsigned fate);

#endif
