/* What is compared: one line a quantity, each an SQL expression. */
#ifndef QUANTITY_H
#define QUANTITY_H

#include "dataset.h"

enum quantity_of {
    OF_CATCHUP, /* over a row of table catchup, c; null: it never ended */
    OF_CHAIN,   /* over a row of table chain, c; null: it never was whole */
    OF_RUN,     /* over a run's counts as table metric has them, m.sent_bytes; null: infinite */
};

struct quantity {
    const char *name; /* in JSON and CSV, with its unit */
    const char *title, *unit;
    enum quantity_of of;
    const char *expression;
    const char
        *needs; /* a column of catchup; rows in which it is null are passed over. NULL: none */
};

enum { QUANTITY_LATENCY, QUANTITY_COUNT = 8 };

extern const struct quantity quantities[QUANTITY_COUNT];

struct quantity_value {
    uint32_t run; /* index in the dataset */
    double value; /* may be infinite */
};

struct quantity_values {
    struct quantity_value *list; /* malloc'ed; by run */
    size_t count;
};

/* "catchup", "chain", "run". */
extern const char *const quantity_of_names[];

/* Whether this file has what the quantity needs: the table's column; of side chains, one at least;
 * of catch-ups, one at least where there are side chains to show instead. */
bool quantity_is_there(const struct quantity *quantity, sqlite3 *db);

/* Reads all values. Returns 0, or 3 where SQLite or memory failed; sqlite3_errcode tells. The
 * caller frees the list in any case. */
int quantity_read(const struct quantity *quantity, const struct dataset *dataset,
                  struct quantity_values *values);

#endif
