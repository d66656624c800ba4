/* The values in effect, as JSON. Keys are those of the file, so that a path such as
 * network.link.loss finds its value here too; quantities are written as a person would, "10 %", in
 * one way only. */
#include "scenario_reader.h"

#include <jansson.h>

#include "quantity.h"
#include "core/check.h"

/* Adds a member; a value of NULL, which is what jansson makes when memory runs out, spoils the
 * whole. */
static void put(bool *good, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value))
        *good = false;
}

static void append(bool *good, json_t *array, json_t *value) {
    if (json_array_append_new(array, value))
        *good = false;
}

static json_t *duration(uint64_t ns) {
    char text[UNITS_TEXT_SIZE];
    return json_string(units_duration_text(ns, text));
}

static json_t *probability(uint32_t ppb) {
    char text[UNITS_TEXT_SIZE];
    return json_string(units_probability_text(ppb, text));
}

static json_t *length(uint64_t mm) {
    char text[UNITS_TEXT_SIZE];
    return json_string(units_length_text((int64_t)mm, text));
}

static json_t *speed(uint64_t mm_s) {
    char text[UNITS_TEXT_SIZE];
    return json_string(units_speed_text(mm_s, text));
}

static json_t *position_array(struct position position) {
    char x[UNITS_TEXT_SIZE], y[UNITS_TEXT_SIZE];
    return json_pack("[s, s]", units_length_text(position.x_mm, x),
                     units_length_text(position.y_mm, y));
}

static json_t *interval_array(bool *good, struct interval interval, json_t *(*write)(uint64_t)) {
    json_t *array = json_array();
    append(good, array, write(interval.low));
    append(good, array, write(interval.high));
    return array;
}

static json_t *timeout_object(bool *good, const struct tssb_rtt_bounds *bounds) {
    json_t *object = json_object();
    put(good, object, "first", duration(bounds->first_ns));
    put(good, object, "min", duration(bounds->min_ns));
    put(good, object, "max", duration(bounds->max_ns));
    return object;
}

static json_t *answer_value(bool *good, uint64_t backoff_ns) {
    if (backoff_ns == 0)
        return json_string("immediate");
    json_t *object = json_object();
    put(good, object, "backoff", duration(backoff_ns));
    return object;
}

/* What the strategy makes no use of is left out. */
static json_t *strategy_object(bool *good, const struct strategy_settings *settings) {
    const struct tssb_strategy *strategy = settings->strategy;
    const struct tssb_strategy_settings *asking = &settings->asking;
    json_t *object = json_object();
    put(good, object, "name", json_string(strategy->name));
    put(good, object, "interval", duration(asking->interval_ns));
    put(good, object, "first", json_string(settings->spread ? "spread" : "now"));
    if (strategy->uses & TSSB_USES_SIZE)
        put(good, object, "size", json_integer(asking->size ? asking->size : strategy->size));
    put(good, object, "stash", json_integer(asking->stash));
    if (strategy->uses & TSSB_USES_PACKET_SIZE)
        put(good, object, "packet_size", json_integer(asking->packet_size));
    if (strategy->uses & TSSB_USES_TIMEOUTS)
        put(good, object, "timeout", timeout_object(good, &asking->timeout));
    put(good, object, "answer", answer_value(good, settings->backoff_ns));
    put(good, object, "suppress", duration(settings->suppress_ns));
    put(good, object, "forward", json_string(tssb_forward_names[settings->forward]));
    if (settings->forward == TSSB_FORWARD_SUBSCRIBED)
        put(good, object, "remember", duration(scenario_subscription_ns(settings)));
    if (settings->blobs.policy)
        put(good, object, "blobs", json_string(settings->blobs.policy->name));
    if (settings->blobs.credit)
        put(good, object, "credit", json_integer(settings->blobs.credit));
    return object;
}

static json_t *size_value(const struct content_size *size) {
    char least[UNITS_TEXT_SIZE], most[UNITS_TEXT_SIZE];
    units_bytes_text(size->least, least);
    if (size->least == size->most)
        return json_string(least);
    return json_pack("[s, s]", least, units_bytes_text(size->most, most));
}

