/* `radio`: a network of stations that share the ether. */
#include <inttypes.h>
#include <string.h>

#include "quantity.h"

/* Outdoors in a town, as measured by Petäjäjärvi, Mikhaylov, Roivainen, Hänninen and Pettissalo:
 * "On the coverage of LPWANs", 2015. They also found a shadowing of 7.8 dB. */
#define PATH_LOSS_OULU \
    { 1000000, 12895, 2320, 0 }

/* What the first proof of concept's bridge sets, at the power that its band allows. */
#define LORA_POC \
    { 867500000, 250000, 8, 7, 7 }

const struct radio_model scenario_radio_default = {
    .lora = LORA_POC,
    .power_cdbm = 1400,
    .path_loss = PATH_LOSS_OULU,
    .capture_cdb = 600,
    .duty_ppb = PPB,
    .duty_window_ns = UINT64_C(3600000000000),
    .queue_packets = 64,
};

static const struct preset {
    const char *name;
    struct radio_model model;
} presets[] = {
    /* As its nodes use it: a second from packet to packet, 1 % of the time. */
    {"lora-poc",
     {.lora = LORA_POC,
      .power_cdbm = 1400,
      .path_loss = PATH_LOSS_OULU,
      .capture_cdb = 600,
      .duty_ppb = PPB / 100,
      .duty_window_ns = UINT64_C(3600000000000),
      .queue_packets = 64,
      .pace_ns = UINT64_C(1000000000),
      .pace_jitter_ns = UINT64_C(49000000)}},
};

enum { PRESETS = sizeof presets / sizeof *presets };

static void read_preset(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    const char *words[PRESETS + 1] = {NULL};
    uint32_t choice;
    (void)field;
    for (size_t i = 0; i < PRESETS; i++)
        words[i] = presets[i].name;
    if (reader_choice(reader, value, words, &choice))
        *(struct radio_model *)target = presets[choice].model;
}

static bool is_off(const struct tree *value) {
    return value->kind == TREE_SCALAR && strcmp(value->text, "off") == 0;
}

/* 4/5 to 4/8. */
static void read_coding(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    static const char *const words[] = {"4/5", "4/6", "4/7", "4/8", NULL};
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, words, &choice))
        *(uint8_t *)target = (uint8_t)(5 + choice);
}

static void read_small(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    uint32_t number = *(uint8_t *)target;
    reader_u32(reader, field, value, &number);
    *(uint8_t *)target = (uint8_t)number;
}

static void read_preamble(struct reader *reader, const struct field *field,
                          const struct tree *value, void *target) {
    uint32_t number = *(uint16_t *)target;
    reader_u32(reader, field, value, &number);
    *(uint16_t *)target = (uint16_t)number;
}

static void read_bandwidth(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    uint32_t hz = 0;
    reader_frequency(reader, field, value, &hz);
    if (hz && (hz < 7800 || hz > 1625000))
        reader_refuse(reader, value, "LoRa's bands are from 7.8 kHz to 1.625 MHz wide");
    else if (hz)
        *(uint32_t *)target = hz;
}

static void read_capture(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    int32_t *capture_cdb = target, level = 0;
    if (is_off(value)) {
        *capture_cdb = RADIO_CAPTURE_OFF;
        return;
    }
    reader_decibel(reader, field, value, &level);
    if (level < 0)
        reader_refuse(reader, value, "a capture threshold is not negative (such as 6 dB, or off)");
    else
        *capture_cdb = level;
}

static void read_listen(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    if (is_off(value))
        *(uint64_t *)target = 0;
    else
        reader_duration(reader, field, value, target);
}

static void read_duty(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    if (is_off(value))
        *(uint32_t *)target = PPB;
    else
        reader_probability(reader, field, value, target);
}

static void read_pace(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    struct radio_model *model = target;
    uint64_t range_ns[2] = {model->pace_ns, model->pace_jitter_ns};
    reader_duration_range(reader, field, value, range_ns);
    model->pace_ns = range_ns[0];
    model->pace_jitter_ns = range_ns[1];
}

