/* A store whose calls fail now and then, around one that works. It checks that
 * what is kept under a pointer has that hash. */
#ifndef FUZZ_FAULTY_STORE_H
#define FUZZ_FAULTY_STORE_H

#include "core/store.h"

struct faulty_store {
    struct tssb_store store; /* what a node takes */
    struct tssb_store *inner;
    uint32_t until, faults; /* calls that work still, and those that fail then */
};

/* inner is borrowed. */
void faulty_store_init(struct faulty_store *faulty, struct tssb_store *inner);

#endif
