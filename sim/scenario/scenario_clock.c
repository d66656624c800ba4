/* `clock`: how far a node's own clock is off, and how fast it gets there. Both may be negative, and
 * each a list of two bounds between which every node draws. */
#include "scenario_reader.h"

#include "units.h"

/* What can be wrong with a quantity that may be negative, in words. */
struct quantity {
    enum units_result (*read)(const char *text, int64_t *value);
    const char *what, *units, *unit, *examples, *finest, *limit;
};

static enum units_result read_drift_ppb(const char *text, int64_t *ppb) {
    return units_drift(text, CLOCK_DRIFT_MAX_PPB, ppb);
}

static enum units_result read_offset_ns(const char *text, int64_t *ns) {
    return units_offset(text, CLOCK_OFFSET_MAX_NS, ns);
}

static const struct quantity drift = {
    .read = read_drift_ppb,
    .what = "a drift",
    .units = "ppm",
    .unit = "ppm",
    .examples = "50 ppm, -0.5 ppm, ...",
    .finest = "0.001 ppm",
    .limit = "below 100000 ppm",
};

static const struct quantity offset = {
    .read = read_offset_ns,
    .what = "an offset",
    .units = "ns, us, ms, s, min, h",
    .unit = "s",
    .examples = "5 ms, -1.5 s, ...",
    .finest = "1 ns",
    .limit = "at most 24 h",
};

static bool read_value(struct reader *reader, const struct quantity *quantity,
                       const struct field *field, const struct tree *value, int64_t *target) {
    const char *text = reader_text(reader, field, value, quantity->what);
    if (!text)
        return false;
    struct shown shown = problems_show(text);
    enum units_result result = quantity->read(text, target);
    switch (result) {
    case UNITS_OK:
        break;
    case UNITS_NO_UNIT:
        reader_refuse(reader, value, "'%s' has no unit (write %s %s)", shown.text, shown.text,
                      quantity->unit);
        break;
    case UNITS_UNKNOWN_UNIT:
        reader_refuse(reader, value, "'%s' has an unknown unit (known: %s)", shown.text,
                      quantity->units);
        break;
    case UNITS_TOO_FINE:
        reader_refuse(reader, value, "'%s' is no whole number of %s", shown.text, quantity->finest);
        break;
    case UNITS_TOO_LARGE:
        reader_refuse(reader, value, "'%s' is too much (%s is %s, either way)", shown.text,
                      quantity->what, quantity->limit);
        break;
    default:
        reader_refuse(reader, value, "'%s' is not %s (write %s)", shown.text, quantity->what,
                      quantity->examples);
    }
    return result == UNITS_OK;
}

static void read_range(struct reader *reader, const struct quantity *quantity,
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
