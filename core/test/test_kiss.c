/* KISS: the vectors both ways, however the line cuts the bytes up, and recovery from every kind of
 * bad frame. */
#include "support.h"

#include <string.h>

#include "../error.h"
#include "../kiss.h"

enum { FEND = 0xc0, FESC = 0xdb, TFEND = 0xdc, TFESC = 0xdd };

/* Packets that came out of a decoder. */
struct received {
    struct tssb_kiss_decoder decoder;
    uint8_t packets[8][TSSB_KISS_PACKET_SIZE];
    size_t sizes[8];
    size_t count;
};

static void receive(struct received *received, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        size_t packet_size = tssb_kiss_decode(&received->decoder, bytes[i]);
        if (packet_size == 0)
            continue;
        assert_in_range(received->count, 0, COUNT_OF(received->sizes) - 1);
        memcpy(received->packets[received->count], received->decoder.packet, packet_size);
        received->sizes[received->count++] = packet_size;
    }
}

static void receive_hex(struct received *received, const char *hex) {
    uint8_t bytes[2048];
    receive(received, bytes, hex_decode(hex, bytes, sizeof bytes));
}

static void expect_packet(const struct received *received, size_t index, const char *hex) {
    uint8_t due[TSSB_KISS_PACKET_SIZE];
    size_t size = hex_decode(hex, due, sizeof due);
    assert_in_range(index + 1, 1, received->count);
    assert_int_equal(received->sizes[index], size);
    assert_memory_equal(received->packets[index], due, size);
}

/* A frame that comes in two pieces, cut anywhere, with noise before and another frame after. */
static void frames_are_as_the_vectors_have_them(void **state) {
    (void)state;
    json_t *vectors = vectors_load("kiss"), *vector;
    size_t i;
    json_array_foreach(vectors, i, vector) {
        uint8_t packet[TSSB_KISS_PACKET_SIZE], frame[TSSB_KISS_FRAME_SIZE];
        size_t packet_size = vector_bytes(vector, "packet", packet, sizeof packet);
        int frame_size = tssb_kiss_encode(packet, packet_size, frame);
        assert_true(frame_size > 0);
        expect_vector(vector, "frame", frame, (size_t)frame_size);
        for (size_t cut = 0; cut <= (size_t)frame_size; cut++) {
            struct received received = {0};
            receive_hex(&received, "00ff");
            receive(&received, frame, cut);
            receive(&received, frame + cut, (size_t)frame_size - cut);
            receive(&received, frame, (size_t)frame_size);
            assert_int_equal(received.count, 2);
            expect_packet(&received, 0, vector_text(vector, "packet"));
            expect_packet(&received, 1, vector_text(vector, "packet"));
            assert_int_equal(received.decoder.dropped, 0);
        }
    }
    assert_int_equal(i, 10);
    json_decref(vectors);
}

static void any_packet_of_any_size_comes_back(void **state) {
    (void)state;
    static const uint8_t special[] = {FEND, FESC, TFEND, TFESC};
    uint64_t seed = 2;
    for (size_t size = 1; size <= TSSB_KISS_PACKET_SIZE; size++) {
        uint8_t packet[TSSB_KISS_PACKET_SIZE], frame[TSSB_KISS_FRAME_SIZE];
        struct received received = {0};
        for (size_t i = 0; i < size; i++) {
            uint64_t number = random_next(&seed);
            packet[i] = number % 3 == 0 ? special[number >> 8 & 3] : (uint8_t)(number >> 16);
        }
        receive(&received, frame, (size_t)tssb_kiss_encode(packet, size, frame));
        assert_int_equal(received.count, 1);
        assert_int_equal(received.sizes[0], size);
        assert_memory_equal(received.packets[0], packet, size);
    }
}

static void only_packets_of_1_to_200_bytes_are_framed(void **state) {
    (void)state;
    uint8_t packet[TSSB_KISS_PACKET_SIZE + 1], frame[TSSB_KISS_FRAME_SIZE];
    memset(packet, FEND, sizeof packet);
    assert_int_equal(tssb_kiss_encode(packet, 0, frame), TSSB_E_SIZE);
    assert_int_equal(tssb_kiss_encode(packet, TSSB_KISS_PACKET_SIZE, frame), TSSB_KISS_FRAME_SIZE);
    assert_int_equal(tssb_kiss_encode(packet, sizeof packet, frame), TSSB_E_SIZE);
}

static void nothing_counts_before_the_first_fend(void **state) {
    (void)state;
    struct received received = {0};
    receive_hex(&received, "0102dbdc03c0aac0");
    assert_int_equal(received.count, 1);
    expect_packet(&received, 0, "aa");
    assert_int_equal(received.decoder.dropped, 0);
}

