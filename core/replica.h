/* Appending to and authoring of replicas: the checks between a packet and a store (PROTOCOL.md 2).
 */
#ifndef TSSB_REPLICA_H
#define TSSB_REPLICA_H

#include "scheme.h"
#include "store.h"
#include "types.h"

/* Appends the entry that follows the replica's front. *computed becomes true where that took a
 * signature check, and false where the store had verified the same entry for another replica
 * before. Returns 0, TSSB_E_SIZE, TSSB_E_DMX or TSSB_E_SIGNATURE where it does not extend this
 * feed, TSSB_E_LAST, or what the store returned; the replica is then unchanged. */
int tssb_replica_append(struct tssb_replica *replica, struct tssb_store *store,
                        const struct tssb_trust *trust, const uint8_t *packet, size_t size,
                        bool *computed);

/* Signs and appends an entry as the feed's author. wire: the entry made.
 * Returns 0, TSSB_E_LAST or what the store returned. */
int tssb_replica_author(struct tssb_replica *replica, struct tssb_store *store,
                        const struct tssb_key *key, uint8_t type,
                        const uint8_t payload[TSSB_PAYLOAD_SIZE], uint8_t wire[TSSB_ENTRY_SIZE]);

/* Whether the replica holds this entry. */
static inline bool tssb_replica_holds(const struct tssb_replica *replica, uint32_t seq) {
    return seq > replica->anchor_seq && seq <= replica->front_seq;
}

#endif
