/* `network`: how the nodes are connected, and how links treat packets. */
#include "scenario_reader.h"

#include <inttypes.h>
#include <stdlib.h>

#include "units.h"

static int by_number(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* The exact loss mask. An empty list is one that loses nothing. */
static void read_drops(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    static const struct field number = {.min = 1, .max = UINT32_MAX, .example = "[3, 5]"};
    struct link_model *link = target;
    if (!reader_list(reader, value, field->example))
        return;
    uint32_t *drops = reader_alloc(reader, value->count, sizeof *drops);
    if (!drops)
        return;
    for (uint32_t i = 0; i < value->count; i++)
        reader_u32(reader, &number, value->children[i].value, &drops[i]);
    if (value->count > 1)
        qsort(drops, value->count, sizeof *drops, by_number);
    for (uint32_t i = 1; i < value->count; i++)
        if (drops[i] == drops[i - 1] && drops[i])
            reader_refuse(reader, value, "packet %" PRIu32 " is in this list twice", drops[i]);
    link->drops = drops;
    link->drop_count = value->count;
}

/* In the order of the LINK_ bits; then what says between which nodes. */
static const struct field link_fields[] = {
    {"delay", reader_duration, offsetof(struct written_link, model.delay_ns), .min = 1,
     .example = "5 ms"},
    {"jitter", reader_duration, offsetof(struct written_link, model.jitter_ns), .example = "1 ms"},
    {"loss", reader_probability, offsetof(struct written_link, model.loss_ppb), .example = "10 %"},
    {"drop", read_drops, offsetof(struct written_link, model), .example = "[3, 5]"},
    {"between", reader_later, offsetof(struct written_link, between), .example = "[nodeA, nodeB]"},
};

enum { LINK_FIELDS = 4, LINK_ALL = LINK_DELAY | LINK_JITTER | LINK_LOSS | LINK_DROP };

unsigned scenario_read_link(struct reader *reader, const struct tree *map,
                            enum written_between between, struct written_link *link) {
    size_t count = LINK_FIELDS + (between != BETWEEN_NEVER);
    unsigned seen = reader_map(reader, map, link_fields, count, link);
    if (between == BETWEEN_ALWAYS && map->kind == TREE_MAP && !link->between)
        reader_refuse(reader, map, "'between' is missing (such as between: [nodeA, nodeB])");
    return seen & LINK_ALL;
}

void scenario_write_link(FILE *out, const struct link_model *link, unsigned fields) {
    char text[UNITS_TEXT_SIZE];
    const char *comma = "";
    if (fields & LINK_DELAY) {
        fprintf(out, "delay %s", units_duration_text(link->delay_ns, text));
        comma = ", ";
    }
    if (fields & LINK_JITTER) {
        fprintf(out, "%sjitter %s", comma, units_duration_text(link->jitter_ns, text));
        comma = ", ";
    }
    if (fields & LINK_LOSS) {
        fprintf(out, "%sloss %s", comma, units_probability_text(link->loss_ppb, text));
        comma = ", ";
    }
    if (fields & LINK_DROP) {
        fprintf(out, "%sdrop [", comma);
        for (uint32_t i = 0; i < link->drop_count; i++)
            fprintf(out, "%s%" PRIu32, i ? ", " : "", link->drops[i]);
        fputc(']', out);
    }
}

const char *const scenario_topology_words[] = {
    [TOPOLOGY_BROADCAST] = "broadcast", [TOPOLOGY_LINE] = "line",
    [TOPOLOGY_RING] = "ring",           [TOPOLOGY_STAR] = "star",
    [TOPOLOGY_GRID] = "grid",           [TOPOLOGY_COMPLETE] = "complete",
    [TOPOLOGY_RANDOM] = "random",       [TOPOLOGY_EDGES] = "edges",
    [TOPOLOGY_EDGES + 1] = NULL,
};

/* What is read of a network, besides what goes to the scenario as it is. */
struct written_network {
    struct scenario_network network;
    bool unknown_topology;
    const struct tree *edges;
};

static void read_topology(struct reader *reader, const struct field *field,
                          const struct tree *value, void *target) {
    struct written_network *written = target;
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, scenario_topology_words, &choice))
        written->network.topology = (enum scenario_topology)choice;
    else
        written->unknown_topology = true;
}

