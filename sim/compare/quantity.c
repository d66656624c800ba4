/* The table of quantities, and reading them. */
#include "quantity.h"

#include <math.h>
#include <stdlib.h>

#include "sim/record/metric.h"
#include "sim/record/results.h"

const struct quantity quantities[QUANTITY_COUNT] = {
    [QUANTITY_LATENCY] = {"latency_s", "catch-up latency", "s", OF_CATCHUP,
                          "(c.until_ns - c.since_ns) / 1e9", NULL},
    {"chain_latency_s", "side chain latency", "s", OF_CHAIN, "(c.until_ns - c.since_ns) / 1e9",
     NULL},
    {"bound_ratio", "times the bound", "", OF_CATCHUP,
     "(c.until_ns - c.since_ns) * 1.0 / nullif(c.bound_ns, 0)", "bound_ns"},
    {"requests_per_entry", "requests", "", OF_CATCHUP,
     "(c.want_packets + c.range_packets) * 1.0 / nullif(c.useful_entries, 0)", "want_packets"},
    {"packets_per_entry", "packets", "", OF_RUN,
     "m.sent_packets * 1.0 / nullif(m.appended_entries, 0)", NULL},
    {"bytes_per_entry", "bytes", "B", OF_RUN, "m.sent_bytes * 1.0 / nullif(m.appended_entries, 0)",
     NULL},
    {"duplicates_per_entry", "duplicates", "", OF_RUN,
     "m.duplicate_entries * 1.0 / nullif(m.appended_entries, 0)", NULL},
    {"airtime_s_per_entry", "airtime", "s", OF_RUN,
     "m.airtime_ns / 1e9 / nullif(m.appended_entries, 0)", NULL},
};

const char *const quantity_of_names[] = {
    [OF_CATCHUP] = "catchup",
    [OF_CHAIN] = "chain",
    [OF_RUN] = "run",
};

static bool has_rows(sqlite3 *db, const char *sql) {
    sqlite3_stmt *rows = NULL;
    bool found = sqlite3_prepare_v2(db, sql, -1, &rows, NULL) == SQLITE_OK &&
                 sqlite3_step(rows) == SQLITE_ROW;
    sqlite3_finalize(rows);
    return found;
}

bool quantity_is_there(const struct quantity *quantity, sqlite3 *db) {
    const char *type;
    if (quantity->of == OF_RUN)
        return true;
    bool chains = has_rows(db, "SELECT 1 FROM chain LIMIT 1");
    if (quantity->of == OF_CHAIN)
        return chains;
    if (chains && !has_rows(db, "SELECT 1 FROM catchup LIMIT 1"))
        return false;
    return !quantity->needs ||
           sqlite3_table_column_metadata(db, NULL, "catchup", quantity->needs, &type, NULL, NULL,
                                         NULL, NULL) == SQLITE_OK;
}

/* The counts of each run, side by side: "sum(value) FILTER (WHERE name = 'x') AS x, ...". */
static char *counts_sql(void) {
    char *sql = results_text("SELECT run_id");
    for (int i = 0; i < METRIC_COUNT && sql; i++) {
        char *longer = results_text("%s, sum(value) FILTER (WHERE name = '%s') AS %s", sql,
                                    metrics[i].name, metrics[i].name);
        free(sql);
        sql = longer;
    }
    if (!sql)
        return NULL;
    char *whole = results_text("%s FROM metric WHERE node IS NULL GROUP BY run_id", sql);
    free(sql);
    return whole;
}

static char *sql_of(const struct quantity *quantity) {
    if (quantity->of != OF_RUN)
        return results_text("SELECT c.run_id, %s FROM %s AS c WHERE %s IS NOT NULL"
                            " ORDER BY c.run_id",
                            quantity->expression, quantity_of_names[quantity->of],
                            quantity->needs ? quantity->needs : "c.run_id");
    char *counts = counts_sql();
    char *sql = counts ? results_text("SELECT m.run_id, %s FROM (%s) AS m ORDER BY m.run_id",
                                      quantity->expression, counts)
                       : NULL;
    free(counts);
    return sql;
}

static int add(struct quantity_values *values, size_t *capacity, struct quantity_value value) {
    if (values->count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 1024;
        struct quantity_value *list = realloc(values->list, *capacity * sizeof *list);
        if (!list)
            return 3;
        values->list = list;
    }
    values->list[values->count++] = value;
    return 0;
}

int quantity_read(const struct quantity *quantity, const struct dataset *dataset,
                  struct quantity_values *values) {
    sqlite3_stmt *rows = NULL;
    size_t capacity = 0;
    char *sql = sql_of(quantity);
    int status = 0,
        code = sql ? sqlite3_prepare_v2(dataset->db, sql, -1, &rows, NULL) : SQLITE_NOMEM;
    *values = (struct quantity_values){0};
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW && !status) {
        bool infinite = sqlite3_column_type(rows, 1) == SQLITE_NULL;
        struct quantity_value value = {dataset_find(dataset, sqlite3_column_int64(rows, 0)),
                                       infinite ? HUGE_VAL : sqlite3_column_double(rows, 1)};
        if (value.run != DATASET_NONE)
            status = add(values, &capacity, value);
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    free(sql);
    return code == SQLITE_DONE && !status ? 0 : 3;
}
