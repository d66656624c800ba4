/* A station sends one packet after the other. When the first in its queue may go depends on its
 * pace, its duty cycle and, where it listens before it talks, on what it hears; an event says when
 * to look again. */
#include "radio.h"

#include <stdlib.h>

#include "core/error.h"
#include "sim/builtin.h"
#include "sim/stream.h"

enum { NONE = UINT32_MAX };

struct radio_station {
    uint32_t node, face;
    const struct radio_model *model;
    struct duty_limit limit;
    struct duty duty;
    uint32_t *waiting; /* flights, the first of which may be about to leave: a ring */
    uint32_t first, count, capacity;
    uint64_t look_ns;      /* of the event that counts; TSSB_NEVER for none */
    uint64_t free_ns;      /* when its pace lets it send again */
    uint64_t began_ns;     /* of the transmission that is on the air */
    uint32_t flight;       /* that is on the air; NONE */
    uint32_t transmission; /* of the ether */
    uint64_t key;
    uint32_t draws, sent;
};

static struct radio *radio_of(const struct world *world) {
    return &builtin_of(world)->radio;
}

static struct radio_station *station_at(const struct world *world, uint32_t index) {
    return &radio_of(world)->stations[index];
}

static uint64_t airtime(const struct world *world, const struct radio_station *station,
                        uint32_t flight) {
    return lora_airtime_ns(&station->model->lora, flight_at(&world->flights, flight)->size);
}

static void schedule(struct world *world, uint32_t index, uint64_t at_ns, enum event_kind kind) {
    const struct radio_station *station = station_at(world, index);
    struct event event = {.at_ns = at_ns,
                          .source = station->node + 1,
                          .counter = world->nodes[station->node].caused++,
                          .target = index,
                          .kind = (uint8_t)kind};
    builtin_schedule(world, &event);
}

/* Up to the time that a station waits before it talks. */
static uint64_t back_off(struct radio_station *station) {
    uint64_t most_ns = station->model->listen_ns;
    if (!most_ns)
        return 0;
    return stream_below(stream_draw(station->key, STREAM_BACKOFF, station->draws++), most_ns + 1);
}

/* When the first packet may be sent at the earliest. */
static uint64_t allowed_ns(struct world *world, struct radio_station *station) {
    uint64_t now_ns = world->now_ns;
    uint64_t at_ns = station->free_ns > now_ns ? station->free_ns : now_ns;
    if (station->model->duty_ppb >= PPB)
        return at_ns;
    return duty_allows(&station->duty, &station->limit, at_ns,
                       airtime(world, station, station->waiting[station->first]));
}

static void look_at(struct world *world, uint32_t index, uint64_t at_ns) {
    station_at(world, index)->look_ns = at_ns;
    schedule(world, index, at_ns, EVENT_STATION);
}

static void plan(struct world *world, uint32_t index) {
    struct radio_station *station = station_at(world, index);
    if (station->count && station->flight == NONE && station->look_ns == TSSB_NEVER)
        look_at(world, index, allowed_ns(world, station) + back_off(station));
}

/* Who would have received a packet learns, a nanosecond later, what became of it. */
static void fail(struct world *world, uint32_t index, uint32_t flight, enum event_bar why) {
    struct event event = {
        .at_ns = world->now_ns + 1, .target = index, .kind = EVENT_UNHEARD, .barred = (uint8_t)why};
    builtin_schedule_flight(world, &event, station_at(world, index)->node, flight);
}

static uint32_t take_first(struct radio_station *station) {
    uint32_t flight = station->waiting[station->first];
    station->first = (station->first + 1) % station->capacity;
    station->count--;
    return flight;
}

/* A node that is off has no queue, and one that was off has lost it, before it sends anything new.
 */
static void drop_lost(struct world *world, uint32_t index) {
    struct radio_station *station = station_at(world, index);
    const struct sim_node *node = &world->nodes[station->node];
    while (station->count) {
        uint32_t flight = station->waiting[station->first];
        if (!node->offline && flight_at(&world->flights, flight)->sent_ns >= node->up_since_ns)
            return;
        (void)take_first(station);
        fail(world, index, flight, EVENT_UNSENT);
        flight_release(&world->flights, flight);
    }
    station->look_ns = TSSB_NEVER; /* it was for what is gone */
}

