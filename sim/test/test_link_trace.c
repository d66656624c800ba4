/* Traces of links: what their lines come to, and what is wrong with bad ones: no text may crash,
 * leak or hang. */
#include "sim/scenario/link_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mutate.h"
#include "sim/scenario/units.h"

#define SECOND_NS ((uint64_t)1000000000)
#define MILLISECOND_NS ((uint64_t)1000000)

enum { TEXT_MAX = 4096 };

struct fixture {
    struct link_profile profile;
    struct arena arena;
    struct problems problems;
};

static const struct source source = {.name = "t.csv"};

static int parse(struct fixture *fixture, const char *text, size_t size) {
    memset(fixture, 0, sizeof *fixture);
    return link_trace_parse(&fixture->profile, &fixture->arena, &source, text, size,
                            &fixture->problems);
}

static void finish(struct fixture *fixture) {
    arena_close(&fixture->arena);
    problems_close(&fixture->problems);
}

static void expect_good(struct fixture *fixture, const char *text, uint32_t rows) {
    int status = parse(fixture, text, strlen(text));
    char *problems = problems_text(&fixture->problems, "t.csv");
    assert_string_equal(problems, "");
    assert_int_equal(status, 0);
    assert_int_equal(fixture->profile.count, rows);
    assert_true(fixture->profile.is_trace);
    free(problems);
}

static void expect_refused(const char *text, size_t size, const char *due) {
    struct fixture fixture;
    assert_int_equal(parse(&fixture, text, size), 2);
    char *problems = problems_text(&fixture.problems, "t.csv");
    assert_string_equal(problems, due);
    free(problems);
    finish(&fixture);
}

/* Units of columns, in any order, as a spreadsheet leaves them. */
static void columns(void **state) {
    struct fixture f;
    (void)state;
    expect_good(&f,
                "# measured\r\n\r\nrate [kbit/s],time [s] , loss [%],delay [ms],jitter [us]\r\n"
                "800,0,0.5,20,0\r\n"
                " 150 , 1.5,\t12 , 95.25, 7\r\n"
                "# the end\r\n"
                "150,3.000000001,100,95,7",
                3);
    const struct link_phase *phases = f.profile.phases;
    const unsigned changed = LINK_RATE | LINK_LOSS | LINK_DELAY | LINK_JITTER;
    assert_int_equal(phases[0].changed, changed);
    assert_true(phases[0].from_ns == 0);
    assert_true(phases[0].values.rate_bit_s == 800000);
    assert_int_equal(phases[0].values.loss.good_ppb, 5000000);
    assert_true(phases[0].values.delay_ns == 20 * MILLISECOND_NS);
    assert_true(phases[1].from_ns == 1500 * MILLISECOND_NS);
    assert_true(phases[1].values.delay_ns == 95250000);
    assert_true(phases[1].values.jitter_ns == 7000);
    assert_true(phases[2].from_ns == 3 * SECOND_NS + 1);
    assert_int_equal(phases[2].values.loss.good_ppb, PPB);
    finish(&f);
}

/* Units of cells, and only what there are columns for. */
static void cells_with_units(void **state) {
    struct fixture f;
    (void)state;
    expect_good(&f, "time,delay\n0 s,1 ns\n1 min,2 h\n", 2);
    assert_int_equal(f.profile.phases[1].changed, LINK_DELAY);
    assert_true(f.profile.phases[1].from_ns == 60 * SECOND_NS);
    assert_true(f.profile.phases[1].values.delay_ns == 7200 * SECOND_NS);
    finish(&f);
}