static void an_empty_frame_is_no_packet(void **state) {
    (void)state;
    struct received received = {0};
    receive_hex(&received, "c0c0c0c0");
    assert_int_equal(received.count, 0);
    assert_int_equal(received.decoder.dropped, 0);
}

static void two_frames_may_share_a_fend(void **state) {
    (void)state;
    struct received received = {0};
    receive_hex(&received, "c0aac0bbc0");
    assert_int_equal(received.count, 2);
    expect_packet(&received, 0, "aa");
    expect_packet(&received, 1, "bb");
}

static void a_bad_escape_drops_the_frame_whole(void **state) {
    (void)state;
    static const char *const frames[] = {
        "c0aadb00bbc0",   /* an escape of an ordinary byte */
        "c0aadbdbdcbbc0", /* of FESC */
        "c0aadbc0",       /* of FEND, which ends the frame all the same */
        "c0dbc0",         /* and at once */
    };
    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        struct received received = {0};
        receive_hex(&received, frames[i]);
        assert_int_equal(received.count, 0);
        assert_int_equal(received.decoder.dropped, 1);
        receive_hex(&received, "c0ccc0");
        assert_int_equal(received.count, 1);
        expect_packet(&received, 0, "cc");
    }
}

static void every_byte_but_two_is_a_bad_escape(void **state) {
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        const uint8_t frame[] = {FEND, FESC, (uint8_t)byte, FEND};
        bool good = byte == TFEND || byte == TFESC;
        struct received received = {0};
        receive(&received, frame, sizeof frame);
        assert_int_equal(received.count, good);
        assert_int_equal(received.decoder.dropped, !good);
    }
}

static void a_frame_over_200_bytes_is_dropped_whole(void **state) {
    (void)state;
    for (size_t over = 0; over < 300; over++) {
        struct received received = {0};
        uint8_t fend = FEND, byte = 0x11;
        receive(&received, &fend, 1);
        for (size_t i = 0; i < TSSB_KISS_PACKET_SIZE + over; i++)
            receive(&received, &byte, 1);
        receive(&received, &fend, 1);
        assert_int_equal(received.count, over == 0);
        assert_int_equal(received.decoder.dropped, over > 0);
        receive_hex(&received, "aac0");
        expect_packet(&received, over == 0, "aa");
    }
}

static void the_200th_byte_may_be_escaped_the_201st_not(void **state) {
    (void)state;
    static const uint8_t escaped[] = {FESC, TFEND};
    for (size_t bytes = TSSB_KISS_PACKET_SIZE; bytes <= TSSB_KISS_PACKET_SIZE + 1; bytes++) {
        struct received received = {0};
        uint8_t fend = FEND;
        receive(&received, &fend, 1);
        for (size_t i = 0; i < bytes; i++)
            receive(&received, escaped, sizeof escaped);
        receive(&received, &fend, 1);
        assert_int_equal(received.count, bytes == TSSB_KISS_PACKET_SIZE);
    }
}

/* Whatever the line carries, packets stay within bounds and the next good frame is read. */
static void noise_never_breaks_the_decoder(void **state) {
    (void)state;
    uint64_t seed = 3;
    struct tssb_kiss_decoder decoder = {0};
    for (int i = 0; i < 200000; i++) {
        uint64_t number = random_next(&seed);
        uint8_t byte = number % 8 == 0 ? FESC : (uint8_t)(number >> 8);
        assert_in_range(tssb_kiss_decode(&decoder, byte), 0, TSSB_KISS_PACKET_SIZE);
    }
    tssb_kiss_decode(&decoder, FEND);
    tssb_kiss_decode(&decoder, 0x42);
    assert_int_equal(tssb_kiss_decode(&decoder, FEND), 1);
    assert_int_equal(decoder.packet[0], 0x42);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_as_the_vectors_have_them),
        cmocka_unit_test(any_packet_of_any_size_comes_back),
        cmocka_unit_test(only_packets_of_1_to_200_bytes_are_framed),
        cmocka_unit_test(nothing_counts_before_the_first_fend),
        cmocka_unit_test(an_empty_frame_is_no_packet),
        cmocka_unit_test(two_frames_may_share_a_fend),
        cmocka_unit_test(a_bad_escape_drops_the_frame_whole),
        cmocka_unit_test(every_byte_but_two_is_a_bad_escape),
        cmocka_unit_test(a_frame_over_200_bytes_is_dropped_whole),
        cmocka_unit_test(the_200th_byte_may_be_escaped_the_201st_not),
        cmocka_unit_test(noise_never_breaks_the_decoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
