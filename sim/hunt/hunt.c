/* Search, then shrink. What is found is written at once as it was found, and again when it is
 * smaller: so an interrupt loses nothing. */
#include "hunt.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/posix/text.h"
#include "crew.h"
#include "shrink.h"
#include "trial.h"

enum { TRIES = 600, TRIES_HANGING = 10 };

static void show_progress(const struct hunt *hunt, const struct hunt_result *result) {
    if (!hunt->terminal || result->wall_ns == 0)
        return;
    (void)fprintf(stderr, "\r%" PRIu64 " worlds, %.0f a second \033[K", result->worlds,
                  (double)result->worlds * 1e9 / (double)result->wall_ns);
}

/* A draft with what is to be found in it. */
struct chase {
    const struct hunt *hunt;
    struct hunt_result *result;
    enum finding_kind kind;
    struct finding finding; /* of the last draft in which it was */
    uint32_t tried;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    interrupted = number;
}

/* Runs a draft; false where it finds nothing, or could not be run. */
static int try_draft(const struct draft *draft, struct finding *finding, char **error) {
    struct trial trial = {.path = "drawn"};
    *error = NULL;
    trial.text = draft_text(draft, "", &trial.size);
    int status = trial.text ? trial_isolated(&trial, finding, error) : 3;
    free((char *)trial.text);
    return status;
}

static bool still_there(void *context, const struct draft *draft) {
    struct chase *chase = context;
    struct finding finding;
    char *error;
    if (interrupted)
        return false;
    chase->tried++;
    if (chase->hunt->terminal)
        (void)fprintf(stderr, "\rmaking it smaller: %" PRIu32 " tries, %" PRIu32 " nodes \033[K",
                      chase->tried, draft->node_count);
    int status = try_draft(draft, &finding, &error);
    free(error);
    if (status || finding.kind != chase->kind)
        return false;
    chase->finding = finding;
    return true;
}

static char *comment_of(const struct hunt_result *result, const struct hunt *hunt, uint32_t tries) {
    char nodes[32] = "";
    if (hunt->nodes)
        (void)snprintf(nodes, sizeof nodes, " --nodes %" PRIu32, hunt->nodes);
    return tssb_text("# Found by tssb hunt --seed %" PRIu64 " --runs 1%s, made smaller in %" PRIu32
                     " tries. At %.3f s,\n# %s: %s.\n# To repeat it: tssb hunt %s\n",
                     result->found_seed, nodes, tries, (double)result->finding.at_ns / 1e9,
                     finding_text(result->finding.kind), result->finding.what, result->path);
}

static int write_file(const char *path, const char *text, size_t size, char **error) {
    FILE *file = fopen(path, "w");
    bool good = file && fwrite(text, 1, size, file) == size;
    if (file && fclose(file) != 0)
        good = false;
    return good ? 0 : tssb_fail(error, 3, "%s: cannot be written: %s", path, strerror(errno));
}

static int write_scenario(const struct hunt *hunt, const struct hunt_result *result,
                          const struct draft *draft, uint32_t tries, char **error) {
    size_t size = 0;
    char *comment = comment_of(result, hunt, tries);
    char *text = comment ? draft_text(draft, comment, &size) : NULL;
    int status = text ? write_file(result->path, text, size, error) : 3;
    free(comment);
    free(text);
    return status;
}

static int make_smaller(const struct hunt *hunt, struct hunt_result *result,
                        const struct draft *draft, char **error) {
    struct chase chase = {
        .hunt = hunt, .result = result, .kind = result->finding.kind, .finding = result->finding};
    const struct shrink_test test = {still_there, &chase,
                                     chase.kind == FINDING_HANG ? TRIES_HANGING : TRIES};
    struct sigaction old, interrupt = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &interrupt, &old);
    result->smallest = shrink(draft, &test, &result->tries);
    (void)sigaction(SIGINT, &old, NULL);
    result->interrupted_by = interrupted;
    result->finding = chase.finding;
    return write_scenario(hunt, result, &result->smallest, result->tries, error);
}

static int look_into(const struct hunt *hunt, struct hunt_result *result, char **error) {
    struct draft draft = draft_draw(result->found_seed, hunt->nodes);
    int status = try_draft(&draft, &result->finding, error);
    if (status)
        return status;
    if (result->finding.kind == FINDING_NOTHING)
        return tssb_fail(error, 3,
                         "the world of seed %" PRIu64
                         " failed, and does not fail again: it depends on more than its seed",
                         result->found_seed);
    result->path = tssb_text("%s/hunt-%" PRIu64 ".yaml", hunt->folder, result->found_seed);
    status = result->path ? write_scenario(hunt, result, &draft, 0, error) : 3;
    return status ? status : make_smaller(hunt, result, &draft, error);
}

int hunt_run(const struct hunt *hunt, struct hunt_result *result, char **error) {
    *result = (struct hunt_result){0};
    *error = NULL;
    int status = crew_search(hunt, result, show_progress);
    if (!status && result->found)
        status = look_into(hunt, result, error);
    if (hunt->terminal)
        (void)fputs("\r\033[K", stderr);
    return status;
}
