/* Copying runs from results files into one, all in one transaction: all of them arrive, or none.
 *
 * Functions that return int return 0; or 3 with *error, a line for the user that the caller frees,
 * NULL where memory ran out. */
#ifndef MERGE_H
#define MERGE_H

#include <sqlite3.h>
#include <stdint.h>

/* Tables besides `run`; each of their first columns is run_id. */
enum { MERGE_TABLES_MAX = 32 };

struct merge {
    sqlite3 *db;
    char *path;
    int table_count;
    char *tables[MERGE_TABLES_MAX];
    sqlite3_stmt *inserts[MERGE_TABLES_MAX], *deletes[MERGE_TABLES_MAX];
    sqlite3_stmt *insert_run, *delete_run;
};

/* A file that runs are copied from. */
struct merge_source {
    sqlite3 *db;
    const char *path; /* borrowed */
    sqlite3_stmt *selects[MERGE_TABLES_MAX];
    sqlite3_stmt *select_run;
};

/* Opens the file for writing, as results_create does. merge_close in any case; what was not
 * committed is undone. */
int merge_open(struct merge *merge, const char *path, char **error);
int merge_commit(struct merge *merge, char **error);
void merge_close(struct merge *merge);

/* Opens a file to copy from, while the merge is open; likewise. */
int merge_source_open(struct merge_source *source, const struct merge *merge, const char *path,
                      char **error);
void merge_source_close(struct merge_source *source, const struct merge *merge);

/* Copies a run of the source with all its rows. replaced: a run that is deleted, and whose number
 * the copy gets; 0: none, the copy gets a number of its own. */
int merge_copy(struct merge *merge, struct merge_source *source, int64_t run, int64_t replaced,
               char **error);

#endif
