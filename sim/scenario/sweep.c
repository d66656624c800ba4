/* Reading a grid. What is wrong with a value is found before anything runs, and told with its place
 * in the file: each is set on its own, and where it does not fit the scenario so, together with
 * each value of the other keys, one of which it may belong to (`size` to a strategy with one). */
#include "sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "scenario_reader.h"

/* Bounds: on the text of all values, and on how often a scenario is read to try them. */
enum { TEXT_MAX = 16 << 20, TRIALS_MAX = 1000 };

struct loading {
    struct sweep *sweep;
    const char *path;
    const struct tree *tree; /* the scenario's, with the settings of the command line */
    const struct tree_child *keys[SWEEP_AXES_MAX]; /* of the axes */
    struct arena *scratch;
    struct problems *problems;
    size_t room;     /* for text */
    uint32_t trials; /* so far */
};

static void *alloc(struct loading *loading, size_t count, size_t size) {
    void *memory = arena_alloc(&loading->sweep->arena, count * size);
    if (!memory)
        problems_no_memory(loading->problems);
    return memory;
}

/* Keys that a grid cannot have, since they say which runs there are. */
static bool check_key(struct loading *loading, const struct tree *key) {
    static const struct {
        const char *key, *why;
    } reserved[] = {
        {"seed", "seeds are counted (such as seeds: 20)"},
        {"name", "runs of one sweep go to one results file"},
        {"sweep", "a grid has no grid in it"},
    };
    size_t size = strcspn(key->text, ".");
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strlen(reserved[i].key) == size && !strncmp(reserved[i].key, key->text, size)) {
            problems_add(loading->problems, key->place, "sweep: '%s' cannot be swept: %s",
                         problems_show(key->text).text, reserved[i].why);
            return false;
        }
    if (loading->sweep->axis_count < SWEEP_AXES_MAX)
        return true;
    problems_add(loading->problems, key->place, "sweep: more than %d keys", SWEEP_AXES_MAX);
    return false;
}

/* "PATH=VALUE". */
static const char *setting_text(struct loading *loading, const char *path,
                                const struct tree *value) {
    char *bytes = NULL;
    const char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&bytes, &size);
    if (!out) {
        problems_no_memory(loading->problems);
        return NULL;
    }
    (void)fprintf(out, "%s=", path);
    bool fits = tree_write(out, value, &loading->room);
    bool good = fclose(out) == 0;
    if (!fits)
        problems_add(loading->problems, value->place, "sweep: the values up to here are too long");
    else if (!good || !(text = arena_text(&loading->sweep->arena, bytes, size)))
        problems_no_memory(loading->problems);
    free(bytes);
    return text;
}

struct written {
    const char *text;
    const struct tree *value;
};

static int by_text(const void *left, const void *right) {
    const struct written *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order ? order
                 : (a->value->place.line > b->value->place.line) -
                       (a->value->place.line < b->value->place.line);
}

/* A value that is there twice would be run twice. */
static void check_distinct(struct loading *loading, const struct sweep_axis *axis,
                           const struct tree *list) {
    struct written *all = arena_alloc(loading->scratch, axis->count * sizeof *all);
    if (!all) {
        problems_no_memory(loading->problems);
        return;
    }
    for (uint32_t i = 0; i < axis->count; i++)
        all[i] = (struct written){axis->settings[i], list->children[i].value};
    qsort(all, axis->count, sizeof *all, by_text);
    for (uint32_t i = 1; i < axis->count; i++)
        if (strcmp(all[i - 1].text, all[i].text) == 0)
            problems_add(loading->problems, all[i].value->place, "sweep.%s: '%s' is there twice",
                         problems_show(axis->path).text,
                         problems_show(all[i].text + strlen(axis->path) + 1).text);
}

static void read_axis(struct loading *loading, const struct tree_child *child) {
    struct sweep *sweep = loading->sweep;
    struct sweep_axis *axis = &sweep->axes[sweep->axis_count];
    const struct tree *list = child->value;
    if (!check_key(loading, child->key))
        return;
    axis->path = arena_text(&sweep->arena, child->key->text, strlen(child->key->text));
    axis->settings = alloc(loading, list->count, sizeof *axis->settings);
    if (!axis->path || !axis->settings) {
        problems_no_memory(loading->problems);
        return;
    }
    for (; axis->count < list->count; axis->count++) {
        const char *text = setting_text(loading, axis->path, list->children[axis->count].value);
        if (!text)
            return;
        axis->settings[axis->count] = text;
    }
    loading->keys[sweep->axis_count++] = child;
    check_distinct(loading, axis, list);
}

