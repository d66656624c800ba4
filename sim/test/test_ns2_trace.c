/* Movement traces as the tools write them, what they come to, and what is wrong with bad ones: no
 * text may crash, leak or hang. */
#include "sim/scenario/ns2_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mutate.h"

#define SECOND_NS ((uint64_t)1000000000)

enum { NODES = 3, TEXT_MAX = 4096 };

struct fixture {
    struct ns2_trace trace;
    struct arena arena;
    struct problems problems;
};

static const struct source source = {.name = "t.tcl"};

static int parse(struct fixture *fixture, const char *text, size_t size) {
    memset(fixture, 0, sizeof *fixture);
    return ns2_trace_parse(&fixture->trace, &fixture->arena, &source, text, size, NODES,
                           &fixture->problems);
}

static void finish(struct fixture *fixture) {
    arena_close(&fixture->arena);
    problems_close(&fixture->problems);
}

static void expect_good(struct fixture *fixture, const char *text) {
    int status = parse(fixture, text, strlen(text));
    char *problems = problems_text(&fixture->problems, "t.tcl");
    assert_string_equal(problems, "");
    assert_int_equal(status, 0);
    free(problems);
}

static void expect_refused(const char *text, const char *due) {
    struct fixture fixture;
    assert_int_equal(parse(&fixture, text, strlen(text)), 2);
    char *problems = problems_text(&fixture.problems, "t.tcl");
    assert_string_equal(problems, due);
    free(problems);
    finish(&fixture);
}

static void expect_start(const struct fixture *fixture, uint32_t node, int64_t x_mm, int64_t y_mm) {
    assert_true(fixture->trace.placed[node]);
    assert_true(fixture->trace.starts[node].x_mm == x_mm);
    assert_true(fixture->trace.starts[node].y_mm == y_mm);
}

static void expect_move(const struct fixture *fixture, uint32_t node, uint32_t n, uint64_t at_ns,
                        int32_t x_mm, int32_t y_mm, uint64_t speed_um_s) {
    const struct ns2_trace *trace = &fixture->trace;
    assert_in_range(n, 0, trace->first[node + 1] - trace->first[node] - 1);
    const struct ns2_move *move = &trace->moves[trace->first[node] + n];
    assert_true(move->at_ns == at_ns);
    assert_int_equal(move->x_mm, x_mm);
    assert_int_equal(move->y_mm, y_mm);
    assert_true(move->speed_um_s == speed_um_s);
}

/* As CMU's setdest writes it: starts, moves by time, and distances for the god. */
static void setdest(void **state) {
    struct fixture f;
    (void)state;
    expect_good(&f, "#\n# nodes: 3, pause: 2.00, max speed: 20.00, max x: 670.00\n#\n"
                    "$node_(0) set X_ 83.364547\n$node_(0) set Y_ 239.438206\n"
                    "$node_(0) set Z_ 0.000000000000\n"
                    "$node_(2) set X_ 4.5\n$node_(2) set Y_ 0\n"
                    "$god_ set-dist 0 1 2\n"
                    "$ns_ at 2.000000000000 \"$node_(2) setdest 90.441179033457 44.896095544010 "
                    "1.373556960018\"\n"
                    "$ns_ at 2.5 \"$god_ set-dist 0 2 1\"\n"
                    "$ns_ at 7.25 \"$node_(0) setdest 1 2 3\"\n"
                    "$ns_ at 8.25 \"$node_(2) setdest 5.0 6.0 0.0\"");
    expect_start(&f, 0, 83365, 239438);
    assert_false(f.trace.placed[1]);
    expect_start(&f, 2, 4500, 0);
    assert_int_equal(f.trace.first[NODES], 3);
    expect_move(&f, 0, 0, 7250000000, 1000, 2000, 3000000);
    expect_move(&f, 2, 0, 2 * SECOND_NS, 90441, 44896, 1373557);
    expect_move(&f, 2, 1, 8250000000, 5000, 6000, 0);
    finish(&f);
}

