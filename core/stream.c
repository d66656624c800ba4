/* The stream: two cursors in the peer's feed (what has been heard, what has been delivered) and one
 * buffer each way. Nothing that a feed says is trusted to be sensible: what is no frame is passed
 * over, and what is buffered is bounded by the size of one frame. */
#include "stream.h"

#include <string.h>

#include "check.h"
#include "entry.h"
#include "error.h"

enum {
    FRAMES_A_WINDOW = 8,
    ASKS_A_WINDOW = 4,
    HEAR_AT_ONCE = 1024, /* entries that one step looks at */
    READ_AT_ONCE = 4096, /* blobs that one step reads */
    IN_SIZE = TSSB_STREAM_HEADER_MAX + TSSB_STREAM_DATA_MAX,
};

const struct tssb_stream_settings tssb_stream_defaults = {
    .window = 4 << 20,
    .coalesce_ns = UINT64_C(5000000),
    .ack_delay_ns = UINT64_C(500000000),
};

static struct tssb_replica *own_replica(const struct tssb_stream *stream) {
    return &stream->node->replicas[stream->node->own];
}

static struct tssb_replica *peer_replica(const struct tssb_stream *stream) {
    return &stream->node->replicas[stream->peer];
}

/* Entries as frames. */

/* Where an entry's content begins: all of it where it is plain, else as much as stands in the entry
 * itself. Returns false where it is no content at all. */
static bool content_of(const uint8_t *wire, struct tssb_chain_reader *chain, const uint8_t **head,
                       size_t *count) {
    *chain = (struct tssb_chain_reader){0};
    *head = tssb_entry_payload(wire);
    *count = TSSB_PAYLOAD_SIZE;
    if (tssb_entry_type(wire) == TSSB_PLAIN48)
        return true;
    return tssb_entry_type(wire) == TSSB_CHAIN20 &&
           tssb_chain_reader_init(chain, tssb_entry_payload(wire), head, count) == 0;
}

/* Whether the entry begins like a frame to the author of `to`. */
static bool begins_frame(const uint8_t *wire, const struct tssb_feed *to,
                         struct tssb_stream_frame *frame) {
    struct tssb_chain_reader chain;
    const uint8_t *head;
    size_t count;
    return content_of(wire, &chain, &head, &count) &&
           tssb_stream_frame_head(head, count, frame) > 0 &&
           memcmp(frame->to, to->fid, TSSB_STREAM_TO_SIZE) == 0;
}

/* Decodes a frame's whole content. Returns the header's size, or 0. */
static size_t decode(const uint8_t *content, size_t size, bool is_chain,
                     struct tssb_stream_frame *frame) {
    int header = tssb_stream_frame_decode(content, size, frame);
    if (header < 0 || (is_chain && size != (size_t)header + frame->length))
        return 0;
    return (size_t)header;
}

/* Sessions. */

static void begin_session(struct tssb_stream *stream, uint32_t session, uint32_t own_seq) {
    struct tssb_stream_place *place = &stream->place;
    *place = (struct tssb_stream_place){.session = session,
                                        .own_seq = own_seq,
                                        .peer_from = place->peer_seq,
                                        .peer_seq = place->peer_seq};
    stream->sent = stream->asked = stream->ack_sent = 0;
    stream->end_sent = stream->read_end_sent = stream->close_sent = false;
    stream->peer_closed = false;
    stream->state = TSSB_STREAM_BETWEEN; /* what was being read is of the session before */
}

/* Reads the content of an own entry, which may be a chain, as far as its header goes. */
static bool read_own_header(struct tssb_stream *stream, const uint8_t *wire,
                            struct tssb_stream_frame *frame) {
    uint8_t bytes[TSSB_CHAIN_HEAD_SIZE + TSSB_CHAIN_PIECE_SIZE] = {0};
    struct tssb_store *store = stream->node->store;
    struct tssb_chain_reader chain;
    const uint8_t *piece, *blob;
    size_t count, size;
    if (!content_of(wire, &chain, &piece, &size))
        return false;
    if (tssb_entry_type(wire) == TSSB_PLAIN48)
        return tssb_stream_frame_decode(piece, size, frame) > 0;
    memcpy(bytes, piece, size);
    if (chain.left > 0) {
        if (store->ops->read_blob(store, chain.next, &blob) != 0 ||
            tssb_chain_reader_take(&chain, blob, &piece, &count) != 0)
            return false;
        memcpy(bytes + size, piece, count);
    }
    /* The header is there; the bytes that it declares need not be. */
    int header = tssb_stream_frame_decode(bytes, IN_SIZE, frame);
    return header > 0 && chain.content_size == (size_t)header + frame->length;
}

