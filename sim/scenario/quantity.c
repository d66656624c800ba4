/* One message for each way in which a quantity can be wrong. */
#include "quantity.h"

#include <string.h>

static const struct quantity duration = {
    .name = "duration",
    .units = "ns, us, ms, s, min, h",
    .examples = "5 ms, 1.5 s",
    .hints = {"ms", "s"},
    .smallest = "nanoseconds",
    .too_large = "too long (the longest is 1281023 h)",
};

static const struct quantity length = {
    .name = "length",
    .units = "mm, cm, m, km",
    .examples = "100 m, 1.5 km",
    .hints = {"m", "km"},
    .smallest = "millimetres",
    .too_large = "too far (at most 1000 km)",
};

static const struct quantity speed = {
    .name = "speed",
    .units = "mm/s, m/s, km/h",
    .examples = "1.5 m/s, 50 km/h",
    .hints = {"m/s", "km/h"},
    .smallest = "millimetres per second",
    .too_large = "too fast (at most 10000 m/s)",
};

static const struct quantity rate = {
    .name = "rate",
    .units = "bit/s, kbit/s, Mbit/s, Gbit/s",
    .examples = "100 kbit/s, 1 Mbit/s",
    .hints = {"kbit/s", "Mbit/s"},
    .smallest = "bits a second",
    .too_large = "too fast (at most 1000 Gbit/s)",
};

static const struct quantity content_size = {
    .name = "size",
    .units = "B, kB, MB",
    .examples = "2 kB, 48 B",
    .hints = {"B", "kB"},
    .smallest = "bytes",
    .too_large = "too large (at most 10 MB)",
};

static const struct quantity frequency = {
    .name = "frequency",
    .units = "Hz, kHz, MHz, GHz",
    .examples = "867.5 MHz, 125 kHz",
    .hints = {"kHz", "MHz"},
    .smallest = "hertz",
    .too_large = "too high (at most 4 GHz)",
};

static const struct quantity decibel = {
    .name = "level",
    .units = "dB",
    .examples = "6 dB, 127.41 dB",
    .hints = {"dB", "dB"},
    .smallest = "hundredths of a decibel",
    .too_large = "too much (at most 1000 dB)",
};

static const struct quantity dbm = {
    .name = "power",
    .units = "dBm",
    .examples = "14 dBm, -2 dBm",
    .hints = {"dBm", "dBm"},
    .smallest = "hundredths of a dBm",
    .too_large = "out of range (from -1000 dBm to 1000 dBm)",
};

static const struct quantity thousandths = {
    .name = "number",
    .units = "none",
    .examples = "2.32, 3",
    .hints = {"", ""},
    .smallest = "thousandths",
    .too_large = "too large (at most 1000000)",
};

void quantity_refuse(struct reader *reader, const struct tree *value, enum units_result result,
                     const struct quantity *quantity) {
    struct shown shown = problems_show(value->text);
    switch (result) {
    case UNITS_OK:
        break;
    case UNITS_NEGATIVE:
        reader_refuse(reader, value, "'%s' is negative", shown.text);
        break;
    case UNITS_NO_UNIT:
        if (strcmp(quantity->hints[0], quantity->hints[1]) == 0)
            reader_refuse(reader, value, "'%s' has no unit (write %s %s)", shown.text, shown.text,
                          quantity->hints[0]);
        else
            reader_refuse(reader, value, "'%s' has no unit (write %s %s, %s %s, ...)", shown.text,
                          shown.text, quantity->hints[0], shown.text, quantity->hints[1]);
        break;
    case UNITS_UNKNOWN_UNIT:
        reader_refuse(reader, value, "'%s' has an unknown unit (known: %s)", shown.text,
                      quantity->units);
        break;
    case UNITS_TOO_FINE:
        reader_refuse(reader, value, "'%s' is no whole number of %s", shown.text,
                      quantity->smallest);
        break;
    case UNITS_TOO_LARGE:
        reader_refuse(reader, value, "'%s' is %s", shown.text, quantity->too_large);
        break;
    default:
        reader_refuse(reader, value, "'%s' is no %s (write %s, ...)", shown.text, quantity->name,
                      quantity->examples);
    }
}

void reader_duration(struct reader *reader, const struct field *field, const struct tree *value,
                     void *target) {
    const char *text = reader_text(reader, field, value, "a duration");
    if (!text)
        return;
    uint64_t ns;
    char least[UNITS_TEXT_SIZE];
    enum units_result result = units_duration(text, &ns);
    if (result != UNITS_OK)
        quantity_refuse(reader, value, result, &duration);
    else if (ns < field->min)
        reader_refuse(reader, value, "'%s' is too short (at least %s)", problems_show(text).text,
                      units_duration_text(field->min, least));
    else
        *(uint64_t *)target = ns;
}

