/* The workloads of scenarios/bench, each run several times in a process of its own: deliveries a
 * second and memory a node, with ns-3's figures for the same work beside them. Machines are noisy:
 * the median counts, and the best shows what the machine can do when left alone.
 *
 * Usage: bench [REPEATS]    from the root of the repository; 3 unless told */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/scenario/scenario.h"
#include "sim/world.h"

struct workload {
    const char *name;
    const char *path;
    const char *setting; /* of the number of consumers */
    uint32_t nodes;
    const char *goal; /* M deliveries/s */
    const char *ns3;  /* 3.37, its fastest device, one core, no signatures */
    bool radio;       /* receptions count, those that failed too */
};

static const struct workload workloads[] = {
    {"w1-1000", "scenarios/bench/w1.yaml", "nodes.consumer.count=999", 1000, "20", "2.1 - 2.5",
     false},
    {"w2-1000", "scenarios/bench/w2.yaml", "nodes.consumer.count=999", 1000, "5", "0.9 - 1.5",
     false},
    {"w3-10000", "scenarios/bench/w3.yaml", "nodes.consumer.count=9999", 10000, "3", "0.70", false},
    {"w3-100000", "scenarios/bench/w3.yaml", "nodes.consumer.count=99999", 100000, "3",
     "0.32 - 0.39", false},
    {"w4-10000", "scenarios/bench/w4.yaml", "nodes.consumer.count=9999", 10000, "1", "-", true},
};

enum { WORKLOADS = sizeof workloads / sizeof *workloads, REPEATS = 3, REPEATS_MAX = 100 };

/* What one run came to, as the child tells it. */
struct outcome {
    uint64_t deliveries, verifications, wall_ns;
    uint64_t peak_bytes; /* over what the process took before it built the world */
    uint8_t digest[DIGEST_SIZE];
};

static uint64_t peak_bytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

static bool run(const struct workload *workload, struct outcome *outcome) {
    struct scenario_setting setting = {workload->setting};
    struct scenario scenario;
    struct world *world;
    enum world_end end;
    char *errors = NULL;
    if (scenario_load(&scenario, workload->path, &setting, 1, &errors) != 0) {
        fprintf(stderr, "%s\n", errors ? errors : "out of memory");
        free(errors);
        return false;
    }
    uint64_t before = peak_bytes();
    bool ok = world_create(&world, &scenario) == 0 && world_run(world, NULL, &end) == 0;
    if (ok) {
        const struct world_totals *totals = world_totals(world);
        uint64_t failed = workload->radio ? totals->nodes.dropped : 0;
        *outcome = (struct outcome){.deliveries = totals->deliveries + failed,
                                    .verifications = totals->verifications,
                                    .wall_ns = world_wall_ns(world),
                                    .peak_bytes = peak_bytes() - before};
        world_digest(world, outcome->digest);
    }
    world_close(world);
    scenario_close(&scenario);
    return ok;
}

/* Runs in a process of its own, so that the peak of memory is this run's. */
static bool run_apart(const struct workload *workload, struct outcome *outcome) {
    int ends[2], status = 1;
    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        bool ok = run(workload, outcome) &&
                  write(ends[1], outcome, sizeof *outcome) == (ssize_t)sizeof *outcome;
        _exit(ok ? 0 : 1);
    }
    close(ends[1]);
    bool told = read(ends[0], outcome, sizeof *outcome) == (ssize_t)sizeof *outcome;
    close(ends[0]);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0 && told;
}

static int by_wall(const void *left, const void *right) {
    const struct outcome *a = left, *b = right;
    return a->wall_ns < b->wall_ns ? -1 : a->wall_ns > b->wall_ns;
}

/* M deliveries a second. */
static double rate(const struct outcome *outcome) {
    return (double)outcome->deliveries * 1e3 / (double)outcome->wall_ns;
}

static bool measure(const struct workload *workload, int repeats) {
    struct outcome outcomes[REPEATS_MAX];
    for (int i = 0; i < repeats; i++) {
        if (!run_apart(workload, &outcomes[i]))
            return false;
        if (memcmp(outcomes[i].digest, outcomes[0].digest, DIGEST_SIZE) != 0) {
            fprintf(stderr, "bench: %s: two runs gave two digests\n", workload->name);
            return false;
        }
    }
    qsort(outcomes, (size_t)repeats, sizeof *outcomes, by_wall);
    const struct outcome *best = &outcomes[0], *median = &outcomes[repeats / 2];
    printf("%-10s %13.1f %8.2f %8.2f %8.2f %6s %12s %10.0f %10lu\n", workload->name,
           (double)best->deliveries / 1e6, (double)median->wall_ns / 1e9, rate(median), rate(best),
           workload->goal, workload->ns3, (double)median->peak_bytes / workload->nodes,
           (unsigned long)median->verifications);
    return true;
}

int main(int argc, char **argv) {
    int repeats = argc > 1 ? atoi(argv[1]) : REPEATS;
    if (repeats < 1 || repeats > REPEATS_MAX) {
        fprintf(stderr, "Usage: bench [REPEATS], from 1 to %d\n", REPEATS_MAX);
        return 2;
    }
    printf("%-10s %13s %8s %8s %8s %6s %12s %10s %10s\n", "", "deliveries", "wall", "median",
           "best", "goal", "ns-3", "memory", "signatures");
    printf("%-10s %13s %8s %8s %8s %6s %12s %10s %10s\n", "workload", "M", "s", "M/s", "M/s", "M/s",
           "M/s", "B/node", "verified");
    for (int i = 0; i < WORKLOADS; i++)
        if (!measure(&workloads[i], repeats))
            return 1;
    return 0;
}
