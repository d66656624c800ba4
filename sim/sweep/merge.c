/* Rows are copied a run at a time, by statements that are prepared once a file: with thousands of
 * small runs that costs less than anything SQL would have to plan anew. What tables and columns
 * there are is asked of the schema, so that a new one needs nothing here. */
#include "merge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record/results.h"

static int trouble(sqlite3 *db, const char *path, char **error) {
    *error = results_trouble(db, path);
    return 3;
}

/* Prepares a statement of a table: format has one %s for its name. */
static int prepare(sqlite3 *db, sqlite3_stmt **statement, const char *format, const char *table) {
    char *sql = results_text(format, table);
    int code = sql ? sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL)
                   : SQLITE_NOMEM;
    free(sql);
    return code;
}

/* "INSERT INTO node VALUES (?, ?, ?)". */
static int prepare_insert(sqlite3 *db, sqlite3_stmt **statement, const char *table) {
    enum { COLUMNS_MAX = 100 };
    sqlite3_stmt *all = NULL;
    char places[3 * COLUMNS_MAX + 1] = "";
    int code = prepare(db, &all, "SELECT * FROM %s", table);
    int columns = code == SQLITE_OK ? sqlite3_column_count(all) : 0;
    for (int i = 0; i < columns && i < COLUMNS_MAX; i++)
        memcpy(places + strlen(places), i ? ", ?" : "?", i ? 4 : 2);
    sqlite3_finalize(all);
    char *sql = results_text("INSERT INTO %s VALUES (%s)", table, places);
    if (code == SQLITE_OK)
        code = sql ? sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL)
                   : SQLITE_NOMEM;
    free(sql);
    return code;
}

static int find_tables(struct merge *merge) {
    static const char sql[] = "SELECT name FROM sqlite_schema WHERE type = 'table'"
                              " AND name NOT LIKE 'sqlite_%' AND name <> 'run' ORDER BY rowid";
    sqlite3_stmt *names;
    int code = sqlite3_prepare_v2(merge->db, sql, -1, &names, NULL);
    while (code == SQLITE_OK && sqlite3_step(names) == SQLITE_ROW) {
        char *name = results_text("%s", (const char *)sqlite3_column_text(names, 0));
        if (!name || merge->table_count == MERGE_TABLES_MAX) {
            free(name);
            code = SQLITE_NOMEM;
            break;
        }
        merge->tables[merge->table_count++] = name;
    }
    int end = sqlite3_finalize(names);
    return code == SQLITE_OK ? end : code;
}

int merge_open(struct merge *merge, const char *path, char **error) {
    *merge = (struct merge){0};
    if (results_create(&merge->db, path, error))
        return 3;
    int code = (merge->path = results_text("%s", path)) ? SQLITE_OK : SQLITE_NOMEM;
    if (code == SQLITE_OK)
        code = sqlite3_exec(merge->db, "PRAGMA cache_size = -65536; BEGIN IMMEDIATE", NULL, NULL,
                            NULL);
    if (code == SQLITE_OK)
        code = find_tables(merge);
    for (int i = 0; i < merge->table_count && code == SQLITE_OK; i++) {
        code = prepare_insert(merge->db, &merge->inserts[i], merge->tables[i]);
        if (code == SQLITE_OK)
            code = prepare(merge->db, &merge->deletes[i], "DELETE FROM %s WHERE run_id = ?1",
                           merge->tables[i]);
    }
    if (code == SQLITE_OK)
        code = prepare_insert(merge->db, &merge->insert_run, "run");
    if (code == SQLITE_OK)
        code = prepare(merge->db, &merge->delete_run, "DELETE FROM %s WHERE id = ?1", "run");
    return code == SQLITE_OK ? 0 : trouble(merge->db, path, error);
}

