/* Quantities: what a person writes, exactly, or why not; and back. */
#include "sim/scenario/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum units_result result;
        uint64_t ns;
    } cases[] = {
        {"5 s", UNITS_OK, 5000000000},
        {"5s", UNITS_OK, 5000000000},
        {"0 s", UNITS_OK, 0},
        {"1.5 ms", UNITS_OK, 1500000},
        {"100 us", UNITS_OK, 100000},
        {"7 ns", UNITS_OK, 7},
        {"2 min", UNITS_OK, 120000000000},
        {"1 h", UNITS_OK, 3600000000000},
        {"0.1 s", UNITS_OK, 100000000},
        {"0.000000001 s", UNITS_OK, 1},
        {"1.50000000000000000000000 s", UNITS_OK, 1500000000},
        {"0.00000000001 h", UNITS_OK, 36},
        {"0.025 min", UNITS_OK, 1500000000},
        {"007 ns", UNITS_OK, 7},
        {"4611686018427387903 ns", UNITS_OK, UNITS_DURATION_MAX_NS},
        {"4611686018427387904 ns", UNITS_TOO_LARGE, 0},
        {"4611686018.427387903 s", UNITS_OK, UNITS_DURATION_MAX_NS},
        {"4611686018.427387904 s", UNITS_TOO_LARGE, 0},
        {"18446744073709551616 ns", UNITS_TOO_LARGE, 0},
        {"99999999 h", UNITS_TOO_LARGE, 0},
        {"0.5 ns", UNITS_TOO_FINE, 0},
        {"0.0000000001 s", UNITS_TOO_FINE, 0},
        {"0.0000000000000001 h", UNITS_TOO_FINE, 0},
        {"0.000000000000001 h", UNITS_TOO_FINE, 0},
        {"5", UNITS_NO_UNIT, 0},
        {"5.5 ", UNITS_NO_UNIT, 0},
        {"5 sec", UNITS_UNKNOWN_UNIT, 0},
        {"5 S", UNITS_UNKNOWN_UNIT, 0},
        {"5 s ", UNITS_UNKNOWN_UNIT, 0},
        {"5\ts", UNITS_UNKNOWN_UNIT, 0},
        {"1e3 s", UNITS_UNKNOWN_UNIT, 0},
        {"-5 s", UNITS_NEGATIVE, 0},
        {"", UNITS_NOT_A_NUMBER, 0},
        {"s", UNITS_NOT_A_NUMBER, 0},
        {"-", UNITS_NOT_A_NUMBER, 0},
        {"+5 s", UNITS_NOT_A_NUMBER, 0},
        {" 5 s", UNITS_NOT_A_NUMBER, 0},
        {".5 s", UNITS_NOT_A_NUMBER, 0},
        {"5. s", UNITS_NOT_A_NUMBER, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t ns = 77;
        print_message("%s\n", cases[i].text);
        assert_int_equal(units_duration(cases[i].text, &ns), cases[i].result);
        assert_int_equal(ns, cases[i].result == UNITS_OK ? cases[i].ns : 77);
    }
}

static void test_probabilities(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum units_result result;
        uint32_t ppb;
    } cases[] = {
        {"10 %", UNITS_OK, 100000000},
        {"0.1%", UNITS_OK, 1000000},
        {"0 %", UNITS_OK, 0},
        {"100 %", UNITS_OK, 1000000000},
        {"33.3333333 %", UNITS_OK, 333333333},
        {"0.0000001 %", UNITS_OK, 1},
        {"0.00000001 %", UNITS_TOO_FINE, 0},
        {"100.0000001 %", UNITS_TOO_LARGE, 0},
        {"120 %", UNITS_TOO_LARGE, 0},
        {"0", UNITS_NO_UNIT, 0},
        {"1", UNITS_NO_UNIT, 0},
        {"0.1", UNITS_NO_UNIT, 0},
        {"-1 %", UNITS_NEGATIVE, 0},
        {"5 ms", UNITS_UNKNOWN_UNIT, 0},
        {"half", UNITS_NOT_A_NUMBER, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t ppb = 77;
        print_message("%s\n", cases[i].text);
        assert_int_equal(units_probability(cases[i].text, &ppb), cases[i].result);
        assert_int_equal(ppb, cases[i].result == UNITS_OK ? cases[i].ppb : 77);
    }
}

