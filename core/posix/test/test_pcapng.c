/* Captures: what is written is read back, block by block, as draft-ietf-opsawg-pcapng has it; a
 * packet that waits for its comment stands before what was written meanwhile; a disk that is full
 * is told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/posix/pcapng.h"
#include "support.h"

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 6, FILE_MAX = 200000 };

/* A file, written and then read block by block. */
struct reading {
    char path[64];
    struct tssb_pcapng pcapng;
    uint8_t bytes[FILE_MAX];
    size_t size, at;
    const uint8_t *body; /* of the present block, after type and length */
    uint32_t body_size;
};

static uint32_t load16(const uint8_t *bytes) {
    return (uint32_t)bytes[1] << 8 | bytes[0];
}

static uint32_t load32(const uint8_t *bytes) {
    return load16(bytes + 2) << 16 | load16(bytes);
}

static int start(void **state) {
    struct reading *reading = calloc(1, sizeof *reading);
    assert_non_null(reading);
    (void)snprintf(reading->path, sizeof reading->path, "/tmp/tssb-pcapng-XXXXXX");
    int descriptor = mkstemp(reading->path);
    assert_true(descriptor >= 0);
    assert_int_equal(close(descriptor), 0);
    assert_int_equal(tssb_pcapng_open(&reading->pcapng, reading->path, "tssb 7"), 0);
    *state = reading;
    return 0;
}

static int end(void **state) {
    struct reading *reading = *state;
    (void)tssb_pcapng_close(&reading->pcapng);
    (void)unlink(reading->path);
    free(reading);
    return 0;
}

static void read_file(struct reading *reading) {
    FILE *file = fopen(reading->path, "rb");
    assert_non_null(file);
    reading->size = fread(reading->bytes, 1, FILE_MAX, file);
    assert_int_equal(fclose(file), 0);
    assert_true(reading->size < FILE_MAX);
}

/* The next block is of this type, and its two lengths agree. */
static void expect_block(struct reading *reading, uint32_t type) {
    const uint8_t *block = reading->bytes + reading->at;
    assert_true(reading->at + 12 <= reading->size);
    uint32_t total = load32(block + 4);
    assert_int_equal(load32(block), type);
    assert_int_equal(total % 4, 0);
    assert_true(reading->at + total <= reading->size);
    assert_int_equal(load32(block + total - 4), total);
    reading->body = block + 8;
    reading->body_size = total - 12;
    reading->at += total;
}

static void expect_end(const struct reading *reading) {
    assert_int_equal(reading->at, reading->size);
}

/* The value of an option of the present block, whose options begin at `from`; NULL where it has
 * none. */
static const uint8_t *find_option(const struct reading *reading, uint32_t from, uint16_t code,
                                  size_t *size) {
    while (from + 4 <= reading->body_size) {
        const uint8_t *option = reading->body + from;
        *size = load16(option + 2);
        if (load16(option) == code)
            return option + 4;
        assert_int_not_equal(load16(option), 0); /* the last one */
        from += 4 + ((uint32_t)*size + 3) / 4 * 4;
    }
    fail_msg("no option %d", code);
    return NULL;
}

static void expect_option(const struct reading *reading, uint32_t from, uint16_t code,
                          const void *value, size_t size) {
    size_t got = 0;
    const uint8_t *option = find_option(reading, from, code, &got);
    assert_int_equal(got, size);
    assert_memory_equal(option, value, size);
}

static void expect_interface(struct reading *reading, const char *name) {
    expect_block(reading, INTERFACE);
    assert_int_equal(load16(reading->body), 147); /* USER0 */
    expect_option(reading, 8, 2, name, strlen(name));
    expect_option(reading, 8, 9, "\x09", 1);
}

static void expect_packet(struct reading *reading, const struct tssb_pcapng_packet *packet) {
    uint32_t options = 20 + (packet->size + 3) / 4 * 4;
    const uint8_t flags[4] = {(uint8_t)packet->direction};
    expect_block(reading, PACKET);
    assert_int_equal(load32(reading->body), packet->interface);
    uint64_t at_ns = (uint64_t)load32(reading->body + 4) << 32 | load32(reading->body + 8);
    assert_int_equal(at_ns, packet->at_ns);
    assert_int_equal(load32(reading->body + 12), packet->size);
    assert_int_equal(load32(reading->body + 16), packet->size);
    assert_memory_equal(reading->body + 20, packet->bytes, packet->size);
    if (packet->comment)
        expect_option(reading, options, 1, packet->comment, strlen(packet->comment));
    expect_option(reading, options, 2, flags, sizeof flags);
}

static const struct tssb_pcapng_packet question = {
    .at_ns = 5000000001,
    .interface = 0,
    .direction = TSSB_PCAPNG_INBOUND,
    .bytes = (const uint8_t *)"WANT?",
    .size = 5,
    .comment = "WANT nodeA 7 from nodeC: answered",
};