/* A value of the grid. */
struct trial {
    uint32_t axis, value;
};

/* Whether the scenario is good with these values set, in the order of the axes. */
static bool try_values(struct loading *loading, const struct trial *trials, size_t count,
                       struct problems *problems) {
    struct arena scratch = {NULL};
    struct scenario scenario = {0};
    const struct tree *tree = loading->tree;
    for (size_t i = 0; i < count && tree; i++) {
        const struct tree_child *key = loading->keys[trials[i].axis];
        TSSB_CHECK(key);
        tree = tree_set(&scratch, tree, key->key->text, key->value->children[trials[i].value].value,
                        key->key->place, problems);
    }
    if (tree)
        scenario_read(&scenario, loading->path, tree, &scratch, problems);
    loading->trials++;
    scenario_close(&scenario);
    arena_close(&scratch);
    return problems->status == 0;
}

/* Whether one of the other keys has a value with which this one is good. */
static bool good_in_company(struct loading *loading, struct trial trial) {
    for (uint32_t axis = 0; axis < loading->sweep->axis_count; axis++)
        for (uint32_t i = 0; axis != trial.axis && i < loading->sweep->axes[axis].count; i++) {
            struct trial other = {axis, i};
            struct trial both[] = {axis < trial.axis ? other : trial,
                                   axis < trial.axis ? trial : other};
            struct problems problems = {.count = 0};
            bool good = loading->trials >= TRIALS_MAX || try_values(loading, both, 2, &problems);
            problems_close(&problems);
            if (good)
                return true;
        }
    return false;
}

static void check_value(struct loading *loading, struct trial trial) {
    struct problems problems = {.count = 0};
    if (!try_values(loading, &trial, 1, &problems) && !good_in_company(loading, trial)) {
        if (problems.no_memory)
            problems_no_memory(loading->problems);
        else
            problems_add(loading->problems, problems.list[0].place, "sweep: %s",
                         problems.list[0].text);
    }
    problems_close(&problems);
}

static void check_values(struct loading *loading) {
    for (uint32_t axis = 0; axis < loading->sweep->axis_count; axis++)
        for (uint32_t i = 0; i < loading->sweep->axes[axis].count; i++)
            if (loading->problems->count < PROBLEMS_MAX && loading->trials < TRIALS_MAX)
                check_value(loading, (struct trial){axis, i});
}

/* How many runs that are. */
static void count_runs(struct loading *loading, struct place place) {
    struct sweep *sweep = loading->sweep;
    unsigned __int128 runs = sweep->seed_count, points = 1;
    const uint64_t most = UINT64_C(1000000000000000000);
    for (uint32_t i = 0; i < sweep->axis_count && runs < most; i++) {
        runs *= sweep->axes[i].count;
        points *= sweep->axes[i].count;
    }
    sweep->run_count = (uint64_t)runs;
    if (runs >= most)
        problems_add(loading->problems, place, "sweep: over 10^18 runs (%d at most)",
                     SWEEP_RUNS_MAX);
    else if (runs > SWEEP_RUNS_MAX)
        problems_add(loading->problems, place,
                     "sweep: %" PRIu64 " runs, %" PRIu64 " combinations of values with %" PRIu32
                     " seeds each (%d at most: leave out values or seeds)",
                     (uint64_t)runs, (uint64_t)points, sweep->seed_count, SWEEP_RUNS_MAX);
    else if (sweep->scenario.seed > INT64_MAX - (uint64_t)sweep->seed_count)
        problems_add(loading->problems, place,
                     "sweep: the last of %" PRIu32 " seeds from %" PRIu64 " on is over %" PRIu64,
                     sweep->seed_count, sweep->scenario.seed, (uint64_t)INT64_MAX);
}