/* An own frame that is in the feed: what it says has been said. */
static void note_own(struct tssb_stream *stream, const struct tssb_stream_frame *frame) {
    if (frame->flags & TSSB_STREAM_DATA)
        stream->sent = frame->offset + frame->length;
    if (frame->flags & TSSB_STREAM_ASK)
        stream->asked = stream->sent;
    if (frame->ack > stream->ack_sent)
        stream->ack_sent = frame->ack;
    stream->end_sent |= (frame->flags & TSSB_STREAM_END) != 0;
    stream->read_end_sent |= (frame->flags & TSSB_STREAM_READ_END) != 0;
    stream->close_sent |= (frame->flags & TSSB_STREAM_CLOSE) != 0;
}

/* Looks through the own feed for what this session, or a later one than the place knows of, has
 * written. */
static int recall(struct tssb_stream *stream) {
    struct tssb_store *store = stream->node->store;
    const struct tssb_replica *own = own_replica(stream);
    uint32_t seq = stream->place.own_seq > own->anchor_seq ? stream->place.own_seq
                                                           : own->anchor_seq;
    for (; seq < own->front_seq; seq++) {
        struct tssb_stream_frame frame;
        const uint8_t *wire;
        uint8_t entry[TSSB_ENTRY_SIZE];
        int error = store->ops->read(store, own, seq + 1, &wire);
        if (error)
            return error;
        memcpy(entry, wire, sizeof entry); /* reading a blob may end it */
        if (!begins_frame(entry, peer_replica(stream)->feed, &frame) ||
            frame.session < stream->place.session || !read_own_header(stream, entry, &frame))
            continue;
        if (frame.session > stream->place.session)
            begin_session(stream, frame.session, seq);
        note_own(stream, &frame);
    }
    if (stream->place.delivered < stream->ack_sent)
        stream->place.delivered = stream->ack_sent;
    if (stream->place.acked > stream->sent)
        stream->place.acked = stream->sent;
    stream->place.ended |= stream->read_end_sent; /* said, and perhaps not kept */
    return 0;
}

int tssb_stream_open(struct tssb_stream *stream, struct tssb_node *node, uint32_t peer,
                     const struct tssb_stream_settings *settings,
                     const struct tssb_stream_place *place, const struct tssb_mem *mem) {
    uint32_t frame_max = settings->window / FRAMES_A_WINDOW + 1;
    TSSB_CHECK(settings->window > 0 && peer < node->replica_count);
    if (frame_max > TSSB_STREAM_DATA_MAX)
        frame_max = TSSB_STREAM_DATA_MAX;
    *stream = (struct tssb_stream){.node = node,
                                   .mem = mem,
                                   .settings = *settings,
                                   .peer = peer,
                                   .place = *place,
                                   .frame_max = frame_max,
                                   .ack_due_ns = TSSB_NEVER};
    if (node->own == TSSB_NO_REPLICA || !node->key)
        return TSSB_E_READ_ONLY;
    int error = recall(stream);
    if (error)
        return error;
    bool unknown = place->session == 0 && (stream->place.session == 0 || stream->close_sent);
    if (stream->place.closed || unknown)
        begin_session(stream, stream->place.session + 1, own_replica(stream)->front_seq);
    stream->finished = stream->end_sent;
    stream->heard_seq = stream->place.peer_seq;
    if (stream->heard_seq < peer_replica(stream)->anchor_seq)
        stream->heard_seq = stream->place.peer_seq = peer_replica(stream)->anchor_seq;
    stream->out = mem->resize(mem->context, NULL, 0, TSSB_STREAM_HEADER_MAX + (size_t)frame_max);
    stream->in = mem->resize(mem->context, NULL, 0, IN_SIZE);
    if (stream->out && stream->in)
        return 0;
    tssb_stream_close(stream);
    return TSSB_E_MEMORY;
}

