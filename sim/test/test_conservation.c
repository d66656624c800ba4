/* Nothing is lost without a word: in random worlds of several networks, each packet that leaves has
 * exactly one fate at each node that it might reach. And no radio ever exceeds its duty cycle,
 * whatever goes off and on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sim/fate.h"
#include "sim/observer.h"
#include "sim/radio/lora.h"
#include "sim/stream.h"
#include "sim/world.h"

enum { WORLDS = 300, NODES = 7, NETWORKS_MAX = 3, YAML_SIZE = 4000, SENT_MAX = 20000 };
enum { DUTY_WINDOW_S = 30, DUTY_PERCENT = 5 };

/* Drawing a world. */

struct draw {
    uint64_t seed, count;
    bool has_links;    /* not radios alone */
    uint32_t around_c; /* networks that node c is in */
    char yaml[YAML_SIZE];
    size_t size;
};

static uint32_t below(struct draw *draw, uint32_t bound) {
    return (uint32_t)stream_below(stream_draw(draw->seed, STREAM_SHAPE, draw->count++), bound);
}

static void add(struct draw *draw, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct draw *draw, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(draw->yaml + draw->size, YAML_SIZE - draw->size, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && draw->size + (size_t)size < YAML_SIZE);
    draw->size += (size_t)size;
}

/* Each of these values with a chance of one in three. */
static void add_link(struct draw *draw) {
    static const char *const values[] = {
        "loss: 30 %",
        "loss: {mean: 40 %, burst: 3}",
        "rate: 5 kbit/s",
        "bit_errors: 0.1 %",
        "jitter: {pareto: 50 ms}",
        "pace: [100 ms, 900 ms]",
        "phases: [{for: 9 s}, {for: 4 s, loss: 100 %, rate: 1 kbit/s}]",
    };
    add(draw, "link: {queue: 2, delay: %u ms", 1 + below(draw, 900));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (below(draw, 3) == 0 && i != 1) /* two losses would be one too many */
            add(draw, ", %s", i == 0 && below(draw, 2) ? values[1] : values[i]);
    add(draw, "}");
}

/* All are within reach of each other. */
static void add_radio(struct draw *draw) {
    static const char *const values[] = {"listen: 100 ms", "capture: off", "pace: 1 s", "queue: 2",
                                         "spreading: 9"};
    add(draw, "radio: {duty_cycle: %d %%, duty_window: %d s", DUTY_PERCENT, DUTY_WINDOW_S);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (below(draw, 3) == 0)
            add(draw, ", %s", values[i]);
    add(draw, "}");
}

static void add_networks(struct draw *draw) {
    static const char *const topologies[] = {"broadcast", "radio", "line",
                                             "ring",      "star",  "complete"};
    uint32_t count = 1 + below(draw, NETWORKS_MAX);
    add(draw, "network:\n");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t first = below(draw, NODES - 1), topology = below(draw, 6);
        uint32_t end = first + 2 + below(draw, NODES - first - 1);
        add(draw, "  - {name: net-%u, topology: %s, nodes: [", i, topologies[topology]);
        for (uint32_t n = first; n < end; n++)
            add(draw, "%s%c", n > first ? ", " : "", 'a' + n);
        add(draw, "], ");
        (topology == 1 ? add_radio : add_link)(draw);
        draw->has_links |= topology != 1;
        draw->around_c += first <= 2 && end > 2;
        add(draw, "}\n");
    }
}

static void draw_world(struct draw *draw) {
    static const char *const items[] = {
        "{at: 10 s, offline: b, for: 7 s}",
        "{at: 12 s, partition: [[a, b, c], [d, e, f, g]], for: 20 s}",
        "{at: 3 s, churn: {nodes: [c, d, e], up: 5 s, down: 2 s}}",
        "{at: 20 s, link: {loss: 50 %, rate: 2 kbit/s}, for: 15 s}",
        "{at: 25 s, flood: {by: [a, f], with: garbage, every: 300 ms}, for: 10 s}",
        "{at: 31 s, crash: [a, g], for: 20 ms}",
    };
    char networks[YAML_SIZE];
    add_networks(draw);
    memcpy(networks, draw->yaml, draw->size + 1);
    draw->size = 0;
    add(draw,
        "name: world\nseed: %u\nduration: %u ms\nstrategy: {interval: 3 s, first: spread}\n"
        "nodes:\n",
        1 + below(draw, 1000), 40000 + below(draw, 20000));
    uint32_t bridges = below(draw, 3);
    for (uint32_t n = 0; n < NODES; n++) {
        bool bridge = n == 2 && bridges > 0 && draw->around_c > 1;
        add(draw, "  %c: {position: [%u m, %u m], %s}\n", 'a' + n, below(draw, 500),
            below(draw, 500), bridge ? "role: bridge" : "follow: all, produce: {every: 6 s}");
    }
    add(draw, "%s", networks);
    add(draw, "timeline:\n");
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (below(draw, 2) && (draw->has_links || !strstr(items[i], "link:")))
            add(draw, "  - %s\n", items[i]);
}

