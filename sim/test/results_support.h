/* For tests of what is recorded: a directory of their own, stories recorded into it, and questions
 * to the database. */
#ifndef RESULTS_SUPPORT_H
#define RESULTS_SUPPORT_H

#include <sys/types.h>

#include "sim/record/recorder.h"
#include "fake_world.h"

/* cmocka's group set-up and tear-down: a fresh directory, removed with all files in it;
 * files are on the disk of tight_disk.h. */
int results_directory_make(void **state);
int results_directory_remove(void **state);

/* The path of a file in that directory; static memory, of which there are 16. */
const char *results_path(const char *name);

/* Removes a file and its journal, if they exist. */
void results_remove(const char *path);

/* fake_story with another record level. malloc'ed. */
char *results_story(const char *record);

/* Records a story told with this twist (NULL: none) into a file. Returns the run's number. */
int64_t results_record(const char *path, const char *yaml, const struct fake_twist *twist);

/* What a query gives: "|" between columns and "\n" between rows. static memory. */
const char *results_ask(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The whole file, ended by a NUL that *size does not count; malloc'ed. */
char *results_bytes(const char *path, size_t *size);

/* Makes a file of these bytes. */
void results_write(const char *path, const void *bytes, size_t size);

/* The exit status of a child process, or 128 and the signal that ended it. */
int results_wait_for(pid_t child);

/* Fails unless the text contains the part. */
void results_expect_part(const char *text, const char *part);

#endif
