/* The life of a world: made from a scenario, run, asked for its outcome, freed. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge.h"
#include "chains.h"
#include "content.h"
#include "core/bytes.h"
#include "core/error.h"
#include "flow.h"
#include "pages.h"
#include "sim/adversary/adversary.h"
#include "stream.h"
#include "world_state.h"

/* What entries that exist at the start say. */
static const char written_before[] = "written before the start";

/* 32 bytes of the seed, a purpose and a name: the same in each run, others with another seed. */
static void derive(const struct scenario *scenario, char purpose, const char *name,
                   uint8_t bytes[TSSB_SECRET_SIZE]) {
    uint8_t input[9 + NODE_NAME_SIZE];
    size_t size = strnlen(name, NODE_NAME_SIZE);
    tssb_store32(input, (uint32_t)(scenario->seed >> 32));
    tssb_store32(input + 4, (uint32_t)scenario->seed);
    input[8] = (uint8_t)purpose;
    memcpy(input + 9, name, size);
    crypto_generichash(bytes, TSSB_SECRET_SIZE, input, 9 + size, NULL, 0);
}

static void derive_key(const struct scenario *scenario, const char *name, struct tssb_key *key) {
    uint8_t secret[TSSB_SECRET_SIZE], label[TSSB_FID_SIZE];
    bool shared = scenario->scheme == &tssb_scheme_hmac_sha512;
    derive(scenario, 'k', shared ? "" : name, secret);
    derive(scenario, 'f', name, label);
    tssb_key_init(key, scenario->scheme, secret, label);
    sodium_memzero(secret, sizeof secret);
}

static void init_trust(struct world *world) {
    world->trust.scheme = world->scenario->scheme;
    derive(world->scenario, 'k', "", world->trust.shared_secret);
}

static bool produces(const struct node_group *group) {
    return group->produce.at_start || group->produce.every_ns || group->streams;
}

static int init_configs(struct world *world) {
    const struct scenario *scenario = world->scenario;
    bool forks = adversary_forks(scenario);
    world->configs = calloc(scenario->group_count, sizeof *world->configs);
    if (!world->configs)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct node_group *group = &scenario->groups[i];
        struct tssb_node_config *config = &world->configs[i];
        *config = tssb_node_defaults;
        config->host = &world_host;
        config->strategy = group->strategy.strategy;
        config->asking = group->strategy.asking;
        config->backoff_ns = group->strategy.backoff_ns;
        config->suppress_ns = group->strategy.suppress_ns;
        config->forward = group->strategy.forward;
        config->subscription_ns = scenario_subscription_ns(&group->strategy);
        config->serve = group->serve;
        config->blobs = group->strategy.blobs;
        if (!config->blobs.policy && content_has_chains(scenario))
            config->blobs.policy = tssb_blob_policy_find("eager");
        config->trust = &world->trust;
        config->mem = &world->slab.mem;
        config->forked = forks ? world_forked : NULL;
    }
    return 0;
}

static int init_nodes(struct world *world) {
    const struct scenario *scenario = world->scenario;
    world->nodes = pages_alloc(scenario->node_count, sizeof *world->nodes);
    world->node_keys = calloc(scenario->node_count, sizeof *world->node_keys);
    if (!world->nodes || !world->node_keys)
        return TSSB_E_MEMORY;
    for (uint32_t g = 0; g < scenario->group_count; g++) {
        const struct node_group *group = &scenario->groups[g];
        for (uint32_t i = group->first; i < group->first + group->count; i++) {
            struct sim_node *node = &world->nodes[i];
            char name[NODE_NAME_SIZE];
            world->node_keys[i] = stream_key(scenario->seed, "node",
                                             scenario_node_name(scenario, i, name, sizeof name));
            node->world = world;
            node->wake_ns = TSSB_NEVER;
            tssb_pool_view_init(&node->store, &world->pool);
            tssb_node_init(&node->core, &world->configs[g], node, &node->store.store, NULL);
            node->is_bridge = group->bridge;
            if (group->bridge && !(node->bridge = bridge_open(&group->processing)))
                return TSSB_E_MEMORY;
            world->feed_count += produces(group);
        }
    }
    return 0;
}

