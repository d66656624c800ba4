/* What a node does about an author who signs two entries at one place: its replica stays on the
 * branch that it saw first, and the second entry is told as the proof, once. */
#include "net.h"

#include <string.h>

#include "../bytes.h"
#include "../forks.h"

/* nodeA's entries, and for each another one at its place. */
struct fork {
    uint8_t wires[TSSB_FORKS_MAX + 2][TSSB_ENTRY_SIZE], others[TSSB_FORKS_MAX + 2][TSSB_ENTRY_SIZE];
};

static void write_fork(struct fork *fork) {
    struct author author;
    author_init(&author, "nodeA");
    for (size_t i = 0; i < COUNT_OF(fork->wires); i++) {
        struct author second = author;
        author_write(&second, "the other story", fork->others[i]);
        author_write(&author, "one story", fork->wires[i]);
    }
}

static enum tssb_fate get(struct net *net, const uint8_t wire[TSSB_ENTRY_SIZE]) {
    return net_receive(net, B, A, wire, TSSB_ENTRY_SIZE);
}

static void follow_and_look(struct net *net) {
    net->nodes[B].config.forked = net_on_forked;
    net_open(net, B, A);
}

static void a_replica_stays_on_the_branch_that_it_saw_first(void **state) {
    struct net *net = *state;
    struct fork fork;
    write_fork(&fork);
    follow_and_look(net);
    assert_int_equal(get(net, fork.wires[0]), TSSB_FATE_APPENDED);
    assert_int_equal(get(net, fork.others[0]), TSSB_FATE_UNMATCHED);
    expect_trace(net, "[ 0.000] nodeB appends nodeA 1", "[ 0.000] nodeB > WANT nodeA 2",
                 "[ 0.000] nodeB has proof of a fork: nodeA 1");
    assert_int_equal(get(net, fork.wires[1]), TSSB_FATE_APPENDED);
    expect_trace(net, "[ 0.000] nodeB appends nodeA 2", "[ 0.000] nodeB > WANT nodeA 3");
    assert_true(net_replica(net, B, A)->forked);
}

/* Entries before the front are remembered, too; but one proof of a replica is enough, and what is
 * heard again then costs no signature. */
static void one_proof_is_enough(void **state) {
    struct net *net = *state;
    struct fork fork;
    write_fork(&fork);
    follow_and_look(net);
    for (int i = 0; i < 3; i++)
        assert_int_equal(get(net, fork.wires[i]), TSSB_FATE_APPENDED);
    (void)get(net, fork.others[1]);
    uint32_t verified = net->nodes[B].node.verifications;
    (void)get(net, fork.others[1]);
    (void)get(net, fork.others[2]);
    assert_int_equal(verified, 4);
    assert_int_equal(net->nodes[B].node.verifications, verified);
    expect_trace(net, "[ 0.000] nodeB appends nodeA 1", "[ 0.000] nodeB > WANT nodeA 2",
                 "[ 0.000] nodeB appends nodeA 2", "[ 0.000] nodeB > WANT nodeA 3",
                 "[ 0.000] nodeB appends nodeA 3", "[ 0.000] nodeB > WANT nodeA 4",
                 "[ 0.000] nodeB has proof of a fork: nodeA 2");
}

/* A copy of what is held, or one that anybody may have made, proves nothing. */
static void only_the_author_can_prove_it(void **state) {
    struct net *net = *state;
    struct fork fork;
    write_fork(&fork);
    follow_and_look(net);
    (void)get(net, fork.wires[0]);
    uint32_t verified = net->nodes[B].node.verifications;
    (void)get(net, fork.wires[0]);
    assert_int_equal(net->nodes[B].node.verifications, verified);
    fork.others[0][TSSB_ENTRY_SIZE - 1] ^= 1;
    (void)get(net, fork.others[0]);
    assert_int_equal(net->nodes[B].node.verifications, verified + 1);
    expect_trace(net, "[ 0.000] nodeB appends nodeA 1", "[ 0.000] nodeB > WANT nodeA 2");
}

static void the_oldest_place_gives_way(void **state) {
    struct net *net = *state;
    struct fork fork;
    write_fork(&fork);
    net->quiet = true;
    follow_and_look(net);
    for (int i = 0; i <= TSSB_FORKS_MAX; i++)
        assert_int_equal(get(net, fork.wires[i]), TSSB_FATE_APPENDED);
    (void)get(net, fork.others[0]);
    assert_false(net_replica(net, B, A)->forked);
    (void)get(net, fork.others[1]);
    assert_true(net_replica(net, B, A)->forked);
}

/* Somebody else writes with nodeA's key. */
static void an_author_hears_of_its_own_fork(void **state) {
    struct net *net = *state;
    struct fork fork;
    write_fork(&fork);
    net->nodes[A].config.forked = net_on_forked;
    net_open(net, A, A);
    net_append(net, A, "mine");
    (void)net_receive(net, A, B, fork.others[0], TSSB_ENTRY_SIZE);
    expect_trace(net, "[ 0.000] nodeA appends nodeA 1", "[ 0.000] nodeA > entry nodeA 1",
                 "[ 0.000] nodeA has proof of a fork: nodeA 1");
}

static void nobody_looks_unless_told_to(void **state) {
    struct net *net = *state;
    struct fork fork;
    write_fork(&fork);
    net_open(net, B, A);
    (void)get(net, fork.wires[0]);
    (void)get(net, fork.others[0]);
    expect_trace(net, "[ 0.000] nodeB appends nodeA 1", "[ 0.000] nodeB > WANT nodeA 2");
    assert_false(net_replica(net, B, A)->forked);
}

/* Memory may run out at any call of opening: then nothing is left behind, and a second try works.
 */
static void opening_may_fail_at_any_call(void **state) {
    (void)state;
    for (int64_t fail_at = 0;; fail_at++) {
        struct net net;
        uint32_t replica;
        net_init(&net, fail_at);
        net.nodes[B].config.forked = net_on_forked;
        struct tssb_anchor anchor = tssb_anchor_whole(net.nodes[A].author.key.fid);
        int error = tssb_node_open(&net.nodes[B].node, &anchor, true, &replica);
        if (error)
            assert_int_equal(tssb_node_open(&net.nodes[B].node, &anchor, true, &replica), 0);
        assert_non_null(net.nodes[B].node.extras->forks);
        bool failed = countdown_mem_failed(&net.countdown);
        net_close(&net);
        if (!failed)
            break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define IN_NET(test) cmocka_unit_test_setup_teardown(test, net_start, net_end)
        IN_NET(a_replica_stays_on_the_branch_that_it_saw_first),
        IN_NET(one_proof_is_enough),
        IN_NET(only_the_author_can_prove_it),
        IN_NET(the_oldest_place_gives_way),
        IN_NET(an_author_hears_of_its_own_fork),
        IN_NET(nobody_looks_unless_told_to),
        cmocka_unit_test(opening_may_fail_at_any_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