void tssb_stream_close(struct tssb_stream *stream) {
    const struct tssb_mem *mem = stream->mem;
    if (stream->out)
        mem->resize(mem->context, stream->out, TSSB_STREAM_HEADER_MAX + (size_t)stream->frame_max,
                    0);
    if (stream->in)
        mem->resize(mem->context, stream->in, IN_SIZE, 0);
    stream->out = stream->in = NULL;
}

void tssb_stream_seek(struct tssb_stream *stream, uint64_t delivered) {
    struct tssb_stream_place *place = &stream->place;
    if (delivered < place->delivered) {
        place->peer_seq = stream->heard_seq = place->peer_from;
        place->ended = false;
    }
    place->delivered = delivered;
}

/* Hearing: what the peer's frames say of this side's stream. */

/* The peer is in a later session. Returns whether this side may go on reading: where it has not
 * said or read anything yet, it joins. */
static bool meet_later_session(struct tssb_stream *stream, uint32_t session) {
    struct tssb_stream_place *place = &stream->place;
    bool fresh = stream->sent == 0 && stream->out_count == 0 && !stream->end_sent &&
                 place->delivered == 0 && !place->ended;
    if (fresh) {
        begin_session(stream, session, own_replica(stream)->front_seq);
        return true;
    }
    stream->peer_closed = true;
    if (!place->ended || !place->end_acked) {
        stream->failure = TSSB_STREAM_GIVEN_UP;
        place->closed = true;
    }
    return false;
}

/* Returns false where this entry, and those behind it, are not for this session. */
static bool hear_entry(struct tssb_stream *stream, const uint8_t *wire) {
    struct tssb_stream_frame frame;
    if (!begins_frame(wire, own_replica(stream)->feed, &frame) ||
        frame.session < stream->place.session)
        return true;
    if (frame.session > stream->place.session && !meet_later_session(stream, frame.session))
        return false;
    if (frame.ack > stream->place.acked && frame.ack <= stream->sent)
        stream->place.acked = frame.ack;
    if (frame.flags & TSSB_STREAM_READ_END && stream->end_sent)
        stream->place.end_acked = true;
    if (frame.flags & TSSB_STREAM_CLOSE)
        stream->peer_closed = true;
    return true;
}

static void hear(struct tssb_stream *stream) {
    struct tssb_store *store = stream->node->store;
    const struct tssb_replica *peer = peer_replica(stream);
    const uint8_t *wire;
    uint32_t budget = HEAR_AT_ONCE;
    while (stream->heard_seq < peer->front_seq && budget-- > 0) {
        if (store->ops->read(store, peer, stream->heard_seq + 1, &wire) != 0 ||
            !hear_entry(stream, wire))
            return;
        stream->heard_seq++;
    }
    stream->busy |= stream->heard_seq < peer->front_seq;
}

/* Reading: the frames' bytes, in order. */

static void pass(struct tssb_stream *stream) {
    stream->state = TSSB_STREAM_BETWEEN;
    stream->place.peer_seq++;
}

static void skip(struct tssb_stream *stream) {
    stream->skipped++;
    pass(stream);
}

/* The bytes of the frame are delivered. */
static void frame_done(struct tssb_stream *stream, uint64_t now_ns) {
    bool end = stream->frame.flags & TSSB_STREAM_END;
    stream->place.ended |= end;
    if (end || stream->frame.flags & TSSB_STREAM_ASK)
        stream->ack_due_ns = now_ns;
    pass(stream);
}

/* The content of a frame is there. */
static void take_frame(struct tssb_stream *stream, bool is_chain, uint64_t now_ns) {
    struct tssb_stream_frame *frame = &stream->frame;
    uint64_t delivered = stream->place.delivered;
    size_t header = decode(stream->in, stream->in_count, is_chain, frame);
    if (header == 0 || stream->place.ended) {
        skip(stream);
        return;
    }
    uint64_t end = frame->offset + frame->length;
    bool beyond_end = frame->flags & TSSB_STREAM_END && end < delivered;
    if (frame->offset > delivered || beyond_end) {
        stream->failure = TSSB_STREAM_GAP;
    } else if (end > delivered) {
        stream->in_at = header + (size_t)(delivered - frame->offset);
        stream->state = TSSB_STREAM_READY;
    } else if (end == delivered) {
        frame_done(stream, now_ns);
    } else {
        pass(stream);
    }
}

