/* The account: per feed what its author signed, per node and feed how far the node has come and on
 * which branch. Each callback compares what the world says with that, and notes the first thing
 * that does not fit. */
#include "invariants.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/entry.h"
#include "core/error.h"
#include "core/forks.h"
#include "core/request.h"
#include "sim/adversary/adversary.h"
#include "sim/world_state.h"

struct signed_entry {
    uint8_t wire[TSSB_ENTRY_SIZE], mid[TSSB_MID_SIZE];
};

/* What an author signed, on its own branch. */
struct ledger {
    struct signed_entry *entries;
    uint32_t count, capacity;
};

/* How far a node has come with a feed. */
struct standing {
    uint32_t front;
    uint32_t second_from; /* the first entry that is of the second branch; 0: none is */
    uint32_t *nth;        /* of each entry: the how manieth it was that the node appended */
    uint32_t capacity;
};

struct account {
    uint32_t appended; /* by the node, of any feed */
    uint32_t since;    /* of those, before it was last started */
};

struct invariants {
    struct observer observer;
    struct world *world;
    struct finding finding;
    volatile sig_atomic_t stop;
    struct ledger *ledgers;     /* by feed */
    struct standing *standings; /* by node, then feed */
    struct account *accounts;   /* by node */
    const struct fault **walls; /* partitions in force */
    uint32_t wall_count;
    bool receiving;    /* a packet that reached its node, which acts on it now ... */
    uint32_t size_now; /* ... and its size, and bytes as far as an entry has them */
    uint8_t bytes_now[TSSB_ENTRY_SIZE];
    uint32_t sent_now, appended_now;
    bool proof_due;
    uint64_t proofs;
};

static struct invariants *of(struct observer *observer) {
    return (struct invariants *)(void *)observer;
}

