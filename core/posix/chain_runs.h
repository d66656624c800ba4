/* How many blobs of a chain are held from a pointer on, for many chains that may share their ends:
 * an author may write entry after entry that points somewhere into one long chain, and a check must
 * not walk it each time. Some places on the way are remembered, one blob in 64, chosen by a key
 * that nobody knows; a walk ends where it meets one. */
#ifndef TSSB_CHAIN_RUNS_H
#define TSSB_CHAIN_RUNS_H

#include "core/posix/blobs.h"

/* From a blob on, so many are held, and then comes the one that is not; zero at a chain's end. */
struct tssb_chain_run {
    uint64_t held;
    uint8_t end[TSSB_PTR_SIZE];
};

struct tssb_chain_runs {
    struct tssb_blobs *blobs;        /* borrowed */
    struct tssb_chain_place *places; /* a hash table by pointer: up to 4 B a blob walked */
    uint32_t count, capacity;
    struct tssb_chain_place *passed; /* on this walk */
    uint32_t passed_count, passed_capacity;
    uint8_t key[16];
};

void tssb_chain_runs_init(struct tssb_chain_runs *runs, struct tssb_blobs *blobs);
void tssb_chain_runs_close(struct tssb_chain_runs *runs);

/* Finds out about the chain from ptr on. A blob that cannot be read counts as not held. Returns 0
 * or TSSB_E_MEMORY. */
int tssb_chain_runs_find(struct tssb_chain_runs *runs, const uint8_t ptr[TSSB_PTR_SIZE],
                         struct tssb_chain_run *run);

#endif
