/* The node: look the packet up, append or answer, ask for what comes next. What it answers is in
 * node_serve.c, what it asks in node_ask.c, blobs are in node_fetch.c. */
#include <string.h>

#include "bytes.h"
#include "chain.h"
#include "check.h"
#include "entry.h"
#include "error.h"
#include "node_inside.h"
#include "request.h"

static const struct tssb_trust trust_in_signatures = {&tssb_scheme_ed25519, {0}};

const struct tssb_node_config tssb_node_defaults = {
    .strategy = &tssb_strategy_single,
    .trust = &trust_in_signatures,
    .mem = &tssb_mem_libc,
    .asking = {.interval_ns = UINT64_C(10000000000),
               .packet_size = TSSB_ENTRY_SIZE,
               .timeout = {.first_ns = UINT64_C(1000000000), /* RFC 6298 2.1 */
                           .min_ns = UINT64_C(100000000),
                           .max_ns = UINT64_C(10000000000)}},
    .subscription_ns = UINT64_C(15000000000), /* one and a half of the usual intervals */
    .range_limit = 64,
    .need_limit = TSSB_CREDIT_MAX,
    .serve = true,
};

static const char *const fate_names[] = {
#define TSSB_FATE_TEXT(name, text) text,
    TSSB_FATE_TABLE(TSSB_FATE_TEXT)
#undef TSSB_FATE_TEXT
};

static const char *const packet_kind_names[] = {"entry", "WANT", "RANGE", "NEED", "blob"};

const char *const tssb_forward_names[] = {"author", "relay", "subscribed", NULL};

const char *tssb_fate_name(enum tssb_fate fate) {
    TSSB_CHECK(fate < TSSB_FATE_COUNT);
    return fate_names[fate];
}

const char *tssb_packet_kind_name(enum tssb_packet_kind kind) {
    TSSB_CHECK(kind < TSSB_PACKET_KINDS);
    return packet_kind_names[kind];
}

void tssb_node_init(struct tssb_node *node, const struct tssb_node_config *config,
                    void *host_context, struct tssb_store *store, const struct tssb_key *key) {
    *node = (struct tssb_node){.config = config,
                               .host_context = host_context,
                               .store = store,
                               .key = key,
                               .own = TSSB_NO_REPLICA};
}

void tssb_node_close(struct tssb_node *node) {
    const struct tssb_mem *mem = node->config->mem;
    void *replicas = node->replicas, *wanted = node->wanted;
    tssb_mem_release(mem, &replicas, &node->replica_capacity, sizeof *node->replicas);
    tssb_mem_release(mem, &wanted, &node->wanted_capacity, sizeof *node->wanted);
    tssb_dmx_close(&node->armed, mem);
    tssb_timers_close(&node->timers, mem);
    node_extras_close(node);
    node_fetch_close(node);
    tssb_node_init(node, node->config, node->host_context, node->store, node->key);
}

/* What a node follows and holds. */

static struct tssb_dmx_match as_entry(uint32_t replica) {
    return (struct tssb_dmx_match){TSSB_DMX_ENTRY, replica};
}

uint32_t node_find_served(const struct tssb_node *node, tssb_dmx want_dmx,
                          const uint8_t fid[TSSB_FID_SIZE]) {
    struct tssb_dmx_match match;
    uint32_t cursor = 0;
    while (tssb_dmx_find(&node->armed, want_dmx, &cursor, &match))
        if (match.kind == TSSB_DMX_WANT &&
            memcmp(node->replicas[match.value].feed->fid, fid, TSSB_FID_SIZE) == 0)
            return match.value;
    return TSSB_NO_REPLICA;
}

uint32_t tssb_node_find(const struct tssb_node *node, const struct tssb_feed *feed) {
    if (node->replica_count == 1)
        return node->replicas[0].feed == feed ? 0 : TSSB_NO_REPLICA;
    return node_find_served(node, feed->want_dmx, feed->fid);
}

