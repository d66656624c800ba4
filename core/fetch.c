/* The table of chains in progress and the credit. One credit and one round trip serve all chains of
 * a node, since it asks on every face and cannot know who answers. */
#include "fetch.h"

#include <string.h>

const struct tssb_blob_policy tssb_blob_policies[] = {
    {"eager", true, true}, {"lazy", false, true}, {"never", false, false}, {NULL, false, false}};

enum {
    GROWTH = 8,        /* before the first loss, each full round */
    STEP = 8,          /* after it: an eighth */
    PATIENCE_MAX = 64, /* full rounds */
    GAPS = 4,          /* smoothed gaps of silence that are no sign of loss */
};

const struct tssb_blob_policy *tssb_blob_policy_find(const char *name) {
    for (const struct tssb_blob_policy *policy = tssb_blob_policies; policy->name; policy++)
        if (strcmp(policy->name, name) == 0)
            return policy;
    return NULL;
}

/* The credit. */

void tssb_credit_init(struct tssb_credit *credit, uint16_t fixed) {
    *credit = (struct tssb_credit){
        .size = fixed ? fixed : TSSB_CREDIT_FIRST, .fixed = fixed != 0, .patience = 1};
}

void tssb_credit_full(struct tssb_credit *credit, uint16_t came) {
    if (credit->fixed || came < credit->size / 2 || ++credit->full < credit->patience)
        return;
    uint32_t size = credit->lossy ? credit->size + credit->size / STEP + 1U
                                  : (uint32_t)credit->size * GROWTH;
    credit->size = size < TSSB_CREDIT_MAX ? (uint16_t)size : TSSB_CREDIT_MAX;
    credit->full = 0;
}

void tssb_credit_short(struct tssb_credit *credit, uint16_t came) {
    if (credit->fixed)
        return;
    uint16_t half = credit->size / 2 ? credit->size / 2 : 1;
    if (came < credit->size)
        credit->size = came > half ? came : half;
    if (credit->lossy && credit->patience < PATIENCE_MAX)
        credit->patience *= 2;
    credit->lossy = true;
    credit->full = 0;
}

uint16_t tssb_credit_room(const struct tssb_credit *credit, uint64_t left, uint32_t under_way) {
    uint32_t room = credit->size > under_way ? credit->size - under_way : 0;
    if (left <= room)
        return (uint16_t)left;
    return room >= (credit->size + 1U) / 2 ? (uint16_t)room : 0; /* else it would come in crumbs */
}

/* The table. */

struct tssb_fetch_chain *tssb_fetch_find(struct tssb_fetch *fetch, uint32_t replica, uint32_t seq) {
    for (uint32_t i = 0; i < fetch->count; i++)
        if (fetch->chains[i].replica == replica && fetch->chains[i].seq == seq)
            return &fetch->chains[i];
    return NULL;
}

bool tssb_fetch_awaits(const struct tssb_fetch *fetch, const uint8_t ptr[TSSB_PTR_SIZE]) {
    for (uint32_t i = 0; i < fetch->count; i++)
        if (memcmp(fetch->chains[i].reader.next, ptr, TSSB_PTR_SIZE) == 0)
            return true;
    return false;
}

uint32_t tssb_fetch_under_way(const struct tssb_fetch *fetch) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < fetch->count; i++)
        if (fetch->chains[i].misses == 0)
            sum += fetch->chains[i].awaited;
    return sum;
}

struct tssb_fetch_chain *tssb_fetch_stalled(struct tssb_fetch *fetch) {
    struct tssb_fetch_chain *worst = NULL;
    for (uint32_t i = 0; i < fetch->count; i++)
        if (fetch->chains[i].misses >= TSSB_FETCH_STALLED &&
            (!worst || fetch->chains[i].misses > worst->misses))
            worst = &fetch->chains[i];
    return worst;
}

/* Rounds. */

static uint64_t patience_ns(const struct tssb_fetch *fetch, const struct tssb_rtt_bounds *bounds,
                            uint32_t misses) {
    return tssb_rtt_timeout(&fetch->rtt, bounds, misses) + GAPS * fetch->gap_ns;
}