static json_t *produce_object(bool *good, const struct produce *produce) {
    json_t *object = json_object();
    put(good, object, "at_start", json_integer(produce->at_start));
    if (produce->every_ns) {
        put(good, object, "every", duration(produce->every_ns));
        put(good, object, "start", duration(produce->start_ns));
        if (produce->entries != UINT32_MAX)
            put(good, object, "entries", json_integer(produce->entries));
    }
    if (produce->size.most)
        put(good, object, "size", size_value(&produce->size));
    return object;
}

static json_t *position_value(bool *good, const struct position_rule *rule) {
    if (rule->kind == POSITION_LIST && rule->list_count == 1)
        return position_array(rule->list[0]);
    json_t *object = json_object();
    if (rule->kind == POSITION_LIST) {
        json_t *list = json_array();
        for (uint32_t i = 0; i < rule->list_count; i++)
            append(good, list, position_array(rule->list[i]));
        put(good, object, "list", list);
        return object;
    }
    if (rule->kind == POSITION_GRID) {
        put(good, object, "grid", length(rule->length_mm));
        put(good, object, "width", json_integer(rule->width));
    } else if (rule->kind == POSITION_UNIFORM) {
        put(good, object, "uniform", position_array(rule->size));
    } else {
        put(good, object, "disc", length(rule->length_mm));
    }
    put(good, object, "origin", position_array(rule->origin));
    return object;
}

static json_t *waypoints_array(bool *good, const struct move_rule *rule) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < rule->count; i++) {
        json_t *item = json_object();
        put(good, item, "at", duration(rule->waypoints[i].at_ns));
        put(good, item, "position", position_array(rule->waypoints[i].position));
        append(good, array, item);
    }
    return array;
}

static json_t *random_waypoint_object(bool *good, const struct move_rule *rule) {
    json_t *object = json_object();
    put(good, object, "area", position_array(rule->size));
    put(good, object, "origin", position_array(rule->origin));
    put(good, object, "speed", interval_array(good, rule->speed_mm_s, speed));
    put(good, object, "pause", interval_array(good, rule->pause_ns, duration));
    return object;
}

static json_t *visit_object(bool *good, const struct move_rule *rule) {
    json_t *object = json_object(), *stops = json_array();
    for (uint32_t i = 0; i < rule->count; i++) {
        json_t *item = json_object();
        put(good, item, "position", position_array(rule->stops[i].position));
        put(good, item, "stay", duration(rule->stops[i].stay_ns));
        append(good, stops, item);
    }
    put(good, object, "stops", stops);
    put(good, object, "speed", speed(rule->speed_mm_s.low));
    return object;
}

static json_t *move_object(bool *good, const struct move_rule *rule) {
    static const struct {
        const char *key;
        json_t *(*write)(bool *, const struct move_rule *);
    } kinds[] = {
        [MOVE_WAYPOINTS] = {"waypoints", waypoints_array},
        [MOVE_RANDOM_WAYPOINT] = {"random_waypoint", random_waypoint_object},
        [MOVE_VISIT] = {"visit", visit_object},
    };
    TSSB_CHECK(kinds[rule->kind].write);
    json_t *object = json_object();
    put(good, object, kinds[rule->kind].key, kinds[rule->kind].write(good, rule));
    return object;
}

/* Whether the nodes of the set from i on begin with all of a group, in their order. */
static bool whole_group(const struct node_set *set, uint32_t i, const struct node_group *group) {
    if (set->nodes[i] != group->first || set->count - i < group->count)
        return false;
    for (uint32_t k = 1; k < group->count; k++)
        if (set->nodes[i + k] != group->first + k)
            return false;
    return true;
}

/* One bound where both are the same, else the two. */
static json_t *range(bool *good, const struct clock_range *bounds,
                     char *write(int64_t value, char buffer[UNITS_TEXT_SIZE])) {
    char text[UNITS_TEXT_SIZE];
    if (bounds->low == bounds->high)
        return json_string(write(bounds->low, text));
    json_t *both = json_array();
    append(good, both, json_string(write(bounds->low, text)));
    append(good, both, json_string(write(bounds->high, text)));
    return both;
}

static json_t *clock_object(bool *good, const struct clock_settings *clock) {
    json_t *object = json_object();
    put(good, object, "drift", range(good, &clock->drift_ppb, units_drift_text));
    put(good, object, "offset", range(good, &clock->offset_ns, units_offset_text));
    return object;
}

