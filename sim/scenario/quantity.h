/* Reading quantities out of a scenario: what is the same for all kinds of them. Private to the
 * scenario_*.c files. */
#ifndef QUANTITY_H
#define QUANTITY_H

#include "scenario_reader.h"
#include "units.h"

/* How a kind of quantity is spoken of. */
struct quantity {
    const char *name;      /* "rate" */
    const char *units;     /* "bit/s, kbit/s" */
    const char *examples;  /* "100 kbit/s, 1 Mbit/s" */
    const char *hints[2];  /* units for a number that has none */
    const char *smallest;  /* "bits a second" */
    const char *too_large; /* "too fast (at most 1000 Gbit/s)" */
};

/* Says what is wrong with a value, where something is. */
void quantity_refuse(struct reader *reader, const struct tree *value, enum units_result result,
                     const struct quantity *quantity);

/* Readers for the tables: uint64_t bits a second, uint32_t hertz, int32_t hundredths of a decibel
 * and of a dBm, uint32_t thousandths. */
void reader_rate(struct reader *, const struct field *, const struct tree *, void *target);
void reader_frequency(struct reader *, const struct field *, const struct tree *, void *target);
void reader_decibel(struct reader *, const struct field *, const struct tree *, void *target);
void reader_dbm(struct reader *, const struct field *, const struct tree *, void *target);
void reader_thousandths(struct reader *, const struct field *, const struct tree *, void *target);

/* Bytes or a list of two, [low, high]: struct content_size. */
void reader_content_size(struct reader *, const struct field *, const struct tree *, void *target);

/* A duration or a list of two, [low, high]: two uint64_t nanoseconds, the least and how much more
 * there may be. */
void reader_duration_range(struct reader *, const struct field *, const struct tree *,
                           void *target);

#endif