/* Looks at the entry after those that are done with. */
static void begin_entry(struct tssb_stream *stream, const uint8_t *wire, uint64_t now_ns) {
    const uint8_t *head;
    size_t count;
    if (!begins_frame(wire, own_replica(stream)->feed, &stream->frame) ||
        stream->frame.session != stream->place.session ||
        !(stream->frame.flags & TSSB_STREAM_DATA)) {
        pass(stream);
        return;
    }
    TSSB_CHECK(content_of(wire, &stream->chain, &head, &count));
    if (stream->chain.content_size > IN_SIZE) {
        skip(stream);
        return;
    }
    memcpy(stream->in, head, count);
    stream->in_count = count;
    if (tssb_entry_type(wire) == TSSB_PLAIN48)
        take_frame(stream, false, now_ns);
    else
        stream->state = TSSB_STREAM_COMING;
}

/* Reads the blobs that are there. Returns false where one is missing, or the budget is spent. */
static bool read_chain(struct tssb_stream *stream, uint32_t *budget, uint64_t now_ns) {
    struct tssb_store *store = stream->node->store;
    const uint8_t *blob, *piece;
    size_t count;
    while (stream->chain.left > 0) {
        if (*budget == 0 || store->ops->read_blob(store, stream->chain.next, &blob) != 0)
            return false;
        (*budget)--;
        if (tssb_chain_reader_take(&stream->chain, blob, &piece, &count) != 0) {
            skip(stream);
            return true;
        }
        memcpy(stream->in + stream->in_count, piece, count);
        stream->in_count += count;
    }
    take_frame(stream, true, now_ns);
    return true;
}

static void read_peer(struct tssb_stream *stream, uint64_t now_ns) {
    struct tssb_store *store = stream->node->store;
    uint32_t budget = READ_AT_ONCE;
    const uint8_t *wire;
    while (stream->state != TSSB_STREAM_READY && !stream->failure && budget > 0) {
        if (stream->state == TSSB_STREAM_COMING) {
            if (!read_chain(stream, &budget, now_ns))
                break;
            continue;
        }
        if (stream->place.peer_seq >= stream->heard_seq ||
            store->ops->read(store, peer_replica(stream), stream->place.peer_seq + 1, &wire) != 0)
            return;
        budget--;
        begin_entry(stream, wire, now_ns);
    }
    stream->busy |= budget == 0;
}

size_t tssb_stream_peek(const struct tssb_stream *stream, const uint8_t **bytes) {
    if (stream->state != TSSB_STREAM_READY)
        return 0;
    *bytes = stream->in + stream->in_at;
    return (size_t)(stream->frame.offset + stream->frame.length - stream->place.delivered);
}

void tssb_stream_taken(struct tssb_stream *stream, size_t count, uint64_t now_ns) {
    const uint8_t *bytes;
    size_t left = tssb_stream_peek(stream, &bytes);
    TSSB_CHECK(count <= left);
    stream->place.delivered += count;
    stream->in_at += count;
    if (count > 0 && stream->ack_due_ns == TSSB_NEVER)
        stream->ack_due_ns = now_ns + stream->settings.ack_delay_ns;
    if (count == left && left > 0) {
        frame_done(stream, now_ns);
        stream->busy = true;
    }
}

/* Writing. */

static uint64_t unacked(const struct tssb_stream *stream) {
    return stream->sent - stream->place.acked;
}

size_t tssb_stream_room(const struct tssb_stream *stream) {
    uint64_t waiting = unacked(stream) + stream->out_count;
    if (stream->finished || stream->failure || waiting >= stream->settings.window)
        return 0;
    uint64_t window = stream->settings.window - waiting;
    uint32_t buffer = stream->frame_max - stream->out_count;
    return window < buffer ? (size_t)window : buffer;
}

size_t tssb_stream_write(struct tssb_stream *stream, const void *bytes, size_t size,
                         uint64_t now_ns) {
    size_t room = tssb_stream_room(stream), count = size < room ? size : room;
    if (count == 0)
        return 0;
    if (stream->out_count == 0)
        stream->out_since_ns = now_ns;
    memcpy(stream->out + TSSB_STREAM_HEADER_MAX + stream->out_count, bytes, count);
    stream->out_count += (uint32_t)count;
    return count;
}

