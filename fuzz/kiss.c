/* KISS: any bytes, in any state. The decoder gives what cutting the bytes at each FEND and
 * unescaping the pieces gives; what comes out encodes and decodes to itself. */
#include "fuzz.h"

#include "core/check.h"
#include "shared/model_kiss.h"

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
    const uint8_t *frame = NULL; /* behind the last FEND, if there was one */
    for (size_t i = 0; i < size; i++) {
        uint8_t due[TSSB_KISS_PACKET_SIZE];
        bool ends = data[i] == MODEL_FEND && frame;
        size_t expected = ends ? model_kiss_unescape(frame, (size_t)(data + i - frame), due) : 0;
        size_t got = tssb_kiss_decode(&decoder, data[i]);
        TSSB_CHECK(got == expected && memcmp(decoder.packet, due, got) == 0);
        if (got > 0)
            expect_round_trip(decoder.packet, got);
        if (data[i] == MODEL_FEND)
            frame = data + i + 1;
    }
    if (size > 0 && size <= TSSB_KISS_PACKET_SIZE)
        expect_round_trip(data, size);
    return 0;
}