void radio_send(struct world *world, uint32_t index, uint32_t flight) {
    struct radio_station *station = station_at(world, index);
    drop_lost(world, index);
    /* Who leaves at this very moment does not wait. */
    bool leaves = station->look_ns == world->now_ns && !station->model->listen_ns;
    if (station->count - leaves == station->model->queue_packets) {
        fail(world, index, flight, EVENT_OVERFLOW);
        return;
    }
    flight_at(&world->flights, flight)->references++;
    station->waiting[(station->first + station->count++) % station->capacity] = flight;
    plan(world, index);
}

static void transmit(struct world *world, uint32_t index) {
    struct radio_station *station = station_at(world, index);
    struct sim_node *node = &world->nodes[station->node];
    station->flight = take_first(station);
    station->began_ns = world->now_ns;
    uint64_t airtime_ns = airtime(world, station, station->flight);
    uint64_t end_ns = world->now_ns + airtime_ns;
    int error = ether_begin(radio_of(world)->ether, index, world->now_ns, end_ns,
                            &station->transmission);
    if (!error && station->model->duty_ppb < PPB)
        error = duty_note(&station->duty, world->now_ns, end_ns);
    if (error) {
        world_fail(world, error);
        return;
    }
    node->airtime_ns += airtime_ns;
    cost_airtime(world, station->node, flight_at(&world->flights, station->flight)->feed,
                 airtime_ns);
    /* uA * mV is nW; over ns that is 10^-18 J. */
    node->energy_nj += (uint64_t)((unsigned __int128)lora_supply_ua(station->model->power_cdbm) *
                                  LORA_SUPPLY_MV * airtime_ns / 1000000000);
    station->free_ns = end_ns + station->model->pace_ns;
    if (station->model->pace_jitter_ns)
        station->free_ns += stream_below(stream_draw(station->key, STREAM_PACE, station->sent),
                                         station->model->pace_jitter_ns + 1);
    station->sent++;
    schedule(world, index, end_ns, EVENT_HEARD);
}

static void look(struct world *world, uint32_t index, uint64_t at_ns) {
    struct radio_station *station = station_at(world, index);
    if (at_ns != station->look_ns)
        return;
    station->look_ns = TSSB_NEVER;
    drop_lost(world, index);
    if (station->count == 0)
        return;
    uint64_t busy_ns = station->model->listen_ns
                           ? ether_busy_until(radio_of(world)->ether, index, at_ns)
                           : 0;
    if (busy_ns)
        look_at(world, index, busy_ns + back_off(station));
    else
        transmit(world, index);
}

/* Deliveries. */

struct delivery {
    struct world *world;
    const struct flight *flight;
    enum event_bar barred; /* whatever the ether says, unless it is EVENT_PASSES */
    uint64_t since_ns;
};

static void deliver(void *context, uint32_t index, enum event_bar outcome) {
    const struct delivery *delivery = context;
    const struct radio_station *to = station_at(delivery->world, index);
    world_deliver(delivery->world, to->node, to->face, delivery->flight,
                  delivery->barred ? delivery->barred : outcome, delivery->since_ns);
}

static void leave(void *context, uint32_t index, enum event_bar outcome) {
    const struct delivery *delivery = context;
    const struct radio_station *to = station_at(delivery->world, index);
    (void)outcome;
    world_leave_in_flight(delivery->world, to->node, to->face, delivery->flight);
}

/* A sender that went off meanwhile has cut its transmission short. */
static void hear(struct world *world, uint32_t index) {
    struct radio_station *station = station_at(world, index);
    const struct sim_node *sender = &world->nodes[station->node];
    bool cut = sender->offline || sender->up_since_ns > station->began_ns;
    uint32_t flight = station->flight;
    struct delivery delivery = {world, flight_at(&world->flights, flight),
                                cut ? EVENT_LOST : EVENT_PASSES, station->began_ns};
    station->flight = NONE;
    ether_end(radio_of(world)->ether, station->transmission, deliver, &delivery);
    flight_release(&world->flights, flight);
    plan(world, index);
}

