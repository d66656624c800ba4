/* A second signature of the same message, which a careless verifier takes (PROTOCOL.md 2). */
#ifndef FUZZ_MALLEABLE_H
#define FUZZ_MALLEABLE_H

#include <stdint.h>

#include "core/types.h"

/* Adds the group's order to S, the second half of an ed25519 signature. */
void malleable_add_order(uint8_t signature[TSSB_SIGNATURE_SIZE]);

#endif