static void note(struct invariants *inv, enum finding_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(struct invariants *inv, enum finding_kind kind, const char *format, ...) {
    va_list arguments;
    inv->stop = 1;
    if (inv->finding.kind != FINDING_NOTHING)
        return;
    inv->finding.kind = kind;
    inv->finding.at_ns = inv->world->now_ns;
    va_start(arguments, format);
    (void)vsnprintf(inv->finding.what, sizeof inv->finding.what, format, arguments);
    va_end(arguments);
}

struct name {
    char text[NODE_NAME_SIZE];
};

static struct name name_of(const struct invariants *inv, uint32_t node) {
    struct name name;
    (void)scenario_node_name(inv->world->scenario, node, name.text, sizeof name.text);
    return name;
}

static uint32_t author_of(const struct invariants *inv, uint32_t feed) {
    return inv->world->feeds[feed].author;
}

static struct standing *standing_of(const struct invariants *inv, uint32_t node, uint32_t feed) {
    return &inv->standings[(size_t)node * inv->world->feed_count + feed];
}

/* The entry that a node of this standing has at a number; NULL where there is none. */
static const uint8_t *entry_due(const struct invariants *inv, const struct standing *standing,
                                uint32_t feed, uint32_t seq) {
    const struct ledger *ledger = &inv->ledgers[feed];
    if (standing->second_from && seq >= standing->second_from)
        return adversary_second(inv->world, author_of(inv, feed), seq);
    return seq >= 1 && seq <= ledger->count ? ledger->entries[seq - 1].wire : NULL;
}

static bool same(const uint8_t *due, const uint8_t *wire) {
    return due && memcmp(due, wire, TSSB_ENTRY_SIZE) == 0;
}

static const struct tssb_replica *replica_of(const struct invariants *inv, uint32_t node,
                                             uint32_t feed) {
    const struct tssb_node *core = &inv->world->nodes[node].core;
    uint32_t index = tssb_node_find(core, tssb_pool_feed(&inv->world->pool, feed));
    return index == TSSB_NO_REPLICA ? NULL : &core->replicas[index];
}

static const uint8_t *read_stored(const struct invariants *inv, uint32_t node,
                                  const struct tssb_replica *replica, uint32_t seq) {
    struct tssb_store *store = &inv->world->nodes[node].store.store;
    const uint8_t *wire;
    return store->ops->read(store, replica, seq, &wire) == 0 ? wire : NULL;
}

/* Appending. */

static void sign(struct invariants *inv, const struct arrival *arrival) {
    struct ledger *ledger = &inv->ledgers[arrival->feed];
    void *entries = ledger->entries;
    int error = tssb_mem_grow(&tssb_mem_libc, &entries, &ledger->capacity, ledger->count + 1,
                              sizeof *ledger->entries);
    ledger->entries = entries;
    if (error) {
        note(inv, FINDING_ERROR, "no memory for what is checked");
        return;
    }
    struct tssb_place place = tssb_entry_genesis(world_feed_id(inv->world, arrival->feed));
    place.seq = ledger->count + 1;
    if (ledger->count > 0)
        memcpy(place.prev, ledger->entries[ledger->count - 1].mid, sizeof place.prev);
    struct signed_entry *entry = &ledger->entries[ledger->count++];
    memcpy(entry->wire, arrival->wire, sizeof entry->wire);
    tssb_entry_mid(&place, entry->wire, entry->mid);
}

/* A replica leaves for the second branch with its first entry, and at no other. */
static void choose_branch(const struct invariants *inv, struct standing *standing,
                          const struct arrival *arrival) {
    uint32_t author = author_of(inv, arrival->feed), seq = arrival->seq;
    const uint8_t *second = adversary_second(inv->world, author, seq);
    if (!standing->second_from && same(second, arrival->wire) &&
        !adversary_second(inv->world, author, seq - 1))
        standing->second_from = seq;
}

/* Whether what is stored, and what came in, is what was reported. */
static void compare(struct invariants *inv, const struct arrival *arrival) {
    const struct tssb_replica *replica = replica_of(inv, arrival->node, arrival->feed);
    const uint8_t *stored = replica ? read_stored(inv, arrival->node, replica, arrival->seq) : NULL;
    bool own = arrival->from_node == arrival->node; /* a stream may write when a packet comes */
    bool first = inv->receiving && inv->appended_now == 0 && !own;
    if (!same(stored, arrival->wire) ||
        (first && (inv->size_now != TSSB_ENTRY_SIZE || !same(inv->bytes_now, arrival->wire))))
        note(inv, FINDING_PREFIX, "%s stores another entry %s %u than it got",
             name_of(inv, arrival->node).text, name_of(inv, author_of(inv, arrival->feed)).text,
             arrival->seq);
}

static void remember(struct invariants *inv, const struct arrival *arrival,
                     struct standing *standing) {
    void *nth = standing->nth;
    int error = tssb_mem_grow(&tssb_mem_libc, &nth, &standing->capacity, arrival->seq + 1,
                              sizeof *standing->nth);
    standing->nth = nth;
    if (error)
        note(inv, FINDING_ERROR, "no memory for what is checked");
    else
        standing->nth[arrival->seq] = inv->accounts[arrival->node].appended++;
}

static void on_appended(struct observer *observer, const struct arrival *arrival) {
    struct invariants *inv = of(observer);
    struct standing *standing = standing_of(inv, arrival->node, arrival->feed);
    struct name node = name_of(inv, arrival->node);
    struct name author = name_of(inv, author_of(inv, arrival->feed));
    if (arrival->node == author_of(inv, arrival->feed))
        sign(inv, arrival);
    if (arrival->seq != standing->front + 1)
        note(inv, FINDING_PREFIX, "%s appends %s %u after %u", node.text, author.text, arrival->seq,
             standing->front);
    choose_branch(inv, standing, arrival);
    if (!same(entry_due(inv, standing, arrival->feed, arrival->seq), arrival->wire))
        note(inv, FINDING_PREFIX, "%s appends a %s %u that is not the author's on its branch",
             node.text, author.text, arrival->seq);
    compare(inv, arrival);
    standing->front = arrival->seq;
    remember(inv, arrival, standing);
    inv->appended_now++;
}

/* Sending. */

static void check_entry_sent(struct invariants *inv, const struct departure *departure) {
    const struct standing *standing = standing_of(inv, departure->node, departure->feed);
    const uint8_t *due = departure->seq <= standing->front
                             ? entry_due(inv, standing, departure->feed, departure->seq)
                             : NULL;
    if (departure->size_bytes != TSSB_ENTRY_SIZE || !same(due, departure->bytes))
        note(inv, FINDING_SERVED, "%s sends a %s %u that it does not hold",
             name_of(inv, departure->node).text, name_of(inv, author_of(inv, departure->feed)).text,
             departure->seq);
    inv->sent_now++;
}

static void on_sent(struct observer *observer, const struct departure *departure) {
    struct invariants *inv = of(observer);
    const struct sim_node *node = &inv->world->nodes[departure->node];
    bool asks = departure->kind == TSSB_PACKET_WANT || departure->kind == TSSB_PACKET_RANGE;
    if (node->is_bridge)
        return;
    if (node->offline)
        note(inv, FINDING_PASSED, "%s sends while it is off", name_of(inv, departure->node).text);
    if (departure->kind == TSSB_PACKET_ENTRY)
        check_entry_sent(inv, departure);
    else if (asks && departure->size_bytes > node->core.config->asking.packet_size)
        note(inv, FINDING_LIMIT, "%s sends a request of %u bytes",
             name_of(inv, departure->node).text, departure->size_bytes);
}

/* Receiving. */

/* Which set of a partition a node is in; set_count: in none. */
static uint32_t side_of(const struct fault *wall, uint32_t node) {
    uint32_t set = 0;
    while (set < wall->set_count && !node_set_has(&wall->sets[set], node))
        set++;
    return set;
}

static bool stops(const struct fault *wall, uint32_t from, uint32_t to) {
    uint32_t left = side_of(wall, from), right = side_of(wall, to);
    if (left == right || left == wall->set_count || right == wall->set_count)
        return false;
    return !wall->one_way || left < right;
}

static void check_way(struct invariants *inv, const struct sighting *sighting) {
    bool stopped = inv->world->nodes[sighting->to_node].offline;
    for (uint32_t i = 0; i < inv->wall_count && sighting->from_node < NODE_OUTSIDE; i++)
        stopped |= stops(inv->walls[i], sighting->from_node, sighting->to_node);
    if (stopped)
        note(inv, FINDING_PASSED, "%s gets a packet of %s", name_of(inv, sighting->to_node).text,
             name_of(inv, sighting->from_node).text);
}

/* Whether the packet is the other of two entries that follow the same one, and the node holds one
 * of them at a place that it remembers. */
static bool proves_fork(const struct invariants *inv, uint32_t node, uint32_t feed,
                        const struct sighting *sighting) {
    uint32_t author = author_of(inv, feed), seq = 1;
    const struct standing *standing = standing_of(inv, node, feed);
    const struct account *account = &inv->accounts[node];
    while (seq <= standing->front && !adversary_second(inv->world, author, seq))
        seq++;
    if (seq > standing->front || standing->nth[seq] < account->since ||
        account->appended - standing->nth[seq] > TSSB_FORKS_MAX)
        return false;
    const uint8_t *second = adversary_second(inv->world, author, seq);
    const uint8_t *first = inv->ledgers[feed].entries[seq - 1].wire;
    return same(standing->second_from ? first : second, sighting->bytes) &&
           !replica_of(inv, node, feed)->forked;
}

static void on_receiving(struct observer *observer, const struct sighting *sighting) {
    struct invariants *inv = of(observer);
    inv->sent_now = inv->appended_now = 0;
    inv->proof_due = false;
    if (!sighting->reached)
        return;
    inv->receiving = true;
    inv->size_now = sighting->size_bytes;
    if (sighting->size_bytes == TSSB_ENTRY_SIZE)
        memcpy(inv->bytes_now, sighting->bytes, TSSB_ENTRY_SIZE);
    check_way(inv, sighting);
    const struct sim_node *node = &inv->world->nodes[sighting->to_node];
    if (!inv->world->adversaries || node->is_bridge || sighting->size_bytes != TSSB_ENTRY_SIZE)
        return;
    for (uint32_t feed = 0; feed < inv->world->feed_count; feed++)
        inv->proof_due |= replica_of(inv, sighting->to_node, feed) &&
                          proves_fork(inv, sighting->to_node, feed, sighting);
}

/* Entries that a packet may make a node send: those that answer it, and those that it passes on. */
static uint32_t limit_of(const struct invariants *inv, const struct sighting *sighting) {
    const struct tssb_node_config *config = inv->world->nodes[sighting->to_node].core.config;
    uint32_t answers = 0;
    if (sighting->fate == TSSB_FATE_ANSWERED)
        answers = sighting->kind == TSSB_PACKET_WANT || config->range_limit < TSSB_WANTS_MAX
                      ? TSSB_WANTS_MAX
                      : config->range_limit;
    return answers + inv->appended_now * world_face_count(inv->world, sighting->to_node);
}

static void check_bounds(struct invariants *inv, uint32_t index) {
    const struct tssb_node *node = &inv->world->nodes[index].core;
    const struct tssb_extras *extras = node->extras;
    bool good = node->wanted_count <= TSSB_WANTED_BLOBS_MAX &&
                node->armed.count <= 3 * node->replica_count &&
                node->timers.count <= node->replica_count;
    if (extras)
        good = good && extras->stash.count <= node->config->asking.stash &&
               extras->answers.count <= TSSB_ANSWERS_MAX &&
               extras->interests.count <= TSSB_INTERESTS_MAX;
    if (!good)
        note(inv, FINDING_BOUND, "%s keeps more than it may", name_of(inv, index).text);
}

static void on_received(struct observer *observer, const struct sighting *sighting) {
    struct invariants *inv = of(observer);
    if (!sighting->reached)
        return;
    if (inv->sent_now > limit_of(inv, sighting))
        note(inv, FINDING_LIMIT, "%s sends %u entries for one packet",
             name_of(inv, sighting->to_node).text, inv->sent_now);
    if (inv->proof_due)
        note(inv, FINDING_FORK, "%s got the proof of a fork, and does not say so",
             name_of(inv, sighting->to_node).text);
    check_bounds(inv, sighting->to_node);
    inv->receiving = false;
}

/* Forks. */

static void on_forked(struct observer *observer, const struct fork_proof *proof) {
    struct invariants *inv = of(observer);
    const struct standing *standing = standing_of(inv, proof->node, proof->feed);
    const uint8_t *second = adversary_second(inv->world, author_of(inv, proof->feed), proof->seq);
    const uint8_t *first = proof->seq <= inv->ledgers[proof->feed].count
                               ? inv->ledgers[proof->feed].entries[proof->seq - 1].wire
                               : NULL;
    const uint8_t *other = standing->second_from ? first : second;
    bool held = proof->seq <= standing->front &&
                same(entry_due(inv, standing, proof->feed, proof->seq), proof->held);
    if (!held || !second || !same(other, proof->other))
        note(inv, FINDING_FORK, "%s tells of a fork of %s %u that is none",
             name_of(inv, proof->node).text, name_of(inv, author_of(inv, proof->feed)).text,
             proof->seq);
    inv->proof_due = false;
    inv->proofs++;
}

/* The timeline. */

static void restart(struct invariants *inv, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++) {
        uint32_t node = fault->nodes.nodes[i];
        inv->accounts[node].since = inv->accounts[node].appended;
        for (uint32_t feed = 0; feed < inv->world->feed_count && fault->kind == FAULT_WIPE; feed++)
            standing_of(inv, node, feed)->front = standing_of(inv, node, feed)->second_from = 0;
    }
}

