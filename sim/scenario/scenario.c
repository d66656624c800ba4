/* Loading a scenario: the file becomes a tree, the settings change the tree, the tree is read by
 * tables. Everything that is wrong is collected on the way; a scenario with any problem is not
 * used. */
#include "scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario_reader.h"
#include "core/check.h"

enum { NAME_LENGTH_MAX = 100, MEMBERS_MAX = 32 << 20 };

static void read_name(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const char *name = reader_text(reader, field, value, "a name");
    if (!name)
        return;
    struct shown shown = problems_show(name);
    if (!*name || name[strspn(name, good)])
        reader_refuse(reader, value,
                      "'%s' is no name for a results file (letters, digits, _, - and .)",
                      shown.text);
    else if (*name == '.')
        reader_refuse(reader, value, "'%s' begins with a dot", shown.text);
    else if (strlen(name) > NAME_LENGTH_MAX)
        reader_refuse(reader, value, "'%s' is longer than %d characters", shown.text,
                      NAME_LENGTH_MAX);
    char *copy = arena_text(&reader->scenario->arena, name, strlen(name));
    if (!copy)
        problems_no_memory(reader->problems);
    *(const char **)target = copy;
}

static void read_stop(struct reader *reader, const struct field *field, const struct tree *value,
                      void *target) {
    static const char *const words[] = {
        [STOP_AT_DURATION] = "duration", [STOP_WHEN_LEVEL] = "level", NULL};
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, words, &choice))
        *(enum scenario_stop *)target = (enum scenario_stop)choice;
}

static void read_record(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    static const char *const words[] = {[RECORD_SUMMARY] = "summary",
                                        [RECORD_PROGRESS] = "progress",
                                        [RECORD_PACKETS] = "packets",
                                        NULL};
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, words, &choice))
        *(enum scenario_record *)target = (enum scenario_record)choice;
}

static void read_bound(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    static const char *const words[] = {[BOUND_OFF] = "false", [BOUND_ON] = "true", NULL};
    uint32_t choice;
    (void)field;
    if (reader_choice(reader, value, words, &choice))
        *(enum scenario_bound *)target = (enum scenario_bound)choice;
}

static void read_scheme(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target) {
    const char *words[16] = {NULL};
    uint32_t choice;
    (void)field;
    for (size_t i = 0; tssb_schemes[i]; i++) {
        TSSB_CHECK(i + 1 < sizeof words / sizeof *words);
        words[i] = tssb_schemes[i]->name;
    }
    if (reader_choice(reader, value, words, &choice))
        *(const struct tssb_scheme **)target = tssb_schemes[choice];
}

static void read_sweep(struct reader *, const struct field *, const struct tree *, void *);

/* What follows needs what comes before: times the duration, nodes the strategy, names the nodes. */
static const struct field scenario_fields[] = {
    {"name", read_name, offsetof(struct scenario, name), .required = true,
     .example = "my-scenario"},
    {"seed", reader_u64, offsetof(struct scenario, seed), .max = INT64_MAX, .example = "1"},
    {"duration", reader_duration, offsetof(struct scenario, duration_ns), .min = 1,
     .required = true, .example = "120 s"},
    {"stop", read_stop, offsetof(struct scenario, stop), .example = "level"},
    {"record", read_record, offsetof(struct scenario, record), .example = "progress"},
    {"bound", read_bound, offsetof(struct scenario, bound), .example = "true"},
    {"scheme", read_scheme, offsetof(struct scenario, scheme), .example = "ed25519"},
    {"strategy", scenario_read_strategy, offsetof(struct scenario, strategy),
     .example = "{name: single, interval: 10 s}"},
    {"nodes", scenario_read_nodes, 0, .required = true, .example = "{nodeA: {}, nodeB: {}}"},
    {"stream", scenario_read_streams, 0, .example = "{from: nodeA, to: nodeB, bytes: 1 MB}"},
    {"mobility", scenario_read_mobility, 0, .example = "{trace: village.tcl}"},
    {"network", scenario_read_network, 0, .example = "{topology: broadcast}"},
    {"timeline", scenario_read_timeline, 0, .example = "[{at: 20 s, offline: [nodeA]}]"},
    {"expect", scenario_read_expect, 0, .example = "[{converged: nodeA}]"},
    {"faces", scenario_read_faces, 0, .example = "[{node: nodeA, mc: 224.1.1.1/5000}]"},
    {"sweep", read_sweep, 0, .example = "{network.link.loss: [0 %, 10 %]}"},
};

