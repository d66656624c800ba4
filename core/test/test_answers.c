/* Answers that wait: their order, their bounds, who leads, and what takes them off. */
#include "support.h"

#include "../answers.h"

enum { BACKOFF_NS = 1000 };

struct fixture {
    struct countdown_mem countdown;
    struct tssb_answers answers;
};

static int start(void **state) {
    static struct fixture fixture;
    countdown_mem_init(&fixture.countdown, NEVER_FAILS);
    fixture.answers = (struct tssb_answers){0};
    *state = &fixture;
    return 0;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    tssb_answers_close(&fixture->answers, &fixture->countdown.mem);
    assert_int_equal(fixture->countdown.outstanding_bytes, 0);
    return 0;
}

/* Entry seq of replica 1, whose DMX is 100 + seq, on face 2. */
static enum tssb_put_off put(struct fixture *fixture, uint32_t seq, uint64_t at_ns) {
    return tssb_answers_put(&fixture->answers, &fixture->countdown.mem,
                            &(struct tssb_answer){at_ns, 100 + seq, 1, seq, 2});
}

static bool overheard(struct fixture *fixture, uint32_t seq, uint64_t now_ns, uint64_t random) {
    const struct tssb_answers_chance chance = {now_ns, BACKOFF_NS, random};
    return tssb_answers_overheard(&fixture->answers, 100 + seq, 2, &chance);
}

static uint64_t when(struct fixture *fixture, uint32_t face, uint64_t now_ns, uint64_t random) {
    const struct tssb_answers_chance chance = {now_ns, BACKOFF_NS, random};
    return tssb_answers_when(&fixture->answers, 1, face, &chance);
}

static void answers_leave_by_time_and_then_by_number(void **state) {
    struct fixture *fixture = *state;
    struct tssb_answer answer;
    static const uint32_t due[] = {9, 3, 4, 5};
    assert_true(tssb_answers_next(&fixture->answers) == TSSB_NEVER);
    assert_false(tssb_answers_take(&fixture->answers, TSSB_NEVER, &answer));
    put(fixture, 4, 50);
    put(fixture, 9, 40);
    put(fixture, 3, 50);
    put(fixture, 5, 50);
    assert_int_equal(tssb_answers_next(&fixture->answers), 40);
    assert_false(tssb_answers_take(&fixture->answers, 39, &answer));
    for (size_t i = 0; i < COUNT_OF(due); i++) {
        assert_true(tssb_answers_take(&fixture->answers, 50, &answer));
        assert_int_equal(answer.seq, due[i]);
    }
    assert_true(tssb_answers_next(&fixture->answers) == TSSB_NEVER);
}

static void of_one_moment_replicas_and_faces_count_too(void **state) {
    struct fixture *fixture = *state;
    struct tssb_answer answer;
    static const struct tssb_answer put_so[] = {
        {50, 1, 2, 1, 0}, {50, 2, 1, 9, 1}, {50, 2, 1, 9, 0}};
    for (size_t i = 0; i < COUNT_OF(put_so); i++)
        tssb_answers_put(&fixture->answers, &fixture->countdown.mem, &put_so[i]);
    for (size_t i = COUNT_OF(put_so); i > 0; i--) {
        assert_true(tssb_answers_take(&fixture->answers, 50, &answer));
        assert_int_equal(answer.replica, put_so[i - 1].replica);
        assert_int_equal(answer.face, put_so[i - 1].face);
    }
}

/* However many ask for an entry, it is answered once. */
static void an_answer_waits_once(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(put(fixture, 1, 10), TSSB_PUT_OFF);
    assert_int_equal(put(fixture, 1, 5), TSSB_PUT_OFF_ALREADY);
    assert_int_equal(tssb_answers_next(&fixture->answers), 10);
    for (uint32_t seq = 2; seq <= TSSB_ANSWERS_MAX; seq++)
        assert_int_equal(put(fixture, seq, 10), TSSB_PUT_OFF);
    assert_int_equal(put(fixture, TSSB_ANSWERS_MAX + 1, 10), TSSB_PUT_OFF_NO_ROOM);
    assert_int_equal(put(fixture, 7, 10), TSSB_PUT_OFF_ALREADY);
}

