/* Wires: ns-3's simple, CSMA and point-to-point channels. */
#include <vector>

#include <ns3/csma-channel.h>
#include <ns3/csma-helper.h>
#include <ns3/csma-net-device.h>
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
const uint16_t ethernet_header_size = 14, ppp_header_size = 2;

/* Up to `most`, 0 and it included. */
uint64_t draw(UniformRandomVariable &random, uint64_t most) {
    return static_cast<uint64_t>(random.GetValue(0, static_cast<double>(most) + 1));
}

/* ns-3's simple channel, with a delay that each receiver has for itself, and that may vary. */
class VaryingChannel : public SimpleChannel {
  public:
    explicit VaryingChannel(int64_t &streams)
        : even(CreateObject<UniformRandomVariable>()), normal(CreateObject<NormalRandomVariable>()),
          pareto(CreateObject<ParetoRandomVariable>()) {
        even->SetStream(streams++);
        normal->SetStream(streams++);
        pareto->SetStream(streams++);
    }

    void Join(const Ptr<SimpleNetDevice> &device, const link_model *in) {
        ends.push_back({device, in});
        device->SetChannel(this);
    }

    void Send(Ptr<Packet> packet, uint16_t protocol, Mac48Address to, Mac48Address from,
              Ptr<SimpleNetDevice> sender) override {
        for (const End &end : ends)
            if (end.device != sender)
                Simulator::ScheduleWithContext(end.device->GetNode()->GetId(), Delay(*end.in),
                                               &SimpleNetDevice::Receive, end.device,
                                               packet->Copy(), protocol, to, from);
    }

  protected:
    void DoDispose() override {
        ends.clear();
        SimpleChannel::DoDispose();
    }

  private:
    struct End {
        Ptr<SimpleNetDevice> device;
        const link_model *in;
    };

    Time Delay(const link_model &in) {
        const double scale = static_cast<double>(in.jitter_ns);
        double extra_ns = 0;
        if (in.jitter_ns == 0)
            return NanoSeconds(in.delay_ns);
        if (in.jitter_shape == JITTER_UNIFORM)
            return NanoSeconds(in.delay_ns + draw(*even, in.jitter_ns));
        if (in.jitter_shape == JITTER_NORMAL)
            extra_ns = normal->GetValue(0, scale * scale, scale * NS3_NORMAL_TAIL);
        else /* Pareto II is Pareto I less its scale */
            extra_ns = pareto->GetValue(scale, 2, scale * NS3_PARETO_TAIL) - scale;
        return NanoSeconds(std::max(int64_t{1}, static_cast<int64_t>(in.delay_ns) +
                                                    static_cast<int64_t>(extra_ns)));
    }

    std::vector<End> ends; /* the base class keeps its own to itself */
    Ptr<UniformRandomVariable> even;
    Ptr<NormalRandomVariable> normal;
    Ptr<ParetoRandomVariable> pareto;
};

/* What all wires have in common: an address, a queue, errors. Locally administered addresses, by
 * number: those that ns-3 gives out go on counting from one world to the next. */
template <class Device> Ptr<Device> make_device(ns3_device &device, const Ptr<Node> &node) {
    Ptr<Device> made = CreateObject<Device>();
    const uint32_t n = device.number;
    const uint8_t address[6] = {2,
                                0,
                                static_cast<uint8_t>(n >> 24),
                                static_cast<uint8_t>(n >> 16),
                                static_cast<uint8_t>(n >> 8),
                                static_cast<uint8_t>(n)};
    int64_t &streams = device.world->streams;
    Mac48Address mac;
    mac.CopyFrom(address);
    made->SetAddress(mac);
    Ptr<Queue<Packet>> queue = CreateObject<DropTailQueue<Packet>>();
    queue->SetMaxSize(QueueSize(QueueSizeUnit::PACKETS, device.link.out.queue_packets));
    made->SetQueue(queue);
    device.errors = CreateObject<shim::LinkErrors>();
    streams += device.errors->AssignStreams(streams);
    device.errors->SetLink(&device.link.in);
    made->SetReceiveErrorModel(device.errors);
    device.chance = CreateObject<UniformRandomVariable>();
    device.chance->SetStream(streams++);
    made->TraceConnectWithoutContext("PhyRxDrop", MakeBoundCallback(&shim::lost, &device));
    node->AddDevice(made);
    device.device = made;
    return made;
}

/* Simple: a device that sends takes a packet from its queue. */

Ptr<Channel> make_simple(ns3_world &world, const ns3_model &model) {
    (void)model;
    return CreateObject<VaryingChannel>(world.streams);
}

void rate_simple(ns3_device &device) {
    device.device->SetAttribute("DataRate", DataRateValue(DataRate(device.link.out.rate_bit_s)));
    device.errors->SetLink(&device.link.in);
}

void began_simple(ns3_device *device, Ptr<const Packet> packet) {
    const uint64_t rate_bit_s = device->link.out.rate_bit_s;
    if (device->capture)
        device->capture->Write(Simulator::Now(), packet);
    if (rate_bit_s > 0)
        shim::sending(device, DataRate(rate_bit_s).CalculateBytesTxTime(packet->GetSize()), packet,
                      0);
}

