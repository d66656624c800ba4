/* Nearly all packets are sent and arrive under the same partitions, which the world looks at. For
 * the few others the timeline is replayed up to the moment of sending. */
#include "cuts.h"

#include "core/error.h"
#include "core/types.h"

void cuts_init(struct cuts *cuts, const struct scenario *scenario) {
    *cuts = (struct cuts){.scenario = scenario, .changed_ns = TSSB_NEVER, .earlier_ns = TSSB_NEVER};
}

void cuts_close(struct cuts *cuts) {
    partition_heal(&cuts->earlier, FAULT_ALL);
}

static bool is_change(const struct fault *fault) {
    return fault->kind == FAULT_PARTITION || fault->kind == FAULT_HEAL;
}

static int replay(struct cuts *cuts, uint64_t until_ns) {
    const struct scenario *scenario = cuts->scenario;
    int error = 0;
    partition_heal(&cuts->earlier, FAULT_ALL);
    for (uint32_t i = 0; i < scenario->fault_count && !error; i++) {
        const struct fault *fault = &scenario->faults[i];
        if (fault->at_ns > until_ns)
            break;
        if (fault->kind == FAULT_PARTITION)
            error = partition_begin(&cuts->earlier, fault, scenario->node_count);
        else if (fault->kind == FAULT_HEAL)
            partition_heal(&cuts->earlier, fault->id);
    }
    cuts->earlier_ns = error ? TSSB_NEVER : until_ns;
    return error;
}

int cuts_when_sent(struct cuts *cuts, uint32_t from, uint32_t to, uint64_t sent_ns,
                   uint64_t now_ns) {
    const struct scenario *scenario = cuts->scenario;
    for (; cuts->next < scenario->fault_count && scenario->faults[cuts->next].at_ns <= now_ns;
         cuts->next++)
        if (is_change(&scenario->faults[cuts->next]))
            cuts->changed_ns = scenario->faults[cuts->next].at_ns;
    if (cuts->changed_ns == TSSB_NEVER || cuts->changed_ns <= sent_ns)
        return 0;
    int error = cuts->earlier_ns == sent_ns ? 0 : replay(cuts, sent_ns);
    return error ? error : partition_cuts(&cuts->earlier, from, to);
}
