/* Wires: ns-3's simple, CSMA and point-to-point channels. */
#include <vector>

#include <ns3/csma-channel.h>
#include <ns3/csma-helper.h>
#include <ns3/csma-net-device.h>
#include <ns3/double.h>
#include <ns3/drop-tail-queue.h>
#include <ns3/mac48-address.h>
#include <ns3/point-to-point-channel.h>
#include <ns3/point-to-point-helper.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/simple-channel.h>
#include <ns3/simple-net-device.h>
#include <ns3/simulator.h>

#include "shim.hh"

using namespace ns3;

namespace {

const uint64_t usual_rate_bit_s = 100000000;
const uint16_t protocol_ipv4 = 0x0800; /* PPP has no number for us: the device knows IP's alone */

/* ns-3's simple channel, with a delay that may differ from receiver to receiver. */
class VaryingChannel : public SimpleChannel {
  public:
    VaryingChannel() : random(CreateObject<UniformRandomVariable>()) {
    }

    void Add(Ptr<SimpleNetDevice> device) override {
        SimpleChannel::Add(device);
        devices.push_back(device);
    }

    void Send(Ptr<Packet> packet, uint16_t protocol, Mac48Address to, Mac48Address from,
              Ptr<SimpleNetDevice> sender) override {
        for (const Ptr<SimpleNetDevice> &device : devices) {
            if (device == sender)
                continue;
            uint64_t extra_ns = 0;
            if (jitter_ns > 0)
                extra_ns = static_cast<uint64_t>(
                    random->GetValue(0, static_cast<double>(jitter_ns + 1)));
            Simulator::ScheduleWithContext(
                device->GetNode()->GetId(), NanoSeconds(delay_ns + extra_ns),
                &SimpleNetDevice::Receive, device, packet->Copy(), protocol, to, from);
        }
    }

    uint64_t delay_ns = 0, jitter_ns = 0;
    Ptr<UniformRandomVariable> random;

  protected:
    void DoDispose() override {
        devices.clear();
        SimpleChannel::DoDispose();
    }

  private:
    std::vector<Ptr<SimpleNetDevice>> devices; /* the base class keeps its own to itself */
};

/* What all wires have in common: an address, a queue, a receiver's losses. Locally administered
 * addresses, by number: those that ns-3 gives out go on counting from one world to the next. */
template <class Device>
Ptr<Device> make_device(ns3_device &device, const ns3_device_setup &setup, const Ptr<Node> &node) {
    Ptr<Device> made = CreateObject<Device>();
    const uint32_t n = setup.number;
    const uint8_t address[6] = {2,
                                0,
                                static_cast<uint8_t>(n >> 24),
                                static_cast<uint8_t>(n >> 16),
                                static_cast<uint8_t>(n >> 8),
                                static_cast<uint8_t>(n)};
    Mac48Address mac;
    mac.CopyFrom(address);
    made->SetAddress(mac);
    Ptr<Queue<Packet>> queue = CreateObject<DropTailQueue<Packet>>();
    queue->SetMaxSize(QueueSize(QueueSizeUnit::PACKETS, setup.queue_packets));
    made->SetQueue(queue);
    device.loss = CreateObject<RateErrorModel>();
    device.loss->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
    device.world->streams += device.loss->AssignStreams(device.world->streams);
    made->SetReceiveErrorModel(device.loss);
    made->TraceConnectWithoutContext("PhyRxDrop", MakeBoundCallback(&shim::lost, &device));
    node->AddDevice(made);
    device.device = made;
    return made;
}

Ptr<Channel> make_simple(ns3_world &world, const ns3_channel_setup &setup) {
    Ptr<VaryingChannel> channel = CreateObject<VaryingChannel>();
    channel->random->SetStream(world.streams++);
    channel->delay_ns = setup.delay_ns;
    channel->jitter_ns = setup.jitter_ns;
    return channel;
}

void connect_simple(ns3_device &device, const ns3_device_setup &setup, const Ptr<Node> &node) {
    Ptr<SimpleNetDevice> made = make_device<SimpleNetDevice>(device, setup, node);
    if (setup.rate_bit_s > 0)
        made->SetAttribute("DataRate", DataRateValue(DataRate(setup.rate_bit_s)));
    made->SetChannel(DynamicCast<SimpleChannel>(device.channel->channel));
}

void delay_simple(ns3_channel &channel, uint64_t delay_ns, uint64_t jitter_ns) {
    Ptr<VaryingChannel> varying = DynamicCast<VaryingChannel>(channel.channel);
    varying->delay_ns = delay_ns;
    varying->jitter_ns = jitter_ns;
}

Ptr<Channel> make_csma(ns3_world &world, const ns3_channel_setup &setup) {
    (void)world;
    uint64_t rate_bit_s = setup.model.rate_bit_s ? setup.model.rate_bit_s : usual_rate_bit_s;
    return CreateObjectWithAttributes<CsmaChannel>("DataRate", DataRateValue(DataRate(rate_bit_s)),
                                                   "Delay", TimeValue(NanoSeconds(setup.delay_ns)));
}

void connect_csma(ns3_device &device, const ns3_device_setup &setup, const Ptr<Node> &node) {
    Ptr<CsmaNetDevice> made = make_device<CsmaNetDevice>(device, setup, node);
    made->TraceConnectWithoutContext("PhyTxDrop", MakeBoundCallback(&shim::unsent, &device));
    device.world->streams += made->AssignStreams(device.world->streams);
    made->Attach(DynamicCast<CsmaChannel>(device.channel->channel));
}

void delay_by_attribute(ns3_channel &channel, uint64_t delay_ns, uint64_t jitter_ns) {
    (void)jitter_ns;
    channel.channel->SetAttribute("Delay", TimeValue(NanoSeconds(delay_ns)));
}

void pcap_csma(ns3_device &device, const std::string &prefix) {
    CsmaHelper().EnablePcap(prefix, device.device);
}

Ptr<Channel> make_p2p(ns3_world &world, const ns3_channel_setup &setup) {
    (void)world;
    return CreateObjectWithAttributes<PointToPointChannel>("Delay",
                                                           TimeValue(NanoSeconds(setup.delay_ns)));
}

void connect_p2p(ns3_device &device, const ns3_device_setup &setup, const Ptr<Node> &node) {
    if (device.channel->device_count == 2)
        throw std::invalid_argument("a point-to-point channel has two ends");
    Ptr<PointToPointNetDevice> made = make_device<PointToPointNetDevice>(device, setup, node);
    uint64_t rate_bit_s = setup.rate_bit_s ? setup.rate_bit_s : usual_rate_bit_s;
    made->SetDataRate(DataRate(rate_bit_s));
    made->Attach(DynamicCast<PointToPointChannel>(device.channel->channel));
}

void pcap_p2p(ns3_device &device, const std::string &prefix) {
    PointToPointHelper().EnablePcap(prefix, device.device);
}

} // namespace

namespace shim {

const Kind simple = {0, NS3_ETHERTYPE, make_simple, connect_simple, delay_simple, nullptr};
const Kind csma = {14, NS3_ETHERTYPE, make_csma, connect_csma, delay_by_attribute, pcap_csma};
const Kind p2p = {2, protocol_ipv4, make_p2p, connect_p2p, delay_by_attribute, pcap_p2p};

} // namespace shim
