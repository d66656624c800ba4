/* Losses in bursts: the chain of Gilbert and Elliott, a step a packet. */
#include "passage.h"
#include "sim/scenario/scenario.h"
#include "sim/stream.h"

/* The state that the first packet finds is drawn from the chain's stationary distribution; each
 * later one may change it first. */
static bool next_state(const struct loss_model *loss, const struct crossing *crossing) {
    uint64_t draw = stream_draw(crossing->key, STREAM_BURST, crossing->n);
    uint64_t to_bad = loss->worsens_ppb, of = PPB;
    if (crossing->n == 1)
        of = to_bad + loss->recovers_ppb;
    else if (*crossing->bad)
        to_bad = PPB - loss->recovers_ppb;
    return of && stream_below(draw, of) < to_bad;
}

void link_chain(const struct link_model *model, const struct crossing *crossing,
                struct passage *passage) {
    const struct loss_model *loss = &model->loss;
    if (!crossing->bad || !link_has_chain(model))
        return;
    *crossing->bad = next_state(loss, crossing);
    if (*crossing->bad) {
        struct node_set mask = {model->drops, model->drop_count};
        uint64_t draw = stream_draw(crossing->key, STREAM_LOSS, crossing->n);
        passage->lost = stream_below(draw, PPB) < loss->bad_ppb || node_set_has(&mask, crossing->n);
    }
}
