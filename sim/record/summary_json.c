/* The summary for a program. The parts are printed one after the other and each node for itself, so
 * that a large world is not built a second time in memory. */
#include "summary.h"

#include <jansson.h>
#include <sodium.h>

#include "core/error.h"
#include "metric.h"

/* Prints an object and gives it up; JSON_EMBED leaves its braces out. */
static int print_object(json_t *object, size_t flags, FILE *out) {
    int code = object ? json_dumpf(object, out, flags) : -1;
    json_decref(object);
    return code ? TSSB_E_MEMORY : 0;
}

static int set_count(json_t *object, const char *key, uint64_t value) {
    return json_object_set_new(object, key, json_integer((json_int_t)value));
}

static int set_counts(json_t *object, const struct node_counts *counts) {
    int code = 0;
    for (int i = 0; i < METRIC_COUNT; i++)
        code |= set_count(object, metrics[i].name, metric_value(&metrics[i], counts));
    return code;
}

/* Returns the object, or NULL, with it given up, where something could not be set. */
static json_t *complete(json_t *object, int code) {
    if (code == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *name_of(const struct world *world, uint32_t node) {
    char name[NODE_NAME_SIZE];
    return json_string(scenario_node_name(world_scenario(world), node, name, sizeof name));
}

static json_t *hexadecimal(const uint8_t *bytes, size_t size) {
    char text[2 * TSSB_FID_SIZE + 1];
    return json_string(sodium_bin2hex(text, sizeof text, bytes, size));
}

/* null where no catch-up has a bound. */
static json_t *ratio_of(struct tally *tally) {
    if (!tally || tally->ratios.count == 0)
        return json_null();
    return json_pack("{s:I, s:f}", "catchups", (json_int_t)tally->ratios.count, "median",
                     (double)samples_median(&tally->ratios) / 1000);
}

/* null where no side chain was to be fetched. */
static json_t *chains_of(struct tally *tally) {
    if (!tally || tally->chains_ns.count + tally->chains_lacking == 0)
        return json_null();
    return json_pack("{s:I, s:I, s:I, s:I}", "whole", (json_int_t)tally->chains_ns.count, "lacking",
                     (json_int_t)tally->chains_lacking, "median_ns",
                     (json_int_t)samples_median(&tally->chains_ns), "longest_ns",
                     (json_int_t)samples_most(&tally->chains_ns));
}

static json_t *heading(const struct summary *summary) {
    const struct scenario *scenario = world_scenario(summary->world);
    const struct world_totals *totals = world_totals(summary->world);
    uint8_t digest[DIGEST_SIZE];
    world_digest(summary->world, digest);
    json_t *sums = json_object();
    int code = set_counts(sums, &totals->nodes);
    code |= set_count(sums, "events", totals->events);
    code |= set_count(sums, "deliveries", totals->deliveries);
    code |= set_count(sums, "computed_verifications", totals->verifications);
    json_t *object = json_pack(
        "{s:s, s:I, s:s, s:o, s:I, s:I, s:s?, s:o, s:o, s:o, s:o}", "scenario", scenario->name,
        "seed", (json_int_t)scenario->seed, "outcome", run_outcome_name(summary->outcome), "digest",
        hexadecimal(digest, sizeof digest), "simulated_ns", (json_int_t)totals->simulated_ns,
        "wall_ns", (json_int_t)world_wall_ns(summary->world), "database", summary->database, "run",
        summary->database ? json_integer(summary->run) : json_null(), "bound_ratio",
        ratio_of(summary->tally), "chains", chains_of(summary->tally), "totals", sums);
    return complete(object, code);
}

static json_t *expectations_of(const struct world *world) {
    const struct scenario *scenario = world_scenario(world);
    json_t *list = json_array();
    int code = 0;
    for (uint32_t i = 0; i < scenario->expectation_count; i++) {
        const struct expectation *expectation = &scenario->expectations[i];
        code |= json_array_append_new(
            list, json_pack("{s:s, s:b, s:I, s:I}", "text", expectation->text, "met",
                            (int)world_expectation_met(world, i), "by_ns",
                            (json_int_t)expectation->by_ns, "line", (json_int_t)expectation->line));
    }
    return complete(list, code);
}

static json_t *feed_of(const struct world *world, uint32_t feed) {
    return json_pack("{s:o, s:o, s:I}", "feed", name_of(world, world_feed_author(world, feed)),
                     "feed_id", hexadecimal(world_feed_id(world, feed), TSSB_FID_SIZE), "entries",
                     (json_int_t)world_feed_front(world, feed));
}

static json_t *follow_of(const struct world *world, uint32_t node, uint32_t feed) {
    struct follow_counts counts = {0};
    (void)world_follow_counts(world, node, feed, &counts);
    return json_pack(
        "{s:o, s:I, s:I, s:I, s:I, s:b}", "feed", name_of(world, world_feed_author(world, feed)),
        "held_entries", (json_int_t)counts.entries, "written_entries",
        (json_int_t)world_feed_front(world, feed), "catchups", (json_int_t)counts.catchups,
        "longest_catchup_ns", (json_int_t)counts.catchup_ns, "behind", (int)counts.behind);
}

static json_t *node_of(const struct world *world, uint32_t node) {
    struct node_counts counts = world_node_counts(world, node);
    json_t *follows = json_array();
    uint32_t feed;
    int code = 0;
    for (uint32_t nth = 0; (feed = world_followed(world, node, nth)) != FEED_NONE; nth++)
        code |= json_array_append_new(follows, follow_of(world, node, feed));
    const struct node_group *group = scenario_group(world_scenario(world), node);
    json_t *object = json_pack("{s:o, s:s, s:o}", "node", name_of(world, node), "strategy",
                               group->strategy.strategy->name, "follows", follows);
    return complete(object, code | set_counts(object, &counts));
}

/* Prints "key": [...], an object an item. */
static int print_list(const char *key, json_t *(*item)(const struct world *, uint32_t),
                      const struct world *world, uint32_t count, FILE *out) {
    int code = 0;
    (void)fprintf(out, ",\n\"%s\": [", key);
    for (uint32_t i = 0; i < count && !code; i++) {
        (void)fputs(i == 0 ? "\n" : ",\n", out);
        code = print_object(item(world, i), 0, out);
    }
    (void)fputs("]", out);
    return code;
}

int summary_json(const struct summary *summary, FILE *out) {
    const struct world *world = summary->world;
    (void)fputs("{", out);
    int code = print_object(heading(summary), JSON_EMBED, out);
    if (!code) {
        (void)fputs(",\n\"expectations\": ", out);
        code = print_object(expectations_of(world), 0, out);
    }
    if (!code)
        code = print_list("feeds", feed_of, world, world_feed_count(world), out);
    if (!code)
        code = print_list("nodes", node_of, world, world_scenario(world)->node_count, out);
    (void)fputs("}\n", out);
    return code;
}