/* Values are in force from their line's time on, the last for ever. */
static void what_is_in_force(void **state) {
    struct fixture f;
    struct link_model model = {.delay_ns = 1};
    (void)state;
    expect_good(&f, "time [s],delay [ms]\n0,10\n1,20\n4,30\n", 3);
    model.profile = &f.profile;
    static const struct {
        uint64_t at_ns, delay_ms;
    } rows[] = {{0, 10},
                {SECOND_NS - 1, 10},
                {SECOND_NS, 20},
                {4 * SECOND_NS - 1, 20},
                {4 * SECOND_NS, 30},
                {1000 * SECOND_NS, 30}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(link_phase_at(&model, rows[i].at_ns)->values.delay_ns ==
                    rows[i].delay_ms * MILLISECOND_NS);
    finish(&f);
}

#define HEAD "time [s],delay [ms]\n"

static void bad_traces(void **state) {
    static const struct {
        const char *text, *due;
    } rows[] = {
        {"", "t.csv: there is no trace in it (it begins with time [s], delay [ms])\n"},
        {"# nothing\n\n",
         "t.csv:2: there is no trace in it (it begins with time [s], delay [ms])\n"},
        {HEAD, "t.csv:1: there is no trace in it (it begins with time [s], delay [ms])\n"},
        {"time [s]\n0\n",
         "t.csv:1: a trace has a column 'time' and others (such as time [s], delay [ms])\n"},
        {"delay [ms],loss [%]\n5,1\n",
         "t.csv:1: a trace has a column 'time' and others (such as time [s], delay [ms])\n"},
        {"time [s],dealy [ms]\n",
         "t.csv:1: there is no column 'dealy' (known: time, delay, jitter, loss, rate)\n"},
        {"0,5\n", "t.csv:1: there is no column '0' (known: time, delay, jitter, loss, rate)\n"},
        {"time [s],delay [ms],delay [s]\n", "t.csv:1: column 'delay' is there twice\n"},
        {"time [s],delay [ms\n", "t.csv:1: 'delay [ms' is no column (write delay [ms])\n"},
        {"time [s],delay [ms] x\n", "t.csv:1: 'delay [ms] x' is no column (write delay [ms])\n"},
        {"time [s],delay [milliseconds and more]\n",
         "t.csv:1: 'delay [milliseconds and more]' is no column (write delay [ms])\n"},
        {"time [s],,delay [ms]\n",
         "t.csv:1: there is no column '' (known: time, delay, jitter, loss, rate)\n"},
        {"t,t,t,t,t,t,t,t,t,t,t,t,t,t,t,t,t\n", "t.csv:1: more than 16 columns\n"},
        {HEAD "0\n", "t.csv:2: 1 cells, and 2 columns\n"},
        {HEAD "0,1,\n", "t.csv:2: 3 cells, and 2 columns\n"},
        {HEAD "0,x\n", "t.csv:2: 'x' is no delay in the unit of its column (such as 20 ms)\n"},
        {HEAD "0,5 ms\n",
         "t.csv:2: '5 ms' is no delay in the unit of its column (such as 20 ms)\n"},
        {HEAD "0,\n", "t.csv:2: '' is no delay in the unit of its column (such as 20 ms)\n"},
        {HEAD "0,0\n", "t.csv:2: a delay is at least 1 ns\n"},
        {HEAD "1,5\n", "t.csv:2: the first line is that of time 0\n"},
        {HEAD "0,5\n1,5\n1,6\n", "t.csv:4: its time is not after that of the line before\n"},
        {HEAD "0,5\n-1,5\n",
         "t.csv:3: '-1' is no time in the unit of its column (such as 1.5 s)\n"},
        {HEAD "0,5\n0.0000000001,5\n",
         "t.csv:3: '0.0000000001' is no time in the unit of its column (such as 1.5 s)\n"},
        {"time [x],delay [ms]\n0,5\n",
         "t.csv:2: '0' is no time in the unit of its column (such as 1.5 s)\n"},
        {"time [s],loss\n0,5\n", "t.csv:2: '5' is no loss (such as 1.5 %)\n"},
        {"time [s],loss [%]\n0,101\n",
         "t.csv:2: '101' is no loss in the unit of its column (such as 1.5 %)\n"},
        {"time [s],rate [kbit/s]\n0,0\n",
         "t.csv:2: nothing ever gets through at rate 0 (a loss of 100 % says so)\n"},
        {HEAD "0,00000000000000000000000000000000000000000000000000000000000000000000000001\n",
         "t.csv:2: '000000000000000000000000000000000000000000000000000000000000...' is no delay "
         "in "
         "the unit of its column (such as 20 ms)\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_refused(rows[i].text, strlen(rows[i].text), rows[i].due);
    expect_refused(HEAD "0\0,1\n", strlen(HEAD) + 5,
                   "t.csv:2: this is no text: there is a byte 0 in it\n");
}

static void a_line_without_end(void **state) {
    static char text[100000];
    struct fixture f;
    (void)state;
    memset(text, '#', sizeof text);
    expect_refused(text, sizeof text, "t.csv:1: longer than 500 characters\n");
    memcpy(text, HEAD, strlen(HEAD));
    memcpy(text + LINK_TRACE_LINE_MAX + strlen(HEAD), "\n0,1\n", 6);
    expect_good(&f, text, 1);
    finish(&f);
}

static void too_many_lines(void **state) {
    struct fixture f;
    (void)state;
    size_t size = LINK_TRACE_ROWS_MAX;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, '\n', size);
    expect_refused(text, size, "t.csv: it has more than 250000 lines\n");
    memcpy(text, HEAD "0,1\n", strlen(HEAD) + 4);
    assert_int_equal(parse(&f, text, size), 0);
    finish(&f);
    free(text);
}

/* What a good trace promises: times from 0 that grow, all values in range. */
static void expect_sound(const struct link_profile *profile) {
    assert_true(profile->count > 0 && profile->phases[0].from_ns == 0);
    for (uint32_t i = 0; i < profile->count; i++) {
        const struct link_phase *phase = &profile->phases[i];
        assert_true(phase->changed && !(phase->changed & ~(unsigned)LINK_ALL));
        assert_true(phase->from_ns <= UNITS_DURATION_MAX_NS);
        assert_true(i == 0 || phase->from_ns > phase[-1].from_ns);
        assert_true(!(phase->changed & LINK_DELAY) || phase->values.delay_ns > 0);
        assert_true(!(phase->changed & LINK_RATE) || phase->values.rate_bit_s > 0);
        assert_true(phase->values.loss.good_ppb <= PPB);
    }
}

static void mutations(void **state) {
    static const char good[] = "# x\ntime [s], delay [ms], loss, rate [kbit/s]\n0, 20, 1 %, 800\n"
                               "1.5, 95, 12 %, 150\n\n3, 20.5, 0.25 %, 1000\n";
    static const char *const pieces[] = {"e", "-",    ".",  "999999999999", ",", "\n",
                                         "[", "] ",   "%",  "jitter",       "#", "0",
                                         "1", "\xff", "\r", " ms"};
    unsigned accepted = 0, refused = 0;
    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        char text[TEXT_MAX];
        struct fixture f;
        size_t size = sizeof good - 1;
        memcpy(text, good, sizeof good);
        size = mutate(text, size, pieces, sizeof pieces / sizeof *pieces, i, 3);
        int status = parse(&f, text, size);
        assert_int_equal(status == 0, f.problems.count == 0);
        if (status == 0)
            expect_sound(&f.profile);
        accepted += status == 0;
        refused += status == 2;
        finish(&f);
    }
    assert_in_range(accepted, 300, 20000);
    assert_in_range(refused, 1000, 20000);
    assert_int_equal(accepted + refused, 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns),
        cmocka_unit_test(cells_with_units),
        cmocka_unit_test(what_is_in_force),
        cmocka_unit_test(bad_traces),
        cmocka_unit_test(a_line_without_end),
        cmocka_unit_test(too_many_lines),
        cmocka_unit_test(mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
