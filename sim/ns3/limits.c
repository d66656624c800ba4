/* Each thing that some channel cannot do is a line of a table: the models of the network's links
 * are held against all of them, and so is what the timeline changes. */
#include "limits.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/scenario/scenario_reader.h"

enum { ANY_WIRE = 1 << NS3_SIMPLE | 1 << NS3_CSMA | 1 << NS3_P2P };

static bool has_jitter(const struct link_model *link) {
    return link->jitter_ns > 0;
}

static bool has_shape(const struct link_model *link) {
    return link->jitter_ns > 0 && link->jitter_shape != JITTER_UNIFORM;
}

static bool has_loss(const struct link_model *link) {
    return link->loss.good_ppb > 0;
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

static const struct limit {
    const char *key;
    unsigned field; /* LINK_ bit */
    bool (*asks)(const struct link_model *link);
    unsigned links, media; /* bits of the channels that can */
    const char *who;       /* can */
} limits[] = {
    {"jitter", LINK_JITTER, has_jitter, 1 << NS3_SIMPLE, 1 << NS3_SIMPLE,
     "only channel simple has it"},
    {"jitter", LINK_JITTER, has_shape, 0, 0, "ns-3's is evenly distributed (such as jitter: 5 ms)"},
    {"loss", LINK_LOSS, has_loss, ANY_WIRE, ANY_WIRE,
     "channel wifi-adhoc loses by distance and collisions alone"},
    {"loss", LINK_LOSS, link_has_chain, 0, 0, "no channel of ns-3 has these bursts"},
    {"drop", LINK_DROP, has_drops, 0, 0, "no channel of ns-3 has it"},
    {"duplicate", LINK_DUPLICATE, has_copies, 0, 0, "no channel of ns-3 has it"},
    {"bit_errors", LINK_BIT_ERRORS, has_bit_errors, 0, 0,
     "ns-3's devices drop what is damaged: say loss"},
    {"rate", LINK_RATE, has_rate, 1 << NS3_SIMPLE | 1 << NS3_P2P, 1 << NS3_CSMA,
     "a medium with a rate is channel csma; the rate of wifi-adhoc is ns3.rate"},
    {"pace", LINK_PACE, has_pace, 0, 0, "no channel of ns-3 has it"},
};

/* What is being checked, and where the reasons go. */
struct check {
    const struct scenario *scenario;
    const struct scenario_network *network;
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
        if (fields & limit->field && limit->asks(link) && !(able & 1U << check->network->ns3.kind))
            refuse(check, where, limit->key, limit->who);
    }
    if (fields & (LINK_DELAY | LINK_JITTER) &&
        link->delay_ns + link->jitter_ns + check->scenario->duration_ns > NS3_TIME_MAX_NS)
        refuse(check, where, "delay", "too long for ns-3's clock");
}

static void check_both(struct check *check, const char *where, const struct link_model *link,
                       const struct link_model *back) {
    check_link(check, where, link, LINK_ALL);
    if (link->profile || (!is_medium(check) && back->profile))
        refuse(check, where, "phases",
               "links of ns-3 do not change by themselves (nor by a trace)");
    if (is_medium(check))
        return;
    check_link(check, where, back, LINK_ALL);
    if (link->delay_ns != back->delay_ns || link->jitter_ns != back->jitter_ns)
        refuse(check, where, "back", "a channel of ns-3 has one delay, both ways");
}

/* What the timeline changes of links. */
static void check_change(struct check *check, const struct fault *fault) {
    char where[64];
    snprintf(where, sizeof where, "timeline, link at %.9g s", (double)fault->at_ns / 1e9);
    check_link(check, where, &fault->link, fault->changed);
    if (fault->changed & (LINK_RATE | LINK_QUEUE | LINK_PACE))
        refuse(check, where, "rate", "rates and queues of ns-3 stay as they are");
    if (is_medium(check) && !fault->everywhere)
        refuse(check, where, "between", "a medium of ns-3 is the same for all");
    if (fault->one_way && fault->changed & (LINK_DELAY | LINK_JITTER))
        refuse(check, where, "one_way", "a channel of ns-3 has one delay, both ways");
    if (check->network->ns3.kind == NS3_WIFI_ADHOC)
        refuse(check, where, "", "channel wifi-adhoc is as it is");
}

static void check_network(struct check *check) {
    const struct scenario_network *network = check->network;
    if (network->topology == TOPOLOGY_RADIO) {
        refuse(check, "network", "topology",
               "ns-3's channels know no LoRa: radio is the built-in engine's");
        return;
    }
    check_both(check, "network.link", &network->link, &network->back);
    for (uint32_t i = 0; i < network->edge_count; i++) {
        char where[64];
        snprintf(where, sizeof where, "network.edges.%u", i);
        check_both(check, where, &network->edges[i].link, &network->edges[i].back);
    }
    for (uint32_t i = 0; i < check->scenario->fault_count; i++)
        if (check->scenario->faults[i].kind == FAULT_LINK && !check->scenario->faults[i].again)
            check_change(check, &check->scenario->faults[i]);
}

int ns3_limits(const struct scenario *scenario, char **error) {
    size_t size;
    *error = NULL;
    struct check check = {.scenario = scenario, .network = scenario->networks};
    check.out = open_memstream(error, &size);
    if (!check.out)
        return 3;
    if (scenario->face_count > 0)
        refuse(&check, "faces", "",
               "the engine ns3 does not keep real time, which real faces need");
    if (scenario->network_count > 1)
        refuse(&check, "network", "", "the engine ns3 simulates one network, here are several");
    else
        check_network(&check);
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
