/* The only way into a replica: an entry is checked against the front, then stored. */
#include "replica.h"

#include <string.h>

#include "bytes.h"
#include "entry.h"
#include "error.h"

static struct tssb_place place_after(const struct tssb_replica *replica) {
    struct tssb_place place = {.fid = replica->feed->fid, .seq = replica->front_seq + 1};
    memcpy(place.prev, replica->front_mid, TSSB_MID_SIZE);
    return place;
}

/* Stores an entry that is known to be good at its place: the author's own, or verified. */
static int keep(struct tssb_replica *replica, struct tssb_store *store,
                const struct tssb_place *place, const uint8_t wire[TSSB_ENTRY_SIZE],
                bool verified) {
    struct tssb_place following = {.fid = place->fid, .seq = place->seq + 1};
    tssb_entry_mid(place, wire, following.prev);
    return store->ops->append(store, replica, wire, following.prev, tssb_entry_dmx(&following),
                              verified);
}

int tssb_replica_append(struct tssb_replica *replica, struct tssb_store *store,
                        const struct tssb_trust *trust, const uint8_t *packet, size_t size,
                        bool *computed) {
    *computed = false;
    if (size != TSSB_ENTRY_SIZE)
        return TSSB_E_SIZE;
    if (replica->front_seq == UINT32_MAX)
        return TSSB_E_LAST;
    if (tssb_load_dmx(packet) != replica->next_dmx)
        return TSSB_E_DMX;
    int advanced = store->ops->advance(store, replica, packet);
    if (advanced)
        return advanced > 0 ? 0 : advanced;
    *computed = true;
    struct tssb_place place = place_after(replica);
    int error = tssb_entry_check(trust, &place, packet, size);
    return error ? error : keep(replica, store, &place, packet, true);
}

int tssb_replica_author(struct tssb_replica *replica, struct tssb_store *store,
                        const struct tssb_key *key, uint8_t type,
                        const uint8_t payload[TSSB_PAYLOAD_SIZE], uint8_t wire[TSSB_ENTRY_SIZE]) {
    if (replica->front_seq == UINT32_MAX)
        return TSSB_E_LAST;
    struct tssb_place place = place_after(replica);
    tssb_entry_sign(key, &place, type, payload, wire);
    return keep(replica, store, &place, wire, false);
}
