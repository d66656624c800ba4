/* The life of attacks. Those with a pace act by events of their own; a liar, and an author with two
 * branches, also answer what they hear. All that they send is told as a packet that nobody knows:
 * what it is, its receivers must find out. */
#include "adversary.h"

#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/error.h"
#include "core/request.h"
#include "inside.h"
#include "sim/stream.h"

bool adversary_forks(const struct scenario *scenario) {
    bool any = false;
    for (uint32_t i = 0; i < scenario->fault_count && !any; i++)
        any = scenario->faults[i].kind == FAULT_ATTACK &&
              scenario->faults[i].attack->with == ATTACK_FORK;
    return any;
}

static int add_adversary(struct adversaries *adversaries, uint32_t node) {
    if (!adversaries->of[node])
        adversaries->of[node] = calloc(1, sizeof **adversaries->of);
    return adversaries->of[node] ? 0 : TSSB_E_MEMORY;
}

int adversary_open(struct world *world) {
    const struct scenario *scenario = world->scenario;
    int error = 0;
    if (!scenario->attack_count)
        return 0;
    world->adversaries = calloc(1, sizeof *world->adversaries);
    if (!world->adversaries)
        return TSSB_E_MEMORY;
    world->adversaries->of = calloc(scenario->node_count, sizeof *world->adversaries->of);
    if (!world->adversaries->of)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        const struct node_set *by = &scenario->faults[i].nodes;
        if (scenario->faults[i].kind == FAULT_ATTACK)
            for (uint32_t k = 0; k < by->count && !error; k++)
                error = add_adversary(world->adversaries, by->nodes[k]);
    }
    return error;
}

void adversary_close(struct world *world) {
    struct adversaries *adversaries = world->adversaries;
    if (!adversaries)
        return;
    for (uint32_t i = 0; adversaries->of && i < world->scenario->node_count; i++) {
        if (adversaries->of[i])
            free(adversaries->of[i]->second.wires);
        free(adversaries->of[i]);
    }
    free(adversaries->of);
    free(adversaries);
    world->adversaries = NULL;
}

const uint8_t *adversary_second(const struct world *world, uint32_t author, uint32_t seq) {
    const struct adversary *adversary = world->adversaries ? world->adversaries->of[author] : NULL;
    return adversary ? second_at(&adversary->second, seq) : NULL;
}

static void say(struct world *world, uint32_t node, uint32_t face, const uint8_t *bytes,
                uint16_t size) {
    const struct tssb_packet packet = {.bytes = bytes, .size = size, .kind = PACKET_UNKNOWN};
    if (bytes && size > 0 && !world->nodes[node].offline)
        world_host.send(&world->nodes[node], face, &packet);
}

/* By its pace. */

static void schedule(struct world *world, uint32_t node, uint64_t at_ns, uint32_t fault,
                     uint32_t nth) {
    struct event event = {
        .at_ns = at_ns, .target = node, .fault = fault, .nth = nth, .kind = EVENT_ATTACK};
    world_schedule_event(world, node, &event);
}

static void extend(uint64_t *until_ns, const struct fault *fault) {
    uint64_t for_ns = fault->attack->for_ns;
    uint64_t end_ns = for_ns == TSSB_NEVER ? TSSB_NEVER : fault->at_ns + for_ns;
    if (end_ns > *until_ns)
        *until_ns = end_ns;
}

void adversary_begin(struct world *world, const struct fault *fault) {
    for (uint32_t i = 0; i < fault->nodes.count; i++) {
        uint32_t node = fault->nodes.nodes[i];
        struct adversary *adversary = world->adversaries->of[node];
        if (fault->attack->with == ATTACK_LIE)
            extend(&adversary->lies_until_ns, fault);
        if (fault->attack->with == ATTACK_FORK)
            extend(&adversary->forks_until_ns, fault);
        if (fault->attack->every_ns)
            schedule(world, node, world->now_ns, (uint32_t)(fault - world->scenario->faults), 0);
    }
}

