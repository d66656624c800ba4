/* All that two authors ever write: the node's own key, and a followed author who signs two entries
 * at one number and goes on with both. Some entries have side chains. */
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H

#include "core/entry.h"
#include "core/scheme.h"

enum { OWN, OTHER, FEEDS };
enum { SCRIPT_ENTRIES = 48, SCRIPT_FORK = 8, SCRIPT_BLOBS = 25 };

extern struct script {
    struct tssb_key keys[FEEDS];
    struct tssb_trust trust;
    /* Of the followed author, on two branches, which differ from entry SCRIPT_FORK + 1 on. */
    uint8_t wires[2][SCRIPT_ENTRIES][TSSB_ENTRY_SIZE];
    uint8_t mids[2][SCRIPT_ENTRIES][TSSB_MID_SIZE];
    uint8_t blobs[SCRIPT_BLOBS][TSSB_BLOB_SIZE], ptrs[SCRIPT_BLOBS][TSSB_PTR_SIZE];
} script;

/* Fills it in, the first time. */
void script_write(void);

#endif