/* Makes room for one more replica: all that can fail of opening it, but for the store. */
static int reserve_replica(struct tssb_node *node) {
    const struct tssb_mem *mem = node->config->mem;
    void *replicas = node->replicas;
    int error = tssb_mem_grow(mem, &replicas, &node->replica_capacity, node->replica_count + 1,
                              sizeof *node->replicas);
    node->replicas = replicas;
    if (!error)
        error = tssb_dmx_reserve(&node->armed, mem, 3);
    if (!error)
        error = tssb_timers_reserve(&node->timers, mem, node->replica_count + 1);
    if (!error)
        error = node_extras_reserve(node, node->replica_count + 1);
    if (!error)
        error = node_fetch_reserve(node, node->replica_count + 1);
    return error;
}

static void follow(struct tssb_node *node, uint32_t index) {
    struct tssb_replica *replica = &node->replicas[index];
    if (replica->followed || index == node->own)
        return;
    replica->followed = true;
    tssb_dmx_arm(&node->armed, replica->next_dmx, as_entry(index));
}

int tssb_node_open(struct tssb_node *node, const struct tssb_anchor *anchor, bool followed,
                   uint32_t *index) {
    int error = reserve_replica(node);
    if (error)
        return error;
    *index = node_find_served(node, tssb_want_dmx(anchor->fid), anchor->fid);
    if (*index == TSSB_NO_REPLICA) {
        struct tssb_replica replica;
        error = node->store->ops->open(node->store, anchor, &replica);
        if (error)
            return error;
        *index = node->replica_count++;
        node->replicas[*index] = replica;
        node->replicas[*index].starting = false;
        const struct tssb_feed *feed = replica.feed;
        tssb_dmx_arm(&node->armed, feed->want_dmx, (struct tssb_dmx_match){TSSB_DMX_WANT, *index});
        tssb_dmx_arm(&node->armed, feed->range_dmx,
                     (struct tssb_dmx_match){TSSB_DMX_RANGE, *index});
        if (node->key && memcmp(node->key->fid, anchor->fid, TSSB_FID_SIZE) == 0)
            node->own = *index;
    }
    if (followed)
        follow(node, *index);
    return 0;
}

/* Receiving: a function a kind of match. Each says what became of the packet; TSSB_FATE_REFUSED
 * lets the next thing that the same DMX stands for have a look. */

static void report_appended(struct tssb_node *node, uint32_t index, const uint8_t *wire) {
    node->config->host->appended(node->host_context, &node->replicas[index], wire);
}

/* Appends what is the replica's next entry: `now_ns` is when it came in, which is not now where it
 * waited in the stash. */
static enum tssb_fate append_entry(struct tssb_node *node, uint32_t index,
                                   const struct incoming *packet) {
    struct tssb_replica *replica = &node->replicas[index];
    const struct tssb_fork_place place = node_place_due(node, index);
    bool computed;
    int error = tssb_replica_append(replica, node->store, node->config->trust, packet->bytes,
                                    packet->size, &computed);
    /* What the store knew already, this node alone would have had to check. */
    if (computed || !error)
        node->verifications++;
    if (error)
        return error == TSSB_E_MEMORY || error == TSSB_E_STORE ? TSSB_FATE_FAILED
                                                               : TSSB_FATE_REFUSED;
    tssb_dmx_disarm(&node->armed, place.dmx, as_entry(index));
    node_note_place(node, &place);
    if (replica->front_seq != UINT32_MAX)
        tssb_dmx_arm(&node->armed, replica->next_dmx, as_entry(index));
    report_appended(node, index, packet->bytes);
    if (node->extras)
        tssb_stash_note_held(&node->extras->stash, place.dmx);
    if (node->config->strategy->appended)
        node->config->strategy->appended(node, index, packet->now_ns);
    return TSSB_FATE_APPENDED;
}

/* Takes out of the stash what is due next, as long as there is such a thing. What has the DMX and
 * turns out to be no entry of this feed is dropped; each round takes one packet out. */
static void append_early(struct tssb_node *node, uint32_t index, uint64_t now_ns) {
    struct tssb_stash *stash = &node->extras->stash;
    uint32_t place = 0;
    while ((place = tssb_stash_find(stash, node->replicas[index].next_dmx, place)) !=
           TSSB_STASH_NONE) {
        const struct tssb_early *early = tssb_stash_at(stash, place);
        const struct incoming packet = {early->bytes, TSSB_ENTRY_SIZE, early->face,
                                        early->arrived_ns};
        tssb_stash_remove(stash, place);
        if (append_entry(node, index, &packet) != TSSB_FATE_APPENDED)
            continue;
        node->extras->counts.stash_hits++;
        node_forward(node, index, packet.face, now_ns);
        place = 0;
    }
}

