/* Fixed-point mathematics, by the methods that need nothing but multiplication. */
#include "fixed.h"

#include "core/check.h"

typedef unsigned __int128 wide;

/* The mantissa is squared for each further bit: where the square reaches 2, the bit is 1. */
int64_t fixed_log2(uint64_t x) {
    TSSB_CHECK(x != 0);
    int whole = 63 - __builtin_clzll(x);
    uint64_t mantissa = x << (63 - whole), fraction = 0; /* from 1 to 2, 2^63 stands for 1 */
    for (int bit = 31; bit >= 0; bit--) {
        wide square = (wide)mantissa * mantissa;
        if (square >> 127) {
            fraction |= (uint64_t)1 << bit;
            mantissa = (uint64_t)(square >> 64);
        } else {
            mantissa = (uint64_t)(square >> 63);
        }
    }
    return (int64_t)((uint64_t)whole << 32 | fraction);
}

int64_t fixed_ln(uint64_t x) {
    const uint64_t ln2 = UINT64_C(0xb17217f7d1cf79ab); /* over 2^64 */
    return (int64_t)((wide)(uint64_t)fixed_log2(x) * ln2 >> 64);
}

int32_t fixed_cdb(uint64_t x) {
    const uint64_t log10_2 = UINT64_C(0x4d104d427de7fbcc); /* over 2^64 */
    const uint64_t half = (uint64_t)1 << 31;
    uint64_t thousandfold = (uint64_t)fixed_log2(x) * 1000; /* below 64 * 2^32 * 1000 */
    return (int32_t)(((uint64_t)((wide)thousandfold * log10_2 >> 64) + half) >> 32);
}

uint64_t fixed_power(uint64_t base, uint32_t n) {
    uint64_t power = UINT64_MAX; /* 1, as near as a fraction comes */
    for (; n; n >>= 1) {
        if (n & 1)
            power = power == UINT64_MAX ? base : (uint64_t)((wide)power * base >> 64);
        base = (uint64_t)((wide)base * base >> 64);
    }
    return power;
}

/* Bit by bit, from the highest. */
uint64_t fixed_sqrt(uint64_t x) {
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 62; bit; bit >>= 2) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return root;
}