static struct spoken make(const struct world *world, const struct adversary *adversary,
                          enum attack_with with, struct dice *dice) {
    if (with == ATTACK_FORGE)
        return wrong_forged(world, dice);
    return with == ATTACK_FLIP ? wrong_flipped(adversary, dice) : wrong_replayed(adversary, dice);
}

void adversary_act(struct world *world, const struct event *event) {
    uint32_t node = event->target;
    struct adversary *adversary = world->adversaries->of[node];
    const struct fault *fault = &world->scenario->faults[event->fault];
    const struct attack *attack = fault->attack;
    uint64_t item_key = stream_key_pair(world->node_keys[node], fault->id);
    struct dice dice = {stream_key_pair(item_key, fault->at_ns), event->nth, 0};
    if (attack->with == ATTACK_FORK) {
        const uint8_t *wire = second_grow(world, node, &adversary->second);
        say(world, node, TSSB_ALL_FACES, wire, TSSB_ENTRY_SIZE);
    } else {
        struct spoken made = make(world, adversary, attack->with, &dice);
        say(world, node, TSSB_ALL_FACES, made.bytes, made.size);
    }
    uint64_t next_ns = world->now_ns + attack->every_ns;
    if (next_ns - fault->at_ns < attack->for_ns)
        schedule(world, node, next_ns, event->fault, event->nth + 1);
}

/* By what it hears. */

/* What a request asks for first. */
struct asked {
    uint32_t feed, seq, count;
};

static bool read_request(const struct world *world, const struct flight *flight,
                         struct asked *asked) {
    tssb_dmx dmx = flight->size >= TSSB_DMX_SIZE ? tssb_load_dmx(flight->bytes) : 0;
    struct tssb_range range;
    struct tssb_want want;
    for (asked->feed = 0; asked->feed < world->feed_count; asked->feed++) {
        const struct tssb_feed *feed = tssb_pool_feed(&world->pool, asked->feed);
        if (dmx == feed->want_dmx && tssb_want_count(flight->size) > 0) {
            tssb_want_decode(flight->bytes, 0, &want);
            asked->seq = want.seq;
            asked->count = 1;
            return true;
        }
        if (dmx == feed->range_dmx && tssb_range_decode(flight->bytes, flight->size, &range) == 0) {
            asked->seq = range.seq;
            asked->count = range.credit;
            return true;
        }
    }
    return false;
}

static void lie(struct world *world, uint32_t node, uint32_t face, const struct asked *asked) {
    struct adversary *adversary = world->adversaries->of[node];
    struct dice dice = {world->node_keys[node], adversary->lies++, 0};
    struct spoken made = wrong_answer(world, asked->feed, asked->seq, &dice);
    say(world, node, face, made.bytes, made.size);
}

/* Who asks gets both: the node's own answer, and this one. */
static void answer_second(struct world *world, uint32_t node, uint32_t face,
                          const struct asked *asked) {
    enum { ANSWERS_MAX = 16 };
    const struct second_branch *second = &world->adversaries->of[node]->second;
    if (world->feeds[asked->feed].author != node)
        return;
    for (uint32_t i = 0; i < asked->count && i < ANSWERS_MAX; i++)
        say(world, node, face, second_at(second, asked->seq + i), TSSB_ENTRY_SIZE);
}

void adversary_heard(struct world *world, uint32_t node, uint32_t face,
                     const struct flight *flight) {
    struct adversary *adversary = world->adversaries->of[node];
    struct asked asked;
    if (!adversary)
        return;
    struct spoken *heard = &adversary->heard[adversary->heard_count++ % HEARD_MAX];
    heard->size = flight->size;
    memcpy(heard->bytes, flight->bytes, flight->size);
    bool lies = world->now_ns < adversary->lies_until_ns;
    bool forks = world->now_ns < adversary->forks_until_ns;
    if ((!lies && !forks) || !read_request(world, flight, &asked))
        return;
    if (lies)
        lie(world, node, face, &asked);
    if (forks)
        answer_second(world, node, face, &asked);
}
