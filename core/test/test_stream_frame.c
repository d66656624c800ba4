/* Frames: what is written is what is read, and what is no frame is refused. */
#include "support.h"

#include <string.h>

#include "../error.h"
#include "../stream_frame.h"

static const struct tssb_stream_frame largest = {
    .to = {1, 2, 3, 4, 5},
    .flags = TSSB_STREAM_DATA | TSSB_STREAM_END | TSSB_STREAM_CLOSE,
    .session = UINT32_MAX,
    .length = TSSB_STREAM_DATA_MAX,
    .ack = UINT64_MAX,
    .offset = UINT64_MAX - TSSB_STREAM_DATA_MAX,
};

static void frames_read_back(void **state) {
    static uint8_t content[TSSB_STREAM_HEADER_MAX + TSSB_STREAM_DATA_MAX];
    struct tssb_stream_frame read;
    (void)state;
    size_t size = tssb_stream_frame_encode(&largest, content);
    assert_int_equal(size, TSSB_STREAM_HEADER_MAX);
    assert_int_equal(tssb_stream_frame_decode(content, sizeof content, &read), size);
    assert_memory_equal(&read, &largest, sizeof read);
    /* All down to the acknowledgement stands in an entry that has a side chain. */
    assert_int_equal(tssb_stream_frame_head(content, 23, &read), 23);
    assert_true(read.ack == largest.ack && read.session == largest.session);
}

/* "to nodeX", session 1, 7 bytes acknowledged, "hi" at offset 300, as core/README.md has it. */
static void a_frame_to_the_byte(void **state) {
    static const uint8_t due[] = {'t', 'S', '1',  'n', 'o', 'd', 'e', 'X', 5,
                                  1,   7,   0xfd, 44,  1,   2,   'h', 'i'};
    struct tssb_stream_frame frame = {.to = {'n', 'o', 'd', 'e', 'X'},
                                      .flags = TSSB_STREAM_DATA | TSSB_STREAM_ASK,
                                      .session = 1,
                                      .length = 2,
                                      .ack = 7,
                                      .offset = 300};
    uint8_t header[TSSB_STREAM_HEADER_MAX];
    (void)state;
    size_t size = tssb_stream_frame_encode(&frame, header);
    assert_int_equal(size, sizeof due - 2);
    assert_memory_equal(header, due, size);
}

static int decode(const struct tssb_stream_frame *frame, size_t size) {
    static uint8_t content[TSSB_STREAM_HEADER_MAX + TSSB_STREAM_DATA_MAX + 1];
    struct tssb_stream_frame read;
    (void)tssb_stream_frame_encode(frame, content);
    return tssb_stream_frame_decode(content, size, &read);
}

static void what_is_no_frame(void **state) {
    struct tssb_stream_frame frame = largest, read;
    uint8_t content[64] = "tS2nodeX";
    (void)state;
    frame.length = TSSB_STREAM_DATA_MAX + 1;
    assert_int_equal(decode(&frame, TSSB_STREAM_HEADER_MAX + TSSB_STREAM_DATA_MAX + 1),
                     TSSB_E_TOO_LONG);
    frame = largest;
    frame.offset++; /* ends past 2^64 */
    assert_int_equal(decode(&frame, TSSB_STREAM_HEADER_MAX + TSSB_STREAM_DATA_MAX),
                     TSSB_E_TOO_LONG);
    assert_int_equal(decode(&largest, TSSB_STREAM_HEADER_MAX + TSSB_STREAM_DATA_MAX - 1),
                     TSSB_E_SIZE); /* fewer bytes than it declares */
    frame = (struct tssb_stream_frame){.flags = 2 * TSSB_STREAM_CLOSE};
    assert_int_equal(decode(&frame, 48), TSSB_E_SIZE);
    frame.flags = TSSB_STREAM_END;
    assert_int_equal(decode(&frame, 48), TSSB_E_SIZE);
    assert_int_equal(tssb_stream_frame_decode(content, sizeof content, &read), TSSB_E_SIZE);
    /* A length of 2^63, and one that is not minimal. */
    static const uint8_t numbers[][9] = {{0xff, 0, 0, 0, 0, 0, 0, 0, 0x80}, {0xfd, 1, 0}};
    static const int errors[] = {TSSB_E_TOO_LONG, TSSB_E_VARINT};
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        frame = (struct tssb_stream_frame){.flags = TSSB_STREAM_DATA};
        size_t size = tssb_stream_frame_encode(&frame, content);
        memcpy(content + size - 1, numbers[i], sizeof numbers[i]);
        assert_int_equal(tssb_stream_frame_decode(content, sizeof content, &read), errors[i]);
    }
}

static void every_prefix_is_refused(void **state) {
    uint8_t header[TSSB_STREAM_HEADER_MAX];
    struct tssb_stream_frame read;
    (void)state;
    size_t size = tssb_stream_frame_encode(&largest, header);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = test_malloc(cut ? cut : 1);
        memcpy(part, header, cut);
        assert_true(tssb_stream_frame_decode(part, cut, &read) < 0);
        test_free(part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_read_back),
        cmocka_unit_test(a_frame_to_the_byte),
        cmocka_unit_test(what_is_no_frame),
        cmocka_unit_test(every_prefix_is_refused),
    };
    return cmocka_run_group_tests_name("stream_frame", tests, NULL, NULL);
}
