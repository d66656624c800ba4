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

/* "100 kbit/s": bit/s, kbit/s, Mbit/s, Gbit/s to bits a second; at most UNITS_RATE_MAX_BIT_S. */
enum units_result units_rate(const char *text, uint64_t *bit_s);
#define UNITS_RATE_MAX_BIT_S UINT64_C(1000000000000)

/* "2 kB": B, kB (1000 B), MB to bytes. */
enum units_result units_bytes(const char *text, uint64_t *bytes);

/* "867.5 MHz": Hz, kHz, MHz, GHz to hertz; at most 300 GHz. */
enum units_result units_frequency(const char *text, uint64_t *hz);

/* "-3.5 dB" to hundredths of a decibel, "14 dBm" to those of a dBm; at most 1000 either way. */
enum units_result units_decibel(const char *text, int32_t *cdb);
enum units_result units_dbm(const char *text, int32_t *cdbm);

/* "2.32", a number without a unit, to thousandths; at most 1000000. */
enum units_result units_thousandths(const char *text, uint32_t *thousandths);

/* The farthest coordinate and the longest length, 1000 km: squares of distances fit 64 bits. */
enum { UNITS_LENGTH_MAX_MM = 1000000000 };

/* "100 m", "1.5 km": mm, cm, m, km to millimetres. */
enum units_result units_length(const char *text, uint64_t *mm);

/* A length that may be negative. */
enum units_result units_coordinate(const char *text, int64_t *mm);

/* 10 km/s, more than what flies around the earth. */
enum { UNITS_SPEED_MAX_MM_S = 10000000 };

/* "1.5 m/s", "50 km/h": mm/s, m/s, km/h to millimetres per second. Of km/h, few are a whole number
 * of them: they are rounded to the nearest. */
enum units_result units_speed(const char *text, uint64_t *mm_s);

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

/* "2 kB". Returns buffer. */
char *units_bytes_text(uint64_t bytes, char buffer[UNITS_TEXT_SIZE]);

/* "100 kbit/s", "867.5 MHz", "-3.5 dB", "14 dBm", "2.32". Return buffer. */
char *units_rate_text(uint64_t bit_s, char buffer[UNITS_TEXT_SIZE]);
char *units_frequency_text(uint64_t hz, char buffer[UNITS_TEXT_SIZE]);
char *units_decibel_text(int32_t cdb, char buffer[UNITS_TEXT_SIZE]);
char *units_dbm_text(int32_t cdbm, char buffer[UNITS_TEXT_SIZE]);
char *units_thousandths_text(uint32_t thousandths, char buffer[UNITS_TEXT_SIZE]);

/* "2 km", "-1.5 m", "7 mm". Returns buffer. */
char *units_length_text(int64_t mm, char buffer[UNITS_TEXT_SIZE]);

/* "1.5 m/s". Returns buffer. */
char *units_speed_text(uint64_t mm_s, char buffer[UNITS_TEXT_SIZE]);

/* "-0.5 ppm". Returns buffer. */
char *units_drift_text(int64_t ppb, char buffer[UNITS_TEXT_SIZE]);

/* "-1.5 ms". Returns buffer. */
char *units_offset_text(int64_t ns, char buffer[UNITS_TEXT_SIZE]);

#endif
