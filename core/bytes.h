/* Numbers to and from bytes, big endian as on the wire, without casts. */
#ifndef TSSB_BYTES_H
#define TSSB_BYTES_H

#include "types.h"

static inline uint16_t tssb_load16(const uint8_t bytes[2]) {
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t tssb_load32(const uint8_t bytes[4]) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline tssb_dmx tssb_load_dmx(const uint8_t bytes[TSSB_DMX_SIZE]) {
    return (uint64_t)tssb_load32(bytes) << 24 | (uint64_t)tssb_load16(bytes + 4) << 8 | bytes[6];
}

static inline void tssb_store16(uint8_t bytes[2], uint16_t value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static inline void tssb_store32(uint8_t bytes[4], uint32_t value) {
    tssb_store16(bytes, (uint16_t)(value >> 16));
    tssb_store16(bytes + 2, (uint16_t)value);
}

static inline void tssb_store_dmx(uint8_t bytes[TSSB_DMX_SIZE], tssb_dmx dmx) {
    tssb_store32(bytes, (uint32_t)(dmx >> 24));
    tssb_store16(bytes + 4, (uint16_t)(dmx >> 8));
    bytes[6] = (uint8_t)dmx;
}

#endif
