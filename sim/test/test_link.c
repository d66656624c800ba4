/* Links against theory: what a million packets must show, within five standard errors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "sim/link/passage.h"
#include "sim/link/transmitter.h"
#include "sim/quantile.h"
#include "sim/stream.h"

enum { PACKETS = 1000000 };

static struct link_model sealed(struct link_model model) {
    link_seal(&model);
    return model;
}

static void expect_near(double got, double due, double standard_error) {
    if (!(fabs(got - due) <= 5 * standard_error))
        fail_msg("%g is not within five standard errors (%g) of %g", got, standard_error, due);
}

/* Gilbert and Elliott: the mean loss and the mean length of stays in the bad state. Losses of a
 * chain are correlated, which makes the variance of their mean (1 + c) / (1 - c) times that of
 * independent ones, where c = 1 - worsens - recovers (for bursts that lose all). Stays are
 * geometric. */
static void losses_come_in_bursts(void **state) {
    static const struct loss_model rows[] = {
        {0, PPB, PPB / 100, PPB / 5},            /* bursts of 5, 4.8 % lost */
        {0, PPB, PPB / 50, PPB / 20},            /* bursts of 20, 28.6 % */
        {PPB / 100, PPB / 2, PPB / 200, PPB / 4} /* both states lose some */
    };
    (void)state;
    for (size_t row = 0; row < 3; row++) {
        const struct loss_model *loss = &rows[row];
        struct link_model model = sealed((struct link_model){.delay_ns = 1, .loss = *loss});
        double p = (double)loss->worsens_ppb / PPB, r = (double)loss->recovers_ppb / PPB;
        double bad_share = p / (p + r), c = 1 - p - r;
        double due = (bad_share * loss->bad_ppb + (1 - bad_share) * loss->good_ppb) / PPB;
        uint32_t lost = 0, bad_packets = 0, bursts = 0;
        bool bad = false;
        for (uint32_t n = 1; n <= PACKETS; n++) {
            bool before = bad;
            struct crossing crossing = {.key = 77 + row, .n = n, .size = 120, .bad = &bad};
            lost += link_passage(&model, &crossing).lost;
            bad_packets += bad;
            bursts += bad && !before;
        }
        double spread = sqrt(due * (1 - due) * (1 + c) / (1 - c) / PACKETS);
        expect_near((double)lost / PACKETS, due, spread);
        expect_near((double)bad_packets / bursts, 1 / r, sqrt(1 - r) / r / sqrt(bursts));
    }
}

/* The first packet finds the chain in equilibrium: as many bad states over many links as later on.
 */
static void a_chain_begins_in_equilibrium(void **state) {
    struct link_model model = sealed((struct link_model){
        .delay_ns = 1, .loss = {0, PPB, PPB / 100, PPB / 50}}); /* a third is bad */
    uint32_t lost = 0, links = 100000;
    (void)state;
    for (uint64_t key = 0; key < links; key++) {
        bool bad = false;
        struct crossing crossing = {.key = stream_mix(key), .n = 1, .bad = &bad};
        lost += link_passage(&model, &crossing).lost;
    }
    expect_near((double)lost / links, 1.0 / 3, sqrt(2.0 / 9 / links));
}

static void a_mask_goes_with_bursts(void **state) {
    uint32_t drops[] = {2};
    struct link_model model = sealed((struct link_model){
        .delay_ns = 1, .loss = {0, 0, PPB, 1}, .drops = drops, .drop_count = 1});
    bool bad = false;
    (void)state;
    for (uint32_t n = 1; n < 9; n++) {
        struct crossing crossing = {.key = 1, .n = n, .bad = &bad};
        assert_int_equal(link_passage(&model, &crossing).lost, n == 2);
    }
}

static void copies_are_made(void **state) {
    struct link_model model = sealed(
        (struct link_model){.delay_ns = 1000, .jitter_ns = 500, .duplicate_ppb = PPB / 50});
    uint32_t copies = 0;
    (void)state;
    for (uint32_t n = 1; n <= PACKETS; n++) {
        struct crossing crossing = {.key = 5, .n = n, .size = 43};
        struct passage passage = link_passage(&model, &crossing);
        if (passage.copy_delay_ns)
            assert_in_range(passage.copy_delay_ns, 1001, 2500);
        copies += passage.copy_delay_ns != 0;
    }
    expect_near((double)copies / PACKETS, 0.02, sqrt(0.02 * 0.98 / PACKETS));
}