static void test_lengths(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum units_result result;
        int64_t mm;
    } cases[] = {
        {"5 mm", UNITS_OK, 5},
        {"5 cm", UNITS_OK, 50},
        {"0.1 cm", UNITS_OK, 1},
        {"5m", UNITS_OK, 5000},
        {"1.234 m", UNITS_OK, 1234},
        {"2.000001 km", UNITS_OK, 2000001},
        {"1000 km", UNITS_OK, UNITS_LENGTH_MAX_MM},
        {"1000.000001 km", UNITS_TOO_LARGE, 0},
        {"1000000001 mm", UNITS_TOO_LARGE, 0},
        {"0.5 mm", UNITS_TOO_FINE, 0},
        {"1.0001 m", UNITS_TOO_FINE, 0},
        {"5", UNITS_NO_UNIT, 0},
        {"5 M", UNITS_UNKNOWN_UNIT, 0},
        {"5 m/s", UNITS_UNKNOWN_UNIT, 0},
        {"m", UNITS_NOT_A_NUMBER, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t mm = 77;
        int64_t coordinate = 77;
        char negative[UNITS_TEXT_SIZE] = "-";
        print_message("%s\n", cases[i].text);
        assert_int_equal(units_length(cases[i].text, &mm), cases[i].result);
        assert_int_equal(mm, cases[i].result == UNITS_OK ? cases[i].mm : 77);
        assert_int_equal(units_coordinate(strcat(negative, cases[i].text), &coordinate),
                         cases[i].result);
        assert_true(coordinate == (cases[i].result == UNITS_OK ? -cases[i].mm : 77));
    }
    uint64_t mm;
    int64_t coordinate;
    assert_int_equal(units_length("-5 m", &mm), UNITS_NEGATIVE);
    assert_int_equal(units_coordinate("--5 m", &coordinate), UNITS_NOT_A_NUMBER);
    assert_int_equal(units_coordinate("5 m", &coordinate), UNITS_OK);
    assert_int_equal(coordinate, 5000);
}

static void test_speeds(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum units_result result;
        uint64_t mm_s;
    } cases[] = {
        {"1 mm/s", UNITS_OK, 1},
        {"1.5 m/s", UNITS_OK, 1500},
        {"0.001 m/s", UNITS_OK, 1},
        {"3.6 km/h", UNITS_OK, 1000},
        {"50 km/h", UNITS_OK, 13889}, /* 13888.9 */
        {"1 km/h", UNITS_OK, 278},    /* 277.8 */
        {"0.01 km/h", UNITS_OK, 3},   /* 2.8 */
        {"0.001 km/h", UNITS_TOO_FINE, 0},
        {"0.5 mm/s", UNITS_TOO_FINE, 0},
        {"0.0001 m/s", UNITS_TOO_FINE, 0},
        {"10000 m/s", UNITS_OK, UNITS_SPEED_MAX_MM_S},
        {"36000 km/h", UNITS_OK, UNITS_SPEED_MAX_MM_S},
        {"10000001 mm/s", UNITS_TOO_LARGE, 0},
        {"1 m", UNITS_UNKNOWN_UNIT, 0},
        {"1 mph", UNITS_UNKNOWN_UNIT, 0},
        {"3", UNITS_NO_UNIT, 0},
        {"-1 m/s", UNITS_NEGATIVE, 0},
        {"fast", UNITS_NOT_A_NUMBER, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t mm_s = 77;
        print_message("%s\n", cases[i].text);
        assert_int_equal(units_speed(cases[i].text, &mm_s), cases[i].result);
        assert_int_equal(mm_s, cases[i].result == UNITS_OK ? cases[i].mm_s : 77);
    }
}