/* Names of groups where all their nodes are in the set, else of nodes. */
static json_t *names_array(bool *good, const struct scenario *scenario,
                           const struct node_set *set) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < set->count;) {
        const struct node_group *group = scenario_group(scenario, set->nodes[i]);
        char name[NODE_NAME_SIZE];
        if (whole_group(set, i, group)) {
            append(good, array, json_string(group->name));
            i += group->count;
        } else {
            append(good, array,
                   json_string(scenario_node_name(scenario, set->nodes[i], name, sizeof name)));
            i++;
        }
    }
    return array;
}

/* Where everybody follows everybody, one word says so. */
static json_t *follow_value(bool *good, const struct scenario *scenario, const struct node_set *set,
                            uint64_t author_count) {
    if (set->count > 1 && set->count == author_count)
        return json_string("all");
    return names_array(good, scenario, set);
}

/* Whether they read the same. */
static bool same_strategy(bool *good, const struct strategy_settings *a,
                          const struct strategy_settings *b) {
    json_t *first = strategy_object(good, a), *second = strategy_object(good, b);
    bool same = json_equal(first, second);
    json_decref(first);
    json_decref(second);
    return same;
}

static json_t *nodes_object(bool *good, const struct scenario *scenario) {
    json_t *nodes = json_object();
    uint64_t author_count = 0;
    for (uint32_t i = 0; i < scenario->group_count; i++)
        author_count += names_authors(&scenario->groups[i]) ? scenario->groups[i].count : 0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct node_group *group = &scenario->groups[i];
        json_t *node = json_object();
        if (group->numbered)
            put(good, node, "count", json_integer(group->count));
        if (group->follow.count)
            put(good, node, "follow", follow_value(good, scenario, &group->follow, author_count));
        if (names_authors(group))
            put(good, node, "produce", produce_object(good, &group->produce));
        if (group->bridge) {
            put(good, node, "role", json_string("bridge"));
            put(good, node, "processing",
                json_pack("{s:o, s:o}", "radio", duration(group->processing.radio_ns), "other",
                          duration(group->processing.other_ns)));
        } else {
            put(good, node, "serve", json_boolean(group->serve));
        }
        if (!group->bridge && !same_strategy(good, &group->strategy, &scenario->strategy))
            put(good, node, "strategy", strategy_object(good, &group->strategy));
        if (group->position.kind != POSITION_NONE)
            put(good, node, "position", position_value(good, &group->position));
        if (group->move.kind != MOVE_NONE)
            put(good, node, "move", move_object(good, &group->move));
        if (group->clock.own)
            put(good, node, "clock", clock_object(good, &group->clock));
        put(good, nodes, group->name, node);
    }
    return nodes;
}

/* What it needs to find the trace again, and to know it for the same. */
static json_t *mobility_object(bool *good, const struct scenario *scenario) {
    const struct mobility_trace *trace = &scenario->trace;
    const struct scenario_attachment *file = &scenario->attachments[trace->attachment];
    json_t *object = json_object();
    struct node_set nodes = {trace->nodes, trace->movements.node_count};
    put(good, object, "trace", json_string(file->path));
    put(good, object, "nodes", names_array(good, scenario, &nodes));
    put(good, object, "sha256", json_string(file->sha256));
    return object;
}

static json_t *jitter_value(const struct link_model *link) {
    if (link->jitter_shape == JITTER_UNIFORM)
        return duration(link->jitter_ns);
    return json_pack("{s:o}", scenario_jitter_words[link->jitter_shape], duration(link->jitter_ns));
}

static json_t *loss_value(const struct loss_model *loss) {
    if (!loss->worsens_ppb && !loss->bad_ppb)
        return probability(loss->good_ppb);
    return json_pack("{s:o, s:o, s:o, s:o}", "worsens", probability(loss->worsens_ppb), "recovers",
                     probability(loss->recovers_ppb), "good", probability(loss->good_ppb), "bad",
                     probability(loss->bad_ppb));
}

static json_t *pace_value(uint64_t pace_ns, uint64_t jitter_ns) {
    if (!jitter_ns)
        return duration(pace_ns);
    return json_pack("[o, o]", duration(pace_ns), duration(pace_ns + jitter_ns));
}

