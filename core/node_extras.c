/* What only some nodes need. It is made when the first feed is opened, where the configuration asks
 * for any of it; so a plain node, of which a world has many, pays for a pointer. */
#include <string.h>

#include "check.h"
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
           config->forward != TSSB_FORWARD_AUTHOR || state_size(node) > 0;
}

static int make_extras(struct tssb_node *node) {
    const struct tssb_mem *mem = node->config->mem;
    struct tssb_extras *extras = mem->resize(mem->context, NULL, 0, sizeof *extras);
    if (!extras)
        return TSSB_E_MEMORY;
    *extras = (struct tssb_extras){.asker = TSSB_NO_REPLICA};
    node->extras = extras;
    int error = tssb_stash_init(&extras->stash, mem, node->config->asking.stash);
    if (!error && node->config->suppress_ns) {
        extras->overheard = mem->resize(mem->context, NULL, 0, sizeof *extras->overheard);
        error = extras->overheard ? 0 : TSSB_E_MEMORY;
        if (!error)
            *extras->overheard = (struct tssb_overheard){0};
    }
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
