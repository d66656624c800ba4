/* The results file: finding out whether it is one, making one, and saying what is wrong with one.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include <sqlite3.h>

/* As results/schema.sql has them. The version changes with anything that an older reader or writer
 * would get wrong. */
enum { RESULTS_APPLICATION_ID = 0x74737362 /* "tssb" */, RESULTS_VERSION = 3 };

/* How long one program waits while another writes to the same file. */
enum { RESULTS_BUSY_MS = 10000 };

/* results/schema.sql, put into the program when it is built. */
extern const char results_schema[];

/* Opens the file for writing, and makes it where there is none or an empty one. A file that is
 * something else, of another version or not writable is not touched.
 * Returns 0, then the caller closes *db; or 3 with *error, which the caller frees: a line such as
 * "results/x.sqlite: is not a results database (choose another file with --out)", or NULL where
 * memory ran out. */
int results_create(sqlite3 **db, const char *path, char **error);

/* Opens an existing file for reading; otherwise as results_create. */
int results_open(sqlite3 **db, const char *path, char **error);

/* What went wrong last, as a line that the caller frees: "results/x.sqlite: the disk is full
 * (...)". NULL where memory ran out. */
char *results_trouble(sqlite3 *db, const char *path);

/* As sprintf, into memory that the caller frees; NULL where there is none. */
char *results_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
