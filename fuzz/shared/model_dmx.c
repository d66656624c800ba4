/* The slow, obvious table. */
#include "model_dmx.h"

#include "core/check.h"

static bool same(const struct model_armed *a, const struct model_armed *b) {
    return a->dmx == b->dmx && a->match.kind == b->match.kind && a->match.value == b->match.value;
}

static uint32_t count_of(const struct model_dmx *model, const struct model_armed *item) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->count; i++)
        count += same(&model->items[i], item);
    return count;
}

void model_dmx_arm(struct model_dmx *model, const struct model_armed *item) {
    TSSB_CHECK(model->count < MODEL_DMX_MAX);
    model->items[model->count++] = *item;
}

bool model_dmx_disarm(struct model_dmx *model, const struct model_armed *item) {
    for (uint32_t i = 0; i < model->count; i++)
        if (same(&model->items[i], item)) {
            model->items[i] = model->items[--model->count];
            return true;
        }
    return false;
}

void model_dmx_expect(const struct model_dmx *model, const struct tssb_dmx_table *table,
                      tssb_dmx dmx) {
    uint32_t found[TSSB_DMX_RANGE + 1][MODEL_DMX_VALUES] = {0}, cursor = 0;
    struct model_armed item = {.dmx = dmx};
    while (tssb_dmx_find(table, dmx, &cursor, &item.match))
        found[item.match.kind][item.match.value]++;
    for (uint32_t kind = TSSB_DMX_ENTRY; kind <= TSSB_DMX_RANGE; kind++)
        for (uint32_t value = 0; value < MODEL_DMX_VALUES; value++) {
            item.match = (struct tssb_dmx_match){kind, value};
            TSSB_CHECK(found[kind][value] == count_of(model, &item));
        }
}