/* A packet of b bits is damaged with 1 - (1 - e)^b, and has b e / that flipped bits then; each bit
 * is as likely to be flipped as any other. */
static void bits_are_flipped(void **state) {
    enum { SIZE = 120, BITS = 8 * SIZE };
    struct link_model model = sealed(
        (struct link_model){.delay_ns = 1, .bit_error_ppb = PPB / 2000});
    double e = 1.0 / 2000, any = 1 - pow(1 - e, BITS);
    uint32_t damaged = 0, flipped = 0, packets = 200000, halves[2] = {0};
    (void)state;
    for (uint32_t n = 1; n <= packets; n++) {
        struct crossing crossing = {.key = 9, .n = n, .size = SIZE};
        uint8_t bytes[SIZE] = {0};
        if (!link_passage(&model, &crossing).damaged)
            continue;
        damaged++;
        link_damage(&model, &crossing, bytes);
        uint32_t before = flipped;
        for (uint32_t bit = 0; bit < BITS; bit++)
            if (bytes[bit / 8] >> bit % 8 & 1) {
                flipped++;
                halves[bit >= BITS / 2]++;
            }
        assert_true(flipped > before);
    }
    expect_near((double)damaged / packets, any, sqrt(any * (1 - any) / packets));
    expect_near((double)flipped / packets, BITS * e, sqrt(BITS * e * (1 - e) / packets));
    expect_near((double)halves[0] / flipped, 0.5, sqrt(0.25 / flipped));
}

static double mean_delay(enum jitter_shape shape, double *deviation) {
    struct link_model model = sealed((struct link_model){
        .delay_ns = 100000000, .jitter_ns = 10000000, .jitter_shape = (uint8_t)shape});
    double sum = 0, squares = 0;
    for (uint32_t n = 1; n <= PACKETS; n++) {
        struct crossing crossing = {.key = 3, .n = n};
        double delay = (double)link_passage(&model, &crossing).delay_ns / 1e6;
        sum += delay;
        squares += delay * delay;
    }
    *deviation = sqrt(squares / PACKETS - sum / PACKETS * (sum / PACKETS));
    return sum / PACKETS;
}

static void jitter_has_shapes(void **state) {
    double deviation;
    (void)state;
    expect_near(mean_delay(JITTER_NORMAL, &deviation), 100, 10 / sqrt(PACKETS));
    expect_near(deviation, 10, 10 / sqrt(2.0 * PACKETS));
    /* The variance of a Pareto of shape 2 is that of its cut at 4095 means: 2 ln(4096) - 3 or so.
     */
    double spread = 10 * sqrt(2 * log(4096) - 3);
    expect_near(mean_delay(JITTER_PARETO, &deviation), 110, spread / sqrt(PACKETS));
}

/* M/D/1: packets that come at random to a link of a fixed rate wait rho / (2 (1 - rho)) services on
 * average (Pollaczek, Khinchine). The standard error is taken from the means of 200 batches. */
static void random_arrivals_wait_as_in_theory(void **state) {
    enum { BATCHES = 200, BATCH = 20000 };
    static const int loads_percent[] = {50, 80};
    struct link_model model = sealed((struct link_model){
        .delay_ns = 1, .rate_bit_s = 960000, .queue_packets = UINT32_MAX}); /* 1 ms a packet */
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct transmitter transmitter = {0};
        double rho = loads_percent[i] / 100.0, due = rho / (2 * (1 - rho)), sum = 0, squares = 0;
        double batch = 0;
        uint64_t now_ns = 0, free_ns = 0;
        for (uint32_t n = 0; n < BATCHES * BATCH; n++) {
            struct transmission sent;
            now_ns += quantile_exponential(stream_mix(n + 1),
                                           100000000 / (uint64_t)loads_percent[i]);
            assert_int_equal(
                transmitter_send(&transmitter, &model, 1, n, 120, now_ns, &free_ns, &sent), 0);
            assert_int_equal(sent.taken_ns, 1000000);
            batch += (double)(sent.left_ns - sent.taken_ns - now_ns) / 1e6;
            if (n % BATCH == BATCH - 1) {
                sum += batch / BATCH;
                squares += batch / BATCH * (batch / BATCH);
                batch = 0;
            }
        }
        double mean = sum / BATCHES;
        double error = sqrt((squares / BATCHES - mean * mean) / BATCHES);
        assert_true(error < 0.02 * due); /* or the test would show nothing */
        expect_near(mean, due, error);
        transmitter_close(&transmitter);
    }
}