static enum tssb_fate take_entry(struct tssb_node *node, uint32_t index,
                                 const struct incoming *packet) {
    enum tssb_fate fate = append_entry(node, index, packet);
    if (fate != TSSB_FATE_APPENDED)
        return fate;
    if (node->extras) {
        node->extras->heard_ns = packet->now_ns;
        node_forward(node, index, packet->face, packet->now_ns);
        append_early(node, index, packet->now_ns);
    }
    node->config->strategy->settled(node, index, packet->now_ns);
    if (node->fetch)
        node_fetch_appended(node, index, packet->now_ns);
    return fate;
}

/* What matched nothing, and has the size of an entry: the proof of a fork, an answer that somebody
 * else gave before this node did, or an entry whose turn has not come. */
static void take_unmatched(struct tssb_node *node, const struct incoming *packet, tssb_dmx dmx) {
    const struct tssb_node_config *config = node->config;
    struct tssb_extras *extras = node->extras;
    if (extras->forks)
        node_prove_fork(node, packet, dmx);
    if (config->backoff_ns) {
        const struct tssb_answers_chance chance = {packet->now_ns, config->backoff_ns,
                                                   node_random(node)};
        if (tssb_answers_overheard(&extras->answers, dmx, packet->face, &chance)) {
            extras->counts.answers_cancelled++;
            return;
        }
    }
    if (extras->stash.capacity) {
        enum tssb_stashed done = tssb_stash_put(&extras->stash, packet->bytes, packet->face,
                                                packet->now_ns);
        extras->counts.stash_overflows += done == TSSB_STASHED_OVER_ANOTHER;
        if (done == TSSB_STASHED_ALREADY)
            return;
    }
    extras->heard_ns = packet->now_ns;
    if (config->strategy->early && extras->asker != TSSB_NO_REPLICA)
        config->strategy->early(node, extras->asker, packet->now_ns);
}

static enum tssb_fate (*const handlers[])(struct tssb_node *, uint32_t, const struct incoming *) = {
    [TSSB_DMX_ENTRY] = take_entry,
    [TSSB_DMX_WANT] = node_answer_want,
    [TSSB_DMX_RANGE] = node_answer_range,
};

enum tssb_fate tssb_node_receive(struct tssb_node *node, uint32_t face, const uint8_t *bytes,
                                 size_t size, uint64_t now_ns) {
    const struct incoming packet = {bytes, size, face, now_ns};
    enum tssb_fate fate = TSSB_FATE_UNMATCHED;
    struct tssb_dmx_match match;
    uint32_t cursor = 0;
    if (size < TSSB_DMX_SIZE)
        return fate;
    tssb_dmx dmx = tssb_load_dmx(bytes);
    while (tssb_dmx_find(&node->armed, dmx, &cursor, &match)) {
        fate = handlers[match.kind](node, match.value, &packet);
        if (fate != TSSB_FATE_REFUSED)
            return fate;
    }
    if (dmx == tssb_need_dmx())
        fate = node_answer_need(node, &packet);
    if (fate != TSSB_FATE_ANSWERED && size == TSSB_BLOB_SIZE && node_awaits_blobs(node)) {
        enum tssb_fate as_blob = node_take_blob(node, bytes, now_ns);
        if (as_blob != TSSB_FATE_UNMATCHED)
            return as_blob;
    }
    if (node->extras && size == TSSB_ENTRY_SIZE && fate == TSSB_FATE_UNMATCHED)
        take_unmatched(node, &packet, dmx);
    return fate;
}

/* What the application does. */

static int write_chain(struct tssb_node *node, const struct tssb_content *content,
                       uint8_t payload[TSSB_PAYLOAD_SIZE]) {
    struct tssb_chain_writer writer;
    uint8_t piece[TSSB_CHAIN_PIECE_SIZE], blob[TSSB_BLOB_SIZE], ptr[TSSB_PTR_SIZE];
    uint64_t offset;
    size_t count;
    tssb_chain_writer_init(&writer, content->size);
    while (tssb_chain_writer_next(&writer, &offset, &count)) {
        int error = content->read(content->context, offset, piece, count);
        if (error)
            return error;
        tssb_chain_writer_blob(&writer, piece, count, blob, ptr);
        error = node->store->ops->write_blob(node->store, ptr, blob);
        if (error)
            return error;
    }
    int error = content->read(content->context, 0, piece, writer.head_count);
    if (!error)
        tssb_chain_writer_payload(&writer, piece, payload);
    return error;
}

