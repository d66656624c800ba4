/* The network of net.h: a queue of packets, the nodes' timers, and a clock that jumps from one to
 * the next. */
#include "net.h"

#include "../request.h"

#include <stdio.h>
#include <string.h>

static const char *const names[NET_NODES] = {"nodeA", "nodeB", "nodeC", "nodeD"};

__attribute__((format(printf, 2, 3))) static void trace(struct net *net, const char *format, ...) {
    va_list arguments;
    if (net->quiet)
        return;
    char *at = net->trace + net->trace_size;
    size_t room = sizeof net->trace - net->trace_size;
    unsigned ms = (unsigned)(net->now_ns / MS_NS);
    int head = snprintf(at, room, "[%2u.%03u] ", ms / 1000, ms % 1000);
    assert_in_range(head, 1, room - 1);
    va_start(arguments, format);
    int text = vsnprintf(at + head, room - (size_t)head, format, arguments);
    va_end(arguments);
    assert_in_range(text, 1, room - (size_t)head - 2);
    memcpy(at + head + text, "\n", 2);
    net->trace_size += (size_t)(head + text + 1);
}

static const char *name_of(const struct net *net, const uint8_t *fid) {
    for (uint32_t i = 0; i < NET_NODES; i++)
        if (memcmp(net->nodes[i].author.key.fid, fid, TSSB_FID_SIZE) == 0)
            return net->nodes[i].name;
    return "somebody";
}

/* "WANT nodeA 7 8 9", "RANGE nodeA 7 x16 but 2", "blob" and so on. */
static const char *describe(const struct net *net, const struct tssb_packet *packet, char *text,
                            size_t size) {
    const char *kind = tssb_packet_kind_name((enum tssb_packet_kind)packet->kind);
    struct tssb_want want;
    struct tssb_range range;
    int at = snprintf(text, size, "%s", kind);
    if (packet->feed)
        at += snprintf(text + at, size - (size_t)at, " %s %u", name_of(net, packet->feed->fid),
                       packet->seq);
    for (size_t i = 1; packet->kind == TSSB_PACKET_WANT && i < tssb_want_count(packet->size); i++) {
        tssb_want_decode(packet->bytes, i, &want);
        at += snprintf(text + at, size - (size_t)at, " %u", want.seq);
    }
    if (packet->kind == TSSB_PACKET_NEED) {
        struct tssb_need need;
        tssb_need_decode(packet->bytes, 0, &need);
        snprintf(text + at, size - (size_t)at, " x%u", need.credit);
    }
    if (packet->kind != TSSB_PACKET_RANGE)
        return text;
    size_t held = ((size_t)packet->size - TSSB_DMX_SIZE - TSSB_RANGE_SIZE) / TSSB_HELD_SIZE;
    assert_int_equal(tssb_range_decode(packet->bytes, packet->size, &range), 0);
    at += snprintf(text + at, size - (size_t)at, " x%u", range.credit);
    if (held)
        snprintf(text + at, size - (size_t)at, " but %zu", held);
    return text;
}

/* When a packet that leaves now is there: after those that left before it, where there is a rate.
 */
static uint64_t arrival_ns(struct net *net, uint32_t from, uint32_t to, size_t size) {
    uint64_t *busy_ns = &net->busy_until_ns[from][to];
    uint64_t leaves_ns = net->now_ns > *busy_ns ? net->now_ns : *busy_ns;
    if (net->bits_per_s)
        *busy_ns = leaves_ns += size * 8 * UINT64_C(1000000000) / net->bits_per_s;
    return leaves_ns + net->delay_ns;
}

static struct net_flight *flight_number(struct net *net, uint32_t n) {
    return &net->flights[(net->first_flight + n) % NET_FLIGHTS_MAX];
}

static bool is_lost(struct net *net, const struct net_flight *flight) {
    if (!net->lost || flight->packet.kind != TSSB_PACKET_ENTRY || flight->to != B)
        return false;
    net->entries_to_b++;
    for (const uint32_t *number = net->lost; *number; number++)
        if (*number == net->entries_to_b)
            return true;
    return false;
}

static void fly(struct net *net, uint32_t from, uint32_t to, const struct tssb_packet *packet) {
    assert_in_range(net->flight_count, 0, NET_FLIGHTS_MAX - 1);
    uint64_t at_ns = arrival_ns(net, from, to, packet->size);
    struct net_flight flight = {.at_ns = at_ns, .from = from, .to = to, .packet = *packet};
    assert_in_range(packet->size, 1, sizeof flight.bytes);
    memcpy(flight.bytes, packet->bytes, packet->size);
    if (is_lost(net, &flight) ||
        (net->loss_percent && random_next(&net->random) % 100 < net->loss_percent))
        return;
    uint32_t n = net->flight_count++;
    for (; n > 0 && flight_number(net, n - 1)->at_ns > at_ns; n--)
        *flight_number(net, n) = *flight_number(net, n - 1);
    *flight_number(net, n) = flight;
}

