/* The module's table: the life of a world, its packets and its time. What channels there are is in
 * channels.cc and wifi.cc. */
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include <sys/resource.h>
#include <unistd.h>

#include <ns3/mobility-model.h>
#include <ns3/packet.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>
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

/* Crashes: a message, and then what would have been done without us. */

const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
const size_t crash_count = sizeof crashes / sizeof *crashes;
struct sigaction usual_actions[crash_count];
char crash_text[256]; /* made beforehand: a handler may hardly do anything */

void let_crash() {
    for (size_t i = 0; i < crash_count; i++)
        (void)sigaction(crashes[i], &usual_actions[i], nullptr);
}

/* Having returned, the instruction fails again, now under the usual action. */
void crashed(int number) {
    (void)!write(STDERR_FILENO, crash_text, std::strlen(crash_text));
    let_crash();
    if (number == SIGFPE || number == SIGSEGV)
        return;
    (void)raise(number);
}

void watch_for_crashes(const std::string &what) {
    struct sigaction action = {};
    action.sa_handler = crashed;
    (void)std::snprintf(crash_text, sizeof crash_text,
                        "engine ns3, %.150s: the process crashed; ns-3 may have been asked for "
                        "what it cannot do\n",
                        what.c_str());
    for (size_t i = 0; i < crash_count; i++)
        (void)sigaction(crashes[i], &action, &usual_actions[i]);
}

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

/* The packet of a frame, for the time of a call; none where it is not ours. */
template <class Act>
void with_packet(const Ptr<const Packet> &frame, uint32_t header_size, Act act) {
    enum { FRAME_MAX = 2048 };
    shim::Label label;
    uint8_t bytes[FRAME_MAX];
    if (frame->PeekPacketTag(label) &&
        frame->CopyData(bytes, sizeof bytes) >= header_size + label.size)
        act(ns3_packet{bytes + header_size, label.bytes, label.size});
}

void tell(const ns3_device *device, ns3_fate fate, const Ptr<const Packet> &frame,
          uint32_t header_size) {
    if (!device->up)
        return;
    with_packet(frame, header_size, [&](const ns3_packet &packet) {
        const ns3_setup &setup = device->world->setup;
        setup.arrived(setup.context, device->number, fate, &packet);
    });
}

/* Again, by up to a delay later. */
void received_again(const ns3_device *device, Ptr<const Packet> packet) {
    tell(device, NS3_RECEIVED, packet, 0);
}

bool received(ns3_device *device, Ptr<NetDevice> at, Ptr<const Packet> packet, uint16_t protocol,
              const Address &from) {
    (void)at;
    (void)protocol;
    (void)from;
    const link_model &in = device->link.in;
    if (device->capture)
        device->capture->Write(Simulator::Now(), packet);
    tell(device, NS3_RECEIVED, packet, 0);
    if (device->chance && in.duplicate_ppb &&
        device->chance->GetValue() < in.duplicate_ppb / double{PPB}) {
        const double most_ns = static_cast<double>(in.delay_ns + in.jitter_ns);
        Simulator::Schedule(
            NanoSeconds(1 + static_cast<uint64_t>(device->chance->GetValue(0, most_ns))),
            &received_again, device, packet);
    }
    return true;
}

int send(ns3_device *device, const uint8_t *bytes, uint16_t size, const void *data) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        shim::Label label;
        std::memcpy(label.bytes, data, NS3_LABEL_SIZE);
        label.sender = device->number;
        label.number = ++device->sent;
        label.size = size;
        if (!device->up)
            return static_cast<int>(NS3_FULL);
        Ptr<Packet> packet = Create<Packet>(bytes, size);
        packet->AddPacketTag(label);
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
        watch_for_crashes(open_world->what);
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
    let_crash();
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

ns3_channel *add_channel(ns3_world *world, const ns3_model *model) noexcept {
    return guarded<ns3_channel *>(nullptr, [&] {
        Ptr<Channel> channel = kinds[model->kind]->make(*world, *model);
        world->channels.push_back({world, *model, channel, 0});
        return &world->channels.back();
    });
}

ns3_device *add_device(ns3_node *node, ns3_channel *channel, uint32_t number,
                       const ns3_link *link) noexcept {
    return guarded<ns3_device *>(nullptr, [&] {
        ns3_world *world = node->world;
        world->devices.push_back({world, channel, number, 0, *link, {}, {}, {}, {}, true});
        ns3_device &made = world->devices.back();
        try {
            shim::kind_of(*channel).connect(made, node->node);
        } catch (...) {
            world->devices.pop_back();
            throw;
        }
        channel->device_count++;
        made.device->SetReceiveCallback(MakeBoundCallback(&received, &made));
        return &made;
    });
}

int set_link(ns3_device *device, const ns3_link *link) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        const shim::Kind &kind = shim::kind_of(*device->channel);
        if (!kind.set_link)
            throw std::logic_error("802.11 loses by distance and collisions alone");
        device->link = *link;
        kind.set_link(*device);
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

/* Each capture is an open file, and ns-3 would end the process where there are too many. */
void check_open_files(size_t more) {
    enum { OTHERS = 32 };
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && more + OTHERS > limit.rlim_cur)
        throw std::runtime_error("ns-3 keeps a capture a device open, " + std::to_string(more) +
                                 " files, and the limit is " + std::to_string(limit.rlim_cur) +
                                 ": raise it (ulimit -n), or leave --pcap out");
}

int write_pcap(ns3_world *world, const char *prefix) noexcept {
    return guarded<int>(NS3_FAILED, [&] {
        check_open_files(world->devices.size());
        for (ns3_device &device : world->devices)
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

void sending(ns3_device *device, Time airtime, const Ptr<const Packet> &frame,
             uint32_t header_size) {
    const ns3_setup &setup = device->world->setup;
    if (setup.sending && device->up)
        with_packet(frame, header_size, [&](const ns3_packet &packet) {
            setup.sending(setup.context, device->number,
                          static_cast<uint64_t>(airtime.GetNanoSeconds()), &packet);
        });
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
    open,  close,    trouble, add_node, add_channel, add_device, send,       set_link,   set_up,
    is_up, schedule, cancel,  run,      stop,        now_ns,     write_pcap, write_anim,
};
