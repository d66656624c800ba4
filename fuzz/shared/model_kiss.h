/* KISS as it is defined: cut at each FEND, unescape the pieces. */
#ifndef FUZZ_MODEL_KISS_H
#define FUZZ_MODEL_KISS_H

#include "core/kiss.h"

enum { MODEL_FEND = 0xc0 };

/* The packet of what stands between two FENDs; returns its size, 0 where it is none. */
size_t model_kiss_unescape(const uint8_t *frame, size_t size,
                           uint8_t packet[TSSB_KISS_PACKET_SIZE]);

#endif
