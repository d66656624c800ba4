/* The sender's end of a link with a rate or a pace: one packet leaves after the other, and so many
 * may wait. What does not find a place is dropped. */
#ifndef LINK_TRANSMITTER_H
#define LINK_TRANSMITTER_H

#include "model.h"

/* A zeroed one is idle. */
struct transmitter {
    uint64_t *begins_ns; /* a ring: when each packet that waits begins to leave */
    uint64_t paced_ns;   /* until when its pace lets it send no more */
    uint32_t first, count, capacity;
};

struct transmission {
    uint64_t left_ns;  /* when its last bit has left */
    uint64_t taken_ns; /* how long it occupies the channel: its bits alone */
};

/* Sends packet number n (from 1) of `size` bytes. *free_ns is when the channel is free again, the
 * sender's own or one that several share; the pace is the sender's own in any case. Who has to wait
 * has his place on the channel from now on: nobody slips in before. key: of the random stream of
 * the pace's jitter.
 * Returns 0; TSSB_E_FULL where it is dropped, or TSSB_E_MEMORY. */
int transmitter_send(struct transmitter *transmitter, const struct link_model *model, uint64_t key,
                     uint32_t n, uint16_t size, uint64_t now_ns, uint64_t *free_ns,
                     struct transmission *transmission);

/* How long a packet of `size` bytes occupies a link: 0 without a rate; rounded up, so that a link
 * is never faster than its rate. */
uint64_t transmitter_time_ns(const struct link_model *model, uint16_t size);

/* Packets that have not begun to leave. */
uint32_t transmitter_waiting(struct transmitter *transmitter, uint64_t now_ns);

/* Forgets the queue and the pace. */
void transmitter_clear(struct transmitter *transmitter);

void transmitter_close(struct transmitter *transmitter);

#endif
