/* Radio networks: stations that queue packets, keep to their duty cycle, pace and listen, and send
 * them into the ether. A part of the built-in engine. */
#ifndef RADIO_H
#define RADIO_H

#include "ether.h"
#include "duty.h"

struct world;
struct event;
struct network;
struct radio_station;

struct radio {
    struct ether *ether; /* NULL where no network is a radio */
    struct mobility mobility;
    const struct radio_model **models; /* by network of the scenario */
    struct ether_station *places;
    struct radio_station *stations;
    uint32_t station_count;
};

/* Sets up the stations that the network has. Returns 0 or TSSB_E_MEMORY; close it in any case. */
int radio_open(struct radio *radio, const struct world *world, const struct network *network);
void radio_close(struct radio *radio);

/* Sends a packet from a station, as soon as it may. */
void radio_send(struct world *world, uint32_t station, uint32_t flight);

/* EVENT_STATION, EVENT_HEARD and EVENT_UNHEARD. */
void radio_handle(struct world *world, const struct event *event);

/* The run has ended: notes what is in the air and in queues; and a packet of which an EVENT_UNHEARD
 * was to tell. */
void radio_leave(struct world *world);
void radio_leave_unheard(struct world *world, const struct event *event);

#endif
