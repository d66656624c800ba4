/* Floods: a node sends what nobody needs, at a rate. What it sends is a function of its stream, the
 * item and the packet's number. */
#include <string.h>

#include "core/request.h"
#include "stream.h"
#include "world_state.h"

/* The random numbers of a packet: its shape, and then its bytes, eight at a time. */
enum { SHAPE_DRAWS = 2, DRAWS = SHAPE_DRAWS + (TSSB_PACKET_SIZE + 7) / 8 };

/* What a flood's packets are made from. */
struct flooding {
    uint64_t key;
    uint64_t nth;
};

static uint64_t draw(const struct flooding *flooding, unsigned n) {
    return stream_draw(flooding->key, STREAM_FLOOD, flooding->nth * DRAWS + n);
}

/* Random bytes: half of the packets as long as an entry, the others of any length. */
static struct tssb_packet make_garbage(const struct world *world, const struct flooding *flooding,
                                       uint8_t bytes[TSSB_PACKET_SIZE]) {
    uint64_t shape = draw(flooding, 0);
    size_t size = shape >> 63 ? TSSB_ENTRY_SIZE : 1 + stream_below(shape << 1, TSSB_PACKET_SIZE);
    (void)world;
    for (size_t at = 0; at < size; at++)
        bytes[at] = (uint8_t)(draw(flooding, SHAPE_DRAWS + (unsigned)(at / 8)) >> (8 * (at % 8)));
    return (struct tssb_packet){.bytes = bytes, .size = (uint16_t)size, .kind = PACKET_UNKNOWN};
}

/* A request for an entry of some feed, which may not be written yet. */
static struct tssb_packet make_want(const struct world *world, const struct flooding *flooding,
                                    uint8_t bytes[TSSB_PACKET_SIZE]) {
    enum { AHEAD = 3 };
    uint32_t index = (uint32_t)stream_below(draw(flooding, 0), world->feed_count);
    const struct tssb_feed *feed = tssb_pool_feed(&world->pool, index);
    struct tssb_want want = {
        .seq = 1 + (uint32_t)stream_below(draw(flooding, 1), world->feeds[index].front + AHEAD)};
    memcpy(want.fid, feed->fid, TSSB_FID_SIZE);
    size_t size = tssb_want_encode(&want, 1, feed->want_dmx, bytes);
    return (struct tssb_packet){.bytes = bytes,
                                .size = (uint16_t)size,
                                .kind = TSSB_PACKET_WANT,
                                .feed = feed,
                                .seq = want.seq};
}

/* A request for a run of entries, which the one who answers must cut. */
static struct tssb_packet make_range(const struct world *world, const struct flooding *flooding,
                                     uint8_t bytes[TSSB_PACKET_SIZE]) {
    uint32_t index = (uint32_t)stream_below(draw(flooding, 0), world->feed_count);
    const struct tssb_feed *feed = tssb_pool_feed(&world->pool, index);
    uint64_t shape = draw(flooding, 1);
    struct tssb_range range = {.seq = 1 +
                                      (uint32_t)stream_below(shape, world->feeds[index].front + 1),
                               .credit = shape & 1 ? UINT16_MAX : (uint16_t)(1 + (shape & 0xf))};
    memcpy(range.fid, feed->fid, TSSB_FID_SIZE);
    size_t size = tssb_range_encode(&range, feed->range_dmx, bytes);
    return (struct tssb_packet){.bytes = bytes,
                                .size = (uint16_t)size,
                                .kind = TSSB_PACKET_RANGE,
                                .feed = feed,
                                .seq = range.seq};
}

/* As many requests for blobs as a packet holds; nobody has them. */
static struct tssb_packet make_need(const struct world *world, const struct flooding *flooding,
                                    uint8_t bytes[TSSB_PACKET_SIZE]) {
    struct tssb_need needs[(TSSB_PACKET_SIZE - TSSB_DMX_SIZE) / TSSB_NEED_SIZE];
    (void)world;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        needs[i].credit = UINT16_MAX;
        for (size_t at = 0; at < TSSB_PTR_SIZE; at++)
            needs[i].ptr[at] = (uint8_t)(draw(flooding, (unsigned)i) >> (8 * (at % 8)));
    }
    size_t size = tssb_need_encode(needs, sizeof needs / sizeof *needs, bytes);
    return (struct tssb_packet){.bytes = bytes, .size = (uint16_t)size, .kind = TSSB_PACKET_NEED};
}

static struct tssb_packet (*const makers[])(const struct world *, const struct flooding *,
                                            uint8_t bytes[TSSB_PACKET_SIZE]) = {
    [FLOOD_GARBAGE] = make_garbage,
    [FLOOD_WANTS] = make_want,
    [FLOOD_RANGES] = make_range,
    [FLOOD_NEEDS] = make_need};

static void schedule(struct world *world, uint32_t node, uint64_t at_ns, uint32_t fault,
                     uint32_t nth) {
    struct event event = {
        .at_ns = at_ns, .target = node, .fault = fault, .nth = nth, .kind = EVENT_FLOOD};
    world_schedule_event(world, node, &event);
}

void flood_begin(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++)
        schedule(world, fault->nodes.nodes[i], world->now_ns,
                 (uint32_t)(fault - world->scenario->faults), 0);
}

void flood_send(struct world *world, const struct event *event) {
    struct sim_node *node = &world->nodes[event->target];
    const struct fault *fault = &world->scenario->faults[event->fault];
    const struct flood *flood = fault->flood;
    uint64_t item_key = stream_key_pair(world->node_keys[event->target], fault->id);
    struct flooding flooding = {stream_key_pair(item_key, fault->at_ns), event->nth};
    uint8_t bytes[TSSB_PACKET_SIZE];
    struct tssb_packet packet = makers[flood->with](world, &flooding, bytes);
    if (!node->offline)
        world_host.send(node, TSSB_ALL_FACES, &packet);
    uint64_t next_ns = world->now_ns + flood->every_ns;
    if (next_ns - fault->at_ns < flood->for_ns)
        schedule(world, event->target, next_ns, event->fault, event->nth + 1);
}
