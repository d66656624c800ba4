/* A radio network as a scenario describes it. Levels are hundredths of a decibel or of a dBm. */
#ifndef RADIO_MODEL_H
#define RADIO_MODEL_H

#include "lora.h"

/* Log-distance path loss with log-normal shadowing, which a pair of stations has for good. */
struct path_loss {
    uint64_t reference_mm;
    int32_t reference_cdb;        /* at that distance */
    uint32_t exponent_thousandth; /* 2000 in free space */
    uint32_t shadowing_cdb;       /* deviation; at most three of them are drawn */
};

enum { RADIO_CAPTURE_OFF = -1 };

struct radio_model {
    struct lora lora;
    int32_t power_cdbm;
    struct path_loss path_loss;
    int32_t capture_cdb; /* how much stronger than another of its kind a signal must be;
                            RADIO_CAPTURE_OFF: no signal survives another one that is received */
    uint64_t listen_ns;  /* listen before talk: wait a random time of up to this, and again while
                            somebody sends; 0: send at once */
    uint32_t duty_ppb;   /* the share of time that a station may send; PPB: no limit */
    uint64_t duty_window_ns; /* ... within any window of this length */
    uint32_t queue_packets;  /* that wait at a station, at most */
    uint64_t pace_ns;        /* that a station leaves between two packets, and ... */
    uint64_t pace_jitter_ns; /* ... up to so much more */
};

#endif
