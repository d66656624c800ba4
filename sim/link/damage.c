/* What links do to packets that they deliver: a second copy, flipped bits. */
#include "passage.h"
#include "sim/fixed.h"
#include "sim/stream.h"

/* The copy takes its own time: at least as long as the link takes, within a delay more. */
void link_duplicate(const struct link_model *model, const struct crossing *crossing,
                    struct passage *passage) {
    if (!model->duplicate_ppb ||
        stream_below(stream_draw(crossing->key, STREAM_DUPLICATE, 2 * (uint64_t)crossing->n),
                     PPB) >= model->duplicate_ppb)
        return;
    uint64_t draw = stream_draw(crossing->key, STREAM_DUPLICATE, 2 * (uint64_t)crossing->n + 1);
    passage->copy_delay_ns = model->delay_ns +
                             stream_below(draw, model->delay_ns + model->jitter_ns) + 1;
}

/* The chance that a bit is right, over 2^64. */
static uint64_t right(const struct link_model *model) {
    uint64_t wrong = ((uint64_t)model->bit_error_ppb << 32) / PPB << 32;
    return UINT64_MAX - wrong;
}

/* Each bit fails on its own, so all are right with the chance of one to the power of their number.
 */
void link_bit_errors(const struct link_model *model, const struct crossing *crossing,
                     struct passage *passage) {
    if (!model->bit_error_ppb)
        return;
    uint64_t intact = fixed_power(right(model), 8U * crossing->size);
    passage->damaged = stream_draw(crossing->key, STREAM_DAMAGE, (uint64_t)crossing->n << 32) >=
                       intact;
}

/* That at least one bit is flipped is known already: the first is drawn from what that leaves. */
static uint32_t first_flipped(uint64_t one, uint32_t bits, uint64_t draw) {
    uint64_t mark = stream_below(draw, UINT64_MAX - fixed_power(one, bits));
    uint32_t bit = 0;
    while (bit + 1 < bits && UINT64_MAX - fixed_power(one, bit + 1) <= mark)
        bit++;
    return bit;
}

void link_damage(const struct link_model *model, const struct crossing *crossing, uint8_t *bytes) {
    uint32_t bits = 8U * crossing->size;
    uint64_t at = (uint64_t)crossing->n << 32, one = right(model);
    uint32_t first = first_flipped(one, bits, stream_draw(crossing->key, STREAM_DAMAGE, at + 1));
    for (uint32_t bit = first; bit < bits; bit++)
        if (bit == first || stream_draw(crossing->key, STREAM_DAMAGE, at + 2 + bit) > one)
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
}