/* The values of these LINK_ bits. */
static json_t *link_values(bool *good, const struct link_model *link, unsigned fields) {
    char text[UNITS_TEXT_SIZE];
    json_t *object = json_object();
    if (fields & LINK_DELAY)
        put(good, object, "delay", duration(link->delay_ns));
    if (fields & LINK_JITTER)
        put(good, object, "jitter", jitter_value(link));
    if (fields & LINK_LOSS)
        put(good, object, "loss", loss_value(&link->loss));
    if (fields & LINK_DROP) {
        json_t *drops = json_array();
        for (uint32_t i = 0; i < link->drop_count; i++)
            append(good, drops, json_integer(link->drops[i]));
        put(good, object, "drop", drops);
    }
    if (fields & LINK_DUPLICATE)
        put(good, object, "duplicate", probability(link->duplicate_ppb));
    if (fields & LINK_BIT_ERRORS)
        put(good, object, "bit_errors", probability(link->bit_error_ppb));
    if (fields & LINK_RATE)
        put(good, object, "rate", json_string(units_rate_text(link->rate_bit_s, text)));
    if (fields & LINK_QUEUE)
        put(good, object, "queue", json_integer(link->queue_packets));
    if (fields & LINK_PACE)
        put(good, object, "pace", pace_value(link->pace_ns, link->pace_jitter_ns));
    return object;
}

static json_t *profile_array(bool *good, const struct link_profile *profile) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < profile->count; i++) {
        const struct link_phase *phase = &profile->phases[i];
        json_t *item = link_values(good, &phase->values, phase->changed);
        uint64_t end_ns = i + 1 < profile->count ? phase[1].from_ns : profile->period_ns;
        put(good, item, "for", duration(end_ns - phase->from_ns));
        append(good, array, item);
    }
    return array;
}

static json_t *trace_object(const struct scenario *scenario, const struct link_profile *profile) {
    const struct scenario_attachment *file = &scenario->attachments[profile->attachment];
    return json_pack("{s:s, s:s, s:b}", "file", file->path, "sha256", file->sha256, "repeat",
                     profile->period_ns != 0);
}

/* What few links have: LINK_ bits. */
static unsigned rare_fields(const struct link_model *link) {
    bool waits = link->rate_bit_s || link->pace_ns || link->pace_jitter_ns || link->profile;
    return (link->duplicate_ppb ? LINK_DUPLICATE : 0U) |
           (link->bit_error_ppb ? LINK_BIT_ERRORS : 0U) | (link->rate_bit_s ? LINK_RATE : 0U) |
           (waits ? LINK_QUEUE : 0U) | (link->pace_ns || link->pace_jitter_ns ? LINK_PACE : 0U);
}

/* All values; of what is rare, those that it has, or the link that it is based on. */
static json_t *link_object(bool *good, const struct scenario *scenario,
                           const struct link_model *link, const struct link_model *base) {
    unsigned usual = LINK_DELAY | LINK_JITTER | LINK_LOSS | LINK_DROP;
    json_t *object = link_values(good, link, usual | rare_fields(link) | rare_fields(base));
    if (link->profile && link->profile->is_trace)
        put(good, object, "trace", trace_object(scenario, link->profile));
    else if (link->profile)
        put(good, object, "phases", profile_array(good, link->profile));
    return object;
}

/* The way back, where it is another one. base: the link that gives what this one does not say. */
static json_t *link_pair(bool *good, const struct scenario *scenario, const struct link_model *link,
                         const struct link_model *back, const struct link_model *base) {
    json_t *there = link_object(good, scenario, link, base);
    json_t *other = link_object(good, scenario, back, link);
    if (json_equal(there, other))
        json_decref(other);
    else
        put(good, there, "back", other);
    return there;
}

