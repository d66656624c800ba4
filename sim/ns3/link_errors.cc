#include "link_errors.hh"

#include <algorithm>

#include <ns3/packet.h>

using namespace ns3;

namespace shim {

NS_OBJECT_ENSURE_REGISTERED(Label);
NS_OBJECT_ENSURE_REGISTERED(LinkErrors);

TypeId Label::GetTypeId() {
    static TypeId id = TypeId("tssb::Label").SetParent<Tag>().AddConstructor<Label>();
    return id;
}

TypeId Label::GetInstanceTypeId() const {
    return GetTypeId();
}

uint32_t Label::GetSerializedSize() const {
    return NS3_LABEL_SIZE + sizeof sender + sizeof number + sizeof size;
}

void Label::Serialize(TagBuffer out) const {
    out.Write(bytes, NS3_LABEL_SIZE);
    out.WriteU32(sender);
    out.WriteU32(number);
    out.WriteU16(size);
}

void Label::Deserialize(TagBuffer in) {
    in.Read(bytes, NS3_LABEL_SIZE);
    sender = in.ReadU32();
    number = in.ReadU32();
    size = in.ReadU16();
}

void Label::Print(std::ostream &out) const {
    out << sender << ' ' << number;
}

TypeId LinkErrors::GetTypeId() {
    static TypeId id =
        TypeId("tssb::LinkErrors").SetParent<ErrorModel>().AddConstructor<LinkErrors>();
    return id;
}

LinkErrors::LinkErrors()
    : link(nullptr), good(CreateObject<RateErrorModel>()), bad(CreateObject<RateErrorModel>()),
      bits(CreateObject<RateErrorModel>()), steps(CreateObject<UniformRandomVariable>()) {
    good->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
    bad->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
    bits->SetUnit(RateErrorModel::ERROR_UNIT_BIT);
}

int64_t LinkErrors::AssignStreams(int64_t first) {
    int64_t next = first;
    for (const Ptr<RateErrorModel> &model : {good, bad, bits})
        next += model->AssignStreams(next);
    steps->SetStream(next++);
    return next - first;
}

/* Where nothing is lost, no chance is drawn. */
static void set_rate(const Ptr<RateErrorModel> &model, uint32_t loss_ppb) {
    model->SetRate(loss_ppb / double{PPB});
    if (loss_ppb > 0)
        model->Enable();
    else
        model->Disable();
}

void LinkErrors::SetLink(const link_model *now) {
    link = now;
    set_rate(good, link->loss.good_ppb);
    set_rate(bad, link->loss.bad_ppb);
    set_rate(bits, link->bit_error_ppb);
}

void LinkErrors::DoReset() {
    bad_states.clear();
}

bool LinkErrors::IsDropped(uint32_t number) const {
    return std::binary_search(link->drops, link->drops + link->drop_count, number);
}

/* The first packet finds the chain as it is in the long run; each later one may change it first. */
bool LinkErrors::FindsBadState(uint32_t sender) {
    double worsens = link->loss.worsens_ppb, recovers = link->loss.recovers_ppb;
    auto state = bad_states.find(sender);
    double to_bad = worsens / PPB;
    if (state == bad_states.end())
        to_bad = worsens + recovers > 0 ? worsens / (worsens + recovers) : 0;
    else if (state->second)
        to_bad = 1 - recovers / PPB;
    return bad_states[sender] = steps->GetValue() < to_bad;
}

bool LinkErrors::DoCorrupt(Ptr<Packet> packet) {
    Label label;
    if (!packet->PeekPacketTag(label))
        return false;
    bool is_bad = link_has_chain(link) && FindsBadState(label.sender);
    return IsDropped(label.number) || (is_bad ? bad : good)->IsCorrupt(packet) ||
           bits->IsCorrupt(packet);
}

} // namespace shim
