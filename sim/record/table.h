/* A small table of text in aligned columns, for a person. */
#ifndef TABLE_H
#define TABLE_H

#include <stdint.h>
#include <stdio.h>

enum { TABLE_COLUMNS = 10, TABLE_ROWS = 4096, TABLE_CELL_SIZE = 96 };

struct table {
    const char *alignment; /* a letter a column, 'l' or 'r' */
    uint32_t rows;
    char cells[TABLE_ROWS][TABLE_COLUMNS][TABLE_CELL_SIZE];
};

/* An empty table of strlen(alignment) columns; alignment is borrowed. */
void table_init(struct table *table, const char *alignment);

/* Begins a row of empty cells. There may be TABLE_ROWS. */
void table_row(struct table *table);

/* Fills a cell of the last row; what does not fit is cut. */
void table_cell(struct table *table, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints the table, each line after this many spaces and without spaces at its end. */
void table_print(const struct table *table, int indent, FILE *out);

#endif
