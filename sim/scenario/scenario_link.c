/* `link`: how a link, or a medium, treats packets; what changes with time, and what presets say. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "attachment.h"
#include "link_trace.h"
#include "quantity.h"

/* Links that are known by name. */
static const struct preset {
    const char *name;
    struct link_model model;
} presets[] = {
    /* A serial line at 115200 baud, ten bits a byte (8N1). */
    {"kiss-115200", {.delay_ns = 1, .rate_bit_s = 92160, .queue_packets = 64}},
    /* Bluetooth Low Energy at 1 Mbit/s: a PDU with a packet of 120 bytes takes 1.1 ms, the
     * interframe spaces and the empty PDU that acknowledges it 0.38 ms more (Core
     * Specification 5.0, volume 6, part B); it leaves at a connection event, every 30 ms, so 15 ms
     * later on average. */
    {"ble", {.delay_ns = 15000000, .rate_bit_s = 650000, .queue_packets = 64}},
};

enum { PRESETS = sizeof presets / sizeof *presets };

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

/* 1 ms, or {normal: 1 ms}. */
static void read_jitter(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    static const struct field shapes[] = {
        [JITTER_UNIFORM] = {"uniform", reader_duration, 0, .example = "5 ms"},
        [JITTER_NORMAL] = {"normal", reader_duration, 0, .example = "5 ms"},
        [JITTER_PARETO] = {"pareto", reader_duration, 0, .example = "5 ms"},
    };
    struct link_model *link = target;
    if (value->kind != TREE_MAP) {
        reader_duration(reader, field, value, &link->jitter_ns);
        link->jitter_shape = JITTER_UNIFORM;
        return;
    }
    uint32_t seen = reader_map(reader, value, shapes, JITTER_SHAPES, &link->jitter_ns);
    if (!seen || seen & (seen - 1))
        reader_refuse(reader, value,
                      "one of uniform, normal, pareto is due (such as {normal: 1 ms})");
    else
        link->jitter_shape = (uint8_t)__builtin_ctz(seen);
}

/* Loss as it is written: by its mean and the mean length of bursts, or by the chain's parameters.
 */
struct written_loss {
    struct loss_model chain;
    uint32_t mean_ppb, burst;
};

enum { LOSS_MEAN = 1, LOSS_BURST = 2, LOSS_CHAIN = 4 + 8 + 16 + 32, LOSS_MOVES = 4 + 8 };

static const struct field loss_fields[] = {
    {"mean", reader_probability, offsetof(struct written_loss, mean_ppb), .example = "10 %"},
    {"burst", reader_u32, offsetof(struct written_loss, burst), .min = 1, .max = 1000000,
     .example = "5"},
    {"worsens", reader_probability, offsetof(struct written_loss, chain.worsens_ppb),
     .example = "1 %"},
    {"recovers", reader_probability, offsetof(struct written_loss, chain.recovers_ppb),
     .example = "20 %"},
    {"good", reader_probability, offsetof(struct written_loss, chain.good_ppb), .example = "0 %"},
    {"bad", reader_probability, offsetof(struct written_loss, chain.bad_ppb), .example = "100 %"},
};

/* Bursts that lose all, as often as gives the mean: a share of mean / (1 - mean) of bad to good. */
static bool chain_of_bursts(const struct written_loss *written, struct loss_model *chain) {
    uint64_t recovers = PPB / written->burst, rest = PPB - written->mean_ppb;
    uint64_t worsens = (recovers * written->mean_ppb + rest / 2) / rest;
    *chain = (struct loss_model){
        .bad_ppb = PPB, .worsens_ppb = (uint32_t)worsens, .recovers_ppb = (uint32_t)recovers};
    return worsens <= PPB;
}

/* Bursts of this length have one packet between them. */
static uint32_t shortest_burst(uint32_t mean_ppb) {
    uint32_t rest = PPB - mean_ppb;
    return mean_ppb / rest + (mean_ppb % rest != 0);
}