static int init_clocks(struct world *world) {
    const struct scenario *scenario = world->scenario;
    bool any = false;
    for (uint32_t g = 0; g < scenario->group_count; g++)
        any |= scenario->groups[g].clock.own;
    world->clocks = any ? calloc(scenario->node_count, sizeof *world->clocks) : NULL;
    for (uint32_t i = 0; world->clocks && i < scenario->node_count; i++)
        world->clocks[i] = local_clock_draw(&scenario_group(scenario, i)->clock,
                                            world->node_keys[i]);
    return any && !world->clocks ? TSSB_E_MEMORY : 0;
}

/* Gives each author its key and its own feed: in node order, so that a feed's index in the pool is
 * its index here. */
static int init_feeds(struct world *world) {
    const struct scenario *scenario = world->scenario;
    uint32_t feed_index = 0, replica;
    world->feeds = calloc(world->feed_count + 1U, sizeof *world->feeds);
    if (!world->feeds)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < scenario->node_count; i++) {
        if (!produces(scenario_group(scenario, i)))
            continue;
        struct sim_node *node = &world->nodes[i];
        struct world_feed *feed = &world->feeds[feed_index++];
        char name[NODE_NAME_SIZE];
        feed->author = i;
        derive_key(scenario, scenario_node_name(scenario, i, name, sizeof name), &feed->key);
        node->core.key = &feed->key;
        struct tssb_anchor anchor = tssb_anchor_whole(feed->key.fid);
        int error = tssb_node_open(&node->core, &anchor, false, &replica);
        if (error)
            return error;
        world->unfinished_authors += timeline_unfinished(world, feed);
    }
    return 0;
}

