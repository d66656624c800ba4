/* `network.ns3`: which of ns-3's channels the network is on the engine ns3. The built-in engine
 * passes it over. */
#include <stdio.h>
#include <string.h>

#include "quantity.h"
#include "sim/ns3/wifi_modes.h"

const char *const scenario_ns3_channels[] = {
    [NS3_SIMPLE] = "simple",         [NS3_CSMA] = "csma", [NS3_P2P] = "p2p",
    [NS3_WIFI_ADHOC] = "wifi-adhoc", [NS3_KINDS] = NULL,
};

const char *const scenario_ns3_standards[] = {
    [NS3_80211A] = "802.11a",
    [NS3_80211B] = "802.11b",
    [NS3_80211G] = "802.11g",
    [NS3_STANDARDS] = NULL,
};

const char *const scenario_ns3_propagations[] = {
    [NS3_LOG_DISTANCE] = "log-distance",
    [NS3_FRIIS] = "friis",
    [NS3_RANGE] = "range",
    [NS3_PROPAGATIONS] = NULL,
};

const struct ns3_model scenario_ns3_default = {
    .exponent_thousandth = 3000,
    .power_cdbm = 1600,
};

static void read_word(struct reader *reader, const struct tree *value, const char *const *words,
                      void *target) {
    uint32_t choice;
    if (reader_choice(reader, value, words, &choice))
        *(uint8_t *)target = (uint8_t)choice;
}

static void read_channel(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    (void)field;
    read_word(reader, value, scenario_ns3_channels, target);
}

static void read_standard(struct reader *reader, const struct field *field,
                          const struct tree *value, void *target) {
    (void)field;
    read_word(reader, value, scenario_ns3_standards, target);
}

static void read_propagation(struct reader *reader, const struct field *field,
                             const struct tree *value, void *target) {
    (void)field;
    read_word(reader, value, scenario_ns3_propagations, target);
}

static void read_exponent(struct reader *reader, const struct field *field,
                          const struct tree *value, void *target) {
    uint32_t exponent = 0;
    reader_thousandths(reader, field, value, &exponent);
    if (exponent && (exponent < 1000 || exponent > 10000))
        reader_refuse(reader, value, "path loss exponents are from 1 to 10 (2 in free space)");
    else if (exponent)
        *(uint32_t *)target = exponent;
}

static const struct field ns3_fields[] = {
    {"channel", read_channel, offsetof(struct ns3_model, kind), .required = true,
     .example = "simple"},
    {"rate", reader_rate, offsetof(struct ns3_model, rate_bit_s), .example = "100 Mbit/s"},
    {"standard", read_standard, offsetof(struct ns3_model, standard), .example = "802.11b"},
    {"propagation", read_propagation, offsetof(struct ns3_model, propagation), .example = "range"},
    {"range", reader_length, offsetof(struct ns3_model, range_mm), .min = 1, .example = "250 m"},
    {"exponent", read_exponent, offsetof(struct ns3_model, exponent_thousandth), .example = "3"},
    {"power", reader_dbm, offsetof(struct ns3_model, power_cdbm), .example = "16 dBm"},
};

enum { FIELDS = sizeof ns3_fields / sizeof *ns3_fields, RATE = 1, RANGE = 4, EXPONENT = 5 };

static bool was_there(uint32_t seen, unsigned field) {
    return seen & 1U << field;
}

static void refuse_key(struct reader *reader, const struct tree *map, unsigned field,
                       const char *why) {
    size_t mark = reader_enter(reader, ns3_fields[field].key);
    reader_refuse(reader, tree_find(map, ns3_fields[field].key), "%s", why);
    reader_leave(reader, mark);
}

/* Keys that another channel, or another propagation, has. */
static void check_keys(struct reader *reader, const struct tree *map, uint32_t seen,
                       const struct ns3_model *model) {
    if (was_there(seen, RATE) && model->kind == NS3_SIMPLE)
        refuse_key(reader, map, RATE,
                   "channel simple has none (its links have: network.link.rate)");
    for (unsigned field = RATE + 1; field < FIELDS; field++)
        if (was_there(seen, field) && model->kind != NS3_WIFI_ADHOC)
            refuse_key(reader, map, field, "only channel wifi-adhoc has it");
    if (model->kind != NS3_WIFI_ADHOC)
        return;
    if (was_there(seen, RANGE) && model->propagation != NS3_RANGE)
        refuse_key(reader, map, RANGE, "only propagation range has it");
    if (was_there(seen, EXPONENT) && model->propagation != NS3_LOG_DISTANCE)
        refuse_key(reader, map, EXPONENT, "only propagation log-distance has it");
    if (!was_there(seen, RANGE) && model->propagation == NS3_RANGE)
        reader_refuse(reader, map, "propagation range needs 'range' (such as range: 250 m)");
}

static void check_wifi_rate(struct reader *reader, const struct tree *map,
                            const struct ns3_model *model) {
    enum ns3_standard standard = (enum ns3_standard)model->standard;
    char list[200] = "", rate[UNITS_TEXT_SIZE];
    const struct wifi_mode *mode;
    if (wifi_mode_of(standard, model->rate_bit_s))
        return;
    for (size_t n = 0, size = 0; (mode = wifi_mode_at(n)); n++)
        if (mode->standard == standard)
            size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", size ? ", " : "",
                                     units_rate_text(mode->rate_bit_s, rate));
    size_t mark = reader_enter(reader, "rate");
    reader_refuse(reader, tree_find(map, "rate"), "%s has no %s (it has %s)",
                  scenario_ns3_standards[standard], units_rate_text(model->rate_bit_s, rate), list);
    reader_leave(reader, mark);
}

/* Which topologies a channel can be. */
static void check_topology(struct reader *reader, const struct tree *map,
                           const struct scenario_network *network) {
    const char *topology = scenario_topology_words[network->topology];
    const char *channel = scenario_ns3_channels[network->ns3.kind];
    bool is_medium = network->topology == TOPOLOGY_BROADCAST;
    uint8_t kind = network->ns3.kind;
    size_t mark = reader_enter(reader, "channel");
    const struct tree *at = tree_find(map, "channel");
    if (network->topology == TOPOLOGY_RADIO)
        reader_refuse(reader, at,
                      "ns-3's channels know no LoRa: topology radio is the built-in engine's");
    else if (is_medium && kind == NS3_P2P)
        reader_refuse(reader, at, "channel p2p is between two nodes, topology broadcast is not");
    else if (!is_medium && (kind == NS3_CSMA || kind == NS3_WIFI_ADHOC))
        reader_refuse(reader, at,
                      "channel %s is a medium for all, topology %s is not (broadcast is)", channel,
                      topology);
    reader_leave(reader, mark);
}

void scenario_read_ns3(struct reader *reader, const struct tree *map,
                       struct scenario_network *network) {
    size_t mark = reader_enter(reader, "ns3");
    struct ns3_model *model = &network->ns3;
    uint32_t seen = reader_map(reader, map, ns3_fields, FIELDS, model);
    network->has_ns3 = true;
    if (map->kind == TREE_MAP && tree_find(map, "channel")) {
        check_keys(reader, map, seen, model);
        check_topology(reader, map, network);
    }
    if (model->kind == NS3_WIFI_ADHOC && was_there(seen, RATE))
        check_wifi_rate(reader, map, model);
    reader_leave(reader, mark);
}
