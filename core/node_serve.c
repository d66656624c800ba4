/* What a node gives: answers to WANT, RANGE and NEED, at once or after a while, and entries that it
 * passes on unasked. Everything a packet can make it send is bounded: at most six entries a WANT,
 * range_limit a RANGE, need_limit blobs a NEED. */
#include <string.h>

#include "bytes.h"
#include "chain.h"
#include "node_inside.h"
#include "request.h"

/* Reads an entry that the replica holds; NULL where it does not, or the store fails. */
static const uint8_t *read_entry(struct tssb_node *node, const struct tssb_replica *replica,
                                 uint32_t seq) {
    const uint8_t *wire;
    if (!tssb_replica_holds(replica, seq) ||
        node->store->ops->read(node->store, replica, seq, &wire) != 0)
        return NULL;
    return wire;
}

static void send_entry(struct tssb_node *node, uint32_t face, const struct tssb_replica *replica,
                       uint32_t seq, const uint8_t *wire, bool answer) {
    node_send(node, &(struct outgoing){.face = face,
                                       .kind = TSSB_PACKET_ENTRY,
                                       .answer = answer,
                                       .bytes = wire,
                                       .size = TSSB_ENTRY_SIZE,
                                       .feed = replica->feed,
                                       .seq = seq});
}

/* Answers. */

static uint64_t answer_when(struct tssb_node *node, uint32_t index, const struct incoming *packet) {
    const struct tssb_answers_chance chance = {packet->now_ns, node->config->backoff_ns,
                                               node_random(node)};
    return tssb_answers_when(&node->extras->answers, index, packet->face, &chance);
}

static bool put_off(struct tssb_node *node, const struct tssb_answer *answer) {
    enum tssb_put_off done = tssb_answers_put(&node->extras->answers, node->config->mem, answer);
    NODE_COUNT(node, answers_dropped, done == TSSB_PUT_OFF_NO_ROOM);
    return done != TSSB_PUT_OFF_NO_ROOM;
}

/* Answers with an entry, now or later; false where that cannot be. */
static bool answer_entry(struct tssb_node *node, uint32_t index, uint32_t seq,
                         const struct incoming *packet) {
    const struct tssb_replica *replica = &node->replicas[index];
    const uint8_t *wire = read_entry(node, replica, seq);
    if (!wire)
        return false;
    if (node->config->backoff_ns)
        return put_off(node, &(struct tssb_answer){.at_ns = answer_when(node, index, packet),
                                                   .dmx = tssb_load_dmx(wire),
                                                   .replica = index,
                                                   .seq = seq,
                                                   .face = packet->face});
    send_entry(node, packet->face, replica, seq, wire, true);
    NODE_COUNT(node, entries_answered, 1);
    return true;
}

void node_answer_due(struct tssb_node *node, uint64_t now_ns) {
    struct tssb_answers *answers = &node->extras->answers;
    struct tssb_answer answer;
    while (tssb_answers_take(answers, now_ns, &answer)) {
        const struct tssb_replica *replica = &node->replicas[answer.replica];
        const uint8_t *wire = read_entry(node, replica, answer.seq);
        if (!wire)
            continue;
        send_entry(node, answer.face, replica, answer.seq, wire, true);
        NODE_COUNT(node, entries_answered, 1);
        tssb_answers_gave(answers, &answer, now_ns, node->config->backoff_ns);
    }
}

/* Notes what somebody asks for, and whether it is the very next entry. */
static void note_request(struct tssb_node *node, uint32_t index, uint32_t seq, uint32_t count,
                         const struct incoming *packet) {
    const struct tssb_node_config *config = node->config;
    struct tssb_extras *extras = node->extras;
    if (!extras)
        return;
    if (extras->overheard)
        tssb_overheard_note(extras->overheard,
                            &(struct tssb_overheard_request){.heard_ns = packet->now_ns,
                                                             .replica = index,
                                                             .seq = seq,
                                                             .count = count,
                                                             .face = packet->face});
    if (config->forward == TSSB_FORWARD_SUBSCRIBED && config->serve && count > 0 && seq > 0 &&
        seq - 1 == node->replicas[index].front_seq)
        tssb_interests_put(
            &extras->interests, config->mem,
            &(struct tssb_interest){packet->now_ns + config->subscription_ns, index, packet->face});
}

enum tssb_fate node_answer_want(struct tssb_node *node, uint32_t index,
                                const struct incoming *packet) {
    bool answered = false;
    size_t count = tssb_want_count(packet->size);
    if (count == 0)
        return TSSB_FATE_REFUSED;
    for (size_t i = 0; i < count; i++) {
        struct tssb_want want;
        uint32_t asked = index;
        tssb_want_decode(packet->bytes, i, &want);
        bool same = memcmp(want.fid, node->replicas[index].feed->fid, TSSB_FID_SIZE) == 0;
        if (!same && i == 0)
            return TSSB_FATE_REFUSED;
        if (!node->config->serve && !node->extras)
            return TSSB_FATE_NOT_SERVED;
        if (!same)
            asked = node_find_served(node, tssb_want_dmx(want.fid), want.fid);
        if (asked == TSSB_NO_REPLICA)
            continue;
        note_request(node, asked, want.seq, 1, packet);
        if (node->config->serve)
            answered |= answer_entry(node, asked, want.seq, packet);
    }
    if (!node->config->serve)
        return TSSB_FATE_NOT_SERVED;
    return answered ? TSSB_FATE_ANSWERED : TSSB_FATE_NOT_HELD;
}

