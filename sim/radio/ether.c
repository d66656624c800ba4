/* Signals are kept at each station that they reach. When one begins, it is compared with those that
 * are there: how long both last is known, so what spoils what is known at once. */
#include "ether.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/mem.h"
#include "sim/fixed.h"
#include "sim/quantile.h"
#include "sim/stream.h"
#include "spatial.h"

enum { NOTHING_MATTERS = INT32_MAX, SHADOWING_DEVIATIONS = 3, CELL_SLACK = 4, ROUNDING_MM = 2 };

#define DISTANCE_MIN_MM ((uint64_t)1000)       /* nearer than 1 m, the model says nothing */
#define DISTANCE_MAX_MM ((uint64_t)4000000000) /* 4 000 km: no station reaches farther */

struct neighbour {
    uint32_t station;
    int32_t level_cdbm;
};

struct neighbours {
    struct neighbour *list;
    uint32_t count, capacity;
    bool known; /* for good: nobody moves */
};

struct signal {
    uint64_t begin_ns, critical_ns, end_ns; /* interference does harm from critical_ns on */
    uint32_t transmission;
    int32_t level_cdbm;
    uint16_t network;
    bool received;   /* of the station's network, and strong enough */
    uint8_t outcome; /* enum event_bar */
};

struct station {
    uint64_t sends_until_ns;
    struct signal *signals;
    uint32_t count, capacity;
    struct neighbours neighbours;
};

struct transmission {
    uint32_t *reached; /* stations, ascending */
    uint32_t count, capacity;
};

struct ether {
    struct ether_world of;
    struct station *stations;
    int32_t *sensitivity_cdbm; /* by network */
    int32_t *cutoff_cdbm; /* by sender's and receiver's network: weaker signals matter to nobody */
    uint64_t *range_mm;   /* by network: how far its signals may matter */
    uint64_t slack_mm;    /* how far positions may be off in the index */
    struct position *indexed;
    uint64_t index_until_ns; /* when they are too far off */
    struct spatial index;
    uint32_t *found;          /* room for a look into the index */
    struct neighbours moving; /* of the last look, where stations move */
    struct transmission *transmissions;
    uint32_t transmission_count, transmission_capacity;
    uint32_t *spare; /* indices of transmissions that are over */
    uint32_t spare_count, spare_capacity;
};

/* Levels. */

int32_t ether_level_cdbm(const struct radio_model *model, uint64_t distance_mm) {
    const struct path_loss *loss = &model->path_loss;
    if (distance_mm < DISTANCE_MIN_MM)
        distance_mm = DISTANCE_MIN_MM;
    /* exponent * 1000 log10(ratio), where 1000 log10(2) is 301.029996; the logarithm is in Q32. */
    int64_t octaves = fixed_log2(distance_mm) - fixed_log2(loss->reference_mm);
    __int128 further = (__int128)octaves * 301029996 * (int64_t)loss->exponent_thousandth;
    return (int32_t)(model->power_cdbm - loss->reference_cdb -
                     (int64_t)(further / 1000000000 / FIXED_ONE));
}

