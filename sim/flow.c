/* The ends of streams. */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/stream.h"
#include "stream.h"

struct flow_end {
    struct flow_end *next; /* of the same node */
    const struct scenario_stream *stream;
    uint32_t peer;                  /* a node */
    uint32_t replica;               /* that this node has of the peer's feed */
    uint64_t own_key, peer_key;     /* of what each says */
    uint64_t own_bytes, peer_bytes; /* how much */
    uint64_t received;
    bool differs; /* something came that was not sent */
    bool over;    /* all is said, read and acknowledged */
    struct tssb_stream core;
};

static uint8_t byte_at(uint64_t key, uint64_t at) {
    return (uint8_t)(stream_mix(key + at / 8) >> at % 8 * 8);
}

/* The first so many of a node's streams are numbered by their place in the scenario; entries of the
 * node's own have lower numbers. */
static uint64_t content_key(const struct world *world, uint32_t node, uint32_t stream) {
    return stream_draw(world->node_keys[node], STREAM_CONTENT, UINT64_MAX - stream);
}

static struct tssb_stream_settings settings_of(const struct scenario_stream *stream) {
    struct tssb_stream_settings settings = tssb_stream_defaults;
    settings.window = stream->window;
    return settings;
}

/* Opens the stream's core where its place says; a zeroed one is a new stream. */
static int open_core(struct sim_node *node, struct flow_end *end) {
    const struct tssb_stream_settings settings = settings_of(end->stream);
    const struct tssb_stream_place place = end->core.place;
    return tssb_stream_open(&end->core, &node->core, end->replica, &settings, &place,
                            &tssb_mem_libc);
}

static int add_end(struct world *world, uint32_t index, bool is_from) {
    const struct scenario_stream *stream = &world->scenario->streams[index];
    uint32_t own = is_from ? stream->from : stream->to, peer = is_from ? stream->to : stream->from;
    uint64_t back = stream->both ? stream->bytes : 0;
    struct sim_node *node = &world->nodes[own];
    const struct tssb_node *core = &world->nodes[peer].core;
    struct flow_end *end = calloc(1, sizeof *end);
    if (!end)
        return TSSB_E_MEMORY;
    *end = (struct flow_end){.next = node->flows,
                             .stream = stream,
                             .peer = peer,
                             .replica = tssb_node_find(&node->core, core->replicas[core->own].feed),
                             .own_key = content_key(world, own, index),
                             .peer_key = content_key(world, peer, index),
                             .own_bytes = is_from ? stream->bytes : back,
                             .peer_bytes = is_from ? back : stream->bytes};
    node->flows = end;
    world->unfinished_flows++;
    return open_core(node, end);
}

int flow_open(struct world *world) {
    int error = 0;
    for (uint32_t i = 0; i < world->scenario->stream_count && !error; i++) {
        error = add_end(world, i, true);
        if (!error)
            error = add_end(world, i, false);
    }
    return error;
}

void flow_close(struct world *world) {
    for (uint32_t i = 0; world->nodes && i < world->scenario->node_count; i++)
        for (struct flow_end *end = world->nodes[i].flows, *next; end; end = next) {
            next = end->next;
            tssb_stream_close(&end->core);
            free(end);
        }
}

/* Writes as much as the stream takes. */
static void say(struct flow_end *end, uint64_t now_ns) {
    uint8_t bytes[512];
    uint64_t said;
    size_t room;
    while ((said = end->core.sent + end->core.out_count) < end->own_bytes &&
           (room = tssb_stream_room(&end->core)) > 0) {
        size_t count = room < sizeof bytes ? room : sizeof bytes;
        if (count > end->own_bytes - said)
            count = (size_t)(end->own_bytes - said);
        for (size_t i = 0; i < count; i++)
            bytes[i] = byte_at(end->own_key, said + i);
        tssb_stream_write(&end->core, bytes, count, now_ns);
    }
    if (said >= end->own_bytes)
        tssb_stream_finish(&end->core);
}

/* Takes and checks what has come. */
static void listen(struct world *world, struct sim_node *node, struct flow_end *end,
                   uint64_t now_ns) {
    const uint8_t *bytes;
    size_t count = tssb_stream_peek(&end->core, &bytes);
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        end->differs |= bytes[i] != byte_at(end->peer_key, end->received + i);
    end->received += count;
    node->stream_bytes += count;
    if (end->received >= end->peer_bytes && world->now_ns - end->stream->start_ns > node->stream_ns)
        node->stream_ns = world->now_ns - end->stream->start_ns;
    tssb_stream_taken(&end->core, count, now_ns);
}

static void step_end(struct world *world, struct sim_node *node, struct flow_end *end) {
    uint64_t now_ns = world_local_ns(world, node_index(node));
    int error = 0;
    do {
        say(end, now_ns);
        error = tssb_stream_step(&end->core, now_ns);
        listen(world, node, end, now_ns);
    } while (!error && end->core.busy);
    if (error)
        world_fail(world, error);
    if (!end->over && tssb_stream_is_over(&end->core)) {
        end->over = true;
        world->unfinished_flows--;
        follow_end_if_level(world);
    }
}

/* The world's clock says when a stream begins. */
void flow_step(struct world *world, struct sim_node *node) {
    for (struct flow_end *end = node->flows; end; end = end->next)
        if (world->running && world->now_ns >= end->stream->start_ns)
            step_end(world, node, end);
}

uint64_t flow_next_wake(const struct sim_node *node) {
    const struct world *world = node->world;
    uint64_t next_ns = TSSB_NEVER;
    for (const struct flow_end *end = node->flows; end; end = end->next) {
        uint64_t end_ns = tssb_stream_next_wake(&end->core);
        if (world->now_ns < end->stream->start_ns)
            end_ns = world_local_ns(world, node_index(node)) + end->stream->start_ns -
                     world->now_ns;
        if (end_ns < next_ns)
            next_ns = end_ns;
    }
    return next_ns;
}

void flow_restart(struct world *world, struct sim_node *node) {
    for (struct flow_end *end = node->flows; end; end = end->next) {
        tssb_stream_close(&end->core);
        int error = open_core(node, end);
        if (error)
            world_fail(world, error);
    }
}

bool flow_is_delivered(const struct world *world, uint32_t from, uint32_t to) {
    for (const struct flow_end *end = world->nodes[to].flows; end; end = end->next)
        if (end->peer == from)
            return end->core.place.ended && !end->differs && end->received == end->peer_bytes;
    return false;
}
