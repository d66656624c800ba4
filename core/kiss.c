/* The KISS codec. The decoder is a machine of four states; whatever is wrong with a frame, the next
 * FEND begins afresh, and nothing of the broken one remains. */
#include "kiss.h"

#include "error.h"

enum { FEND = 0xc0, FESC = 0xdb, TFEND = 0xdc, TFESC = 0xdd };

enum state {
    OUTSIDE, /* before the first FEND, or after a frame that is dropped */
    INSIDE,
    ESCAPED, /* inside, after FESC */
};

int tssb_kiss_encode(const uint8_t *packet, size_t size, uint8_t frame[TSSB_KISS_FRAME_SIZE]) {
    if (size == 0 || size > TSSB_KISS_PACKET_SIZE)
        return TSSB_E_SIZE;
    int at = 0;
    frame[at++] = FEND;
    for (size_t i = 0; i < size; i++) {
        if (packet[i] == FEND || packet[i] == FESC) {
            frame[at++] = FESC;
            frame[at++] = packet[i] == FEND ? TFEND : TFESC;
        } else {
            frame[at++] = packet[i];
        }
    }
    frame[at++] = FEND;
    return at;
}

static void drop(struct tssb_kiss_decoder *decoder) {
    decoder->state = OUTSIDE;
    decoder->size = 0;
    decoder->dropped++;
}

static void take(struct tssb_kiss_decoder *decoder, uint8_t byte) {
    if (decoder->size == TSSB_KISS_PACKET_SIZE) {
        drop(decoder);
        return;
    }
    decoder->packet[decoder->size++] = byte;
    decoder->state = INSIDE;
}

/* A FEND ends a frame and begins the next one: senders may share one between two frames. */
static size_t end_frame(struct tssb_kiss_decoder *decoder) {
    size_t size = decoder->size;
    if (decoder->state == ESCAPED) {
        drop(decoder);
        size = 0;
    }
    decoder->state = INSIDE;
    decoder->size = 0;
    return size;
}

size_t tssb_kiss_decode(struct tssb_kiss_decoder *decoder, uint8_t byte) {
    if (byte == FEND)
        return end_frame(decoder);
    switch (decoder->state) {
    case INSIDE:
        if (byte == FESC)
            decoder->state = ESCAPED;
        else
            take(decoder, byte);
        break;
    case ESCAPED:
        if (byte == TFEND || byte == TFESC)
            take(decoder, byte == TFEND ? FEND : FESC);
        else
            drop(decoder);
        break;
    default:
        break;
    }
    return 0;
}
