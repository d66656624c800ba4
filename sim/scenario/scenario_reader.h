/* Private to the scenario_*.c files: reading mappings by tables of fields, and the names of nodes.
 * A reader function notes what is wrong and leaves its target alone; it does not tell its caller,
 * who goes on, so that many mistakes are found in one go. Only `problems` says in the end whether
 * all was well. */
#ifndef SCENARIO_READER_H
#define SCENARIO_READER_H

#include <stdio.h>

#include "problems.h"
#include "scenario.h"
#include "suggest.h"
#include "tree.h"

enum { READER_PATH_SIZE = 200 };

struct reader {
    struct scenario *scenario;
    struct problems *problems;
    const char *file;            /* the scenario's path, which other paths are relative to */
    const struct tree *whole;    /* the scenario */
    struct arena *scratch;       /* lives as long as the reader */
    uint32_t *groups_by_name;    /* indices of groups, sorted */
    struct node_set authors;     /* all of them, once somebody follows all */
    uint64_t work_left;          /* members that sets may still have in all */
    char path[READER_PATH_SIZE]; /* of the value being read: "network.link.delay" */
    size_t path_size;
};

/* One key of a mapping. */
struct field {
    const char *key;
    void (*read)(struct reader *reader, const struct field *field, const struct tree *value,
                 void *target);
    size_t offset;     /* of the target */
    uint64_t min, max; /* of numbers; of durations, lengths and speeds min alone */
    bool required;
    const char *example; /* what would be right */
};

/* The steps of loading (scenario.c), for whoever takes them otherwise. */

/* Reads a whole file, up to a byte more than a scenario may have. *text is the caller's to free,
 * even where it fails. Returns and sets *errors as scenario_load does. */
int scenario_read_file(const char *path, char **text, size_t *size, char **errors);

/* The tree of a text, changed by the settings. NULL where there is a problem. */
const struct tree *scenario_tree(struct arena *scratch, const struct source *file, const char *text,
                                 size_t size, const struct scenario_setting *settings,
                                 size_t setting_count, struct problems *problems);

/* Reads and checks a zeroed scenario. file: the path that other paths are relative to. */
void scenario_read(struct scenario *scenario, const char *file, const struct tree *tree,
                   struct arena *scratch, struct problems *problems);

/* Reads a mapping; null is an empty one. Fields are read in the order of the table, whatever the
 * file's. Returns which were there, bit i for fields[i]. */
uint32_t reader_map(struct reader *reader, const struct tree *map, const struct field *fields,
                    size_t field_count, void *target);

/* Whether the value is a list (null is an empty one); noted where not. */
bool reader_list(struct reader *reader, const struct tree *value, const char *example);

/* The scalar's text; NULL, and noted, where it is no scalar or is null. what: "a duration". */
const char *reader_text(struct reader *reader, const struct field *field, const struct tree *value,
                        const char *what);

/* The index of the word; false, and noted, where it is none of them. words end with NULL. */
bool reader_choice(struct reader *reader, const struct tree *value, const char *const *words,
                   uint32_t *choice);

/* Readers for the tables: uint64_t nanoseconds, uint64_t millimetres, int64_t millimetres, uint64_t
 * millimetres per second, uint32_t parts per billion, uint32_t, uint64_t, bool, const struct tree *
 * (to be read later on). */
void reader_duration(struct reader *, const struct field *, const struct tree *, void *target);
void reader_length(struct reader *, const struct field *, const struct tree *, void *target);
void reader_coordinate(struct reader *, const struct field *, const struct tree *, void *target);
void reader_speed(struct reader *, const struct field *, const struct tree *, void *target);
void reader_probability(struct reader *, const struct field *, const struct tree *, void *target);
void reader_u32(struct reader *, const struct field *, const struct tree *, void *target);
void reader_u64(struct reader *, const struct field *, const struct tree *, void *target);
void reader_bool(struct reader *, const struct field *, const struct tree *, void *target);
void reader_later(struct reader *, const struct field *, const struct tree *, void *target);

/* Extends the path by a key or an index; reader_leave takes back what it returned. */
size_t reader_enter(struct reader *reader, const char *key);
size_t reader_enter_item(struct reader *reader, uint32_t index);
void reader_leave(struct reader *reader, size_t mark);

/* The nearest known word, or NULL; not even looked for once no further problem would be noted. */
const char *reader_near(struct reader *reader, const char *unknown,
                        const struct suggest_words *words);

