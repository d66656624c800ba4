/* Logarithms, powers and roots in integers: no floating point decides anything in a run, so that
 * each compiler and machine comes to the same. Q32 means that 2^32 stands for 1. */
#ifndef FIXED_H
#define FIXED_H

#include <stdint.h>

#define FIXED_ONE ((int64_t)1 << 32)

/* The logarithm of x, which is not 0, to base 2, in Q32; rounded down, within 2 units. */
int64_t fixed_log2(uint64_t x);

/* The natural logarithm of x, which is not 0, in Q32; within 2 units. */
int64_t fixed_ln(uint64_t x);

/* 10 log10(x) in hundredths of a decibel: 1000 * log10(x), rounded to the nearest. x is not 0. */
int32_t fixed_cdb(uint64_t x);

/* base^n for a fraction base / 2^64 below 1, as such a fraction; rounded down, within n units. */
uint64_t fixed_power(uint64_t base, uint32_t n);

/* The square root, rounded down. */
uint64_t fixed_sqrt(uint64_t x);

#endif