int tssb_node_append_from(struct tssb_node *node, const struct tssb_content *content) {
    uint8_t payload[TSSB_PAYLOAD_SIZE] = {0}, wire[TSSB_ENTRY_SIZE];
    uint8_t type = content->size <= TSSB_PAYLOAD_SIZE ? TSSB_PLAIN48 : TSSB_CHAIN20;
    if (!node->key || node->own == TSSB_NO_REPLICA)
        return TSSB_E_READ_ONLY;
    int error = type == TSSB_CHAIN20
                    ? write_chain(node, content, payload)
                    : content->read(content->context, 0, payload, (size_t)content->size);
    struct tssb_replica *replica = &node->replicas[node->own];
    const struct tssb_fork_place place = node_place_due(node, node->own);
    if (!error)
        error = tssb_replica_author(replica, node->store, node->key, type, payload, wire);
    if (error)
        return error;
    node_note_place(node, &place);
    report_appended(node, node->own, wire);
    node_send(node, &(struct outgoing){.face = TSSB_ALL_FACES,
                                       .kind = TSSB_PACKET_ENTRY,
                                       .bytes = wire,
                                       .size = sizeof wire,
                                       .feed = replica->feed,
                                       .seq = replica->front_seq});
    if (node->extras)
        node_forward(node, node->own, TSSB_ALL_FACES, 0);
    return 0;
}

static int read_memory(void *context, uint64_t offset, uint8_t *bytes, size_t count) {
    if (count > 0)
        memcpy(bytes, (const uint8_t *)context + offset, count);
    return 0;
}

int tssb_node_append(struct tssb_node *node, const void *content, size_t size) {
    union {
        const void *content;
        void *context;
    } memory = {content}; /* which is only read */
    return tssb_node_append_from(node, &(struct tssb_content){size, read_memory, memory.context});
}

/* Time. */

void tssb_node_start(struct tssb_node *node, uint64_t now_ns, uint64_t first_ns) {
    if (node->extras)
        tssb_answers_clear(&node->extras->answers);
    for (uint32_t i = 0; i < node->replica_count; i++) {
        if (!node->replicas[i].followed)
            continue;
        if (node->extras)
            append_early(node, i, now_ns); /* it may only be followed since */
        node->replicas[i].starting = first_ns > now_ns;
        if (node->replicas[i].starting)
            tssb_node_set_timer(node, i, first_ns);
        else
            node->config->strategy->start(node, i, now_ns);
    }
    if (node->fetch)
        node_fetch_start(node, now_ns, first_ns);
}

void tssb_node_set_timer(struct tssb_node *node, uint32_t replica, uint64_t at_ns) {
    tssb_timers_set(&node->timers, replica, at_ns);
}

uint64_t tssb_node_next_wake(const struct tssb_node *node) {
    uint64_t timer_ns = tssb_timers_next(&node->timers);
    uint64_t answer_ns = node->extras ? tssb_answers_next(&node->extras->answers) : TSSB_NEVER;
    uint64_t fetch_ns = node->fetch ? node->fetch->next_ns : TSSB_NEVER;
    uint64_t next_ns = timer_ns < answer_ns ? timer_ns : answer_ns;
    return next_ns < fetch_ns ? next_ns : fetch_ns;
}

void tssb_node_wake(struct tssb_node *node, uint64_t now_ns) {
    const struct tssb_strategy *strategy = node->config->strategy;
    uint32_t replica;
    if (node->extras)
        node_answer_due(node, now_ns);
    while (tssb_timers_take(&node->timers, now_ns, &replica)) {
        bool starting = node->replicas[replica].starting;
        node->replicas[replica].starting = false;
        (starting ? strategy->start : strategy->timeout)(node, replica, now_ns);
    }
    if (node->fetch)
        node_fetch_due(node, now_ns);
}