/* Notes what is wrong with a value, after the path: "network.link.delay: ..." */
void reader_refuse(struct reader *reader, const struct tree *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Zeroed memory of the scenario or, scratch, of the reader. NULL, and noted, where there is none.
 */
void *reader_alloc(struct reader *reader, size_t count, size_t size);
void *reader_scratch(struct reader *reader, size_t count, size_t size);

/* Takes so much from what sets may hold in all; false, and noted, where it is used up. */
bool reader_spend(struct reader *reader, const struct tree *at, uint64_t members);

/* A text that is written as to a file. */
struct writing {
    FILE *out; /* NULL where memory ran out: then nothing may be written */
    char *bytes;
    size_t size;
};

/* Whether there is something to write to. */
bool writing_begin(struct reader *reader, struct writing *writing);

/* What was written, in the scenario's memory. NULL, and noted, where memory ran out. */
const char *writing_end(struct reader *reader, struct writing *writing);

/* Writes "nodeA, nodeB" of a name or a list of names. */
void writing_names(FILE *out, const struct tree *names);

/* Names of nodes (scenario_names.c). */

/* Consecutive nodes of one group that a name stands for, and where it was written. */
struct range {
    uint32_t first, count;
    uint32_t group;
    const struct tree *at;
};

struct ranges {
    struct range *list;
    uint32_t count, capacity;
};

/* Sorts the groups by name; and refuses names that two groups share, or a group and a numbered
 * node. */
void names_index(struct reader *reader, const struct tree *const *keys);

/* Adds what a name, or each name of a list, stands for. Noted, and false, where that is nothing. */
bool names_read(struct reader *reader, const struct tree *names, struct ranges *ranges);

/* Refuses a node that stands in the ranges twice. what: "the list". Returns whether there is none.
 */
bool names_distinct(struct reader *reader, const struct ranges *ranges, const char *what);

/* Reads a name or a list of names, each node once, to a set. */
bool names_set(struct reader *reader, const struct tree *names, struct node_set *set);

/* Makes the set of distinct ranges. */
bool names_expand(struct reader *reader, const struct ranges *ranges, const struct tree *at,
                  struct node_set *set);

/* Reads the name of one node. */
bool names_one(struct reader *reader, const struct tree *name, uint32_t *node);

/* Whether nodes of this group write anything. */
bool names_authors(const struct node_group *group);

/* The target is a struct strategy_settings, which says what is in effect where the file does not.
 */
void scenario_read_strategy(struct reader *, const struct field *, const struct tree *, void *);
struct strategy_settings scenario_strategy_defaults(void);

/* The target is a struct clock_settings. */
void scenario_read_clock(struct reader *, const struct field *, const struct tree *, void *);

/* The other parts of a scenario, each for the table of the whole; target is the scenario. */
void scenario_read_nodes(struct reader *, const struct field *, const struct tree *, void *);
void scenario_read_mobility(struct reader *, const struct field *, const struct tree *, void *);
void scenario_read_streams(struct reader *, const struct field *, const struct tree *, void *);
void scenario_read_network(struct reader *, const struct field *, const struct tree *, void *);
void scenario_read_timeline(struct reader *, const struct field *, const struct tree *, void *);
void scenario_read_expect(struct reader *, const struct field *, const struct tree *, void *);
void scenario_read_faces(struct reader *, const struct field *, const struct tree *, void *);

/* Marks the groups that are ends of streams, before anybody follows them. whole: the scenario. */
void scenario_mark_streams(struct reader *reader, const struct tree *whole);

/* Refuses bridges that have one face, or none: once all else is read, and good. tree: the whole. */
void scenario_check_bridges(struct reader *reader, const struct tree *tree);

/* Gives the scenario the network that it has unless it says otherwise: a medium for all nodes. */
bool scenario_default_network(struct reader *reader);

/* `position` and `move` of a node: struct position_rule, struct move_rule. */
void scenario_read_position(struct reader *, const struct field *, const struct tree *, void *);
void scenario_read_move(struct reader *, const struct field *, const struct tree *, void *);

/* Checks them once the group's count is known; value: of the key. A grid gets its width. */
void scenario_check_position(struct reader *reader, const struct tree *value,
                             struct node_group *group);
void scenario_check_move(struct reader *reader, const struct tree *value,
                         const struct node_group *group);

/* Whether a move says where it begins itself. */
bool move_places(const struct move_rule *rule);

/* A place, [100 m, -2 km], and the size of an area, neither side below 0: struct position. */
void reader_position(struct reader *, const struct field *, const struct tree *, void *target);
void reader_size(struct reader *, const struct field *, const struct tree *, void *target);

/* Refuses an area that is not within what coordinates may be. */
void reader_check_area(struct reader *reader, const struct tree *at, struct position origin,
                       struct position size);

/* A link as one is written: what is not there is as `model` says before reading. */
struct written_link {
    struct link_model model;
    uint64_t for_ns;                                    /* of a phase */
    const struct tree *between, *back, *phases, *trace; /* to be read later on */
};

/* Reads a link's mapping into its two directions, which say what they are where it does not.
 * between: becomes what it says of that, which must be there; NULL where it may not. */
void scenario_read_link(struct reader *reader, const struct tree *map, const struct tree **between,
                        struct link_model *link, struct link_model *back);

/* Reads what the timeline changes of links. Returns the LINK_ bits of what was there. */
unsigned scenario_read_link_change(struct reader *reader, const struct tree *map,
                                   struct written_link *link);

/* A radio network's settings: struct radio_model. */
void scenario_read_radio(struct reader *, const struct field *, const struct tree *, void *);
extern const struct radio_model scenario_radio_default;

/* What a network is on the engine ns3: all but its members' positions is checked. */
void scenario_read_ns3(struct reader *reader, const struct tree *map,
                       struct scenario_network *network);
extern const struct ns3_model scenario_ns3_default;

/* The words of enum ns3_kind, ns3_standard and ns3_propagation, ended by NULL. */
extern const char *const scenario_ns3_channels[];
extern const char *const scenario_ns3_standards[];
extern const char *const scenario_ns3_propagations[];

/* The words of jitter's shapes, by enum jitter_shape. */
extern const char *const scenario_jitter_words[];

/* Writes "delay 5 ms, loss 10 %": the fields of these LINK_ bits. */
void scenario_write_link(FILE *out, const struct link_model *link, unsigned fields);

/* The words of topologies, by enum scenario_topology, ended by NULL. */
extern const char *const scenario_topology_words[];

#endif
