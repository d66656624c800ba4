/* The module's table: the life of a world, its packets and its time. What channels there are is in
 * channels.cc and wifi.cc. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include <ns3/mobility-model.h>
#include <ns3/packet.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>
#include <ns3/tag.h>
#include <ns3/wifi-net-device.h>

#include "shim.hh"

using namespace ns3;

namespace {

ns3_world *open_world; /* ns-3 has one simulator a process */
std::string last_trouble;

/* Nothing that is thrown gets out: the result then is `failure`, and its text is kept. */
template <class Result, class Work> Result guarded(Result failure, Work work) noexcept {
    try {
        return work();
    } catch (const std::exception &error) {
        last_trouble = error.what();
    } catch (...) {
        last_trouble = "ns-3 threw what is no exception";
    }
    return failure;
}

const char *trouble() noexcept {
    return last_trouble.c_str();
}

/* ns-3 gives up by std::terminate, having printed why. There is no way back from here. */
[[noreturn]] void give_up() {
    const char *what = open_world ? open_world->what.c_str() : "no world";
    double now_s = open_world ? Simulator::Now().GetSeconds() : 0;
    try {
        if (std::current_exception())
            std::rethrow_exception(std::current_exception());
    } catch (const std::exception &error) {
        std::fprintf(stderr, "ns-3: %s\n", error.what());
    } catch (...) {
        std::fprintf(stderr, "ns-3 threw what is no exception\n");
    }
    std::fprintf(stderr,
                 "engine ns3, %s: ns-3 gave up at %.6f s, for the reason above; the run is over\n",
                 what, now_s);
    std::fflush(nullptr);
    std::_Exit(NS3_EXIT_STATUS);
}

std::terminate_handler usual_handler;

/* What travels beside a packet. */
class Label : public Tag {
  public:
    static TypeId GetTypeId() {
        static TypeId id = TypeId("tssb::Label").SetParent<Tag>().AddConstructor<Label>();
        return id;
    }
    TypeId GetInstanceTypeId() const override {
        return GetTypeId();
    }
    uint32_t GetSerializedSize() const override {
        return NS3_LABEL_SIZE + sizeof size;
    }
    void Serialize(TagBuffer out) const override {
        out.Write(bytes, NS3_LABEL_SIZE);
        out.WriteU16(size);
    }
    void Deserialize(TagBuffer in) override {
        in.Read(bytes, NS3_LABEL_SIZE);
        size = in.ReadU16();
    }
    void Print(std::ostream &out) const override {
        out << size;
    }

    uint8_t bytes[NS3_LABEL_SIZE];
    uint16_t size; /* of the packet, without what channels add */
};

NS_OBJECT_ENSURE_REGISTERED(Label);

/* Asks whoever opened the world where a node is. */
class AskedMobility : public MobilityModel {
  public:
    const ns3_node *node = nullptr;

  private:
    Vector DoGetPosition() const override {
        const ns3_setup &setup = node->world->setup;
        if (!setup.place)
            return Vector();
        ns3_place place = setup.place(setup.context, node->number,
                                      static_cast<uint64_t>(Simulator::Now().GetNanoSeconds()));
        return Vector(place.x_m, place.y_m, 0);
    }
    void DoSetPosition(const Vector &position) override {
        (void)position;
    }
    Vector DoGetVelocity() const override {
        return Vector();
    }
};

const shim::Kind *const kinds[NS3_KINDS] = {&shim::simple, &shim::csma, &shim::p2p, &shim::wifi};

/* Packets. */

void tell(const ns3_device *device, ns3_fate fate, const Ptr<const Packet> &frame,
          uint32_t header_size) {
    enum { FRAME_MAX = 2048 };
    Label label;
    uint8_t bytes[FRAME_MAX];
    if (!device->up || !frame->PeekPacketTag(label) ||
        frame->CopyData(bytes, sizeof bytes) < header_size + label.size)
        return;
    const ns3_setup &setup = device->world->setup;
    const ns3_packet packet = {bytes + header_size, label.bytes, label.size};
    setup.arrived(setup.context, device->number, fate, &packet);
}