/* The grid, of which scenario_read has found that it has the shape of one. */
static void read_grid(struct loading *loading, uint32_t seeds) {
    struct sweep *sweep = loading->sweep;
    const struct tree *grid = tree_find(loading->tree, "sweep");
    struct place place = grid ? grid->place : loading->tree->place;
    uint64_t counted = 1;
    for (uint32_t i = 0; grid && i < grid->count; i++) {
        const struct tree_child *child = &grid->children[i];
        if (strcmp(child->key->text, "seeds") == 0)
            counted = strtoull(child->value->text, NULL, 10);
        else
            read_axis(loading, child);
    }
    sweep->seed_count = seeds ? seeds : (uint32_t)counted;
    if (!seeds && (!grid || grid->count == 0))
        problems_add(loading->problems, place,
                     "there is no sweep: (such as sweep: {network.link.loss: [0 %%, 10 %%], seeds: "
                     "20}, or --seeds 20 for seeds alone)");
    if (sweep->scenario.face_count > 0)
        problems_add(loading->problems, place,
                     "sweep: a scenario with real faces runs in real time (tssb run)");
    if (!loading->problems->status)
        count_runs(loading, place);
    if (!loading->problems->status)
        check_values(loading);
}

/* Takes over what --set changed, but for what each run has of its own or no run looks at. */
static void keep_settings(struct loading *loading, const struct scenario_setting *settings,
                          size_t count) {
    struct sweep *sweep = loading->sweep;
    sweep->settings = alloc(loading, count + 1, sizeof *sweep->settings);
    sweep->path = arena_text(&sweep->arena, loading->path, strlen(loading->path));
    if (!sweep->path)
        problems_no_memory(loading->problems);
    for (size_t i = 0; i < count && !loading->problems->no_memory; i++) {
        const char *text = settings[i].text;
        size_t size = strcspn(text, ".=");
        if ((size == 4 && !strncmp(text, "seed", size)) ||
            (size == 5 && !strncmp(text, "sweep", size)))
            continue;
        char *copy = arena_text(&sweep->arena, text, strlen(text));
        if (!copy)
            problems_no_memory(loading->problems);
        sweep->settings[sweep->setting_count++].text = copy;
    }
}

int sweep_load(struct sweep *sweep, const char *path, const struct scenario_setting *settings,
               size_t setting_count, uint32_t seeds, char **errors) {
    struct problems problems = {.count = 0};
    struct arena scratch = {NULL};
    struct source file = {.name = path};
    struct loading loading = {sweep, path, .scratch = &scratch, .problems = &problems,
                              .room = TEXT_MAX};
    char *text;
    size_t size;
    *errors = NULL;
    memset(sweep, 0, sizeof *sweep);
    int status = scenario_read_file(path, &text, &size, errors);
    if (!status)
        status = scenario_parse(&sweep->scenario, path, text, size, settings, setting_count,
                                errors);
    if (!status) {
        loading.tree = scenario_tree(&scratch, &file, text, size, settings, setting_count,
                                     &problems);
        keep_settings(&loading, settings, setting_count);
        if (loading.tree && !problems.status)
            read_grid(&loading, seeds);
        status = problems.status;
        if (status)
            *errors = problems_text(&problems, path);
    }
    if (status)
        sweep_close(sweep);
    free(text);
    arena_close(&scratch);
    problems_close(&problems);
    return status;
}

void sweep_close(struct sweep *sweep) {
    scenario_close(&sweep->scenario);
    arena_close(&sweep->arena);
    memset(sweep, 0, sizeof *sweep);
}

size_t sweep_settings_max(const struct sweep *sweep) {
    return sweep->setting_count + sweep->axis_count + 1;
}

uint64_t sweep_seed(const struct sweep *sweep, uint64_t run) {
    return sweep->scenario.seed + run % sweep->seed_count;
}

size_t sweep_settings(const struct sweep *sweep, uint64_t run, struct scenario_setting *settings,
                      char seed[SWEEP_SEED_SIZE]) {
    size_t count = sweep_settings_max(sweep);
    uint64_t rest = run / sweep->seed_count;
    (void)snprintf(seed, SWEEP_SEED_SIZE, "seed=%" PRIu64, sweep_seed(sweep, run));
    settings[count - 1].text = seed;
    for (uint32_t i = sweep->axis_count; i-- > 0;) {
        const struct sweep_axis *axis = &sweep->axes[i];
        settings[sweep->setting_count + i].text = axis->settings[rest % axis->count];
        rest /= axis->count;
    }
    if (sweep->setting_count)
        memcpy(settings, sweep->settings, sweep->setting_count * sizeof *settings);
    return count;
}
