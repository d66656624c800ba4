/* Packets that no honest node sends. They come as near to good ones as somebody can come who hears
 * all and lacks the authors' keys: a forged entry has the DMX that a victim waits for. */
#include <string.h>

#include "core/bytes.h"
#include "core/entry.h"
#include "inside.h"
#include "sim/stream.h"

uint64_t dice_draw(struct dice *dice) {
    enum { DRAWS = 256 };
    return stream_draw(dice->key, STREAM_ATTACK, dice->nth * DRAWS + dice->drawn++ % DRAWS);
}

uint32_t dice_below(struct dice *dice, uint32_t bound) {
    return (uint32_t)stream_below(dice_draw(dice), bound);
}

static void fill(struct dice *dice, uint8_t *bytes, size_t size) {
    uint64_t draw = 0;
    for (size_t at = 0; at < size; at++) {
        draw = at % 8 ? draw >> 8 : dice_draw(dice);
        bytes[at] = (uint8_t)draw;
    }
}

static void flip_bit(struct dice *dice, struct spoken *spoken, uint32_t from) {
    uint32_t bit = 8 * from + dice_below(dice, 8 * (spoken->size - from));
    spoken->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* What some node waits for: the place after the front of one of its replicas. */
static const struct tssb_replica *find_victim(const struct world *world, struct dice *dice) {
    uint32_t count = world->scenario->node_count, first = dice_below(dice, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct tssb_node *core = &world->nodes[(first + i) % count].core;
        if (core->replica_count > 0)
            return &core->replicas[dice_below(dice, core->replica_count)];
    }
    return NULL;
}

/* Signed by nobody, or by somebody else. */
static void sign_wrongly(const struct world *world, const struct tssb_replica *victim,
                         struct dice *dice, uint8_t wire[TSSB_ENTRY_SIZE]) {
    struct tssb_place place = {.fid = victim->feed->fid, .seq = victim->front_seq + 1};
    uint8_t payload[TSSB_PAYLOAD_SIZE], secret[TSSB_SECRET_SIZE];
    struct tssb_key key;
    fill(dice, payload, sizeof payload);
    fill(dice, secret, sizeof secret);
    memcpy(place.prev, victim->front_mid, sizeof place.prev);
    tssb_key_init(&key, world->scenario->scheme, secret, secret);
    tssb_entry_sign(&key, &place, TSSB_PLAIN48, payload, wire);
    tssb_key_wipe(&key);
    if (dice_below(dice, 2))
        memset(wire + TSSB_ENTRY_SIZE - TSSB_SIGNATURE_SIZE, 0, TSSB_SIGNATURE_SIZE);
}

struct spoken wrong_forged(const struct world *world, struct dice *dice) {
    struct spoken made = {.size = TSSB_ENTRY_SIZE};
    const struct tssb_replica *victim = find_victim(world, dice);
    if (!victim)
        return (struct spoken){0};
    sign_wrongly(world, victim, dice, made.bytes);
    return made;
}

struct spoken wrong_replayed(const struct adversary *adversary, struct dice *dice) {
    uint32_t known = adversary->heard_count < HEARD_MAX ? adversary->heard_count : HEARD_MAX;
    return known ? adversary->heard[dice_below(dice, known)] : (struct spoken){0};
}

struct spoken wrong_flipped(const struct adversary *adversary, struct dice *dice) {
    struct spoken made = wrong_replayed(adversary, dice);
    uint32_t bits = 1 + dice_below(dice, 3);
    for (uint32_t i = 0; i < bits && made.size > 0; i++)
        flip_bit(dice, &made, 0);
    return made;
}

/* An entry of the feed, as its author has it; false where it has none of that number. */
static bool look_up(const struct world *world, uint32_t feed, uint32_t seq, struct spoken *found) {
    struct sim_node *author = &world->nodes[world->feeds[feed].author];
    struct tssb_store *store = &author->store.store;
    const uint8_t *wire;
    if (store->ops->read(store, &author->core.replicas[author->core.own], seq, &wire) != 0)
        return false;
    found->size = TSSB_ENTRY_SIZE;
    memcpy(found->bytes, wire, TSSB_ENTRY_SIZE);
    return true;
}

/* Another entry of the feed, the right one with a wrong bit behind its DMX, or another one's
 * content under its DMX. */
struct spoken wrong_answer(const struct world *world, uint32_t feed, uint32_t seq,
                           struct dice *dice) {
    struct spoken right = {0}, other = {0};
    uint32_t front = world->feeds[feed].front, way = dice_below(dice, 3);
    bool known = look_up(world, feed, seq, &right);
    if (!front || !look_up(world, feed, 1 + dice_below(dice, front), &other))
        return (struct spoken){0};
    if (!known || way == 0)
        return other;
    if (way == 1)
        flip_bit(dice, &right, TSSB_DMX_SIZE);
    else
        memcpy(right.bytes + TSSB_DMX_SIZE, other.bytes + TSSB_DMX_SIZE,
               TSSB_ENTRY_SIZE - TSSB_DMX_SIZE);
    return right;
}
