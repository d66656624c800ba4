/* A window holds most when it ends with a transmission: so it is enough that each keeps within the
 * budget at its own end, together with what came before. */
#include "duty.h"

#include <stdlib.h>

#include "core/check.h"
#include "core/error.h"
#include "core/types.h"

static struct duty_sent *at(const struct duty *duty, uint32_t index) {
    TSSB_CHECK(index < duty->count && duty->count <= duty->capacity);
    return &duty->sent[(duty->first + index) % duty->capacity];
}

/* Forgets what no window that ends from now on can hold. */
static void forget(struct duty *duty, uint64_t before_ns) {
    while (duty->count && at(duty, 0)->until_ns <= before_ns) {
        duty->sum_ns -= at(duty, 0)->until_ns - at(duty, 0)->from_ns;
        duty->first = (duty->first + 1) % duty->capacity;
        duty->count--;
    }
}

uint64_t duty_allows(struct duty *duty, const struct duty_limit *limit, uint64_t now_ns,
                     uint64_t airtime_ns) {
    if (airtime_ns > limit->budget_ns)
        return TSSB_NEVER;
    uint64_t end_ns = now_ns + airtime_ns;
    uint64_t edge_ns = end_ns > limit->window_ns ? end_ns - limit->window_ns : 0;
    forget(duty, edge_ns);
    uint64_t used_ns = duty->sum_ns, rest_ns = limit->budget_ns - airtime_ns;
    if (duty->count && at(duty, 0)->from_ns < edge_ns)
        used_ns -= edge_ns - at(duty, 0)->from_ns;
    if (used_ns <= rest_ns)
        return now_ns;
    /* The window's early edge has to move over this much of what was sent. */
    uint64_t excess_ns = used_ns - rest_ns;
    for (uint32_t i = 0; i < duty->count; i++) {
        const struct duty_sent *sent = at(duty, i);
        uint64_t from_ns = sent->from_ns > edge_ns ? sent->from_ns : edge_ns;
        if (sent->until_ns - from_ns >= excess_ns)
            return from_ns + excess_ns + limit->window_ns - airtime_ns;
        excess_ns -= sent->until_ns - from_ns;
    }
    return TSSB_NEVER; /* not reached: all that was sent is not more than itself */
}

static int reserve(struct duty *duty) {
    TSSB_CHECK(duty->count <= duty->capacity);
    if (duty->count < duty->capacity)
        return 0;
    uint32_t capacity = duty->capacity ? 2 * duty->capacity : 8;
    struct duty_sent *grown = malloc(capacity * sizeof *grown);
    if (!grown)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < duty->count; i++)
        grown[i] = *at(duty, i);
    free(duty->sent);
    duty->sent = grown;
    duty->first = 0;
    duty->capacity = capacity;
    return 0;
}

int duty_note(struct duty *duty, uint64_t from_ns, uint64_t until_ns) {
    int error = reserve(duty);
    if (error)
        return error;
    duty->count++;
    *at(duty, duty->count - 1) = (struct duty_sent){from_ns, until_ns};
    duty->sum_ns += until_ns - from_ns;
    return 0;
}

void duty_close(struct duty *duty) {
    free(duty->sent);
    *duty = (struct duty){0};
}