void tssb_fetch_asked(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain, uint16_t credit,
                      const struct tssb_rtt_bounds *bounds, uint64_t now_ns) {
    chain->state = TSSB_FETCH_WAITS;
    chain->awaited = credit;
    chain->came = 0;
    chain->asked_ns = now_ns;
    chain->due_ns = now_ns + patience_ns(fetch, bounds, chain->misses);
    fetch->counts.need_packets++;
}

void tssb_fetch_repairs(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain,
                        const struct tssb_rtt_bounds *bounds, uint64_t now_ns) {
    chain->state = TSSB_FETCH_WAITS;
    chain->repairs = true;
    chain->due_ns = now_ns + patience_ns(fetch, bounds, chain->misses);
    fetch->counts.need_packets++;
    fetch->counts.need_repairs++;
}

struct tssb_fetch_chain *tssb_fetch_only(struct tssb_fetch *fetch) {
    struct tssb_fetch_chain *waiting = NULL;
    for (uint32_t i = 0; i < fetch->count; i++) {
        if (fetch->chains[i].state != TSSB_FETCH_WAITS || fetch->chains[i].awaited == 0)
            continue;
        if (waiting)
            return NULL;
        waiting = &fetch->chains[i];
    }
    return waiting;
}

struct tssb_fetch_chain *tssb_fetch_overtaken(struct tssb_fetch *fetch) {
    fetch->kept++;
    if (fetch->ahead < UINT8_MAX)
        fetch->ahead++;
    struct tssb_fetch_chain *chain = tssb_fetch_only(fetch);
    return chain && !chain->repairs && fetch->ahead >= TSSB_FETCH_OVERTAKEN ? chain : NULL;
}

void tssb_fetch_came(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain,
                     const struct tssb_rtt_bounds *bounds, uint64_t now_ns) {
    /* Neither a round trip nor a gap like others: a repair, or the first after what came out of the
     * stash. */
    bool from_stash = chain->came > 0 &&
                      (chain->heard_ns == 0 || chain->heard_ns < chain->asked_ns);
    bool odd = chain->repairs || from_stash;
    chain->repairs = false;
    /* Where others asked, what it waited for is no gap either. */
    if (!odd && chain->came > 0 && chain->awaited > 0) {
        uint64_t gap_ns = now_ns - chain->heard_ns;
        if (gap_ns > bounds->max_ns)
            gap_ns = bounds->max_ns;
        fetch->gap_ns = fetch->gap_ns - fetch->gap_ns / 8 + gap_ns / 8;
    } else if (!odd && chain->came == 0 && chain->awaited > 0 && chain->misses == 0) {
        tssb_rtt_measured(&fetch->rtt, now_ns - chain->asked_ns);
    } else if (!odd && chain->came == 0 && chain->awaited > 0) {
        tssb_rtt_ambiguous(&fetch->rtt, bounds, now_ns - chain->asked_ns);
    }
    if (chain->came < UINT16_MAX)
        chain->came++;
    if (chain->awaited > 0)
        chain->awaited--;
    fetch->ahead = 0;
    chain->kept = fetch->kept;
    chain->misses = 0;
    chain->heard_ns = now_ns;
    chain->state = TSSB_FETCH_WAITS;
    chain->due_ns = now_ns + patience_ns(fetch, bounds, 0);
}

void tssb_fetch_timed_out(struct tssb_fetch *fetch, struct tssb_fetch_chain *chain) {
    bool in_vain = chain->repairs || chain->came == 0;
    bool overtaken = fetch->kept != chain->kept; /* a loss: it says nothing of the credit */
    if (in_vain && chain->misses < UINT8_MAX)
        chain->misses++;
    else if (!in_vain && chain->awaited > 0 && !overtaken)
        tssb_credit_short(&fetch->credit, chain->came);
    fetch->counts.need_timeouts += chain->awaited > 0;
    chain->state = TSSB_FETCH_READY;
    if (chain->repairs && chain->misses < TSSB_FETCH_STALLED)
        return; /* once more */
    chain->awaited = 0;
    chain->repairs = false;
}
