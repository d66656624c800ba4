/* KISS: any bytes, in any state; what comes out encodes and decodes to itself. */
#include "fuzz.h"

#include <string.h>

#include "core/check.h"
#include "core/kiss.h"

static void expect_round_trip(const uint8_t *packet, size_t size) {
    struct tssb_kiss_decoder decoder = {0};
    uint8_t frame[TSSB_KISS_FRAME_SIZE];
    int frame_size = tssb_kiss_encode(packet, size, frame);
    TSSB_CHECK(frame_size > 0);
    size_t got = 0;
    for (int i = 0; i < frame_size; i++) {
        TSSB_CHECK(got == 0);
        got = tssb_kiss_decode(&decoder, frame[i]);
    }
    TSSB_CHECK(got == size && memcmp(decoder.packet, packet, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tssb_kiss_decoder decoder = {0};
    for (size_t i = 0; i < size; i++) {
        size_t packet = tssb_kiss_decode(&decoder, data[i]);
        if (packet > 0)
            expect_round_trip(decoder.packet, packet);
    }
    if (size > 0 && size <= TSSB_KISS_PACKET_SIZE)
        expect_round_trip(data, size);
    return 0;
}
