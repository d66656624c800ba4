/* KISS framing of packets on a serial line (PROTOCOL.md 7). */
#ifndef TSSB_KISS_H
#define TSSB_KISS_H

#include "types.h"

enum {
    TSSB_KISS_PACKET_SIZE = 200,                          /* a longer frame is dropped whole */
    TSSB_KISS_FRAME_SIZE = 2 * TSSB_KISS_PACKET_SIZE + 2, /* when every byte is escaped */
};

/* Writes the frame of a packet of up to TSSB_KISS_PACKET_SIZE bytes. Returns its size, or
 * TSSB_E_SIZE where the packet is empty or longer. */
int tssb_kiss_encode(const uint8_t *packet, size_t size, uint8_t frame[TSSB_KISS_FRAME_SIZE]);

/* What arrives, byte by byte. A zeroed decoder waits for the first FEND. */
struct tssb_kiss_decoder {
    uint8_t packet[TSSB_KISS_PACKET_SIZE];
    uint16_t size;
    uint8_t state;    /* kiss.c knows */
    uint32_t dropped; /* frames with a bad escape, or too long */
};

/* Takes one byte. Returns the size of the packet in decoder->packet (valid until the next call)
 * where the byte completes one, otherwise 0. */
size_t tssb_kiss_decode(struct tssb_kiss_decoder *decoder, uint8_t byte);

#endif
