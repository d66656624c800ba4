/* YAML to a tree: values with their places, bounds, aliases; and changing one value of a tree. */
#include "sim/scenario/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct source file = {.name = "t"};

struct fixture {
    struct arena arena;
    struct problems problems;
};

static int begin(void **state) {
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    arena_close(&fixture->arena);
    problems_close(&fixture->problems);
    free(fixture);
    return 0;
}

static const struct tree *parse_bytes(struct fixture *fixture, const char *text, size_t size) {
    return tree_parse(&fixture->arena, &file, text, size, &fixture->problems);
}

static const struct tree *parse(struct fixture *fixture, const char *text) {
    const struct tree *tree = parse_bytes(fixture, text, strlen(text));
    if (!tree)
        print_error("%s\n", problems_text(&fixture->problems, "t"));
    assert_non_null(tree);
    assert_int_equal(fixture->problems.status, 0);
    return tree;
}

/* The text is refused, with this to say. */
static void refuse_bytes(struct fixture *fixture, const char *text, size_t size, const char *due) {
    assert_null(parse_bytes(fixture, text, size));
    char *said = problems_text(&fixture->problems, "t");
    assert_string_equal(said, due);
    free(said);
    problems_close(&fixture->problems);
}

static void refuse(struct fixture *fixture, const char *text, const char *due) {
    refuse_bytes(fixture, text, strlen(text), due);
}

static void expect_scalar(const struct tree *tree, const char *text, uint32_t line,
                          uint32_t column) {
    assert_non_null(tree);
    assert_int_equal(tree->kind, TREE_SCALAR);
    assert_string_equal(tree->text, text);
    assert_int_equal(tree->place.line, line);
    assert_int_equal(tree->place.column, column);
}

static void test_values_and_places(void **state) {
    const struct tree *tree = parse(*state, "# a comment\nname: x y\nlist:\n  - 1\n  - {a: 'b'}\n");
    assert_int_equal(tree->kind, TREE_MAP);
    assert_int_equal(tree->count, 2);
    expect_scalar(tree->children[1].key, "list", 3, 1);
    expect_scalar(tree_find(tree, "name"), "x y", 2, 7);
    const struct tree *list = tree_find(tree, "list");
    assert_int_equal(list->kind, TREE_LIST);
    assert_null(list->children[0].key);
    expect_scalar(list->children[0].value, "1", 4, 5);
    expect_scalar(tree_find(list->children[1].value, "a"), "b", 5, 9);
    assert_null(tree_find(tree, "nam"));
    assert_null(tree_find(list, "0"));
}

static void test_columns_count_characters(void **state) {
    const struct tree *tree = parse(*state, "\xef\xbb\xbf{\xc3\xa9: 1}"); /* behind a BOM */
    expect_scalar(tree->children[0].key, "\xc3\xa9", 1, 2);
    expect_scalar(tree->children[0].value, "1", 1, 5);
}

static void test_null(void **state) {
    const struct tree *tree = parse(*state, "[~, null, '', \"null\", x, []]");
    assert_true(tree_is_null(tree->children[0].value));
    assert_true(tree_is_null(tree->children[1].value));
    assert_false(tree_is_null(tree->children[2].value));
    assert_false(tree_is_null(tree->children[3].value));
    assert_false(tree_is_null(tree->children[4].value));
    assert_false(tree_is_null(tree->children[5].value));
}