static void on_send(void *context, uint32_t face, const struct tssb_packet *packet) {
    struct net_node *sender = context;
    struct net *net = sender->net;
    char text[96];
    uint32_t from = (uint32_t)(sender - net->nodes);
    describe(net, packet, text, sizeof text);
    net->counts[from].sent[packet->kind]++;
    bool to_all = face == TSSB_ALL_FACES || net->medium;
    if (to_all)
        trace(net, "%s > %s", sender->name, text);
    else
        trace(net, "%s > %s to %s", sender->name, text, names[face]);
    for (uint32_t to = 0; to < NET_NODES; to++)
        if (to != from && (to_all || face == to))
            fly(net, from, to, packet);
}

static void on_appended(void *context, const struct tssb_replica *replica,
                        const uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct net_node *holder = context;
    uint8_t mid[TSSB_MID_SIZE];
    struct tssb_place place = {.fid = replica->feed->fid, .seq = replica->front_seq};
    assert_int_equal(tssb_entry_type(wire) & ~1, 0);
    holder->net->counts[holder - holder->net->nodes].appended++;
    tssb_entry_mid(&place, wire, mid); /* reads all of it, for the sanitizers */
    trace(holder->net, "%s appends %s %u", holder->name, name_of(holder->net, replica->feed->fid),
          replica->front_seq);
}

static void on_blob_stored(void *context, const uint8_t ptr[TSSB_PTR_SIZE]) {
    struct net_node *holder = context;
    const uint8_t *blob;
    assert_int_equal(holder->view.store.ops->read_blob(&holder->view.store, ptr, &blob), 0);
    trace(holder->net, "%s stores a blob", holder->name);
}

/* Face n leads to node n, which for the node itself is nowhere. */
static uint32_t on_face_count(void *context) {
    const struct net_node *node = context;
    return node->net->medium ? 1 : NET_NODES;
}

static uint64_t on_random(void *context, uint64_t nth) {
    const struct net_node *node = context;
    uint64_t state = nth * NET_NODES + (uint64_t)(node - node->net->nodes);
    return random_next(&state);
}

void net_on_forked(void *context, const struct tssb_fork *fork) {
    struct net_node *holder = context;
    assert_memory_not_equal(fork->held, fork->other, TSSB_ENTRY_SIZE);
    trace(holder->net, "%s has proof of a fork: %s %u", holder->name,
          name_of(holder->net, fork->replica->feed->fid), fork->seq);
}

static const struct tssb_host host = {.send = on_send,
                                      .appended = on_appended,
                                      .blob_stored = on_blob_stored,
                                      .face_count = on_face_count,
                                      .random = on_random};

void net_init(struct net *net, int64_t fail_at) {
    memset(net, 0, sizeof *net);
    net->delay_ns = 5 * MS_NS;
    countdown_mem_init(&net->countdown, fail_at);
    tssb_pool_init(&net->pool, &net->countdown.mem);
    for (uint32_t i = 0; i < NET_NODES; i++) {
        struct net_node *node = &net->nodes[i];
        node->net = net;
        node->name = names[i];
        author_init(&node->author, names[i]);
        node->config = tssb_node_defaults;
        node->config.host = &host;
        node->config.mem = &net->countdown.mem;
        tssb_pool_view_init(&node->view, &net->pool);
        tssb_node_init(&node->node, &node->config, node, &node->view.store, &node->author.key);
    }
}

void net_close(struct net *net) {
    for (uint32_t i = 0; i < NET_NODES; i++) {
        tssb_node_close(&net->nodes[i].node);
        tssb_pool_view_close(&net->nodes[i].view);
    }
    tssb_pool_close(&net->pool);
    assert_int_equal(net->countdown.outstanding_bytes, 0);
}

int net_start(void **state) {
    static struct net net;
    net_init(&net, NEVER_FAILS);
    *state = &net;
    return 0;
}

int net_end(void **state) {
    net_close(*state);
    return 0;
}

uint32_t net_open(struct net *net, uint32_t who, uint32_t author) {
    struct tssb_anchor whole = tssb_anchor_whole(net->nodes[author].author.key.fid);
    uint32_t index;
    assert_int_equal(tssb_node_open(&net->nodes[who].node, &whole, true, &index), 0);
    return index;
}

const struct tssb_replica *net_replica(struct net *net, uint32_t who, uint32_t author) {
    struct tssb_node *node = &net->nodes[who].node;
    for (uint32_t i = 0; i < node->replica_count; i++)
        if (memcmp(node->replicas[i].feed->fid, net->nodes[author].author.key.fid, TSSB_FID_SIZE) ==
            0)
            return &node->replicas[i];
    fail_msg("%s holds nothing of %s", names[who], names[author]);
    return NULL;
}