static void test_counts(void **state) {
    (void)state;
    uint64_t count = 0;
    assert_int_equal(units_count("0", &count), UNITS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(units_count("18446744073709551615", &count), UNITS_OK);
    assert_true(count == UINT64_MAX);
    assert_int_equal(units_count("18446744073709551616", &count), UNITS_TOO_LARGE);
    assert_int_equal(units_count("184467440737095516160", &count), UNITS_TOO_LARGE);
    assert_int_equal(units_count("184467440737095516160x", &count), UNITS_NOT_A_NUMBER);
    assert_int_equal(units_count("-1", &count), UNITS_NEGATIVE);
    assert_int_equal(units_count("1.0", &count), UNITS_NOT_A_NUMBER);
    assert_int_equal(units_count("5 s", &count), UNITS_NOT_A_NUMBER);
    assert_int_equal(units_count("", &count), UNITS_NOT_A_NUMBER);
    assert_true(count == UINT64_MAX);
}

static void test_durations_as_text(void **state) {
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        {0, "0 s"},
        {1, "1 ns"},
        {999, "999 ns"},
        {1500, "1.5 us"},
        {1500000, "1.5 ms"},
        {1000000, "1 ms"},
        {1000001, "1.000001 ms"},
        {60005000000, "60.005 s"},
        {90000000000, "90 s"},
        {120000000000, "2 min"},
        {5400000000000, "90 min"},
        {7200000000000, "2 h"},
        {UINT64_MAX, "18446744073.709551615 s"},
    };
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(units_duration_text(cases[i].ns, text), cases[i].text);
}

static void test_probabilities_as_text(void **state) {
    (void)state;
    char text[UNITS_TEXT_SIZE];
    assert_string_equal(units_probability_text(0, text), "0 %");
    assert_string_equal(units_probability_text(1, text), "0.0000001 %");
    assert_string_equal(units_probability_text(125000000, text), "12.5 %");
    assert_string_equal(units_probability_text(1000000000, text), "100 %");
}

static void test_lengths_and_speeds_as_text(void **state) {
    (void)state;
    char text[UNITS_TEXT_SIZE];
    assert_string_equal(units_length_text(0, text), "0 m");
    assert_string_equal(units_length_text(7, text), "7 mm");
    assert_string_equal(units_length_text(-70, text), "-70 mm");
    assert_string_equal(units_length_text(1500, text), "1.5 m");
    assert_string_equal(units_length_text(1500000, text), "1500 m");
    assert_string_equal(units_length_text(-2000000, text), "-2 km");
    assert_string_equal(units_length_text(INT64_MIN, text), "-9223372036854775.808 m");
    assert_string_equal(units_speed_text(0, text), "0 m/s");
    assert_string_equal(units_speed_text(13889, text), "13.889 m/s");
}

/* Drifts and offsets have a sign, and a bound either way. */
static void test_signed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum units_result result;
        int64_t value;
        const char *written;
    } drifts[] =
        {
            {"50 ppm", UNITS_OK, 50000, "50 ppm"},
            {"-50ppm", UNITS_OK, -50000, "-50 ppm"},
            {"0 ppm", UNITS_OK, 0, "0 ppm"},
            {"-0.001 ppm", UNITS_OK, -1, "-0.001 ppm"},
            {"99999.999 ppm", UNITS_OK, 99999999, "99999.999 ppm"},
            {"-100000 ppm", UNITS_TOO_LARGE, 0, NULL},
            {"0.0001 ppm", UNITS_TOO_FINE, 0, NULL},
            {"-5", UNITS_NO_UNIT, 0, NULL},
            {"5 %", UNITS_UNKNOWN_UNIT, 0, NULL},
            {"--5 ppm", UNITS_NOT_A_NUMBER, 0, NULL},
            {"- 5 ppm", UNITS_NOT_A_NUMBER, 0, NULL},
        },
      offsets[] = {
          {"-1.5 ms", UNITS_OK, -1500000, "-1.5 ms"},
          {"90 s", UNITS_OK, 90000000000, "90 s"},
          {"-100 s", UNITS_OK, -100000000000, "-100 s"},
          {"100.000000001 s", UNITS_TOO_LARGE, 0, NULL},
          {"-100.000000001 s", UNITS_TOO_LARGE, 0, NULL},
          {"5 ppm", UNITS_UNKNOWN_UNIT, 0, NULL},
      };
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < sizeof drifts / sizeof *drifts; i++) {
        int64_t value = 0;
        assert_int_equal(units_drift(drifts[i].text, 99999999, &value), drifts[i].result);
        assert_true(value == drifts[i].value);
        if (drifts[i].written)
            assert_string_equal(units_drift_text(value, text), drifts[i].written);
    }
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        int64_t value = 0;
        assert_int_equal(units_offset(offsets[i].text, 100000000000, &value), offsets[i].result);
        assert_true(value == offsets[i].value);
        if (offsets[i].written)
            assert_string_equal(units_offset_text(value, text), offsets[i].written);
    }
}

