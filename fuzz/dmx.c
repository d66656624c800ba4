/* The table of armed DMX values, against a list that is looked through. Few values that differ in
 * few bits, so that they collide and runs wrap around; memory runs out now and then. */
#include "fuzz.h"

#include "core/check.h"
#include "core/dmx.h"
#include "core/error.h"
#include "support.h"

enum { LIST_MAX = 256, VALUES = 4 };

struct armed {
    tssb_dmx dmx;
    struct tssb_dmx_match match;
};

struct list {
    struct armed items[LIST_MAX];
    uint32_t count;
};

static bool same(const struct armed *a, const struct armed *b) {
    return a->dmx == b->dmx && a->match.kind == b->match.kind && a->match.value == b->match.value;
}

static uint32_t count_of(const struct list *list, const struct armed *item) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++)
        count += same(&list->items[i], item);
    return count;
}

static bool take_off(struct list *list, const struct armed *item) {
    for (uint32_t i = 0; i < list->count; i++)
        if (same(&list->items[i], item)) {
            list->items[i] = list->items[--list->count];
            return true;
        }
    return false;
}

/* All matches of a DMX, each as often as it was armed. */
static void expect_found(const struct tssb_dmx_table *table, const struct list *list,
                         tssb_dmx dmx) {
    uint32_t found[4][VALUES] = {0}, cursor = 0;
    struct armed item = {.dmx = dmx};
    while (tssb_dmx_find(table, dmx, &cursor, &item.match))
        found[item.match.kind][item.match.value]++;
    for (uint32_t kind = TSSB_DMX_ENTRY; kind <= TSSB_DMX_RANGE; kind++)
        for (uint32_t value = 0; value < VALUES; value++) {
            item.match = (struct tssb_dmx_match){kind, value};
            TSSB_CHECK(found[kind][value] == count_of(list, &item));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct tssb_dmx_table table = {0};
    struct list list = {.count = 0};
    struct countdown_mem memory;
    uint8_t fail_at = fuzz_byte(&input);
    countdown_mem_init(&memory, fail_at < 16 ? fail_at : NEVER_FAILS);
    while (input.left > 0) {
        uint8_t what = fuzz_byte(&input), low = fuzz_byte(&input);
        struct armed item = {(tssb_dmx)(low & 7) << 48 | low >> 3,
                             {(uint32_t)(TSSB_DMX_ENTRY + what % 3), what / 4 % VALUES}};
        if (what & 0x80)
            TSSB_CHECK(tssb_dmx_disarm(&table, item.dmx, item.match) == take_off(&list, &item));
        else if (list.count < LIST_MAX && tssb_dmx_reserve(&table, &memory.mem, 1 + what / 64) == 0)
            tssb_dmx_arm(&table, (list.items[list.count++] = item).dmx, item.match);
        TSSB_CHECK(table.count == list.count);
        expect_found(&table, &list, item.dmx);
    }
    for (uint32_t i = 0; i < list.count; i++)
        expect_found(&table, &list, list.items[i].dmx);
    tssb_dmx_close(&table, &memory.mem);
    TSSB_CHECK(memory.outstanding_bytes == 0);
    return 0;
}