void connect_simple(ns3_device &device, const Ptr<Node> &node) {
    Ptr<SimpleNetDevice> made = make_device<SimpleNetDevice>(device, node);
    made->GetQueue()->TraceConnectWithoutContext("Dequeue",
                                                 MakeBoundCallback(&began_simple, &device));
    rate_simple(device);
    DynamicCast<VaryingChannel>(device.channel->channel)->Join(made, &device.link.in);
}

void pcap_simple(ns3_device &device, const std::string &prefix) {
    const auto user0 = static_cast<PcapHelper::DataLinkType>(147); /* as tssb's own captures */
    PcapHelper pcap;
    device.capture = pcap.CreateFile(pcap.GetFilenameFromDevice(prefix, device.device),
                                     std::ios::out, user0);
}

/* Those that have frames, and leave a gap between two. */

Time gap(const ns3_device &device) {
    const link_model &out = device.link.out;
    return NanoSeconds(out.pace_ns +
                       (out.pace_jitter_ns ? draw(*device.chance, out.pace_jitter_ns) : 0));
}

void delay_by_attribute(ns3_device &device) {
    device.channel->channel->SetAttribute("Delay", TimeValue(NanoSeconds(device.link.in.delay_ns)));
    device.errors->SetLink(&device.link.in);
}

uint64_t or_usual(uint64_t rate_bit_s) {
    return rate_bit_s ? rate_bit_s : usual_rate_bit_s;
}

Ptr<Channel> make_csma(ns3_world &world, const ns3_model &model) {
    (void)world;
    return CreateObjectWithAttributes<CsmaChannel>(
        "DataRate", DataRateValue(DataRate(or_usual(model.rate_bit_s))));
}

/* Ethernet's gap is 12 bytes long. */
void began_csma(ns3_device *device, Ptr<const Packet> frame) {
    const uint32_t gap_size = 12;
    const DataRate rate(or_usual(device->channel->model.rate_bit_s));
    DynamicCast<CsmaNetDevice>(device->device)
        ->SetInterframeGap(std::max(gap(*device), rate.CalculateBytesTxTime(gap_size)));
    shim::sending(device, rate.CalculateBytesTxTime(frame->GetSize()), frame, ethernet_header_size);
}

void connect_csma(ns3_device &device, const Ptr<Node> &node) {
    Ptr<CsmaNetDevice> made = make_device<CsmaNetDevice>(device, node);
    made->TraceConnectWithoutContext("PhyTxBegin", MakeBoundCallback(&began_csma, &device));
    made->TraceConnectWithoutContext("PhyTxDrop", MakeBoundCallback(&shim::unsent, &device));
    device.world->streams += made->AssignStreams(device.world->streams);
    made->Attach(DynamicCast<CsmaChannel>(device.channel->channel));
    delay_by_attribute(device);
}

void pcap_csma(ns3_device &device, const std::string &prefix) {
    CsmaHelper().EnablePcap(prefix, device.device);
}

Ptr<Channel> make_p2p(ns3_world &world, const ns3_model &model) {
    (void)world;
    (void)model;
    return CreateObject<PointToPointChannel>();
}

void set_p2p(ns3_device &device) {
    DynamicCast<PointToPointNetDevice>(device.device)
        ->SetDataRate(DataRate(or_usual(device.link.out.rate_bit_s)));
    delay_by_attribute(device);
}

void began_p2p(ns3_device *device, Ptr<const Packet> frame) {
    const DataRate rate(or_usual(device->link.out.rate_bit_s));
    DynamicCast<PointToPointNetDevice>(device->device)->SetInterframeGap(gap(*device));
    shim::sending(device, rate.CalculateBytesTxTime(frame->GetSize()), frame, ppp_header_size);
}

void connect_p2p(ns3_device &device, const Ptr<Node> &node) {
    if (device.channel->device_count == 2)
        throw std::invalid_argument("a point-to-point channel has two ends");
    Ptr<PointToPointNetDevice> made = make_device<PointToPointNetDevice>(device, node);
    made->TraceConnectWithoutContext("PhyTxBegin", MakeBoundCallback(&began_p2p, &device));
    made->Attach(DynamicCast<PointToPointChannel>(device.channel->channel));
    set_p2p(device);
}

void pcap_p2p(ns3_device &device, const std::string &prefix) {
    PointToPointHelper().EnablePcap(prefix, device.device);
}

} // namespace

namespace shim {

const Kind simple = {0, NS3_ETHERTYPE, make_simple, connect_simple, rate_simple, pcap_simple};
const Kind csma = {ethernet_header_size, NS3_ETHERTYPE,      make_csma,
                   connect_csma,         delay_by_attribute, pcap_csma};
const Kind p2p = {ppp_header_size, protocol_ipv4, make_p2p, connect_p2p, set_p2p, pcap_p2p};

} // namespace shim