/* Answers with up to `limit` entries from range->seq on, but for those that the asker has. */
static uint32_t answer_run(struct tssb_node *node, uint32_t index, const struct tssb_range *range,
                           const struct incoming *packet) {
    const struct tssb_replica *replica = &node->replicas[index];
    uint32_t given = 0, limit = node->config->range_limit;
    for (uint32_t i = 0; i < range->credit && given < limit && range->seq <= UINT32_MAX - i; i++) {
        const uint8_t *wire = read_entry(node, replica, range->seq + i);
        if (!wire)
            break;
        if (i > 0 && tssb_range_excepts(packet->bytes, packet->size, tssb_load_dmx(wire)))
            continue;
        if (!answer_entry(node, index, range->seq + i, packet))
            break;
        given++;
    }
    return given;
}

enum tssb_fate node_answer_range(struct tssb_node *node, uint32_t index,
                                 const struct incoming *packet) {
    struct tssb_range range;
    if (tssb_range_decode(packet->bytes, packet->size, &range) != 0 ||
        memcmp(range.fid, node->replicas[index].feed->fid, TSSB_FID_SIZE) != 0)
        return TSSB_FATE_REFUSED;
    note_request(node, index, range.seq, range.credit, packet);
    if (!node->config->serve)
        return TSSB_FATE_NOT_SERVED;
    return answer_run(node, index, &range, packet) ? TSSB_FATE_ANSWERED : TSSB_FATE_NOT_HELD;
}

static bool may_answer(const struct tssb_node *node, uint32_t face) {
    const struct tssb_node_config *config = node->config;
    return !config->may_answer || config->may_answer(node->host_context, face);
}

/* Sends the blobs of a chain from ptr on, until credit, chain, holdings or the face's limit end.
 * Returns how many. */
static uint32_t send_blobs(struct tssb_node *node, uint32_t face, const uint8_t ptr[TSSB_PTR_SIZE],
                           uint32_t credit) {
    uint8_t at[TSSB_PTR_SIZE];
    uint32_t sent = 0;
    memcpy(at, ptr, sizeof at);
    for (const uint8_t *blob; sent < credit && !tssb_ptr_is_end(at); sent++) {
        if (!may_answer(node, face))
            break;
        if (node->store->ops->read_blob(node->store, at, &blob) != 0)
            break;
        memcpy(at, tssb_blob_next(blob), sizeof at);
        node_send(node, &(struct outgoing){.face = face,
                                           .kind = TSSB_PACKET_BLOB,
                                           .answer = true,
                                           .bytes = blob,
                                           .size = TSSB_BLOB_SIZE});
    }
    return sent;
}

enum tssb_fate node_answer_need(struct tssb_node *node, const struct incoming *packet) {
    size_t count = tssb_need_count(packet->size);
    uint32_t sent = 0;
    if (count == 0)
        return TSSB_FATE_REFUSED;
    if (!node->config->serve)
        return TSSB_FATE_NOT_SERVED;
    for (size_t i = 0; i < count; i++) {
        struct tssb_need need;
        tssb_need_decode(packet->bytes, i, &need);
        uint32_t left = node->config->need_limit - sent;
        sent += send_blobs(node, packet->face, need.ptr, need.credit < left ? need.credit : left);
    }
    return sent ? TSSB_FATE_ANSWERED : TSSB_FATE_NOT_HELD;
}

/* Passing on. */

static void relay(struct tssb_node *node, const struct tssb_replica *replica, uint32_t from_face) {
    uint32_t faces = node->config->host->face_count(node->host_context);
    for (uint32_t face = 0; face < faces; face++) {
        const uint8_t *wire = read_entry(node, replica, replica->front_seq);
        if (face == from_face || !wire)
            continue;
        send_entry(node, face, replica, replica->front_seq, wire, false);
        NODE_COUNT(node, entries_relayed, 1);
    }
}

static void serve_subscribers(struct tssb_node *node, uint32_t index, uint32_t from_face,
                              uint64_t now_ns) {
    const struct tssb_replica *replica = &node->replicas[index];
    uint32_t face;
    while (tssb_interests_take(&node->extras->interests, index, now_ns, &face)) {
        /* Those on the face that it came by heard it too, and so did all when its author sent it.
         */
        const uint8_t *wire = read_entry(node, replica, replica->front_seq);
        if (face == from_face || from_face == TSSB_ALL_FACES || !wire)
            continue;
        send_entry(node, face, replica, replica->front_seq, wire, true);
        NODE_COUNT(node, subscriptions_served, 1);
    }
}

void node_forward(struct tssb_node *node, uint32_t index, uint32_t face, uint64_t now_ns) {
    if (!node->config->serve)
        return;
    if (node->config->forward == TSSB_FORWARD_RELAY && face != TSSB_ALL_FACES)
        relay(node, &node->replicas[index], face);
    else if (node->config->forward == TSSB_FORWARD_SUBSCRIBED)
        serve_subscribers(node, index, face, now_ns);
}