static json_t *radio_object(bool *good, const struct radio_model *radio) {
    char text[UNITS_TEXT_SIZE];
    const struct lora *lora = &radio->lora;
    const struct path_loss *loss = &radio->path_loss;
    json_t *object = json_object(), *path_loss = json_object();
    put(good, object, "frequency", json_string(units_frequency_text(lora->frequency_hz, text)));
    put(good, object, "bandwidth", json_string(units_frequency_text(lora->bandwidth_hz, text)));
    put(good, object, "spreading", json_integer(lora->spreading));
    put(good, object, "coding", json_sprintf("4/%d", lora->coding));
    put(good, object, "preamble", json_integer(lora->preamble_symbols));
    put(good, object, "power", json_string(units_dbm_text(radio->power_cdbm, text)));
    put(good, path_loss, "exponent",
        json_string(units_thousandths_text(loss->exponent_thousandth, text)));
    put(good, path_loss, "reference", json_string(units_decibel_text(loss->reference_cdb, text)));
    put(good, path_loss, "at", json_string(units_length_text((int64_t)loss->reference_mm, text)));
    put(good, path_loss, "shadowing",
        json_string(units_decibel_text((int32_t)loss->shadowing_cdb, text)));
    put(good, object, "path_loss", path_loss);
    put(good, object, "capture",
        json_string(radio->capture_cdb == RADIO_CAPTURE_OFF
                        ? "off"
                        : units_decibel_text(radio->capture_cdb, text)));
    put(good, object, "listen", radio->listen_ns ? duration(radio->listen_ns) : json_string("off"));
    put(good, object, "duty_cycle",
        radio->duty_ppb < PPB ? probability(radio->duty_ppb) : json_string("off"));
    put(good, object, "duty_window", duration(radio->duty_window_ns));
    put(good, object, "queue", json_integer(radio->queue_packets));
    put(good, object, "pace", pace_value(radio->pace_ns, radio->pace_jitter_ns));
    return object;
}

static json_t *ns3_object(bool *good, const struct ns3_model *model) {
    char text[UNITS_TEXT_SIZE];
    json_t *object = json_object();
    put(good, object, "channel", json_string(scenario_ns3_channels[model->kind]));
    if (model->rate_bit_s)
        put(good, object, "rate", json_string(units_rate_text(model->rate_bit_s, text)));
    if (model->kind != NS3_WIFI_ADHOC)
        return object;
    put(good, object, "standard", json_string(scenario_ns3_standards[model->standard]));
    put(good, object, "propagation", json_string(scenario_ns3_propagations[model->propagation]));
    if (model->propagation == NS3_RANGE)
        put(good, object, "range", length(model->range_mm));
    else if (model->propagation == NS3_LOG_DISTANCE)
        put(good, object, "exponent",
            json_string(units_thousandths_text(model->exponent_thousandth, text)));
    put(good, object, "power", json_string(units_dbm_text(model->power_cdbm, text)));
    return object;
}

static json_t *network_object(bool *good, const struct scenario *scenario,
                              const struct scenario_network *network) {
    json_t *object = json_object();
    if (*network->name) {
        put(good, object, "name", json_string(network->name));
        put(good, object, "nodes", names_array(good, scenario, &network->members));
    }
    put(good, object, "topology", json_string(scenario_topology_words[network->topology]));
    if (network->topology == TOPOLOGY_RADIO)
        put(good, object, "radio", radio_object(good, &network->radio));
    else
        put(good, object, "link",
            link_pair(good, scenario, &network->link, &network->back, &network->link));
    if (network->degree)
        put(good, object, "degree", json_integer(network->degree));
    if (network->width)
        put(good, object, "width", json_integer(network->width));
    if (network->range_mm)
        put(good, object, "range", length(network->range_mm));
    json_t *edges = network->edge_count ? json_array() : NULL;
    for (uint32_t i = 0; i < network->edge_count; i++) {
        const struct scenario_edge *edge = &network->edges[i];
        char a[NODE_NAME_SIZE], b[NODE_NAME_SIZE];
        json_t *item = link_pair(good, scenario, &edge->link, &edge->back, &network->link);
        put(good, item, "between",
            json_pack("[s, s]", scenario_node_name(scenario, edge->a, a, sizeof a),
                      scenario_node_name(scenario, edge->b, b, sizeof b)));
        append(good, edges, item);
    }
    if (network->edge_count)
        put(good, object, "edges", edges);
    if (network->has_ns3)
        put(good, object, "ns3", ns3_object(good, &network->ns3));
    return object;
}

/* The only network as an object, several as an array. */
static json_t *network_value(bool *good, const struct scenario *scenario) {
    if (scenario->network_count == 1 && !*scenario->networks[0].name)
        return network_object(good, scenario, &scenario->networks[0]);
    json_t *array = json_array();
    for (uint32_t i = 0; i < scenario->network_count; i++)
        append(good, array, network_object(good, scenario, &scenario->networks[i]));
    return array;
}

static void put_repeat(bool *good, json_t *item, const struct repeat *repeat) {
    if (repeat->mean_ns) {
        json_t *every = json_object();
        put(good, every, "mean", duration(repeat->mean_ns));
        put(good, item, "every", every);
    } else {
        put(good, item, "every", duration(repeat->every_ns));
    }
    put(good, item, "until", duration(repeat->until_ns));
}

