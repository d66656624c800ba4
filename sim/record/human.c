/* A number is shown in the largest unit of which there is at least one, cut to three digits; zeros
 * at the end of a fraction are left out. Integers only. */
#include "human.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
    const char *name;
    uint64_t worth;
};

/* From the smallest to the largest. */
static const struct unit byte_units[] = {
    {" B", 1}, {" kB", 1000}, {" MB", 1000000}, {" GB", 1000000000}, {" TB", 1000000000000},
};
static const struct unit time_units[] = {
    {" ns", 1},
    {" us", 1000},
    {" ms", 1000000},
    {" s", 1000000000},
};
static const struct unit count_units[] = {{" M", 1000000}, {" G", 1000000000}};

enum { COUNT_EXACT_BELOW = 1000000 };

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static char *in_unit(uint64_t value, const struct unit *unit, char buffer[HUMAN_SIZE]) {
    uint64_t whole = value / unit->worth, thousandths = value % unit->worth;
    thousandths = unit->worth < 1000 ? 0 : thousandths / (unit->worth / 1000);
    int digits = whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
    uint64_t fraction = digits == 0 ? 0 : digits == 1 ? thousandths / 100 : thousandths / 10;
    while (digits > 0 && fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    if (digits > 0)
        (void)snprintf(buffer, HUMAN_SIZE, "%" PRIu64 ".%0*" PRIu64 "%s", whole, digits, fraction,
                       unit->name);
    else
        (void)snprintf(buffer, HUMAN_SIZE, "%" PRIu64 "%s", whole, unit->name);
    return buffer;
}

static char *in_units(uint64_t value, const struct unit *units, size_t count,
                      char buffer[HUMAN_SIZE]) {
    size_t largest = 0;
    for (size_t i = 0; i < count; i++)
        if (value >= units[i].worth)
            largest = i;
    return in_unit(value, &units[largest], buffer);
}

char *human_bytes(uint64_t bytes, char buffer[HUMAN_SIZE]) {
    return in_units(bytes, byte_units, COUNT_OF(byte_units), buffer);
}

char *human_duration(uint64_t ns, char buffer[HUMAN_SIZE]) {
    if (ns == 0)
        return in_unit(0, &time_units[COUNT_OF(time_units) - 1], buffer);
    return in_units(ns, time_units, COUNT_OF(time_units), buffer);
}

char *human_count(uint64_t count, char buffer[HUMAN_SIZE]) {
    if (count >= COUNT_EXACT_BELOW)
        return in_units(count, count_units, COUNT_OF(count_units), buffer);
    (void)snprintf(buffer, HUMAN_SIZE, "%" PRIu64, count);
    return buffer;
}
