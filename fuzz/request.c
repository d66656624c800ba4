/* Requests: the bytes of any packet, read as each of the three. What is read encodes to the same
 * bytes, and what trails whole requests is never looked at. */
#include "fuzz.h"

#include "shared/requests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    requests_expect_wants(data, size);
    requests_expect_needs(data, size);
    requests_expect_range(data, size);
    return 0;
}
