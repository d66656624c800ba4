/* LoRa's physical layer in numbers: time on air, sensitivity, what one transmission does to
 * another, what it draws. Levels are hundredths of a decibel (cdb) or of a dBm (cdbm). */
#ifndef LORA_H
#define LORA_H

#include <stdbool.h>
#include <stdint.h>

enum { LORA_SPREADING_MIN = 7, LORA_SPREADING_MAX = 12 };

struct lora {
    uint32_t frequency_hz;
    uint32_t bandwidth_hz;
    uint16_t preamble_symbols; /* as programmed, without the 4.25 of synchronisation */
    uint8_t spreading;         /* factor: LORA_SPREADING_MIN to _MAX */
    uint8_t coding;            /* rate 4/coding: 5 to 8 */
};

/* A symbol: 2^spreading / bandwidth, rounded to the nearest ns. */
uint64_t lora_symbol_ns(const struct lora *lora);

/* Time on air of a packet of `size` bytes with explicit header and CRC (Semtech AN1200.13, "LoRa
 * Modem Design Guide", 2013); with low data rate optimisation where symbols take over 16 ms, as
 * radios require. */
uint64_t lora_airtime_ns(const struct lora *lora, uint16_t size);

/* At the beginning of a packet, how long interference does no harm: all but the last five symbols
 * of the preamble (Bor, Roedig, Voigt, Alonso: "Do LoRa Low-Power Wide-Area Networks Scale?",
 * 2016). */
uint64_t lora_preamble_slack_ns(const struct lora *lora);

/* The weakest signal that is received: thermal noise of -174 dBm/Hz over the bandwidth, a noise
 * figure of 6 dB, and the SNR that the spreading factor needs, -7.5 dB at SF7 and 2.5 dB less for
 * each further one (Semtech, SX1276 data sheet, table 13). */
int32_t lora_sensitivity_cdbm(const struct lora *lora);

/* How much stronger a signal must be than one of another spreading factor that falls on it;
 * negative (Goursaud, Gorce: "Dedicated networks for IoT: PHY / MAC state of the art and
 * challenges", 2015, table 2). */
int32_t lora_isolation_cdb(uint8_t spreading, uint8_t interferer);

/* Whether two settings use the same spectrum: their frequencies are apart by no more than 24 % of
 * the wider band (Bor et al. 2016: 30, 60 and 120 kHz at 125, 250 and 500 kHz). */
bool lora_overlaps(const struct lora *a, const struct lora *b);

/* Supply current while sending at this power, for an SX1272 at 3.0 V (Bor et al. 2016, LoRaSim's
 * table): microampere. From -2 dBm to 20 dBm; others are the nearest of these. */
uint32_t lora_supply_ua(int32_t power_cdbm);
enum { LORA_SUPPLY_MV = 3000 };

#endif
