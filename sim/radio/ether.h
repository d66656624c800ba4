/* What is on the air: which stations a transmission reaches, how strongly, and which receptions it
 * spoils. All radio networks of a world share one ether; those whose channels are apart do not
 * notice each other.
 *
 * A reception fails where the receiver sends at any time meanwhile; or where, after the preamble's
 * beginning, another signal falls on it that it does not exceed by the capture threshold (same
 * spreading factor) or by the isolation between the two (another one). Interferers count one by
 * one, their powers are not added up; signals arrive at once: 1 km of way, 3.3 us, is nothing to
 * symbols of half a millisecond and more. These are LoRaSim's rules (Bor et al. 2016; see lora.h).
 */
#ifndef ETHER_H
#define ETHER_H

#include "model.h"
#include "sim/mobility.h"
#include "sim/queue.h"

/* A radio: of a node, on one of the radio networks. */
struct ether_station {
    uint32_t node;
    uint32_t network; /* index among the models */
};

struct ether_world {
    const struct radio_model *const *models; /* by network */
    uint32_t model_count;
    const struct ether_station *stations;
    uint32_t station_count;
    const uint64_t *node_keys; /* of random streams: for shadowing */
    struct mobility *mobility; /* where the nodes are */
};

struct ether;

/* All that is in `of` is borrowed and outlives it. Returns 0 or TSSB_E_MEMORY. */
int ether_open(struct ether **ether, const struct ether_world *of);
void ether_close(struct ether *ether);

/* A station begins to send, until end_ns (which is after now_ns). Returns 0 or TSSB_E_MEMORY. */
int ether_begin(struct ether *ether, uint32_t station, uint64_t now_ns, uint64_t end_ns,
                uint32_t *transmission);

/* How a transmission was received: EVENT_PASSES, EVENT_COLLIDED or EVENT_DEAF. */
typedef void ether_heard(void *context, uint32_t station, enum event_bar outcome);

/* The transmission is over: tells of each station of its network that was in range when it began,
 * ascending. */
void ether_end(struct ether *ether, uint32_t transmission, ether_heard *heard, void *context);

/* The stations that would be told, if it began now. Returns 0 or TSSB_E_MEMORY. */
int ether_reach(struct ether *ether, uint32_t station, uint64_t now_ns, ether_heard *heard,
                void *context);

/* Until when the station hears somebody who began before this moment; 0 where it hears nobody. */
uint64_t ether_busy_until(const struct ether *ether, uint32_t station, uint64_t now_ns);

/* The level of a signal at a distance, without shadowing: cdbm. */
int32_t ether_level_cdbm(const struct radio_model *model, uint64_t distance_mm);

/* The distance up to which a level is reached, without shadowing. */
uint64_t ether_range_mm(const struct radio_model *model, int32_t level_cdbm);

#endif