enum { SCENARIO_FIELDS = sizeof scenario_fields / sizeof *scenario_fields };

/* Whether a path begins with a key of a scenario. */
static bool check_path(struct reader *reader, const struct tree *path) {
    const char *words[SCENARIO_FIELDS];
    size_t size = strcspn(path->text, ".");
    for (size_t i = 0; i < SCENARIO_FIELDS; i++) {
        words[i] = scenario_fields[i].key;
        if (strncmp(words[i], path->text, size) == 0 && !words[i][size])
            return true;
    }
    char *first = arena_text(reader->scratch, path->text, size);
    const char *near = first ? reader_near(reader, first,
                                           &(struct suggest_words){suggest_word_of_array, words,
                                                                   SCENARIO_FIELDS})
                             : NULL;
    reader_refuse(reader, path, "'%s' is no path of a value (%s%s%s)",
                  problems_show(path->text).text, near ? "did you mean '" : "such as ",
                  near ? near : "network.link.loss", near ? "'?" : "");
    return false;
}

/* Only its shape is checked: the values are, once each is set. */
static void read_sweep(struct reader *reader, const struct field *field, const struct tree *value,
                       void *target) {
    static const struct field seeds = {.min = 1, .max = 1000000, .example = "20"};
    (void)target;
    if (value->kind != TREE_MAP && !tree_is_null(value)) {
        reader_refuse(reader, value, "a mapping is due (such as %s)", field->example);
        return;
    }
    for (uint32_t i = 0; i < value->count; i++) {
        const struct tree_child *child = &value->children[i];
        bool is_seeds = strcmp(child->key->text, "seeds") == 0;
        uint32_t count;
        if (!is_seeds && !check_path(reader, child->key))
            continue;
        size_t mark = reader_enter(reader, child->key->text);
        if (is_seeds)
            reader_u32(reader, &seeds, child->value, &count);
        else if (reader_list(reader, child->value, "[0 %, 10 %]") && child->value->count == 0)
            reader_refuse(reader, child->value, "there is no value to try (such as [0 %%, 10 %%])");
        reader_leave(reader, mark);
    }
}

void scenario_read(struct scenario *scenario, const char *file, const struct tree *tree,
                   struct arena *scratch, struct problems *problems) {
    struct reader reader = {.scenario = scenario,
                            .problems = problems,
                            .file = file,
                            .whole = tree,
                            .scratch = scratch,
                            .work_left = MEMBERS_MAX};
    scenario->seed = 1;
    scenario->record = RECORD_PROGRESS;
    scenario->bound = BOUND_IF_SMALL;
    scenario->scheme = tssb_schemes[0];
    scenario->strategy = scenario_strategy_defaults();
    reader_map(&reader, tree, scenario_fields, SCENARIO_FIELDS, scenario);
    if (!scenario->networks)
        scenario_default_network(&reader);
    if (problems->count == 0)
        scenario_check_bridges(&reader, tree);
}

/* Applies one PATH=VALUE. Returns the changed tree, or NULL with the problem noted. */
static const struct tree *apply(struct arena *scratch, const struct tree *tree, const char *text,
                                uint32_t order, struct problems *problems) {
    static const char option[] = "--set ";
    struct source *source = arena_alloc(scratch, sizeof *source);
    char *name = arena_alloc(scratch, sizeof option + strlen(text));
    const char *equals = strchr(text, '=');
    char *path = arena_text(scratch, text, equals ? (size_t)(equals - text) : 0);
    if (!source || !name || !path) {
        problems_no_memory(problems);
        return NULL;
    }
    memcpy(name, option, sizeof option - 1);
    memcpy(name + sizeof option - 1, text, strlen(text));
    *source = (struct source){.name = name, .order = order};
    struct place start = {source, 1, 1};
    if (!equals) {
        problems_add(problems, start, "this is not PATH=VALUE (such as network.link.loss=10 %%)");
        return NULL;
    }
    source->first_column = (uint32_t)strlen(path) + 1;
    const struct tree *value = tree_parse(scratch, source, equals + 1, strlen(equals + 1),
                                          problems);
    return value ? tree_set(scratch, tree, path, value, start, problems) : NULL;
}