void reader_length(struct reader *reader, const struct field *field, const struct tree *value,
                   void *target) {
    const char *text = reader_text(reader, field, value, "a length");
    if (!text)
        return;
    uint64_t mm;
    char least[UNITS_TEXT_SIZE];
    enum units_result result = units_length(text, &mm);
    if (result != UNITS_OK)
        quantity_refuse(reader, value, result, &length);
    else if (mm < field->min)
        reader_refuse(reader, value, "'%s' is too short (at least %s)", problems_show(text).text,
                      units_length_text((int64_t)field->min, least));
    else
        *(uint64_t *)target = mm;
}

void reader_coordinate(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    const char *text = reader_text(reader, field, value, "a length");
    enum units_result result = text ? units_coordinate(text, target) : UNITS_OK;
    if (result != UNITS_OK)
        quantity_refuse(reader, value, result, &length);
}

void reader_speed(struct reader *reader, const struct field *field, const struct tree *value,
                  void *target) {
    const char *text = reader_text(reader, field, value, "a speed");
    if (!text)
        return;
    uint64_t mm_s;
    char least[UNITS_TEXT_SIZE];
    enum units_result result = units_speed(text, &mm_s);
    if (result != UNITS_OK)
        quantity_refuse(reader, value, result, &speed);
    else if (mm_s < field->min)
        reader_refuse(reader, value, "'%s' is too slow (at least %s)", problems_show(text).text,
                      units_speed_text(field->min, least));
    else
        *(uint64_t *)target = mm_s;
}

void reader_rate(struct reader *reader, const struct field *field, const struct tree *value,
                 void *target) {
    const char *text = reader_text(reader, field, value, "a rate");
    uint64_t bit_s = 0;
    enum units_result result = text ? units_rate(text, &bit_s) : UNITS_OK;
    quantity_refuse(reader, value, result, &rate);
    if (text && result == UNITS_OK && bit_s == 0)
        reader_refuse(reader, value,
                      "nothing ever gets through at this rate (loss: 100 %% says so)");
    else if (text && result == UNITS_OK)
        *(uint64_t *)target = bit_s;
}

void reader_frequency(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    const char *text = reader_text(reader, field, value, "a frequency");
    uint64_t hz = 0;
    enum units_result result = text ? units_frequency(text, &hz) : UNITS_OK;
    if (result == UNITS_OK && hz > UINT32_MAX)
        result = UNITS_TOO_LARGE;
    quantity_refuse(reader, value, result, &frequency);
    if (text && result == UNITS_OK)
        *(uint32_t *)target = (uint32_t)hz;
}

void reader_decibel(struct reader *reader, const struct field *field, const struct tree *value,
                    void *target) {
    const char *text = reader_text(reader, field, value, "a level");
    if (text)
        quantity_refuse(reader, value, units_decibel(text, target), &decibel);
}

void reader_dbm(struct reader *reader, const struct field *field, const struct tree *value,
                void *target) {
    const char *text = reader_text(reader, field, value, "a power");
    if (text)
        quantity_refuse(reader, value, units_dbm(text, target), &dbm);
}

void reader_thousandths(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    const char *text = reader_text(reader, field, value, "a number");
    if (text)
        quantity_refuse(reader, value, units_thousandths(text, target), &thousandths);
}

static bool read_bytes(struct reader *reader, const struct field *field, const struct tree *value,
                       uint64_t *bytes) {
    const char *text = reader_text(reader, field, value, "a size");
    if (!text)
        return false;
    enum units_result result = units_bytes(text, bytes);
    if (result == UNITS_OK && *bytes > CONTENT_SIZE_MAX)
        result = UNITS_TOO_LARGE;
    quantity_refuse(reader, value, result, &content_size);
    if (result == UNITS_OK && *bytes == 0)
        reader_refuse(reader, value, "there is no entry without content (at least 1 B)");
    return result == UNITS_OK && *bytes > 0;
}

void reader_content_size(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    const struct tree *low = value, *high = value;
    struct content_size read = {0};
    if (value->kind == TREE_LIST) {
        if (value->count != 2) {
            reader_refuse(reader, value, "a range is of two sizes (such as [100 B, 2 kB])");
            return;
        }
        low = value->children[0].value;
        high = value->children[1].value;
    }
    if (!read_bytes(reader, field, low, &read.least))
        return;
    read.most = read.least;
    if (high != low && !read_bytes(reader, field, high, &read.most))
        return;
    if (read.most < read.least)
        reader_refuse(reader, value, "this range ends before it begins");
    else
        *(struct content_size *)target = read;
}

void reader_duration_range(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    uint64_t *range_ns = target, most_ns;
    if (value->kind != TREE_LIST) {
        reader_duration(reader, field, value, &range_ns[0]);
        range_ns[1] = 0;
        return;
    }
    if (value->count != 2) {
        reader_refuse(reader, value, "a range is of two durations (such as [500 ms, 550 ms])");
        return;
    }
    range_ns[0] = most_ns = 0;
    reader_duration(reader, field, value->children[0].value, &range_ns[0]);
    reader_duration(reader, field, value->children[1].value, &most_ns);
    if (most_ns && most_ns < range_ns[0])
        reader_refuse(reader, value, "this range ends before it begins");
    else
        range_ns[1] = most_ns - range_ns[0];
}
