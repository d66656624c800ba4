/* Addition byte by byte. */
#include "malleable.h"

/* The order of ed25519's group, little endian (RFC 8032 5.1). */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

void malleable_add_order(uint8_t signature[TSSB_SIGNATURE_SIZE]) {
    uint8_t *s = signature + sizeof order;
    unsigned carry = 0;
    for (int i = 0; i < 32; i++) {
        carry += (unsigned)s[i] + order[i];
        s[i] = (uint8_t)carry;
        carry >>= 8;
    }
}
