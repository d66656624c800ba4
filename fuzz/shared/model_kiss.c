/* Unescaping with the whole frame at hand. */
#include "model_kiss.h"

enum { FESC = 0xdb, TFEND = 0xdc, TFESC = 0xdd };

size_t model_kiss_unescape(const uint8_t *frame, size_t size,
                           uint8_t packet[TSSB_KISS_PACKET_SIZE]) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = frame[i];
        if (byte == FESC) {
            if (++i == size || (frame[i] != TFEND && frame[i] != TFESC))
                return 0;
            byte = frame[i] == TFEND ? MODEL_FEND : FESC;
        }
        if (count == TSSB_KISS_PACKET_SIZE)
            return 0;
        packet[count++] = byte;
    }
    return count;
}