uint64_t ether_range_mm(const struct radio_model *model, int32_t level_cdbm) {
    uint64_t low = 0, high = DISTANCE_MAX_MM; /* at low it is reached, past high it is not */
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (ether_level_cdbm(model, middle) >= level_cdbm)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* What the way between two nodes adds: the same in both directions and at all times. */
static int32_t shadowing(const struct ether *ether, const struct radio_model *model, uint32_t a,
                         uint32_t b) {
    int64_t deviation = model->path_loss.shadowing_cdb;
    if (deviation == 0)
        return 0;
    uint64_t key_a = ether->of.node_keys[a], key_b = ether->of.node_keys[b];
    uint64_t key = key_a < key_b ? stream_key_pair(key_a, key_b) : stream_key_pair(key_b, key_a);
    int64_t value = (int64_t)quantile_scale(quantile_normal(stream_draw(key, STREAM_SHADOWING, 0)),
                                            (uint64_t)deviation);
    int64_t most = SHADOWING_DEVIATIONS * deviation;
    return (int32_t)(value > most ? most : value < -most ? -most : value);
}

static int32_t cutoff(const struct ether *ether, uint32_t from, uint32_t to) {
    return ether->cutoff_cdbm[from * ether->of.model_count + to];
}

/* The weakest signal of one network that can do anything at a station of another. */
static int32_t compute_cutoff(const struct ether *ether, uint32_t from, uint32_t to) {
    const struct radio_model *sender = ether->of.models[from], *receiver = ether->of.models[to];
    int32_t weakest = ether->sensitivity_cdbm[to];
    if (!lora_overlaps(&sender->lora, &receiver->lora))
        return NOTHING_MATTERS;
    if (sender->lora.spreading != receiver->lora.spreading)
        return weakest - lora_isolation_cdb(receiver->lora.spreading, sender->lora.spreading);
    return receiver->capture_cdb == RADIO_CAPTURE_OFF ? weakest : weakest - receiver->capture_cdb;
}

static void compute_ranges(struct ether *ether) {
    uint32_t count = ether->of.model_count;
    for (uint32_t i = 0; i < count; i++)
        ether->sensitivity_cdbm[i] = lora_sensitivity_cdbm(&ether->of.models[i]->lora);
    for (uint32_t from = 0; from < count; from++) {
        const struct radio_model *model = ether->of.models[from];
        int32_t weakest = NOTHING_MATTERS;
        for (uint32_t to = 0; to < count; to++) {
            int32_t level = compute_cutoff(ether, from, to);
            ether->cutoff_cdbm[from * count + to] = level;
            weakest = level < weakest ? level : weakest;
        }
        int32_t gain = (int32_t)(SHADOWING_DEVIATIONS * model->path_loss.shadowing_cdb);
        ether->range_mm[from] = ether_range_mm(model, weakest - gain);
    }
}

/* Who is near. */

static int index_stations(struct ether *ether, uint64_t now_ns) {
    uint64_t speed = mobility_speed_mm_s(ether->of.mobility), range = 0;
    for (uint32_t i = 0; i < ether->of.model_count; i++)
        range = ether->range_mm[i] > range ? ether->range_mm[i] : range;
    ether->slack_mm = speed ? range / CELL_SLACK + 1 : 0;
    ether->index_until_ns = speed ? now_ns + ether->slack_mm * 1000000000 / speed : TSSB_NEVER;
    for (uint32_t i = 0; i < ether->of.station_count; i++)
        ether->indexed[i] = mobility_at(ether->of.mobility, ether->of.stations[i].node, now_ns);
    return spatial_build(&ether->index, ether->indexed, ether->of.station_count,
                         range + ether->slack_mm);
}

static int add_neighbour(struct neighbours *neighbours, struct neighbour neighbour) {
    void *list = neighbours->list;
    int error = tssb_mem_grow(&tssb_mem_libc, &list, &neighbours->capacity, neighbours->count + 1,
                              sizeof *neighbours->list);
    neighbours->list = list;
    if (!error)
        neighbours->list[neighbours->count++] = neighbour;
    return error;
}

static int look_around(struct ether *ether, uint32_t station, uint64_t now_ns,
                       struct neighbours *neighbours) {
    const struct ether_station *own = &ether->of.stations[station];
    const struct radio_model *model = ether->of.models[own->network];
    struct position place = mobility_at(ether->of.mobility, own->node, now_ns);
    uint64_t range_mm = ether->range_mm[own->network];
    uint32_t count = spatial_near(&ether->index, place, range_mm + ether->slack_mm + ROUNDING_MM,
                                  ether->found);
    int error = 0;
    neighbours->count = 0;
    for (uint32_t i = 0; i < count && !error; i++) {
        const struct ether_station *other = &ether->of.stations[ether->found[i]];
        int32_t weakest = cutoff(ether, own->network, other->network);
        if (ether->found[i] == station || weakest == NOTHING_MATTERS)
            continue;
        struct position there = mobility_at(ether->of.mobility, other->node, now_ns);
        if (mobility_square_mm2(place, there) > range_mm * range_mm)
            continue;
        uint64_t distance_mm = mobility_distance_mm(place, there);
        int32_t level_cdbm = ether_level_cdbm(model, distance_mm) +
                             shadowing(ether, model, own->node, other->node);
        if (level_cdbm >= weakest)
            error = add_neighbour(neighbours, (struct neighbour){ether->found[i], level_cdbm});
    }
    return error;
}

/* NULL where memory ran out. */
static const struct neighbours *neighbours_of(struct ether *ether, uint32_t station,
                                              uint64_t now_ns) {
    if (now_ns >= ether->index_until_ns && index_stations(ether, now_ns) != 0)
        return NULL;
    bool still = ether->index_until_ns == TSSB_NEVER;
    struct neighbours *neighbours = still ? &ether->stations[station].neighbours : &ether->moving;
    if (neighbours->known)
        return neighbours;
    neighbours->known = still;
    return look_around(ether, station, now_ns, neighbours) == 0 ? neighbours : NULL;
}

/* Whether a station of a transmission's network can receive it. */
static bool receives(const struct ether *ether, uint32_t sender, const struct neighbour *at) {
    uint32_t network = ether->of.stations[sender].network;
    return ether->of.stations[at->station].network == network &&
           at->level_cdbm >= ether->sensitivity_cdbm[network];
}

/* Signals. */

/* Whether one signal is too strong for the other, where both are at one station. */
static bool drowns(const struct ether *ether, const struct signal *wanted,
                   const struct signal *other) {
    const struct radio_model *model = ether->of.models[wanted->network];
    uint8_t interferer = ether->of.models[other->network]->lora.spreading;
    int32_t above = wanted->level_cdbm - other->level_cdbm;
    if (model->lora.spreading != interferer)
        return above < lora_isolation_cdb(model->lora.spreading, interferer);
    if (model->capture_cdb == RADIO_CAPTURE_OFF)
        return other->level_cdbm >= ether->sensitivity_cdbm[wanted->network];
    return above < model->capture_cdb;
}

static void spoil(const struct ether *ether, struct signal *wanted, const struct signal *other) {
    if (wanted->received && wanted->outcome == EVENT_PASSES && other->begin_ns < wanted->end_ns &&
        other->end_ns > wanted->critical_ns && drowns(ether, wanted, other))
        wanted->outcome = EVENT_COLLIDED;
}

static int add_signal(struct ether *ether, uint32_t at, struct signal signal) {
    struct station *station = &ether->stations[at];
    void *signals = station->signals;
    int error = tssb_mem_grow(&tssb_mem_libc, &signals, &station->capacity, station->count + 1,
                              sizeof *station->signals);
    station->signals = signals;
    if (error)
        return error;
    if (station->sends_until_ns > signal.begin_ns)
        signal.outcome = EVENT_DEAF;
    for (uint32_t i = 0; i < station->count; i++) {
        spoil(ether, &station->signals[i], &signal);
        spoil(ether, &signal, &station->signals[i]);
    }
    station->signals[station->count++] = signal;
    return 0;
}

/* An index for a transmission, and room for those that it reaches. */
static int take_transmission(struct ether *ether, uint32_t reached, uint32_t *index) {
    void *array = ether->transmissions;
    int error = 0;
    if (ether->spare_count == 0) {
        uint32_t known = ether->transmission_capacity;
        error = tssb_mem_grow(&tssb_mem_libc, &array, &ether->transmission_capacity,
                              ether->transmission_count + 1, sizeof *ether->transmissions);
        ether->transmissions = array;
        if (error)
            return error;
        memset(ether->transmissions + known, 0,
               (ether->transmission_capacity - known) * sizeof *ether->transmissions);
        array = ether->spare;
        error = tssb_mem_grow(&tssb_mem_libc, &array, &ether->spare_capacity,
                              ether->transmission_count + 1, sizeof *ether->spare);
        ether->spare = array;
        if (error)
            return error;
        ether->spare[ether->spare_count++] = ether->transmission_count++;
    }
    *index = ether->spare[ether->spare_count - 1];
    struct transmission *transmission = &ether->transmissions[*index];
    array = transmission->reached;
    error = tssb_mem_grow(&tssb_mem_libc, &array, &transmission->capacity, reached,
                          sizeof *transmission->reached);
    transmission->reached = array;
    if (!error)
        ether->spare_count--;
    return error;
}

int ether_begin(struct ether *ether, uint32_t station, uint64_t now_ns, uint64_t end_ns,
                uint32_t *transmission) {
    const struct neighbours *neighbours = neighbours_of(ether, station, now_ns);
    if (!neighbours)
        return TSSB_E_MEMORY;
    int error = take_transmission(ether, neighbours->count, transmission);
    if (error)
        return error;
    struct station *own = &ether->stations[station];
    own->sends_until_ns = end_ns;
    for (uint32_t i = 0; i < own->count; i++)
        if (own->signals[i].end_ns > now_ns)
            own->signals[i].outcome = EVENT_DEAF;
    uint32_t network = ether->of.stations[station].network;
    uint64_t slack_ns = lora_preamble_slack_ns(&ether->of.models[network]->lora);
    struct transmission *begun = &ether->transmissions[*transmission];
    begun->count = 0;
    for (uint32_t i = 0; i < neighbours->count && !error; i++) {
        const struct neighbour *at = &neighbours->list[i];
        begun->reached[begun->count++] = at->station;
        error = add_signal(ether, at->station,
                           (struct signal){.begin_ns = now_ns,
                                           .critical_ns = now_ns + slack_ns,
                                           .end_ns = end_ns,
                                           .transmission = *transmission,
                                           .level_cdbm = at->level_cdbm,
                                           .network = (uint16_t)network,
                                           .received = receives(ether, station, at),
                                           .outcome = EVENT_PASSES});
    }
    return error;
}

/* Takes a signal away from a station. */
static struct signal take_signal(struct station *station, uint32_t transmission) {
    uint32_t i = 0;
    while (station->signals[i].transmission != transmission)
        TSSB_CHECK(++i < station->count);
    struct signal signal = station->signals[i];
    station->signals[i] = station->signals[--station->count];
    return signal;
}

void ether_end(struct ether *ether, uint32_t index, ether_heard *heard, void *context) {
    struct transmission *transmission = &ether->transmissions[index];
    for (uint32_t i = 0; i < transmission->count; i++) {
        uint32_t at = transmission->reached[i];
        struct signal signal = take_signal(&ether->stations[at], index);
        if (signal.received)
            heard(context, at, (enum event_bar)signal.outcome);
    }
    ether->spare[ether->spare_count++] = index;
}

int ether_reach(struct ether *ether, uint32_t station, uint64_t now_ns, ether_heard *heard,
                void *context) {
    const struct neighbours *neighbours = neighbours_of(ether, station, now_ns);
    for (uint32_t i = 0; neighbours && i < neighbours->count; i++)
        if (receives(ether, station, &neighbours->list[i]))
            heard(context, neighbours->list[i].station, EVENT_PASSES);
    return neighbours ? 0 : TSSB_E_MEMORY;
}

/* What a receiver can receive, it can hear; of other networks, what is as strong. */
uint64_t ether_busy_until(const struct ether *ether, uint32_t station, uint64_t now_ns) {
    const struct station *own = &ether->stations[station];
    int32_t least = ether->sensitivity_cdbm[ether->of.stations[station].network];
    uint64_t until_ns = 0;
    for (uint32_t i = 0; i < own->count; i++) {
        const struct signal *signal = &own->signals[i];
        if (signal->begin_ns < now_ns && signal->end_ns > now_ns && signal->level_cdbm >= least &&
            signal->end_ns > until_ns)
            until_ns = signal->end_ns;
    }
    return until_ns;
}

int ether_open(struct ether **opened, const struct ether_world *of) {
    struct ether *ether = calloc(1, sizeof *ether);
    *opened = ether;
    if (!ether)
        return TSSB_E_MEMORY;
    size_t models = of->model_count;
    ether->of = *of;
    ether->stations = calloc(of->station_count, sizeof *ether->stations);
    ether->indexed = calloc(of->station_count, sizeof *ether->indexed);
    ether->found = calloc(of->station_count, sizeof *ether->found);
    ether->sensitivity_cdbm = calloc(models, sizeof *ether->sensitivity_cdbm);
    ether->cutoff_cdbm = calloc(models * models, sizeof *ether->cutoff_cdbm);
    ether->range_mm = calloc(models, sizeof *ether->range_mm);
    if (!ether->stations || !ether->indexed || !ether->found || !ether->sensitivity_cdbm ||
        !ether->cutoff_cdbm || !ether->range_mm)
        return TSSB_E_MEMORY;
    compute_ranges(ether);
    return 0;
}

void ether_close(struct ether *ether) {
    if (!ether)
        return;
    for (uint32_t i = 0; ether->stations && i < ether->of.station_count; i++) {
        free(ether->stations[i].signals);
        free(ether->stations[i].neighbours.list);
    }
    for (uint32_t i = 0; i < ether->transmission_count; i++)
        free(ether->transmissions[i].reached);
    spatial_close(&ether->index);
    free(ether->stations);
    free(ether->indexed);
    free(ether->found);
    free(ether->sensitivity_cdbm);
    free(ether->cutoff_cdbm);
    free(ether->range_mm);
    free(ether->moving.list);
    free(ether->transmissions);
    free(ether->spare);
    free(ether);
}
