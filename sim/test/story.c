/* Running a story and looking into its trace. */
#include "story.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const char *reading; /* where the last expect_trace left off */

void story_run(struct story *story, const char *yaml) {
    char *errors = NULL;
    memset(story, 0, sizeof *story);
    if (scenario_parse(&story->scenario, "story", yaml, strlen(yaml), NULL, 0, &errors) != 0)
        fail_msg("%s", errors);
    assert_int_equal(world_create(&story->world, &story->scenario), 0);
    story->out = open_memstream(&story->text, &story->size);
    assert_non_null(story->out);
    assert_int_equal(trace_init(&story->trace, story->world, story->out), 0);
    world_watch(story->world, &story->trace.observer);
    assert_int_equal(world_run(story->world, NULL, &story->end), 0);
    fflush(story->out);
    world_digest(story->world, story->digest);
    reading = story->text;
}

void story_close(struct story *story) {
    trace_close(&story->trace);
    world_close(story->world);
    scenario_close(&story->scenario);
    fclose(story->out);
    free(story->text);
}

void expect_trace(struct story *story, const char *line) {
    size_t size = strlen(line);
    for (const char *at = reading; at && *at; at = strchr(at, '\n'), at += at != NULL) {
        if (strncmp(at, line, size) == 0 && at[size] == '\n') {
            reading = at + size + 1;
            return;
        }
    }
    fail_msg("'%s' is not in the rest of the trace:\n%s", line, story->text);
}

void expect_no_trace(const struct story *story, const char *text) {
    if (strstr(story->text, text))
        fail_msg("'%s' is in the trace:\n%s", text, story->text);
}

uint32_t times_in_trace(const struct story *story, const char *text) {
    uint32_t count = 0;
    for (const char *at = story->text; (at = strstr(at, text)); at++)
        count++;
    return count;
}

static uint32_t node_of(const struct story *story, const char *wanted) {
    for (uint32_t i = 0; i < story->scenario.node_count; i++) {
        char name[NODE_NAME_SIZE];
        if (strcmp(scenario_node_name(&story->scenario, i, name, sizeof name), wanted) == 0)
            return i;
    }
    fail_msg("no node %s", wanted);
    return 0;
}

void expect_held(const struct story *story, const char *node, const char *author,
                 uint32_t entries) {
    struct follow_counts counts;
    for (uint32_t feed = 0; feed < world_feed_count(story->world); feed++) {
        if (world_feed_author(story->world, feed) != node_of(story, author))
            continue;
        assert_true(world_follow_counts(story->world, node_of(story, node), feed, &counts));
        assert_int_equal(counts.entries, entries);
        return;
    }
    fail_msg("%s has no feed", author);
}