/* An item that comes again stands there once. */
static json_t *timeline_array(bool *good, const struct scenario *scenario) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        const struct fault *fault = &scenario->faults[i];
        if (fault->again)
            continue;
        json_t *item = json_object();
        put(good, item, "at", duration(fault->at_ns));
        put(good, item, "what", json_string(fault->text));
        if (fault->repeat)
            put_repeat(good, item, fault->repeat);
        append(good, array, item);
    }
    return array;
}

static json_t *faces_array(bool *good, const struct scenario *scenario) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < scenario->face_count; i++) {
        const struct scenario_face *face = &scenario->faces[i];
        char name[NODE_NAME_SIZE];
        json_t *item = json_object();
        put(good, item, "node",
            json_string(scenario_node_name(scenario, face->node, name, sizeof name)));
        put(good, item, face->kind, json_string(face->address));
        append(good, array, item);
    }
    return array;
}

static json_t *expect_array(bool *good, const struct scenario *scenario) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < scenario->expectation_count; i++)
        append(good, array, json_string(scenario->expectations[i].text));
    return array;
}

static json_t *streams_array(bool *good, const struct scenario *scenario) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < scenario->stream_count; i++) {
        const struct scenario_stream *stream = &scenario->streams[i];
        char from[NODE_NAME_SIZE], to[NODE_NAME_SIZE], text[UNITS_TEXT_SIZE];
        json_t *item = json_object();
        put(good, item, "from",
            json_string(scenario_node_name(scenario, stream->from, from, sizeof from)));
        put(good, item, "to", json_string(scenario_node_name(scenario, stream->to, to, sizeof to)));
        put(good, item, "bytes", json_string(units_bytes_text(stream->bytes, text)));
        put(good, item, "both", json_boolean(stream->both));
        put(good, item, "start", duration(stream->start_ns));
        put(good, item, "window", json_string(units_bytes_text(stream->window, text)));
        append(good, array, item);
    }
    return array;
}

/* What else a run needs to be repeated. */
static json_t *files_array(bool *good, const struct scenario *scenario) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < scenario->attachment_count; i++)
        append(good, array,
               json_pack("{s:s, s:s}", "path", scenario->attachments[i].path, "sha256",
                         scenario->attachments[i].sha256));
    return array;
}

char *scenario_parameters_json(const struct scenario *scenario) {
    static const char *const stops[] = {"duration", "level"};
    static const char *const records[] = {"summary", "progress", "packets"};
    bool good = true;
    json_t *all = json_object();
    put(&good, all, "name", json_string(scenario->name));
    put(&good, all, "seed", json_integer((json_int_t)scenario->seed));
    put(&good, all, "duration", duration(scenario->duration_ns));
    put(&good, all, "stop", json_string(stops[scenario->stop]));
    put(&good, all, "record", json_string(records[scenario->record]));
    if (scenario->bound != BOUND_IF_SMALL)
        put(&good, all, "bound", json_boolean(scenario->bound == BOUND_ON));
    put(&good, all, "scheme", json_string(scenario->scheme->name));
    put(&good, all, "strategy", strategy_object(&good, &scenario->strategy));
    put(&good, all, "nodes", nodes_object(&good, scenario));
    if (scenario->stream_count)
        put(&good, all, "stream", streams_array(&good, scenario));
    if (scenario->trace.path)
        put(&good, all, "mobility", mobility_object(&good, scenario));
    put(&good, all, "network", network_value(&good, scenario));
    put(&good, all, "timeline", timeline_array(&good, scenario));
    put(&good, all, "expect", expect_array(&good, scenario));
    if (scenario->face_count)
        put(&good, all, "faces", faces_array(&good, scenario));
    if (scenario->attachment_count)
        put(&good, all, "attachments",
            json_pack("{s:s, s:o}", "scenario", scenario->path, "files",
                      files_array(&good, scenario)));
    char *text = good ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

char *scenario_settings_json(const struct scenario_setting *settings, size_t count) {
    bool good = true;
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        append(&good, array, json_string(settings[i].text));
    char *text = good && array ? json_dumps(array, JSON_COMPACT) : NULL;
    json_decref(array);
    return text;
}