static void begin_wall(struct invariants *inv, const struct fault *fault) {
    for (uint32_t i = 0; i < inv->wall_count; i++)
        if (inv->walls[i]->id == fault->id)
            return;
    inv->walls[inv->wall_count++] = fault;
}

static void end_walls(struct invariants *inv, uint32_t id) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < inv->wall_count; i++)
        if (id != FAULT_ALL && inv->walls[i]->id != id)
            inv->walls[left++] = inv->walls[i];
    inv->wall_count = left;
}

static void on_fault(struct observer *observer, uint64_t at_ns, const struct fault *fault) {
    struct invariants *inv = of(observer);
    (void)at_ns;
    if (fault->kind == FAULT_CRASH || fault->kind == FAULT_WIPE)
        restart(inv, fault);
    else if (fault->kind == FAULT_PARTITION)
        begin_wall(inv, fault);
    else if (fault->kind == FAULT_HEAL)
        end_walls(inv, fault->id);
}

/* The whole. */

static bool stop_there(void *context, const struct world *world) {
    const struct invariants *inv = context;
    (void)world;
    return inv->finding.kind != FINDING_NOTHING;
}

struct world_interrupt invariants_interrupt(struct invariants *inv) {
    return (struct world_interrupt){&inv->stop, stop_there, inv};
}

