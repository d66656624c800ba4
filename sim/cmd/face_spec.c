/* Reads "kiss:/dev/ttyUSB0,pace=500ms": a kind, an address, options. What an address may be, only
 * the kind of face knows. */
#include "face_spec.h"

#include <stdio.h>
#include <string.h>

#include "sim/scenario/units.h"

bool face_spec_duration(const char *text, uint64_t *ns) {
    *ns = 0;
    return strcmp(text, "0") == 0 || units_duration(text, ns) == UNITS_OK;
}

static bool read_pace(const char *value, struct tssb_face_options *options) {
    return face_spec_duration(value, &options->pace_ns);
}

static bool read_answers(const char *value, struct tssb_face_options *options) {
    return command_number(value, UINT32_MAX, &options->answer_bytes_per_s) &&
           options->answer_bytes_per_s > 0;
}

static bool read_small(const char *value, uint32_t *number) {
    uint64_t wide;
    if (!command_number(value, 65536, &wide) || wide == 0)
        return false;
    *number = (uint32_t)wide;
    return true;
}

static bool read_queue(const char *value, struct tssb_face_options *options) {
    return read_small(value, &options->queue_packets);
}

static bool read_baud(const char *value, struct tssb_face_options *options) {
    uint64_t wide;
    if (!command_number(value, UINT32_MAX, &wide) || wide == 0)
        return false;
    options->baud = (uint32_t)wide;
    return true;
}

static bool read_interface(const char *value, struct tssb_face_options *options) {
    options->multicast_interface = value;
    return *value != 0;
}

static const struct face_option {
    const char *name, *takes;
    bool (*read)(const char *value, struct tssb_face_options *options);
} face_options[] = {
    {"pace", "a time such as 500ms", read_pace},
    {"answers", "bytes a second, a whole number from 1", read_answers},
    {"queue", "a number of packets from 1 to 65536", read_queue},
    {"baud", "a baud rate such as 115200", read_baud},
    {"if", "a network interface's name or address", read_interface},
};

enum { FACE_OPTIONS = sizeof face_options / sizeof *face_options };

static const struct face_option *find_option(const char *name, size_t size) {
    for (int i = 0; i < FACE_OPTIONS; i++)
        if (strlen(face_options[i].name) == size && memcmp(face_options[i].name, name, size) == 0)
            return &face_options[i];
    return NULL;
}

/* Reads NAME=VALUE. */
static int read_option(struct face_spec *spec, const struct command *command, const char *text) {
    const char *equals = strchr(text, '=');
    size_t size = equals ? (size_t)(equals - text) : strlen(text);
    const struct face_option *option = find_option(text, size);
    if (!option || !equals)
        return command_misused(
            command, "%s: unknown option '%s' of a face: pace, answers, queue, baud or if, and =",
            spec->address, text);
    if (!option->read(equals + 1, &spec->options))
        return command_misused(command, "%s: %s takes %s, not '%s'", spec->address, option->name,
                               option->takes, equals + 1);
    return 0;
}

static int read_kind(struct face_spec *spec, const struct command *command, char **text) {
    char *colon = strchr(*text, ':');
    if (!colon)
        return command_misused(command, "'%s' is not KIND:ADDRESS, such as mc:224.1.1.1/5000",
                               *text);
    *colon = 0;
    spec->kind = *text;
    *text = colon + 1;
    size_t count = 0;
    while (tssb_face_kinds[count])
        if (strcmp(tssb_face_kinds[count++], spec->kind) == 0)
            return 0;
    return command_misused(command, "there is no kind of face '%s': it is mc, udp, listen or kiss",
                           spec->kind);
}

/* One group on two interfaces is two faces. */
static bool same_face(const struct face_spec *a, const struct face_spec *b) {
    const char *a_interface = a->options.multicast_interface;
    const char *b_interface = b->options.multicast_interface;
    return strcmp(a->kind, b->kind) == 0 && strcmp(a->address, b->address) == 0 &&
           (!a_interface || !b_interface || strcmp(a_interface, b_interface) == 0);
}

int face_specs_add(struct face_specs *specs, const struct command *command, const char *kind,
                   const char *text) {
    if (specs->count == FACE_SPECS_MAX)
        return command_misused(command, "more than %d faces", FACE_SPECS_MAX);
    struct face_spec *spec = &specs->items[specs->count];
    *spec = (struct face_spec){.kind = kind, .options = tssb_face_defaults};
    int size = snprintf(spec->text, sizeof spec->text, "%s", text);
    if (size < 0 || (size_t)size >= sizeof spec->text)
        return command_misused(command, "'%s' is too long for a face", text);
    char *rest = spec->text;
    int error = kind ? 0 : read_kind(spec, command, &rest);
    spec->address = rest;
    char *comma = strchr(rest, ',');
    while (!error && comma) {
        *comma = 0;
        char *option = comma + 1;
        comma = strchr(option, ',');
        if (comma)
            *comma = 0;
        error = read_option(spec, command, option);
    }
    for (size_t i = 0; i < specs->count && !error; i++)
        if (same_face(&specs->items[i], spec))
            error = command_misused(command, "%s %s is there twice", spec->kind, spec->address);
    specs->count += !error;
    return error;
}

int face_specs_default(struct face_specs *specs, const struct command *command, const char *name,
                       const char *value) {
    const struct face_option *option = find_option(name, strlen(name));
    struct tssb_face_options all = tssb_face_defaults;
    if (!option->read(value, &all))
        return command_misused(command, "--%s takes %s, not '%s'", name, option->takes, value);
    for (size_t i = 0; i < specs->count; i++) {
        struct tssb_face_options *own = &specs->items[i].options;
        if (own->pace_ns == TSSB_FACE_USUAL)
            own->pace_ns = all.pace_ns;
        if (own->answer_bytes_per_s == 0)
            own->answer_bytes_per_s = all.answer_bytes_per_s;
        if (!own->multicast_interface)
            own->multicast_interface = all.multicast_interface;
    }
    return 0;
}
