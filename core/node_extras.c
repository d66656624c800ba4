/* What only some nodes need. It is made when the first feed is opened, where the configuration asks
 * for any of it; so a plain node, of which a world has many, pays for a pointer. */
#include <string.h>

#include "bytes.h"
#include "check.h"
#include "entry.h"
#include "error.h"
#include "node_inside.h"

enum { STATE_ALIGNMENT = 16 };

static struct tssb_strategy_settings settings_of(const struct tssb_node *node) {
    struct tssb_strategy_settings settings = node->config->asking;
    settings.size = tssb_node_window_size(node);
    return settings;
}

/* Of the strategy's state: the node's own comes first, then that of each replica. */
static size_t state_size(const struct tssb_node *node) {
    const struct tssb_strategy *strategy = node->config->strategy;
    struct tssb_strategy_settings settings = settings_of(node);
    size_t size = strategy->replica_size ? strategy->replica_size(&settings) : 0;
    if (size < strategy->shared_size)
        size = strategy->shared_size;
    return (size + STATE_ALIGNMENT - 1) / STATE_ALIGNMENT * STATE_ALIGNMENT;
}

static bool wants_extras(const struct tssb_node *node) {
    const struct tssb_node_config *config = node->config;
    return config->count || config->asking.stash || config->backoff_ns || config->suppress_ns ||
           config->forward != TSSB_FORWARD_AUTHOR || config->forked || state_size(node) > 0;
}

/* Zeroed memory of its own for what not every node has; NULL where it ran out. */
static void *make_part(const struct tssb_mem *mem, size_t size) {
    void *part = mem->resize(mem->context, NULL, 0, size);
    if (part)
        memset(part, 0, size);
    return part;
}

static int make_extras(struct tssb_node *node) {
    const struct tssb_node_config *config = node->config;
    struct tssb_extras *extras = make_part(config->mem, sizeof *extras);
    if (!extras)
        return TSSB_E_MEMORY;
    extras->asker = TSSB_NO_REPLICA;
    node->extras = extras;
    int error = tssb_stash_init(&extras->stash, config->mem, config->asking.stash);
    if (!error && config->suppress_ns)
        extras->overheard = make_part(config->mem, sizeof *extras->overheard);
    if (!error && config->forked)
        extras->forks = make_part(config->mem, sizeof *extras->forks);
    if ((config->suppress_ns && !extras->overheard) || (config->forked && !extras->forks))
        error = TSSB_E_MEMORY;
    if (error)
        node_extras_close(node);
    return error;
}

int node_extras_reserve(struct tssb_node *node, uint32_t replicas) {
    if (!node->extras && !wants_extras(node))
        return 0;
    int error = node->extras ? 0 : make_extras(node);
    size_t size = state_size(node);
    if (error || size == 0)
        return error;
    struct tssb_extras *extras = node->extras;
    uint32_t known = extras->asking_capacity;
    void *asking = extras->asking;
    error = tssb_mem_grow(node->config->mem, &asking, &extras->asking_capacity, replicas + 1, size);
    extras->asking = asking;
    if (!error)
        memset(extras->asking + known * size, 0, (extras->asking_capacity - known) * size);
    return error;
}

void node_extras_close(struct tssb_node *node) {
    const struct tssb_mem *mem = node->config->mem;
    struct tssb_extras *extras = node->extras;
    if (!extras)
        return;
    void *asking = extras->asking;
    tssb_mem_release(mem, &asking, &extras->asking_capacity, state_size(node));
    tssb_stash_close(&extras->stash, mem);
    tssb_answers_close(&extras->answers, mem);
    tssb_interests_close(&extras->interests, mem);
    if (extras->overheard)
        mem->resize(mem->context, extras->overheard, sizeof *extras->overheard, 0);
    if (extras->forks)
        mem->resize(mem->context, extras->forks, sizeof *extras->forks, 0);
    mem->resize(mem->context, extras, sizeof *extras, 0);
    node->extras = NULL;
}

void *tssb_node_shared_state(struct tssb_node *node) {
    return node->extras->asking;
}

void *tssb_node_replica_state(struct tssb_node *node, uint32_t replica) {
    TSSB_CHECK(replica + 1 < node->extras->asking_capacity);
    return node->extras->asking + (size_t)(replica + 1) * state_size(node);
}

uint32_t tssb_node_window_size(const struct tssb_node *node) {
    uint32_t size = node->config->asking.size ? node->config->asking.size
                                              : node->config->strategy->size;
    TSSB_CHECK(size <= TSSB_SIZE_MAX);
    return size;
}

struct tssb_node_counts tssb_node_counts(const struct tssb_node *node) {
    return node->extras ? node->extras->counts : (struct tssb_node_counts){0};
}

uint64_t node_random(struct tssb_node *node) {
    return node->config->host->random(node->host_context, node->extras->draws++);
}

/* Forks. */

struct tssb_fork_place node_place_due(const struct tssb_node *node, uint32_t index) {
    const struct tssb_replica *replica = &node->replicas[index];
    struct tssb_fork_place place = {replica->next_dmx, index, replica->front_seq + 1, {0}};
    memcpy(place.prev, replica->front_mid, sizeof place.prev);
    return place;
}

void node_note_place(struct tssb_node *node, const struct tssb_fork_place *place) {
    if (node->extras && node->extras->forks)
        tssb_forks_note(node->extras->forks, place);
}

/* Whether a packet is another entry at a place that is held. One proof is enough: a further packet
 * costs no signature. */
static bool proves(struct tssb_node *node, const struct tssb_fork_place *at,
                   const struct incoming *packet, const uint8_t **held) {
    const struct tssb_replica *replica = &node->replicas[at->replica];
    struct tssb_place place = {.fid = replica->feed->fid, .seq = at->seq};
    if (replica->forked || !tssb_replica_holds(replica, at->seq) ||
        node->store->ops->read(node->store, replica, at->seq, held) != 0 ||
        memcmp(*held, packet->bytes, TSSB_ENTRY_SIZE) == 0)
        return false;
    memcpy(place.prev, at->prev, sizeof place.prev);
    node->verifications++;
    return tssb_entry_check(node->config->trust, &place, packet->bytes, packet->size) == 0;
}

void node_prove_fork(struct tssb_node *node, const struct incoming *packet, tssb_dmx dmx) {
    const struct tssb_fork_place *place;
    const uint8_t *held;
    uint32_t cursor = 0;
    while ((place = tssb_forks_find(node->extras->forks, dmx, &cursor))) {
        struct tssb_replica *replica = &node->replicas[place->replica];
        if (!proves(node, place, packet, &held))
            continue;
        replica->forked = true;
        node->config->forked(
            node->host_context,
            &(struct tssb_fork){replica, place->seq, place->prev, held, packet->bytes});
    }
}
