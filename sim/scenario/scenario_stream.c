/* `stream`: byte streams between nodes. Who is an end of one writes a feed, so the ends are marked
 * before anybody is found to follow somebody; the rest is read once all nodes are known. */
#include "scenario_reader.h"

#include <inttypes.h>
#include <string.h>

#include "quantity.h"

enum { STREAMS_MAX = 1000, WINDOW_FIRST = 64 * 1000 };

struct written_stream {
    struct scenario_stream stream;
    struct content_size bytes, window;
    const struct tree *from, *to;
};

static const struct field stream_fields[] = {
    {"from", reader_later, offsetof(struct written_stream, from), .required = true,
     .example = "nodeA"},
    {"to", reader_later, offsetof(struct written_stream, to), .required = true, .example = "nodeB"},
    {"bytes", reader_content_size, offsetof(struct written_stream, bytes), .required = true,
     .example = "1 MB"},
    {"both", reader_bool, offsetof(struct written_stream, stream.both), .example = "true"},
    {"start", reader_duration, offsetof(struct written_stream, stream.start_ns), .example = "10 s"},
    {"window", reader_content_size, offsetof(struct written_stream, window), .example = "64 kB"},
};

/* A stream alone, or a list of them. */
static uint32_t count_of(const struct tree *value) {
    return value->kind == TREE_LIST ? value->count : 1;
}

static const struct tree *item_of(const struct tree *value, uint32_t index) {
    return value->kind == TREE_LIST ? value->children[index].value : value;
}

static void mark(struct reader *reader, const struct tree *name) {
    struct node_group *groups = reader->scenario->groups;
    for (uint32_t i = 0; name && name->kind == TREE_SCALAR && i < reader->scenario->group_count;
         i++)
        groups[i].streams |= strcmp(groups[i].name, name->text) == 0 && !groups[i].numbered;
}

void scenario_mark_streams(struct reader *reader, const struct tree *whole) {
    const struct tree *value = whole->kind == TREE_MAP ? tree_find(whole, "stream") : NULL;
    for (uint32_t i = 0; value && i < count_of(value) && i < STREAMS_MAX; i++) {
        const struct tree *item = item_of(value, i);
        if (item->kind != TREE_MAP)
            continue;
        mark(reader, tree_find(item, "from"));
        mark(reader, tree_find(item, "to"));
    }
}

/* Reads one end: a node by itself, which forwards more than packets. */
static bool read_end(struct reader *reader, const char *key, const struct tree *name,
                     uint32_t *node) {
    size_t mark_at = reader_enter(reader, key);
    bool good = names_one(reader, name, node);
    const struct node_group *group = good ? scenario_group(reader->scenario, *node) : NULL;
    if (good && (group->numbered || group->bridge)) {
        reader_refuse(reader, name, "'%s' is %s, and no end of a stream", name->text,
                      group->bridge ? "a bridge" : "one of several");
        good = false;
    }
    reader_leave(reader, mark_at);
    return good;
}

/* Each end reads the other's feed, and has one stream with it. */
static bool check_ends(struct reader *reader, const struct tree *at,
                       const struct written_stream *written) {
    const struct scenario *scenario = reader->scenario;
    const struct scenario_stream *stream = &written->stream;
    const struct tree *from = written->from, *to = written->to;
    if (stream->from == stream->to)
        reader_refuse(reader, to, "'%s' has no stream to itself", to->text);
    else if (!node_set_has(&scenario_group(scenario, stream->from)->follow, stream->to))
        reader_refuse(reader, from, "'%s' does not follow '%s' (give it follow: [%s])", from->text,
                      to->text, to->text);
    else if (!node_set_has(&scenario_group(scenario, stream->to)->follow, stream->from))
        reader_refuse(reader, to, "'%s' does not follow '%s' (give it follow: [%s])", to->text,
                      from->text, from->text);
    else if (scenario_stream_between(scenario, stream->from, stream->to))
        reader_refuse(reader, at,
                      "'%s' and '%s' have a stream already (both: true is one each way)",
                      from->text, to->text);
    else
        return true;
    return false;
}

static void read_item(struct reader *reader, const struct tree *at) {
    struct scenario *scenario = reader->scenario;
    struct written_stream written = {.window = {WINDOW_FIRST, WINDOW_FIRST}};
    reader_map(reader, at, stream_fields, sizeof stream_fields / sizeof *stream_fields, &written);
    struct scenario_stream *stream = &written.stream;
    if (written.bytes.least != written.bytes.most || written.window.least != written.window.most) {
        reader_refuse(reader, at, "a stream has one size, and one window (such as bytes: 1 MB)");
        return;
    }
    if (!written.from || !written.to || !written.bytes.most ||
        !read_end(reader, "from", written.from, &stream->from) ||
        !read_end(reader, "to", written.to, &stream->to) || !check_ends(reader, at, &written))
        return;
    if (scenario->duration_ns && stream->start_ns > scenario->duration_ns)
        reader_refuse(reader, tree_find(at, "start"), "the run is over before this stream begins");
    stream->bytes = written.bytes.most;
    stream->window = (uint32_t)written.window.most;
    scenario->streams[scenario->stream_count++] = *stream;
}

void scenario_read_streams(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    struct scenario *scenario = target;
    uint32_t count = count_of(value);
    (void)field;
    if (tree_is_null(value) || count == 0)
        return;
    if (count > STREAMS_MAX) {
        reader_refuse(reader, value, "there are more than %d streams", STREAMS_MAX);
        return;
    }
    scenario->streams = reader_alloc(reader, count, sizeof *scenario->streams);
    for (uint32_t i = 0; scenario->streams && i < count; i++) {
        size_t mark_at = value->kind == TREE_LIST ? reader_enter_item(reader, i)
                                                  : reader->path_size;
        read_item(reader, item_of(value, i));
        reader_leave(reader, mark_at);
    }
}

const struct scenario_stream *scenario_stream_between(const struct scenario *scenario, uint32_t a,
                                                      uint32_t b) {
    for (uint32_t i = 0; i < scenario->stream_count; i++) {
        const struct scenario_stream *stream = &scenario->streams[i];
        if ((stream->from == a && stream->to == b) || (stream->from == b && stream->to == a))
            return stream;
    }
    return NULL;
}