/* Watching it. */

struct on_air {
    uint64_t from_ns, until_ns;
    uint32_t node, face;
};

static struct on_air on_air[SENT_MAX]; /* of the world that is watched */

struct watch {
    struct observer observer;
    const struct scenario *scenario;
    uint64_t due,
        seen; /* sums over what left and what was seen: packets, each with all receivers */
    uint64_t due_count, seen_count, fates[FATE_COUNT];
    uint32_t on_air_count;
};

/* Tells a packet at one receiver from all others, with hardly a mistake. */
static uint64_t mark(uint64_t sent_ns, uint32_t from, uint32_t to, uint32_t face, uint32_t kind,
                     uint32_t feed, uint32_t seq) {
    uint64_t key = stream_mix(sent_ns + 1);
    key = stream_mix(key ^ ((uint64_t)from << 32 | to));
    key = stream_mix(key ^ ((uint64_t)face << 32 | kind));
    return stream_mix(key ^ ((uint64_t)feed << 32 | seq));
}

/* Which of its faces a node has on each network's links comes out of the order of networks, and,
 * for all topologies that are drawn here, of members. */
struct ends {
    uint32_t face_count[NODES];
    const struct departure *departure;
    struct watch *watch;
};

static void expect_arrival(struct ends *ends, uint32_t from, uint32_t face, uint32_t to,
                           uint32_t to_face) {
    const struct departure *sent = ends->departure;
    if (sent->node != from || (sent->face != TSSB_ALL_FACES && sent->face != face))
        return;
    ends->watch->due += mark(sent->at_ns, from, to, to_face, sent->kind, sent->feed, sent->seq);
    ends->watch->due_count++;
}

static void expect_link(struct ends *ends, const struct node_set *members, uint32_t a, uint32_t b) {
    uint32_t at_a = members->nodes[a], at_b = members->nodes[b];
    uint32_t face_a = ends->face_count[at_a]++, face_b = ends->face_count[at_b]++;
    expect_arrival(ends, at_a, face_a, at_b, face_b);
    expect_arrival(ends, at_b, face_b, at_a, face_a);
}

static void expect_links(struct ends *ends, const struct scenario_network *network) {
    const struct node_set *members = &network->members;
    uint32_t count = members->count;
    bool chain = network->topology == TOPOLOGY_LINE || network->topology == TOPOLOGY_RING;
    for (uint32_t a = 0; a < count; a++)
        for (uint32_t b = a + 1; b < count; b++)
            if (network->topology == TOPOLOGY_COMPLETE || (chain && b == a + 1) ||
                (network->topology == TOPOLOGY_STAR && a == 0))
                expect_link(ends, members, a, b);
    if (network->topology == TOPOLOGY_RING && count > 2)
        expect_link(ends, members, 0, count - 1);
}

static void expect_shared(struct ends *ends, const struct node_set *members) {
    uint32_t faces[NODES];
    for (uint32_t m = 0; m < members->count; m++)
        faces[m] = ends->face_count[members->nodes[m]]++;
    for (uint32_t m = 0; m < members->count; m++)
        for (uint32_t k = 0; k < members->count; k++)
            if (k != m)
                expect_arrival(ends, members->nodes[m], faces[m], members->nodes[k], faces[k]);
}

static void sent(struct observer *observer, const struct departure *departure) {
    struct watch *watch = (struct watch *)observer;
    struct ends ends = {.departure = departure, .watch = watch};
    for (uint32_t i = 0; i < watch->scenario->network_count; i++) {
        const struct scenario_network *network = &watch->scenario->networks[i];
        if (network->topology == TOPOLOGY_BROADCAST || network->topology == TOPOLOGY_RADIO)
            expect_shared(&ends, &network->members);
        else
            expect_links(&ends, network);
    }
}

/* The face of a radio, and its settings; NULL for any other. */
static const struct radio_model *radio_at(const struct scenario *scenario, uint32_t node,
                                          uint32_t face) {
    struct watch nowhere = {0};
    struct departure none = {.node = UINT32_MAX};
    struct ends ends = {.departure = &none, .watch = &nowhere};
    for (uint32_t i = 0; i < scenario->network_count; i++) {
        const struct scenario_network *network = &scenario->networks[i];
        if (network->topology == TOPOLOGY_BROADCAST || network->topology == TOPOLOGY_RADIO)
            expect_shared(&ends, &network->members);
        else
            expect_links(&ends, network);
        if (ends.face_count[node] > face)
            return network->topology == TOPOLOGY_RADIO ? &network->radio : NULL;
    }
    return NULL;
}

static bool was_on_air(unsigned fate) {
    return fate != FATE_IN_FLIGHT && fate != FATE_UNSENT && fate != FATE_OVERFLOW;
}