static void check_replica(struct invariants *inv, uint32_t node,
                          const struct tssb_replica *replica) {
    uint32_t feed = replica->feed->index;
    const struct standing *standing = standing_of(inv, node, feed);
    bool good = replica->front_seq == standing->front;
    for (uint32_t seq = 1; good && seq <= standing->front; seq++) {
        const uint8_t *stored = read_stored(inv, node, replica, seq);
        good = stored && same(entry_due(inv, standing, feed, seq), stored);
    }
    if (good && standing->front > 0 && !standing->second_from)
        good = memcmp(replica->front_mid, inv->ledgers[feed].entries[standing->front - 1].mid,
                      TSSB_MID_SIZE) == 0;
    if (!good)
        note(inv, FINDING_PREFIX, "in the end, %s holds something else of %s than it appended",
             name_of(inv, node).text, name_of(inv, author_of(inv, feed)).text);
}

const struct finding *invariants_end(struct invariants *inv) {
    for (uint32_t i = 0; i < inv->world->scenario->node_count; i++) {
        const struct tssb_node *core = &inv->world->nodes[i].core;
        check_bounds(inv, i);
        for (uint32_t k = 0; k < core->replica_count; k++)
            check_replica(inv, i, &core->replicas[k]);
    }
    return &inv->finding;
}