static void read_exponent(struct reader *reader, const struct field *field,
                          const struct tree *value, void *target) {
    uint32_t exponent = 0;
    reader_thousandths(reader, field, value, &exponent);
    if (exponent && (exponent < 1000 || exponent > 10000))
        reader_refuse(reader, value, "path loss exponents are from 1 to 10 (2 in free space)");
    else if (exponent)
        *(uint32_t *)target = exponent;
}

static void read_shadowing(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    int32_t level = 0;
    reader_decibel(reader, field, value, &level);
    if (level < 0 || level > 5000)
        reader_refuse(reader, value, "a deviation is from 0 dB to 50 dB");
    else
        *(uint32_t *)target = (uint32_t)level;
}

static const struct field path_loss_fields[] = {
    {"exponent", read_exponent, offsetof(struct path_loss, exponent_thousandth), .example = "2.32"},
    {"reference", reader_decibel, offsetof(struct path_loss, reference_cdb),
     .example = "128.95 dB"},
    {"at", reader_length, offsetof(struct path_loss, reference_mm), .min = 1000, .example = "1 km"},
    {"shadowing", read_shadowing, offsetof(struct path_loss, shadowing_cdb), .example = "7.8 dB"},
};

static void read_path_loss(struct reader *reader, const struct field *field,
                           const struct tree *value, void *target) {
    (void)field;
    reader_map(reader, value, path_loss_fields, sizeof path_loss_fields / sizeof *path_loss_fields,
               target);
}

/* The preset comes first: what else is written changes it. */
static const struct field radio_fields[] = {
    {"preset", read_preset, 0, .example = "lora-poc"},
    {"frequency", reader_frequency, offsetof(struct radio_model, lora.frequency_hz),
     .example = "867.5 MHz"},
    {"bandwidth", read_bandwidth, offsetof(struct radio_model, lora.bandwidth_hz),
     .example = "250 kHz"},
    {"spreading", read_small, offsetof(struct radio_model, lora.spreading),
     .min = LORA_SPREADING_MIN, .max = LORA_SPREADING_MAX, .example = "7"},
    {"coding", read_coding, offsetof(struct radio_model, lora.coding), .example = "4/7"},
    {"preamble", read_preamble, offsetof(struct radio_model, lora.preamble_symbols), .min = 6,
     .max = 65535, .example = "8"},
    {"power", reader_dbm, offsetof(struct radio_model, power_cdbm), .example = "14 dBm"},
    {"path_loss", read_path_loss, offsetof(struct radio_model, path_loss),
     .example = "{exponent: 2.32, reference: 128.95 dB, at: 1 km}"},
    {"capture", read_capture, offsetof(struct radio_model, capture_cdb), .example = "6 dB"},
    {"listen", read_listen, offsetof(struct radio_model, listen_ns), .example = "200 ms"},
    {"duty_cycle", read_duty, offsetof(struct radio_model, duty_ppb), .example = "1 %"},
    {"duty_window", reader_duration, offsetof(struct radio_model, duty_window_ns), .min = 1,
     .example = "1 h"},
    {"queue", reader_u32, offsetof(struct radio_model, queue_packets), .min = 1, .max = 65536,
     .example = "64"},
    {"pace", read_pace, 0, .example = "[1 s, 1.05 s]"},
};

/* A packet that takes longer than the budget of a window could never be sent. */
static void check_budget(struct reader *reader, const struct tree *value,
                         const struct radio_model *model) {
    uint64_t longest_ns = lora_airtime_ns(&model->lora, TSSB_PACKET_SIZE);
    uint64_t budget_ns = (uint64_t)((unsigned __int128)model->duty_window_ns * model->duty_ppb /
                                    PPB);
    char longest[UNITS_TEXT_SIZE], budget[UNITS_TEXT_SIZE];
    if (model->duty_ppb < PPB && budget_ns < longest_ns)
        reader_refuse(reader, value,
                      "a packet of %d bytes takes %s, and this duty cycle allows %s in its window "
                      "(give it more, or a longer duty_window)",
                      TSSB_PACKET_SIZE, units_duration_text(longest_ns, longest),
                      units_duration_text(budget_ns, budget));
}

void scenario_read_radio(struct reader *reader, const struct field *field, const struct tree *value,
                         void *target) {
    (void)field;
    reader_map(reader, value, radio_fields, sizeof radio_fields / sizeof *radio_fields, target);
    check_budget(reader, value, target);
}
