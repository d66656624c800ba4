/* A world from a few lines of YAML, run, and its narrative at hand: for tests that read like the
 * protocol. */
#ifndef STORY_H
#define STORY_H

#include "sim/record/trace.h"
#include "sim/world.h"

struct story {
    struct scenario scenario;
    struct world *world;
    struct trace trace;
    FILE *out;
    char *text; /* the trace */
    size_t size;
    enum world_end end;
    uint8_t digest[DIGEST_SIZE];
};

/* Runs the scenario of this text; a mistake in it fails the test. */
void story_run(struct story *story, const char *yaml);
void story_close(struct story *story);

/* Fails unless this line is in the trace, after the one that the last call found (the first:
 * anywhere). */
void expect_trace(struct story *story, const char *line);

/* Fails if this text is anywhere in the trace. */
void expect_no_trace(const struct story *story, const char *text);

/* How often this text is in the trace. */
uint32_t times_in_trace(const struct story *story, const char *text);

/* Fails unless the node holds so many entries of the author's feed. */
void expect_held(const struct story *story, const char *node, const char *author, uint32_t entries);

#endif