static void tell_reach(struct world *world, uint32_t index, uint32_t flight, ether_heard *heard,
                       enum event_bar barred) {
    struct delivery delivery = {world, flight_at(&world->flights, flight), barred, world->now_ns};
    int error = ether_reach(radio_of(world)->ether, index, world->now_ns, heard, &delivery);
    if (error)
        world_fail(world, error);
}

void radio_handle(struct world *world, const struct event *event) {
    if (event->kind == EVENT_STATION) {
        look(world, event->target, event->at_ns);
    } else if (event->kind == EVENT_HEARD) {
        hear(world, event->target);
    } else {
        tell_reach(world, event->target, event->flight, deliver, (enum event_bar)event->barred);
        flight_release(&world->flights, event->flight);
    }
}

void radio_leave_unheard(struct world *world, const struct event *event) {
    tell_reach(world, event->target, event->flight, leave, EVENT_PASSES);
}

void radio_leave(struct world *world) {
    struct radio *radio = radio_of(world);
    for (uint32_t i = 0; i < radio->station_count; i++) {
        struct radio_station *station = &radio->stations[i];
        if (station->flight != NONE) {
            struct delivery delivery = {world, flight_at(&world->flights, station->flight),
                                        EVENT_PASSES, station->began_ns};
            ether_end(radio->ether, station->transmission, leave, &delivery);
        }
        while (station->count)
            tell_reach(world, i, take_first(station), leave, EVENT_PASSES);
    }
}

/* Setting up. */

static int open_station(struct radio_station *station, const struct world *world,
                        const struct station_place *place) {
    const struct radio_model *model = &world->scenario->networks[place->network].radio;
    uint64_t key = world->node_keys[place->node];
    *station = (struct radio_station){
        .node = place->node,
        .face = place->face,
        .model = model,
        .limit = {model->duty_window_ns,
                  (uint64_t)((unsigned __int128)model->duty_window_ns * model->duty_ppb / PPB)},
        .look_ns = TSSB_NEVER,
        .flight = NONE,
        .key = place->network ? stream_key_pair(key, place->network) : key,
    };
    station->capacity = model->queue_packets + 1;
    station->waiting = calloc(station->capacity, sizeof *station->waiting);
    return station->waiting ? 0 : TSSB_E_MEMORY;
}

int radio_open(struct radio *radio, const struct world *world, const struct network *network) {
    const struct scenario *scenario = world->scenario;
    *radio = (struct radio){0};
    if (network->station_count == 0)
        return 0;
    int error = mobility_init(&radio->mobility, scenario, world->node_keys);
    radio->models = calloc(scenario->network_count, sizeof *radio->models);
    radio->places = calloc(network->station_count, sizeof *radio->places);
    radio->stations = calloc(network->station_count, sizeof *radio->stations);
    if (error || !radio->models || !radio->places || !radio->stations)
        return TSSB_E_MEMORY;
    for (uint32_t i = 0; i < scenario->network_count; i++)
        radio->models[i] = &scenario->networks[i].radio;
    for (uint32_t i = 0; i < network->station_count && !error; i++) {
        const struct station_place *place = &network->stations[i];
        radio->places[i] = (struct ether_station){place->node, place->network};
        radio->station_count++;
        error = open_station(&radio->stations[i], world, place);
    }
    return error ? error
                 : ether_open(&radio->ether,
                              &(struct ether_world){.models = radio->models,
                                                    .model_count = scenario->network_count,
                                                    .stations = radio->places,
                                                    .station_count = radio->station_count,
                                                    .node_keys = world->node_keys,
                                                    .mobility = &radio->mobility});
}

void radio_close(struct radio *radio) {
    ether_close(radio->ether);
    for (uint32_t i = 0; i < radio->station_count; i++) {
        free(radio->stations[i].waiting);
        duty_close(&radio->stations[i].duty);
    }
    free(radio->stations);
    free(radio->places);
    free(radio->models);
    mobility_close(&radio->mobility);
    *radio = (struct radio){0};
}
