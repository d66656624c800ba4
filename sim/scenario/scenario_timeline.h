/* Private to the scenario_*.c files that read the timeline: what they hand to each other. */
#ifndef SCENARIO_TIMELINE_H
#define SCENARIO_TIMELINE_H

#include "scenario_reader.h"

enum { ITEM_WHATS = 11 };

/* An item as it is written. */
struct written_item {
    uint64_t at_ns, for_ns;
    bool one_way;
    const struct tree *name;
    const struct tree *every, *until;
    const struct tree *whats[ITEM_WHATS]; /* by the order of `kinds` */
};

/* An item as it is understood: what begins, what ends, and when. */
struct timeline_item {
    struct fault begin, end;  /* end: its text is NULL where there is none */
    uint64_t for_ns;          /* 0: does not end by itself */
    const struct tree *at;    /* where it stands */
    const struct tree *heals; /* the name of a partition, looked up once all are known */
};

/* A partition that a heal may name. */
struct named_partition {
    const char *name;
    const struct tree *at;
    uint64_t at_ns;
    uint32_t id;
};

struct timeline {
    struct reader *reader;
    struct timeline_item *items;
    uint32_t item_count;
    struct named_partition *partitions;
    uint32_t partition_count;
    bool *joining; /* by node, once one joins */
};

/* Reads what an item does into item->begin, and writes it as a person reads it, but for the word it
 * begins with. Returns false where it is wrong. */
typedef bool read_what(struct timeline *timeline, const struct written_item *written,
                       const struct tree *what, struct timeline_item *item, FILE *out);

/* scenario_churn.c: what happens to nodes, and what nodes do to others. */
read_what timeline_read_nodes, timeline_read_wipe, timeline_read_join, timeline_read_flood,
    timeline_read_churn, timeline_read_attack;

/* scenario_repeat.c */

/* Reads the mean of an exponential distribution, uint64_t nanoseconds: a field. */
void timeline_read_mean(struct reader *reader, const struct field *field, const struct tree *value,
                        void *target);

/* Reads `every` and `until`, where they are there. needs_for: nothing else would end the item. */
void timeline_read_repeat(struct reader *reader, const struct written_item *written, bool needs_for,
                          struct timeline_item *item);

/* Makes the scenario's faults of the items: each as often as it comes, in order. */
void timeline_expand(struct timeline *timeline);

#endif
