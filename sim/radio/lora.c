/* Formulas and tables of LoRa, in integers. */
#include "lora.h"

#include "core/check.h"
#include "sim/fixed.h"

#define SECOND_NS UINT64_C(1000000000)
#define LOW_RATE_SYMBOL_NS UINT64_C(16000000)

enum { SPREADINGS = LORA_SPREADING_MAX - LORA_SPREADING_MIN + 1 };

static int index_of(uint8_t spreading) {
    TSSB_CHECK(spreading >= LORA_SPREADING_MIN && spreading <= LORA_SPREADING_MAX);
    return spreading - LORA_SPREADING_MIN;
}

static uint64_t symbols_ns(const struct lora *lora, uint64_t quarters) {
    uint64_t chips_ns = (quarters << lora->spreading) * SECOND_NS /
                        4; /* below 2^64 to 2^14 symbols */
    return (chips_ns + lora->bandwidth_hz / 2) / lora->bandwidth_hz;
}

uint64_t lora_symbol_ns(const struct lora *lora) {
    return symbols_ns(lora, 4);
}

/* Symbols of header, payload and CRC. */
static uint64_t payload_symbols(const struct lora *lora, uint16_t size) {
    enum { CRC_BITS = 16, HEADER_BITS = 28, ALWAYS = 8 };
    int low_rate = lora_symbol_ns(lora) > LOW_RATE_SYMBOL_NS;
    int bits = 8 * size - 4 * lora->spreading + HEADER_BITS + CRC_BITS;
    int bits_a_block = 4 * (lora->spreading - 2 * low_rate);
    int blocks = bits > 0 ? (bits + bits_a_block - 1) / bits_a_block : 0;
    return ALWAYS + (uint64_t)blocks * lora->coding;
}

uint64_t lora_airtime_ns(const struct lora *lora, uint16_t size) {
    enum { SYNCHRONISATION_QUARTERS = 17 };
    uint64_t preamble = 4 * (uint64_t)lora->preamble_symbols + SYNCHRONISATION_QUARTERS;
    return symbols_ns(lora, preamble + 4 * payload_symbols(lora, size));
}

uint64_t lora_preamble_slack_ns(const struct lora *lora) {
    enum { NEEDED = 5 };
    return lora->preamble_symbols > NEEDED
               ? symbols_ns(lora, 4 * ((uint64_t)lora->preamble_symbols - NEEDED))
               : 0;
}

int32_t lora_sensitivity_cdbm(const struct lora *lora) {
    enum { THERMAL_CDBM = -17400, NOISE_FIGURE_CDB = 600 };
    static const int32_t snr_cdb[SPREADINGS] = {-750, -1000, -1250, -1500, -1750, -2000};
    return THERMAL_CDBM + fixed_cdb(lora->bandwidth_hz) + NOISE_FIGURE_CDB +
           snr_cdb[index_of(lora->spreading)];
}

int32_t lora_isolation_cdb(uint8_t spreading, uint8_t interferer) {
    /* Rows: the wanted signal, from SF7; columns: the interferer. The diagonal is the capture
     * threshold, which is the medium's to set. */
    static const int8_t decibel[SPREADINGS][SPREADINGS] = {
        {6, -16, -18, -19, -19, -20}, {-24, 6, -20, -22, -22, -22}, {-27, -27, 6, -23, -25, -25},
        {-30, -30, -30, 6, -26, -28}, {-33, -33, -33, -33, 6, -29}, {-36, -36, -36, -36, -36, 6},
    };
    return 100 * decibel[index_of(spreading)][index_of(interferer)];
}

bool lora_overlaps(const struct lora *a, const struct lora *b) {
    uint32_t apart = a->frequency_hz > b->frequency_hz ? a->frequency_hz - b->frequency_hz
                                                       : b->frequency_hz - a->frequency_hz;
    uint32_t wider = a->bandwidth_hz > b->bandwidth_hz ? a->bandwidth_hz : b->bandwidth_hz;
    return (uint64_t)apart * 25 <= (uint64_t)wider * 6;
}

uint32_t lora_supply_ua(int32_t power_cdbm) {
    enum { LEAST_DBM = -2, MOST_DBM = 20 };
    static const uint8_t milliampere[MOST_DBM - LEAST_DBM + 1] = {22, 22, 22, 23, 24,  24,  24, 25,
                                                                  25, 25, 25, 26, 31,  32,  34, 35,
                                                                  44, 82, 85, 90, 105, 115, 125};
    int32_t dbm = (power_cdbm + (power_cdbm < 0 ? -50 : 50)) / 100;
    if (dbm < LEAST_DBM)
        dbm = LEAST_DBM;
    if (dbm > MOST_DBM)
        dbm = MOST_DBM;
    return 1000U * milliampere[dbm - LEAST_DBM];
}
