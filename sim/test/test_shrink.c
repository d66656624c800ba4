/* The shrinker, with invariants that nothing real breaks: what is left is exactly what they are
 * about. */
#include "sim/hunt/shrink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/scenario/scenario.h"

/* The first drawn world of which this is true. */
static struct draft find(bool (*holds)(void *, const struct draft *)) {
    for (uint64_t seed = 1; seed < 100000; seed++) {
        struct draft draft = draft_draw(seed, 0);
        if (draft.node_count > 6 && draft.item_count > 4 && holds(NULL, &draft))
            return draft;
    }
    fail_msg("no such world");
    return (struct draft){0};
}

static struct draft shrunk(bool (*holds)(void *, const struct draft *)) {
    struct draft draft = find(holds);
    const struct shrink_test test = {holds, NULL, 100000};
    uint32_t tried;
    struct draft small = shrink(&draft, &test, &tried);
    assert_true(holds(NULL, &small));
    assert_in_range(tried, 1, 3000);
    return small;
}

static bool has(const struct draft *draft, enum draft_what what, uint32_t with) {
    for (uint32_t i = 0; i < draft->item_count; i++)
        if (draft->items[i].what == what && draft->items[i].with == with)
            return true;
    return false;
}

static bool crashes_and_replays(void *context, const struct draft *draft) {
    (void)context;
    return has(draft, DRAFT_CRASH, 0) && has(draft, DRAFT_ATTACK, ATTACK_REPLAY);
}

static void two_items_are_left_of_all(void **state) {
    (void)state;
    struct draft small = shrunk(crashes_and_replays);
    assert_int_equal(small.item_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(small.items[i].nodes & (small.items[i].nodes - 1), 0); /* of one node */
        assert_int_equal(small.items[i].lasts, 1);
        assert_int_equal(small.items[i].at, 0);
        assert_int_equal(small.items[i].again, 0);
    }
    assert_in_range(small.node_count, 1, 2);
    assert_in_range(small.heal, 10, 19);
    assert_int_equal(small.link.loss + small.link.jitter + small.link.duplicate, 0);
    assert_int_equal(small.topology, DRAFT_BROADCAST);
    assert_int_equal(small.strategies[0].name + small.strategies[1].name, 0);
}

/* Two of these nodes, and no others; a number that has a least of its own. */
static bool needs_nodes_and_loss(void *context, const struct draft *draft) {
    uint32_t seen = 0;
    (void)context;
    for (uint32_t i = 0; i < draft->node_count; i++)
        seen += draft->nodes[i].id == 2 || draft->nodes[i].id == 5;
    return seen == 2 && draft->link.loss > 10;
}

static void nodes_are_cut_and_numbers_lowered(void **state) {
    (void)state;
    struct draft small = shrunk(needs_nodes_and_loss);
    assert_int_equal(small.node_count, 2);
    assert_int_equal(small.nodes[0].id, 2);
    assert_int_equal(small.nodes[1].id, 5);
    assert_int_equal(small.item_count, 0);
    assert_in_range(small.link.loss, 11, 21); /* half of it would not do */
    assert_int_equal(small.link.bit_errors, 0);
}

static bool anything(void *context, const struct draft *draft) {
    uint32_t *looked_at = context;
    (void)draft;
    (*looked_at)++;
    return true;
}

static void tries_are_counted(void **state) {
    (void)state;
    struct draft draft = draft_draw(7, 10);
    uint32_t looked_at = 0, tried;
    struct shrink_test test = {anything, &looked_at, 5};
    (void)shrink(&draft, &test, &tried);
    assert_int_equal(tried, 5);
    assert_int_equal(looked_at, 5);
}

/* Whatever is drawn is a scenario, and the same seed gives the same one; what an edit makes of it
 * is read, or refused. */
static bool is_scenario(void *context, const struct draft *draft) {
    struct scenario scenario;
    char *errors;
    size_t size;
    (void)context;
    char *text = draft_text(draft, "", &size);
    assert_non_null(text);
    int status = scenario_parse(&scenario, "drawn", text, size, NULL, 0, &errors);
    bool good = status == 0;
    if (good)
        scenario_close(&scenario);
    free(errors);
    free(text);
    return good;
}

static void drafts_are_scenarios(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct draft draft = draft_draw(seed, 0), again = draft_draw(seed, 0);
        assert_memory_equal(&draft, &again, sizeof draft);
        assert_true(is_scenario(NULL, &draft));
        const struct shrink_test test = {is_scenario, NULL, 60};
        uint32_t tried;
        (void)shrink(&draft, &test, &tried);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_items_are_left_of_all),
        cmocka_unit_test(nodes_are_cut_and_numbers_lowered),
        cmocka_unit_test(tries_are_counted),
        cmocka_unit_test(drafts_are_scenarios),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
