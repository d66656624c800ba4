/* A world that breaks an assertion, or that a sanitizer ends, takes its process with it: so what is
 * looked into runs in a child, which leaves its finding in shared memory. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "trial.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.h"
#include "invariants.h"
#include "sim/scenario/scenario.h"

static const char *const texts[] = {
#define FINDING_TEXT(name, text) text,
    FINDING_TABLE(FINDING_TEXT)
#undef FINDING_TEXT
};

const char *finding_text(enum finding_kind kind) {
    return texts[kind];
}

static void judge(const struct world *world, struct finding *finding) {
    const struct scenario *scenario = world_scenario(world);
    for (uint32_t i = 0; i < scenario->expectation_count && finding->kind == FINDING_NOTHING; i++) {
        if (world_expectation_met(world, i))
            continue;
        finding->kind = FINDING_UNMET;
        finding->at_ns = world_now_ns(world);
        (void)snprintf(finding->what, sizeof finding->what, "%s", scenario->expectations[i].text);
    }
}

static int run(struct world *world, struct invariants *invariants, struct finding *finding,
               struct trial_counts *counts) {
    struct world_interrupt interrupt = invariants_interrupt(invariants);
    enum world_end end;
    int error = world_run(world, &interrupt, &end);
    *finding = *invariants_end(invariants);
    if (error == TSSB_E_MEMORY)
        return error;
    if (error && finding->kind == FINDING_NOTHING) {
        finding->kind = FINDING_ERROR;
        (void)snprintf(finding->what, sizeof finding->what, "%s", tssb_error_text(error));
    }
    judge(world, finding);
    const struct world_totals *totals = world_totals(world);
    *counts = (struct trial_counts){totals->simulated_ns, totals->deliveries, totals->events,
                                    invariants_proofs(invariants)};
    return 0;
}

int trial_run(const struct trial *trial, struct finding *finding, struct trial_counts *counts,
              char **error) {
    struct scenario scenario;
    struct world *world = NULL;
    struct invariants *invariants = NULL;
    *finding = (struct finding){.kind = FINDING_NOTHING};
    int status = scenario_parse(&scenario, trial->path, trial->text, trial->size, NULL, 0, error);
    if (status)
        return status;
    int failed = world_create(&world, &scenario);
    if (!failed)
        failed = invariants_open(&invariants, world);
    if (!failed)
        failed = run(world, invariants, finding, counts);
    invariants_close(invariants);
    world_close(world);
    scenario_close(&scenario);
    return failed ? 3 : 0;
}

/* In a process of its own. */

struct verdict {
    int status;
    struct finding finding;
    char error[4096];
};

static void be_child(const struct trial *trial, struct verdict *verdict) {
    struct trial_counts counts;
    char *error = NULL;
    (void)signal(SIGINT, SIG_IGN);
    (void)alarm(TRIAL_SECONDS);
    verdict->status = trial_run(trial, &verdict->finding, &counts, &error);
    if (error)
        (void)snprintf(verdict->error, sizeof verdict->error, "%s", error);
    free(error);
    _exit(0);
}

static void note_death(struct finding *finding, int status) {
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    *finding = (struct finding){.kind = number == SIGALRM ? FINDING_HANG : FINDING_DEATH};
    if (number == SIGALRM)
        (void)snprintf(finding->what, sizeof finding->what, "it takes over %d s", TRIAL_SECONDS);
    else if (number)
        (void)snprintf(finding->what, sizeof finding->what, "%s", strsignal(number));
    else /* a sanitizer ends its process with a status of its own */
        (void)snprintf(finding->what, sizeof finding->what, "exit status %d", WEXITSTATUS(status));
}

static bool wait_for(pid_t child, int *status) {
    pid_t ended;
    do
        ended = waitpid(child, status, 0);
    while (ended < 0 && errno == EINTR);
    return ended == child;
}

int trial_isolated(const struct trial *trial, struct finding *finding, char **error) {
    int ended = 0;
    *error = NULL;
    struct verdict *verdict = mmap(NULL, sizeof *verdict, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (verdict == MAP_FAILED)
        return 3;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        be_child(trial, verdict);
    bool waited = child > 0 && wait_for(child, &ended);
    int status = waited ? verdict->status : 3;
    *finding = verdict->finding;
    if (waited && !(WIFEXITED(ended) && WEXITSTATUS(ended) == 0)) {
        note_death(finding, ended);
        status = 0;
    }
    if (status && verdict->error[0])
        *error = strdup(verdict->error);
    (void)munmap(verdict, sizeof *verdict);
    return status;
}
