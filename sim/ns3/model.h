/* What a scenario says of ns-3's channels (`network.ns3`): plain data. */
#ifndef NS3_MODEL_H
#define NS3_MODEL_H

#include <stdint.h>

enum ns3_kind {
    NS3_SIMPLE,     /* SimpleChannel: a delay, and each sender's rate */
    NS3_CSMA,       /* CsmaChannel: a bus with carrier sense, as Ethernet on a coaxial cable */
    NS3_P2P,        /* PointToPointChannel: a full-duplex line between two */
    NS3_WIFI_ADHOC, /* YansWifiChannel: IEEE 802.11 without an access point */
    NS3_KINDS
};

enum ns3_standard { NS3_80211A, NS3_80211B, NS3_80211G, NS3_STANDARDS };

/* How a signal weakens. */
enum ns3_propagation {
    NS3_LOG_DISTANCE, /* by the logarithm of the distance */
    NS3_FRIIS,        /* in free space */
    NS3_RANGE,        /* not at all, up to range_mm; there it ends */
    NS3_PROPAGATIONS
};

struct ns3_model {
    uint8_t kind;                 /* enum ns3_kind */
    uint8_t standard;             /* wifi: enum ns3_standard */
    uint8_t propagation;          /* wifi: enum ns3_propagation */
    uint64_t rate_bit_s;          /* 0: the link's, or the channel's usual one */
    uint64_t range_mm;            /* range */
    uint32_t exponent_thousandth; /* log-distance */
    int32_t power_cdbm;           /* wifi: of the sender */
};

#endif
