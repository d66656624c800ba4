#include "chains.h"

#include "core/chain.h"
#include "core/entry.h"
#include "core/error.h"

struct chain {
    uint64_t since_ns;
    uint32_t replica, seq, blobs;
};

/* In the order in which their entries came, which is nearly that in which they are done. */
struct chain_list {
    struct chain *chains;
    uint32_t count, capacity;
};

static bool is_fetched(const struct sim_node *node, const struct tssb_replica *replica) {
    const struct tssb_blob_policy *policy = node->core.config->blobs.policy;
    return policy && policy->as_they_come && replica->followed;
}

/* How many blobs an entry's side chain has, by what it declares; 0: it has none. */
static uint32_t blobs_of(const uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct tssb_chain_reader reader;
    const uint8_t *head;
    size_t count;
    if (tssb_entry_type(wire) != TSSB_CHAIN20 ||
        tssb_chain_reader_init(&reader, tssb_entry_payload(wire), &head, &count) != 0)
        return 0;
    uint64_t blobs = reader.left / TSSB_CHAIN_PIECE_SIZE +
                     (reader.left % TSSB_CHAIN_PIECE_SIZE != 0);
    return blobs < UINT32_MAX ? (uint32_t)blobs : UINT32_MAX;
}

static int add(struct sim_node *node, struct chain chain) {
    const struct tssb_mem *mem = &node->world->slab.mem;
    if (!node->chains) {
        node->chains = mem->resize(mem->context, NULL, 0, sizeof *node->chains);
        if (!node->chains)
            return TSSB_E_MEMORY;
        *node->chains = (struct chain_list){0};
    }
    struct chain_list *list = node->chains;
    void *array = list->chains;
    int error = tssb_mem_grow(mem, &array, &list->capacity, list->count + 1, sizeof *list->chains);
    list->chains = array;
    if (!error)
        list->chains[list->count++] = chain;
    return error;
}

void chains_appended(struct sim_node *node, const struct tssb_replica *replica,
                     const uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct world *world = node->world;
    uint32_t blobs = is_fetched(node, replica) ? blobs_of(wire) : 0;
    if (blobs == 0)
        return;
    int error = add(node, (struct chain){.since_ns = world->now_ns,
                                         .replica = (uint32_t)(replica - node->core.replicas),
                                         .seq = replica->front_seq,
                                         .blobs = blobs});
    if (error)
        world_fail(world, error);
    else
        world->open_chains++;
}

static void tell(const struct sim_node *node, const struct chain *chain, uint64_t until_ns) {
    struct world *world = node->world;
    const struct chain_fetch fetch = {.node = node_index(node),
                                      .feed = node->core.replicas[chain->replica].feed->index,
                                      .seq = chain->seq,
                                      .blobs = chain->blobs,
                                      .since_ns = chain->since_ns,
                                      .until_ns = until_ns};
    for (struct observer *observer = world->observers; observer; observer = observer->next)
        if (observer->fetched)
            observer->fetched(observer, &fetch);
}

static void forget(struct chain_list *list, uint32_t index) {
    for (list->count--; index < list->count; index++)
        list->chains[index] = list->chains[index + 1];
}

void chains_done(struct sim_node *node, uint32_t replica, uint32_t seq, bool whole) {
    struct world *world = node->world;
    struct chain_list *list = node->chains;
    for (uint32_t i = 0; list && i < list->count; i++) {
        const struct chain *chain = &list->chains[i];
        if (chain->replica != replica || chain->seq != seq)
            continue;
        tell(node, chain, whole ? world->now_ns : TSSB_NEVER);
        forget(list, i);
        world->open_chains--;
        follow_end_if_level(world);
        return;
    }
}

void chains_lost(struct sim_node *node) {
    if (!node->chains)
        return;
    node->world->open_chains -= node->chains->count;
    node->chains->count = 0;
}

void chains_end(struct sim_node *node) {
    for (uint32_t i = 0; node->chains && i < node->chains->count; i++)
        tell(node, &node->chains->chains[i], TSSB_NEVER);
}