/* The index of an author's feed; authors are in node order. */
static uint32_t feed_of_author(const struct world *world, uint32_t author) {
    uint32_t low = 0, high = world->feed_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (world->feeds[middle].author < author)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int init_follows(struct world *world, uint32_t index) {
    const struct node_set *follow = &scenario_group(world->scenario, index)->follow;
    struct sim_node *node = &world->nodes[index];
    for (uint32_t i = 0; i < follow->count; i++) {
        if (follow->nodes[i] == index)
            continue;
        uint32_t replica;
        struct world_feed *feed = &world->feeds[feed_of_author(world, follow->nodes[i])];
        struct tssb_anchor anchor = tssb_anchor_whole(feed->key.fid);
        int error = tssb_node_open(&node->core, &anchor, true, &replica);
        if (error)
            return error;
        feed->followers++;
    }
    uint32_t replicas = node->core.replica_count;
    if (replicas > 0) {
        const struct tssb_mem *mem = &world->slab.mem;
        node->follows = mem->resize(mem->context, NULL, 0, replicas * sizeof *node->follows);
        if (!node->follows)
            return TSSB_E_MEMORY;
    }
    for (uint32_t i = 0; i < replicas; i++)
        node->follows[i] = (struct follow){.since_ns = TSSB_NEVER};
    return 0;
}

static int init_expectations(struct world *world) {
    uint32_t count = world->scenario->expectation_count + 1U;
    world->met = calloc(count, sizeof *world->met);
    world->judged = calloc(count, sizeof *world->judged);
    return world->met && world->judged ? 0 : TSSB_E_MEMORY;
}

static int build(struct world *world) {
    int error = init_configs(world);
    if (!error)
        error = init_nodes(world);
    if (!error)
        error = init_clocks(world);
    if (!error)
        error = init_feeds(world);
    for (uint32_t i = 0; i < world->scenario->node_count && !error; i++)
        error = init_follows(world, i);
    for (uint32_t i = world->scenario->face_count; i > 0 && !error; i--) {
        struct sim_node *node = &world->nodes[world->scenario->faces[i - 1].node];
        node->real_faces++;
        node->first_real_face = (uint8_t)(i - 1);
    }
    if (!error)
        error = flow_open(world);
    if (!error)
        error = init_expectations(world);
    if (!error)
        error = adversary_open(world);
    if (!error)
        error = world->engine->open(world);
    return error;
}

int world_create(struct world **world, const struct scenario *scenario) {
    return world_create_on(world, scenario, &engine_builtin);
}

int world_create_on(struct world **world, const struct scenario *scenario,
                    const struct engine *engine) {
    *world = NULL;
    int error = tssb_scheme_init();
    if (error)
        return error;
    struct world *made = calloc(1, sizeof *made);
    if (!made)
        return TSSB_E_MEMORY;
    made->scenario = scenario;
    made->engine = engine;
    made->end_ns = scenario->duration_ns;
    for (uint32_t i = 0; i < scenario->fault_count; i++)
        made->faults_left += timeline_awaited(&scenario->faults[i]);
    slab_init(&made->slab);
    tssb_pool_init(&made->pool, &made->slab.mem);
    init_trust(made);
    error = build(made);
    if (error)
        world_close(made);
    else
        *world = made;
    return error;
}

void world_close(struct world *world) {
    if (!world)
        return;
    if (world->engine_state)
        world->engine->close(world);
    for (uint32_t i = 0; world->feeds && i < world->feed_count; i++) {
        free(world->feeds[i].authored_ns);
        tssb_key_wipe(&world->feeds[i].key);
    }
    for (uint32_t i = 0; world->nodes && i < world->scenario->node_count; i++)
        if (world->nodes[i].is_bridge)
            bridge_close(world->nodes[i].bridge);
    adversary_close(world);
    flow_close(world);
    bound_close(world);
    costs_close(world);
    partition_heal(&world->partitions, FAULT_ALL);
    flights_close(&world->flights);
    slab_close(&world->slab); /* the nodes' and the pool's memory */
    free(world->feeds);
    free(world->nodes);
    free(world->node_keys);
    free(world->clocks);
    free(world->configs);
    free(world->churning);
    arena_close(&world->notes);
    free(world->met);
    free(world->judged);
    free(world);
}

void world_watch(struct world *world, struct observer *observer) {
    struct observer **last = &world->observers;
    while (*last)
        last = &(*last)->next;
    observer->next = NULL;
    *last = observer;
    world->watched |= observer->wants_packets;
    world->measured |= observer->wants_measures;
}

/* Running. */

/* Returns false where the interrupt said to stop. */
static bool write_initial_entries(struct world *world, const struct world_interrupt *interrupt) {
    for (uint32_t f = 0; f < world->feed_count && !world->error; f++) {
        struct world_feed *feed = &world->feeds[f];
        uint32_t count = scenario_group(world->scenario, feed->author)->produce.at_start;
        for (uint32_t i = 0; i < count && !world->error; i++) {
            if (*interrupt->flag && interrupt->handle(interrupt->context, world))
                return false;
            int error = content_append(world, feed, written_before);
            if (error)
                world_fail(world, error);
        }
        world->behind_feeds += feed->followers > 0;
        /* A feed in which nothing is written yet is held by all to its end. */
        if (feed->front == 0) {
            feed->level = feed->followers;
            world->behind_feeds -= feed->followers > 0;
        }
    }
    return true;
}

static uint64_t real_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void add_up(struct world *world) {
    struct node_counts *sum = &world->totals.nodes;
    *sum = (struct node_counts){0};
    for (uint32_t i = 0; i < world->scenario->node_count; i++) {
        struct sim_node *node = &world->nodes[i];
        follow_end(world, node);
        chains_end(node);
        struct node_counts counts = world_node_counts(world, i);
        sum->sent_packets += counts.sent_packets;
        sum->sent_bytes += counts.sent_bytes;
        sum->received_packets += counts.received_packets;
        sum->received_bytes += counts.received_bytes;
        sum->wants_sent += counts.wants_sent;
        sum->entries_sent += counts.entries_sent;
        sum->appended += counts.appended;
        sum->duplicates += counts.duplicates;
        sum->dropped += counts.dropped;
        sum->verifications += counts.verifications;
        sum->airtime_ns += counts.airtime_ns;
        sum->energy_nj += counts.energy_nj;
        sum->blobs += counts.blobs;
        sum->stream_bytes += counts.stream_bytes;
        if (counts.stream_ns > sum->stream_ns)
            sum->stream_ns = counts.stream_ns;
    }
    world->totals.deliveries = sum->received_packets;
    world->totals.verifications = world->pool.verifications;
}

int world_run(struct world *world, const struct world_interrupt *interrupt, enum world_end *end) {
    static volatile sig_atomic_t never = 0;
    static const struct world_interrupt nothing = {.flag = &never};
    uint64_t began_ns = real_ns();
    if (!interrupt)
        interrupt = &nothing;
    if (world->measured && (costs_open(world) != 0 || bound_open(world) != 0))
        world_fail(world, TSSB_E_MEMORY);
    bool completed = write_initial_entries(world, interrupt);
    if (completed) {
        world->running = true;
        timeline_schedule(world);
        follow_end_if_level(world); /* there may be nothing to do at all */
        completed = world->engine->run(world, interrupt);
    }
    for (uint32_t i = 0; i < world->scenario->expectation_count; i++)
        timeline_judge(world, i);
    world->wall_ns = real_ns() - began_ns;
    world->totals.simulated_ns = world->now_ns;
    add_up(world);
    *end = completed ? WORLD_DONE : WORLD_INTERRUPTED;
    return world->error;
}

void world_connect(struct world *world, const struct world_outside *outside) {
    world->outside = outside;
}

void world_end_at(struct world *world, uint64_t end_ns) {
    if (end_ns < world->end_ns)
        world->end_ns = end_ns;
}

/* The outcome. */

uint64_t world_now_ns(const struct world *world) {
    return world->now_ns;
}

const struct scenario *world_scenario(const struct world *world) {
    return world->scenario;
}

const struct world_totals *world_totals(const struct world *world) {
    return &world->totals;
}

uint64_t world_wall_ns(const struct world *world) {
    return world->wall_ns;
}

uint32_t world_feed_count(const struct world *world) {
    return world->feed_count;
}

uint32_t world_feed_author(const struct world *world, uint32_t feed) {
    return world->feeds[feed].author;
}

const uint8_t *world_feed_id(const struct world *world, uint32_t feed) {
    return world->feeds[feed].key.fid;
}

uint32_t world_feed_front(const struct world *world, uint32_t feed) {
    return world->feeds[feed].front;
}

struct node_counts world_node_counts(const struct world *world, uint32_t node) {
    const struct sim_node *at = &world->nodes[node];
    return (struct node_counts){.sent_packets = at->sent_packets,
                                .sent_bytes = at->sent_bytes,
                                .received_packets = at->received_packets,
                                .received_bytes = at->received_bytes,
                                .wants_sent = at->wants_sent,
                                .entries_sent = at->entries_sent,
                                .appended = at->appended,
                                .duplicates = at->duplicates,
                                .dropped = at->dropped,
                                .verifications = at->core.verifications,
                                .airtime_ns = at->airtime_ns,
                                .energy_nj = at->energy_nj,
                                .blobs = at->blobs,
                                .stream_bytes = at->stream_bytes,
                                .stream_ns = at->stream_ns};
}

bool world_follow_counts(const struct world *world, uint32_t node_index, uint32_t feed,
                         struct follow_counts *counts) {
    const struct sim_node *node = &world->nodes[node_index];
    uint32_t replica = tssb_node_find(&node->core, tssb_pool_feed(&world->pool, feed));
    if (replica == TSSB_NO_REPLICA || !node->core.replicas[replica].followed)
        return false;
    const struct follow *follow = &node->follows[replica];
    uint32_t entries = node->core.replicas[replica].front_seq;
    *counts = (struct follow_counts){.entries = entries,
                                     .catchups = follow->catchups,
                                     .catchup_ns = follow->longest_ns,
                                     .behind = entries < world->feeds[feed].front};
    return true;
}

uint32_t world_followed(const struct world *world, uint32_t node_index, uint32_t nth) {
    const struct tssb_node *core = &world->nodes[node_index].core;
    for (uint32_t i = 0; i < core->replica_count; i++)
        if (core->replicas[i].followed && nth-- == 0)
            return core->replicas[i].feed->index;
    return FEED_NONE;
}

uint64_t world_node_digest(const struct world *world, uint32_t node) {
    return world->nodes[node].digest;
}

bool world_expectation_met(const struct world *world, uint32_t expectation) {
    return world->met[expectation];
}

void world_digest(const struct world *world, uint8_t digest[DIGEST_SIZE]) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
    for (uint32_t i = 0; i < world->scenario->node_count; i++) {
        uint8_t bytes[8];
        tssb_store32(bytes, (uint32_t)(world->nodes[i].digest >> 32));
        tssb_store32(bytes + 4, (uint32_t)world->nodes[i].digest);
        crypto_generichash_update(&state, bytes, sizeof bytes);
    }
    crypto_generichash_final(&state, digest, DIGEST_SIZE);
}