static const struct tssb_pcapng_packet answer = {
    .at_ns = UINT64_C(0xfedcba9876543210),
    .interface = 1,
    .direction = TSSB_PCAPNG_OUTBOUND,
    .bytes = (const uint8_t *)"an entry",
    .size = 8,
};

static void packets_are_read_back(void **state) {
    struct reading *reading = *state;
    assert_int_equal(tssb_pcapng_interface(&reading->pcapng, "nodeB/0"), 0);
    tssb_pcapng_packet(&reading->pcapng, &question);
    assert_int_equal(tssb_pcapng_interface(&reading->pcapng, "nodeB/1"), 1);
    tssb_pcapng_packet(&reading->pcapng, &answer);
    assert_int_equal(tssb_pcapng_close(&reading->pcapng), 0);
    read_file(reading);
    expect_block(reading, SECTION);
    assert_int_equal(load32(reading->body), 0x1a2b3c4d);
    assert_int_equal(load16(reading->body + 4), 1);
    expect_option(reading, 16, 4, "tssb 7", 6);
    expect_interface(reading, "nodeB/0");
    expect_packet(reading, &question);
    expect_interface(reading, "nodeB/1");
    expect_packet(reading, &answer);
    expect_end(reading);
}

/* The answer was written first, since only then the question's fate was known. */
static void an_answer_stands_after_its_question(void **state) {
    struct reading *reading = *state;
    (void)tssb_pcapng_interface(&reading->pcapng, "nodeB/0");
    for (int i = 0; i < 2; i++) {
        tssb_pcapng_hold(&reading->pcapng);
        if (i == 0)
            (void)tssb_pcapng_interface(&reading->pcapng, "nodeB/1");
        tssb_pcapng_packet(&reading->pcapng, &answer);
        tssb_pcapng_release(&reading->pcapng, &question);
    }
    assert_int_equal(tssb_pcapng_close(&reading->pcapng), 0);
    read_file(reading);
    expect_block(reading, SECTION);
    expect_interface(reading, "nodeB/0");
    expect_packet(reading, &question);
    expect_interface(reading, "nodeB/1");
    expect_packet(reading, &answer);
    expect_packet(reading, &question);
    expect_packet(reading, &answer);
    expect_end(reading);
}

static void packets_of_any_length_fit(void **state) {
    static uint8_t bytes[65535];
    struct reading *reading = *state;
    struct tssb_pcapng_packet packet = {.bytes = bytes};
    const uint32_t sizes[] = {0, 1, 2, 3, 4, 250, 65535};
    (void)tssb_pcapng_interface(&reading->pcapng, "");
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        packet.size = sizes[i];
        tssb_pcapng_packet(&reading->pcapng, &packet);
    }
    assert_int_equal(tssb_pcapng_close(&reading->pcapng), 0);
    read_file(reading);
    expect_block(reading, SECTION);
    expect_interface(reading, "");
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        packet.size = sizes[i];
        expect_packet(reading, &packet);
    }
    expect_end(reading);
}

/* What was flushed is there, however the process ends. */
static void a_flushed_file_is_whole(void **state) {
    struct reading *reading = *state;
    (void)tssb_pcapng_interface(&reading->pcapng, "nodeB/0");
    tssb_pcapng_packet(&reading->pcapng, &question);
    tssb_pcapng_flush(&reading->pcapng);
    read_file(reading);
    expect_block(reading, SECTION);
    expect_interface(reading, "nodeB/0");
    expect_packet(reading, &question);
    expect_end(reading);
}

static void a_full_disk_is_told(void **state) {
    struct tssb_pcapng pcapng;
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(tssb_pcapng_open(&pcapng, "/dev/full", "tssb 7"), 0);
    (void)tssb_pcapng_interface(&pcapng, "nodeB/0");
    tssb_pcapng_flush(&pcapng);
    assert_int_equal(tssb_pcapng_error(&pcapng), ENOSPC);
    tssb_pcapng_packet(&pcapng, &question);
    assert_int_equal(tssb_pcapng_close(&pcapng), ENOSPC);
    assert_int_equal(tssb_pcapng_close(&pcapng), ENOSPC);
}

static void a_file_that_cannot_be_made_is_told(void **state) {
    struct tssb_pcapng pcapng;
    (void)state;
    assert_int_equal(tssb_pcapng_open(&pcapng, "/nowhere/x.pcapng", "tssb 7"), ENOENT);
    assert_int_equal(tssb_pcapng_close(&pcapng), ENOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(packets_are_read_back, start, end),
        cmocka_unit_test_setup_teardown(an_answer_stands_after_its_question, start, end),
        cmocka_unit_test_setup_teardown(packets_of_any_length_fit, start, end),
        cmocka_unit_test_setup_teardown(a_flushed_file_is_whole, start, end),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_file_that_cannot_be_made_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