const struct tree *scenario_tree(struct arena *scratch, const struct source *file, const char *text,
                                 size_t size, const struct scenario_setting *settings,
                                 size_t setting_count, struct problems *problems) {
    if (size > SCENARIO_BYTES_MAX) {
        problems_add(problems, (struct place){.source = file}, "longer than %d bytes",
                     SCENARIO_BYTES_MAX);
        return NULL;
    }
    const struct tree *tree = tree_parse(scratch, file, text, size, problems);
    if (tree && tree_is_null(tree)) {
        problems_add(problems, tree->place,
                     "there is nothing in it (a scenario begins with name:)");
        return NULL;
    }
    for (size_t i = 0; tree && i < setting_count; i++)
        tree = apply(scratch, tree, settings[i].text, (uint32_t)i + 1, problems);
    return tree;
}

static void parse(struct scenario *scenario, const struct source *file,
                  const struct scenario_setting *settings, size_t setting_count,
                  struct arena *scratch, struct problems *problems) {
    const struct tree *tree = scenario_tree(scratch, file, scenario->text, scenario->text_size,
                                            settings, setting_count, problems);
    if (tree)
        scenario_read(scenario, file->name, tree, scratch, problems);
}

int scenario_parse(struct scenario *scenario, const char *path, const char *text, size_t size,
                   const struct scenario_setting *settings, size_t setting_count, char **errors) {
    struct problems problems = {.count = 0};
    struct arena scratch = {NULL};
    struct source file = {.name = path};
    *errors = NULL;
    memset(scenario, 0, sizeof *scenario);
    scenario->text = arena_text(&scenario->arena, text, size);
    scenario->text_size = size;
    if (scenario->text)
        parse(scenario, &file, settings, setting_count, &scratch, &problems);
    else
        problems_no_memory(&problems);
    int status = problems.status;
    if (status) {
        *errors = problems_text(&problems, path);
        scenario_close(scenario);
    }
    arena_close(&scratch);
    problems_close(&problems);
    return status;
}

/* The exit status of a file that cannot be had: whether another path would help. */
static int status_of(int error) {
    static const int wrong_path[] = {ENOENT, EACCES, EISDIR, ENOTDIR, ELOOP, ENAMETOOLONG};
    for (size_t i = 0; i < sizeof wrong_path / sizeof *wrong_path; i++)
        if (wrong_path[i] == error)
            return PROBLEMS_INPUT;
    return PROBLEMS_SYSTEM;
}

/* Says why a file could not be read. */
static int refuse_file(const char *path, const char *what, int error, char **errors) {
    struct problems problems = {.count = 0};
    struct source file = {.name = path};
    problems_add(&problems, (struct place){.source = &file}, "%s: %s", what, strerror(error));
    *errors = problems_text(&problems, path);
    problems_close(&problems);
    return status_of(error);
}

int scenario_read_file(const char *path, char **text, size_t *size, char **errors) {
    *text = NULL;
    *size = 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return refuse_file(path, "cannot be opened", errno, errors);
    size_t room = SCENARIO_BYTES_MAX + 1; /* one byte shows that there would be more */
    int error = ENOMEM;
    *text = malloc(room);
    if (*text) {
        errno = 0;
        *size = fread(*text, 1, room, file);
        error = ferror(file) ? errno : 0;
    }
    fclose(file);
    return error ? refuse_file(path, "cannot be read", error, errors) : 0;
}

int scenario_load(struct scenario *scenario, const char *path,
                  const struct scenario_setting *settings, size_t setting_count, char **errors) {
    char *text;
    size_t size;
    memset(scenario, 0, sizeof *scenario);
    int status = scenario_read_file(path, &text, &size, errors);
    if (!status)
        status = scenario_parse(scenario, path, text, size, settings, setting_count, errors);
    free(text);
    return status;
}

void scenario_close(struct scenario *scenario) {
    arena_close(&scenario->arena);
    memset(scenario, 0, sizeof *scenario);
}

const struct node_group *scenario_group(const struct scenario *scenario, uint32_t node) {
    uint32_t low = 0, high = scenario->group_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (scenario->groups[middle].first <= node)
            low = middle;
        else
            high = middle;
    }
    return &scenario->groups[low];
}

char *scenario_node_name(const struct scenario *scenario, uint32_t node, char *buffer,
                         size_t size) {
    const struct node_group *group = scenario_group(scenario, node);
    if (group->numbered)
        snprintf(buffer, size, "%s-%" PRIu32, group->name, node - group->first);
    else
        snprintf(buffer, size, "%s", group->name);
    return buffer;
}
