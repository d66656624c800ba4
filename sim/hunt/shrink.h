/* Makes a draft smaller for as long as something stays true of it: fewer events, nodes, adversaries
 * and effects, less time. */
#ifndef SHRINK_H
#define SHRINK_H

#include "draft.h"

struct shrink_test {
    /* Whether a draft still does what the first one did. It does for the first one. */
    bool (*holds)(void *context, const struct draft *draft);
    void *context;
    uint32_t tries; /* drafts to look at, at most */
};

/* Returns the smallest draft found: no single edit makes it smaller, where there were tries enough.
 * *tried: how many drafts were looked at. */
struct draft shrink(const struct draft *draft, const struct shrink_test *test, uint32_t *tried);

#endif