static void a_full_queue_drops(void **state) {
    struct link_model model = sealed((struct link_model){
        .delay_ns = 1, .rate_bit_s = 96000, .queue_packets = 4}); /* 10 ms a packet */
    struct transmitter transmitter = {0};
    struct transmission sent;
    uint64_t free_ns = 0;
    (void)state;
    for (uint32_t n = 1; n <= 8; n++) { /* one leaves, four wait */
        int error = transmitter_send(&transmitter, &model, 1, n, 120, 5, &free_ns, &sent);
        assert_int_equal(error, n <= 5 ? 0 : TSSB_E_FULL);
    }
    assert_int_equal(sent.left_ns, 5 + 5 * 10000000);
    assert_int_equal(transmitter_waiting(&transmitter, 5), 4);
    assert_int_equal(transmitter_waiting(&transmitter, 5 + 10000000), 3);
    assert_int_equal(
        transmitter_send(&transmitter, &model, 1, 9, 120, 5 + 10000000, &free_ns, &sent), 0);
    assert_int_equal(transmitter_waiting(&transmitter, 5 + 60000000), 0);
    transmitter_close(&transmitter);
}

/* 500 ms and up to 49 ms more from the end of one packet to the beginning of the next. */
static void a_pace_is_kept(void **state) {
    struct link_model model = sealed((struct link_model){.delay_ns = 1,
                                                         .rate_bit_s = 92160,
                                                         .queue_packets = 1000,
                                                         .pace_ns = 500000000,
                                                         .pace_jitter_ns = 49000000});
    struct transmitter transmitter = {0};
    uint64_t free_ns = 0, before_ns = 0;
    (void)state;
    for (uint32_t n = 1; n <= 1000; n++) {
        struct transmission sent;
        assert_int_equal(transmitter_send(&transmitter, &model, 1, n, 120, 0, &free_ns, &sent), 0);
        uint64_t begins_ns = sent.left_ns - sent.taken_ns;
        if (n > 1)
            assert_in_range(begins_ns - before_ns, 500000000, 549000000);
        before_ns = sent.left_ns;
    }
    transmitter_close(&transmitter);
}

static void phases_take_turns(void **state) {
    struct link_phase phases[] = {
        {0, LINK_LOSS, {.loss.good_ppb = 1}}, {20, LINK_DELAY, {.delay_ns = 9}}, {30, 0, {0}}};
    struct link_profile profile = {.period_ns = 50, .count = 3, .phases = phases};
    struct link_model model = {.delay_ns = 1, .profile = &profile};
    (void)state;
    assert_ptr_equal(link_phase_at(&model, 0), &phases[0]);
    assert_ptr_equal(link_phase_at(&model, 19), &phases[0]);
    assert_ptr_equal(link_phase_at(&model, 20), &phases[1]);
    assert_ptr_equal(link_phase_at(&model, 49), &phases[2]);
    assert_ptr_equal(link_phase_at(&model, 50), &phases[0]);
    profile.period_ns = 0;
    assert_ptr_equal(link_phase_at(&model, 1000000), &phases[2]);
    link_override(&model, &phases[1].values, phases[1].changed);
    assert_int_equal(model.delay_ns, 9);
    assert_true(model.rare);
    model.profile = NULL;
    assert_null(link_phase_at(&model, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_come_in_bursts),
        cmocka_unit_test(a_chain_begins_in_equilibrium),
        cmocka_unit_test(a_mask_goes_with_bursts),
        cmocka_unit_test(copies_are_made),
        cmocka_unit_test(bits_are_flipped),
        cmocka_unit_test(jitter_has_shapes),
        cmocka_unit_test(random_arrivals_wait_as_in_theory),
        cmocka_unit_test(a_full_queue_drops),
        cmocka_unit_test(a_pace_is_kept),
        cmocka_unit_test(phases_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
