/* Private to the built-in engine: builtin.c (events and time), carry.c (links and media),
 * radio/radio.c (radio networks). */
#ifndef BUILTIN_H
#define BUILTIN_H

#include "network.h"
#include "sim/radio/radio.h"
#include "world_state.h"

struct builtin {
    struct queue queue;
    struct network network;
    struct radio radio;
};

static inline struct builtin *builtin_of(const struct world *world) {
    return world->engine_state;
}

/* Queues an event; where memory runs out, the world has failed. */
void builtin_schedule(struct world *world, const struct event *event);

/* Queues an event that a packet of this node causes; it holds a reference to the flight.
 * Its source, counter and flight are filled in: in place, for a copy of it made while it is still
 * being written would stall. */
void builtin_schedule_flight(struct world *world, struct event *event, uint32_t from,
                             uint32_t flight);

/* carry.c */

/* Sends a packet on a face that is an end of a link, or of a medium. */
void carry_on_link(struct world *world, uint32_t from, struct face *face, uint32_t flight);
void carry_on_medium(struct world *world, uint32_t from, struct face *face, uint32_t flight);

/* EVENT_LEAVE: the turn of a packet that waited has come; or the run ended first. */
void carry_leave(struct world *world, const struct event *event);
void carry_leave_left(struct world *world, const struct event *event);

/* Delivers a broadcast to all its receivers, or notes that the run ended first. */
void carry_broadcast(struct world *world, const struct event *event);
void carry_broadcast_left(struct world *world, const struct event *event);

#endif
