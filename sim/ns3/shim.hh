/* The inside of the module: what handles are, and what a kind of channel does. Nothing of this is
 * seen outside of it. */
#ifndef NS3_SHIM_HH
#define NS3_SHIM_HH

#include <deque>
#include <map>
#include <memory>
#include <string>

#include <ns3/animation-interface.h>
#include <ns3/event-id.h>
#include <ns3/net-device.h>
#include <ns3/node.h>
#include <ns3/pcap-file-wrapper.h>
#include <ns3/random-variable-stream.h>

#include "link_errors.hh"
#include "ns3_shim.h"

struct ns3_node {
    ns3_world *world;
    uint32_t number;
    ns3::Ptr<ns3::Node> node;
};

struct ns3_channel {
    ns3_world *world;
    ns3_model model;
    ns3::Ptr<ns3::Channel> channel;
    uint32_t device_count;
};

struct ns3_device {
    ns3_world *world;
    ns3_channel *channel;
    uint32_t number;
    uint32_t sent; /* packets so far */
    ns3_link link;
    ns3::Ptr<ns3::NetDevice> device;
    ns3::Ptr<shim::LinkErrors> errors;           /* wires */
    ns3::Ptr<ns3::UniformRandomVariable> chance; /* wires: of what has no model of its own */
    ns3::Ptr<ns3::PcapFileWrapper> capture;      /* simple, where one is written */
    bool up;
};

struct ns3_world {
    std::string what;
    ns3_setup setup;
    std::deque<ns3_node> nodes; /* what others point to does not move */
    std::deque<ns3_channel> channels;
    std::deque<ns3_device> devices;
    std::unique_ptr<ns3::AnimationInterface> animation;
    std::map<uint64_t, ns3::EventId> timers;
    uint64_t timers_made;
    int64_t streams; /* random streams that are assigned */
    bool stopping;
};

namespace shim {

/* One kind of channel. Failures are thrown. */
struct Kind {
    uint16_t header_size; /* of a frame, before the packet */
    uint16_t protocol;    /* number of our packets */
    ns3::Ptr<ns3::Channel> (*make)(ns3_world &world, const ns3_model &model);
    /* Makes device.device, and connects it. */
    void (*connect)(ns3_device &device, const ns3::Ptr<ns3::Node> &node);
    void (*set_link)(ns3_device &device); /* to device.link; nullptr: it cannot change */
    void (*write_pcap)(ns3_device &device, const std::string &prefix);
};

extern const Kind simple, csma, p2p, wifi; /* channels.cc, wifi.cc */

const Kind &kind_of(const ns3_channel &channel);

/* Tells the world of a packet that a device begins to send. */
void sending(ns3_device *device, ns3::Time airtime, const ns3::Ptr<const ns3::Packet> &frame,
             uint32_t header_size);

/* Tells the world of a packet that a device has dropped, or that its sender has. Bound to trace
 * sources of ns-3. */
void dropped(ns3_device *device, ns3_fate fate, const ns3::Ptr<const ns3::Packet> &frame);
void lost(ns3_device *device, ns3::Ptr<const ns3::Packet> frame);
void unsent(ns3_device *device, ns3::Ptr<const ns3::Packet> frame);

} // namespace shim

#endif
