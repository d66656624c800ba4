/* The table of armed DMX values. Keys stand apart from values, so that the usual look-up, which
 * finds nothing, reads a single cache line; both are one allocation. Deletion shifts the following
 * run back, so there are no tombstones. */
#include "dmx.h"

#include "check.h"
#include "error.h"

enum { SLOTS_MIN = 8 };

static uint64_t key_of(tssb_dmx dmx, enum tssb_dmx_kind kind) {
    return dmx << 8 | (uint64_t)kind;
}

static uint32_t home_of(const struct tssb_dmx_table *table, uint64_t key) {
    return (uint32_t)(key >> 8) & table->mask;
}

static uint32_t slot_count(const struct tssb_dmx_table *table) {
    return table->keys ? table->mask + 1 : 0;
}

static size_t bytes_of(uint32_t slots) {
    return slots * (sizeof(uint64_t) + sizeof(uint32_t));
}

void tssb_dmx_close(struct tssb_dmx_table *table, const struct tssb_mem *mem) {
    if (table->keys)
        mem->resize(mem->context, table->keys, bytes_of(slot_count(table)), 0);
    *table = (struct tssb_dmx_table){0};
}

static void put(struct tssb_dmx_table *table, uint64_t key, uint32_t value) {
    uint32_t slot = home_of(table, key);
    while (table->keys[slot])
        slot = (slot + 1) & table->mask;
    table->keys[slot] = key;
    table->values[slot] = value;
    table->count++;
}

int tssb_dmx_reserve(struct tssb_dmx_table *table, const struct tssb_mem *mem, uint32_t more) {
    uint64_t needed = ((uint64_t)table->count + more) * 8 / 7 + 1;
    uint64_t slots = table->keys ? slot_count(table) : SLOTS_MIN;
    while (slots < needed)
        slots *= 2;
    if (table->keys && slots == slot_count(table))
        return 0;
    if (slots > UINT32_MAX / 16)
        return TSSB_E_MEMORY;
    struct tssb_dmx_table grown = {.mask = (uint32_t)slots - 1};
    grown.keys = mem->resize(mem->context, NULL, 0, bytes_of((uint32_t)slots));
    if (!grown.keys)
        return TSSB_E_MEMORY;
    grown.values = (uint32_t *)(void *)(grown.keys + slots);
    for (uint32_t slot = 0; slot < slots; slot++)
        grown.keys[slot] = 0;
    for (uint32_t slot = 0; slot < slot_count(table); slot++)
        if (table->keys[slot])
            put(&grown, table->keys[slot], table->values[slot]);
    tssb_dmx_close(table, mem);
    *table = grown;
    return 0;
}

void tssb_dmx_arm(struct tssb_dmx_table *table, tssb_dmx dmx, struct tssb_dmx_match match) {
    TSSB_CHECK(table->keys && table->count < table->mask);
    put(table, key_of(dmx, match.kind), match.value);
}

/* Closes the gap at `hole`: an entry behind it, in the same run, moves up unless its home lies
 * after the hole. */
static void shift_back(struct tssb_dmx_table *table, uint32_t hole) {
    uint32_t slot = hole;
    for (;;) {
        slot = (slot + 1) & table->mask;
        if (!table->keys[slot])
            break;
        uint32_t home = home_of(table, table->keys[slot]);
        if (((slot - home) & table->mask) >= ((slot - hole) & table->mask)) {
            table->keys[hole] = table->keys[slot];
            table->values[hole] = table->values[slot];
            hole = slot;
        }
    }
    table->keys[hole] = 0;
}

bool tssb_dmx_disarm(struct tssb_dmx_table *table, tssb_dmx dmx, struct tssb_dmx_match match) {
    if (!table->keys)
        return false;
    uint64_t key = key_of(dmx, match.kind);
    for (uint32_t slot = home_of(table, key); table->keys[slot]; slot = (slot + 1) & table->mask) {
        if (table->keys[slot] == key && table->values[slot] == match.value) {
            shift_back(table, slot);
            table->count--;
            return true;
        }
    }
    return false;
}

bool tssb_dmx_find(const struct tssb_dmx_table *table, tssb_dmx dmx, uint32_t *cursor,
                   struct tssb_dmx_match *match) {
    if (!table->keys)
        return false;
    uint32_t slot = ((uint32_t)dmx + *cursor) & table->mask;
    for (; table->keys[slot]; slot = (slot + 1) & table->mask) {
        ++*cursor;
        if (table->keys[slot] >> 8 == dmx) {
            match->kind = (enum tssb_dmx_kind)(table->keys[slot] & 0xff);
            match->value = table->values[slot];
            return true;
        }
    }
    return false;
}
