/* The rates of IEEE 802.11's standards, and what ns-3 calls them. */
#ifndef WIFI_MODES_H
#define WIFI_MODES_H

#include <stddef.h>

#include "model.h"

struct wifi_mode {
    enum ns3_standard standard;
    uint64_t rate_bit_s;
    const char *name; /* ns-3's */
};

#ifdef __cplusplus
extern "C" {
#endif

/* The standard's mode of this rate; of rate 0 its slowest. NULL where there is none. */
const struct wifi_mode *wifi_mode_of(enum ns3_standard standard, uint64_t rate_bit_s);

/* The n-th mode of all, from 0; NULL past the last. */
const struct wifi_mode *wifi_mode_at(size_t n);

#ifdef __cplusplus
}
#endif

#endif
