/* A node's data directory on disk, in the layout of the first proof of concept (PoC-01):
 * config.json with name, feed and secret, state.json, one log file a feed, one file a blob, or all
 * blobs in a pack. An open directory is a store for tssb_node_init.
 *
 * One process at a time: two writers would fork the author's feed. The file "lock", which PoC-01
 * does not look at, is locked while a process has the directory open, and holds its number until it
 * has closed it well.
 *
 * Functions that return int and take `error` return 0, or 2 (input or usage) or 3 (system) with
 * *error, a line for the user that the caller frees; NULL where memory ran out. */
#ifndef TSSB_DIRECTORY_H
#define TSSB_DIRECTORY_H

#include "core/node.h"
#include "core/posix/blobs.h"
#include "core/posix/config.h"
#include "core/posix/disk.h"
#include "core/posix/log.h"
#include "core/scheme.h"
#include "core/store.h"

/* When what was appended is made durable. The author's own entries are, before they are announced,
 * unless OFF. */
enum tssb_sync {
    TSSB_SYNC_ALWAYS, /* each entry before anything is sent because of it */
    TSSB_SYNC_BATCH,  /* own entries at once, others' with tssb_directory_sync */
    TSSB_SYNC_OFF,    /* whenever the system likes */
};

struct tssb_directory_options {
    enum tssb_sync sync;
    const struct tssb_disk *disk; /* NULL: the system's */
    bool read_only;  /* for dump and check without --repair: takes no lock, changes nothing */
    bool cut_damage; /* for check --repair: also cuts logs that lack entries they once held */
    /* Told of what opening had to repair: a line such as "nodeA/_logs/8e05....log: cut: 57 bytes of
     * a torn entry 12; ...", and of neighbours that got a replica. May be NULL. */
    void (*notice)(void *context, const char *line);
    void *context;
};

struct tssb_directory;

/* Makes a directory of this configuration: config.json (0600), state.json, _logs, _blob and where
 * it says so _pack; whole or not at all. Refuses to touch one that exists. disk: NULL for the
 * system's.
 */
int tssb_directory_create(const char *path, const struct tssb_config *config,
                          const struct tssb_disk *disk, char **error);

/* Opens and locks it, and rolls each log forward or cuts its torn tail where a crash left it so. */
int tssb_directory_open(struct tssb_directory **directory, const char *path,
                        const struct tssb_directory_options *options, char **error);

/* Makes all durable (unless OFF), unlocks, frees. NULL is allowed. */
void tssb_directory_close(struct tssb_directory *directory);

const char *tssb_directory_name(const struct tssb_directory *directory);
const struct tssb_key *tssb_directory_key(const struct tssb_directory *directory);
const struct tssb_trust *tssb_directory_trust(const struct tssb_directory *directory);
struct tssb_store *tssb_directory_store(struct tssb_directory *directory);

/* The logs that are there, from 0, own feed first if it has one: their anchors, for tssb_node_open.
 * False past the last. */
bool tssb_directory_anchor(const struct tssb_directory *directory, uint32_t index,
                           struct tssb_anchor *anchor);

/* The log itself, for reading; NULL past the last. */
const struct tssb_log *tssb_directory_log(const struct tssb_directory *directory, uint32_t index);

/* Makes a log that holds nothing but its anchor: the own feed's before its genesis entry, or trust
 * in another's. One that is there already stays as it is. As in the seed's demos, the own feed's
 * also puts an empty replica into each directory beside this one whose config.json trusts it. */
int tssb_directory_add(struct tssb_directory *directory, const struct tssb_anchor *anchor,
                       char **error);

/* Takes in logs that were put into the directory since it was opened, by a neighbour that had its
 * genesis. */
int tssb_directory_refresh(struct tssb_directory *directory, char **error);

/* Makes durable what was appended since. Returns 0 or TSSB_E_STORE. */
int tssb_directory_sync(struct tssb_directory *directory);

/* What went wrong last in the store (after TSSB_E_STORE): a line for the user, the directory's. */
const char *tssb_directory_trouble(const struct tssb_directory *directory);

#endif