/* Each transmission is noted once, by the first who receives it. */
static void note_on_air(struct watch *watch, const struct sighting *sighting) {
    const struct radio_model *radio = radio_at(watch->scenario, sighting->to_node, sighting->face);
    if (!radio || !was_on_air(sighting->fate))
        return;
    const struct on_air *last = watch->on_air_count ? &on_air[watch->on_air_count - 1] : NULL;
    uint32_t network = (uint32_t)((const char *)radio - (const char *)watch->scenario->networks);
    if (last && last->until_ns == sighting->at_ns && last->node == sighting->from_node &&
        last->face == network)
        return;
    assert_in_range(watch->on_air_count, 0, SENT_MAX - 1);
    on_air[watch->on_air_count++] = (struct on_air){
        sighting->at_ns - lora_airtime_ns(&radio->lora, sighting->size_bytes), sighting->at_ns,
        sighting->from_node, network};
}

static void receiving(struct observer *observer, const struct sighting *sighting) {
    (void)observer;
    (void)sighting;
}

static void received(struct observer *observer, const struct sighting *sighting) {
    struct watch *watch = (struct watch *)observer;
    watch->seen += mark(sighting->sent_ns, sighting->from_node, sighting->to_node, sighting->face,
                        sighting->kind, sighting->feed, sighting->seq);
    watch->seen_count++;
    watch->fates[sighting->fate]++;
    note_on_air(watch, sighting);
}

static void appended(struct observer *observer, const struct arrival *arrival) {
    (void)observer;
    (void)arrival;
}

static void fault(struct observer *observer, uint64_t at_ns, const struct fault *what) {
    (void)observer;
    (void)at_ns;
    (void)what;
}

static void caught_up(struct observer *observer, const struct catchup *catchup) {
    (void)observer;
    (void)catchup;
}

static void run(struct watch *watch, struct scenario *scenario, const char *yaml) {
    struct world *world;
    char *errors;
    enum world_end end;
    if (scenario_parse(scenario, "world", yaml, strlen(yaml), NULL, 0, &errors) != 0)
        fail_msg("%s\n%s", errors, yaml);
    *watch = (struct watch){.observer = {.wants_packets = true,
                                         .sent = sent,
                                         .receiving = receiving,
                                         .received = received,
                                         .appended = appended,
                                         .fault = fault,
                                         .caught_up = caught_up},
                            .scenario = scenario};
    assert_int_equal(world_create(&world, scenario), 0);
    world_watch(world, &watch->observer);
    assert_int_equal(world_run(world, NULL, &end), 0);
    world_close(world);
}

/* No window that ends with a transmission holds more than the budget. */
static void expect_duty_kept(const struct watch *watch, const char *yaml) {
    const uint64_t window_ns = (uint64_t)DUTY_WINDOW_S * 1000000000;
    for (uint32_t i = 0; i < watch->on_air_count; i++) {
        const struct on_air *last = &on_air[i];
        uint64_t edge_ns = last->until_ns > window_ns ? last->until_ns - window_ns : 0, used_ns = 0;
        for (uint32_t k = 0; k <= i; k++) {
            const struct on_air *at = &on_air[k];
            if (at->node == last->node && at->face == last->face && at->until_ns > edge_ns)
                used_ns += at->until_ns - (at->from_ns > edge_ns ? at->from_ns : edge_ns);
        }
        if (used_ns > window_ns * DUTY_PERCENT / 100)
            fail_msg("%c was on the air for %llu ns of a window in\n%s", (int)('a' + last->node),
                     (unsigned long long)used_ns, yaml);
    }
}

static void every_packet_has_one_fate_at_each_receiver(void **state) {
    uint64_t fates[FATE_COUNT] = {0}, transmissions = 0;
    (void)state;
    for (uint64_t i = 0; i < WORLDS; i++) {
        struct draw draw = {.seed = stream_mix(i + 1)};
        struct scenario scenario;
        struct watch watch;
        draw_world(&draw);
        run(&watch, &scenario, draw.yaml);
        if (watch.seen_count != watch.due_count || watch.seen != watch.due)
            fail_msg("%llu fates for %llu in\n%s", (unsigned long long)watch.seen_count,
                     (unsigned long long)watch.due_count, draw.yaml);
        expect_duty_kept(&watch, draw.yaml);
        for (unsigned fate = 0; fate < FATE_COUNT; fate++)
            fates[fate] += watch.fates[fate];
        transmissions += watch.on_air_count;
        scenario_close(&scenario);
    }
    /* All that the network can do to a packet has been met often. */
    for (unsigned fate = FATE_CORE_LAST + 1; fate < FATE_COUNT; fate++) {
        print_message("%s: %llu\n", fate_name(fate), (unsigned long long)fates[fate]);
        assert_true(fates[fate] > 50);
    }
    assert_true(transmissions > 5000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packet_has_one_fate_at_each_receiver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