static void without_memory_there_is_no_room(void **state) {
    struct fixture *fixture = *state;
    countdown_mem_init(&fixture->countdown, 0);
    assert_int_equal(put(fixture, 1, 10), TSSB_PUT_OFF_NO_ROOM);
    assert_int_equal(put(fixture, 1, 10), TSSB_PUT_OFF);
}

/* Who hears entry 1 leaves it, and gives whoever sent it time for 2 and 3. */
static void what_is_overheard_is_left_to_whoever_gives_it(void **state) {
    struct fixture *fixture = *state;
    put(fixture, 1, 10);
    put(fixture, 2, 10);
    put(fixture, 3, 5000);
    const struct tssb_answers_chance chance = {4, BACKOFF_NS, 0};
    assert_false(tssb_answers_overheard(&fixture->answers, 101, 1, &chance)); /* another face */
    assert_false(overheard(fixture, 9, 4, 0));
    assert_true(overheard(fixture, 1, 4, 7));
    assert_int_equal(fixture->answers.count, 2);
    assert_int_equal(tssb_answers_next(&fixture->answers), 4 + BACKOFF_NS / 2 + 7);
    assert_false(overheard(fixture, 1, 5, 0));
}

/* A burst of requests is answered in one go. */
static void a_burst_waits_together(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(when(fixture, 2, 10, 123), 133);
    put(fixture, 1, 133);
    assert_int_equal(when(fixture, 2, 20, 456), 133);
    assert_int_equal(when(fixture, 3, 20, 456), 476);
}

static void who_answered_leads_and_who_was_spared_follows(void **state) {
    struct fixture *fixture = *state;
    const struct tssb_answer answer = {10, 101, 1, 1, 2};
    tssb_answers_gave(&fixture->answers, &answer, 10, BACKOFF_NS);
    assert_int_equal(when(fixture, 2, 20, 125), 20 + 125);
    assert_int_equal(when(fixture, 2, 20, 126), 20); /* an eighth of the backoff */
    assert_int_equal(when(fixture, 3, 20, 126), 20 + 126);
    assert_int_equal(when(fixture, 2, 10 + 8 * BACKOFF_NS, 126), 10 + 8 * BACKOFF_NS + 126);
    put(fixture, 2, 30);
    assert_true(overheard(fixture, 2, 25, 0));
    assert_int_equal(when(fixture, 2, 30, 0), 30 + BACKOFF_NS / 2);
    assert_int_equal(when(fixture, 2, 30, 500), 30 + BACKOFF_NS);
    assert_int_equal(when(fixture, 2, 25 + 8 * BACKOFF_NS, 0), 25 + 8 * BACKOFF_NS);
}

/* Two lead: a coin is thrown, once a backoff. */
static void one_of_two_who_lead_gives_way(void **state) {
    struct fixture *fixture = *state;
    const uint64_t heads = UINT64_C(1) << 63;
    const struct tssb_answer answer = {10, 101, 1, 1, 2};
    tssb_answers_gave(&fixture->answers, &answer, 10, BACKOFF_NS);
    assert_false(overheard(fixture, 1, 20, 0));
    assert_false(overheard(fixture, 1, 21, heads)); /* too soon for another one */
    assert_int_equal(when(fixture, 2, 22, 126), 22);
    assert_false(overheard(fixture, 1, 20 + BACKOFF_NS, heads));
    assert_int_equal(when(fixture, 2, 2000, 126), 2126);
}

#define ANSWERS_TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        ANSWERS_TEST(answers_leave_by_time_and_then_by_number),
        ANSWERS_TEST(of_one_moment_replicas_and_faces_count_too),
        ANSWERS_TEST(an_answer_waits_once),
        ANSWERS_TEST(without_memory_there_is_no_room),
        ANSWERS_TEST(what_is_overheard_is_left_to_whoever_gives_it),
        ANSWERS_TEST(a_burst_waits_together),
        ANSWERS_TEST(who_answered_leads_and_who_was_spared_follows),
        ANSWERS_TEST(one_of_two_who_lead_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
