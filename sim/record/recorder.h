/* The recorder: an observer that writes a run into a results file (results/schema.sql).
 * recorder_open, then for each run: recorder_begin, world_watch(world, recorder_observer()),
 * world_run, recorder_finish; at last recorder_close.
 *
 * Functions that return int return 0; or 3 with *error, a line for the user that the caller frees,
 * or NULL where memory ran out. */
#ifndef RECORDER_H
#define RECORDER_H

#include <signal.h>

#include "sim/observer.h"
#include "sim/world.h"

struct recorder;

/* How a run ended, as column `outcome` has it. */
/* clang-format off */
#define RUN_OUTCOME_TABLE(X) \
    X(UNFINISHED,  "unfinished")  /* the program or the recording failed */ \
    X(PASSED,      "passed")      /* every expectation was met, or there were none */ \
    X(FAILED,      "failed")      /* an expectation was not met */ \
    X(INTERRUPTED, "interrupted") /* the user ended it */
/* clang-format on */

enum run_outcome {
#define RUN_OUTCOME_ENUM(name, text) RUN_##name,
    RUN_OUTCOME_TABLE(RUN_OUTCOME_ENUM)
#undef RUN_OUTCOME_ENUM
        RUN_OUTCOMES
};

/* "passed" and so on; static memory. */
const char *run_outcome_name(enum run_outcome outcome);

/* Passed or failed, by the expectations of a world that ran to its end. */
enum run_outcome run_outcome_of(const struct world *world, enum world_end end);

/* What a run is besides its scenario. */
struct run_info {
    const char *engine;          /* "builtin" */
    const char *version;         /* of tssb */
    const char *settings;        /* JSON array of what --set changed; NULL for nothing */
    volatile sig_atomic_t *stop; /* set to 1 where recording fails, to end the run early; or NULL */
};

enum { RECORDER_BATCH_ROWS = 50000 };

/* Opens or makes the file; nothing is written to an existing one yet. */
int recorder_open(struct recorder **recorder, const char *path, char **error);

/* How many rows are kept in memory until they are written, in one transaction; at least 1.
 * RECORDER_BATCH_ROWS unless told. Before recorder_begin. */
void recorder_set_batch(struct recorder *recorder, uint32_t rows);

/* How long to wait while another program writes; RESULTS_BUSY_MS unless told. */
void recorder_set_patience(struct recorder *recorder, int milliseconds);

/* For a file of this process alone, which is thrown away where the machine fails: nothing waits for
 * the disk. A killed process still leaves each transaction whole. Before recorder_begin. */
int recorder_hurry(struct recorder *recorder, char **error);

/* Makes one transaction of a whole run: before recorder_begin, and after recorder_finish. A process
 * that is killed between them leaves nothing of the run. */
int recorder_hold(struct recorder *recorder, char **error);
int recorder_release(struct recorder *recorder, char **error);

/* Records a run that could not even begin, as unfinished; failure says why. scenario gives the
 * name, the text and the seed; the parameters are empty. */
int recorder_refuse(struct recorder *recorder, const struct scenario *scenario,
                    const struct run_info *info, const char *failure, char **error);

/* Writes the run, its nodes and feeds, as unfinished. *run is its number, which no other run of
 * this file has or will have. The world outlives the recording and has not run yet. */
int recorder_begin(struct recorder *recorder, const struct world *world,
                   const struct run_info *info, int64_t *run, char **error);

/* What world_watch is to be told; owned by the recorder. Between recorder_begin and
 * recorder_finish. */
struct observer *recorder_observer(struct recorder *recorder);

/* Whether something could not be written; recorder_finish says what. The rest is not recorded. */
bool recorder_failed(const struct recorder *recorder);

/* Writes what is left, the counts, the digest and the outcome. failure: why the run is unfinished,
 * or NULL. Where something could not be written, now or during the run, the run stays unfinished.
 */
int recorder_finish(struct recorder *recorder, enum run_outcome outcome, const char *failure,
                    char **error);

/* Closes the file; a run that was begun and not finished stays unfinished. NULL is allowed. */
void recorder_close(struct recorder *recorder);

#endif
