/* An array, sorted once it is complete. */
#include "ledger.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void ledger_close(struct ledger *ledger) {
    free(ledger->entries);
    *ledger = (struct ledger){0};
}

bool ledger_is_done(const struct ledger_entry *entry) {
    return entry->outcome == RUN_PASSED || entry->outcome == RUN_FAILED;
}

static void hash_text(crypto_generichash_state *state, const char *text) {
    crypto_generichash_update(state, (const unsigned char *)text, strlen(text) + 1);
}

struct ledger_key ledger_key(const struct ledger_identity *identity) {
    struct ledger_key key;
    crypto_generichash_state state;
    uint8_t seed[8];
    for (int i = 0; i < 8; i++)
        seed[i] = (uint8_t)(identity->seed >> 8 * i);
    crypto_generichash_init(&state, NULL, 0, sizeof key.bytes);
    hash_text(&state, identity->scenario_sha256);
    hash_text(&state, identity->version);
    hash_text(&state, identity->engine);
    hash_text(&state, identity->settings);
    crypto_generichash_update(&state, seed, sizeof seed);
    crypto_generichash_final(&state, key.bytes, sizeof key.bytes);
    return key;
}

static enum run_outcome outcome_of(const char *name) {
    enum run_outcome outcome = RUN_UNFINISHED;
    for (int i = 0; i < RUN_OUTCOMES; i++)
        if (strcmp(run_outcome_name((enum run_outcome)i), name) == 0)
            outcome = (enum run_outcome)i;
    return outcome;
}

static struct ledger_entry *add(struct ledger *ledger) {
    if (ledger->count == ledger->capacity) {
        size_t capacity = ledger->capacity ? 2 * ledger->capacity : 1024;
        struct ledger_entry *entries = realloc(ledger->entries, capacity * sizeof *entries);
        if (!entries)
            return NULL;
        ledger->entries = entries;
        ledger->capacity = capacity;
    }
    return &ledger->entries[ledger->count++];
}

int ledger_add_file(struct ledger *ledger, sqlite3 *db, uint32_t file) {
    static const char sql[] = "SELECT id, scenario_sha256, version, settings, seed, outcome,"
                              " error IS NOT NULL, engine FROM run ORDER BY id";
    sqlite3_stmt *runs;
    int code = sqlite3_prepare_v2(db, sql, -1, &runs, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(runs)) == SQLITE_ROW) {
        struct ledger_entry *entry = add(ledger);
        const char *texts[] = {
            (const char *)sqlite3_column_text(runs, 1), (const char *)sqlite3_column_text(runs, 2),
            (const char *)sqlite3_column_text(runs, 3), (const char *)sqlite3_column_text(runs, 5),
            (const char *)sqlite3_column_text(runs, 7)};
        code = entry && texts[0] && texts[1] && texts[2] && texts[3] && texts[4] ? SQLITE_OK
                                                                                 : SQLITE_NOMEM;
        if (code != SQLITE_OK)
            break;
        struct ledger_identity identity = {.scenario_sha256 = texts[0],
                                           .version = texts[1],
                                           .engine = texts[4],
                                           .settings = texts[2],
                                           .seed = (uint64_t)sqlite3_column_int64(runs, 4)};
        *entry = (struct ledger_entry){.key = ledger_key(&identity),
                                       .file = file,
                                       .run = sqlite3_column_int64(runs, 0),
                                       .outcome = outcome_of(texts[3]),
                                       .has_error = sqlite3_column_int(runs, 6) != 0};
    }
    sqlite3_finalize(runs);
    return code == SQLITE_DONE ? 0 : 3;
}

static int by_key(const void *left, const void *right) {
    const struct ledger_entry *a = left, *b = right;
    int order = memcmp(a->key.bytes, b->key.bytes, sizeof a->key.bytes);
    if (order == 0)
        order = ledger_is_done(b) - ledger_is_done(a);
    if (order == 0)
        order = (a->file > b->file) - (a->file < b->file);
    return order ? order : (a->run > b->run) - (a->run < b->run);
}

void ledger_sort(struct ledger *ledger) {
    if (ledger->count)
        qsort(ledger->entries, ledger->count, sizeof *ledger->entries, by_key);
}

struct ledger_entry *ledger_find(struct ledger *ledger, const struct ledger_key *key,
                                 size_t *count) {
    size_t low = 0, high = ledger->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(ledger->entries[middle].key.bytes, key->bytes, sizeof key->bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < ledger->count &&
           !memcmp(ledger->entries[low + *count].key.bytes, key->bytes, sizeof key->bytes))
        ++*count;
    return *count ? &ledger->entries[low] : NULL;
}
