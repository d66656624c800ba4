/* `network`: how the nodes are connected, and how links treat packets. */
#include "quantity.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const scenario_topology_words[] = {
    [TOPOLOGY_BROADCAST] = "broadcast",
    [TOPOLOGY_LINE] = "line",
    [TOPOLOGY_RING] = "ring",
    [TOPOLOGY_STAR] = "star",
    [TOPOLOGY_GRID] = "grid",
    [TOPOLOGY_COMPLETE] = "complete",
    [TOPOLOGY_RANDOM] = "random",
    [TOPOLOGY_EDGES] = "edges",
    [TOPOLOGY_GEOMETRIC] = "geometric",
    [TOPOLOGY_RADIO] = "radio",
    [TOPOLOGIES] = NULL,
};

/* What is read of a network, besides what goes to the scenario as it is. */
struct written_network {
    struct scenario_network network;
    bool unknown_topology;
    const struct tree *link, *edges, *ns3, *name, *nodes;
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

/* The last two only where there are several networks: then they must be there. */
static const struct field network_fields[] = {
    {"topology", read_topology, 0, .example = "broadcast"}, /* takes the whole */
    {"link", reader_later, offsetof(struct written_network, link), .example = "{delay: 5 ms}"},
    {"degree", reader_u32, offsetof(struct written_network, network.degree), .min = 2,
     .max = SCENARIO_NODES_MAX, .example = "6"},
    {"width", reader_u32, offsetof(struct written_network, network.width), .min = 1,
     .max = SCENARIO_NODES_MAX, .example = "10"},
    {"edges", reader_later, offsetof(struct written_network, edges), .example = "[[nodeA, nodeB]]"},
    {"radio", scenario_read_radio, offsetof(struct written_network, network.radio),
     .example = "{preset: lora-poc}"},
    {"range", reader_length, offsetof(struct written_network, network.range_mm), .min = 1,
     .example = "500 m"},
    {"ns3", reader_later, offsetof(struct written_network, ns3), .example = "{channel: csma}"},
    {"name", reader_later, offsetof(struct written_network, name), .example = "lora"},
    {"nodes", reader_later, offsetof(struct written_network, nodes), .example = "[nodeA, nodeB]"},
};

enum { NETWORK_FIELDS = sizeof network_fields / sizeof *network_fields };

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
    {1 << 5, TOPOLOGY_RADIO, false, "radio: {preset: lora-poc}"},
    {1 << 6, TOPOLOGY_GEOMETRIC, true, "range: 500 m"},
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
static bool read_ends(struct reader *reader, const struct tree *list, struct scenario_edge *edge,
                      bool *swapped) {
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
    *swapped = a > b;
    edge->a = a < b ? a : b;
    edge->b = a < b ? b : a;
    return true;
}

/* Values of its own are from the first to the second, and `back` the other way. */
static bool read_edge(struct reader *reader, const struct tree *item,
                      const struct scenario_network *network, struct scenario_edge *edge) {
    struct link_model there = network->link, back = network->back;
    const struct tree *ends = item;
    if (item->kind == TREE_MAP)
        scenario_read_link(reader, item, &ends, &there, &back);
    bool swapped = false;
    if (!ends || !read_ends(reader, ends, edge, &swapped))
        return false;
    edge->link = swapped ? back : there;
    edge->back = swapped ? there : back;
    return true;
}

/* Edges of one network may be between its members only. */
static bool check_ends(struct reader *reader, const struct tree *item,
                       const struct scenario_network *network, const struct scenario_edge *edge) {
    char name[NODE_NAME_SIZE];
    const uint32_t ends[2] = {edge->a, edge->b};
    for (int i = 0; i < 2; i++)
        if (!node_set_has(&network->members, ends[i])) {
            reader_refuse(reader, item, "'%s' is not in this network",
                          scenario_node_name(reader->scenario, ends[i], name, sizeof name));
            return false;
        }
    return true;
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
        const struct tree *at = list->children[i].value;
        if (!read_edge(reader, at, network, &network->edges[i]) ||
            !check_ends(reader, at, network, &network->edges[i]))
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
    uint64_t nodes = network->members.count;
    uint64_t links = nodes * (nodes - 1) / 2;
    if (network->topology == TOPOLOGY_COMPLETE && links > SCENARIO_LINKS_MAX)
        reader_refuse(reader, topology,
                      "complete with %" PRIu64 " nodes has %" PRIu64
                      " links, at most %d fit (topology broadcast needs none)",
                      nodes, links, SCENARIO_LINKS_MAX);
}

static void check_degree(struct reader *reader, const struct tree *degree,
                         const struct scenario_network *network) {
    uint64_t nodes = network->members.count;
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

/* What a network is unless it says otherwise. */
static struct scenario_network default_network(void) {
    static const struct link_model link = {.delay_ns = 1000000, .queue_packets = 64};
    return (struct scenario_network){.name = "",
                                     .topology = TOPOLOGY_BROADCAST,
                                     .link = link,
                                     .back = link,
                                     .radio = scenario_radio_default,
                                     .ns3 = scenario_ns3_default};
}

static bool all_nodes(struct reader *reader, struct node_set *set) {
    uint32_t count = reader->scenario->node_count;
    uint32_t *nodes = reader_alloc(reader, count ? count : 1, sizeof *nodes);
    for (uint32_t i = 0; nodes && i < count; i++)
        nodes[i] = i;
    *set = (struct node_set){nodes, nodes ? count : 0};
    return nodes != NULL;
}

static void read_link(struct reader *reader, const struct tree *link,
                      struct scenario_network *network) {
    size_t mark = reader_enter(reader, "link");
    if (network->topology == TOPOLOGY_RADIO)
        reader_refuse(reader, link, "topology radio has no links (it has 'radio')");
    else
        scenario_read_link(reader, link, NULL, &network->link, &network->back);
    if (network->topology == TOPOLOGY_BROADCAST && tree_find(link, "back"))
        reader_refuse(reader, tree_find(link, "back"),
                      "a medium has no two ends ('back' is for links)");
    reader_leave(reader, mark);
}

static void check_chains(struct reader *reader, const struct tree *at,
                         const struct scenario_network *network) {
    enum { CHAIN_MEMBERS_MAX = 4096 };
    if (network->topology == TOPOLOGY_BROADCAST && link_has_chain(&network->link) &&
        network->members.count > CHAIN_MEMBERS_MAX)
        reader_refuse(reader, at, "losses in bursts on a medium are for at most %d nodes",
                      CHAIN_MEMBERS_MAX);
}

/* All nodes are in the only network. */
static bool read_alone(struct reader *reader, const struct written_network *written,
                       struct scenario_network *network) {
    if (written->name || written->nodes)
        reader_refuse(reader, written->name ? written->name : written->nodes,
                      "'name' and 'nodes' are for several networks, in a list (such as "
                      "[{name: lora, nodes: [nodeA, nodeB]}, ...])");
    return all_nodes(reader, &network->members);
}

/* One of several networks: its name, and who is in it. */
static bool read_members(struct reader *reader, const struct tree *at,
                         const struct written_network *written, struct scenario_network *network) {
    static const struct field example = {.example = "lora"};
    if (at->kind == TREE_MAP && (!written->name || !written->nodes))
        reader_refuse(reader, at,
                      "each of several networks has 'name' and 'nodes' (such as name: lora, nodes: "
                      "[nodeA, nodeB])");
    if (!written->name || !written->nodes)
        return false;
    size_t mark = reader_enter(reader, "name");
    const char *name = reader_text(reader, &example, written->name, "a name");
    if (name && !*name)
        reader_refuse(reader, written->name, "this is empty (such as %s)", example.example);
    reader_leave(reader, mark);
    network->name = name ? arena_text(&reader->scenario->arena, name, strlen(name)) : "";
    if (!network->name) {
        problems_no_memory(reader->problems);
        network->name = "";
    }
    mark = reader_enter(reader, "nodes");
    bool good = names_set(reader, written->nodes, &network->members);
    if (good && network->members.count < 2)
        reader_refuse(reader, written->nodes, "a network is of two nodes or more");
    reader_leave(reader, mark);
    return good && name;
}

/* Radio, and geometry, are between places. */
static void check_positions(struct reader *reader, const struct tree *at,
                            const struct scenario_network *network) {
    char name[NODE_NAME_SIZE];
    for (uint32_t i = 0; i < network->members.count; i++) {
        uint32_t node = network->members.nodes[i];
        if (scenario_has_position(reader->scenario, node))
            continue;
        reader_refuse(
            reader, at,
            "'%s' has no position, which this network needs (such as position: [100 m, 0 m])",
            scenario_node_name(reader->scenario, node, name, sizeof name));
        return;
    }
}

static void read_network(struct reader *reader, const struct tree *value, bool alone,
                         struct scenario_network *network) {
    struct written_network written = {.network = default_network()};
    uint32_t seen = reader_map(reader, value, network_fields, NETWORK_FIELDS, &written);
    *network = written.network;
    if (alone ? !read_alone(reader, &written, network)
              : !read_members(reader, value, &written, network))
        return;
    if (!written.unknown_topology)
        check_own_keys(reader, value, seen, network->topology);
    if (written.link)
        read_link(reader, written.link, network);
    check_chains(reader, value, network);
    if (written.ns3)
        scenario_read_ns3(reader, written.ns3, network);
    if (network->topology == TOPOLOGY_RADIO || network->topology == TOPOLOGY_GEOMETRIC ||
        network->ns3.kind == NS3_WIFI_ADHOC)
        check_positions(reader, value, network);
    if (network->members.count)
        check_size(reader, value, network);
    if (written.edges && network->topology == TOPOLOGY_EDGES)
        read_edges(reader, written.edges, network);
    if (network->topology == TOPOLOGY_GRID && !network->width)
        for (network->width = 1;
             (uint64_t)network->width * network->width < network->members.count;)
            network->width++;
}

bool scenario_default_network(struct reader *reader) {
    struct scenario *scenario = reader->scenario;
    scenario->networks = reader_alloc(reader, 1, sizeof *scenario->networks);
    if (!scenario->networks)
        return false;
    scenario->networks[0] = default_network();
    scenario->network_count = 1;
    return all_nodes(reader, &scenario->networks[0].members);
}

void scenario_read_network(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    struct scenario *scenario = target;
    bool alone = value->kind != TREE_LIST;
    (void)field;
    if (!alone && (value->count == 0 || value->count > SCENARIO_NETWORKS_MAX)) {
        reader_refuse(reader, value, "from 1 to %d networks are due", SCENARIO_NETWORKS_MAX);
        return;
    }
    uint32_t count = alone ? 1 : value->count;
    scenario->networks = reader_alloc(reader, count, sizeof *scenario->networks);
    if (!scenario->networks)
        return;
    scenario->network_count = count;
    for (uint32_t i = 0; i < count; i++) {
        size_t mark = alone ? reader->path_size : reader_enter_item(reader, i);
        read_network(reader, alone ? value : value->children[i].value, alone,
                     &scenario->networks[i]);
        reader_leave(reader, mark);
    }
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (*scenario->networks[i].name &&
                strcmp(scenario->networks[i].name, scenario->networks[k].name) == 0)
                reader_refuse(reader, value->children[i].value,
                              "another network is called '%s' (item %" PRIu32 ")",
                              problems_show(scenario->networks[i].name).text, k);
}

/* At least so many: how many links a node has depends on what is drawn. */
static uint32_t faces_of(const struct scenario *scenario, uint32_t node) {
    uint32_t faces = 0;
    for (uint32_t i = 0; i < scenario->network_count; i++) {
        const struct scenario_network *network = &scenario->networks[i];
        bool shared = network->topology == TOPOLOGY_BROADCAST ||
                      network->topology == TOPOLOGY_RADIO;
        if (node_set_has(&network->members, node))
            faces += shared ? 1 : 2;
    }
    for (uint32_t i = 0; i < scenario->face_count; i++)
        faces += scenario->faces[i].node == node;
    return faces;
}

void scenario_check_bridges(struct reader *reader, const struct tree *tree) {
    const struct scenario *scenario = reader->scenario;
    const struct tree *nodes = tree_find(tree, "nodes");
    for (uint32_t g = 0; g < scenario->group_count; g++) {
        const struct node_group *group = &scenario->groups[g];
        for (uint32_t i = 0; group->bridge && i < group->count; i++) {
            char name[NODE_NAME_SIZE];
            if (faces_of(scenario, group->first + i) >= 2)
                continue;
            reader_refuse(reader, tree_find(nodes, group->name),
                          "bridge '%s' has nothing to forward to: it is in less than two networks "
                          "(such as network: [{name: lora, nodes: [nodeA, bridge]}, {name: home, "
                          "nodes: [bridge, nodeB]}])",
                          scenario_node_name(scenario, group->first + i, name, sizeof name));
            break;
        }
    }
}