static void read_loss(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    struct loss_model *loss = target;
    struct written_loss written = {.chain = {.bad_ppb = PPB}};
    if (value->kind != TREE_MAP) {
        uint32_t ppb = 0;
        reader_probability(reader, field, value, &ppb);
        *loss = (struct loss_model){.good_ppb = ppb};
        return;
    }
    uint32_t seen = reader_map(reader, value, loss_fields, sizeof loss_fields / sizeof *loss_fields,
                               &written);
    bool bursts = (seen & (LOSS_MEAN | LOSS_BURST)) == (LOSS_MEAN | LOSS_BURST);
    bool chain = (seen & LOSS_MOVES) == LOSS_MOVES;
    if (bursts == chain || (bursts && seen & LOSS_CHAIN) ||
        (chain && seen & (LOSS_MEAN | LOSS_BURST)))
        reader_refuse(reader, value,
                      "mean and burst are due, or worsens and recovers (such as {mean: 10 %%, "
                      "burst: 5} or {worsens: 1 %%, recovers: 20 %%, good: 0 %%, bad: 100 %%})");
    else if (chain)
        *loss = written.chain;
    else if (written.mean_ppb == PPB)
        reader_refuse(reader, value, "bursts leave something in between (write loss: 100 %%)");
    else if (written.burst && !chain_of_bursts(&written, loss))
        reader_refuse(reader, value,
                      "bursts of %" PRIu32 " cannot lose as much as that: they follow each other "
                      "after one packet at least (write burst: %" PRIu32 ")",
                      written.burst, shortest_burst(written.mean_ppb));
}

static void read_pace(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    struct link_model *link = target;
    uint64_t range_ns[2] = {link->pace_ns, link->pace_jitter_ns};
    reader_duration_range(reader, field, value, range_ns);
    link->pace_ns = range_ns[0];
    link->pace_jitter_ns = range_ns[1];
}

/* The name was read before the other fields, which it gives their values. */
static void pass_over(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    (void)reader;
    (void)field;
    (void)value;
    (void)target;
}

/* Where a key may stand. */
enum { IN_LINK = 1, IN_EDGE = 2, IN_BACK = 4, IN_PHASE = 8, IN_CHANGE = 16, ANYWHERE = 31 };

static const struct link_field {
    struct field field;
    unsigned where;
} link_fields[] = {
    /* In the order of the LINK_ bits. */
    {{"delay", reader_duration, offsetof(struct written_link, model.delay_ns), .min = 1,
      .example = "5 ms"},
     ANYWHERE},
    {{"jitter", read_jitter, offsetof(struct written_link, model), .example = "1 ms"}, ANYWHERE},
    {{"loss", read_loss, offsetof(struct written_link, model.loss), .example = "10 %"}, ANYWHERE},
    {{"drop", read_drops, offsetof(struct written_link, model), .example = "[3, 5]"}, ANYWHERE},
    {{"duplicate", reader_probability, offsetof(struct written_link, model.duplicate_ppb),
      .example = "1 %"},
     ANYWHERE},
    {{"bit_errors", reader_probability, offsetof(struct written_link, model.bit_error_ppb),
      .example = "0.001 %"},
     ANYWHERE},
    {{"rate", reader_rate, offsetof(struct written_link, model.rate_bit_s),
      .example = "100 kbit/s"},
     ANYWHERE},
    {{"queue", reader_u32, offsetof(struct written_link, model.queue_packets), .max = 1000000,
      .example = "64"},
     ANYWHERE},
    {{"pace", read_pace, offsetof(struct written_link, model), .example = "500 ms"}, ANYWHERE},
    /* And what else there is. */
    {{"preset", pass_over, 0, .example = "kiss-115200"}, IN_LINK | IN_EDGE},
    {{"phases", reader_later, offsetof(struct written_link, phases),
      .example = "[{for: 20 s, loss: 50 %}, {for: 10 s}]"},
     IN_LINK | IN_EDGE | IN_BACK},
    {{"trace", reader_later, offsetof(struct written_link, trace), .example = "wifi.csv"},
     IN_LINK | IN_EDGE | IN_BACK},
    {{"back", reader_later, offsetof(struct written_link, back), .example = "{loss: 50 %}"},
     IN_LINK | IN_EDGE},
    {{"for", reader_duration, offsetof(struct written_link, for_ns), .min = 1, .required = true,
      .example = "20 s"},
     IN_PHASE},
    {{"between", reader_later, offsetof(struct written_link, between), .example = "[nodeA, nodeB]"},
     IN_EDGE | IN_CHANGE},
};

enum { LINK_FIELDS = sizeof link_fields / sizeof *link_fields };

