/* A quantity is a decimal number and a unit out of a table; the unit says how many of the smallest
 * it is worth. The fraction is kept as an integer over a power of ten, so that 0.1 s is 100 000 000
 * ns and nothing near it. */
#include "units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t worth;
};

static const struct unit durations[] = {
    {"ns", 1},         {"us", 1000},         {"ms", 1000000},
    {"s", 1000000000}, {"min", 60000000000}, {"h", 3600000000000},
    {NULL, 0},
};

static const struct unit probabilities[] = {{"%", 10000000}, {NULL, 0}};

static const struct unit rates[] = {
    {"bit/s", 1}, {"kbit/s", 1000}, {"Mbit/s", 1000000}, {"Gbit/s", 1000000000}, {NULL, 0},
};

static const struct unit sizes[] = {{"B", 1}, {"kB", 1000}, {"MB", 1000000}, {NULL, 0}};

static const struct unit frequencies[] = {
    {"Hz", 1}, {"kHz", 1000}, {"MHz", 1000000}, {"GHz", 1000000000}, {NULL, 0},
};

static const struct unit decibels[] = {{"dB", 100}, {NULL, 0}};
static const struct unit powers[] = {{"dBm", 100}, {NULL, 0}};
static const struct unit plain = {"", 1000};

static const struct unit lengths[] = {
    {"mm", 1}, {"cm", 10}, {"m", 1000}, {"km", 1000000}, {NULL, 0},
};

/* In ninths of a mm/s, of which 1 km/h is a whole number: 10^6 / 3600 = 2500 / 9. */
static const struct unit speeds[] = {{"mm/s", 9}, {"m/s", 9000}, {"km/h", 2500}, {NULL, 0}};

static const struct unit drifts[] = {{"ppm", 1000}, {NULL, 0}};

/* A number as it was written: whole + fraction / 10^digits. */
struct decimal {
    uint64_t whole, fraction;
    unsigned digits;
};