void net_append(struct net *net, uint32_t who, const char *text) {
    assert_int_equal(tssb_node_append(&net->nodes[who].node, text, strlen(text)), 0);
}

void net_append_quietly(struct net *net, uint32_t who, uint32_t count) {
    size_t trace_size = net->trace_size;
    uint32_t flight_count = net->flight_count;
    uint64_t busy_ns[NET_NODES];
    memcpy(busy_ns, net->busy_until_ns[who], sizeof busy_ns);
    for (uint32_t i = 0; i < count; i++)
        net_append(net, who, "hello");
    net->trace_size = trace_size;
    net->trace[trace_size] = '\0';
    net->flight_count = flight_count;
    memcpy(net->busy_until_ns[who], busy_ns, sizeof busy_ns);
}

void net_behind(struct net *net, const struct tssb_strategy *strategy, uint32_t size,
                uint32_t stash, uint32_t entries, const uint32_t *lost) {
    struct tssb_node_config *config = &net->nodes[B].config;
    config->strategy = strategy;
    config->asking.size = size;
    config->asking.stash = stash;
    config->count = true;
    net->nodes[C].offline = net->nodes[D].offline = true;
    net_open(net, A, A);
    net_open(net, B, A);
    net_append_quietly(net, A, entries);
    net->lost = lost;
}

void net_ask(struct net *net, uint32_t who) {
    tssb_node_start(&net->nodes[who].node, net->now_ns, net->now_ns);
}

enum tssb_fate net_receive(struct net *net, uint32_t who, uint32_t from, const uint8_t *packet,
                           size_t size) {
    /* A copy of just this size, for the sanitizers. */
    uint8_t *copy = size ? test_malloc(size) : NULL;
    if (size)
        memcpy(copy, packet, size);
    enum tssb_fate fate = tssb_node_receive(&net->nodes[who].node, from, copy, size, net->now_ns);
    if (size)
        test_free(copy);
    return fate;
}

static void arrive(struct net *net, struct net_flight *flight) {
    struct net_node *receiver = &net->nodes[flight->to];
    char text[96];
    flight->packet.bytes = flight->bytes;
    if (receiver->offline)
        return;
    net->counts[flight->to].got_entries += flight->packet.kind == TSSB_PACKET_ENTRY;
    uint32_t from = net->medium ? 0 : flight->from;
    enum tssb_fate fate = net_receive(net, flight->to, from, flight->bytes, flight->packet.size);
    if (fate == TSSB_FATE_NOT_HELD || fate == TSSB_FATE_NOT_SERVED || fate == TSSB_FATE_REFUSED ||
        fate == TSSB_FATE_FAILED)
        trace(net, "%s: %s: %s", receiver->name, describe(net, &flight->packet, text, sizeof text),
              tssb_fate_name(fate));
}

/* The next moment at which something happens, TSSB_NEVER where nothing will. */
static uint64_t next_ns(const struct net *net) {
    uint64_t next = net->flight_count ? net->flights[net->first_flight].at_ns : TSSB_NEVER;
    for (uint32_t i = 0; i < NET_NODES; i++) {
        uint64_t wake_ns = tssb_node_next_wake(&net->nodes[i].node);
        if (!net->nodes[i].offline && wake_ns < next)
            next = wake_ns;
    }
    return next;
}

void net_run(struct net *net, uint64_t until_ms) {
    uint64_t until_ns = until_ms * MS_NS, next;
    while ((next = next_ns(net)) <= until_ns) {
        net->now_ns = next > net->now_ns ? next : net->now_ns;
        while (net->flight_count && net->flights[net->first_flight].at_ns <= net->now_ns) {
            struct net_flight flight = net->flights[net->first_flight];
            net->first_flight = (net->first_flight + 1) % NET_FLIGHTS_MAX;
            net->flight_count--;
            arrive(net, &flight);
        }
        for (uint32_t i = 0; i < NET_NODES; i++)
            if (!net->nodes[i].offline)
                tssb_node_wake(&net->nodes[i].node, net->now_ns);
    }
    net->now_ns = until_ns;
}

void expect_lines(struct net *net, const char *const *lines, const char *file, int line) {
    char due[NET_TRACE_SIZE] = "";
    size_t size = 0;
    for (; *lines; lines++)
        size += (size_t)snprintf(due + size, sizeof due - size, "%s\n", *lines);
    if (strcmp(net->trace, due) != 0) {
        print_error("due:\n%shappened:\n%s", due, net->trace);
        _fail(file, line);
    }
    net->trace_size = 0;
    net->trace[0] = '\0';
}
