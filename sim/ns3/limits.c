/* Each thing that some channel cannot do is a line of a table: the models of the network's links
 * are held against all of them, and so is what the timeline changes. */
#include "limits.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/scenario/scenario_reader.h"

enum {
    SIMPLE = 1 << NS3_SIMPLE,
    CSMA = 1 << NS3_CSMA,
    P2P = 1 << NS3_P2P,
    ANY_WIRE = SIMPLE | CSMA | P2P,
};

struct ns3_model ns3_model_of(const struct scenario_network *network) {
    struct ns3_model model = network->ns3;
    const struct link_model *link = &network->link;
    bool is_medium = network->topology == TOPOLOGY_BROADCAST;
    bool has_pace = link->pace_ns || link->pace_jitter_ns;
    if (!network->has_ns3 && is_medium && (link->rate_bit_s || has_pace))
        model.kind = NS3_CSMA;
    else if (!network->has_ns3 && !is_medium && has_pace)
        model.kind = NS3_P2P;
    if (model.kind == NS3_CSMA && !model.rate_bit_s)
        model.rate_bit_s = link->rate_bit_s; /* a bus has one */
    return model;
}

static bool has_jitter(const struct link_model *link) {
    return link->jitter_ns > 0;
}

static bool has_loss(const struct link_model *link) {
    return link->loss.good_ppb > 0 || link_has_chain(link);
}

static bool has_drops(const struct link_model *link) {
    return link->drop_count > 0;
}

static bool has_copies(const struct link_model *link) {
    return link->duplicate_ppb > 0;
}

static bool has_bit_errors(const struct link_model *link) {
    return link->bit_error_ppb > 0;
}

static bool has_rate(const struct link_model *link) {
    return link->rate_bit_s > 0;
}

static bool has_pace(const struct link_model *link) {
    return link->pace_ns > 0 || link->pace_jitter_ns > 0;
}

static const char wifi_is_as_it_is[] = "channel wifi-adhoc loses by distance and collisions alone";

static const struct limit {
    const char *key;
    unsigned field; /* LINK_ bit */
    bool (*asks)(const struct link_model *link);
    unsigned links, media; /* bits of the channels that can */
    const char *who;       /* can */
} limits[] = {
    {"jitter", LINK_JITTER, has_jitter, SIMPLE, SIMPLE, "only channel simple has it"},
    {"loss", LINK_LOSS, has_loss, ANY_WIRE, ANY_WIRE, wifi_is_as_it_is},
    {"drop", LINK_DROP, has_drops, ANY_WIRE, ANY_WIRE, wifi_is_as_it_is},
    {"duplicate", LINK_DUPLICATE, has_copies, ANY_WIRE, ANY_WIRE,
     "channel wifi-adhoc copies nothing"},
    {"bit_errors", LINK_BIT_ERRORS, has_bit_errors, ANY_WIRE, ANY_WIRE, wifi_is_as_it_is},
    {"rate", LINK_RATE, has_rate, SIMPLE | P2P, CSMA,
     "a medium with a rate is channel csma; the rate of wifi-adhoc is ns3.rate"},
    {"pace", LINK_PACE, has_pace, P2P, CSMA, "only channels p2p and csma have it"},
};

/* What is being checked, and where the reasons go. */
struct check {
    const struct scenario *scenario;
    const struct scenario_network *network;
    struct ns3_model model; /* of the network */
    FILE *out;
    unsigned count;
};

static void refuse(struct check *check, const char *where, const char *key, const char *why) {
    fprintf(check->out, "%s%s: %s%s%s: %s", check->count ? "\n" : "", check->scenario->name, where,
            *key ? "." : "", key, why);
    check->count++;
}

static bool is_medium(const struct check *check) {
    return check->network->topology == TOPOLOGY_BROADCAST;
}

/* Holds these fields of a link against the table. */
static void check_link(struct check *check, const char *where, const struct link_model *link,
                       unsigned fields) {
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const struct limit *limit = &limits[i];
        unsigned able = is_medium(check) ? limit->media : limit->links;
        if (fields & limit->field && limit->asks(link) && !(able & 1U << check->model.kind))
            refuse(check, where, limit->key, limit->who);
    }
    if (fields & (LINK_DELAY | LINK_JITTER) &&
        link->delay_ns + link->jitter_ns + check->scenario->duration_ns > NS3_TIME_MAX_NS)
        refuse(check, where, "delay", "too long for ns-3's clock");
}