/* What they come to, and how they are written. */
static void test_rates_and_frequencies(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum units_result result;
        uint64_t value;
        const char *written;
    } rates[] =
        {
            {"1 bit/s", UNITS_OK, 1, "1 bit/s"},
            {"9.6 kbit/s", UNITS_OK, 9600, "9.6 kbit/s"},
            {"115200bit/s", UNITS_OK, 115200, "115.2 kbit/s"},
            {"0.000001 Gbit/s", UNITS_OK, 1000, "1 kbit/s"},
            {"1000 Gbit/s", UNITS_OK, UINT64_C(1000000000000), "1000 Gbit/s"},
            {"0 bit/s", UNITS_OK, 0, "0 bit/s"},
            {"1000.000000001 Gbit/s", UNITS_TOO_LARGE, 0, NULL},
            {"0.5 bit/s", UNITS_TOO_FINE, 0, NULL},
            {"-1 bit/s", UNITS_NEGATIVE, 0, NULL},
            {"100", UNITS_NO_UNIT, 0, NULL},
            {"100 kB/s", UNITS_UNKNOWN_UNIT, 0, NULL},
            {"100 Kbit/s", UNITS_UNKNOWN_UNIT, 0, NULL},
            {"fast", UNITS_NOT_A_NUMBER, 0, NULL},
            {"99999999999999999999 bit/s", UNITS_TOO_LARGE, 0, NULL},
        },
      frequencies[] = {
          {"867.5 MHz", UNITS_OK, 867500000, "867500 kHz"},
          {"125 kHz", UNITS_OK, 125000, "125 kHz"},
          {"7812.5 Hz", UNITS_TOO_FINE, 0, NULL},
          {"2.4 GHz", UNITS_OK, UINT64_C(2400000000), "2400 MHz"},
          {"1 Hz", UNITS_OK, 1, "1 Hz"},
          {"868", UNITS_NO_UNIT, 0, NULL},
          {"868 mhz", UNITS_UNKNOWN_UNIT, 0, NULL},
      };
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        uint64_t value = 0;
        assert_int_equal(units_rate(rates[i].text, &value), rates[i].result);
        assert_true(value == rates[i].value);
        if (rates[i].written)
            assert_string_equal(units_rate_text(value, text), rates[i].written);
    }
    for (size_t i = 0; i < sizeof frequencies / sizeof *frequencies; i++) {
        uint64_t value = 0;
        assert_int_equal(units_frequency(frequencies[i].text, &value), frequencies[i].result);
        assert_true(value == frequencies[i].value);
        if (frequencies[i].written)
            assert_string_equal(units_frequency_text(value, text), frequencies[i].written);
    }
}

