/* Content is a function of the author's stream, the entry and the place in it: it is never in
 * memory as a whole. */
#include "content.h"

#include <string.h>

#include "core/chain.h"
#include "core/entry.h"
#include "stream.h"

static int read_content(void *context, uint64_t offset, uint8_t *bytes, size_t count) {
    const uint64_t *key = context;
    for (size_t i = 0; i < count; i++) {
        uint64_t at = offset + i;
        bytes[i] = (uint8_t)(stream_mix(*key + at / 8) >> at % 8 * 8);
    }
    return 0;
}

int content_append(struct world *world, const struct world_feed *feed, const char *words) {
    struct tssb_node *core = &world->nodes[feed->author].core;
    const struct content_size *size = &scenario_group(world->scenario, feed->author)->produce.size;
    uint64_t stream = world->node_keys[feed->author], seq = feed->front + 1U;
    if (size->most == 0)
        return tssb_node_append(core, words, strlen(words));
    uint64_t key = stream_draw(stream, STREAM_CONTENT, seq);
    uint64_t drawn = stream_below(stream_draw(stream, STREAM_CONTENT_SIZE, seq),
                                  size->most - size->least + 1);
    return tssb_node_append_from(core,
                                 &(struct tssb_content){size->least + drawn, read_content, &key});
}

bool content_has_chains(const struct scenario *scenario) {
    if (scenario->stream_count > 0)
        return true;
    for (uint32_t i = 0; i < scenario->group_count; i++)
        if (scenario->groups[i].produce.size.most > TSSB_PAYLOAD_SIZE)
            return true;
    return false;
}

static bool is_whole(struct tssb_store *store, const uint8_t payload[TSSB_PAYLOAD_SIZE]) {
    struct tssb_chain_reader reader;
    const uint8_t *piece, *blob;
    size_t count;
    int error = tssb_chain_reader_init(&reader, payload, &piece, &count);
    while (!error && reader.left > 0) {
        error = store->ops->read_blob(store, reader.next, &blob);
        if (!error)
            error = tssb_chain_reader_take(&reader, blob, &piece, &count);
    }
    return !error;
}

bool content_is_whole(const struct sim_node *node, const struct tssb_replica *replica) {
    struct tssb_store *store = node->core.store;
    const uint8_t *wire;
    for (uint32_t seq = replica->anchor_seq + 1; seq <= replica->front_seq; seq++)
        if (store->ops->read(store, replica, seq, &wire) != 0 ||
            (tssb_entry_type(wire) == TSSB_CHAIN20 && !is_whole(store, tssb_entry_payload(wire))))
            return false;
    return true;
}
