/* Jitter that is not uniform: normal, and heavy-tailed. */
#include "passage.h"
#include "sim/quantile.h"
#include "sim/stream.h"

void link_jitter(const struct link_model *model, const struct crossing *crossing,
                 struct passage *passage) {
    if (!model->jitter_ns || model->jitter_shape == JITTER_UNIFORM)
        return;
    uint64_t draw = stream_draw(crossing->key, STREAM_JITTER, crossing->n);
    int32_t quantile = model->jitter_shape == JITTER_NORMAL ? quantile_normal(draw)
                                                            : quantile_pareto(draw);
    int64_t extra_ns = quantile_scale(quantile, model->jitter_ns);
    int64_t delay_ns = (int64_t)passage->delay_ns + extra_ns;
    passage->delay_ns = delay_ns < 1 ? 1 : (uint64_t)delay_ns;
}
