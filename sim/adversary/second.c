/* The other branch of a feed whose author signs two entries at one number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/entry.h"
#include "core/error.h"
#include "inside.h"

const uint8_t *second_at(const struct second_branch *second, uint32_t seq) {
    if (seq < second->first_seq || seq - second->first_seq >= second->count)
        return NULL;
    return second->wires[seq - second->first_seq];
}

/* The place of entry seq of the author's own replica: its names are chained from the first on. */
static struct tssb_place place_of(struct sim_node *author, uint32_t seq) {
    const struct tssb_replica *replica = &author->core.replicas[author->core.own];
    struct tssb_store *store = &author->store.store;
    struct tssb_place place = tssb_entry_genesis(replica->feed->fid);
    const uint8_t *wire;
    for (; place.seq < seq && store->ops->read(store, replica, place.seq, &wire) == 0; place.seq++)
        tssb_entry_mid(&place, wire, place.prev);
    return place;
}

static struct tssb_place next_place(struct sim_node *author, const struct second_branch *second) {
    const struct tssb_replica *replica = &author->core.replicas[author->core.own];
    if (second->count == 0)
        return place_of(author, replica->front_seq);
    struct tssb_place place = {.fid = replica->feed->fid, .seq = second->first_seq + second->count};
    memcpy(place.prev, second->mid, sizeof place.prev);
    return place;
}

const uint8_t *second_grow(struct world *world, uint32_t author, struct second_branch *second) {
    struct sim_node *node = &world->nodes[author];
    uint32_t front = node->core.replicas[node->core.own].front_seq;
    void *wires = second->wires;
    if (front == 0 || (second->count > 0 && second->first_seq + second->count > front))
        return NULL;
    int error = tssb_mem_grow(&tssb_mem_libc, &wires, &second->capacity, second->count + 1,
                              sizeof *second->wires);
    second->wires = wires;
    if (error) {
        world_fail(world, error);
        return NULL;
    }
    struct tssb_place place = next_place(node, second);
    if (second->count == 0)
        second->first_seq = place.seq;
    uint8_t *wire = second->wires[second->count++], payload[TSSB_PAYLOAD_SIZE] = {0};
    (void)snprintf((char *)payload, sizeof payload, "another entry %u", place.seq);
    tssb_entry_sign(node->core.key, &place, TSSB_PLAIN48, payload, wire);
    tssb_entry_mid(&place, wire, second->mid);
    return wire;
}
