/* `clock`: how far a node's own clock is off, and how fast it gets there. Both may be negative, and
 * each a list of two bounds between which every node draws. */
#include "quantity.h"

/* A quantity that may be negative. */
struct signed_quantity {
    struct quantity words;
    enum units_result (*read)(const char *text, int64_t *value);
};

static enum units_result read_drift_ppb(const char *text, int64_t *ppb) {
    return units_drift(text, CLOCK_DRIFT_MAX_PPB, ppb);
}

static enum units_result read_offset_ns(const char *text, int64_t *ns) {
    return units_offset(text, CLOCK_OFFSET_MAX_NS, ns);
}

static const struct signed_quantity drift = {
    .words = {.name = "drift",
              .units = "ppm",
              .examples = "50 ppm, -0.5 ppm",
              .hints = {"ppm", "ppm"},
              .smallest = "thousandths of a ppm",
              .too_large = "too much (below 100000 ppm either way)"},
    .read = read_drift_ppb,
};

static const struct signed_quantity offset = {
    .words = {.name = "offset",
              .units = "ns, us, ms, s, min, h",
              .examples = "5 ms, -1.5 s",
              .hints = {"ms", "s"},
              .smallest = "nanoseconds",
              .too_large = "too much (at most 24 h either way)"},
    .read = read_offset_ns,
};

static bool read_value(struct reader *reader, const struct signed_quantity *quantity,
                       const struct field *field, const struct tree *value, int64_t *target) {
    const char *text = reader_text(reader, field, value, "a quantity");
    if (!text)
        return false;
    enum units_result result = quantity->read(text, target);
    quantity_refuse(reader, value, result, &quantity->words);
    return result == UNITS_OK;
}

static void read_range(struct reader *reader, const struct signed_quantity *quantity,
                       const struct field *field, const struct tree *value,
                       struct clock_range *range) {
    struct clock_range read = {0};
    const struct tree *low = value, *high = value;
    if (value->kind == TREE_LIST) {
        if (value->count != 2) {
            reader_refuse(reader, value, "a range is of two bounds (such as %s)", field->example);
            return;
        }
        low = value->children[0].value;
        high = value->children[1].value;
    }
    if (!read_value(reader, quantity, field, low, &read.low))
        return;
    read.high = read.low;
    if (high != low && !read_value(reader, quantity, field, high, &read.high))
        return;
    if (read.low > read.high)
        reader_refuse(reader, value, "the lower bound comes first (such as %s)", field->example);
    else
        *range = read;
}

static void read_drift(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    read_range(reader, &drift, field, value, target);
}

static void read_offset(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    read_range(reader, &offset, field, value, target);
}

static const struct field clock_fields[] = {
    {"drift", read_drift, offsetof(struct clock_settings, drift_ppb),
     .example = "[-50 ppm, 50 ppm]"},
    {"offset", read_offset, offsetof(struct clock_settings, offset_ns), .example = "[-1 s, 1 s]"},
};

void scenario_read_clock(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    struct clock_settings *clock = target;
    (void)field;
    uint32_t seen = reader_map(reader, value, clock_fields,
                               sizeof clock_fields / sizeof *clock_fields, clock);
    if (!seen && (value->kind == TREE_MAP || tree_is_null(value)))
        reader_refuse(reader, value, "'drift' or 'offset' is missing (such as drift: 50 ppm)");
    clock->own = true;
}
