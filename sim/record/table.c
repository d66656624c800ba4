/* Columns are as wide as their widest cell and stand two spaces apart. */
#include "table.h"

#include <stdarg.h>
#include <string.h>

#include "core/check.h"

enum { GAP = 2 };

void table_init(struct table *table, const char *alignment) {
    TSSB_CHECK(strlen(alignment) <= TABLE_COLUMNS);
    table->alignment = alignment;
    table->rows = 0;
}

void table_row(struct table *table) {
    TSSB_CHECK(table->rows < TABLE_ROWS);
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
        table->cells[table->rows][i][0] = 0;
    table->rows++;
}

void table_cell(struct table *table, uint32_t column, const char *format, ...) {
    va_list arguments;
    TSSB_CHECK(table->rows > 0 && column < strlen(table->alignment));
    va_start(arguments, format);
    (void)vsnprintf(table->cells[table->rows - 1][column], TABLE_CELL_SIZE, format, arguments);
    va_end(arguments);
}

void table_print(const struct table *table, int indent, FILE *out) {
    uint32_t columns = (uint32_t)strlen(table->alignment);
    int widths[TABLE_COLUMNS] = {0};
    for (uint32_t row = 0; row < table->rows; row++)
        for (uint32_t i = 0; i < columns; i++) {
            int width = (int)strlen(table->cells[row][i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    for (uint32_t row = 0; row < table->rows; row++) {
        int blanks = indent; /* that are only printed once something follows */
        for (uint32_t i = 0; i < columns; i++) {
            const char *cell = table->cells[row][i];
            int length = (int)strlen(cell), rest = widths[i] - length;
            int before = table->alignment[i] == 'r' ? rest : 0;
            if (length > 0)
                (void)fprintf(out, "%*s%s", blanks + before, "", cell);
            blanks = length > 0 ? GAP + rest - before : blanks + GAP + widths[i];
        }
        (void)fputc('\n', out);
    }
}
