/* A queue of which only the times are kept: when a packet leaves is known once it is accepted. */
#include "transmitter.h"

#include <stdlib.h>

#include "core/error.h"
#include "sim/stream.h"

uint32_t transmitter_waiting(struct transmitter *transmitter, uint64_t now_ns) {
    while (transmitter->count && transmitter->begins_ns[transmitter->first] <= now_ns) {
        transmitter->first = (transmitter->first + 1) % transmitter->capacity;
        transmitter->count--;
    }
    return transmitter->count;
}

static int reserve(struct transmitter *transmitter) {
    if (transmitter->count < transmitter->capacity)
        return 0;
    uint32_t capacity = transmitter->capacity ? 2 * transmitter->capacity : 8;
    uint64_t *grown = malloc(capacity * sizeof *grown);
    if (!grown)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < transmitter->count; i++)
        grown[i] = transmitter->begins_ns[(transmitter->first + i) % transmitter->capacity];
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

int transmitter_send(struct transmitter *transmitter, const struct link_model *model, uint64_t key,
                     uint32_t n, uint16_t size, uint64_t now_ns, uint64_t *free_ns,
                     struct transmission *transmission) {
    uint64_t begins_ns = *free_ns > now_ns ? *free_ns : now_ns;
    if (begins_ns > now_ns) {
        if (transmitter_waiting(transmitter, now_ns) >= model->queue_packets)
            return TSSB_E_FULL;
        if (reserve(transmitter) != 0)
            return TSSB_E_MEMORY;
        uint32_t last = (transmitter->first + transmitter->count++) % transmitter->capacity;
        transmitter->begins_ns[last] = begins_ns;
    }
    transmission->taken_ns = transmitter_time_ns(model, size);
    transmission->left_ns = begins_ns + transmission->taken_ns;
    *free_ns = transmission->left_ns + model->pace_ns;
    if (model->pace_jitter_ns)
        *free_ns += stream_below(stream_draw(key, STREAM_PACE, n), model->pace_jitter_ns + 1);
    return 0;
}

void transmitter_close(struct transmitter *transmitter) {
    free(transmitter->begins_ns);
    *transmitter = (struct transmitter){0};
}
