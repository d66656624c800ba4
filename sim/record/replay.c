/* Reading a run back from a results file. */
#include "replay.h"

#include <inttypes.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"

static char *copy_column(sqlite3_stmt *row, int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? strdup(text) : NULL;
}

/* The array of PATH=VALUE texts. False where it is no such array, or memory ran out. */
static bool read_settings(struct replay *replay, const char *json) {
    json_t *array = json_loads(json, 0, NULL);
    size_t count = json_array_size(array);
    replay->settings = calloc(count + 1, sizeof *replay->settings);
    replay->setting_texts = calloc(count + 1, sizeof *replay->setting_texts);
    bool good = json_is_array(array) && replay->settings && replay->setting_texts;
    for (size_t i = 0; good && i < count; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        replay->setting_texts[i] = text ? strdup(text) : NULL;
        good = replay->setting_texts[i] != NULL;
        replay->settings[i].text = replay->setting_texts[i];
        replay->setting_count++;
    }
    json_decref(array);
    return good;
}

/* Where files beside the scenario were. False where memory ran out. */
static bool read_files(struct replay *replay, const char *parameters) {
    json_t *all = json_loads(parameters, 0, NULL);
    json_t *attachments = json_object_get(all, "attachments");
    const char *path = json_string_value(json_object_get(attachments, "scenario"));
    bool good = all != NULL;
    if (path) {
        replay->scenario_path = strdup(path);
        replay->files = json_incref(json_object_get(attachments, "files"));
        good = replay->scenario_path && replay->files;
    }
    json_decref(all);
    return good;
}

int replay_check_files(const struct replay *replay, const struct scenario *scenario, char **error) {
    *error = NULL;
    for (uint32_t i = 0; i < scenario->attachment_count; i++) {
        json_t *file = json_array_get(replay->files, i);
        const char *hash = json_string_value(json_object_get(file, "sha256"));
        if (hash && strcmp(hash, scenario->attachments[i].sha256) == 0)
            continue;
        *error = results_text(
            "%s: is another file than the one that run %" PRId64 " of %s read: its SHA-256 was %s",
            scenario->attachments[i].path, replay->run, replay->path, hash ? hash : "not noted");
        return 2;
    }
    return 0;
}

static int read_run(struct replay *replay, sqlite3_stmt *row, char **error) {
    if (sqlite3_step(row) != SQLITE_ROW) {
        *error = results_text("%s: there is no run %" PRId64, replay->path, replay->run);
        return 2;
    }
    if (sqlite3_column_type(row, 2) == SQLITE_NULL) {
        *error = results_text("%s: run %" PRId64 " did not end: it cannot be repeated",
                              replay->path, replay->run);
        return 2;
    }
    const char *engine = (const char *)sqlite3_column_text(row, 5);
    replay->engine = engine ? engine_find(engine) : NULL;
    if (!replay->engine) {
        *error = results_text("%s: run %" PRId64 " is of an engine that is not there: %s",
                              replay->path, replay->run, engine ? engine : "none");
        return 2;
    }
    replay->scenario_text = copy_column(row, 0);
    replay->digest = copy_column(row, 3);
    replay->simulated_ns = (uint64_t)sqlite3_column_int64(row, 2);
    const char *settings = (const char *)sqlite3_column_text(row, 1);
    const char *parameters = (const char *)sqlite3_column_text(row, 4);
    if (!replay->scenario_text || !settings || !parameters || !read_settings(replay, settings) ||
        !read_files(replay, parameters))
        return 3;
    replay->scenario_size = strlen(replay->scenario_text);
    return 0;
}

int replay_open(struct replay *replay, const char *path, int64_t run, char **error) {
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    *replay = (struct replay){.path = strdup(path), .run = run};
    *error = NULL;
    int status = replay->path ? results_open(&db, path, error) : 3;
    if (!status &&
        sqlite3_prepare_v2(db,
                           "SELECT scenario_text, settings, simulated_ns, digest, parameters,"
                           " engine"
                           " FROM run WHERE id = ?1",
                           -1, &row, NULL) != SQLITE_OK) {
        *error = results_trouble(db, path);
        status = 3;
    }
    if (!status) {
        (void)sqlite3_bind_int64(row, 1, run);
        status = read_run(replay, row, error);
    }
    sqlite3_finalize(row);
    sqlite3_close(db);
    return status;
}

void replay_close(struct replay *replay) {
    for (size_t i = 0; i < replay->setting_count; i++)
        free(replay->setting_texts[i]);
    free(replay->setting_texts);
    free(replay->settings);
    free(replay->scenario_text);
    free(replay->digest);
    free(replay->path);
    free(replay->scenario_path);
    json_decref(replay->files);
    *replay = (struct replay){0};
}

static int inject_rows(const struct replay *replay, struct world *world, sqlite3_stmt *rows,
                       char **error) {
    int code;
    uint32_t faces = world_scenario(world)->face_count;
    (void)sqlite3_bind_int64(rows, 1, replay->run);
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        int64_t at_ns = sqlite3_column_int64(rows, 0), face = sqlite3_column_int64(rows, 1);
        size_t size = (size_t)sqlite3_column_bytes(rows, 2);
        static const uint8_t none[1];
        const uint8_t *bytes = sqlite3_column_blob(rows, 2);
        if (at_ns < 0 || face < 0 || face >= faces || size > TSSB_PACKET_SIZE) {
            *error = results_text("%s: run %" PRId64 " has a packet that no run records",
                                  replay->path, replay->run);
            return 3;
        }
        if (world_inject(world, (uint32_t)face, (uint64_t)at_ns, bytes ? bytes : none, size) != 0)
            return 3;
    }
    return code == SQLITE_DONE ? 0 : 3;
}

int replay_inject(const struct replay *replay, struct world *world, char **error) {
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    int status = results_open(&db, replay->path, error);
    if (status)
        return status;
    if (sqlite3_prepare_v2(
            db, "SELECT at_ns, face, bytes FROM incoming WHERE run_id = ?1 ORDER BY at_ns, ordinal",
            -1, &rows, NULL) != SQLITE_OK)
        status = 3;
    else
        status = inject_rows(replay, world, rows, error);
    if (status && !*error)
        *error = results_trouble(db, replay->path);
    sqlite3_finalize(rows);
    sqlite3_close(db);
    world_end_at(world, replay->simulated_ns);
    return status;
}