void tssb_stream_finish(struct tssb_stream *stream) {
    stream->finished = true;
}

static bool owes_ack(const struct tssb_stream *stream) {
    return stream->place.delivered > stream->ack_sent ||
           (stream->place.ended && !stream->read_end_sent);
}

static bool is_complete(const struct tssb_stream *stream) {
    return stream->place.end_acked && stream->place.ended;
}

static bool data_due(const struct tssb_stream *stream, uint64_t now_ns) {
    return stream->out_count > 0 && (stream->finished || tssb_stream_room(stream) == 0 ||
                                     now_ns >= stream->out_since_ns + stream->settings.coalesce_ns);
}

/* Whether anything is to be said now. */
static bool is_due(const struct tssb_stream *stream, uint64_t now_ns) {
    return data_due(stream, now_ns) || (stream->finished && !stream->end_sent) ||
           (owes_ack(stream) && now_ns >= stream->ack_due_ns) ||
           (is_complete(stream) && !stream->close_sent);
}

/* The peer acknowledges on its own after a while; a quarter of the window may not wait for that. */
static bool wants_ack(const struct tssb_stream *stream, uint64_t end) {
    uint64_t known = stream->asked > stream->place.acked ? stream->asked : stream->place.acked;
    uint64_t window = stream->settings.window;
    return end - known >= window / ASKS_A_WINDOW || end - stream->place.acked >= window;
}

static struct tssb_stream_frame next_frame(const struct tssb_stream *stream) {
    const struct tssb_stream_place *place = &stream->place;
    struct tssb_stream_frame frame = {
        .session = place->session,
        .ack = place->delivered > stream->ack_sent ? place->delivered : stream->ack_sent,
        .offset = stream->sent,
        .length = stream->out_count,
    };
    bool end = stream->finished && !stream->end_sent;
    bool ask = stream->out_count > 0 && wants_ack(stream, stream->sent + stream->out_count);
    frame.flags = (uint8_t)((stream->out_count > 0 || end ? TSSB_STREAM_DATA : 0) |
                            (end ? TSSB_STREAM_END : 0) | (ask ? TSSB_STREAM_ASK : 0) |
                            (place->ended ? TSSB_STREAM_READ_END : 0) |
                            (is_complete(stream) ? TSSB_STREAM_CLOSE : 0));
    memcpy(frame.to, peer_replica(stream)->feed->fid, TSSB_STREAM_TO_SIZE);
    return frame;
}

static int say(struct tssb_stream *stream) {
    uint8_t header[TSSB_STREAM_HEADER_MAX];
    const struct tssb_stream_frame frame = next_frame(stream);
    size_t size = tssb_stream_frame_encode(&frame, header);
    uint8_t *content = stream->out + TSSB_STREAM_HEADER_MAX - size;
    memcpy(content, header, size);
    int error = tssb_node_append(stream->node, content, size + stream->out_count);
    if (error)
        return error;
    note_own(stream, &frame);
    stream->out_count = 0;
    stream->ack_due_ns = TSSB_NEVER;
    return 0;
}

int tssb_stream_step(struct tssb_stream *stream, uint64_t now_ns) {
    stream->busy = false;
    if (!stream->failure)
        hear(stream);
    read_peer(stream, now_ns);
    if (owes_ack(stream) && stream->ack_due_ns == TSSB_NEVER) /* since before a restart */
        stream->ack_due_ns = now_ns;
    if (stream->failure || !is_due(stream, now_ns))
        return 0;
    return say(stream);
}

uint64_t tssb_stream_next_wake(const struct tssb_stream *stream) {
    uint64_t next_ns = TSSB_NEVER;
    if (stream->busy)
        return 0;
    if (stream->failure)
        return next_ns;
    if (stream->out_count > 0)
        next_ns = stream->out_since_ns + stream->settings.coalesce_ns;
    if (owes_ack(stream) && stream->ack_due_ns < next_ns)
        next_ns = stream->ack_due_ns;
    return next_ns;
}

bool tssb_stream_is_over(const struct tssb_stream *stream) {
    return stream->close_sent && is_complete(stream);
}