/* BonnMotion writes one node after the other; so time goes back between nodes, but for none. */
static void bonnmotion(void **state) {
    struct fixture f;
    (void)state;
    expect_good(&f, "$node_(0) set X_ 329.829\r\n$node_(0) set Y_ 66.06\r\n"
                    "$ns_ at 0.0 \"$node_(0) setdest 378.37 45.6 0.53\"\r\n"
                    "$ns_ at 98.7 \"$node_(0) setdest 1.0 2.0 1.4142135623730951\"\r\n"
                    "$node_(1) set X_ 1.0E-4\r\n$node_(1) set Y_ 1.5e3\r\n"
                    "$ns_ at 5.0E-10 \"$node_(1) setdest 0.0005 -0.0005 1\"\r\n");
    expect_start(&f, 1, 0, 1500000);
    expect_move(&f, 0, 1, 98700000000, 1000, 2000, 1414214);
    expect_move(&f, 1, 0, 1, 1, -1, 1000000);
    finish(&f);
}

/* What ns-3 takes besides: a start after the moves, a jump of one coordinate, other spellings. */
static void ns3(void **state) {
    struct fixture f;
    (void)state;
    expect_good(&f, "  $ns at 3.0 \"$node(1) set X_ 5.0\" ;# a jump\n"
                    "$ns_ at 3.0 {$node_(1) set Y_ -6}\n"
                    "$ns_ at 4 \"$node_(1) set Z_ 9\"\n"
                    "set val(nn) 3\n\n"
                    "$node_(1) set X_ 1;\n$node_(1) set Y_ 2  \n"
                    "$ns_ at 0.0 \"$node_(0) set X_ 7 \"\n$ns_ at 0 \"$node_(0) set Y_ 8\"\n");
    expect_start(&f, 0, 7000, 8000);
    expect_start(&f, 1, 1000, 2000);
    assert_int_equal(f.trace.first[NODES], 2);
    expect_move(&f, 1, 0, 3 * SECOND_NS, 5000, NS2_SAME, NS2_JUMP);
    expect_move(&f, 1, 1, 3 * SECOND_NS, NS2_SAME, -6000, NS2_JUMP);
    finish(&f);
}

