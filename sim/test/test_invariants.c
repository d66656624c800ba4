/* The invariants of a hunt can fail: each is broken from inside a world, by somebody who meddles
 * with it while it runs, and noticed. */
#include "sim/hunt/invariants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/hunt/trial.h"
#include "sim/world_state.h"

/* b lacks an entry until 9 s; at 5 s the meddler comes. */
static const char calm[] =
    "name: calm\n"
    "duration: 20 s\n"
    "nodes: {a: {produce: {at_start: 3, every: 8 s, entries: 1}}, b: {follow: a}, c: {follow: a}}\n"
    "strategy: {stash: 4, interval: 2 s}\n"
    "timeline:\n"
    "  - {at: 4 s, partition: [[a], [b, c]], for: 5 s}\n"
    "  - {at: 5 s, online: b}\n"
    "expect: [{converged: a}]\n";

static void be_good(struct world *world) {
    (void)world;
}

static void (*meddle)(struct world *) = be_good;
static struct world *the_world;

static void on_fault(struct observer *observer, uint64_t at_ns, const struct fault *fault) {
    (void)observer;
    (void)at_ns;
    if (fault->kind == FAULT_ONLINE)
        meddle(the_world);
}

static struct finding run(void (*how)(struct world *)) {
    struct observer meddler = {.fault = on_fault};
    struct scenario scenario;
    struct invariants *invariants;
    enum world_end end;
    char *errors;
    assert_int_equal(scenario_parse(&scenario, "calm", calm, strlen(calm), NULL, 0, &errors), 0);
    assert_int_equal(world_create(&the_world, &scenario), 0);
    assert_int_equal(invariants_open(&invariants, the_world), 0);
    world_watch(the_world, &meddler);
    meddle = how;
    struct world_interrupt interrupt = invariants_interrupt(invariants);
    assert_int_equal(world_run(the_world, &interrupt, &end), 0);
    struct finding finding = *invariants_end(invariants);
    invariants_close(invariants);
    world_close(the_world);
    scenario_close(&scenario);
    return finding;
}

static struct tssb_replica *replica_of_b(struct world *world) {
    return &world->nodes[1].core.replicas[0];
}

static void all_is_well(void **state) {
    (void)state;
    assert_int_equal(run(be_good).kind, FINDING_NOTHING);
}

static void lose_an_entry(struct world *world) {
    replica_of_b(world)->front_seq--;
}

static void a_replica_that_lost_an_entry(void **state) {
    (void)state;
    struct finding finding = run(lose_an_entry);
    assert_int_equal(finding.kind, FINDING_PREFIX);
}

static void send(struct world *world, uint32_t node, uint32_t seq, uint8_t kind, uint16_t size) {
    static const uint8_t zeros[TSSB_PACKET_SIZE];
    const struct tssb_packet packet = {
        .bytes = zeros, .size = size, .kind = kind, .feed = replica_of_b(world)->feed, .seq = seq};
    world_host.send(&world->nodes[node], TSSB_ALL_FACES, &packet);
}

static void invent_an_entry(struct world *world) {
    send(world, 1, 1, TSSB_PACKET_ENTRY, TSSB_ENTRY_SIZE);
}

static void serve_what_is_not_held(struct world *world) {
    send(world, 1, 4, TSSB_PACKET_ENTRY, TSSB_ENTRY_SIZE);
}

static void an_entry_that_nobody_signed(void **state) {
    (void)state;
    struct finding finding = run(invent_an_entry);
    assert_int_equal(finding.kind, FINDING_SERVED);
    assert_string_equal(finding.what, "b sends a a 1 that it does not hold");
    assert_true(finding.at_ns == UINT64_C(5000000000));
    assert_int_equal(run(serve_what_is_not_held).kind, FINDING_SERVED);
}

static void ask_too_much(struct world *world) {
    send(world, 1, 1, TSSB_PACKET_WANT, TSSB_PACKET_SIZE);
}

static void a_request_that_is_too_long(void **state) {
    (void)state;
    assert_int_equal(run(ask_too_much).kind, FINDING_LIMIT);
}

static void fill_the_stash(struct world *world) {
    world->nodes[2].core.extras->stash.count = 5;
}

static void a_stash_that_is_too_full(void **state) {
    (void)state;
    assert_int_equal(run(fill_the_stash).kind, FINDING_BOUND);
}

static void open_the_wall(struct world *world) {
    partition_heal(&world->partitions, FAULT_ALL);
}

static void a_wall_that_is_open(void **state) {
    (void)state;
    struct finding finding = run(open_the_wall);
    assert_int_equal(finding.kind, FINDING_PASSED);
}

static void cry_wolf(struct world *world) {
    static const uint8_t zeros[TSSB_ENTRY_SIZE];
    const struct tssb_fork fork = {replica_of_b(world), 1, zeros, zeros, zeros};
    world_forked(&world->nodes[1], &fork);
}

static void a_fork_that_is_none(void **state) {
    (void)state;
    assert_int_equal(run(cry_wolf).kind, FINDING_FORK);
}

/* The same of a text, here and in a process of its own. */
static void expect_trial(const char *text, int status, enum finding_kind kind) {
    const struct trial trial = {"trial", text, strlen(text)};
    struct trial_counts counts;
    struct finding finding;
    char *error;
    assert_int_equal(trial_run(&trial, &finding, &counts, &error), status);
    assert_int_equal(error != NULL, status != 0);
    free(error);
    if (!status)
        assert_int_equal(finding.kind, kind);
    assert_int_equal(trial_isolated(&trial, &finding, &error), status);
    assert_int_equal(error != NULL, status != 0);
    free(error);
    if (!status)
        assert_int_equal(finding.kind, kind);
}

static void trials_are_judged(void **state) {
    (void)state;
    expect_trial(calm, 0, FINDING_NOTHING);
    expect_trial(
        "name: unmet\nduration: 1 s\nnodes: {a: {produce: {at_start: 1}}, b: {follow: a}}\n"
        "network: {link: {loss: 100 %}}\nexpect: [{converged: a}]\n",
        0, FINDING_UNMET);
    expect_trial("name: wrong\n", 2, FINDING_NOTHING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(a_replica_that_lost_an_entry),
        cmocka_unit_test(an_entry_that_nobody_signed),
        cmocka_unit_test(a_request_that_is_too_long),
        cmocka_unit_test(a_stash_that_is_too_full),
        cmocka_unit_test(a_wall_that_is_open),
        cmocka_unit_test(a_fork_that_is_none),
        cmocka_unit_test(trials_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