/* Reads those of the keys that may stand here. Returns the LINK_ bits of those that do. */
static unsigned read_fields(struct reader *reader, const struct tree *map, unsigned where,
                            struct written_link *link) {
    struct field fields[LINK_FIELDS];
    size_t count = 0;
    for (size_t i = 0; i < LINK_FIELDS; i++)
        if (link_fields[i].where & where)
            fields[count++] = link_fields[i].field;
    return reader_map(reader, map, fields, count, link) & LINK_ALL;
}

static void take_preset(struct reader *reader, const struct tree *map, struct link_model *model) {
    const char *words[PRESETS + 1] = {NULL};
    const struct tree *name = tree_find(map, "preset");
    uint32_t choice;
    if (!name)
        return;
    for (size_t i = 0; i < PRESETS; i++)
        words[i] = presets[i].name;
    size_t mark = reader_enter(reader, "preset");
    if (reader_choice(reader, name, words, &choice))
        *model = presets[choice].model;
    reader_leave(reader, mark);
}

static void read_phases(struct reader *reader, const struct tree *list, struct link_model *model) {
    size_t mark = reader_enter(reader, "phases");
    struct link_profile *profile = reader_alloc(reader, 1, sizeof *profile);
    struct link_phase *phases = NULL;
    if (reader_list(reader, list, "[{for: 20 s, loss: 50 %}, {for: 10 s}]") && list->count == 0)
        reader_refuse(reader, list, "there is no phase (such as [{for: 20 s, loss: 50 %%}])");
    if (list->kind == TREE_LIST && list->count)
        phases = reader_alloc(reader, list->count, sizeof *phases);
    for (uint32_t i = 0; profile && phases && i < list->count; i++) {
        struct written_link written = {.model = *model};
        size_t item = reader_enter_item(reader, i);
        unsigned changed = read_fields(reader, list->children[i].value, IN_PHASE, &written);
        reader_leave(reader, item);
        written.model.profile = NULL;
        phases[i] = (struct link_phase){profile->period_ns, changed, written.model};
        if (written.for_ns > UNITS_DURATION_MAX_NS - profile->period_ns)
            reader_refuse(reader, list, "the phases take too long in all");
        else
            profile->period_ns += written.for_ns;
        profile->count++;
    }
    if (profile && phases) {
        profile->phases = phases;
        model->profile = profile;
    }
    reader_leave(reader, mark);
}

/* A trace as it is written. */
struct written_trace {
    const struct tree *file, *sha256;
    bool repeat;
};

static const struct field trace_fields[] = {
    {"file", reader_later, offsetof(struct written_trace, file), .required = true,
     .example = "wifi.csv"},
    {"repeat", reader_bool, offsetof(struct written_trace, repeat), .example = "true"},
    {"sha256", reader_later, offsetof(struct written_trace, sha256), .example = "9f86d0..."},
};

/* A trace that repeats begins anew as long after its last line as that is after the one before it.
 */
static void repeat(struct reader *reader, const struct tree *value, struct link_profile *profile) {
    const struct link_phase *last = &profile->phases[profile->count - 1];
    if (profile->count > 1)
        profile->period_ns = 2 * last->from_ns - last[-1].from_ns;
    else
        reader_refuse(reader, value, "a trace of one line has nothing to repeat");
}

/* The name of a CSV file, or {file: F, repeat: true}. */
static void read_trace(struct reader *reader, const struct tree *value, struct link_model *model) {
    struct written_trace written = {.file = value};
    struct attachment file;
    size_t mark = reader_enter(reader, "trace");
    if (value->kind == TREE_MAP)
        reader_map(reader, value, trace_fields, sizeof trace_fields / sizeof *trace_fields,
                   &written);
    struct link_profile *profile = reader_alloc(reader, 1, sizeof *profile);
    if (profile && written.file->kind != TREE_MAP &&
        attachment_read(reader, written.file, written.sha256, LINK_TRACE_BYTES_MAX, &file)) {
        int status = link_trace_parse(profile, &reader->scenario->arena, file.source, file.bytes,
                                      file.size, reader->problems);
        free(file.bytes);
        profile->attachment = reader->scenario->attachment_count - 1;
        if (!status && written.repeat)
            repeat(reader, value, profile);
        model->profile = status ? NULL : profile;
    }
    reader_leave(reader, mark);
}

/* What changes with time. */
static void read_profile(struct reader *reader, const struct tree *map,
                         const struct written_link *written, struct link_model *model) {
    if (written->phases && written->trace)
        reader_refuse(reader, map, "a link follows its phases or a trace, not both");
    else if (written->phases)
        read_phases(reader, written->phases, model);
    else if (written->trace)
        read_trace(reader, written->trace, model);
}

