/* What differs between two runs, besides their events: their own rows, their parameters leaf by
 * leaf, digests of nodes and counts. */
#include "diff_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"

enum { NAMES_SHOWN = 8 };

/* Columns of `run` that make two runs comparable or not. */
static const char *const compared[] = {"scenario", "scenario_sha256", "seed", "engine", "version"};

static json_t *column_value(sqlite3_stmt *statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, column));
    case SQLITE_TEXT:
        return json_string((const char *)sqlite3_column_text(statement, column));
    default:
        return json_null();
    }
}

/* A row as an object, keys as the columns are called. */
static json_t *row_object(sqlite3_stmt *statement) {
    json_t *object = json_object();
    for (int i = 0; object && i < sqlite3_column_count(statement); i++)
        if (json_object_set_new(object, sqlite3_column_name(statement, i),
                                column_value(statement, i))) {
            json_decref(object);
            return NULL;
        }
    return object;
}

json_t *diff_report_run(sqlite3 *db, int64_t run) {
    sqlite3_stmt *statement = NULL;
    json_t *object = NULL, *parameters = NULL;
    if (sqlite3_prepare_v2(db,
                           "SELECT id, scenario, seed, engine, version, outcome, record, digest,"
                           " scenario_sha256, parameters, error FROM run WHERE id = ?1",
                           -1, &statement, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_int64(statement, 1, run);
        int code = sqlite3_step(statement);
        object = code == SQLITE_ROW    ? row_object(statement)
                 : code == SQLITE_DONE ? json_null()
                                       : NULL;
    }
    sqlite3_finalize(statement);
    const char *text = json_string_value(json_object_get(object, "parameters"));
    if (text && (parameters = json_loads(text, JSON_DECODE_ANY, NULL)))
        (void)json_object_set_new(object, "parameters", parameters);
    return object;
}

static void add_difference(json_t *list, const char *what, json_t *first, json_t *second) {
    (void)json_array_append_new(
        list, json_pack("{s:s, s:O?, s:O?}", "what", what, "first", first, "second", second));
}

static void compare_values(json_t *list, const char *path, json_t *first, json_t *second);

/* The member of an object, or the item of an array that stands under the same key. */
static void compare_member(json_t *list, const char *path, const char *key, json_t *first,
                           json_t *second) {
    char *longer = results_text("%s%s%s", path, path[0] ? "." : "", key);
    if (longer)
        compare_values(list, longer, first, second);
    free(longer);
}

static void compare_objects(json_t *list, const char *path, json_t *first, json_t *second) {
    const char *key;
    json_t *value;
    json_object_foreach(first, key, value)
        compare_member(list, path, key, value, json_object_get(second, key));
    json_object_foreach(second, key, value) if (!json_object_get(first, key))
        compare_member(list, path, key, NULL, value);
}

static void compare_arrays(json_t *list, const char *path, json_t *first, json_t *second) {
    size_t count = json_array_size(first) > json_array_size(second) ? json_array_size(first)
                                                                    : json_array_size(second);
    for (size_t i = 0; i < count; i++) {
        char key[24];
        (void)snprintf(key, sizeof key, "%zu", i);
        compare_member(list, path, key, json_array_get(first, i), json_array_get(second, i));
    }
}

/* Adds each leaf that differs; either value may be NULL. */
static void compare_values(json_t *list, const char *path, json_t *first, json_t *second) {
    if (json_is_object(first) && json_is_object(second))
        compare_objects(list, path, first, second);
    else if (json_is_array(first) && json_is_array(second))
        compare_arrays(list, path, first, second);
    else if (!json_equal(first, second))
        add_difference(list, path, first, second);
}

json_t *diff_report_differences(const json_t *first, const json_t *second) {
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++)
        compare_values(list, compared[i], json_object_get(first, compared[i]),
                       json_object_get(second, compared[i]));
    json_t *parameters = json_copy(json_object_get(first, "parameters"));
    json_t *others = json_copy(json_object_get(second, "parameters"));
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++) {
        (void)json_object_del(parameters, compared[i]); /* said already */
        (void)json_object_del(others, compared[i]);
    }
    compare_values(list, "", parameters, others);
    json_decref(parameters);
    json_decref(others);
    return list;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const struct diff_pair *runs) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    (void)sqlite3_bind_int64(statement, 1, runs->first);
    (void)sqlite3_bind_int64(statement, 2, runs->second);
    return statement;
}

json_t *diff_report_nodes(sqlite3 *db, const struct diff_pair *runs) {
    sqlite3_stmt *statement = prepare(
        db,
        "SELECT a.name, a.digest <> b.digest FROM node AS a JOIN node AS b ON b.node = a.node"
        " WHERE a.run_id = ?1 AND b.run_id = ?2 ORDER BY a.node",
        runs);
    json_t *names = json_array();
    json_int_t differ = 0, of = 0;
    int code = SQLITE_ERROR;
    while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        of++;
        if (sqlite3_column_int(statement, 1) && ++differ <= NAMES_SHOWN)
            (void)json_array_append_new(names, column_value(statement, 0));
    }
    sqlite3_finalize(statement);
    if (code == SQLITE_DONE)
        return json_pack("{s:I, s:I, s:o}", "of", of, "differ", differ, "names", names);
    json_decref(names);
    return NULL;
}

json_t *diff_report_metrics(sqlite3 *db, const struct diff_pair *runs) {
    sqlite3_stmt *statement = prepare(
        db,
        "SELECT a.name AS what, a.value AS first, b.value AS second"
        " FROM metric AS a JOIN metric AS b ON b.name = a.name AND b.value <> a.value"
        " WHERE a.run_id = ?1 AND a.node IS NULL AND b.run_id = ?2 AND b.node IS NULL"
        " ORDER BY a.rowid",
        runs);
    json_t *list = json_array();
    int code = SQLITE_ERROR;
    while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW)
        (void)json_array_append_new(list, row_object(statement));
    sqlite3_finalize(statement);
    if (code == SQLITE_DONE)
        return list;
    json_decref(list);
    return NULL;
}
