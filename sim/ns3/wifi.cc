/* IEEE 802.11 without an access point, by ns-3's YANS model. Packets are broadcasts, which nobody
 * acknowledges: at one fixed rate. */
#include <ns3/double.h>
#include <ns3/string.h>
#include <ns3/wifi-net-device.h>
#include <ns3/wifi-psdu.h>
#include <ns3/yans-wifi-helper.h>

#include "shim.hh"
#include "wifi_modes.h"

using namespace ns3;

namespace {

const uint32_t header_size = 24 + 8; /* MAC; LLC and SNAP */

/* What a metre costs in free space at 5.15 and 2.4 GHz: where the logarithm of the distance counts
 * from. */
const double reference_5ghz_db = 46.6777, reference_2ghz_db = 40.0459;
const double frequency_5ghz_hz = 5.15e9, frequency_2ghz_hz = 2.4e9;

const WifiStandard standards[NS3_STANDARDS] = {WIFI_STANDARD_80211a, WIFI_STANDARD_80211b,
                                               WIFI_STANDARD_80211g};

void add_propagation(YansWifiChannelHelper &helper, const ns3_model &model) {
    const bool at_5ghz = model.standard == NS3_80211A;
    if (model.propagation == NS3_RANGE)
        helper.AddPropagationLoss("ns3::RangePropagationLossModel", "MaxRange",
                                  DoubleValue(static_cast<double>(model.range_mm) / 1e3));
    else if (model.propagation == NS3_FRIIS)
        helper.AddPropagationLoss("ns3::FriisPropagationLossModel", "Frequency",
                                  DoubleValue(at_5ghz ? frequency_5ghz_hz : frequency_2ghz_hz));
    else
        helper.AddPropagationLoss("ns3::LogDistancePropagationLossModel", "Exponent",
                                  DoubleValue(model.exponent_thousandth / 1e3), "ReferenceLoss",
                                  DoubleValue(at_5ghz ? reference_5ghz_db : reference_2ghz_db));
}

Ptr<Channel> make_channel(ns3_world &world, const ns3_model &model) {
    YansWifiChannelHelper helper;
    add_propagation(helper, model);
    helper.SetPropagationDelay("ns3::ConstantSpeedPropagationDelayModel");
    Ptr<YansWifiChannel> channel = helper.Create();
    world.streams += helper.AssignStreams(channel, world.streams);
    return channel;
}

/* The frame had begun, and did not get through. What is too weak to begin is told of by nobody. */
void rx_dropped(ns3_device *device, Ptr<const Packet> frame, WifiPhyRxfailureReason reason) {
    ns3_fate fate = NS3_LOST;
    if (reason == TXING || reason == RECEPTION_ABORTED_BY_TX)
        fate = NS3_SENDING;
    else if (reason == RXING || reason == BUSY_DECODING_PREAMBLE ||
             reason == PREAMBLE_DETECTION_PACKET_SWITCH || reason == FRAME_CAPTURE_PACKET_SWITCH)
        fate = NS3_COLLIDED;
    shim::dropped(device, fate, frame);
}

/* Its payload had bit errors. */
void rx_failed(ns3_device *device, Ptr<const Packet> frame, double snr) {
    (void)snr;
    shim::dropped(device, NS3_LOST, frame);
}

/* A frame with its preamble. Only ours are of one PSDU; what is in it knows its header. */
void tx_begins(ns3_device *device, WifiConstPsduMap psdus, WifiTxVector vector, double power_w) {
    (void)power_w;
    Ptr<WifiPhy> phy = DynamicCast<WifiNetDevice>(device->device)->GetPhy();
    shim::sending(device, WifiPhy::CalculateTxDuration(psdus, vector, phy->GetPhyBand()),
                  psdus.begin()->second->GetPacket(), header_size);
}

void connect(ns3_device &device, const Ptr<Node> &node) {
    const ns3_model &model = device.channel->model;
    const wifi_mode *mode = wifi_mode_of(static_cast<ns3_standard>(model.standard),
                                         model.rate_bit_s);
    if (!mode)
        throw std::invalid_argument("802.11 has no such rate in this standard");
    WifiHelper wifi;
    wifi.SetStandard(standards[model.standard]);
    wifi.SetRemoteStationManager("ns3::ConstantRateWifiManager", "DataMode",
                                 StringValue(mode->name), "ControlMode", StringValue(mode->name),
                                 "NonUnicastMode", StringValue(mode->name));
    WifiMacHelper mac;
    mac.SetType("ns3::AdhocWifiMac");
    YansWifiPhyHelper phy;
    phy.SetChannel(DynamicCast<YansWifiChannel>(device.channel->channel));
    phy.Set("TxPowerStart", DoubleValue(model.power_cdbm / 1e2));
    phy.Set("TxPowerEnd", DoubleValue(model.power_cdbm / 1e2));
    NetDeviceContainer made = wifi.Install(phy, mac, node);
    device.world->streams += wifi.AssignStreams(made, device.world->streams);
    device.device = made.Get(0);
    Ptr<WifiPhy> made_phy = DynamicCast<WifiNetDevice>(device.device)->GetPhy();
    made_phy->TraceConnectWithoutContext("PhyRxDrop", MakeBoundCallback(&rx_dropped, &device));
    made_phy->TraceConnectWithoutContext("PhyTxPsduBegin", MakeBoundCallback(&tx_begins, &device));
    made_phy->GetState()->TraceConnectWithoutContext("RxError",
                                                     MakeBoundCallback(&rx_failed, &device));
}

void write_pcap(ns3_device &device, const std::string &prefix) {
    YansWifiPhyHelper phy;
    phy.SetPcapDataLinkType(WifiPhyHelper::DLT_IEEE802_11_RADIO);
    phy.EnablePcap(prefix, device.device);
}

} // namespace

namespace shim {

const Kind wifi = {header_size, NS3_ETHERTYPE, make_channel, connect, nullptr, write_pcap};

} // namespace shim