bool received(const ns3_device *device, Ptr<NetDevice> at, Ptr<const Packet> packet,
              uint16_t protocol, const Address &from) {
    (void)at;
    (void)protocol;
    (void)from;
    tell(device, NS3_RECEIVED, packet, 0);
    return true;
}

int send(ns3_device *device, const uint8_t *bytes, uint16_t size, const void *label) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        if (!device->up)
            return static_cast<int>(NS3_FULL);
        Label tag;
        std::memcpy(tag.bytes, label, NS3_LABEL_SIZE);
        tag.size = size;
        Ptr<Packet> packet = Create<Packet>(bytes, size);
        packet->AddPacketTag(tag);
        const Ptr<NetDevice> &out = device->device;
        bool taken = out->Send(packet, out->GetBroadcast(),
                               shim::kind_of(*device->channel).protocol);
        return static_cast<int>(taken ? NS3_OK : NS3_FULL);
    });
}

/* The world and what is in it. */

ns3_world *open(const ns3_setup *setup) noexcept {
    return guarded<ns3_world *>(nullptr, [&] {
        if (open_world)
            throw std::logic_error("ns-3 simulates one world at a time");
        open_world = new ns3_world{};
        open_world->what = setup->what;
        open_world->setup = *setup;
        /* As ns-3 advises: one seed, and a run number for each replication. */
        RngSeedManager::SetSeed(1);
        RngSeedManager::SetRun(setup->seed);
        usual_handler = std::set_terminate(give_up);
        return open_world;
    });
}

void close(ns3_world *world) noexcept {
    if (!world)
        return;
    (void)guarded<int>(NS3_FAILED, [&] {
        world->animation.reset();
        world->devices.clear();
        world->channels.clear();
        world->nodes.clear();
        Simulator::Destroy();
        return static_cast<int>(NS3_OK);
    });
    std::set_terminate(usual_handler);
    delete world;
    open_world = nullptr;
}

ns3_node *add_node(ns3_world *world, uint32_t number) noexcept {
    return guarded<ns3_node *>(nullptr, [&] {
        world->nodes.push_back({world, number, CreateObject<Node>()});
        ns3_node &made = world->nodes.back();
        Ptr<AskedMobility> mobility = CreateObject<AskedMobility>();
        mobility->node = &made;
        made.node->AggregateObject(mobility);
        return &made;
    });
}

ns3_channel *add_channel(ns3_world *world, const ns3_channel_setup *setup) noexcept {
    return guarded<ns3_channel *>(nullptr, [&] {
        Ptr<Channel> channel = kinds[setup->model.kind]->make(*world, *setup);
        world->channels.push_back({world, setup->model, channel, 0});
        return &world->channels.back();
    });
}

/* Where nothing is lost, no chance is drawn. */
void set_rate(const Ptr<RateErrorModel> &model, uint32_t loss_ppb) {
    model->SetRate(loss_ppb / 1e9);
    if (loss_ppb > 0)
        model->Enable();
    else
        model->Disable();
}

ns3_device *add_device(ns3_node *node, ns3_channel *channel,
                       const ns3_device_setup *setup) noexcept {
    return guarded<ns3_device *>(nullptr, [&] {
        ns3_world *world = node->world;
        world->devices.push_back({world, channel, setup->number, nullptr, nullptr, true});
        ns3_device &made = world->devices.back();
        try {
            shim::kind_of(*channel).connect(made, *setup, node->node);
        } catch (...) {
            world->devices.pop_back();
            throw;
        }
        channel->device_count++;
        if (made.loss)
            set_rate(made.loss, setup->loss_ppb);
        made.device->SetReceiveCallback(
            MakeBoundCallback(&received, static_cast<const ns3_device *>(&made)));
        return &made;
    });
}

int set_delay(ns3_channel *channel, uint64_t delay_ns, uint64_t jitter_ns) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        const shim::Kind &kind = shim::kind_of(*channel);
        if (!kind.set_delay)
            throw std::logic_error("802.11's delay is the speed of light's");
        kind.set_delay(*channel, delay_ns, jitter_ns);
        return static_cast<int>(NS3_OK);
    });
}

