/* A session of a node, as the input of the target `node` has it:
 *
 *     4 bytes that choose the node, then steps:  OP FACE A B SIZE  and SIZE more bytes
 *
 * What is missing at the end is 0; what a step does not use is ignored. So every input is a
 * session, and whole steps can be taken out, repeated and put elsewhere. */
#ifndef FUZZ_SESSION_H
#define FUZZ_SESSION_H

#include "fuzz/fuzz.h"

/* clang-format off */
enum session_op {
    /* Packets that come in on FACE. */
    STEP_ENTRY,   /* entry of the script, A from the front, on branch B & 1 */
    STEP_SIGNED,  /* what is due next, with the type and payload in MORE, signed by its author */
    STEP_WANT,    /* of feed A & 1, B before the end of what is held; A & 2: and one of the other */
    STEP_RANGE,   /* the same, with MORE's first byte as its credit */
    STEP_NEED,    /* blob A, with credit B; where there is MORE: another one with this credit */
    STEP_BLOB,    /* blob A */
    STEP_BYTES,   /* MORE */
    STEP_AGAIN,   /* what went in or out A packets ago */
    /* What else happens. */
    STEP_APPEND,  /* the application writes A * 256 + B bytes */
    STEP_ASK,     /* the application wants blob A and B - 1 that follow */
    STEP_FETCH,   /* the application wants the side chain of entry A */
    STEP_TIME,    /* A says how much, by magnitude */
    STEP_RESTART, /* the disk has lost the last A entries */
    STEP_FAULT,   /* after A calls, memory runs out once, or (B > 0) the disk fails B times */
    STEP_OPS
};

/* clang-format on */

/* What happens to a packet on its way: bits 2 and 3 of a step's FACE. The four bits above say where
 * or by how much, the two below are the face. */
enum session_way { WAY_WHOLE, WAY_DAMAGED, WAY_CUT, WAY_LONGER };

enum { SESSION_HEAD = 4, STEP_HEAD = 5 };

struct session_step {
    uint8_t op, face, a, b;
    uint8_t more_size;
    const uint8_t *more; /* into the input */
};

/* Reads the next step; false at the end. Fewer bytes than MORE should have are fewer. */
bool session_next(struct fuzz_input *input, struct session_step *step);

#endif