static void test_levels_and_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum units_result result;
        int32_t value;
        const char *written;
    } levels[] = {
        {"6 dB", UNITS_OK, 600, "6 dB"},
        {"-0.5dB", UNITS_OK, -50, "-0.5 dB"},
        {"127.41 dB", UNITS_OK, 12741, "127.41 dB"},
        {"-1000 dB", UNITS_OK, -100000, "-1000 dB"},
        {"0 dB", UNITS_OK, 0, "0 dB"},
        {"1000.01 dB", UNITS_TOO_LARGE, 0, NULL},
        {"-1000.01 dB", UNITS_TOO_LARGE, 0, NULL},
        {"0.001 dB", UNITS_TOO_FINE, 0, NULL},
        {"6", UNITS_NO_UNIT, 0, NULL},
        {"6 dBm", UNITS_UNKNOWN_UNIT, 0, NULL},
        {"- 6 dB", UNITS_NOT_A_NUMBER, 0, NULL},
    };
    static const struct {
        const char *text;
        enum units_result result;
        uint32_t value;
        const char *written;
    } numbers[] = {
        {"2.32", UNITS_OK, 2320, "2.32"},          {"3", UNITS_OK, 3000, "3"},
        {"0.001", UNITS_OK, 1, "0.001"},           {"1000000", UNITS_OK, 1000000000, "1000000"},
        {"1000000.001", UNITS_TOO_LARGE, 0, NULL}, {"0.0001", UNITS_TOO_FINE, 0, NULL},
        {"-1", UNITS_NEGATIVE, 0, NULL},           {"2 dB", UNITS_NOT_A_NUMBER, 0, NULL},
        {"", UNITS_NOT_A_NUMBER, 0, NULL},         {"2.", UNITS_NOT_A_NUMBER, 0, NULL},
    };
    char text[UNITS_TEXT_SIZE];
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        int32_t value = 0;
        assert_int_equal(units_decibel(levels[i].text, &value), levels[i].result);
        assert_int_equal(value, levels[i].value);
        if (levels[i].written)
            assert_string_equal(units_decibel_text(value, text), levels[i].written);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint32_t value = 0;
        assert_int_equal(units_thousandths(numbers[i].text, &value), numbers[i].result);
        assert_int_equal(value, numbers[i].value);
        if (numbers[i].written)
            assert_string_equal(units_thousandths_text(value, text), numbers[i].written);
    }
    int32_t cdbm = 0;
    assert_int_equal(units_dbm("-1.5 dBm", &cdbm), UNITS_OK);
    assert_int_equal(cdbm, -150);
    assert_string_equal(units_dbm_text(cdbm, text), "-1.5 dBm");
    assert_int_equal(units_dbm("14 dB", &cdbm), UNITS_UNKNOWN_UNIT);
}

/* What is written reads back as the same number. */
static void test_texts_read_back(void **state) {
    (void)state;
    char text[UNITS_TEXT_SIZE];
    uint64_t ns = 1;
    for (int i = 0; i < 2000; i++) {
        ns = ns * 6364136223846793005u + 1442695040888963407u;
        uint64_t due = (ns >> (2 + i % 60)), back;
        assert_int_equal(units_duration(units_duration_text(due, text), &back), UNITS_OK);
        assert_true(back == due);
        uint32_t ppb = (uint32_t)(ns >> 32) % 1000000001, ppb_back;
        assert_int_equal(units_probability(units_probability_text(ppb, text), &ppb_back), UNITS_OK);
        assert_int_equal(ppb_back, ppb);
        int64_t mm = (int64_t)(ns >> 32) % UNITS_LENGTH_MAX_MM * (i % 2 ? 1 : -1), mm_back;
        assert_int_equal(units_coordinate(units_length_text(mm, text), &mm_back), UNITS_OK);
        assert_true(mm_back == mm);
        uint64_t mm_s = (ns >> 32) % UNITS_SPEED_MAX_MM_S, mm_s_back;
        assert_int_equal(units_speed(units_speed_text(mm_s, text), &mm_s_back), UNITS_OK);
        assert_true(mm_s_back == mm_s);
        uint64_t rate = (ns >> (24 + i % 40)) % UNITS_RATE_MAX_BIT_S, rate_back;
        assert_int_equal(units_rate(units_rate_text(rate, text), &rate_back), UNITS_OK);
        assert_true(rate_back == rate);
        int32_t level = (int32_t)((ns >> 40) % 100001) * (i % 2 ? 1 : -1), level_back;
        assert_int_equal(units_decibel(units_decibel_text(level, text), &level_back), UNITS_OK);
        assert_int_equal(level_back, level);
        uint32_t number = (uint32_t)(ns >> 40) % 1000000001, number_back;
        assert_int_equal(units_thousandths(units_thousandths_text(number, text), &number_back),
                         UNITS_OK);
        assert_int_equal(number_back, number);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_probabilities),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_speeds),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_durations_as_text),
        cmocka_unit_test(test_probabilities_as_text),
        cmocka_unit_test(test_lengths_and_speeds_as_text),
        cmocka_unit_test(test_signed),
        cmocka_unit_test(test_rates_and_frequencies),
        cmocka_unit_test(test_levels_and_numbers),
        cmocka_unit_test(test_texts_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