int set_loss(ns3_device *device, uint32_t loss_ppb) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        if (!device->loss)
            throw std::logic_error("802.11 loses by distance and collisions alone");
        set_rate(device->loss, loss_ppb);
        return static_cast<int>(NS3_OK);
    });
}

int set_up(ns3_device *device, bool up) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        Ptr<WifiNetDevice> wifi = DynamicCast<WifiNetDevice>(device->device);
        if (wifi && up && !device->up)
            wifi->GetPhy()->ResumeFromOff();
        else if (wifi && !up && device->up)
            wifi->GetPhy()->SetOffMode();
        device->up = up;
        return static_cast<int>(NS3_OK);
    });
}

bool is_up(const ns3_device *device) noexcept {
    return device->up;
}

/* Time. */

uint64_t now_ns(const ns3_world *world) noexcept {
    (void)world;
    return static_cast<uint64_t>(Simulator::Now().GetNanoSeconds());
}

Time until(uint64_t at_ns) {
    Time at = NanoSeconds(at_ns);
    return at > Simulator::Now() ? at - Simulator::Now() : Time(0);
}

int schedule(ns3_world *world, uint64_t at_ns, void (*act)(void *), void *context,
             ns3_timer *timer) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        uint64_t id = ++world->timers_made;
        world->timers[id] = Simulator::Schedule(until(at_ns), [world, id, act, context] {
            world->timers.erase(id);
            act(context);
        });
        if (timer)
            timer->id = id;
        return static_cast<int>(NS3_OK);
    });
}

void cancel(ns3_world *world, ns3_timer timer) noexcept {
    auto found = world->timers.find(timer.id);
    if (found == world->timers.end())
        return;
    Simulator::Remove(found->second);
    world->timers.erase(found);
}

void stop_here() {
    Simulator::Stop();
}

/* Stops after all that is scheduled for this instant by now. */
void stop_after_this_instant() {
    Simulator::ScheduleNow(&stop_here);
}

void stop(ns3_world *world) noexcept {
    if (!world->stopping)
        stop_after_this_instant();
    world->stopping = true;
}

int run(ns3_world *world, uint64_t until_ns) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        world->stopping = false;
        EventId end = Simulator::Schedule(until(until_ns), &stop_after_this_instant);
        Simulator::Run();
        Simulator::Remove(end);
        return static_cast<int>(NS3_OK);
    });
}

/* What is written for other programs. */

int write_pcap(ns3_world *world, const char *prefix) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        for (ns3_device &device : world->devices)
            if (shim::kind_of(*device.channel).write_pcap)
                shim::kind_of(*device.channel).write_pcap(device, prefix);
        return static_cast<int>(NS3_OK);
    });
}

int write_anim(ns3_world *world, const char *path) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        FILE *file = std::fopen(path, "w"); /* ns-3 would end the process where this fails */
        if (!file)
            throw std::runtime_error(std::string(path) + ": " + std::strerror(errno));
        std::fclose(file);
        world->animation = std::make_unique<AnimationInterface>(path);
        return static_cast<int>(NS3_OK);
    });
}

} // namespace

namespace shim {

const Kind &kind_of(const ns3_channel &channel) {
    return *kinds[channel.model.kind];
}

void dropped(ns3_device *device, ns3_fate fate, const Ptr<const Packet> &frame) {
    tell(device, fate, frame, kind_of(*device->channel).header_size);
}

void lost(ns3_device *device, Ptr<const Packet> frame) {
    dropped(device, NS3_LOST, frame);
}

void unsent(ns3_device *device, Ptr<const Packet> frame) {
    dropped(device, NS3_UNSENT, frame);
}

} // namespace shim

extern "C" __attribute__((visibility("default"))) const struct ns3_shim ns3_shim = {
    open,   close, trouble,  add_node, add_channel, add_device, send,   set_delay,  set_loss,
    set_up, is_up, schedule, cancel,   run,         stop,       now_ns, write_pcap, write_anim,
};