static void read_network_link(struct reader *reader, const struct field *field,
                              const struct tree *value, void *target) {
    struct link_model *link = target;
    struct written_link written = {.model = *link};
    (void)field;
    scenario_read_link(reader, value, BETWEEN_NEVER, &written);
    *link = written.model;
}

static const struct field network_fields[] = {
    {"topology", read_topology, 0, .example = "broadcast"}, /* takes the whole */
    {"link", read_network_link, offsetof(struct written_network, network.link),
     .example = "{delay: 5 ms}"},
    {"degree", reader_u32, offsetof(struct written_network, network.degree), .min = 2,
     .max = SCENARIO_NODES_MAX, .example = "6"},
    {"width", reader_u32, offsetof(struct written_network, network.width), .min = 1,
     .max = SCENARIO_NODES_MAX, .example = "10"},
    {"edges", reader_later, offsetof(struct written_network, edges), .example = "[[nodeA, nodeB]]"},
};

/* The keys that belong to one topology, by their bits. */
static const struct own_key {
    uint32_t seen;
    enum scenario_topology topology;
    bool required;
    const char *example;
} own_keys[] = {
    {1 << 2, TOPOLOGY_RANDOM, true, "degree: 6"},
    {1 << 3, TOPOLOGY_GRID, false, "width: 10"},
    {1 << 4, TOPOLOGY_EDGES, true, "edges: [[nodeA, nodeB]]"},
};

static void check_own_keys(struct reader *reader, const struct tree *map, uint32_t seen,
                           enum scenario_topology topology) {
    const char *chosen = scenario_topology_words[topology];
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++) {
        const struct own_key *own = &own_keys[i];
        const char *key = network_fields[2 + i].key;
        size_t mark = reader_enter(reader, key);
        if (seen & own->seen && own->topology != topology)
            reader_refuse(reader, tree_find(map, key),
                          "topology %s has none (only topology %s has)", chosen,
                          scenario_topology_words[own->topology]);
        reader_leave(reader, mark);
        if (!(seen & own->seen) && own->topology == topology && own->required)
            reader_refuse(reader, map, "topology %s needs '%s' (such as %s)", chosen, key,
                          own->example);
    }
}

/* The two ends of an edge. */
static bool read_ends(struct reader *reader, const struct tree *list, struct scenario_edge *edge) {
    if (list->kind != TREE_LIST || list->count != 2) {
        reader_refuse(reader, list, "an edge is between two nodes (such as [nodeA, nodeB])");
        return false;
    }
    uint32_t a, b;
    bool good = names_one(reader, list->children[0].value, &a);
    if (!names_one(reader, list->children[1].value, &b) || !good)
        return false;
    if (a == b) {
        reader_refuse(reader, list, "an edge from '%s' to itself", list->children[0].value->text);
        return false;
    }
    edge->a = a < b ? a : b;
    edge->b = a < b ? b : a;
    return true;
}

static bool read_edge(struct reader *reader, const struct tree *item, const struct link_model *link,
                      struct scenario_edge *edge) {
    edge->link = *link;
    if (item->kind != TREE_MAP)
        return read_ends(reader, item, edge);
    struct written_link written = {.model = *link};
    scenario_read_link(reader, item, BETWEEN_ALWAYS, &written);
    edge->link = written.model;
    return written.between && read_ends(reader, written.between, edge);
}

struct placed_edge {
    uint32_t a, b, index;
};

