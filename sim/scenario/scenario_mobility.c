/* `mobility`: a movement trace, which is a file of its own. */
#include "scenario_reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "attachment.h"

/* As it is written. */
struct written_mobility {
    const struct tree *trace, *nodes, *sha256;
};

static const struct field mobility_fields[] = {
    {"trace", reader_later, offsetof(struct written_mobility, trace), .required = true,
     .example = "village.tcl"},
    {"nodes", reader_later, offsetof(struct written_mobility, nodes), .example = "[nodeA, nodeB]"},
    {"sha256", reader_later, offsetof(struct written_mobility, sha256), .example = "9f86d0..."},
};

/* Which nodes the trace means: all, or those that are named, in this order. */
static bool choose_nodes(struct reader *reader, const struct tree *names,
                         struct mobility_trace *trace, uint32_t *count) {
    struct ranges ranges = {0};
    struct range all = {.count = reader->scenario->node_count};
    if (!names)
        ranges = (struct ranges){&all, 1, 1};
    else if (!names_read(reader, names, &ranges) || !names_distinct(reader, &ranges, "this list"))
        return false;
    *count = 0;
    for (uint32_t i = 0; i < ranges.count; i++)
        *count += ranges.list[i].count;
    trace->nodes = reader_alloc(reader, *count, sizeof *trace->nodes);
    trace->index_of = reader_alloc(reader, reader->scenario->node_count, sizeof *trace->index_of);
    if (!trace->nodes || !trace->index_of)
        return false;
    memset(trace->index_of, 0xff, reader->scenario->node_count * sizeof *trace->index_of);
    uint32_t index = 0;
    for (uint32_t i = 0; i < ranges.count; i++)
        for (uint32_t k = 0; k < ranges.list[i].count; k++) {
            trace->nodes[index] = ranges.list[i].first + k;
            trace->index_of[ranges.list[i].first + k] = index++;
        }
    return true;
}

/* A node is moved by one of the two, from a place that is known. */
static void check_nodes(struct reader *reader, const struct source *source,
                        const struct mobility_trace *trace) {
    const struct ns2_trace *movements = &trace->movements;
    struct place place = {.source = source};
    for (uint32_t i = 0; i < movements->node_count; i++) {
        const struct node_group *group = scenario_group(reader->scenario, trace->nodes[i]);
        bool moves = movements->first[i] < movements->first[i + 1];
        if ((moves || movements->placed[i]) && group->move.kind != MOVE_NONE)
            problems_add(reader->problems, place,
                         "node_(%" PRIu32 ") is of '%s', which has a 'move' of its own", i,
                         group->name);
        else if (moves && !movements->placed[i] && group->position.kind == POSITION_NONE)
            problems_add(reader->problems, place,
                         "node_(%" PRIu32 ") moves, but nothing says where it begins (such as "
                         "$node_(%" PRIu32 ") set X_ 83.3)",
                         i, i);
    }
}

static void load_trace(struct reader *reader, const struct written_mobility *written,
                       struct mobility_trace *trace) {
    uint32_t node_count;
    struct attachment file;
    if (!choose_nodes(reader, written->nodes, trace, &node_count))
        return;
    size_t mark = reader_enter(reader, "trace");
    bool read = attachment_read(reader, written->trace, written->sha256, NS2_BYTES_MAX, &file);
    reader_leave(reader, mark);
    if (!read)
        return;
    if (ns2_trace_parse(&trace->movements, &reader->scenario->arena, file.source, file.bytes,
                        file.size, node_count, reader->problems) == 0)
        check_nodes(reader, file.source, trace);
    free(file.bytes);
    trace->attachment = reader->scenario->attachment_count - 1;
    trace->path = reader->scenario->attachments[trace->attachment].path;
}

void scenario_read_mobility(struct reader *reader, const struct field *field,
                            const struct tree *value, void *target) {
    struct scenario *scenario = target;
    struct written_mobility written = {.trace = NULL};
    (void)field;
    uint32_t seen = reader_map(reader, value, mobility_fields,
                               sizeof mobility_fields / sizeof *mobility_fields, &written);
    if (seen & 1 && scenario->node_count)
        load_trace(reader, &written, &scenario->trace);
}

bool scenario_has_position(const struct scenario *scenario, uint32_t node) {
    const struct node_group *group = scenario_group(scenario, node);
    const struct mobility_trace *trace = &scenario->trace;
    if (group->position.kind != POSITION_NONE || move_places(&group->move))
        return true;
    return trace->path && trace->index_of[node] != UINT32_MAX &&
           trace->movements.placed[trace->index_of[node]];
}
