/* Frames to and from bytes. */
#include "stream_frame.h"

#include <string.h>

#include "chain.h"
#include "error.h"

static const uint8_t magic[] = {'t', 'S', '1'};

enum {
    FLAGS_AT = sizeof magic + TSSB_STREAM_TO_SIZE,
    NUMBERS_AT = FLAGS_AT + 1,
    KNOWN_FLAGS = 2 * TSSB_STREAM_CLOSE - 1,
};

size_t tssb_stream_frame_encode(const struct tssb_stream_frame *frame,
                                uint8_t header[TSSB_STREAM_HEADER_MAX]) {
    uint8_t number[TSSB_VARINT_SIZE];
    const uint64_t numbers[] = {frame->session, frame->ack, frame->offset, frame->length};
    size_t count = frame->flags & TSSB_STREAM_DATA ? 4 : 2, at = NUMBERS_AT;
    memcpy(header, magic, sizeof magic);
    memcpy(header + sizeof magic, frame->to, TSSB_STREAM_TO_SIZE);
    header[FLAGS_AT] = frame->flags;
    for (size_t i = 0; i < count; i++) {
        size_t size = tssb_varint_encode(numbers[i], number);
        memcpy(header + at, number, size);
        at += size;
    }
    return at;
}

/* Reads the number at *at, of at most `most`, and moves *at behind it. */
static int read_number(const uint8_t *bytes, size_t size, size_t *at, uint64_t most,
                       uint64_t *number) {
    int read = tssb_varint_decode(bytes + *at, size - *at, number);
    if (read < 0)
        return read;
    *at += (size_t)read;
    return *number > most ? TSSB_E_TOO_LONG : 0;
}

int tssb_stream_frame_head(const uint8_t *content, size_t size, struct tssb_stream_frame *frame) {
    uint64_t session;
    size_t at = NUMBERS_AT;
    *frame = (struct tssb_stream_frame){0};
    if (size < NUMBERS_AT || memcmp(content, magic, sizeof magic) != 0 ||
        content[FLAGS_AT] & ~KNOWN_FLAGS)
        return TSSB_E_SIZE;
    memcpy(frame->to, content + sizeof magic, TSSB_STREAM_TO_SIZE);
    frame->flags = content[FLAGS_AT];
    if (frame->flags & TSSB_STREAM_END && !(frame->flags & TSSB_STREAM_DATA))
        return TSSB_E_SIZE;
    int error = read_number(content, size, &at, UINT32_MAX, &session);
    if (!error)
        error = read_number(content, size, &at, UINT64_MAX, &frame->ack);
    frame->session = error ? 0 : (uint32_t)session;
    return error ? error : (int)at;
}

int tssb_stream_frame_decode(const uint8_t *content, size_t size, struct tssb_stream_frame *frame) {
    uint64_t length;
    int head = tssb_stream_frame_head(content, size, frame);
    if (head < 0 || !(frame->flags & TSSB_STREAM_DATA))
        return head;
    size_t at = (size_t)head;
    int error = read_number(content, size, &at, UINT64_MAX, &frame->offset);
    if (!error)
        error = read_number(content, size, &at, TSSB_STREAM_DATA_MAX, &length);
    if (error)
        return error;
    if (length > size - at)
        return TSSB_E_SIZE;
    if (frame->offset > UINT64_MAX - length)
        return TSSB_E_TOO_LONG;
    frame->length = (uint32_t)length;
    return (int)at;
}