/* What changes while the world runs. */
static void check_changed(struct check *check, const char *where, const struct link_model *link,
                          unsigned changed) {
    check_link(check, where, link, changed);
    if (check->model.kind == NS3_WIFI_ADHOC)
        refuse(check, where, "", "channel wifi-adhoc is as it is");
    if (changed & LINK_QUEUE)
        refuse(check, where, "queue", "a queue of ns-3 stays as long as it is");
    if (changed & LINK_RATE && check->model.kind == NS3_CSMA)
        refuse(check, where, "rate", "a bus of ns-3 keeps its rate");
    if (changed & LINK_RATE && check->network->ns3.rate_bit_s)
        refuse(check, where, "rate", "the rate is what ns3.rate says");
}

static void check_phases(struct check *check, const char *where, const struct link_model *link) {
    const struct link_profile *profile = link->profile;
    for (uint32_t i = 0; profile && i < profile->count; i++) {
        char phase[128];
        snprintf(phase, sizeof phase, "%s.%s.%u", where, profile->is_trace ? "trace" : "phases", i);
        check_changed(check, phase, &profile->phases[i].values, profile->phases[i].changed);
        if (check->count)
            return; /* a trace may have many lines */
    }
}

/* A channel of ns-3 has one delay; ours on the simple one has one a receiver. */
static bool has_one_delay(const struct check *check) {
    return check->model.kind == NS3_CSMA || check->model.kind == NS3_P2P;
}

static bool has_other_delays(const struct link_profile *profile) {
    for (uint32_t i = 0; profile && i < profile->count; i++)
        if (profile->phases[i].changed & LINK_DELAY)
            return true;
    return false;
}

static void check_both(struct check *check, const char *where, const struct link_model *link,
                       const struct link_model *back) {
    check_link(check, where, link, LINK_ALL);
    check_phases(check, where, link);
    if (is_medium(check))
        return;
    check_link(check, where, back, LINK_ALL);
    check_phases(check, where, back);
    bool differ = link->delay_ns != back->delay_ns ||
                  (link->profile != back->profile &&
                   (has_other_delays(link->profile) || has_other_delays(back->profile)));
    if (has_one_delay(check) && differ)
        refuse(check, where, "back", "only channel simple has a delay for each way");
}

static bool has_any(const struct node_set *members, const struct node_set *nodes) {
    for (uint32_t i = 0; i < nodes->count; i++)
        if (node_set_has(members, nodes->nodes[i]))
            return true;
    return false;
}

/* Whether a change is about this network. */
static bool concerns(const struct check *check, const struct fault *fault) {
    const struct node_set *members = &check->network->members;
    return fault->everywhere ||
           (has_any(members, &fault->sets[0]) && has_any(members, &fault->sets[1]));
}

/* What the timeline changes of links. */
static void check_change(struct check *check, const struct fault *fault) {
    char where[64];
    snprintf(where, sizeof where, "timeline, link at %.9g s", (double)fault->at_ns / 1e9);
    check_changed(check, where, &fault->link, fault->changed);
    if (is_medium(check) && !fault->everywhere)
        refuse(check, where, "between", "a medium of ns-3 is the same for all");
    if (fault->one_way && fault->changed & LINK_DELAY && has_one_delay(check))
        refuse(check, where, "one_way", "only channel simple has a delay for each way");
}

static void check_network(struct check *check, uint32_t index) {
    const struct scenario_network *network = &check->scenario->networks[index];
    char path[32] = "network", where[96];
    check->network = network;
    check->model = ns3_model_of(network);
    if (check->scenario->network_count > 1)
        snprintf(path, sizeof path, "network.%u", index);
    if (network->topology == TOPOLOGY_RADIO) {
        refuse(check, path, "topology",
               "ns-3's channels know no LoRa: radio is the built-in engine's");
        return;
    }
    snprintf(where, sizeof where, "%s.link", path);
    check_both(check, where, &network->link, &network->back);
    for (uint32_t i = 0; i < network->edge_count; i++) {
        snprintf(where, sizeof where, "%s.edges.%u", path, i);
        check_both(check, where, &network->edges[i].link, &network->edges[i].back);
    }
    for (uint32_t i = 0; i < check->scenario->fault_count; i++) {
        const struct fault *fault = &check->scenario->faults[i];
        if (fault->kind == FAULT_LINK && !fault->again && concerns(check, fault))
            check_change(check, fault);
    }
}

int ns3_limits(const struct scenario *scenario, char **error) {
    size_t size;
    *error = NULL;
    struct check check = {.scenario = scenario};
    check.out = open_memstream(error, &size);
    if (!check.out)
        return 3;
    if (scenario->face_count > 0)
        refuse(&check, "faces", "",
               "the engine ns3 does not keep real time, which real faces need");
    for (uint32_t i = 0; i < scenario->network_count; i++)
        check_network(&check, i);
    if (fclose(check.out) != 0) {
        free(*error);
        *error = NULL;
        return 3;
    }
    if (check.count)
        return 2;
    free(*error);
    *error = NULL;
    return 0;
}
