#include "wifi_modes.h"

#define OFDM(standard, prefix)                                                                \
    {standard, 6000000, prefix "Rate6Mbps"}, {standard, 9000000, prefix "Rate9Mbps"},         \
        {standard, 12000000, prefix "Rate12Mbps"}, {standard, 18000000, prefix "Rate18Mbps"}, \
        {standard, 24000000, prefix "Rate24Mbps"}, {standard, 36000000, prefix "Rate36Mbps"}, \
        {standard, 48000000, prefix "Rate48Mbps"}, {                                          \
        standard, 54000000, prefix "Rate54Mbps"                                               \
    }

/* By standard, the slowest first. */
static const struct wifi_mode modes[] = {
    OFDM(NS3_80211A, "Ofdm"),
    {NS3_80211B, 1000000, "DsssRate1Mbps"},
    {NS3_80211B, 2000000, "DsssRate2Mbps"},
    {NS3_80211B, 5500000, "DsssRate5_5Mbps"},
    {NS3_80211B, 11000000, "DsssRate11Mbps"},
    OFDM(NS3_80211G, "ErpOfdm"),
};

const struct wifi_mode *wifi_mode_at(size_t n) {
    return n < sizeof modes / sizeof *modes ? &modes[n] : NULL;
}

const struct wifi_mode *wifi_mode_of(enum ns3_standard standard, uint64_t rate_bit_s) {
    const struct wifi_mode *mode;
    for (size_t i = 0; (mode = wifi_mode_at(i)); i++)
        if (mode->standard == standard && (!rate_bit_s || mode->rate_bit_s == rate_bit_s))
            return mode;
    return NULL;
}