enum { FRACTION_DIGITS_MAX = 15 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads digits and moves on past them; false where the number does not fit. */
static bool read_digits(const char **text, uint64_t *value) {
    *value = 0;
    for (; is_digit(**text); ++*text) {
        unsigned digit = (unsigned)(**text - '0');
        if (*value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return true;
}

static enum units_result read_fraction(const char **text, struct decimal *number) {
    if (!is_digit(**text))
        return UNITS_NOT_A_NUMBER;
    const char *end = *text, *last = *text; /* last: past the last digit that is not 0 */
    for (; is_digit(*end); end++)
        if (*end != '0')
            last = end + 1;
    if (last - *text > FRACTION_DIGITS_MAX)
        return UNITS_TOO_FINE;
    for (; *text < last; ++*text) {
        number->fraction = number->fraction * 10 + (unsigned)(**text - '0');
        number->digits++;
    }
    *text = end;
    return UNITS_OK;
}

static enum units_result read_decimal(const char **text, struct decimal *number) {
    memset(number, 0, sizeof *number);
    if (**text == '-' && is_digit((*text)[1]))
        return UNITS_NEGATIVE;
    if (!is_digit(**text))
        return UNITS_NOT_A_NUMBER;
    if (!read_digits(text, &number->whole))
        return UNITS_TOO_LARGE;
    if (**text != '.')
        return UNITS_OK;
    ++*text;
    return read_fraction(text, number);
}

/* How many of the smallest unit `number` units of this worth are. */
static enum units_result multiply(struct decimal number, uint64_t worth, uint64_t max,
                                  uint64_t *value) {
    if (number.whole > max / worth)
        return UNITS_TOO_LARGE;
    uint64_t whole = number.whole * worth;
    /* What is left of `worth` is at most 36, so that the product below fits. */
    for (; number.digits && worth % 10 == 0; number.digits--)
        worth /= 10;
    uint64_t denominator = 1;
    for (; number.digits; number.digits--)
        denominator *= 10;
    uint64_t numerator = number.fraction * worth;
    if (numerator % denominator)
        return UNITS_TOO_FINE;
    if (numerator / denominator > max - whole)
        return UNITS_TOO_LARGE;
    *value = whole + numerator / denominator;
    return UNITS_OK;
}

static enum units_result read_quantity(const char *text, const struct unit *units, uint64_t max,
                                       uint64_t *value) {
    struct decimal number;
    enum units_result result = read_decimal(&text, &number);
    if (result)
        return result;
    text += strspn(text, " ");
    if (!*text)
        return UNITS_NO_UNIT;
    for (; units->name; units++)
        if (strcmp(units->name, text) == 0)
            return multiply(number, units->worth, max, value);
    return UNITS_UNKNOWN_UNIT;
}

enum units_result units_duration(const char *text, uint64_t *ns) {
    return read_quantity(text, durations, UNITS_DURATION_MAX_NS, ns);
}

enum units_result units_probability(const char *text, uint32_t *ppb) {
    uint64_t value = 0;
    enum units_result result = read_quantity(text, probabilities, 1000000000, &value);
    if (result == UNITS_OK)
        *ppb = (uint32_t)value;
    return result;
}

enum units_result units_rate(const char *text, uint64_t *bit_s) {
    return read_quantity(text, rates, UNITS_RATE_MAX_BIT_S, bit_s);
}

enum units_result units_bytes(const char *text, uint64_t *bytes) {
    return read_quantity(text, sizes, UINT64_MAX / 2, bytes);
}

enum units_result units_frequency(const char *text, uint64_t *hz) {
    return read_quantity(text, frequencies, UINT64_C(300000000000), hz);
}

/* A quantity that may be negative. */
static enum units_result read_signed(const char *text, const struct unit *units, uint64_t max,
                                     int64_t *value) {
    bool negative = *text == '-' && is_digit(text[1]);
    uint64_t magnitude = 0;
    enum units_result result = read_quantity(text + negative, units, max, &magnitude);
    if (result == UNITS_OK)
        *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return result;
}

static enum units_result read_level(const char *text, const struct unit *units, int32_t *level) {
    int64_t value = *level;
    enum units_result result = read_signed(text, units, 100000, &value);
    *level = (int32_t)value;
    return result;
}

enum units_result units_decibel(const char *text, int32_t *cdb) {
    return read_level(text, decibels, cdb);
}

enum units_result units_dbm(const char *text, int32_t *cdbm) {
    return read_level(text, powers, cdbm);
}

enum units_result units_thousandths(const char *text, uint32_t *thousandths) {
    struct decimal number;
    uint64_t value;
    enum units_result result = read_decimal(&text, &number);
    if (result)
        return result;
    if (*text)
        return UNITS_NOT_A_NUMBER;
    result = multiply(number, plain.worth, 1000000000, &value);
    if (result == UNITS_OK)
        *thousandths = (uint32_t)value;
    return result;
}

enum units_result units_length(const char *text, uint64_t *mm) {
    return read_quantity(text, lengths, UNITS_LENGTH_MAX_MM, mm);
}

enum units_result units_coordinate(const char *text, int64_t *mm) {
    return read_signed(text, lengths, UNITS_LENGTH_MAX_MM, mm);
}

/* Only km/h come to ninths that are no whole mm/s: the others' are refused as too fine before. */
enum units_result units_speed(const char *text, uint64_t *mm_s) {
    uint64_t ninths = 0;
    enum units_result result = read_quantity(text, speeds, (uint64_t)UNITS_SPEED_MAX_MM_S * 9,
                                             &ninths);
    if (result == UNITS_OK)
        *mm_s = (ninths + 4) / 9;
    return result;
}

enum units_result units_drift(const char *text, uint64_t max_ppb, int64_t *ppb) {
    return read_signed(text, drifts, max_ppb, ppb);
}

enum units_result units_offset(const char *text, uint64_t max_ns, int64_t *ns) {
    return read_signed(text, durations, max_ns, ns);
}

enum units_result units_count(const char *text, uint64_t *count) {
    if (*text == '-' && is_digit(text[1]))
        return UNITS_NEGATIVE;
    uint64_t value;
    const char *end = text;
    bool fits = read_digits(&end, &value);
    end += strspn(end, "0123456789");
    if (end == text || *end)
        return UNITS_NOT_A_NUMBER;
    if (!fits)
        return UNITS_TOO_LARGE;
    *count = value;
    return UNITS_OK;
}

static char *write_quantity(uint64_t value, const struct unit *unit, char *buffer) {
    uint64_t fraction = value % unit->worth;
    if (fraction == 0) {
        snprintf(buffer, UNITS_TEXT_SIZE, "%" PRIu64 " %s", value / unit->worth, unit->name);
        return buffer;
    }
    int digits = 0;
    for (uint64_t worth = unit->worth; worth > 1; worth /= 10)
        digits++;
    for (; fraction % 10 == 0; fraction /= 10)
        digits--;
    snprintf(buffer, UNITS_TEXT_SIZE, "%" PRIu64 ".%0*" PRIu64 " %s", value / unit->worth, digits,
             fraction, unit->name);
    return buffer;
}

/* Whole hours and minutes stay what they are; 90 s are 90 s and not 1.5 min; below that, decimals.
 */
char *units_duration_text(uint64_t ns, char buffer[UNITS_TEXT_SIZE]) {
    const struct unit *second = &durations[3];
    const struct unit *unit = second;
    if (ns == 0)
        return write_quantity(0, second, buffer);
    if (ns % second->worth == 0) {
        for (unit = &durations[5]; ns % unit->worth; unit--)
            ;
    } else {
        for (; ns < unit->worth; unit--)
            ;
    }
    return write_quantity(ns, unit, buffer);
}

char *units_probability_text(uint32_t ppb, char buffer[UNITS_TEXT_SIZE]) {
    return write_quantity(ppb, probabilities, buffer);
}

/* In the largest unit that leaves a whole number, or else in the largest that it reaches. */
static char *write_largest(uint64_t value, const struct unit *units, int count, char *buffer) {
    int at = count - 1;
    while (at > 0 && value % units[at].worth)
        at--;
    if (at == 0)
        for (at = count - 1; at > 0 && value < units[at].worth; at--)
            ;
    return write_quantity(value, &units[value ? at : 0], buffer);
}

char *units_rate_text(uint64_t bit_s, char buffer[UNITS_TEXT_SIZE]) {
    return write_largest(bit_s, rates, 4, buffer);
}

char *units_bytes_text(uint64_t bytes, char buffer[UNITS_TEXT_SIZE]) {
    return write_largest(bytes, sizes, 3, buffer);
}

char *units_frequency_text(uint64_t hz, char buffer[UNITS_TEXT_SIZE]) {
    return write_largest(hz, frequencies, 4, buffer);
}

static char *write_signed(int64_t value, const struct unit *unit, char *buffer) {
    char text[UNITS_TEXT_SIZE];
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    snprintf(buffer, UNITS_TEXT_SIZE, "%s%.30s", value < 0 ? "-" : "",
             write_quantity(magnitude, unit, text));
    return buffer;
}

char *units_length_text(int64_t mm, char buffer[UNITS_TEXT_SIZE]) {
    uint64_t magnitude = mm < 0 ? -(uint64_t)mm : (uint64_t)mm;
    const struct unit *unit = &lengths[2];
    if (magnitude && magnitude % lengths[3].worth == 0)
        unit = &lengths[3];
    else if (magnitude && magnitude < unit->worth)
        unit = &lengths[0];
    return write_signed(mm, unit, buffer);
}

char *units_decibel_text(int32_t cdb, char buffer[UNITS_TEXT_SIZE]) {
    return write_signed(cdb, decibels, buffer);
}

char *units_dbm_text(int32_t cdbm, char buffer[UNITS_TEXT_SIZE]) {
    return write_signed(cdbm, powers, buffer);
}

char *units_thousandths_text(uint32_t thousandths, char buffer[UNITS_TEXT_SIZE]) {
    write_quantity(thousandths, &plain, buffer);
    buffer[strlen(buffer) - 1] = 0; /* the space before no unit */
    return buffer;
}

char *units_speed_text(uint64_t mm_s, char buffer[UNITS_TEXT_SIZE]) {
    static const struct unit m_s = {"m/s", 1000};
    return write_quantity(mm_s, &m_s, buffer);
}

char *units_drift_text(int64_t ppb, char buffer[UNITS_TEXT_SIZE]) {
    return write_signed(ppb, drifts, buffer);
}

char *units_offset_text(int64_t ns, char buffer[UNITS_TEXT_SIZE]) {
    char text[UNITS_TEXT_SIZE];
    uint64_t magnitude = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    snprintf(buffer, UNITS_TEXT_SIZE, "%s%.30s", ns < 0 ? "-" : "",
             units_duration_text(magnitude, text));
    return buffer;
}
