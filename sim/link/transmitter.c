/* A queue of which only the times are kept: when a packet leaves is known once it is accepted. */
#include "transmitter.h"

#include <stdlib.h>

#include "core/check.h"
#include "core/error.h"
#include "sim/stream.h"

/* When the packet at this place of the queue begins to leave. */
static uint64_t *at(const struct transmitter *transmitter, uint32_t index) {
    TSSB_CHECK(index < transmitter->count && transmitter->count <= transmitter->capacity);
    return &transmitter->begins_ns[(transmitter->first + index) % transmitter->capacity];
}

uint32_t transmitter_waiting(struct transmitter *transmitter, uint64_t now_ns) {
    while (transmitter->count && *at(transmitter, 0) <= now_ns) {
        transmitter->first = (transmitter->first + 1) % transmitter->capacity;
        transmitter->count--;
    }
    return transmitter->count;
}

static int reserve(struct transmitter *transmitter) {
    TSSB_CHECK(transmitter->count <= transmitter->capacity);
    if (transmitter->count < transmitter->capacity)
        return 0;
    uint32_t capacity = transmitter->capacity ? 2 * transmitter->capacity : 8;
    uint64_t *grown = malloc(capacity * sizeof *grown);
    if (!grown)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < transmitter->count; i++)
        grown[i] = *at(transmitter, i);
    free(transmitter->begins_ns);
    transmitter->begins_ns = grown;
    transmitter->first = 0;
    transmitter->capacity = capacity;
    return 0;
}

uint64_t transmitter_time_ns(const struct link_model *model, uint16_t size) {
    if (!model->rate_bit_s)
        return 0;
    uint64_t bit_ns = (uint64_t)size * 8 * UINT64_C(1000000000);
    return (bit_ns + model->rate_bit_s - 1) / model->rate_bit_s;
}

/* Times are capped where they are past any run's end, so that no sum of them wraps. */
static uint64_t sooner(uint64_t at_ns) {
    const uint64_t most_ns = UINT64_MAX / 4;
    return at_ns < most_ns ? at_ns : most_ns;
}

int transmitter_send(struct transmitter *transmitter, const struct link_model *model, uint64_t key,
                     uint32_t n, uint16_t size, uint64_t now_ns, uint64_t *free_ns,
                     struct transmission *transmission) {
    uint64_t taken_ns = transmitter_time_ns(model, size);
    uint64_t begins_ns = transmitter->paced_ns > now_ns ? transmitter->paced_ns : now_ns;
    if (taken_ns && *free_ns > begins_ns)
        begins_ns = *free_ns;
    if (begins_ns > now_ns) {
        if (transmitter_waiting(transmitter, now_ns) >= model->queue_packets)
            return TSSB_E_FULL;
        if (reserve(transmitter) != 0)
            return TSSB_E_MEMORY;
        transmitter->count++;
        *at(transmitter, transmitter->count - 1) = begins_ns;
    }
    *transmission = (struct transmission){begins_ns + taken_ns, taken_ns};
    if (taken_ns)
        *free_ns = transmission->left_ns;
    uint64_t pace_ns = model->pace_ns;
    if (model->pace_jitter_ns)
        pace_ns += stream_below(stream_draw(key, STREAM_PACE, n), model->pace_jitter_ns + 1);
    transmitter->paced_ns = sooner(transmission->left_ns + pace_ns);
    return 0;
}

void transmitter_clear(struct transmitter *transmitter) {
    transmitter->count = 0;
    transmitter->paced_ns = 0;
}

void transmitter_close(struct transmitter *transmitter) {
    free(transmitter->begins_ns);
    *transmitter = (struct transmitter){0};
}
