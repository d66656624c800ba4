/* Requests: what is read of any packet encodes to the same bytes, and what trails whole requests is
 * never looked at. */
#ifndef FUZZ_REQUESTS_H
#define FUZZ_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

void requests_expect_wants(const uint8_t *packet, size_t size);
void requests_expect_needs(const uint8_t *packet, size_t size);

/* A RANGE, and the HELDs behind it. */
void requests_expect_range(const uint8_t *packet, size_t size);

#endif
