/* Values that change: by phases over time, and by the timeline. */
#include "model.h"

#include <stddef.h>

#include "core/types.h"

void link_seal(struct link_model *model) {
    model->slow = model->rate_bit_s || model->pace_ns || model->pace_jitter_ns;
    model->rare = link_has_chain(model) || model->jitter_shape != JITTER_UNIFORM ||
                  model->duplicate_ppb || model->bit_error_ppb || model->slow || model->profile;
}

void link_override(struct link_model *model, const struct link_model *values, unsigned changed) {
    if (changed & LINK_DELAY)
        model->delay_ns = values->delay_ns;
    if (changed & LINK_JITTER) {
        model->jitter_ns = values->jitter_ns;
        model->jitter_shape = values->jitter_shape;
    }
    if (changed & LINK_LOSS)
        model->loss = values->loss;
    if (changed & LINK_DROP) {
        model->drops = values->drops;
        model->drop_count = values->drop_count;
    }
    if (changed & LINK_DUPLICATE)
        model->duplicate_ppb = values->duplicate_ppb;
    if (changed & LINK_BIT_ERRORS)
        model->bit_error_ppb = values->bit_error_ppb;
    if (changed & LINK_RATE)
        model->rate_bit_s = values->rate_bit_s;
    if (changed & LINK_QUEUE)
        model->queue_packets = values->queue_packets;
    if (changed & LINK_PACE) {
        model->pace_ns = values->pace_ns;
        model->pace_jitter_ns = values->pace_jitter_ns;
    }
    link_seal(model);
}

const struct link_phase *link_phase_at(const struct link_model *model, uint64_t now_ns) {
    const struct link_profile *profile = model->profile;
    if (!profile)
        return NULL;
    uint64_t at_ns = profile->period_ns ? now_ns % profile->period_ns : now_ns;
    uint32_t low = 0, high = profile->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (profile->phases[middle].from_ns <= at_ns)
            low = middle;
        else
            high = middle;
    }
    return &profile->phases[low];
}

uint64_t link_phase_end_ns(const struct link_model *model, uint64_t now_ns) {
    const struct link_profile *profile = model->profile;
    const struct link_phase *phase = link_phase_at(model, now_ns);
    if (!phase)
        return TSSB_NEVER;
    bool is_last = phase == &profile->phases[profile->count - 1];
    if (!profile->period_ns)
        return is_last ? TSSB_NEVER : phase[1].from_ns;
    uint64_t period_from_ns = now_ns - now_ns % profile->period_ns;
    return period_from_ns + (is_last ? profile->period_ns : phase[1].from_ns);
}