int merge_commit(struct merge *merge, char **error) {
    if (sqlite3_exec(merge->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return trouble(merge->db, merge->path, error);
}

void merge_close(struct merge *merge) {
    for (int i = 0; i < merge->table_count; i++) {
        sqlite3_finalize(merge->inserts[i]);
        sqlite3_finalize(merge->deletes[i]);
        free(merge->tables[i]);
    }
    sqlite3_finalize(merge->insert_run);
    sqlite3_finalize(merge->delete_run);
    sqlite3_close(merge->db);
    free(merge->path);
    *merge = (struct merge){0};
}

int merge_source_open(struct merge_source *source, const struct merge *merge, const char *path,
                      char **error) {
    *source = (struct merge_source){.path = path};
    if (results_open(&source->db, path, error))
        return 3;
    int code = sqlite3_exec(source->db, "BEGIN", NULL, NULL, NULL); /* locked once, not each time */
    if (code == SQLITE_OK)
        code = prepare(source->db, &source->select_run, "SELECT * FROM %s WHERE id = ?1", "run");
    for (int i = 0; i < merge->table_count && code == SQLITE_OK; i++) {
        /* As the rows were written; tables without a rowid keep them by their key. */
        code = prepare(source->db, &source->selects[i],
                       "SELECT * FROM %s WHERE run_id = ?1 ORDER BY rowid", merge->tables[i]);
        if (code == SQLITE_ERROR)
            code = prepare(source->db, &source->selects[i], "SELECT * FROM %s WHERE run_id = ?1",
                           merge->tables[i]);
    }
    return code == SQLITE_OK ? 0 : trouble(source->db, path, error);
}

void merge_source_close(struct merge_source *source, const struct merge *merge) {
    for (int i = 0; i < merge->table_count; i++)
        sqlite3_finalize(source->selects[i]);
    sqlite3_finalize(source->select_run);
    sqlite3_close(source->db);
    *source = (struct merge_source){0};
}

/* Runs a statement that has one parameter and gives no rows. */
static int execute(sqlite3_stmt *statement, int64_t run) {
    (void)sqlite3_bind_int64(statement, 1, run);
    (void)sqlite3_step(statement);
    return sqlite3_reset(statement);
}

/* A statement that reads rows of a run, and the one that writes them. */
struct pipe_of_rows {
    sqlite3_stmt *from, *to;
};

/* Copies what `from` gives. number: of the copied run, in the first column; 0: SQLite gives it.
 * *reading: which of the two failed. */
static int copy_rows(const struct pipe_of_rows *rows, int64_t run, int64_t number, bool *reading) {
    int columns = sqlite3_column_count(rows->from), code;
    (void)sqlite3_bind_int64(rows->from, 1, run);
    *reading = false;
    while ((code = sqlite3_step(rows->from)) == SQLITE_ROW) {
        if (number)
            (void)sqlite3_bind_int64(rows->to, 1, number);
        else
            (void)sqlite3_bind_null(rows->to, 1);
        for (int i = 1; i < columns; i++)
            (void)sqlite3_bind_value(rows->to, i + 1, sqlite3_column_value(rows->from, i));
        (void)sqlite3_step(rows->to);
        if (sqlite3_reset(rows->to) != SQLITE_OK)
            break;
    }
    if (code != SQLITE_ROW) /* the rows ended, well or not */
        *reading = code != SQLITE_DONE;
    (void)sqlite3_reset(rows->from);
    return code == SQLITE_DONE ? 0 : 3;
}

int merge_copy(struct merge *merge, struct merge_source *source, int64_t run, int64_t replaced,
               char **error) {
    struct pipe_of_rows rows = {source->select_run, merge->insert_run};
    bool reading = false;
    int code = 0;
    for (int i = 0; i < merge->table_count && replaced && !code; i++)
        code = execute(merge->deletes[i], replaced);
    if (replaced && !code)
        code = execute(merge->delete_run, replaced);
    if (!code)
        code = copy_rows(&rows, run, replaced, &reading);
    int64_t number = replaced ? replaced : sqlite3_last_insert_rowid(merge->db);
    for (int i = 0; i < merge->table_count && !code; i++) {
        rows = (struct pipe_of_rows){source->selects[i], merge->inserts[i]};
        code = copy_rows(&rows, run, number, &reading);
    }
    if (code && reading)
        return trouble(source->db, source->path, error);
    return code ? trouble(merge->db, merge->path, error) : 0;
}