static void test_nothing_is_null(void **state) {
    static const char *const texts[] = {"", "\n\n", "# only a comment", "---\n", "---\n...\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(tree_is_null(parse(*state, texts[i])));
}

static void test_aliases_share(void **state) {
    const struct tree *tree = parse(*state, "a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n");
    assert_ptr_equal(tree_find(tree, "a")->children, tree_find(tree, "b")->children);
    expect_scalar(tree_find(tree, "d"), "3", 3, 4); /* where the value stands */
    assert_int_equal(tree->weight, 1 + 4 + 3 + 3 + 1 + 1);
}

static void test_refused(void **state) {
    refuse(*state, "a: *b",
           "t:1:4: alias '*b' stands for nothing that ends before it "
           "(anchors are written &b)\n");
    refuse(*state, "a: &b [*b]",
           "t:1:8: alias '*b' stands for nothing that ends before it "
           "(anchors are written &b)\n");
    refuse(*state, "a: 1\nb: 2\na: 3\nb: 4",
           "t:3:1: key 'a' is there already, at line 1\n"
           "t:4:1: key 'b' is there already, at line 2\n");
    refuse(*state, "a: !x 1", "t:1:4: tags such as '!x' mean nothing here\n");
    refuse(*state, "[a]: 1", "t:1:1: a key must be plain text\n");
    refuse(*state, "*a : 1", "t:1:1: a key must be plain text\n");
    refuse(*state, "a: 1\n---\nb: 2", "t:2:1: a second document (one a file)\n");
    refuse(*state, "a: \"x\\0y\"", "t:1:4: a zero byte in a text\n");
    refuse(*state, "a: [1, 2",
           "t:1:9: this is not YAML: did not find expected ',' or ']' "
           "while parsing a flow sequence that begins at line 1\n");
    refuse(*state, "a: 'x",
           "t:1:6: this is not YAML: found unexpected end of stream "
           "while scanning a quoted scalar that begins at line 1\n");
    refuse(
        *state, "a: 1\n\tb: 2",
        "t:2:1: this is not YAML: found a tab character that violates indentation while scanning "
        "a plain scalar that begins at line 1\n");
    refuse(*state, "}",
           "t:1:1: this is not YAML: did not find expected node content while parsing "
           "a block node that begins at line 1\n");
}

static void test_not_utf8(void **state) {
    refuse(*state, "a: 1\nb: \xff", "t:2:4: this is not UTF-8 text: invalid leading UTF-8 octet\n");
    refuse_bytes(*state, "a\0b", 3,
                 "t:1:2: this is not UTF-8 text: control characters are not allowed\n");
    refuse_bytes(*state, "\xff\xfe\x61\x00", 4,
                 "t:1:1: this is not UTF-8 text: invalid leading UTF-8 octet\n"); /* UTF-16 */
}

/* n values deep: that many brackets. */
static char *nested(char *text, size_t n) {
    memset(text, '[', n);
    memset(text + n, ']', n);
    text[2 * n] = 0;
    return text;
}

static void test_depth(void **state) {
    char text[200];
    parse(*state, nested(text, TREE_DEPTH_MAX));
    refuse(*state, nested(text, TREE_DEPTH_MAX + 1), "t:1:33: values nest deeper than 32\n");
}

static void test_anchors(void **state) {
    char text[300 * 10], due[100];
    size_t size = 0;
    for (int i = 0; i < TREE_ANCHORS_MAX; i++)
        size += (size_t)sprintf(text + size, "- &a%d x\n", i);
    parse(*state, text);
    sprintf(text + size, "- &one-more x\n");
    sprintf(due, "t:%d:3: more than %d anchors\n", TREE_ANCHORS_MAX + 1, TREE_ANCHORS_MAX);
    refuse(*state, text, due);
}

/* Each line stands for ten times the one before. */
static void test_aliases_do_not_explode(void **state) {
    refuse(*state,
           "- &a [x, x, x, x, x, x, x, x, x, x]\n"
           "- &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
           "- &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
           "- &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
           "- &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
           "- &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n"
           "- &g [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]\n",
           "t:7:7: more than 2000000 values, those of aliases included\n");
}

/* Sets a path to the value, and returns the tree with it. */
static const struct tree *set(struct fixture *fixture, const struct tree *tree, const char *path,
                              const char *value) {
    static const struct source option = {.name = "--set", .order = 1};
    const struct tree *parsed = tree_parse(&fixture->arena, &option, value, strlen(value),
                                           &fixture->problems);
    return tree_set(&fixture->arena, tree, path, parsed, (struct place){&option, 1, 1},
                    &fixture->problems);
}

static void test_set_replaces_in_a_copy(void **state) {
    const struct tree *tree = parse(*state, "a: {b: 1, c: [x, {d: 2}]}\ne: 5");
    const struct tree *changed = set(*state, tree, "a.c.1.d", "3");
    expect_scalar(tree_find(tree_find(tree_find(changed, "a"), "c")->children[1].value, "d"), "3",
                  1, 1);
    expect_scalar(tree_find(tree_find(tree_find(tree, "a"), "c")->children[1].value, "d"), "2", 1,
                  22);
    assert_ptr_equal(tree_find(changed, "e"), tree_find(tree, "e"));
    assert_int_equal(changed->count, 2);
}

static void test_set_changes_one_of_two_aliases(void **state) {
    const struct tree *tree = parse(*state, "a: &x {v: 1}\nb: *x");
    const struct tree *changed = set(*state, tree, "b.v", "2");
    expect_scalar(tree_find(tree_find(changed, "a"), "v"), "1", 1, 11);
    expect_scalar(tree_find(tree_find(changed, "b"), "v"), "2", 1, 1);
}

static void test_set_adds_what_is_not_there(void **state) {
    const struct tree *tree = parse(*state, "a:\n");
    tree = set(*state, tree, "a.b.c", "7");
    tree = set(*state, tree, "d", "{e: f}");
    expect_scalar(tree_find(tree_find(tree_find(tree, "a"), "b"), "c"), "7", 1, 1);
    expect_scalar(tree_find(tree_find(tree, "d"), "e"), "f", 1, 5);
    expect_scalar(tree->children[1].key, "d", 1, 1);
}

static void refuse_set(struct fixture *fixture, const char *path, const char *due) {
    const struct tree *tree = parse(fixture, "a: {b: 1, c: [x, y], d: []}");
    assert_null(set(fixture, tree, path, "7"));
    char *said = problems_text(&fixture->problems, "t");
    assert_string_equal(said, due);
    free(said);
    problems_close(&fixture->problems);
}

static void test_set_refuses(void **state) {
    refuse_set(*state, "a.b.x", "--set:1:5: a.b is '1', which has nothing in it\n");
    refuse_set(*state, "a.c.2", "--set:1:5: there is no item '2' in a.c (its items are 0 to 1)\n");
    refuse_set(*state, "a.c.x", "--set:1:5: there is no item 'x' in a.c (its items are 0 to 1)\n");
    refuse_set(*state, "a.d.0", "--set:1:5: there is no item '0' in a.d, which is empty\n");
    refuse_set(*state, "a..b",
               "--set:1:3: a part of the path is empty (write keys with one dot between them)\n");
    refuse_set(*state, "",
               "--set:1:1: a part of the path is empty (write keys with one dot between them)\n");
    refuse_set(*state, "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a",
               "--set:1:1: values nest deeper than 32\n");
}

static void test_set_names_the_whole(void **state) {
    struct fixture *fixture = *state;
    assert_null(set(fixture, parse(fixture, "[a, b]"), "x", "1"));
    assert_string_equal(fixture->problems.list[0].text,
                        "there is no item 'x' in the scenario (its items are 0 to 1)");
}

/* A path that is longer than what a message quotes. */
static void test_set_long_path(void **state) {
    char path[300];
    struct fixture *fixture = *state;
    memset(path, 'k', sizeof path);
    memcpy(path + sizeof path - 3, ".x", 3);
    const struct tree *tree = parse(fixture, "{}");
    path[sizeof path - 3] = 0;
    tree = set(fixture, tree, path, "1");
    path[sizeof path - 3] = '.';
    assert_null(set(fixture, tree, path, "1"));
    assert_int_equal(fixture->problems.count, 1);
    assert_non_null(strstr(fixture->problems.list[0].text, "kkk... is '1', which has nothing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_values_and_places),
        TEST(test_columns_count_characters),
        TEST(test_null),
        TEST(test_nothing_is_null),
        TEST(test_aliases_share),
        TEST(test_refused),
        TEST(test_not_utf8),
        TEST(test_depth),
        TEST(test_anchors),
        TEST(test_aliases_do_not_explode),
        TEST(test_set_replaces_in_a_copy),
        TEST(test_set_changes_one_of_two_aliases),
        TEST(test_set_adds_what_is_not_there),
        TEST(test_set_refuses),
        TEST(test_set_names_the_whole),
        TEST(test_set_long_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
