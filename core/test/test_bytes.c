/* Numbers to and from bytes: big endian, at any alignment. */
#include "support.h"

#include "../bytes.h"

static void bytes_are_big_endian(void **state) {
    (void)state;
    const uint8_t bytes[] = {0xff, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};
    uint8_t stored[COUNT_OF(bytes)] = {0xff};
    assert_int_equal(tssb_load16(bytes + 1), 0x0102);
    assert_int_equal(tssb_load32(bytes + 1), 0x01020304);
    assert_true(tssb_load_dmx(bytes + 1) == UINT64_C(0x01020304050607));
    tssb_store_dmx(stored + 1, UINT64_C(0x01020304050607));
    assert_memory_equal(stored, bytes, sizeof bytes);
}

static void no_bit_is_lost(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 1000; i++) {
        uint8_t bytes[TSSB_DMX_SIZE];
        uint64_t number = random_next(&seed);
        tssb_store16(bytes, (uint16_t)number);
        assert_int_equal(tssb_load16(bytes), number & 0xffff);
        tssb_store32(bytes, (uint32_t)number);
        assert_int_equal(tssb_load32(bytes), number & 0xffffffff);
        tssb_store_dmx(bytes, number >> 8);
        assert_true(tssb_load_dmx(bytes) == number >> 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_big_endian),
        cmocka_unit_test(no_bit_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