uint64_t invariants_proofs(const struct invariants *inv) {
    return inv->proofs;
}

static const struct observer watching = {.wants_packets = true,
                                         .sent = on_sent,
                                         .receiving = on_receiving,
                                         .received = on_received,
                                         .appended = on_appended,
                                         .forked = on_forked,
                                         .fault = on_fault};

int invariants_open(struct invariants **opened, struct world *world) {
    struct invariants *inv = *opened = calloc(1, sizeof *inv);
    if (!inv)
        return TSSB_E_MEMORY;
    uint32_t nodes = world->scenario->node_count;
    inv->observer = watching;
    inv->world = world;
    inv->ledgers = calloc(world->feed_count + 1U, sizeof *inv->ledgers);
    inv->standings = calloc((size_t)nodes * world->feed_count + 1, sizeof *inv->standings);
    inv->accounts = calloc(nodes, sizeof *inv->accounts);
    inv->walls = calloc(world->scenario->fault_count + 1U, sizeof *inv->walls);
    if (!inv->ledgers || !inv->standings || !inv->accounts || !inv->walls)
        return TSSB_E_MEMORY;
    world_watch(world, &inv->observer);
    return 0;
}

void invariants_close(struct invariants *inv) {
    if (!inv)
        return;
    size_t standings = (size_t)inv->world->scenario->node_count * inv->world->feed_count;
    for (uint32_t i = 0; inv->ledgers && i < inv->world->feed_count; i++)
        free(inv->ledgers[i].entries);
    for (size_t i = 0; inv->standings && i < standings; i++)
        free(inv->standings[i].nth);
    free(inv->ledgers);
    free(inv->standings);
    free(inv->accounts);
    free(inv->walls);
    free(inv);
}
