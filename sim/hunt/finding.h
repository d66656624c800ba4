/* What is found wrong in a world. */
#ifndef FINDING_H
#define FINDING_H

#include <stdint.h>

/* clang-format off */
#define FINDING_TABLE(X) \
    X(NOTHING, "nothing") \
    X(PREFIX,  "a replica is no prefix of what its author signed") \
    X(SERVED,  "a node sent an entry that it does not hold, or that nobody signed") \
    X(LIMIT,   "an answer or a request is beyond its limit") \
    X(BOUND,   "a table or queue is beyond its bound") \
    X(PASSED,  "a packet passed where nothing passes") \
    X(FORK,    "a fork was told of where none is, or not told of") \
    X(UNMET,   "all is well again, and an expectation is not met") \
    X(ERROR,   "the run ended with an error") \
    X(DEATH,   "the process was ended by a signal") \
    X(HANG,    "the run does not end")
/* clang-format on */

enum finding_kind {
#define FINDING_ENUM(name, text) FINDING_##name,
    FINDING_TABLE(FINDING_ENUM)
#undef FINDING_ENUM
        FINDING_KINDS
};

enum { FINDING_TEXT_SIZE = 160 };

struct finding {
    enum finding_kind kind;
    uint64_t at_ns;               /* simulated */
    char what[FINDING_TEXT_SIZE]; /* the particulars: "n3 holds n0 7, which ..." */
};

/* As in the table; static memory. */
const char *finding_text(enum finding_kind kind);

#endif
