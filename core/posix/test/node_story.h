/* What the tests of a data directory share: nodes with an hmac-sha512 secret, which is fast, and
 * a story in which nodeA writes entries and side chains and takes in another's. */
#ifndef NODE_STORY_H
#define NODE_STORY_H

#include "core/node.h"
#include "core/posix/directory.h"
#include "support.h"

enum { STORY_OWN = 5, STORY_OTHERS = 7, STORY_CHAIN = 3, STORY_CHAIN_SIZE = 250 };

/* What the story makes, entry by entry. */
struct story {
    struct tssb_config config; /* nodeA's */
    struct tssb_key other;     /* who authors the other feed */
    uint8_t own_wires[STORY_OWN][TSSB_ENTRY_SIZE];
    uint8_t other_wires[STORY_OTHERS][TSSB_ENTRY_SIZE];
    uint8_t content[STORY_CHAIN_SIZE]; /* of nodeA's entry STORY_CHAIN, a side chain */
};

/* How far it came, as the node has announced it or been told that it is durable. */
struct progress {
    uint32_t own, others;         /* entries */
    bool own_added, others_added; /* the empty log is there */
};

void story_init(struct story *story);
void story_close(struct story *story);

/* Makes data/nodeA and data/nodeB, which trusts it, on a disk. */
void story_make(const struct story *story, const struct tssb_disk *disk);

/* Goes through the story in data/nodeA until something fails: nodeA writes, takes in, writes.
 * Returns whether it came to its end. */
bool story_tell(const struct story *story, const struct tssb_disk *disk, enum tssb_sync sync,
                struct progress *progress);

/* Opens data/nodeA, which must work, and fails unless all that was announced is there, and nothing
 * but what the story makes; then appends to both feeds and checks the whole directory. */
void story_expect(const struct story *story, const struct tssb_disk *disk,
                  const struct progress *progress);

/* Opens a directory, which must work. */
struct tssb_directory *open_directory(const char *path, const struct tssb_directory_options *how);

#endif
