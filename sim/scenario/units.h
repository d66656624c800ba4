/* Quantities with their units as a person writes them, to integers and back, exactly: no floating
 * point. */
#ifndef UNITS_H
#define UNITS_H

#include <stddef.h>
#include <stdint.h>

enum units_result {
    UNITS_OK,
    UNITS_NOT_A_NUMBER,
    UNITS_NEGATIVE,
    UNITS_NO_UNIT,
    UNITS_UNKNOWN_UNIT,
    UNITS_TOO_FINE, /* no whole number of the smallest unit */
    UNITS_TOO_LARGE,
};

/* The longest duration: four of them still add up within 64 bits, and two within a signed number.
 */
#define UNITS_DURATION_MAX_NS ((uint64_t)INT64_MAX / 2)

/* "5 s", "1.5 ms", "2min": a decimal number and one of ns, us, ms, s, min, h. *ns is only set where
 * UNITS_OK. */
enum units_result units_duration(const char *text, uint64_t *ns);

/* "10 %", "0.1 %" to parts per billion; UNITS_TOO_LARGE over 100 %. */
enum units_result units_probability(const char *text, uint32_t *ppb);

/* "50 ppm", "-0.5 ppm" to parts per billion; UNITS_TOO_LARGE past max_ppb either way. */
enum units_result units_drift(const char *text, uint64_t max_ppb, int64_t *ppb);

/* A duration that may be negative: "5 s", "-1.5 ms"; UNITS_TOO_LARGE past max_ns either way. */
enum units_result units_offset(const char *text, uint64_t max_ns, int64_t *ns);

/* Digits only. UNITS_TOO_LARGE past 64 bits. */
enum units_result units_count(const char *text, uint64_t *count);

enum { UNITS_TEXT_SIZE = 32 };

/* "90 s", "1.5 ms", "2 min": exactly this duration. Returns buffer. */
char *units_duration_text(uint64_t ns, char buffer[UNITS_TEXT_SIZE]);

/* "12.5 %". Returns buffer. */
char *units_probability_text(uint32_t ppb, char buffer[UNITS_TEXT_SIZE]);

/* "-0.5 ppm". Returns buffer. */
char *units_drift_text(int64_t ppb, char buffer[UNITS_TEXT_SIZE]);

/* "-1.5 ms". Returns buffer. */
char *units_offset_text(int64_t ns, char buffer[UNITS_TEXT_SIZE]);

#endif
