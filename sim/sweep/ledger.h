/* Which runs results files hold, found by what makes a run the one it is: the scenario's text, the
 * settings, the seed, the engine and the version of tssb. So a sweep knows what is done already. */
#ifndef LEDGER_H
#define LEDGER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/record/recorder.h"

struct ledger_identity {
    const char *scenario_sha256, *version, *engine, *settings;
    uint64_t seed;
};

struct ledger_key {
    uint8_t bytes[16];
};

struct ledger_entry {
    struct ledger_key key;
    uint32_t file; /* as the caller numbers them */
    int64_t run;
    enum run_outcome outcome;
    bool has_error; /* an unfinished run that says why */
    bool settled;   /* for the caller */
};

/* A zeroed one is empty. */
struct ledger {
    struct ledger_entry *entries;
    size_t count, capacity;
};

void ledger_close(struct ledger *ledger);

struct ledger_key ledger_key(const struct ledger_identity *identity);

/* Adds all runs of a file. Returns 0, or 3 where SQLite or memory failed; sqlite3_errcode tells. */
int ledger_add_file(struct ledger *ledger, sqlite3 *db, uint32_t file);

/* To be called before a search: by key, then those that passed or failed first, then by file and
 * run. */
void ledger_sort(struct ledger *ledger);

/* The entries of a key, *count of them; NULL for none. */
struct ledger_entry *ledger_find(struct ledger *ledger, const struct ledger_key *key,
                                 size_t *count);

/* Whether the run came to its end: it passed or failed. */
bool ledger_is_done(const struct ledger_entry *entry);

#endif
