/* Names of fates, the core's and the network's. */
#include "fate.h"

#include "core/check.h"
#include "sim/observer.h"

static const char *const names[] = {
#define FATE_TEXT(name, text) text,
    FATE_TABLE(FATE_TEXT)
#undef FATE_TEXT
};

const char *packet_name(uint8_t kind) {
    return kind == PACKET_UNKNOWN ? "packet" : tssb_packet_kind_name((enum tssb_packet_kind)kind);
}

const char *fate_name(unsigned fate) {
    TSSB_CHECK(fate < FATE_COUNT);
    if (fate < TSSB_FATE_COUNT)
        return tssb_fate_name((enum tssb_fate)fate);
    return names[fate - TSSB_FATE_COUNT];
}
