/* Links and media: losses and delays are drawn evenly and from streams of their own; masks and
 * changes are exact. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "sim/link/passage.h"
#include "sim/network.h"
#include "sim/stream.h"

enum { PACKETS = 1000000 };

static uint32_t losses(uint32_t loss_ppb, uint64_t key) {
    struct link_model model = {.delay_ns = 1, .loss.good_ppb = loss_ppb};
    uint32_t lost = 0;
    for (uint32_t n = 1; n <= PACKETS; n++)
        lost += link_loses(&model, key, n);
    return lost;
}

/* Five standard deviations of a binomial of a million: 5 * sqrt(p (1 - p) 10^6). */
static void loss_is_as_declared(void **state) {
    (void)state;
    assert_int_equal(losses(0, 1), 0);
    assert_int_equal(losses(PPB, 1), PACKETS);
    for (uint64_t key = 0; key < 4; key++) {
        assert_in_range(losses(PPB / 10, key), 100000 - 1500, 100000 + 1500);
        assert_in_range(losses(PPB / 2, key), 500000 - 2500, 500000 + 2500);
        assert_in_range(losses(PPB / 1000, key), 1000 - 158, 1000 + 158);
    }
}

/* Whether a packet is lost says nothing of the next one, nor of the other direction. */
static void losses_are_independent(void **state) {
    struct link_model model = {.delay_ns = 1, .loss.good_ppb = PPB / 2};
    uint32_t runs = 0, both = 0;
    uint64_t there = stream_key_pair(1, 2), back = stream_key_pair(2, 1);
    (void)state;
    for (uint32_t n = 1; n <= PACKETS; n++) {
        bool lost = link_loses(&model, there, n);
        runs += lost && link_loses(&model, there, n + 1);
        both += lost && link_loses(&model, back, n);
    }
    assert_in_range(runs, 250000 - 2200, 250000 + 2200);
    assert_in_range(both, 250000 - 2200, 250000 + 2200);
}

static void jitter_is_uniform(void **state) {
    struct link_model model = {.delay_ns = 5000, .jitter_ns = 9};
    uint32_t seen[10] = {0};
    (void)state;
    for (uint32_t n = 1; n <= PACKETS; n++) {
        struct passage passage = link_passage(&model, &(struct crossing){.key = 7, .n = n});
        assert_in_range(passage.delay_ns, 5000, 5009);
        assert_false(passage.lost);
        seen[passage.delay_ns - 5000]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(seen[i], 100000 - 1500, 100000 + 1500);
}

static void a_mask_is_exact(void **state) {
    uint32_t drops[] = {3, 5, 1000};
    struct link_model model = {.delay_ns = 1, .drops = drops, .drop_count = 3};
    (void)state;
    for (uint32_t n = 1; n < 2000; n++)
        assert_int_equal(link_loses(&model, 9, n), n == 3 || n == 5 || n == 1000);
}

static void parse(struct scenario *scenario, const char *yaml) {
    char *errors = NULL;
    if (scenario_parse(scenario, "test", yaml, strlen(yaml), NULL, 0, &errors) != 0)
        fail_msg("%s", errors);
}

static void changes_come_in_order_and_go(void **state) {
    static const uint64_t keys[3] = {1, 2, 3};
    struct scenario scenario;
    struct network network;
    (void)state;
    parse(&scenario, "name: n\nduration: 9 s\nnodes: {a: , b: , c: }\n"
                     "network: {topology: complete, link: {delay: 1 ms, loss: 1 %}}\n"
                     "timeline:\n"
                     "  - {at: 1 s, link: {loss: 2 %, jitter: 3 ms}, for: 5 s}\n"
                     "  - {at: 2 s, link: {between: [a, c], loss: 9 %}, for: 5 s}\n");
    assert_int_equal(network_init(&network, &scenario, keys), 0);
    assert_int_equal(network.first_face[3], 6);
    assert_int_equal(network_model(&network, 0, 0, 2, 0).loss.good_ppb, PPB / 100);
    network_change(&network, &scenario.faults[0]);
    network_change(&network, &scenario.faults[1]);
    assert_int_equal(network_model(&network, 0, 0, 2, 0).loss.good_ppb, PPB / 100 * 9);
    assert_int_equal(network_model(&network, 0, 2, 0, 0).loss.good_ppb, PPB / 100 * 9);
    assert_int_equal(network_model(&network, 0, 0, 1, 0).loss.good_ppb, PPB / 100 * 2);
    assert_int_equal(network_model(&network, 0, 0, 2, 0).jitter_ns, 3000000);
    assert_int_equal(network_model(&network, 0, 0, 2, 0).delay_ns, 1000000);
    network_restore(&network, scenario.faults[0].id);
    assert_int_equal(network_model(&network, 0, 0, 1, 0).loss.good_ppb, PPB / 100);
    assert_int_equal(network_model(&network, 0, 0, 2, 0).loss.good_ppb, PPB / 100 * 9);
    network_restore(&network, scenario.faults[1].id);
    network_restore(&network, 77);
    assert_int_equal(network_model(&network, 0, 0, 2, 0).loss.good_ppb, PPB / 100);
    network_close(&network);
    scenario_close(&scenario);
}

static void the_ends_of_a_link_know_each_other(void **state) {
    uint64_t keys[50];
    struct scenario scenario;
    struct network network;
    (void)state;
    for (uint64_t i = 0; i < 50; i++)
        keys[i] = stream_mix(i);
    parse(&scenario, "name: n\nduration: 9 s\nnodes: {n: {count: 50}}\n"
                     "network: {topology: random, degree: 6}\n");
    assert_int_equal(network_init(&network, &scenario, keys), 0);
    for (uint32_t node = 0; node < 50; node++) {
        for (uint32_t i = network.first_face[node]; i < network.first_face[node + 1]; i++) {
            const struct face *face = &network.faces[i];
            const struct face *other =
                &network.faces[network.first_face[face->peer] + face->peer_face];
            assert_int_equal(other->peer, node);
            assert_int_equal(other->peer_face, i - network.first_face[node]);
            assert_true(other->key != face->key);
        }
    }
    network_close(&network);
    scenario_close(&scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_is_as_declared),
        cmocka_unit_test(losses_are_independent),
        cmocka_unit_test(jitter_is_uniform),
        cmocka_unit_test(a_mask_is_exact),
        cmocka_unit_test(changes_come_in_order_and_go),
        cmocka_unit_test(the_ends_of_a_link_know_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
