/* `faces`: real faces of virtual nodes. What an address means is for the face itself to say, when
 * it is opened. */
#include "scenario_reader.h"

#include <stdlib.h>
#include <string.h>

/* An item as it is written. */
struct written_face {
    const struct tree *node;
    const struct tree *addresses[4]; /* by kind */
};

static const char *const kinds[] = {"mc", "udp", "listen", "kiss"};

enum { KINDS = sizeof kinds / sizeof *kinds };

static const struct field face_fields[] = {
    {"node", reader_later, offsetof(struct written_face, node), .required = true,
     .example = "nodeA"},
    {"mc", reader_later, offsetof(struct written_face, addresses[0]), .example = "224.1.1.1/5000"},
    {"udp", reader_later, offsetof(struct written_face, addresses[1]),
     .example = "192.168.4.1/5001"},
    {"listen", reader_later, offsetof(struct written_face, addresses[2]), .example = "5001"},
    {"kiss", reader_later, offsetof(struct written_face, addresses[3]), .example = "/dev/pts/3"},
};

enum { FACE_FIELDS = sizeof face_fields / sizeof *face_fields };

static void read_face(struct reader *reader, const struct tree *item, struct scenario_face *face) {
    struct written_face written = {0};
    uint32_t seen = reader_map(reader, item, face_fields, FACE_FIELDS, &written);
    uint32_t of_kinds = seen >> 1;
    if (seen & 1)
        (void)names_one(reader, written.node, &face->node);
    if (!of_kinds || of_kinds & (of_kinds - 1)) {
        reader_refuse(reader, item, "one of mc, udp, listen or kiss is due (such as %s: %s)",
                      face_fields[1].key, face_fields[1].example);
        return;
    }
    uint32_t kind = 0;
    while (of_kinds >> kind != 1)
        kind++;
    const char *text = reader_text(reader, &face_fields[1 + kind], written.addresses[kind],
                                   "an address");
    if (!text)
        return;
    face->kind = kinds[kind];
    face->address = arena_text(&reader->scenario->arena, text, strlen(text));
    if (!face->address)
        problems_no_memory(reader->problems);
}

/* Few, and in the order of the file within a node: inserted one by one. */
static void insert(struct scenario *scenario, struct scenario_face face) {
    uint32_t at = scenario->face_count++;
    for (; at > 0 && scenario->faces[at - 1].node > face.node; at--)
        scenario->faces[at] = scenario->faces[at - 1];
    scenario->faces[at] = face;
}

void scenario_read_faces(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    struct scenario *scenario = target;
    if (!reader_list(reader, value, field->example) || value->count == 0)
        return;
    if (value->count > SCENARIO_FACES_MAX) {
        reader_refuse(reader, value, "there are more than %d faces", SCENARIO_FACES_MAX);
        return;
    }
    scenario->faces = reader_alloc(reader, value->count, sizeof *scenario->faces);
    if (!scenario->faces)
        return;
    for (uint32_t i = 0; i < value->count; i++) {
        struct scenario_face face = {.kind = "", .address = ""};
        size_t mark = reader_enter_item(reader, i);
        read_face(reader, value->children[i].value, &face);
        insert(scenario, face);
        reader_leave(reader, mark);
    }
}
