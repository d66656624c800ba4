/* What the trace and captures say of a packet. */
#include "words.h"

#include <inttypes.h>

#include "sim/fate.h"
#include "sim/world.h"

void words_node(FILE *out, const struct world *world, uint32_t node) {
    char name[NODE_NAME_SIZE];
    if (node == NODE_OUTSIDE) {
        fputs("outside", out);
        return;
    }
    fputs(scenario_node_name(world_scenario(world), node, name, sizeof name), out);
}

/* Prints "WANT nodeA 7", or "NEED" where the packet is about no feed. */
static void print_what(FILE *out, const struct world *world, uint8_t kind, uint32_t feed,
                       uint32_t seq) {
    fputs(packet_name(kind), out);
    if (feed == FEED_NONE)
        return;
    fputc(' ', out);
    words_node(out, world, world_feed_author(world, feed));
    fprintf(out, " %" PRIu32, seq);
}

void words_departure(FILE *out, const struct world *world, const struct departure *departure) {
    print_what(out, world, departure->kind, departure->feed, departure->seq);
    fputs(" to ", out);
    if (departure->to_node == NODE_NONE)
        fputs("all", out);
    else
        words_node(out, world, departure->to_node);
}

void words_sighting(FILE *out, const struct world *world, const struct sighting *sighting) {
    print_what(out, world, sighting->kind, sighting->feed, sighting->seq);
    fputs(" from ", out);
    words_node(out, world, sighting->from_node);
    fprintf(out, ": %s", fate_name(sighting->fate));
}