static int by_ends(const void *left, const void *right) {
    const struct placed_edge *a = left, *b = right;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    if (a->b != b->b)
        return a->b < b->b ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

static void check_edges_once(struct reader *reader, const struct tree *list,
                             const struct scenario_edge *edges) {
    struct placed_edge *sorted = reader_scratch(reader, list->count, sizeof *sorted);
    if (!sorted)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        sorted[i] = (struct placed_edge){edges[i].a, edges[i].b, i};
    qsort(sorted, list->count, sizeof *sorted, by_ends);
    for (uint32_t i = 1; i < list->count; i++) {
        const struct placed_edge *edge = &sorted[i], *before = &sorted[i - 1];
        if (edge->a != before->a || edge->b != before->b || edge->a == edge->b)
            continue;
        char a[NODE_NAME_SIZE], b[NODE_NAME_SIZE];
        scenario_node_name(reader->scenario, edge->a, a, sizeof a);
        scenario_node_name(reader->scenario, edge->b, b, sizeof b);
        reader_refuse(reader, list->children[edge->index].value,
                      "the edge between '%s' and '%s' is there already (item %" PRIu32 ")", a, b,
                      before->index);
    }
}

static void read_edges(struct reader *reader, const struct tree *list,
                       struct scenario_network *network) {
    size_t mark = reader_enter(reader, "edges");
    if (!reader_list(reader, list, "[[nodeA, nodeB]]")) {
        reader_leave(reader, mark);
        return;
    }
    if (list->count == 0)
        reader_refuse(reader, list, "there is no edge (such as [[nodeA, nodeB]])");
    network->edges = reader_alloc(reader, list->count, sizeof *network->edges);
    network->edge_count = network->edges ? list->count : 0;
    for (uint32_t i = 0; i < network->edge_count; i++) {
        size_t item = reader_enter_item(reader, i);
        if (!read_edge(reader, list->children[i].value, &network->link, &network->edges[i]))
            network->edges[i].a = network->edges[i].b = 0; /* no edge to compare others with */
        reader_leave(reader, item);
    }
    if (network->edge_count)
        check_edges_once(reader, list, network->edges);
    reader_leave(reader, mark);
}

/* Worlds of more links than fit are refused while they are still a few numbers. */
static void check_links(struct reader *reader, const struct tree *topology,
                        const struct scenario_network *network) {
    uint64_t nodes = reader->scenario->node_count;
    uint64_t links = nodes * (nodes - 1) / 2;
    if (network->topology == TOPOLOGY_COMPLETE && links > SCENARIO_LINKS_MAX)
        reader_refuse(reader, topology,
                      "complete with %" PRIu64 " nodes has %" PRIu64
                      " links, at most %d fit (topology broadcast needs none)",
                      nodes, links, SCENARIO_LINKS_MAX);
}

static void check_degree(struct reader *reader, const struct tree *degree,
                         const struct scenario_network *network) {
    uint64_t nodes = reader->scenario->node_count;
    uint64_t links = nodes * network->degree / 2;
    if (network->topology != TOPOLOGY_RANDOM || !network->degree)
        return;
    if (network->degree >= nodes)
        reader_refuse(reader, degree,
                      "%" PRIu32 " is too much for %" PRIu64 " nodes (at most %" PRIu64 ")",
                      network->degree, nodes, nodes - 1);
    else if (links > SCENARIO_LINKS_MAX)
        reader_refuse(reader, degree,
                      "%" PRIu64 " nodes of degree %" PRIu32 " have %" PRIu64
                      " links, at most %d fit",
                      nodes, network->degree, links, SCENARIO_LINKS_MAX);
}

static void check_size(struct reader *reader, const struct tree *map,
                       const struct scenario_network *network) {
    size_t mark = reader_enter(reader, "topology");
    check_links(reader, tree_find(map, "topology"), network);
    reader_leave(reader, mark);
    mark = reader_enter(reader, "degree");
    check_degree(reader, tree_find(map, "degree"), network);
    reader_leave(reader, mark);
}

void scenario_read_network(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    struct scenario *scenario = target;
    struct written_network written = {.network = scenario->network};
    (void)field;
    uint32_t seen = reader_map(reader, value, network_fields,
                               sizeof network_fields / sizeof *network_fields, &written);
    struct scenario_network *network = &written.network;
    if (!written.unknown_topology)
        check_own_keys(reader, value, seen, network->topology);
    if (scenario->node_count)
        check_size(reader, value, network);
    if (written.edges && network->topology == TOPOLOGY_EDGES)
        read_edges(reader, written.edges, network);
    if (network->topology == TOPOLOGY_GRID && !network->width)
        for (network->width = 1; (uint64_t)network->width * network->width < scenario->node_count;)
            network->width++;
    scenario->network = *network;
}
