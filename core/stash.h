/* Packets of 120 B that came before their turn (PROTOCOL.md 5): which entries they are shows only
 * once the ones before them are here. At most so many; the oldest gives way, and is counted. So a
 * flood of garbage costs a node no more than what it would have gained. */
#ifndef TSSB_STASH_H
#define TSSB_STASH_H

#include "mem.h"
#include "types.h"

struct tssb_early {
    tssb_dmx dmx;
    uint64_t arrived_ns;
    uint32_t face;
    uint8_t bytes[TSSB_ENTRY_SIZE];
};

struct tssb_stash {
    struct tssb_early *slots;
    uint32_t *order; /* slots by age, the oldest first, then the free ones */
    tssb_dmx *held;  /* of the last entries that were appended: a copy of one is not early */
    uint32_t count, capacity, held_next;
};

enum { TSSB_STASH_MAX = 4096, TSSB_STASH_NONE = UINT32_MAX };

/* A stash for so many packets; 0 for none. Returns 0 or TSSB_E_MEMORY. */
int tssb_stash_init(struct tssb_stash *stash, const struct tssb_mem *mem, uint32_t capacity);
void tssb_stash_close(struct tssb_stash *stash, const struct tssb_mem *mem);

/* What became of a packet that was offered; ALREADY: it is here, or is a copy of what was lately
 * appended. */
enum tssb_stashed { TSSB_STASHED, TSSB_STASHED_OVER_ANOTHER, TSSB_STASHED_ALREADY };

enum tssb_stashed tssb_stash_put(struct tssb_stash *stash, const uint8_t packet[TSSB_ENTRY_SIZE],
                                 uint32_t face, uint64_t now_ns);

/* Notes that an entry of this DMX is held from now on. */
void tssb_stash_note_held(struct tssb_stash *stash, tssb_dmx dmx);

/* The place, by age, of the oldest packet with this DMX from place `from` on, or TSSB_STASH_NONE.
 */
uint32_t tssb_stash_find(const struct tssb_stash *stash, tssb_dmx dmx, uint32_t from);

/* The packet at a place. */
const struct tssb_early *tssb_stash_at(const struct tssb_stash *stash, uint32_t place);

/* Takes the packet at a place out. What tssb_stash_at gave stays readable until the next put. */
void tssb_stash_remove(struct tssb_stash *stash, uint32_t place);

#endif
