/* The values in effect, as JSON. Keys are those of the file, so that a path such as
 * network.link.loss finds its value here too; quantities are written as a person would, "10 %", in
 * one way only. */
#include "scenario_reader.h"

#include <jansson.h>

#include "units.h"

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
    return object;
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
    return object;
}

/* Names of groups where all their nodes are in the set, else of nodes. */
static json_t *names_array(bool *good, const struct scenario *scenario,
                           const struct node_set *set) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < set->count;) {
        const struct node_group *group = scenario_group(scenario, set->nodes[i]);
        char name[NODE_NAME_SIZE];
        if (set->nodes[i] == group->first && set->count - i >= group->count &&
            set->nodes[i + group->count - 1] == group->first + group->count - 1) {
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
        put(good, node, "serve", json_boolean(group->serve));
        if (!same_strategy(good, &group->strategy, &scenario->strategy))
            put(good, node, "strategy", strategy_object(good, &group->strategy));
        put(good, nodes, group->name, node);
    }
    return nodes;
}

static json_t *link_object(bool *good, const struct link_model *link) {
    json_t *object = json_object();
    put(good, object, "delay", duration(link->delay_ns));
    put(good, object, "jitter", duration(link->jitter_ns));
    put(good, object, "loss", probability(link->loss_ppb));
    json_t *drops = json_array();
    for (uint32_t i = 0; i < link->drop_count; i++)
        append(good, drops, json_integer(link->drops[i]));
    put(good, object, "drop", drops);
    return object;
}

static json_t *network_object(bool *good, const struct scenario *scenario) {
    const struct scenario_network *network = &scenario->network;
    json_t *object = json_object();
    put(good, object, "topology", json_string(scenario_topology_words[network->topology]));
    put(good, object, "link", link_object(good, &network->link));
    if (network->degree)
        put(good, object, "degree", json_integer(network->degree));
    if (network->width)
        put(good, object, "width", json_integer(network->width));
    json_t *edges = network->edge_count ? json_array() : NULL;
    for (uint32_t i = 0; i < network->edge_count; i++) {
        const struct scenario_edge *edge = &network->edges[i];
        char a[NODE_NAME_SIZE], b[NODE_NAME_SIZE];
        json_t *item = link_object(good, &edge->link);
        put(good, item, "between",
            json_pack("[s, s]", scenario_node_name(scenario, edge->a, a, sizeof a),
                      scenario_node_name(scenario, edge->b, b, sizeof b)));
        append(good, edges, item);
    }
    if (network->edge_count)
        put(good, object, "edges", edges);
    return object;
}

static json_t *timeline_array(bool *good, const struct scenario *scenario) {
    json_t *array = json_array();
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        json_t *item = json_object();
        put(good, item, "at", duration(scenario->faults[i].at_ns));
        put(good, item, "what", json_string(scenario->faults[i].text));
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
    put(&good, all, "scheme", json_string(scenario->scheme->name));
    put(&good, all, "strategy", strategy_object(&good, &scenario->strategy));
    put(&good, all, "nodes", nodes_object(&good, scenario));
    put(&good, all, "network", network_object(&good, scenario));
    put(&good, all, "timeline", timeline_array(&good, scenario));
    put(&good, all, "expect", expect_array(&good, scenario));
    if (scenario->face_count)
        put(&good, all, "faces", faces_array(&good, scenario));
    char *text = good ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}