/* The way back is as the way there but for what is written of it. */
static void read_back(struct reader *reader, const struct tree *map, struct link_model *back) {
    struct written_link written = {.model = *back};
    size_t mark = reader_enter(reader, "back");
    read_fields(reader, map, IN_BACK, &written);
    read_profile(reader, map, &written, &written.model);
    *back = written.model;
    reader_leave(reader, mark);
}

void scenario_read_link(struct reader *reader, const struct tree *map, const struct tree **between,
                        struct link_model *link, struct link_model *back) {
    struct written_link written = {.model = *link};
    take_preset(reader, map, &written.model);
    unsigned changed = read_fields(reader, map, between ? IN_EDGE : IN_LINK, &written);
    read_profile(reader, map, &written, &written.model);
    if (between && map->kind == TREE_MAP && !written.between)
        reader_refuse(reader, map, "'between' is missing (such as between: [nodeA, nodeB])");
    if (between)
        *between = written.between;
    *link = written.model;
    if (tree_find(map, "preset")) {
        *back = written.model;
    } else {
        link_override(back, link, changed);
        if (written.phases || written.trace)
            back->profile = link->profile;
    }
    if (written.back)
        read_back(reader, written.back, back);
}

unsigned scenario_read_link_change(struct reader *reader, const struct tree *map,
                                   struct written_link *link) {
    return read_fields(reader, map, IN_CHANGE, link);
}

/* As text. */

static void write_loss(FILE *out, const struct link_model *link) {
    char text[4][UNITS_TEXT_SIZE];
    if (link_has_chain(link))
        fprintf(out, "loss (worsens %s, recovers %s, good %s, bad %s)",
                units_probability_text(link->loss.worsens_ppb, text[0]),
                units_probability_text(link->loss.recovers_ppb, text[1]),
                units_probability_text(link->loss.good_ppb, text[2]),
                units_probability_text(link->loss.bad_ppb, text[3]));
    else
        fprintf(out, "loss %s", units_probability_text(link->loss.good_ppb, text[0]));
}

static void write_drops(FILE *out, const struct link_model *link) {
    fputs("drop [", out);
    for (uint32_t i = 0; i < link->drop_count; i++)
        fprintf(out, "%s%" PRIu32, i ? ", " : "", link->drops[i]);
    fputc(']', out);
}

const char *const scenario_jitter_words[] = {
    [JITTER_UNIFORM] = "uniform", [JITTER_NORMAL] = "normal", [JITTER_PARETO] = "pareto"};

static void write_field(FILE *out, const struct link_model *link, unsigned field) {
    char text[2][UNITS_TEXT_SIZE];
    switch (field) {
    case LINK_DELAY:
        fprintf(out, "delay %s", units_duration_text(link->delay_ns, text[0]));
        break;
    case LINK_JITTER:
        fprintf(out, "jitter %s%s%s", units_duration_text(link->jitter_ns, text[0]),
                link->jitter_shape == JITTER_UNIFORM ? "" : " ",
                link->jitter_shape == JITTER_UNIFORM ? ""
                                                     : scenario_jitter_words[link->jitter_shape]);
        break;
    case LINK_LOSS:
        write_loss(out, link);
        break;
    case LINK_DROP:
        write_drops(out, link);
        break;
    case LINK_DUPLICATE:
        fprintf(out, "duplicate %s", units_probability_text(link->duplicate_ppb, text[0]));
        break;
    case LINK_BIT_ERRORS:
        fprintf(out, "bit_errors %s", units_probability_text(link->bit_error_ppb, text[0]));
        break;
    case LINK_RATE:
        fprintf(out, "rate %s", units_rate_text(link->rate_bit_s, text[0]));
        break;
    case LINK_QUEUE:
        fprintf(out, "queue %" PRIu32, link->queue_packets);
        break;
    default:
        fprintf(out, "pace %s to %s", units_duration_text(link->pace_ns, text[0]),
                units_duration_text(link->pace_ns + link->pace_jitter_ns, text[1]));
    }
}

void scenario_write_link(FILE *out, const struct link_model *link, unsigned fields) {
    const char *comma = "";
    for (unsigned field = 1; field & LINK_ALL; field <<= 1) {
        if (!(fields & field))
            continue;
        fputs(comma, out);
        write_field(out, link, field);
        comma = ", ";
    }
}