/* To the nearest, halves away from 0, however many digits there are. */
static void numbers(void **state) {
    static const struct {
        const char *text;
        int32_t mm;
    } cases[] = {
        {"0", 0},
        {"-0.0", 0},
        {"+1.5", 1500},
        {".5", 500},
        {"5.", 5000},
        {"0.0004999999999999999999999999999999999999999999999999", 0},
        {"0.0005", 1},
        {"-0.0005", -1},
        {"0.9995", 1000},
        {"0.9994999999", 999},
        {"1e0", 1000},
        {"12.5E-1", 1250},
        {"0.0000000000000000000000125e23", 1250},
        {"125000000000000000000000e-23", 1250},
        {"1000000", 1000000000},
        {"-1e6", -1000000000},
        {"1000000.0004", 1000000000},
        {"0e99999", 0},
        {"1e-99999", 0},
        {"5e-4", 1},
        {"5e-5", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        char text[200];
        print_message("%s\n", cases[i].text);
        snprintf(text, sizeof text, "$node_(0) set X_ %s\n$node_(0) set Y_ 0", cases[i].text);
        expect_good(&f, text);
        expect_start(&f, 0, cases[i].mm, 0);
        finish(&f);
    }
}

static void bad_lines(void **state) {
    static const struct {
        const char *text, *due;
    } cases[] = {
        {"$node_(0) set X_ nan", "the coordinate 'nan' is no number"},
        {"$node_(0) set X_ -inf", "the coordinate '-inf' is no number"},
        {"$node_(0) set X_ 0x10", "the coordinate '0x10' is no number"},
        {"$node_(0) set X_ 1e", "the coordinate '1e' is no number"},
        {"$node_(0) set X_ 1e+", "the coordinate '1e+' is no number"},
        {"$node_(0) set X_ 1,5", "the coordinate '1,5' is no number"},
        {"$node_(0) set X_ .", "the coordinate '.' is no number"},
        {"$node_(0) set X_ --1", "the coordinate '--1' is no number"},
        {"$node_(0) set X_ 1000000.0005",
         "the coordinate '1000000.0005' is out of range (up to 1000 km)"},
        {"$node_(0) set X_ 1e99999", "the coordinate '1e99999' is out of range (up to 1000 km)"},
        {"$node_(0) set X_ 99999999999999999999999",
         "the coordinate '99999999999999999999999' is out of range (up to 1000 km)"},
        {"$node_(0) set W_ 1", "'W_' cannot be set (known: X_, Y_, Z_)"},
        {"$node_(0) set X_", "set takes 2 values (such as set X_ 83.3)"},
        {"$node_(0) set X_ 1 2", "set takes 2 values (such as set X_ 83.3)"},
        {"$node_(0) set Z_ up", "the coordinate 'up' is no number"},
        {"$node_(3) set X_ 1", "there is no $node_(3) (the last is node_(2))"},
        {"$node_(99999999999999999999) set X_ 1", "'$node_(99999999999999999999)' is no node "
                                                  "(such as $node_(0))"},
        {"$node_(-1) set X_ 1", "'$node_(-1)' is no node (such as $node_(0))"},
        {"$node_(x) set X_ 1", "'$node_(x)' is no node (such as $node_(0))"},
        {"$node_0 set X_ 1", "'$node_0' is no node (such as $node_(0))"},
        {"$node_(0 set X_ 1", "'$node_(0' is no node (such as $node_(0))"},
        {"$node_(0)1 set X_ 1", "'$node_(0)1' is no node (such as $node_(0))"},
        {"$node_(0) setdst 1 2 3",
         "'setdst' is nothing that a node does here (known: set, setdest)"},
        {"$node_(0)", "'' is nothing that a node does here (known: set, setdest)"},
        {"$ns_ at 1 \"$node_(0) setdest 1 2\"",
         "setdest takes 3 values (such as setdest 250.0 90.0 15.0)"},
        {"$ns_ at 1 \"$node_(0) setdest 1 2 3 4 5 6 7\"",
         "setdest takes 3 values (such as setdest 250.0 90.0 15.0)"},
        {"$ns_ at 1 \"$node_(0) setdest 1 2 -3\"", "the speed '-3' is negative"},
        {"$ns_ at 1 \"$node_(0) setdest 1 2 10000.0000005\"",
         "the speed '10000.0000005' is out of range (up to 10000 m/s)"},
        {"$ns_ at -1 \"$node_(0) setdest 1 2 3\"", "the time '-1' is negative"},
        {"$ns_ at -1e30 \"$node_(0) setdest 1 2 3\"", "the time '-1e30' is negative"},
        {"$ns_ at 4611686018.427387904 \"$node_(0) setdest 1 2 3\"",
         "the time '4611686018.427387904' is out of range (up to 1281023 h)"},
        {"$ns_ at soon \"$node_(0) setdest 1 2 3\"", "the time 'soon' is no number"},
        {"$ns_ at 1", "nothing happens at this time (such as \"$node_(0) setdest 250.0 90.0 "
                      "15.0\")"},
        {"$ns_ run", "'$ns_' begins no line of a trace (such as $node_(0) set X_ 83.3)"},
        {"puts hello", "'puts' begins no line of a trace (such as $node_(0) set X_ 83.3)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200], due[300];
        snprintf(text, sizeof text, "\n%s\n$god_ x\n", cases[i].text);
        snprintf(due, sizeof due, "t.tcl:2: %s\n", cases[i].due);
        expect_refused(text, due);
    }
}

static void bad_traces(void **state) {
    (void)state;
    expect_refused("$ns_ at 5 \"$node_(1) setdest 1 2 3\"\n$ns_ at 4 \"$node_(0) setdest 1 2 3\"\n"
                   "$ns_ at 4.9 \"$node_(1) setdest 1 2 3\"\n",
                   "t.tcl:3: node_(1) goes back in time (its line before is at 5 s)\n");
    expect_refused("$node_(1) set X_ 5\n$node_(2) set Y_ 5\n",
                   "t.tcl: node_(1) has X_ at first and no Y_\n"
                   "t.tcl: node_(2) has Y_ at first and no X_\n");
}

static void a_line_without_end(void **state) {
    struct fixture f;
    (void)state;
    size_t size = 100000;
    char *text = malloc(size);
    memset(text, '1', size);
    assert_int_equal(parse(&f, text, size), 2);
    char *problems = problems_text(&f.problems, "t.tcl");
    assert_string_equal(problems, "t.tcl:1: the line is longer than 1000 bytes\n");
    free(problems);
    finish(&f);
    memset(text, '#', size);
    text[NS2_LINE_MAX] = '\n';
    assert_int_equal(parse(&f, text, NS2_LINE_MAX + 1), 0);
    finish(&f);
    free(text);
}

/* It is enough to say so twenty times. */
static void nothing_but_mistakes(void **state) {
    struct fixture f;
    (void)state;
    char text[TEXT_MAX];
    memset(text, '\n', sizeof text);
    for (size_t i = 0; i < sizeof text; i += 2)
        text[i] = i % 3 ? '\0' : 'x';
    assert_int_equal(parse(&f, text, sizeof text), 2);
    assert_int_equal(f.problems.count, PROBLEMS_MAX);
    assert_true(f.problems.more);
    finish(&f);
}

static void too_many_moves(void **state) {
    static const char line[] = "$ns at 1 $node(0) setdest 1 2 3\n";
    struct fixture f;
    (void)state;
    size_t length = sizeof line - 1, count = NS2_MOVES_MAX + 1;
    char *text = malloc(length * count);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, line, length);
    assert_int_equal(parse(&f, text, length * count), 2);
    char *problems = problems_text(&f.problems, "t.tcl");
    assert_string_equal(problems, "t.tcl:4000001: there are more than 4000000 moves\n");
    free(problems);
    finish(&f);
    free(text);
}

/* What a good trace promises: moves by node and time, all numbers in range. */
static void expect_sound(const struct ns2_trace *trace) {
    for (uint32_t node = 0; node < NODES; node++) {
        uint64_t last_ns = 0;
        for (uint32_t i = trace->first[node]; i < trace->first[node + 1]; i++) {
            const struct ns2_move *move = &trace->moves[i];
            assert_true(move->at_ns >= last_ns && move->at_ns < UINT64_MAX / 2);
            assert_true(move->speed_um_s == NS2_JUMP || move->speed_um_s <= 10000000000);
            assert_true(abs(move->x_mm + (move->x_mm == NS2_SAME)) <= POSITION_MAX_MM ||
                        move->x_mm == NS2_SAME);
            last_ns = move->at_ns;
        }
        assert_true(llabs(trace->starts[node].x_mm) <= POSITION_MAX_MM);
        assert_true(llabs(trace->starts[node].y_mm) <= POSITION_MAX_MM);
    }
}

static void mutations(void **state) {
    static const char good[] = "# x\n$node_(0) set X_ 83.3\n$node_(0) set Y_ 1e2\n"
                               "$ns_ at 10.0 \"$node_(0) setdest 250.0 90.0 15.0\"\n"
                               "$ns_ at 12.0 \"$node_(0) set X_ -5.5\"\n"
                               "$ns_ at 12.5 \"$node_(2) setdest 1 2 0\"\n$god_ set-dist 1 2 3\n";
    static const char *const pieces[] = {
        "e", "-", ".", "999999999999", "$node_(1) ", "\n", "\"", "set ", " ", "#",
        "(", ")", "1", "$ns_ at 1 ",   "\xff"};
    unsigned accepted = 0, refused = 0;
    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        char text[TEXT_MAX];
        struct fixture f;
        size_t size = sizeof good - 1;
        memcpy(text, good, sizeof good);
        size = mutate(text, size, pieces, sizeof pieces / sizeof *pieces, i, 4);
        int status = parse(&f, text, size);
        assert_int_equal(status == 0, f.problems.count == 0);
        if (status == 0)
            expect_sound(&f.trace);
        accepted += status == 0;
        refused += status == 2;
        finish(&f);
    }
    assert_in_range(accepted, 1000, 20000);
    assert_in_range(refused, 1000, 20000);
    assert_int_equal(accepted + refused, 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setdest),
        cmocka_unit_test(bonnmotion),
        cmocka_unit_test(ns3),
        cmocka_unit_test(numbers),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(bad_traces),
        cmocka_unit_test(a_line_without_end),
        cmocka_unit_test(nothing_but_mistakes),
        cmocka_unit_test(too_many_moves),
        cmocka_unit_test(mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
