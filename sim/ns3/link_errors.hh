/* What is lost on the way to a device: independently, in bursts, by number, by bit errors. */
#ifndef LINK_ERRORS_HH
#define LINK_ERRORS_HH

#include <cstdint>
#include <map>

#include <ns3/error-model.h>
#include <ns3/random-variable-stream.h>
#include <ns3/tag.h>

#include "ns3_shim.h"

namespace shim {

/* What travels beside a packet. */
class Label : public ns3::Tag {
  public:
    static ns3::TypeId GetTypeId();
    ns3::TypeId GetInstanceTypeId() const override;
    uint32_t GetSerializedSize() const override;
    void Serialize(ns3::TagBuffer out) const override;
    void Deserialize(ns3::TagBuffer in) override;
    void Print(std::ostream &out) const override;

    uint8_t bytes[NS3_LABEL_SIZE]; /* the caller's */
    uint32_t sender;               /* the number of its device */
    uint32_t number;               /* of the packet among the sender's, from 1 */
    uint16_t size;                 /* of the packet, without what channels add */
};

/* ns-3's BurstErrorModel knows no states, and a device of a medium has a link with each sender: so
 * the chain of Gilbert and Elliott is here, and what is lost in its states is ns-3's
 * RateErrorModel's to say. */
class LinkErrors : public ns3::ErrorModel {
  public:
    static ns3::TypeId GetTypeId();
    LinkErrors();

    int64_t AssignStreams(int64_t first);
    /* Borrowed, and so are its drops. */
    void SetLink(const link_model *link);

  private:
    bool DoCorrupt(ns3::Ptr<ns3::Packet> packet) override;
    void DoReset() override;
    bool IsDropped(uint32_t number) const;
    bool FindsBadState(uint32_t sender);

    const link_model *link;
    ns3::Ptr<ns3::RateErrorModel> good, bad, bits;
    ns3::Ptr<ns3::UniformRandomVariable> steps;
    std::map<uint32_t, bool> bad_states; /* by sender */
};

} // namespace shim

#endif
