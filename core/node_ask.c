/* What a node asks for: the requests that strategies send, and those that it keeps to itself since
 * somebody else has just sent the same. */
#include <string.h>

#include "check.h"
#include "node_inside.h"
#include "request.h"

/* Others are heard asking for a feed as long as they were within so many times suppress_ns. */
enum { COMPANY_LASTS = 8 };

static uint64_t ago(uint64_t now_ns, uint64_t span_ns) {
    return now_ns > span_ns ? now_ns - span_ns : 0;
}

/* Whether somebody else has just asked for an entry on a face, or TSSB_ALL_FACES for any. */
static bool is_suppressed(const struct tssb_node *node, uint32_t index, uint32_t seq, uint32_t face,
                          uint64_t now_ns) {
    return node->extras && node->extras->overheard &&
           tssb_overheard_asks(node->extras->overheard, index, seq, face,
                               ago(now_ns, node->config->suppress_ns - 1));
}

static void send_want(struct tssb_node *node, uint32_t index, const uint32_t *seqs, size_t count,
                      uint32_t face) {
    const struct tssb_replica *replica = &node->replicas[index];
    struct tssb_want wants[TSSB_WANTS_MAX];
    uint8_t packet[TSSB_PACKET_SIZE];
    for (size_t i = 0; i < count; i++) {
        memcpy(wants[i].fid, replica->feed->fid, TSSB_FID_SIZE);
        wants[i].seq = seqs[i];
    }
    size_t size = tssb_want_encode(wants, count, replica->feed->want_dmx, packet);
    node_send(node, &(struct outgoing){.face = face,
                                       .kind = TSSB_PACKET_WANT,
                                       .bytes = packet,
                                       .size = size,
                                       .feed = replica->feed,
                                       .seq = seqs[0]});
    NODE_COUNT(node, want_packets, 1);
    NODE_COUNT(node, want_requests, count);
}

/* Asks on one face for what nobody else asked for there. Returns whether anything was left. */
static bool want_on(struct tssb_node *node, uint32_t index, const uint32_t *seqs, size_t count,
                    uint32_t face, uint64_t now_ns) {
    uint32_t left[TSSB_WANTS_MAX];
    size_t left_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_suppressed(node, index, seqs[i], face, now_ns))
            left[left_count++] = seqs[i];
    NODE_COUNT(node, requests_suppressed, count - left_count);
    if (left_count > 0)
        send_want(node, index, left, left_count, face);
    return left_count > 0;
}

bool tssb_node_want(struct tssb_node *node, uint32_t index, const uint32_t *seqs, size_t count,
                    uint64_t now_ns) {
    bool others = false, sent = false;
    TSSB_CHECK(count <= TSSB_WANTS_MAX);
    if (count == 0 || seqs[0] == 0) /* nothing follows the last sequence number */
        return true;
    if (node->extras) {
        node->extras->asker = index;
        for (size_t i = 0; i < count; i++)
            others |= is_suppressed(node, index, seqs[i], TSSB_ALL_FACES, now_ns);
    }
    if (!others) {
        send_want(node, index, seqs, count, TSSB_ALL_FACES);
        return true;
    }
    uint32_t faces = node->config->host->face_count(node->host_context);
    for (uint32_t face = 0; face < faces; face++)
        sent |= want_on(node, index, seqs, count, face, now_ns);
    return sent;
}

void tssb_node_range(struct tssb_node *node, uint32_t index, uint32_t seq, uint16_t credit,
                     bool except_stash) {
    const struct tssb_replica *replica = &node->replicas[index];
    const struct tssb_stash *stash = &node->extras->stash;
    struct tssb_range range = {.seq = seq, .credit = credit};
    uint8_t packet[TSSB_PACKET_SIZE];
    memcpy(range.fid, replica->feed->fid, TSSB_FID_SIZE);
    size_t size = tssb_range_encode(&range, replica->feed->range_dmx, packet);
    size_t most = node->config->asking.packet_size;
    for (uint32_t i = 0; except_stash && i < stash->count && size + TSSB_HELD_SIZE <= most; i++)
        size = tssb_range_except(packet, size, tssb_stash_at(stash, i)->dmx);
    node_send(node, &(struct outgoing){.face = TSSB_ALL_FACES,
                                       .kind = TSSB_PACKET_RANGE,
                                       .bytes = packet,
                                       .size = size,
                                       .feed = replica->feed,
                                       .seq = seq});
    node->extras->asker = index;
    NODE_COUNT(node, range_packets, 1);
}

uint64_t tssb_node_hesitation(struct tssb_node *node, uint32_t index, uint64_t now_ns) {
    uint64_t span_ns = node->config->suppress_ns;
    if (!node->extras || !node->extras->overheard ||
        !tssb_overheard_any(node->extras->overheard, index, ago(now_ns, COMPANY_LASTS * span_ns)))
        return 0;
    return 1 + node_random(node) % span_ns;
}
