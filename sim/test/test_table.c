/* Aligned columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/record/table.h"

static void test_columns_are_aligned(void **state) {
    static struct table table;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    assert_non_null(out);
    table_init(&table, "lrl");
    table_row(&table);
    table_cell(&table, 0, "node");
    table_cell(&table, 1, "entries");
    table_cell(&table, 2, "note");
    table_row(&table);
    table_cell(&table, 0, "nodeABC");
    table_cell(&table, 1, "%d", 7);
    table_row(&table);
    table_cell(&table, 2, "alone");
    table_print(&table, 2, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "  node     entries  note\n"
                              "  nodeABC        7\n"
                              "                    alone\n");
    free(text);
}

static void test_what_does_not_fit_is_cut(void **state) {
    static struct table table;
    (void)state;
    table_init(&table, "l");
    table_row(&table);
    table_cell(&table, 0, "%0200d", 1);
    assert_int_equal(strlen(table.cells[0][0]), TABLE_CELL_SIZE - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_aligned),
        cmocka_unit_test(test_what_does_not_fit_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
