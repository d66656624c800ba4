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
    __int128 delay_ns = passage->delay_ns + quantile_scale(quantile, model->jitter_ns);
    passage->delay_ns = delay_ns < 1 ? 1 : delay_ns > INT64_MAX ? INT64_MAX : (uint64_t)delay_ns;
}
