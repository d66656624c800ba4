/* The effects in their order. Delay, uniform jitter and independent loss are what most links have,
 * and come first; of the others, which are rare, each looks for itself whether it is there. */
#include "passage.h"

#include "sim/scenario/scenario.h"
#include "sim/stream.h"

static link_effect *const rare_effects[] = {
    link_jitter,     /* of another shape than uniform */
    link_chain,      /* loss in bursts */
    link_duplicate,  /* a second copy */
    link_bit_errors, /* bits that arrive flipped */
};

bool link_loses(const struct link_model *model, uint64_t key, uint32_t n) {
    struct node_set mask = {model->drops, model->drop_count};
    if (mask.count && node_set_has(&mask, n))
        return true;
    uint32_t loss_ppb = model->loss.good_ppb;
    return loss_ppb && stream_below(stream_draw(key, STREAM_LOSS, n), PPB) < loss_ppb;
}

static struct passage add_rare(const struct link_model *model, const struct crossing *crossing,
                               struct passage passage) {
    for (unsigned i = 0; i < sizeof rare_effects / sizeof *rare_effects; i++)
        rare_effects[i](model, crossing, &passage);
    return passage;
}

/* Its own values stay in registers: written one by one and read as a whole, they would stall. */
struct passage link_passage(const struct link_model *model, const struct crossing *crossing) {
    uint64_t delay_ns = model->delay_ns;
    bool lost = link_loses(model, crossing->key, crossing->n);
    if (model->jitter_ns && model->jitter_shape == JITTER_UNIFORM)
        delay_ns += stream_below(stream_draw(crossing->key, STREAM_JITTER, crossing->n),
                                 model->jitter_ns + 1);
    if (model->rare)
        return add_rare(model, crossing, (struct passage){delay_ns, 0, lost, false});
    return (struct passage){delay_ns, 0, lost, false};
}
